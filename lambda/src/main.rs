//! The Lambda function: reads the environment once, then takes events until AWS stops it.

use std::process::ExitCode;
use std::time::SystemTime;

use halver_lambda::{Config, HandedBack, Invocation, S3Store, Tally, handle};
use lambda_runtime::{LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let config = match Config::read(|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(error) => return stop("bad-configuration", &error.to_string()),
    };
    let store = S3Store::new(&config.s3);
    let done = run(service_fn(|event| invoke(event, &config, &store))).await;
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => stop("runtime-api", &error.to_string()),
    }
}

/// One invocation, logged to standard output.
async fn invoke(event: LambdaEvent<Value>, config: &Config, store: &S3Store) -> Result<Tally, HandedBack> {
    let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    let invocation = Invocation { request_id: event.context.request_id, deadline: Instant::now() + left };
    handle(&event.payload, &invocation, config, store, &mut std::io::stdout()).await
}

/// Says in one line of the log why the function stops.
fn stop(code: &str, message: &str) -> ExitCode {
    use std::io::Write;
    let line = json!({ "event": "stopped", "code": code, "message": message });
    // Where the log cannot be written, the exit code still tells.
    let _ = writeln!(std::io::stdout(), "{line}");
    ExitCode::FAILURE
}
