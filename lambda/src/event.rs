//! From the JSON of an event to the records it holds.
//!
//! Read by hand rather than into `aws_lambda_events::s3::S3Event`: there, one field that a server spells in its own
//! way (an empty `eventTime`, no `userIdentity`, no `Records` in a test event) fails every record of the event.

use serde_json::Value;

use crate::error::Error;
use crate::job::{Job, Skip};
use crate::key;

/// What one record of an event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// An object to halve.
    Job(Job),
    /// Nothing to do.
    Skip {
        /// The bucket, where the record names one.
        bucket: Option<String>,
        /// The key as the record spells it, where it names one.
        key: Option<String>,
        /// Why not.
        reason: Skip,
    },
    /// Not to be understood.
    Bad {
        /// The bucket, where the record names one.
        bucket: Option<String>,
        /// The key as the record spells it, where it names one.
        key: Option<String>,
        /// What is wrong with it.
        error: Error,
    },
}

impl Entry {
    /// The bucket and the key that the record names.
    pub(crate) fn names(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Job(job) => (Some(&job.bucket), Some(&job.key)),
            Self::Skip { bucket, key, .. } | Self::Bad { bucket, key, .. } => (bucket.as_deref(), key.as_deref()),
        }
    }
}

/// The records of an S3 notification, in its order. A record that cannot be understood is one [`Entry::Bad`] and
/// leaves its neighbours alone; so is an event that is no S3 notification at all.
pub(crate) fn decode(event: &Value) -> Vec<Entry> {
    if text(event, "/Event").as_deref() == Some("s3:TestEvent") {
        return vec![Entry::Skip { bucket: text(event, "/Bucket"), key: None, reason: Skip::TestEvent }];
    }
    match event.get("Records") {
        Some(Value::Array(records)) => records.iter().map(entry).collect(),
        Some(_) => vec![bad(event, "its Records are no array")],
        None => vec![bad(event, "it has no Records")],
    }
}

/// What one record asks for.
fn entry(record: &Value) -> Entry {
    let Some(event_name) = text(record, "/eventName") else {
        return bad(record, "a record has no eventName");
    };
    // AWS writes `ObjectCreated:Put`, others write `s3:ObjectCreated:Put`.
    let event_name = event_name.strip_prefix("s3:").unwrap_or(&event_name);
    let (bucket, key) = (text(record, BUCKET), text(record, KEY));
    if !event_name.starts_with("ObjectCreated:") {
        return Entry::Skip { bucket, key, reason: Skip::NotCreated { event_name: event_name.to_owned() } };
    }
    let (Some(bucket), Some(spelled)) = (bucket, key) else {
        return bad(record, "a record does not name a bucket and a key");
    };
    let key = match key::decode(&spelled) {
        Ok(key) => key,
        Err(error) => return Entry::Bad { bucket: Some(bucket), key: Some(spelled), error: Error::Key(error) },
    };
    if key.ends_with('/') && record.pointer("/s3/object/size").and_then(Value::as_u64) == Some(0) {
        return Entry::Skip { bucket: Some(bucket), key: Some(key), reason: Skip::Folder };
    }
    let etag = text(record, "/s3/object/eTag").map(|etag| etag.trim_matches('"').to_owned());
    let sequencer = text(record, "/s3/object/sequencer");
    Entry::Job(Job { bucket, key, etag, sequencer })
}

const BUCKET: &str = "/s3/bucket/name";
const KEY: &str = "/s3/object/key";

/// The text at `pointer`; `None` where there is none, or an empty one.
fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn bad(record: &Value, reason: &str) -> Entry {
    let error = Error::Event { reason: reason.to_owned() };
    Entry::Bad { bucket: text(record, BUCKET), key: text(record, KEY), error }
}
