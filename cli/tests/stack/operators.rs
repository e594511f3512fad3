//! What operators ask for: `halver explain`, `halver redrive` and `halver backfill`.
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

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_the_function_is_halved_once() {
    let machine = Machine::start().await;
    let s3 = machine.stack.s3_url();
    // Beside the watched bucket, so that nothing but the backfill halves it.
    for bucket in ["old", "old-resized"] {
        machine.client.create_bucket().bucket(bucket).send().await.unwrap();
    }
    for (key, file) in [("2019/a b,ü.png", "badge.png"), ("2019/c.jpg", "photo-420.jpg"), ("2020/d.png", "badge.png")]
    {
        machine.client.put_object().bucket("old").key(key).body(corpus(file).into()).send().await.unwrap();
    }
    machine
        .client
        .put_object()
        .bucket("old")
        .key("2019/notes.txt")
        .body(b"notes".to_vec().into())
        .send()
        .await
        .unwrap();
    let backfill = |way: &[&str]| halver(&[&["backfill", "s3://old/2019/"], way].concat(), &access(&s3));

    let counted = backfill(&["--dry-run"]);
    assert!(text(&counted.stderr).contains("2 would be halved"), "{counted:?}");
    let folder = std::env::temp_dir().join(format!("halver-backfill-stack-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let [manifest, state] = ["manifest.csv", "state.json"].map(|name| folder.join(name).to_str().unwrap().to_owned());
    let written = backfill(&["--manifest", &manifest]);
    assert!(written.status.success(), "{written:?}");
    assert_eq!(std::fs::read_to_string(&manifest).unwrap(), "old,2019/a%20b%2C%C3%BC.png\nold,2019/c.jpg\n");

    let done = backfill(&["--here", "--rate", "50", "--state", &state]);
    assert_eq!(text(&done.stdout).matches("\"event\":\"halved\"").count(), 2, "{done:?}");
    assert!(!std::path::Path::new(&state).exists(), "it came to its end");
    let expected = halver::halve(&corpus("photo-420.jpg"), &halver::Options::default()).unwrap();
    assert_eq!(machine.get("old-resized", "2019/c.jpg").await.0, expected.bytes);
    let again = backfill(&["--here"]);
    assert!(again.stdout.is_empty() && text(&again.stderr).contains("0 looked at"), "{again:?}");

    std::fs::write(&state, r#"{"bucket":"old"}"#).unwrap();
    let foreign = backfill(&["--here", "--state", &state]);
    assert!(foreign.status.code() == Some(1) && text(&foreign.stderr).contains("state.json"), "{foreign:?}");
    std::fs::remove_dir_all(&folder).unwrap();
    let wrong = halver(&["backfill", "s3://old"], &access(&s3));
    assert_eq!(wrong.status.code(), Some(2), "a way is needed: {wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_goes_to_the_functions_queue() {
    let machine = Machine::start().await;
    for bucket in ["old", "old-resized"] {
        machine.client.create_bucket().bucket(bucket).send().await.unwrap();
    }
    let put = machine.client.put_object().bucket("old").key("a.png").body(corpus("badge.png").into());
    let etag = put.send().await.unwrap().e_tag.unwrap();
    let (s3, (sqs, taken)) = (machine.stack.s3_url(), queue());
    let mut variables = access(&s3);
    variables.push(("AWS_ENDPOINT_URL_SQS", &sqs));
    let done = halver(&["backfill", "s3://old", "--queue", &format!("{sqs}/123456789012/uploads")], &variables);
    assert!(done.status.success() && text(&done.stderr).contains("1 sources, 1 sent"), "{done:?}");
    let request = taken.join().unwrap();
    let job: Value = serde_json::from_str(request["Entries"][0]["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(job, json!({ "bucket": "old", "key": "a.png", "etag": etag.trim_matches('"') }));
}
