//! From the JSON of an event to the items it holds: what carried them decides the reply, what they hold the work.
//!
//! ```text
//! SQS ⊃ SNS ⊃ EventBridge ⊃ S3 notification …   one carrier, and within it whatever nests, in any order
//! ```
//!
//! Read by hand rather than into the types of `aws_lambda_events`: there, one field that a server spells in its own
//! way (an empty `eventTime`, no `userIdentity`, no `Records` in a test event) fails every record of the event. A
//! layer is known by its own fields, so that it is also known where another service hands on a single record of it,
//! and a part that cannot be understood is one [`Entry::Bad`] and leaves its neighbours alone.

mod batch_operations;
mod event_bridge;
mod job_message;
mod object;
mod s3_notification;
mod schedule;
mod sns;
mod sqs;
mod stream;

use serde_json::Value;

use crate::error::Error;
use crate::job::{Job, Skip};

/// How many events may lie in one another. Five kinds of wrapping can follow each other for a reason; more is a loop.
const MAX_DEPTH: usize = 8;

/// How many parts an event, or a message of one, may hold: far more than any service sends, and few enough that a text of
/// commas cannot make a million.
const MOST_PARTS: usize = 1000;

/// An event, opened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Envelope {
    /// The outermost layer.
    pub(crate) carrier: Carrier,
    /// What it carries, in its order.
    pub(crate) items: Vec<Item>,
}

/// What brought the items; decides the shape of the reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// An asynchronous or direct invocation (S3, SNS, EventBridge, a schedule, a job): it succeeds or fails as a whole.
    Invocation,
    /// SQS: the ids of messages that failed. Of a first-in-first-out queue nothing is done behind a failure in the same group.
    Queue { fifo: bool },
    /// Kinesis or a DynamoDB stream: the sequence number of the first record that failed.
    Stream,
    /// S3 Batch Operations: a result for each task.
    BatchOperations { schema: String, invocation: String },
}

/// What a carrier acknowledges or fails as one: a message, a stream record, a task; the whole event where it knows no parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Item {
    /// How the carrier calls it: message id, sequence number, task id; empty of an invocation.
    pub(crate) id: String,
    /// The message group of a first-in-first-out queue.
    pub(crate) group: Option<String>,
    /// What it asks for; a message may hold several notifications, or none.
    pub(crate) entries: Vec<Entry>,
}

/// One thing that an item asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// Work.
    Job(Job),
    /// Nothing to do.
    Skip {
        /// The bucket, where it is named.
        bucket: Option<String>,
        /// The key, where it is named.
        key: Option<String>,
        /// Why not.
        reason: Skip,
    },
    /// Not to be understood; goes into quarantine.
    Bad {
        /// The bucket, where it is named.
        bucket: Option<String>,
        /// The key as it is spelled, where it is named.
        key: Option<String>,
        /// What is wrong with it.
        error: Error,
        /// The part of the event that is wrong, as it came.
        raw: Value,
    },
}

impl Entry {
    /// The bucket and the key that it names; of an image on the web the key of its half.
    pub(crate) fn names(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Job(Job::Object(job)) => (Some(&job.bucket), Some(&job.key)),
            Self::Job(Job::Removal(removal)) => (Some(&removal.bucket), Some(&removal.key)),
            Self::Job(Job::Url(job)) => (None, Some(&job.filename)),
            Self::Job(Job::Reconcile(reconcile)) => (reconcile.bucket.as_deref(), None),
            Self::Skip { bucket, key, .. } | Self::Bad { bucket, key, .. } => (bucket.as_deref(), key.as_deref()),
        }
    }

    /// An entry for `part` that cannot be understood, under the names that it has all the same.
    fn bad(part: &Value, reason: impl Into<String>) -> Self {
        let named = |pointers: &[&str]| pointers.iter().find_map(|pointer| text(part, pointer));
        Self::Bad {
            bucket: named(&["/s3/bucket/name", "/detail/bucket/name", "/bucket"]),
            key: named(&["/s3/object/key", "/detail/object/key", "/key"]),
            error: Error::Event { reason: reason.into() },
            raw: part.clone(),
        }
    }

    /// An entry for `part` that needs nothing done and names no object.
    fn skip(reason: Skip) -> Self {
        Self::Skip { bucket: None, key: None, reason }
    }
}

/// Opens `event`, whatever it is. An empty list of records has no items; every other event has at least one, and every
/// item but a message that holds an empty list at least one entry.
pub(crate) fn open(event: &Value) -> Envelope {
    if batch_operations::is_event(event) {
        return batch_operations::open(event);
    }
    // EventBridge Pipes send the records of a queue or a stream without the object around them.
    let records = event.get("Records").unwrap_or(event).as_array().map_or(&[][..], Vec::as_slice);
    if records.iter().any(sqs::is_record) {
        return sqs::open(records);
    }
    if records.iter().any(stream::is_record) {
        return stream::open(records);
    }
    let entries = entries(event, 0);
    let items = if entries.is_empty() { Vec::new() } else { vec![Item { id: String::new(), group: None, entries }] };
    Envelope { carrier: Carrier::Invocation, items }
}

/// What `event` asks for, which lies in `depth` others.
fn entries(event: &Value, depth: usize) -> Vec<Entry> {
    if depth > MAX_DEPTH {
        return vec![Entry::bad(event, format!("it lies in more than {MAX_DEPTH} others"))];
    }
    match event {
        Value::String(text) => match serde_json::from_str(text) {
            Ok(text @ Value::String(_)) => entries(&text, depth + 1),
            Ok(event) => entries(&event, depth),
            Err(error) => vec![Entry::bad(event, format!("it is no JSON: {error}"))],
        },
        _ if count(event) > MOST_PARTS => vec![Entry::bad(event, format!("it holds more than {MOST_PARTS} parts"))],
        Value::Array(events) if !events.is_empty() => {
            events.iter().flat_map(|event| entries(event, depth + 1)).collect()
        }
        Value::Object(_) => match event.get("Records") {
            Some(Value::Array(records)) => records.iter().flat_map(|record| record_entries(record, depth)).collect(),
            Some(_) => vec![Entry::bad(event, "its Records are no list")],
            None => record_entries(event, depth),
        },
        _ => vec![Entry::bad(event, "it is no JSON object")],
    }
}

/// How many parts `event` holds, in lists within lists.
fn count(event: &Value) -> usize {
    match event.get("Records").unwrap_or(event) {
        Value::Array(parts) => parts.iter().map(count).sum(),
        _ => 1,
    }
}

/// What an event without a list of records, or one record of such a list, asks for.
fn record_entries(record: &Value, depth: usize) -> Vec<Entry> {
    if sqs::is_record(record) {
        sqs::entries(record, depth)
    } else if stream::is_record(record) {
        stream::entries(record, depth)
    } else if sns::is_message(record) {
        sns::entries(record, depth)
    } else if event_bridge::is_event(record) {
        event_bridge::entries(record, depth)
    } else if s3_notification::is_record(record) {
        vec![s3_notification::entry(record)]
    } else if schedule::is_command(record) {
        vec![schedule::entry(record)]
    } else if job_message::is_job(record) {
        vec![job_message::entry(record)]
    } else {
        vec![Entry::bad(record, "no event of this shape is known")]
    }
}

/// The text at `pointer`; `None` where there is none, or an empty one.
fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests;
