//! Whole events against a store in memory.

use std::time::Duration;

use halver::Options;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::config::Config;
use crate::config::tests::read;
use crate::function::{Function, Invocation};
use crate::marker;
use crate::memory::Memory;
use crate::record::FailureRecord;
use crate::reply::Reply;
use crate::store::{Head, Operation, StoreErrorKind};

const IMAGE: &[u8] = include_bytes!("../../tests/fixtures/five-by-three.png");
const SOURCE: &str = "photos";
const RESULT: &str = "photos-resized";

/// What one event leads to: the answer, and the lines of the log.
struct Done {
    answer: Result<Reply, HandedBack>,
    log: Vec<Value>,
}

impl Done {
    /// The code of the error that the invocation fails with.
    fn code(&self) -> String {
        Diagnostic::from(self.answer.clone().unwrap_err()).error_type
    }
}

async fn done(event: &Value, store: &Memory) -> Done {
    done_with(event, store, &[]).await
}

/// The same with other settings.
async fn done_with(event: &Value, store: &Memory, settings: &[(&str, &str)]) -> Done {
    done_within(Duration::from_secs(60), event, store, read(settings).unwrap()).await
}

async fn done_within(time: Duration, event: &Value, store: &Memory, config: Config) -> Done {
    let invocation = Invocation { request_id: "request".into(), trace: None, deadline: Instant::now() + time };
    let mut log = Vec::new();
    let answer = Function::new(config, store.clone()).handle(event, &invocation, &mut log).await;
    let lines = String::from_utf8(log).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let log: Vec<Value> = lines;
    Done { answer, log: log.into_iter().filter(|line| line["event"] != "metrics").collect() }
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
    assert_eq!(stored.head.content_type.as_deref(), Some("application/json"));
    Some(serde_json::from_slice(&stored.bytes).unwrap())
}

