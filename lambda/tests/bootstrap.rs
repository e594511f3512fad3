//! The program itself, started with an environment that it cannot work with.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread;

use serde_json::Value;

/// Runs the program with nothing in its environment but `variables`.
fn run(variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bootstrap")).env_clear().envs(variables.iter().copied()).output().unwrap()
}

/// The one line that it logged, and which says that it stopped.
fn stopped(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let log = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(log.lines().count(), 1, "{log}");
    serde_json::from_str(&log).unwrap()
}

#[test]
fn outside_of_lambda_it_says_what_is_missing() {
    let line = stopped(&run(&[]));
    assert_eq!((line["event"].as_str(), line["code"].as_str()), (Some("stopped"), Some("bad-configuration")));
    let message = line["message"].as_str().unwrap();
    for name in ["AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_REGION", "AWS_ACCESS_KEY_ID"] {
        assert!(message.contains(name), "{name}: {message}");
    }
}

#[test]
fn a_destination_that_loops_is_refused_at_start_and_the_service_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let service = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            reader.read_until(b'\n', &mut head).unwrap();
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").unwrap();
        (head, serde_json::from_slice::<Value>(&body).unwrap())
    });
    let output = run(&[
        ("AWS_LAMBDA_RUNTIME_API", &address),
        ("AWS_LAMBDA_FUNCTION_NAME", "halver"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("HALVER_DESTINATION", "{bucket}"),
    ]);
    let message = stopped(&output)["message"].clone();
    assert!(message.as_str().unwrap().contains("source bucket itself"), "{message}");
    let (head, body) = service.join().unwrap();
    assert!(head.starts_with("POST /2018-06-01/runtime/init/error HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("Lambda-Runtime-Function-Error-Type: bad-configuration\r\n"), "{head}");
    assert_eq!((body["errorType"].as_str(), &body["errorMessage"]), (Some("bad-configuration"), &message));
}
