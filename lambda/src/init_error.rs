//! Why the function cannot start: one line of the log, and a word to the Lambda service.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

/// How long the Lambda service, which answers from the same machine, may take.
const ANSWER: Duration = Duration::from_secs(1);

/// Says why the function cannot start. Where the log or the service cannot be told, the exit code still tells.
pub(crate) fn report(code: &str, message: &str) -> ExitCode {
    let line = json!({ "event": "stopped", "code": code, "message": message });
    let _ = writeln!(std::io::stdout(), "{line}");
    if let Ok(address) = std::env::var("AWS_LAMBDA_RUNTIME_API") {
        let _ = tell(&address, code, message);
    }
    ExitCode::FAILURE
}

/// `POST /runtime/init/error`, which the runtime library does not offer before it runs.
fn tell(address: &str, code: &str, message: &str) -> std::io::Result<()> {
    let body = json!({ "errorType": code, "errorMessage": message, "stackTrace": [] }).to_string();
    let request = format!(
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: {code}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.write_all(request.as_bytes())?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(())
}
