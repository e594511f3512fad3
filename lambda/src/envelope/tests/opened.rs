//! What each fixture asks for, and that nothing at all is too odd to be opened.

use serde_json::{Value, json};

use super::fixtures;
use crate::envelope::{Carrier, Entry, Envelope, Item, MAX_DEPTH, open};
use crate::error::Error;
use crate::job::{Job, ObjectJob, Skip};
use crate::key::KeyError;

/// One line for the carrier and one for each entry, behind its item's id and group; an item without entries has one too.
fn told(envelope: &Envelope) -> Vec<String> {
    let carrier = match &envelope.carrier {
        Carrier::Invocation => "invocation".to_owned(),
        Carrier::Queue { fifo } => if *fifo { "fifo queue" } else { "queue" }.to_owned(),
        Carrier::Stream => "stream".to_owned(),
        Carrier::BatchOperations { schema, invocation } => format!("batch operations {schema} {invocation}"),
    };
    std::iter::once(carrier).chain(envelope.items.iter().flat_map(told_item)).collect()
}

fn told_item(item: &Item) -> Vec<String> {
    let mut head = item.id.clone();
    if let Some(group) = &item.group {
        head += &format!(" in {group}");
    }
    let line = |told: String| if head.is_empty() { told } else { format!("{head}: {told}") };
    if item.entries.is_empty() {
        return vec![line("nothing".to_owned())];
    }
    item.entries.iter().map(|entry| line(told_entry(entry))).collect()
}

fn told_entry(entry: &Entry) -> String {
    let (bucket, key) = entry.names();
    let place = format!("{}/{}", bucket.unwrap_or("?"), key.unwrap_or("?"));
    let options = |options: &Option<Value>| options.as_ref().map(Value::to_string);
    match entry {
        Entry::Job(Job::Object(job)) => {
            format!("object {place}")
                + &field("or", &job.other_key)
                + &field("etag", &job.etag)
                + &field("version", &job.version)
                + &field("sequencer", &job.sequencer)
                + &field("options", &options(&job.options))
        }
        Entry::Job(Job::Removal(removal)) => {
            format!("removal {place}") + &field("or", &removal.other_key) + &field("sequencer", &removal.sequencer)
        }
        Entry::Job(Job::Url(job)) => {
            format!("url {} as {}", job.url, job.filename) + &field("options", &options(&job.options))
        }
        Entry::Job(Job::Reconcile(job)) => {
            "reconcile".to_owned()
                + &field("bucket", &job.bucket)
                + &field("prefix", &job.prefix)
                + &field("after", &job.start_after)
        }
        Entry::Skip { reason: Skip::NotCreated { event_name }, .. } => format!("skip {event_name} of {place}"),
        Entry::Skip { reason, .. } => format!("skip {} of {place}", reason.code()),
        Entry::Bad { error, .. } => format!("bad {place}: {error}"),
    }
}

fn field(name: &str, value: &Option<String>) -> String {
    value.as_ref().map(|value| format!(" {name} {value}")).unwrap_or_default()
}

const A: &str = "etag 9b2cf535f27731c974343645a3985328 sequencer 0069B52CBD8A1F0E37";