fn tally(halved: usize, refused: usize, skipped: usize) -> Result<Reply, HandedBack> {
    Ok(Reply::Tally { halved, refused, skipped })
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
    assert_eq!(half.head.content_type.as_deref(), Some("image/png"), "by content, not by name");
    assert_eq!(half.head.cache_control.as_deref(), Some("max-age=60"));
    assert_eq!(half.head.content_language.as_deref(), Some("de"));
    let mut metadata = half.head.metadata.clone();
    assert_eq!(metadata.remove("halver-carried").unwrap().len(), 16);
    let metadata: Vec<_> = metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let recipe = Options::default().recipe();
    assert_eq!(
        metadata,
        [
            ("album", "summer"),
            ("halver-hops", "1"),
            ("halver-recipe", recipe.as_str()),
            ("halver-sequencer", "0B"),
            ("halver-sha256", &expected.sha256()),
            ("halver-source", &marker::source_id(SOURCE, "in/ü a+b.jpg")),
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
        ("/destinationKey", json!("in/ü a+b.jpg")),
        ("/format", json!("png")),
        ("/width", json!(3)),
        ("/height", json!(2)),
        ("/sourceBytes", json!(IMAGE.len())),
        ("/bytes", json!(expected.bytes.len())),
        ("/recipe", json!(recipe)),
        ("/sha256", json!(expected.sha256())),
        ("/requestId", json!("request")),
        ("/decisions", serde_json::to_value(&expected.decisions).unwrap()),
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
    let limited = [("HALVER_OPTIONS", r#"{"limits":{"source_bytes":10}}"#)];
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
async fn an_event_of_an_older_version_leads_to_the_half_of_the_present_one() {
    let store = store_with(IMAGE);
    assert_eq!(done(&created("a.png", Some("an older etag")), &store).await.answer, tally(1, 0, 0));
    let half = store.at(RESULT, "a.png").unwrap();
    assert_eq!(half.head.metadata["halver-source-etag"], etag_of(IMAGE));
    // And the event of the present one finds it done.
    let next = done(&created("a.png", Some(&etag_of(IMAGE))), &store).await;
    assert_eq!(next.log[0]["reason"], "fresh");
    assert_eq!(store.requests(Operation::Put, RESULT), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_before_the_last_one_that_was_done_is_stale() {
    let store = store_with(IMAGE);
    done(&created("a.png", None), &store).await;
    let mut event = created("a.png", Some("an older etag"));
    event["Records"][0]["s3"]["object"]["sequencer"] = json!("0A");
    let before = store.requests(Operation::Get, SOURCE);
    assert_eq!(done(&event, &store).await.log[0]["reason"], "stale");
    assert_eq!(store.requests(Operation::Get, SOURCE), before);

    // In a versioned bucket sequencers do not compare.
    event["Records"][0]["s3"]["object"]["versionId"] = json!("v1");
    assert_eq!(done(&event, &store).await.log[0]["reason"], "fresh");
}

#[tokio::test(start_paused = true)]
async fn headers_that_changed_alone_make_a_new_half() {
    let store = store_with(IMAGE);
    done(&created("a.png", Some(&etag_of(IMAGE))), &store).await;
    store.lay(SOURCE, "a.png", IMAGE, |head| head.cache_control = Some("no-store".into()));
    assert_eq!(done(&created("a.png", Some(&etag_of(IMAGE))), &store).await.answer, tally(1, 0, 0));
    assert_eq!(store.at(RESULT, "a.png").unwrap().head.cache_control.as_deref(), Some("no-store"));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ours_stays_where_it_is() {
    let foreign = |store: &Memory| store.lay(RESULT, "a.png", b"precious", |_| {});
    let store = store_with(IMAGE);
    foreign(&store);
    assert_eq!(done(&created("a.png", None), &store).await.answer, tally(0, 1, 0));
    assert_eq!(store.at(RESULT, "a.png").unwrap().bytes, b"precious");
    assert_eq!(failure(&store, "a.png").map(|record| record.code).as_deref(), Some("place-taken"));

    let replace = done_with(&created("a.png", None), &store, &[("HALVER_OTHERS", "replace")]).await;
    assert_eq!(replace.answer, tally(1, 0, 0));
    assert_eq!(failure(&store, "a.png"), None);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_cannot_be_halved_ends_the_half_of_the_one_before() {
    let store = store_with(IMAGE);
    done(&created("a.png", None), &store).await;
    store.lay(SOURCE, "a.png", &IMAGE[..40], |_| {});
    assert_eq!(done(&created("a.png", None), &store).await.answer, tally(0, 1, 0));
    assert!(store.at(RESULT, "a.png").is_none());
    assert_eq!(failure(&store, "a.png").unwrap().etag, Some(etag_of(&IMAGE[..40])));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_image_is_ignored_copied_or_recorded() {
    let notes =
        |store: &Memory| store.lay(SOURCE, "notes.txt", b"hello", |head| head.content_type = Some("text/plain".into()));
    for (policy, answer) in [("ignore", tally(0, 0, 1)), ("quarantine", tally(0, 1, 0))] {
        let store = store_with(IMAGE);
        notes(&store);
        let done = done_with(&created("notes.txt", None), &store, &[("HALVER_NOT_IMAGES", policy)]).await;
        assert_eq!(done.answer, answer, "{policy}");
        assert_eq!(failure(&store, "notes.txt").is_some(), policy == "quarantine");
        assert!(store.at(RESULT, "notes.txt").is_none(), "{policy}");
    }
    let store = store_with(IMAGE);
    notes(&store);
    let copy = [("HALVER_NOT_IMAGES", "copy")];
    let first = done_with(&created("notes.txt", None), &store, &copy).await;
    assert_eq!((&first.log[0]["event"], &first.log[0]["bytes"]), (&json!("copied"), &json!(5)));
    let copied = store.at(RESULT, "notes.txt").unwrap();
    assert_eq!((copied.bytes.as_slice(), copied.head.content_type.as_deref()), (&b"hello"[..], Some("text/plain")));
    assert_eq!(done_with(&created("notes.txt", None), &store, &copy).await.log[0]["reason"], "fresh");
}

#[tokio::test(start_paused = true)]
async fn halves_go_with_their_sources_where_that_is_asked_for() {
    let gone = json!({ "Records": [{ "eventName": "ObjectRemoved:Delete", "s3": { "bucket": { "name": SOURCE }, "object": { "key": "a.png", "sequencer": "0C" } } }] });
    for (policy, stays) in [("ignore", true), ("follow", false)] {
        let settings = [("HALVER_REMOVALS", policy)];
        let store = store_with(IMAGE);
        done_with(&created("a.png", None), &store, &settings).await;
        store.remove(SOURCE, "a.png");
        let done = done_with(&gone, &store, &settings).await;
        assert_eq!(store.at(RESULT, "a.png").is_some(), stays, "{policy}");
        assert_eq!(done.log[0]["event"], if stays { "skipped" } else { "removed" });
    }
    // What was put again since, or is no half of it, stays.
    let follow = [("HALVER_REMOVALS", "follow")];
    let store = store_with(IMAGE);
    done_with(&created("a.png", None), &store, &follow).await;
    assert_eq!(done_with(&gone, &store, &follow).await.log[0]["reason"], "fresh");
    store.remove(SOURCE, "a.png");
    store.lay(RESULT, "a.png", b"precious", |_| {});
    assert_eq!(done_with(&gone, &store, &follow).await.log[0]["reason"], "gone");
    assert!(store.at(RESULT, "a.png").is_some());
}

#[tokio::test(start_paused = true)]
async fn halves_in_the_bucket_of_their_sources_never_loop() {
    let settings = [("HALVER_DESTINATION", "{bucket}/processed_{key}")];
    let store = store_with(IMAGE);
    assert_eq!(done_with(&created("a.png", None), &store, &settings).await.answer, tally(1, 0, 0));
    assert!(store.at(SOURCE, "processed_a.png").is_some());
    let own = done_with(&created("processed_a.png", None), &store, &settings).await;
    assert_eq!(own.log[0]["reason"], "own-output");

    // A source of such a name is refused, and what the record of that would trigger is not.
    store.lay(SOURCE, "processed_b.png", IMAGE, |_| {});
    assert_eq!(done_with(&created("processed_b.png", None), &store, &settings).await.log[0]["code"], "among-halves");
    let record = marker::failure_record_key("processed_b.png");
    assert!(store.at(SOURCE, &record).is_some());
    assert_eq!(done_with(&created(&record, None), &store, &settings).await.log[0]["reason"], "reserved");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_may_be_spelled_in_two_ways_is_found_under_the_other() {
    let store = store_with(IMAGE);
    store.lay(SOURCE, "a+b.png", IMAGE, |_| {});
    // Of other servers nobody knows whether they encode keys.
    let mut event = created("a+b.png", None);
    event["Records"][0]["eventSource"] = json!("others:s3");
    assert_eq!(done(&event, &store).await.answer, tally(1, 0, 0));
    assert!(store.at(RESULT, "a+b.png").is_some());
    assert_eq!(failure(&store, "a b.png"), None);
}

#[tokio::test(start_paused = true)]
async fn where_a_key_may_be_spelled_in_two_ways_both_are_looked_at() {
    let event = || {
        let mut event = created("a+b.png", None);
        event["Records"][0]["eventSource"] = json!("others:s3");
        event
    };
    for removals in ["ignore", "follow"] {
        let settings = [("HALVER_REMOVALS", removals)];
        let store = store_with(IMAGE);
        store.lay(SOURCE, "a+b.png", IMAGE, |_| {});
        let done = done_with(&event(), &store, &settings).await;
        assert_eq!(done.answer, tally(1, 0, 0), "{removals}");
        assert_eq!(done.log[0]["warnings"], json!(["the key was spelled in the other way"]));

        let store = store_with(IMAGE);
        store.lay(SOURCE, "a+b.png", IMAGE, |_| {});
        store.lay(SOURCE, "a b.png", IMAGE, |_| {});
        done_with(&event(), &store, &settings).await;
        assert!(store.at(RESULT, "a+b.png").is_some() && store.at(RESULT, "a b.png").is_some(), "{removals}");
    }
    let store = store_with(IMAGE);
    assert_eq!(done(&event(), &store).await.log[0]["code"], "no-such-key");
    assert!(failure(&store, "a b.png").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_text_of_commas_makes_no_million_parts() {
    let store = store_with(IMAGE);
    let many = json!([vec![0; 600], vec![0; 600]]);
    let done = done_with(&many, &store, &[("HALVER_QUARANTINE", RESULT)]).await;
    assert_eq!((done.answer, done.log.len()), (tally(0, 1, 0), 1));
}

#[tokio::test(start_paused = true)]
async fn no_secret_of_a_url_is_recorded() {
    let store = store_with(IMAGE);
    let job = json!({ "url": "https://example.com/a.png?X-Amz-Signature=secret" });
    done_with(&job, &store, &[("HALVER_QUARANTINE", RESULT)]).await;
    let records = store.all(RESULT);
    assert_eq!(records.len(), 1);
    assert!(records.iter().all(|stored| !String::from_utf8_lossy(&stored.bytes).contains("secret")), "{records:?}");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_larger_than_its_event_says_is_not_read_whole() {
    let store = store_with(b"");
    store.lay(SOURCE, "a.png", &[IMAGE, &vec![0; 600 << 10]].concat(), |_| {});
    let mut event = created("a.png", None);
    event["Records"][0]["s3"]["object"]["size"] = json!(100);
    let small = [("HALVER_OPTIONS", r#"{"limits":{"source_bytes":300000}}"#)];
    assert_eq!(done_with(&event, &store, &small).await.log[0]["code"], "too-large");
    assert_eq!(store.requests(Operation::Get, SOURCE), 1);
    assert_eq!(done(&event, &store).await.answer, tally(1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_image_may_be_as_large_as_it_likes() {
    let store = store_with(b"");
    store.lay(SOURCE, "film.mp4", &[&b"\0\0\0\x18ftypmp42"[..], &vec![0; 1 << 20]].concat(), |_| {});
    let small = [("HALVER_OPTIONS", r#"{"limits":{"source_bytes":1000}}"#)];
    assert_eq!(done_with(&created("film.mp4", None), &store, &small).await.log[0]["reason"], "not-an-image");
}

#[tokio::test(start_paused = true)]
async fn tags_are_carried_over_as_far_as_they_may_be() {
    let tagged = |store: &Memory| store.tag(SOURCE, "a.png", &[("album", "summer")]);
    let store = store_with(IMAGE);
    tagged(&store);
    done(&created("a.png", None), &store).await;
    assert_eq!(store.at(RESULT, "a.png").unwrap().tags["album"], "summer");

    for (operation, bucket) in [(Operation::Tags, SOURCE), (Operation::Put, RESULT)] {
        let store = store_with(IMAGE);
        tagged(&store);
        store.fail(operation, bucket, StoreErrorKind::AccessDenied, 1);
        let done = done(&created("a.png", None), &store).await;
        assert_eq!(done.answer, tally(1, 0, 0), "{operation}");
        assert!(done.log[0]["warnings"][0].as_str().unwrap().starts_with("tags are not carried over"), "{operation}");
        assert!(store.at(RESULT, "a.png").unwrap().tags.is_empty(), "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_objects_own_options_count() {
    let store = store_with(b"");
    store.lay(SOURCE, "a.png", IMAGE, |head| {
        head.metadata.insert("halver-options".into(), r#"{"format":"jpeg"}"#.into());
    });
    let own = [("HALVER_OBJECT_OPTIONS", "metadata")];
    done_with(&created("a.png", None), &store, &own).await;
    assert_eq!(store.at(RESULT, "a.png").unwrap().head.content_type.as_deref(), Some("image/jpeg"));
    done(&created("a.png", None), &store).await;
    assert_eq!(store.at(RESULT, "a.png").unwrap().head.content_type.as_deref(), Some("image/png"), "off by default");

    store.lay(SOURCE, "a.png", IMAGE, |head| {
        head.metadata.insert("halver-options".into(), r#"{"limits":{}}"#.into());
    });
    assert_eq!(done_with(&created("a.png", None), &store, &own).await.log[0]["code"], "bad-options");
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

    // Unless it is asked for, so often.
    let again = done_with(&created("a.png", None), &store, &[("HALVER_MAX_HOPS", "1")]).await;
    assert_eq!(again.answer, tally(1, 0, 0));
    assert_eq!(store.at(RESULT, "a.png").unwrap().head.metadata["halver-hops"], "2");
}

#[tokio::test(start_paused = true)]
async fn transient_trouble_passes_or_is_handed_back() {
    for (operation, bucket) in [(Operation::Get, SOURCE), (Operation::Put, RESULT), (Operation::Head, RESULT)] {
        let store = store_with(IMAGE);
        store.fail(operation, bucket, StoreErrorKind::Throttled, 3);
        assert_eq!(done(&created("a.png", None), &store).await.answer, tally(1, 0, 0), "{operation}");

        let store = store_with(IMAGE);
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
    let done = done_within(Duration::from_secs(1), &created("a.png", None), &store, read(&[]).unwrap()).await;
    assert_eq!(done.answer, Err(HandedBack { errors: vec![Error::Deadline], of: 1 }));
}

#[tokio::test(start_paused = true)]
async fn all_records_are_tried_before_the_event_is_handed_back() {
    let store = store_with(IMAGE);
    store.lay(SOURCE, "b.png", IMAGE, |_| {});
    store.fail(Operation::Get, "photos/a", StoreErrorKind::Unavailable, 4);
    let removed = json!({ "eventName": "ObjectRemoved:Delete", "s3": { "bucket": { "name": SOURCE }, "object": { "key": "c" } } });
    let event = json!({ "Records": [record("a.png", None), {}, record("%FF", None), removed, record("b.png", None)] });
    let done = done(&event, &store).await;
    let mut events: Vec<_> = done.log.iter().map(|line| line["event"].as_str().unwrap()).collect();
    events.sort_unstable();
    assert_eq!(events, ["halved", "handed-back", "handed-back", "refused", "skipped"]);
    assert_eq!(done.answer.as_ref().map_err(|back| (back.errors.len(), back.of)), Err((2, 5)));
    assert_eq!(done.code(), "store-unavailable");
    assert!(store.at(RESULT, "b.png").is_some());
    assert_eq!(failure(&store, "%FF").map(|record| record.code).as_deref(), Some("bad-key"));
}

/// A queue's message with the event of an object, in a group.
fn message(id: &str, group: Option<&str>, queue: &str, key: &str) -> Value {
    json!({
        "messageId": id,
        "body": created(key, None).to_string(),
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{queue}"),
        "attributes": { "MessageGroupId": group },
    })
}

fn failures(answer: Result<Reply, HandedBack>) -> Vec<String> {
    match answer {
        Ok(Reply::Batch { batch_item_failures }) => {
            batch_item_failures.into_iter().map(|f| f.item_identifier).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn behind_a_failure_nothing_of_its_group_is_done_in_an_ordered_queue() {
    for (queue, failed) in [("uploads", vec!["1"]), ("uploads.fifo", vec!["1", "3"])] {
        let store = Memory::with_buckets(&[SOURCE, RESULT]);
        for key in ["a.png", "b.png", "c.png"] {
            store.lay(SOURCE, key, IMAGE, |_| {});
        }
        store.fail(Operation::Get, "photos/a", StoreErrorKind::Unavailable, 4);
        let messages = [("1", "x", "a.png"), ("2", "y", "b.png"), ("3", "x", "c.png")];
        let messages = messages.map(|(id, group, key)| message(id, Some(group), queue, key));
        let done = done(&json!({ "Records": messages }), &store).await;
        assert_eq!(failures(done.answer), failed, "{queue}");
        assert_eq!(store.at(RESULT, "c.png").is_some(), failed.len() == 1, "{queue}");
        assert!(store.at(RESULT, "b.png").is_some(), "{queue}");
        assert_eq!(done.log.len(), 3, "{queue}: a line for each");
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_one_object_in_a_batch_lead_to_one_half() {
    let store = store_with(IMAGE);
    let messages: Vec<_> = (0..10).map(|i| message(&i.to_string(), None, "uploads", "a.png")).collect();
    assert!(failures(done(&json!({ "Records": messages }), &store).await.answer).is_empty());
    assert_eq!(store.requests(Operation::Put, RESULT), 1);
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
async fn what_is_no_event_goes_into_quarantine_or_back() {
    let (store, event) = (store_with(IMAGE), json!({ "filename": "a.png" }));
    let back = done(&event, &store).await;
    assert_eq!(back.code(), "bad-event");
    assert_eq!(back.log.len(), 1);

    let kept = done_with(&event, &store, &[("HALVER_QUARANTINE", RESULT)]).await;
    assert_eq!(kept.answer, tally(0, 1, 0));
    let key = marker::event_record_key(&halver::sha256(event.to_string().as_bytes()));
    let record: FailureRecord = serde_json::from_slice(&store.at(RESULT, &key).unwrap().bytes).unwrap();
    assert_eq!((record.code.as_str(), record.event), ("bad-event", Some(event)));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_fit_is_refused_before_it_is_read_with_both_numbers() {
    // The header of a JPEG of 65,500 × 65,500 pixels, and nothing else.
    let mut huge = include_bytes!("../../../core/tests/corpus/photo-420.jpg").to_vec();
    let frame = huge.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    huge[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
    huge.resize(1 << 20, 0);
    let store = store_with(b"");
    store.lay(SOURCE, "huge.jpg", &huge, |_| {});
    let done = done(&created("huge.jpg", None), &store).await;
    assert_eq!(done.log[0]["code"], "too-large");
    assert!(done.log[0]["message"].as_str().unwrap().contains("4290250000 pixels needed"), "{}", done.log[0]);
    assert_eq!(store.requests(Operation::Get, SOURCE), 1, "its first bytes alone");
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
async fn the_functions_own_keys_are_no_sources() {
    let store = store_with(b"hello");
    done(&created("a.png", None), &store).await;
    // A record leads to no further one, wherever it is told of.
    let key = marker::failure_record_key("a.png");
    store.lay(SOURCE, &key, IMAGE, |_| {});
    let before = store.requests(Operation::Put, RESULT);
    assert_eq!(done(&created(&key, Some(&etag_of(IMAGE))), &store).await.log[0]["reason"], "reserved");
    let mut of_another_version = created(&key, None);
    of_another_version["Records"][0]["eventVersion"] = json!("3.0");
    assert_eq!(done(&of_another_version, &store).await.log[0]["reason"], "reserved");
    assert_eq!(store.requests(Operation::Put, RESULT), before);

    store.lay(SOURCE, "_halver/a.png", IMAGE, |_| {});
    assert_eq!(done(&created("_halver/a.png", None), &store).await.answer, tally(0, 1, 0));
    let record = failure(&store, "_halver/a.png").unwrap();
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
