//! Streams: Kinesis, whose records hold any bytes, and DynamoDB, whose records hold rows of a table.

use aws_smithy_types::base64;
use serde_json::{Map, Value};

use super::{Carrier, Entry, Envelope, Item, job_message, text};
use crate::job::Skip;

/// Whether `record` is a record of a stream.
pub(super) fn is_record(record: &Value) -> bool {
    is_kinesis(record) || is_dynamodb(record)
}

/// The records of an invocation by a stream.
pub(super) fn open(records: &[Value]) -> Envelope {
    Envelope { carrier: Carrier::Stream, items: records.iter().map(item).collect() }
}

/// What `record` asks for, which lies in `depth` other events.
pub(super) fn entries(record: &Value, depth: usize) -> Vec<Entry> {
    if is_kinesis(record) { data_entries(record, depth) } else { vec![row_entry(record)] }
}

/// A record without a sequence number has an empty one: Lambda takes that in a reply for the failure of all records.
fn item(record: &Value) -> Item {
    let pointers = ["/kinesis/sequenceNumber", "/dynamodb/SequenceNumber", "/sequenceNumber"];
    let id = pointers.iter().find_map(|pointer| text(record, pointer)).unwrap_or_default();
    Item { id, group: None, entries: super::record_entries(record, 0) }
}

fn is_kinesis(record: &Value) -> bool {
    record.get("kinesis").is_some() || text(record, "/eventSource").as_deref() == Some("aws:kinesis")
}

fn is_dynamodb(record: &Value) -> bool {
    record.get("dynamodb").is_some() || text(record, "/eventSource").as_deref() == Some("aws:dynamodb")
}

/// The event that the bytes of a Kinesis record are.
fn data_entries(record: &Value, depth: usize) -> Vec<Entry> {
    // EventBridge Pipes leave the layer `kinesis` out.
    let Some(data) = text(record.get("kinesis").unwrap_or(record), "/data") else {
        return vec![Entry::bad(record, "a Kinesis record has no data")];
    };
    match base64::decode(&data).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => super::entries(&Value::String(text), depth + 1),
        None => vec![Entry::bad(record, "the data of a Kinesis record are no UTF-8 text in Base64")],
    }
}

/// The job that a new or changed row of a table is.
fn row_entry(record: &Value) -> Entry {
    match text(record, "/eventName").as_deref() {
        Some("INSERT" | "MODIFY") => {}
        Some(event_name) => return Entry::skip(Skip::NotCreated { event_name: event_name.to_owned() }),
        None => return Entry::bad(record, "a DynamoDB record has no eventName"),
    }
    // A stream of keys alone has no image, but its keys may say enough.
    let row = ["/dynamodb/NewImage", "/dynamodb/Keys"].iter().find_map(|pointer| record.pointer(pointer)?.as_object());
    let job = row.map(plain_row).filter(job_message::is_job);
    match job.as_ref().map(job_message::entry) {
        Some(Entry::Bad { bucket, key, error, .. }) => Entry::Bad { bucket, key, error, raw: record.clone() },
        Some(entry) => entry,
        None => Entry::bad(record, "a DynamoDB record has no NewImage that is a job"),
    }
}

/// A row as plain JSON.
fn plain_row(row: &Map<String, Value>) -> Value {
    row.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
}

/// An attribute value, an object of its type and its value, as plain JSON. Numbers are text there; sets become lists
/// and bytes stay in Base64. What is no attribute value becomes `null`.
fn plain(attribute: &Value) -> Value {
    let Some((kind, value)) = attribute.as_object().and_then(|object| object.iter().next()) else {
        return Value::Null;
    };
    match (kind.as_str(), value) {
        ("M", Value::Object(map)) => plain_row(map),
        ("L", Value::Array(list)) => list.iter().map(plain).collect(),
        ("N", Value::String(number)) => serde_json::from_str(number).unwrap_or(Value::Null),
        ("S" | "B" | "BOOL" | "SS" | "NS" | "BS", value) => value.clone(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attribute_values_become_plain() {
        for (attribute, expected) in [
            (json!({ "S": "a" }), json!("a")),
            (json!({ "N": "80" }), json!(80)),
            (json!({ "N": "1.5" }), json!(1.5)),
            (json!({ "N": "many" }), json!(null)),
            (json!({ "BOOL": true }), json!(true)),
            (json!({ "NULL": true }), json!(null)),
            (json!({ "L": [{ "S": "a" }, { "N": "1" }] }), json!(["a", 1])),
            (json!({ "M": { "a": { "M": { "b": { "N": "2" } } } } }), json!({ "a": { "b": 2 } })),
            (json!({ "SS": ["a", "b"] }), json!(["a", "b"])),
            (json!({}), json!(null)),
            (json!("a"), json!(null)),
        ] {
            assert_eq!(plain(&attribute), expected, "{attribute}");
        }
    }
}
