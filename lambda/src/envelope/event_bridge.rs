//! EventBridge: events of S3, schedules, and events of one's own with anything in them.

use serde_json::Value;

use super::object::{Object, Spelling};
use super::{Entry, schedule, text};
use crate::job::Skip;

/// Whether `event` is one of EventBridge, or the detail alone of one of S3, which is all that a rule with the input
/// path `$.detail` sends.
pub(super) fn is_event(event: &Value) -> bool {
    event.get("detail-type").is_some()
        || (event.get("detail").is_some() && event.get("source").is_some())
        || is_detail(event)
}

fn is_detail(event: &Value) -> bool {
    event.pointer("/bucket/name").is_some() && event.pointer("/object/key").is_some()
}

/// What `event` asks for, which lies in `depth` others.
pub(super) fn entries(event: &Value, depth: usize) -> Vec<Entry> {
    if is_detail(event) {
        return vec![detail_entry(event)];
    }
    let kind = text(event, "/detail-type").unwrap_or_default();
    let entry = match kind.as_str() {
        "Object Created" => event.get("detail").and_then(object).map(|object| object.created(event)),
        "Object Deleted" => event.get("detail").and_then(object).map(|object| object.removed(event)),
        "Scheduled Event" => Some(schedule::scheduled(event)),
        // S3's others: "Object Tags Added", "Object Restore Completed", …
        _ if kind.starts_with("Object ") && text(event, "/source").as_deref() == Some("aws.s3") => {
            let [bucket, key] = ["/detail/bucket/name", "/detail/object/key"].map(|pointer| text(event, pointer));
            Some(Entry::Skip { bucket, key, reason: Skip::NotCreated { event_name: kind } })
        }
        _ => {
            return match event.get("detail") {
                Some(detail) => super::entries(detail, depth + 1),
                None => vec![Entry::bad(event, "an event of EventBridge has no detail")],
            };
        }
    };
    vec![entry.unwrap_or_else(|| Entry::bad(event, "an event of EventBridge does not name a bucket and a key"))]
}

/// What a detail without its event asks for. Only that of an object that is gone says how it went.
fn detail_entry(detail: &Value) -> Entry {
    match object(detail) {
        Some(object) if detail.get("deletion-type").is_some() => object.removed(detail),
        Some(object) => object.created(detail),
        None => Entry::bad(detail, "the detail of an event of S3 does not name a bucket and a key"),
    }
}

/// The object that `detail` tells of. Neither the S3 user guide nor EventBridge's says whether keys are encoded here,
/// and programs that read them disagree.
fn object(detail: &Value) -> Option<Object> {
    Object::read(detail.get("bucket")?, detail.get("object")?, Spelling::PerhapsRaw)
}
