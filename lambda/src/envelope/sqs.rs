//! SQS: messages with ids of their own, in groups where the queue is first in, first out.

use serde_json::Value;

use super::{Carrier, Entry, Envelope, Item, text};

/// Whether `record` is a message of a queue.
pub(super) fn is_record(record: &Value) -> bool {
    text(record, "/eventSource").as_deref() == Some("aws:sqs")
        || (record.get("messageId").is_some() && record.get("body").is_some())
}

/// The messages of an invocation by SQS.
pub(super) fn open(records: &[Value]) -> Envelope {
    // Standard queues have message groups too since 2025, for fairness alone: only the queue's name tells the order.
    let fifo = records.iter().filter_map(|record| text(record, "/eventSourceARN")).any(|arn| arn.ends_with(".fifo"));
    Envelope { carrier: Carrier::Queue { fifo }, items: records.iter().map(item).collect() }
}

/// What `record` asks for, which lies in `depth` other events.
pub(super) fn entries(record: &Value, depth: usize) -> Vec<Entry> {
    match record.get("body") {
        Some(body @ (Value::String(_) | Value::Object(_))) => super::entries(body, depth + 1),
        _ => vec![Entry::bad(record, "a message has no body")],
    }
}

/// A message without an id has an empty one: SQS takes that in a reply for the failure of all messages, which is the
/// safe reading of a batch that is not as it should be.
fn item(record: &Value) -> Item {
    Item {
        id: text(record, "/messageId").unwrap_or_default(),
        group: text(record, "/attributes/MessageGroupId"),
        entries: super::record_entries(record, 0),
    }
}