/// Each fixture with the lines that it is told in. `{A}` stands for [`A`], `{M}` for all of a message's id but its number.
const TABLE: &[(&str, &[&str])] = &[
    (
        "batch-operations-1",
        &[
            "batch operations 1.0 YXNkbGZqYWRmaiBhc2RmdW9hZHNmZGpmaGFzbGtkaGZza2RmaAo",
            "dGFza2lkZ29lc2hlcmUK: object photos/in/ü a+b.jpg version 1",
        ],
    ),
    (
        "batch-operations-2",
        &[
            "batch operations 2.0 Jr3s8KZqYWRmaiBhc2RmdW9hZHNmZGpmaGFzbGtkaGZzatx7Ruy",
            r#"y5R3a2lkZ29lc2hlurcS: object photos/in/a b.jpg options {"quality":70}"#,
            "y5R3a2lkZ29lc2hlurcT: bad photos/in/%FF.jpg: the event's key is not UTF-8",
        ],
    ),
    (
        "ceph",
        &[
            "invocation",
            "object photos/in/a+b.jpg or in/a b.jpg etag 9b2cf535f27731c974343645a3985328",
            "object photos/in/100%.jpg etag 9b2cf535f27731c974343645a3985328",
            "object photos/in/ü a+b.jpg etag 9b2cf535f27731c974343645a3985328",
        ],
    ),
    (
        "copy",
        &[
            "invocation",
            "object photos/archive/2026/a.webp etag e2fc714c4727ee9395f324cd2e7f331f sequencer 0069B52D5520FFB1",
        ],
    ),
    ("delete", &["invocation", "removal photos/in/gone.jpg sequencer 0069B52E00C0FFEE11"]),
    (
        "dynamodb",
        &[
            "stream",
            "111000000000000000000: object photos/in/a+b.jpg",
            r#"111000000000000000001: object photos/in/c.jpg options {"format":"webp","quality":70}"#,
            r#"111000000000000000002: url https://images.example.com/cats/1.jpg as cats/1.jpg options {"quality":70}"#,
            "111000000000000000003: skip REMOVE of ?/?",
            "111000000000000000004: bad ?/?: the event cannot be understood: a DynamoDB record has no NewImage that is a job",
        ],
    ),
    ("dynamodb-keys-only", &["stream", "111000000000000000000: object photos/in/d.jpg"]),
    ("empty", &["invocation"]),
    (
        "event-bridge-created",
        &[
            "invocation",
            "object photos/in/ü a+b.jpg etag 9b2cf535f27731c974343645a3985328 version L4kqtJlcpXroDTDmpUMLUo sequencer 0069B52CBD8A1F0E37",
        ],
    ),
    ("event-bridge-deleted", &["invocation", "removal photos/in/gone.jpg sequencer 0069B52E00C0FFEE11"]),
    (
        "event-bridge-detail",
        &[
            "invocation",
            "object photos/in/ü a+b.jpg etag 9b2cf535f27731c974343645a3985328 version L4kqtJlcpXroDTDmpUMLUo sequencer 0069B52CBD8A1F0E37",
        ],
    ),
    ("event-bridge-detail-deleted", &["invocation", "removal photos/in/gone.jpg sequencer 0069B52E00C0FFEE11"]),
    ("event-bridge-own", &["invocation", "object photos/in/a.jpg"]),
    (
        "event-bridge-spelling",
        &[
            "invocation",
            "object photos/in/a+b%20c.jpg or in/a b c.jpg etag e2fc714c4727ee9395f324cd2e7f331f sequencer 0069B52D5520FFB1",
        ],
    ),
    ("event-bridge-tags-added", &["invocation", "skip Object Tags Added of photos/in/a.jpg"]),
    ("folder", &["invocation", "skip folder of photos/in/new folder/"]),
    (
        "job-list",
        &[
            "invocation",
            r#"object photos/in/a+b.jpg options {"quality":70}"#,
            "url https://images.example.com/cats/1.jpg as cats/1.jpg",
        ],
    ),
    ("job-url", &["invocation", "url https://images.example.com/cats/1.jpg as cats/1.jpg"]),
    (
        "kinesis",
        &[
            "stream",
            "49545115046223742260000000000000000000000000000000000001: object photos/in/ü.jpg",
            "49545115046223742260000000000000000000000000000000000002: url https://images.example.com/cats/1.jpg as cats/1.jpg",
            "49545115046223742260000000000000000000000000000000000003: object photos/in/ü a+b.jpg {A}",
            "49545115046223742260000000000000000000000000000000000004: object photos/in/ü a+b.jpg etag 9b2cf535f27731c974343645a3985328 version L4kqtJlcpXroDTDmpUMLUo sequencer 0069B52CBD8A1F0E37",
            "49545115046223742260000000000000000000000000000000000005: bad ?/?: the event cannot be understood: the data of a Kinesis record are no UTF-8 text in Base64",
        ],
    ),
    ("lifecycle-expiration", &["invocation", "removal photos/in/old one.jpg sequencer 0069B5400000000001"]),
    (
        "multipart-complete",
        &[
            "invocation",
            "object photos/한글/사진 1.png etag 0f3b6a2c5d7e9184a1b2c3d4e5f60718-5 sequencer 0069B52D0144E0C9A2",
        ],
    ),
    (
        "one-broken",
        &[
            "invocation",
            "object photos/a.png etag aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa sequencer 0069B52F01",
            "bad photos/in/%FF.jpg: the event's key is not UTF-8",
            "object photos/b.png etag bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb sequencer 0069B52F02",
        ],
    ),
    (
        "other-server",
        &["invocation", "object photos/in/ü a+b.jpg etag 9b2cf535f27731c974343645a3985328 sequencer 17F2A0C3B4D5E6F7"],
    ),
    ("pipes-kinesis", &["stream", "49545115046223742260000000000000000000000000000000000001: object photos/in/a.jpg"]),
    ("pipes-sqs", &["queue", "{M}1: object photos/in/ü a+b.jpg {A}"]),
    ("put", &["invocation", "object photos/in/ü a+b.jpg {A}"]),
    ("reconcile", &["invocation", "reconcile bucket photos prefix in/ after in/2026/03/b.jpg"]),
    ("scheduled-rule", &["invocation", "reconcile"]),
    ("scheduler", &["invocation", "reconcile"]),
    ("sns", &["invocation", "object photos/in/ü a+b.jpg {A}"]),
    (
        "sns-event-bridge",
        &[
            "invocation",
            "object photos/in/ü a+b.jpg etag 9b2cf535f27731c974343645a3985328 version L4kqtJlcpXroDTDmpUMLUo sequencer 0069B52CBD8A1F0E37",
        ],
    ),
    ("sns-job", &["invocation", "object photos/in/a+b.jpg"]),
    ("sns-subscription-confirmation", &["invocation", "skip subscription of ?/?"]),
    ("sns-test-event", &["invocation", "skip test-event of photos/?"]),
    (
        "sqs",
        &[
            "queue",
            "{M}1: object photos/in/ü a+b.jpg {A}",
            "{M}2: object photos/a.png etag aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa sequencer 0069B52F01",
            "{M}2: object photos/b.png etag bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb sequencer 0069B52F02",
        ],
    ),
    (
        "sqs-broken",
        &[
            "queue",
            "{M}1: bad ?/?: the event cannot be understood: it is no JSON: expected ident at line 1 column 2",
            "{M}2: bad ?/?: the event cannot be understood: no event of this shape is known",
            "{M}3: object photos/a.png",
            "{M}4: nothing",
        ],
    ),
    (
        "sqs-event-bridge",
        &[
            "queue",
            "{M}1: object photos/in/ü a+b.jpg etag 9b2cf535f27731c974343645a3985328 version L4kqtJlcpXroDTDmpUMLUo sequencer 0069B52CBD8A1F0E37",
            "{M}2: removal photos/in/gone.jpg sequencer 0069B52E00C0FFEE11",
        ],
    ),
    ("sqs-fair", &["queue", "{M}1 in tenant-a: object photos/a/1.png", "{M}2 in tenant-a: object photos/a/2.png"]),
    (
        "sqs-fifo",
        &[
            "fifo queue",
            "{M}1 in a: object photos/a/1.png",
            "{M}2 in b: object photos/b/1.png",
            "{M}3 in a: object photos/a/2.png",
            "{M}4 in b: object photos/b/2.png",
        ],
    ),
    (
        "sqs-jobs",
        &[
            "queue",
            "{M}1: url https://images.example.com/cats/1.jpg as cats/1.jpg",
            r#"{M}2: url https://images.example.com/cats/2.jpg?size=full as cats/2.jpg options {"quality":70}"#,
            r#"{M}3: object photos/in/100%+.jpg options {"format":"webp"}"#,
            "{M}4: object photos/a.png",
            "{M}4: object photos/b.png",
        ],
    ),
    (
        "sqs-sns",
        &[
            "queue",
            "{M}1: object photos/in/ü a+b.jpg {A}",
            "{M}2: skip test-event of photos/?",
            "{M}3: skip subscription of ?/?",
        ],
    ),
    (
        "sqs-sns-event-bridge",
        &[
            "queue",
            "{M}1: object photos/in/ü a+b.jpg etag 9b2cf535f27731c974343645a3985328 version L4kqtJlcpXroDTDmpUMLUo sequencer 0069B52CBD8A1F0E37",
        ],
    ),
    ("sqs-test-event", &["queue", "{M}1: skip test-event of photos/?"]),
    ("step-functions", &["invocation", "bad ?/?: the event cannot be understood: no event of this shape is known"]),
    ("tagging", &["invocation", "skip ObjectTagging:Put of photos/in/a.jpg"]),
    ("test-event", &["invocation", "skip test-event of photos/?"]),
    (
        "two-records",
        &[
            "invocation",
            "object photos/a.png etag aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa sequencer 0069B52F01",
            "object photos/b.png etag bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb sequencer 0069B52F02",
        ],
    ),
    (
        "versioned",
        &[
            "invocation",
            "object photos/in/a.jpg etag 9b2cf535f27731c974343645a3985328 version L4kqtJlcpXroDTDmpUMLUo sequencer 0069B52CBD8A1F0E37",
            "removal photos/in/a.jpg sequencer 0069B52E00C0FFEE11",
        ],
    ),
];

