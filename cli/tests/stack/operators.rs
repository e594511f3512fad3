//! What operators ask for: `halver explain` and `halver redrive`.
//!
//! The command is waited for on a thread of its own, while the stack answers on others.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};

use halver_cli::stack::{ACCESS_KEY, REGION, SECRET_KEY};
use serde_json::{Value, json};

use crate::machine::{Machine, corpus};

fn halver(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_halver"));
    command.args(arguments).envs(variables.iter().copied()).output().unwrap()
}

fn fixture(name: &str) -> String {
    format!("{}/../lambda/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn an_event_is_explained() {
    let output = halver(&["explain", &fixture("sqs-sns")], &[]);
    let told = text(&output.stdout);
    assert!(output.status.success() && told.starts_with("brought by an SQS queue"), "{output:?}");
    assert!(told.contains("\nhalve   photos/") && told.contains("photos-resized/"), "{told}");

    let settings = [("HALVER_DESTINATION", "{bucket}/small/{key}")];
    let output = halver(&["explain", "--json", &fixture("put")], &settings);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["parts"][0]["reads"][0], "the head of photos/small/in/ü a+b.jpg");

    let wrong = halver(&["explain", &fixture("put")], &[("HALVER_DESTINATION", "{bucket}")]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("source bucket itself"), "{wrong:?}");
}

/// Credentials for the stack's S3.
fn access(s3: &str) -> Vec<(&str, &str)> {
    vec![
        ("AWS_ENDPOINT_URL_S3", s3),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
    ]
}

/// A source whose half has no place, for something else lies there.
async fn refused(machine: &mut Machine) {
    let foreign = machine.client.put_object().bucket("sample-resized").key("a.png");
    foreign.body(b"precious".to_vec().into()).send().await.unwrap();
    machine.put("a.png", corpus("badge.png")).await;
    assert_eq!(machine.line("a.png").await.code.as_deref(), Some("place-taken"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_done_here_once_its_cause_is_gone() {
    let mut machine = Machine::start().await;
    refused(&mut machine).await;
    let s3 = machine.stack.s3_url();

    let other = halver(&["redrive", "sample-resized", "--code", "malformed", "--here"], &access(&s3));
    assert!(other.status.success() && other.stdout.is_empty(), "{other:?}");
    let dry = halver(&["redrive", "sample-resized", "--dry-run"], &access(&s3));
    assert_eq!(text(&dry.stdout), "place-taken  {\"bucket\":\"sample\",\"key\":\"a.png\"}\n");

    machine.client.delete_object().bucket("sample-resized").key("a.png").send().await.unwrap();
    let done = halver(&["redrive", "sample-resized", "--prefix", "a", "--here"], &access(&s3));
    assert!(done.status.success() && text(&done.stdout).contains("\"event\":\"halved\""), "{done:?}");
    let expected = halver::halve(&corpus("badge.png"), &halver::Options::default()).unwrap();
    assert_eq!(machine.get("sample-resized", "a.png").await.0, expected.bytes);
    let nothing = halver(&["redrive", "sample-resized", "--here"], &access(&s3));
    assert!(text(&nothing.stderr).contains("0 sent"), "the record is gone: {nothing:?}");
}

/// An SQS that takes one batch, and says what it was.
fn queue() -> (String, std::thread::JoinHandle<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let taken = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut length, mut line) = (0, String::new());
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let answer = json!({ "Successful": [{ "Id": "0", "MessageId": "1", "MD5OfMessageBody": "" }], "Failed": [] });
        let answer = answer.to_string();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nConnection: close\r\n";
        write!(stream, "{head}Content-Length: {}\r\n\r\n{answer}", answer.len()).unwrap();
        serde_json::from_slice(&body).unwrap()
    });
    (url, taken)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_goes_to_the_functions_queue() {
    let mut machine = Machine::start().await;
    refused(&mut machine).await;
    let (s3, (sqs, taken)) = (machine.stack.s3_url(), queue());
    let mut variables = access(&s3);
    variables.push(("AWS_ENDPOINT_URL_SQS", &sqs));
    let url = format!("{sqs}/123456789012/uploads.fifo");
    let done = halver(&["redrive", "sample-resized", "--queue", &url], &variables);
    assert!(done.status.success(), "{done:?}");
    let request = taken.join().unwrap();
    assert_eq!(request["QueueUrl"], url);
    let [entry] = request["Entries"].as_array().unwrap().as_slice() else { panic!("{request}") };
    assert_eq!(entry["MessageBody"], r#"{"bucket":"sample","key":"a.png"}"#);
    assert!(entry["MessageGroupId"].is_string(), "{entry}");
}
