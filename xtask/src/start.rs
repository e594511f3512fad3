//! The function started as AWS starts it, up to its first request for an event.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::process::Process;

/// What AWS sets, as far as the function reads it; no image is halved, so the credentials need not be good for anything.
const ENVIRONMENT: [(&str, &str); 6] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "halver"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "id"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
];

/// How long the function settles before its idle memory is read.
const SETTLING: Duration = Duration::from_millis(100);

/// How a start went.
pub(crate) struct Start {
    /// From exec to the first `/next`.
    pub(crate) processor_time: Duration,
    /// Bytes that are resident while the function waits for that event.
    pub(crate) idle: u64,
}

impl Start {
    /// Starts `function` once, against a Runtime API that never has an event.
    ///
    /// # Errors
    /// Where it does not come so far.
    pub(crate) fn of(function: &Path) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| format!("cannot listen: {error}"))?;
        let address = listener.local_addr().map_err(|error| format!("cannot listen: {error}"))?;
        let mut command = Command::new(function);
        command.env_clear().envs(ENVIRONMENT).env("AWS_LAMBDA_RUNTIME_API", address.to_string());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let mut child = child.map_err(|error| format!("cannot run {}: {error}", function.display()))?;
        let start = Self::watch(&listener, &mut child);
        // It has ended by itself if it cannot be killed.
        let _ = child.kill();
        let _ = child.wait();
        start
    }

    fn watch(listener: &TcpListener, child: &mut Child) -> Result<Self, String> {
        let asked = request(&accept(listener, child)?)?;
        let process = Process(child.id());
        let processor_time = process.processor_time()?;
        if !asked.starts_with("GET /2018-06-01/runtime/invocation/next ") {
            return Err(format!("the function's first request is {asked}"));
        }
        std::thread::sleep(SETTLING);
        Ok(Self { processor_time, idle: process.memory("VmRSS")? })
    }
}

/// The first connection, or how `child` ended without one.
fn accept(listener: &TcpListener, child: &mut Child) -> Result<TcpStream, String> {
    let failed = |error: std::io::Error| format!("the function does not connect: {error}");
    listener.set_nonblocking(true).map_err(failed)?;
    loop {
        match listener.accept() {
            Ok((stream, _)) => return stream.set_nonblocking(false).map(|()| stream).map_err(failed),
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return Err(failed(error)),
            Err(_) => {}
        }
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Err(format!("the function ended before it asked for an event: {status}"));
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// The first line of the request on `stream`, once all of its head is there.
fn request(stream: &TcpStream) -> Result<String, String> {
    let lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    lines.reduce(|first, _| first).ok_or_else(|| "the function connected and asked for nothing".to_owned())
}