#[test]
fn every_fixture_asks_for_what_it_should() {
    let told_of: Vec<_> = TABLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(fixtures::names(), told_of, "one line of the table for each file");
    for (name, lines) in TABLE {
        let message = "2f6c1a90-0000-4000-8000-00000000000";
        let expected: Vec<_> = lines.iter().map(|line| line.replace("{A}", A).replace("{M}", message)).collect();
        assert_eq!(told(&open(&fixtures::read(name))), expected, "{name}");
    }
}

/// The entries of an event that needs no carrier's reply.
fn entries(event: &Value) -> Vec<Entry> {
    let Envelope { carrier, items } = open(event);
    assert_eq!(carrier, Carrier::Invocation, "{event}");
    items.into_iter().flat_map(|item| item.entries).collect()
}

#[test]
fn a_broken_record_leaves_its_neighbours_alone() {
    let event = fixtures::read("one-broken");
    let broken = Entry::Bad {
        bucket: Some("photos".into()),
        key: Some("in/%FF.jpg".into()),
        error: Error::Key(KeyError::Utf8),
        raw: event["Records"][1].clone(),
    };
    let entries = entries(&event);
    let [Entry::Job(Job::Object(first)), bad, Entry::Job(Job::Object(last))] = entries.as_slice() else {
        panic!("{entries:?}")
    };
    assert_eq!((first.key.as_str(), bad, last.key.as_str()), ("a.png", &broken, "b.png"));
}

