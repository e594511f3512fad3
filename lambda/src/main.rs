//! The Lambda function: reads the environment once, then takes events until AWS stops it.

mod allocator;
mod init_error;

use std::process::ExitCode;
use std::time::SystemTime;

use halver_lambda::{Config, Function, HandedBack, Invocation, Reply, S3Store, Sqs};
use lambda_runtime::{LambdaEvent, run, service_fn};
use serde_json::Value;
use tokio::time::Instant;

fn main() -> ExitCode {
    allocator::settle();
    serve()
}

/// Takes events until AWS stops the function, or says why it cannot.
#[tokio::main(flavor = "current_thread")]
async fn serve() -> ExitCode {
    let variables =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let config = match Config::read(variables) {
        Ok(config) => config,
        Err(error) => return init_error::report("bad-configuration", &error.to_string()),
    };
    let store = S3Store::new(&config.s3);
    let queue = config.queue.as_ref().map(|queue| Sqs::new(queue, &config.s3));
    let function = Function::new(config, store);
    let function = match queue {
        Some(queue) => function.with_queue(queue),
        None => function,
    };
    match run(service_fn(|event| invoke(event, &function))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => init_error::report("runtime-api", &error.to_string()),
    }
}

/// One invocation, logged to standard output.
async fn invoke(event: LambdaEvent<Value>, function: &Function<S3Store>) -> Result<Reply, HandedBack> {
    let LambdaEvent { payload, context } = event;
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    let invocation =
        Invocation { request_id: context.request_id, trace: context.xray_trace_id, deadline: Instant::now() + left };
    function.handle(&payload, &invocation, &mut std::io::stdout()).await
}
