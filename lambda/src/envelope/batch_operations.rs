//! S3 Batch Operations: the objects of a manifest, a task each.

use serde_json::Value;

use super::object::{Object, Spelling};
use super::{Carrier, Entry, Envelope, Item, job_message, text};
use crate::job::{Job, ObjectJob};

/// Whether `event` is an invocation by S3 Batch Operations.
pub(super) fn is_event(event: &Value) -> bool {
    event.get("tasks").is_some()
        && ["invocationSchemaVersion", "invocationId"].iter().any(|name| event.get(name).is_some())
}

/// The tasks of an invocation.
///
/// Schema 2.0 names the bucket where 1.0 gives its ARN, and brings the job's `userArguments`, texts all: that called
/// `options` holds the options of each of its tasks, as JSON.
pub(super) fn open(event: &Value) -> Envelope {
    let carrier = Carrier::BatchOperations {
        schema: text(event, "/invocationSchemaVersion").unwrap_or_else(|| "1.0".to_owned()),
        invocation: text(event, "/invocationId").unwrap_or_default(),
    };
    let options = job_message::options(event.pointer("/job/userArguments/options"));
    let item = |task: &Value| Item {
        id: text(task, "/taskId").unwrap_or_default(),
        group: None,
        entries: vec![match &options {
            Ok(options) => entry(task, options.clone()),
            Err(reason) => Entry::bad(task, *reason),
        }],
    };
    let items = match event.get("tasks") {
        Some(Value::Array(tasks)) => tasks.iter().map(item).collect(),
        _ => vec![Item { id: String::new(), group: None, entries: vec![Entry::bad(event, "its tasks are no list")] }],
    };
    Envelope { carrier, items }
}

/// What `task` asks for. Its key is URL-encoded in both schemas, as in the manifest.
fn entry(task: &Value, options: Option<Value>) -> Entry {
    let bucket = text(task, "/s3Bucket").or_else(|| bucket_of(&text(task, "/s3BucketArn")?));
    let (Some(bucket), Some(key)) = (bucket, text(task, "/s3Key")) else {
        return Entry::bad(task, "a task does not name a bucket and a key");
    };
    let (etag, sequencer, size) = (None, None, None);
    let version = text(task, "/s3VersionId");
    let object = Object { bucket, key, spelling: Spelling::Encoded, etag, version, sequencer, size };
    match object.created(task) {
        Entry::Job(Job::Object(job)) => Entry::Job(Job::Object(ObjectJob { options, ..job })),
        entry => entry,
    }
}

/// The bucket that an ARN names, e.g. `arn:aws:s3:::photos`; `None` of what is no such ARN.
fn bucket_of(arn: &str) -> Option<String> {
    let bucket = arn.strip_prefix("arn:")?.rsplit(':').next()?;
    (!bucket.is_empty()).then(|| bucket.to_owned())
}