#[test]
fn whatever_comes_is_answered() {
    assert_eq!(open(&json!({ "Records": [] })).items, []);
    for event in [
        json!(null),
        json!([]),
        json!(7),
        json!("Records"),
        json!("null"),
        json!({}),
        json!({ "Records": {} }),
        json!({ "Records": [null] }),
        json!({ "Records": [{ "eventName": 7 }] }),
        json!({ "Records": [{ "eventName": "ObjectCreated:Put" }] }),
        json!({ "Records": [{ "eventName": "ObjectRemoved:Delete" }] }),
        json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "bucket": { "name": "b" } } }] }),
        json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "object": { "key": "k" } } }] }),
        json!({ "detail-type": "Object Created", "source": "aws.s3", "detail": { "bucket": { "name": "b" } } }),
        json!({ "detail-type": "Scheduled Event", "detail": { "prefix": 7 } }),
        json!({ "detail-type": "Upload Finished" }),
        json!({ "Records": [{ "EventSource": "aws:sns", "Sns": {} }] }),
    ] {
        let entries = entries(&event);
        assert!(matches!(entries.as_slice(), [Entry::Bad { error: Error::Event { .. }, .. }]), "{event}: {entries:?}");
    }
}

#[test]
fn what_is_bad_is_kept_as_it_came() {
    let raws = |event: &Value| -> Vec<_> {
        let entries = open(event).items.into_iter().flat_map(|item| item.entries);
        entries.filter_map(|entry| if let Entry::Bad { raw, .. } = entry { Some(raw) } else { None }).collect()
    };
    let unknown = fixtures::read("step-functions");
    assert_eq!(raws(&unknown), std::slice::from_ref(&unknown));
    assert_eq!(raws(&fixtures::read("sqs-broken")), [json!("not JSON"), json!({ "hello": "world" })]);
    let table = fixtures::read("dynamodb");
    assert_eq!(raws(&table), [table["Records"][4].clone()]);
}

