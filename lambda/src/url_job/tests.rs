use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::config::tests::read;
use crate::function::{Function, Invocation};
use crate::memory::Memory;
use crate::store::Operation;

const IMAGE: &[u8] = include_bytes!("../../tests/fixtures/five-by-three.png");
const RESULT: &str = "from-the-web";

/// A server that answers every request with `status` and `body`; where it is.
async fn server(status: &'static str, body: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
        }
    });
    format!("http://{address}/a.png?signature=secret")
}

/// Lets the function fetch `url` as `name`; the line that it logs.
async fn done(url: &str, name: &str, store: &Memory, settings: &[(&str, &str)]) -> Value {
    let mut all = vec![("HALVER_METRICS", "off"), ("HALVER_URL_BUCKET", RESULT), ("HALVER_URL_POLICY", "unrestricted")];
    all.extend(settings);
    let function = Function::new(read(&all).unwrap(), store.clone());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    let invocation = Invocation { request_id: String::new(), trace: None, deadline };
    let mut log = Vec::new();
    let _ = function.handle(&json!({ "filename": name, "url": url }), &invocation, &mut log).await;
    let log = String::from_utf8(log).unwrap();
    assert!(!log.contains("secret"), "{log}");
    serde_json::from_str(&log).unwrap()
}

#[tokio::test]
async fn an_image_on_the_web_becomes_a_half() {
    let (url, store) = (server("200 OK", IMAGE).await, Memory::with_buckets(&[RESULT]));
    let line = done(&url, "cats/a.png", &store, &[]).await;
    assert_eq!((&line["event"], &line["key"]), (&json!("halved"), &json!("cats/a.png")), "{line}");
    let half = store.at(RESULT, "cats/a.png").unwrap();
    assert_eq!(half.bytes, halver::halve(IMAGE, &halver::Options::default()).unwrap().bytes);
    assert_eq!(half.head.content_type.as_deref(), Some("image/png"));

    // The same again is not written again.
    assert_eq!(done(&url, "cats/a.png", &store, &[]).await["reason"], "fresh");
    assert_eq!(store.requests(Operation::Put, RESULT), 1);
}

#[tokio::test]
async fn another_image_under_the_same_name_replaces_it_and_its_record() {
    let store = Memory::with_buckets(&[RESULT]);
    let gone = server("404 Not Found", b"").await;
    let line = done(&gone, "a.png", &store, &[]).await;
    assert_eq!((&line["event"], &line["code"]), (&json!("refused"), &json!("url-status")), "{line}");
    let record = store.at(RESULT, &marker::url_record_key("a.png")).unwrap();
    let record = String::from_utf8(record.bytes).unwrap();
    assert!(record.contains("a.png") && !record.contains("secret"), "{record}");

    assert_eq!(done(&server("200 OK", IMAGE).await, "a.png", &store, &[]).await["event"], "halved");
    assert!(store.at(RESULT, &marker::url_record_key("a.png")).is_none());
    let other = include_bytes!("../../../core/tests/corpus/one-pixel.png");
    assert_eq!(done(&server("200 OK", other).await, "a.png", &store, &[]).await["event"], "halved");
}

#[tokio::test]
async fn what_may_not_be_fetched_or_stored_is_refused() {
    let url = server("200 OK", IMAGE).await;
    let store = Memory::with_buckets(&[RESULT, "quarantine"]);
    store.lay(RESULT, "taken.png", b"precious", |_| {});
    for (name, settings, code) in [
        ("a.png", &[("HALVER_URL_POLICY", "public-https")][..], "url-scheme"),
        ("a.png", &[("HALVER_URL_BUCKET", ""), ("HALVER_QUARANTINE", "quarantine")], "urls-off"),
        ("_halver/a.png", &[], "reserved-key"),
        ("taken.png", &[], "place-taken"),
        ("a.png", &[("HALVER_OPTIONS", r#"{"limits":{"source_bytes":10}}"#)], "url-too-large"),
    ] {
        let line = done(&url, name, &store, settings).await;
        assert_eq!((&line["event"], &line["code"]), (&json!("refused"), &json!(code)), "{name}: {line}");
    }
    let busy = done(&server("503 Busy", b"").await, "a.png", &store, &[]).await;
    assert_eq!((&busy["event"], &busy["code"]), (&json!("handed-back"), &json!("url-status")), "{busy}");
}
