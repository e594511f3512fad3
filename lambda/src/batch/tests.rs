//! Whole events against a store in memory.

use std::time::Duration;

use serde_json::json;

use halver::Options;

use super::*;
use crate::config::tests::read;
use crate::marker;
use crate::memory::Memory;
use crate::store::{Head, Operation, StoreErrorKind};

const IMAGE: &[u8] = include_bytes!("../../tests/fixtures/five-by-three.png");
const SOURCE: &str = "photos";
const RESULT: &str = "photos-resized";

/// What one event leads to: the answer, and the lines of the log.
struct Done {
    answer: Result<Tally, HandedBack>,
    log: Vec<Value>,
}

impl Done {
    /// The code of the error that the invocation fails with.
    fn code(&self) -> String {
        Diagnostic::from(self.answer.clone().unwrap_err()).error_type
    }
}

async fn done(event: &Value, store: &Memory) -> Done {
    done_with(event, store, &read(&[]).unwrap()).await
}

async fn done_with(event: &Value, store: &Memory, config: &Config) -> Done {
    let invocation = Invocation { request_id: "request".into(), deadline: Instant::now() + Duration::from_secs(60) };
    let mut log = Vec::new();
    let answer = handle(event, &invocation, config, store, &mut log).await;
    let log = String::from_utf8(log).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Done { answer, log }
}

/// The event of an object at `photos`/`key` with `etag`.
fn created(key: &str, etag: Option<&str>) -> Value {
    json!({ "Records": [record(key, etag)] })
}

fn record(key: &str, etag: Option<&str>) -> Value {
    json!({
        "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": SOURCE }, "object": { "key": key, "eTag": etag, "sequencer": "0B" } },
    })
}

/// Both buckets, with `bytes` at `photos/a.png`.
fn store_with(bytes: &[u8]) -> Memory {
    let store = Memory::with_buckets(&[SOURCE, RESULT]);
    store.lay(SOURCE, "a.png", bytes, |_| {});
    store
}

fn etag_of(bytes: &[u8]) -> String {
    halver::sha256(bytes)[..32].to_owned()
}

/// The failure record of `photos`/`key`.
fn failure(store: &Memory, key: &str) -> Option<FailureRecord> {
    let stored = store.at(RESULT, &marker::failure_record_key(key))?;
    assert_eq!(stored.content_type, "application/json");
    Some(serde_json::from_slice(&stored.bytes).unwrap())
}

fn tally(halved: usize, refused: usize, skipped: usize) -> Result<Tally, HandedBack> {
    Ok(Tally { halved, refused, skipped })
}

