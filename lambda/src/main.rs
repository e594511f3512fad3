//! The Lambda function: reads the environment once, then takes events until AWS stops it.

mod init_error;

use std::process::ExitCode;
use std::time::SystemTime;

use halver_lambda::{Config, HandedBack, Invocation, S3Store, Tally, handle};
use lambda_runtime::{LambdaEvent, run, service_fn};
use serde_json::Value;
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let config = match Config::read(|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(error) => return init_error::report("bad-configuration", &error.to_string()),
    };
    let store = S3Store::new(&config.s3);
    match run(service_fn(|event| invoke(event, &config, &store))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => init_error::report("runtime-api", &error.to_string()),
    }
}

/// One invocation, logged to standard output.
async fn invoke(event: LambdaEvent<Value>, config: &Config, store: &S3Store) -> Result<Tally, HandedBack> {
    let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    let invocation = Invocation { request_id: event.context.request_id, deadline: Instant::now() + left };
    handle(&event.payload, &invocation, config, store, &mut std::io::stdout()).await
}