#[test]
fn a_notification_of_another_major_version_is_not_guessed_at() {
    let record = |version: &str| {
        json!({
            "eventVersion": version,
            "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": "photos" }, "object": { "key": "a.png" } },
        })
    };
    for (version, is_read) in [("2.0", true), ("2.1", true), ("2.17", true), ("3.0", false), ("20.1", false)] {
        let entries = entries(&json!({ "Records": [record(version)] }));
        let job = ObjectJob { bucket: "photos".into(), key: "a.png".into(), ..ObjectJob::default() };
        assert_eq!(entries == [Entry::Job(Job::Object(job))], is_read, "{version}: {entries:?}");
        assert_eq!(entries[0].names(), (Some("photos"), Some("a.png")), "{version}");
    }
}

#[test]
fn events_in_too_many_others_are_not_opened() {
    let job = json!({ "bucket": "photos", "key": "a.png" });
    let envelope = |content: &Value| json!({ "Type": "Notification", "TopicArn": "t", "Message": content.to_string() });
    let list = |content: &Value| json!([content]);
    let text = |content: &Value| json!(content.to_string());
    for (name, wrap) in [("SNS", &envelope as &dyn Fn(&Value) -> Value), ("a list", &list)] {
        let nested = |depth| (0..depth).fold(job.clone(), |event, _| wrap(&event));
        assert!(matches!(entries(&nested(MAX_DEPTH)).as_slice(), [Entry::Job(_)]), "{name}");
        assert!(matches!(entries(&nested(MAX_DEPTH + 1)).as_slice(), [Entry::Bad { .. }]), "{name}");
    }
    // Text in text grows fast, so that few layers are enough of it.
    let nested = (0..MAX_DEPTH + 2).fold(job, |event, _| text(&event));
    assert!(matches!(entries(&nested).as_slice(), [Entry::Bad { .. }]));
    let deep = "[".repeat(100_000);
    assert!(matches!(entries(&json!(deep)).as_slice(), [Entry::Bad { .. }]));
}

/// Every JSON pointer into `value`, its own first.
fn pointers(value: &Value) -> Vec<String> {
    let below = |name: &str, child: &Value| -> Vec<String> {
        let step = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        pointers(child).into_iter().map(|pointer| step.clone() + &pointer).collect()
    };
    let mut all = vec![String::new()];
    match value {
        Value::Object(object) => all.extend(object.iter().flat_map(|(name, child)| below(name, child))),
        Value::Array(list) => all.extend(list.iter().enumerate().flat_map(|(i, child)| below(&i.to_string(), child))),
        _ => {}
    }
    all
}

