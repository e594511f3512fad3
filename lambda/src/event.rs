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

#[cfg(test)]
mod tests {
    use aws_lambda_events::s3::S3Event;
    use serde_json::json;

    use super::*;
    use crate::key::KeyError;

    fn read(json: &str) -> Vec<Entry> {
        decode(&serde_json::from_str(json).unwrap())
    }

    fn job(key: &str, etag: &str, sequencer: &str) -> Entry {
        Entry::Job(Job {
            bucket: "photos".into(),
            key: key.into(),
            etag: Some(etag.into()),
            sequencer: Some(sequencer.into()),
        })
    }

    #[test]
    fn created_objects_are_jobs() {
        for (json, expected) in [
            (
                include_str!("../tests/fixtures/put.json"),
                job("in/ü a+b.jpg", "9b2cf535f27731c974343645a3985328", "0069B52CBD8A1F0E37"),
            ),
            (
                include_str!("../tests/fixtures/multipart-complete.json"),
                job("한글/사진 1.png", "0f3b6a2c5d7e9184a1b2c3d4e5f60718-5", "0069B52D0144E0C9A2"),
            ),
            (
                include_str!("../tests/fixtures/copy.json"),
                job("archive/2026/a.webp", "e2fc714c4727ee9395f324cd2e7f331f", "0069B52D5520FFB1"),
            ),
            (
                include_str!("../tests/fixtures/other-server.json"),
                job("in/ü a+b.jpg", "9b2cf535f27731c974343645a3985328", "17F2A0C3B4D5E6F7"),
            ),
        ] {
            assert_eq!(read(json), [expected]);
        }
    }

    #[test]
    fn fixtures_of_aws_are_what_its_own_types_read() {
        for json in [
            include_str!("../tests/fixtures/put.json"),
            include_str!("../tests/fixtures/multipart-complete.json"),
            include_str!("../tests/fixtures/copy.json"),
            include_str!("../tests/fixtures/delete.json"),
            include_str!("../tests/fixtures/two-records.json"),
        ] {
            let event: S3Event = serde_json::from_str(json).unwrap();
            let entries = read(json);
            assert_eq!(event.records.len(), entries.len());
            for (record, entry) in event.records.iter().zip(&entries) {
                let object = &record.s3.object;
                assert_eq!(record.s3.bucket.name.as_deref(), entry.names().0);
                if let Entry::Job(job) = entry {
                    assert_eq!(object.e_tag, job.etag);
                    assert_eq!(object.sequencer, job.sequencer);
                    assert_eq!(key::decode(object.key.as_deref().unwrap()).as_ref(), Ok(&job.key));
                }
            }
        }
    }

    #[test]
    fn other_events_are_skipped() {
        let skips = |json| match read(json).as_slice() {
            [Entry::Skip { bucket, key, reason }] => (bucket.clone(), key.clone(), reason.clone()),
            other => panic!("{other:?}"),
        };
        let photos = Some("photos".to_owned());
        assert_eq!(skips(include_str!("../tests/fixtures/test-event.json")), (photos.clone(), None, Skip::TestEvent));
        let removed = Skip::NotCreated { event_name: "ObjectRemoved:Delete".into() };
        assert_eq!(
            skips(include_str!("../tests/fixtures/delete.json")),
            (photos.clone(), Some("in/gone.jpg".into()), removed)
        );
        let folder = r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"photos"},"object":{"key":"in/","size":0}}}]}"#;
        assert_eq!(skips(folder), (photos, Some("in/".into()), Skip::Folder));
    }

    #[test]
    fn a_broken_record_leaves_its_neighbours_alone() {
        let entries = read(include_str!("../tests/fixtures/one-broken.json"));
        let broken = Entry::Bad {
            bucket: Some("photos".into()),
            key: Some("in/%FF.jpg".into()),
            error: Error::Key(KeyError::Utf8),
        };
        let [Entry::Job(first), bad, Entry::Job(last)] = entries.as_slice() else { panic!("{entries:?}") };
        assert_eq!((first.key.as_str(), bad, last.key.as_str()), ("a.png", &broken, "b.png"));
    }

    #[test]
    fn whatever_comes_is_answered() {
        assert_eq!(decode(&json!({ "Records": [] })), []);
        for event in [
            json!(null),
            json!([]),
            json!("Records"),
            json!({}),
            json!({ "Records": {} }),
            json!({ "Records": [null] }),
            json!({ "Records": [{ "eventName": 7 }] }),
            json!({ "Records": [{ "eventName": "ObjectCreated:Put" }] }),
            json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "bucket": { "name": "b" } } }] }),
            json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "object": { "key": "k" } } }] }),
        ] {
            let entries = decode(&event);
            assert!(
                matches!(entries.as_slice(), [Entry::Bad { error: Error::Event { .. }, .. }]),
                "{event}: {entries:?}"
            );
        }
    }
}
