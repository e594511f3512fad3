//! Notifications of S3 and of servers that speak like it, and the test event that precedes them.

use serde_json::Value;

use super::object::{Object, Spelling};
use super::{Entry, text};
use crate::job::Skip;

/// Servers whose notifications spell keys as [`key::decode`](crate::key::decode) reads them, and have sequencers that tell
/// an order. Of servers that are not named here nothing is known.
const KNOWN: [&str; 2] = ["aws:s3", "minio:s3"];

/// Ceph, whose version 16 spells keys as they are, and sequencers as times with their lowest byte first.
const CEPH: &str = "ceph:s3";

/// Whether `record` is a record of a notification, or the test event.
pub(super) fn is_record(record: &Value) -> bool {
    is_test(record) || record.get("s3").is_some() || record.get("eventName").is_some()
}

/// What `record` asks for.
pub(super) fn entry(record: &Value) -> Entry {
    if is_test(record) {
        return Entry::Skip { bucket: text(record, "/Bucket"), key: None, reason: Skip::TestEvent };
    }
    let Some(event_name) = text(record, "/eventName") else {
        return Entry::bad(record, "a record has no eventName");
    };
    // S3 raises the major version when readers of the older one would misread it (S3 user guide, "Event message
    // structure").
    if let Some(version) = text(record, "/eventVersion").filter(|version| !version.starts_with("2.")) {
        return Entry::bad(record, format!("a record has event version {version}, not 2"));
    }
    // AWS writes `ObjectCreated:Put`, others write `s3:ObjectCreated:Put`.
    let event_name = event_name.strip_prefix("s3:").unwrap_or(&event_name);
    let is_created = event_name.starts_with("ObjectCreated:");
    let is_removed = event_name.starts_with("ObjectRemoved:") || event_name.starts_with("LifecycleExpiration:");
    if !is_created && !is_removed {
        let [bucket, key] = ["/s3/bucket/name", "/s3/object/key"].map(|pointer| text(record, pointer));
        return Entry::Skip { bucket, key, reason: Skip::NotCreated { event_name: event_name.to_owned() } };
    }
    match object(record) {
        Some(object) if is_created => object.created(record),
        Some(object) => object.removed(record),
        None => Entry::bad(record, "a record does not name a bucket and a key"),
    }
}

fn is_test(record: &Value) -> bool {
    record.get("Event").and_then(Value::as_str) == Some("s3:TestEvent")
}

fn object(record: &Value) -> Option<Object> {
    let source = text(record, "/eventSource");
    let is_known = source.as_ref().is_none_or(|source| KNOWN.contains(&source.as_str()));
    let spelling = match source.as_deref() {
        _ if is_known => Spelling::Encoded,
        Some(CEPH) => Spelling::PerhapsRaw,
        _ => Spelling::PerhapsEncoded,
    };
    let object = Object::read(record.pointer("/s3/bucket")?, record.pointer("/s3/object")?, spelling)?;
    Some(Object { sequencer: object.sequencer.filter(|_| is_known), ..object })
}