#[test]
fn no_change_of_one_value_is_lost_or_panics() {
    let others = [json!(null), json!(7), json!("text"), json!(""), json!([]), json!([7]), json!({}), json!({ "a": 7 })];
    let mut count = 0;
    for name in fixtures::names() {
        let event = fixtures::read(&name);
        for pointer in pointers(&event) {
            let half = event
                .pointer(&pointer)
                .and_then(Value::as_str)
                .map(|text| json!(text.chars().take(text.chars().count() / 2).collect::<String>()));
            for other in others.iter().chain(&half) {
                let mut changed = event.clone();
                *changed.pointer_mut(&pointer).unwrap() = other.clone();
                let Envelope { items, .. } = open(&changed);
                let is_empty = ["Records", "tasks"].iter().any(|list| changed.get(list) == Some(&json!([])));
                assert_eq!(items.is_empty(), is_empty, "{name}: {other} at {pointer}");
                let silent = items.iter().filter(|item| item.entries.is_empty()).count();
                let allowed = changed.to_string().matches(r#"{\"Records\":[]}"#).count();
                assert_eq!(silent, allowed, "{name}: {other} at {pointer}");
                count += 1;
            }
        }
    }
    assert!(count > 10_000, "{count}");
}

/// JSON made of the names and texts that events are made of, in no sensible order.
fn jumble(random: &mut fastrand::Rng, depth: usize) -> Value {
    const NAMES: &[&str] = &[
        "Records",
        "eventName",
        "eventSource",
        "eventVersion",
        "s3",
        "bucket",
        "name",
        "object",
        "key",
        "size",
        "Event",
        "Sns",
        "EventSource",
        "Type",
        "TopicArn",
        "Message",
        "messageId",
        "body",
        "eventSourceARN",
        "attributes",
        "MessageGroupId",
        "detail-type",
        "detail",
        "source",
        "kinesis",
        "data",
        "sequenceNumber",
        "dynamodb",
        "NewImage",
        "Keys",
        "S",
        "M",
        "url",
        "filename",
        "options",
        "halver",
        "prefix",
        "tasks",
        "invocationId",
        "s3Key",
        "s3Bucket",
        "s3BucketArn",
        "taskId",
        "job",
        "userArguments",
    ];
    const TEXTS: &[&str] = &[
        "",
        "a",
        "a+b%20c",
        "%FF",
        "in/",
        "2.1",
        "3.0",
        "aws:s3",
        "aws:sqs",
        "aws:sns",
        "aws:kinesis",
        "aws:dynamodb",
        "ObjectCreated:Put",
        "ObjectRemoved:Delete",
        "s3:TestEvent",
        "INSERT",
        "Notification",
        "Object Created",
        "Object Deleted",
        "Scheduled Event",
        "reconcile",
        "aws.s3",
        "q.fifo",
        "arn:aws:s3:::photos",
        "e30=",
        "{}",
        "[]",
        "{",
    ];
    match random.u8(if depth == 0 { 2 } else { 0 }..10) {
        0..2 if depth > 3 => json!(jumble(random, depth - 1).to_string()),
        2 => json!(null),
        3 => json!(random.u8(..)),
        4 | 5 => json!(random.choice(TEXTS)),
        6 if depth > 0 => (0..random.usize(..3)).map(|_| jumble(random, depth - 1)).collect(),
        _ if depth > 0 => {
            let name = |random: &mut fastrand::Rng| random.choice(NAMES).map(|name| (*name).to_owned());
            (0..random.usize(..6)).filter_map(|_| Some((name(random)?, jumble(random, depth - 1)))).collect()
        }
        _ => json!(random.bool()),
    }
}

#[test]
fn a_jumble_of_what_events_are_made_of_is_answered() {
    let mut random = fastrand::Rng::with_seed(44);
    let (mut jobs, mut skips) = (0, 0);
    for _ in 0..100_000 {
        let event = jumble(&mut random, 5);
        let Envelope { items, .. } = open(&event);
        let may_be_empty = event.to_string().contains("[]") || event.get("tasks").is_some();
        assert!(!items.is_empty() || may_be_empty, "{event}");
        assert!(items.iter().all(|item| !item.entries.is_empty()) || may_be_empty, "{event}");
        let entries = || items.iter().flat_map(|item| &item.entries);
        jobs += entries().filter(|entry| matches!(entry, Entry::Job(_))).count();
        skips += entries().filter(|entry| matches!(entry, Entry::Skip { .. })).count();
    }
    assert!(jobs > 10 && skips > 10, "{jobs} jobs, {skips} skipped: too few to say much");
}