#[tokio::test(start_paused = true)]
async fn an_image_becomes_its_half() {
    let store = Memory::with_buckets(&[SOURCE, RESULT]);
    store.lay(SOURCE, "in/ü a+b.jpg", IMAGE, |head| {
        head.cache_control = Some("max-age=60".into());
        head.content_language = Some("de".into());
        head.metadata.insert("album".into(), "summer".into());
        head.metadata.insert("halver-sha256".into(), "forged".into());
    });
    let done = done(&created("in/%C3%BC+a%2Bb.jpg", Some(&etag_of(IMAGE))), &store).await;
    assert_eq!(done.answer, tally(1, 0, 0));

    let half = store.at(RESULT, "in/ü a+b.jpg").unwrap();
    let expected = halver::halve(IMAGE, &Options::default()).unwrap();
    assert_eq!(half.bytes, expected.bytes);
    assert_eq!(half.content_type, "image/png", "by content, not by name");
    assert_eq!(half.head.cache_control.as_deref(), Some("max-age=60"));
    assert_eq!(half.head.content_language.as_deref(), Some("de"));
    let metadata: Vec<_> = half.head.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let recipe = Options::default().recipe();
    assert_eq!(
        metadata,
        [
            ("album", "summer"),
            ("halver-recipe", recipe.as_str()),
            ("halver-sequencer", "0B"),
            ("halver-sha256", &expected.sha256()),
            ("halver-source-etag", &etag_of(IMAGE)),
            ("halver-source-sha256", &halver::sha256(IMAGE)),
        ]
    );

    let [line] = done.log.as_slice() else { panic!("{:?}", done.log) };
    for (pointer, value) in [
        ("/event", json!("halved")),
        ("/bucket", json!(SOURCE)),
        ("/key", json!("in/ü a+b.jpg")),
        ("/destination", json!(RESULT)),
        ("/format", json!("png")),
        ("/width", json!(3)),
        ("/height", json!(2)),
        ("/sourceBytes", json!(IMAGE.len())),
        ("/bytes", json!(expected.bytes.len())),
        ("/recipe", json!(recipe)),
        ("/sha256", json!(expected.sha256())),
        ("/requestId", json!("request")),
        ("/decisions", serde_json::to_value(&expected.decisions).unwrap()),
        ("/warnings", json!(["not carried over: halver-sha256"])),
    ] {
        assert_eq!(line.pointer(pointer), Some(&value), "{pointer}");
    }
    for step in ["get", "halve", "put"] {
        assert!(line["ms"][step].is_f64(), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_image_is_refused_with_a_record() {
    for (bytes, code) in [(&b""[..], "not-an-image"), (b"hello", "not-an-image"), (&IMAGE[..40], "malformed")] {
        let store = store_with(bytes);
        let done = done(&created("a.png", Some(&etag_of(bytes))), &store).await;
        assert_eq!(done.answer, tally(0, 1, 0));
        let record = failure(&store, "a.png").unwrap();
        assert_eq!((record.code.as_str(), record.bucket.as_str(), record.key.as_str()), (code, SOURCE, "a.png"));
        assert_eq!((record.etag, record.sequencer.as_deref()), (Some(etag_of(bytes)), Some("0B")));
        assert_eq!((done.log[0]["event"].as_str(), done.log[0]["code"].as_str()), (Some("refused"), Some(code)));
        assert_eq!(done.log[0]["message"], json!(record.message));
        assert!(store.at(RESULT, "a.png").is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_beyond_the_limit_is_not_even_read() {
    let store = store_with(IMAGE);
    let limited = read(&[("HALVER_OPTIONS", r#"{"limits":{"source_bytes":10}}"#)]).unwrap();
    let done = done_with(&created("a.png", None), &store, &limited).await;
    assert_eq!(done.answer, tally(0, 1, 0));
    let message = format!("too large: {} bytes needed, 10 allowed", IMAGE.len());
    assert_eq!(failure(&store, "a.png").map(|record| record.message), Some(message));
}

#[tokio::test(start_paused = true)]
async fn an_object_deleted_before_is_refused_with_a_record() {
    let store = Memory::with_buckets(&[SOURCE, RESULT]);
    let done = done(&created("gone.png", None), &store).await;
    assert_eq!(done.answer, tally(0, 1, 0));
    assert_eq!(failure(&store, "gone.png").map(|record| record.code).as_deref(), Some("no-such-key"));
    assert_eq!(store.requests(Operation::Get, SOURCE), 1, "not tried again");
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_cannot_be_recorded_is_handed_back() {
    let store = Memory::with_buckets(&[SOURCE]);
    store.lay(SOURCE, "a.png", b"hello", |_| {});
    let no_bucket = done(&created("a.png", None), &store).await;
    assert_eq!(no_bucket.code(), "not-an-image");
    assert_eq!(no_bucket.log[0]["event"], "handed-back");
    let message = no_bucket.log[0]["message"].as_str().unwrap();
    assert!(message.contains("not an image") && message.contains("no such bucket"), "{message}");

    // The half of a good image has nowhere to go either.
    store.lay(SOURCE, "a.png", IMAGE, |_| {});
    assert_eq!(done(&created("a.png", None), &store).await.code(), "no-such-bucket");

    let store = store_with(b"hello");
    store.fail(Operation::Put, RESULT, StoreErrorKind::AccessDenied, 1);
    assert_eq!(done(&created("a.png", None), &store).await.code(), "not-an-image");
}

#[tokio::test(start_paused = true)]
async fn a_newer_version_makes_the_event_stale() {
    let store = store_with(IMAGE);
    let done = done(&created("a.png", Some("an older etag")), &store).await;
    assert_eq!(done.answer, tally(0, 0, 1));
    assert_eq!(done.log[0]["reason"], "stale");
    assert!(store.at(RESULT, "a.png").is_none());
}

#[tokio::test(start_paused = true)]
async fn an_output_of_ours_is_skipped() {
    let store = store_with(b"");
    store.lay(SOURCE, "a.png", IMAGE, |head: &mut Head| {
        head.metadata.insert("halver-recipe".into(), "of another version".into());
    });
    let done = done(&created("a.png", None), &store).await;
    assert_eq!(done.answer, tally(0, 0, 1));
    assert_eq!(done.log[0]["reason"], "own-output");
}

#[tokio::test(start_paused = true)]
async fn transient_trouble_passes_or_is_handed_back() {
    for (operation, bucket) in [(Operation::Get, SOURCE), (Operation::Put, RESULT)] {
        let store = store_with(IMAGE);
        store.fail(operation, bucket, StoreErrorKind::Throttled, 3);
        assert_eq!(done(&created("a.png", None), &store).await.answer, tally(1, 0, 0), "{operation}");

        store.fail(operation, bucket, StoreErrorKind::Throttled, usize::MAX);
        let handed_back = done(&created("a.png", None), &store).await;
        assert_eq!(handed_back.code(), "throttled", "{operation}");
        assert_eq!(handed_back.log[0]["event"], "handed-back");
        assert_eq!(failure(&store, "a.png"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn time_that_runs_out_hands_the_job_back() {
    let store = store_with(IMAGE);
    store.fail(Operation::Get, SOURCE, StoreErrorKind::Timeout, usize::MAX);
    let invocation = Invocation { request_id: "request".into(), deadline: Instant::now() + Duration::from_secs(1) };
    let answer = handle(&created("a.png", None), &invocation, &read(&[]).unwrap(), &store, &mut Vec::new()).await;
    assert_eq!(answer, Err(HandedBack { errors: vec![Error::Deadline], of: 1 }));
}

#[tokio::test(start_paused = true)]
async fn all_records_are_tried_before_the_event_is_handed_back() {
    let store = store_with(IMAGE);
    store.lay(SOURCE, "b.png", IMAGE, |_| {});
    store.fail(Operation::Get, SOURCE, StoreErrorKind::Unavailable, 4);
    let removed = json!({ "eventName": "ObjectRemoved:Delete" });
    let event = json!({ "Records": [record("a.png", None), {}, record("%FF", None), removed, record("b.png", None)] });
    let done = done(&event, &store).await;
    let events: Vec<_> = done.log.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["handed-back", "handed-back", "refused", "skipped", "halved"]);
    assert_eq!(done.answer.as_ref().map_err(|back| (back.errors.len(), back.of)), Err((2, 5)));
    assert_eq!(done.code(), "store-unavailable");
    assert!(store.at(RESULT, "b.png").is_some());
    assert_eq!(failure(&store, "%FF").map(|record| record.code).as_deref(), Some("bad-key"));
}

#[tokio::test(start_paused = true)]
async fn a_key_of_white_space_is_not_asked_for() {
    let store = store_with(IMAGE);
    let done = done(&created("+", None), &store).await;
    assert_eq!(done.answer, tally(0, 1, 0));
    assert_eq!(done.log[0]["code"], "bad-key");
    assert!(done.log[0]["message"].as_str().unwrap().contains("white space alone"), "{}", done.log[0]);
    assert_eq!(store.requests(Operation::Get, SOURCE), 0);
    assert!(failure(&store, " ").is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_notification_is_handed_back() {
    let store = store_with(IMAGE);
    let done = done(&json!({ "filename": "a.png" }), &store).await;
    assert_eq!(done.code(), "bad-event");
    assert_eq!(done.log.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_success_deletes_the_record_of_an_earlier_failure() {
    let store = store_with(b"hello");
    done(&created("a.png", None), &store).await;
    assert!(failure(&store, "a.png").is_some());

    store.lay(SOURCE, "a.png", IMAGE, |_| {});
    assert_eq!(done(&created("a.png", None), &store).await.answer, tally(1, 0, 0));
    assert_eq!(failure(&store, "a.png"), None);
    done(&created("a.png", None), &store).await;
    assert_eq!(store.requests(Operation::Delete, RESULT), 1, "only where there is a record");
}

#[tokio::test(start_paused = true)]
async fn a_success_keeps_the_record_of_a_later_failure() {
    let store = store_with(IMAGE);
    let later = FailureRecord {
        code: "malformed".into(),
        message: String::new(),
        bucket: SOURCE.into(),
        key: "a.png".into(),
        etag: None,
        sequencer: Some("0C".into()),
        recipe: String::new(),
        request_id: String::new(),
    };
    store.lay(RESULT, &marker::failure_record_key("a.png"), &later.to_object().bytes, |_| {});
    assert_eq!(done(&created("a.png", None), &store).await.answer, tally(1, 0, 0));
    assert!(store.at(RESULT, &marker::failure_record_key("a.png")).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_success_deletes_nothing_but_its_own_record() {
    let mut of_another = FailureRecord::new(&Error::Defect, SOURCE, "b.png", &read(&[]).unwrap(), "request");
    let another_key = to_json(&of_another);
    (of_another.bucket, of_another.key) = ("albums".into(), "a.png".into());
    for found in [IMAGE, b"not a record", another_key.as_bytes(), to_json(&of_another).as_bytes()] {
        let store = store_with(IMAGE);
        store.lay(RESULT, &marker::failure_record_key("a.png"), found, |_| {});
        assert_eq!(done(&created("a.png", None), &store).await.answer, tally(1, 0, 0));
        let left = store.at(RESULT, &marker::failure_record_key("a.png")).map(|stored| stored.bytes);
        assert_eq!(left.as_deref(), Some(found));
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_among_the_records_is_refused() {
    let key = marker::failure_record_key("a.png");
    let store = store_with(b"hello");
    store.lay(SOURCE, &key, IMAGE, |_| {});
    assert_eq!(done(&created("a.png", None), &store).await.answer, tally(0, 1, 0));
    assert_eq!(done(&created(&key, Some(&etag_of(IMAGE))), &store).await.answer, tally(0, 1, 0));
    assert_eq!(failure(&store, "a.png").map(|record| record.code).as_deref(), Some("not-an-image"));

    assert_eq!(marker::failure_record_key(&key), "_halver/failed/_halver/failed/a.png.json.json");
    let record = failure(&store, &key).unwrap();
    assert_eq!((record.code.as_str(), record.sequencer.as_deref()), ("reserved-key", Some("0B")));
    assert!(record.message.contains("put the object under another key"), "{}", record.message);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_deleted_is_a_warning() {
    let store = store_with(b"hello");
    done(&created("a.png", None), &store).await;
    store.lay(SOURCE, "a.png", IMAGE, |_| {});
    store.fail(Operation::Delete, RESULT, StoreErrorKind::AccessDenied, 1);
    let done = done(&created("a.png", None), &store).await;
    assert_eq!(done.answer, tally(1, 0, 0));
    let warning = done.log[0]["warnings"][0].as_str().unwrap();
    assert!(warning.contains("access denied"), "{warning}");
}
