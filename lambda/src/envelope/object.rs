//! An object as a notification tells of it, whichever service spells it.

use serde_json::Value;

use super::{Entry, text};
use crate::error::Error;
use crate::job::{Job, ObjectJob, Removal, Skip};
use crate::key::{self, KeyError};
use crate::sequencer;

/// How a service spells keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As [`key::decode`] reads them.
    Encoded,
    /// Perhaps encoded and perhaps not, as servers do that are neither AWS nor known: encoded is tried first.
    PerhapsEncoded,
    /// Perhaps not encoded, for no document says so: as it stands is tried first.
    PerhapsRaw,
}

impl Spelling {
    /// The key that `text` stands for, and what it may stand for instead.
    fn read(self, text: &str) -> Result<(String, Option<String>), KeyError> {
        let raw = || text.to_owned();
        match (self, key::decode(text)) {
            (Self::Encoded, decoded) => Ok((decoded?, None)),
            // A broken escape is none, where keys need not be encoded.
            (_, Err(_)) => Ok((raw(), None)),
            (_, Ok(decoded)) if decoded == text => Ok((decoded, None)),
            (Self::PerhapsEncoded, Ok(decoded)) => Ok((decoded, Some(raw()))),
            (Self::PerhapsRaw, Ok(decoded)) => Ok((raw(), Some(decoded))),
        }
    }
}

/// What a notification says of an object.
pub(super) struct Object {
    pub(super) bucket: String,
    /// The key as it is spelled.
    pub(super) key: String,
    pub(super) spelling: Spelling,
    pub(super) etag: Option<String>,
    pub(super) version: Option<String>,
    /// Its place in the order of events, of servers that keep one.
    pub(super) sequencer: Option<String>,
    /// Its length in bytes; `None` of an object that is gone.
    pub(super) size: Option<u64>,
}

impl Object {
    /// The object whose bucket's and own fields are `bucket` and `object`; S3 and EventBridge differ in two names.
    /// `None` where bucket or key is not named.
    pub(super) fn read(bucket: &Value, object: &Value, spelling: Spelling) -> Option<Self> {
        // Ceph before version 17 writes `etag` in notifications, as EventBridge does.
        let etag = text(object, "/eTag").or_else(|| text(object, "/etag"));
        Some(Self {
            bucket: text(bucket, "/name")?,
            key: text(object, "/key")?,
            spelling,
            etag: etag.map(|etag| etag.trim_matches('"').to_owned()),
            version: text(object, "/versionId").or_else(|| text(object, "/version-id")),
            sequencer: text(object, "/sequencer").filter(|sequencer| sequencer::is_one(sequencer)),
            size: object.get("size").and_then(Value::as_u64),
        })
    }

    /// The entry of an object that was written; `record` is what tells so.
    pub(super) fn created(self, record: &Value) -> Entry {
        let (key, other_key) = match self.spelling.read(&self.key) {
            Ok(keys) => keys,
            Err(error) => return self.unreadable(error, record),
        };
        if key.ends_with('/') && self.size == Some(0) {
            return Entry::Skip { bucket: Some(self.bucket), key: Some(key), reason: Skip::Folder };
        }
        Entry::Job(Job::Object(ObjectJob {
            bucket: self.bucket,
            key,
            other_key,
            size: self.size,
            etag: self.etag,
            version: self.version,
            sequencer: self.sequencer,
            ..ObjectJob::default()
        }))
    }

    /// The entry of an object that is gone; `record` is what tells so.
    pub(super) fn removed(self, record: &Value) -> Entry {
        match self.spelling.read(&self.key) {
            Ok((key, other_key)) => {
                Entry::Job(Job::Removal(Removal { bucket: self.bucket, key, other_key, sequencer: self.sequencer }))
            }
            Err(error) => self.unreadable(error, record),
        }
    }

    fn unreadable(self, error: KeyError, record: &Value) -> Entry {
        let error = Error::Key(error);
        Entry::Bad { bucket: Some(self.bucket), key: Some(self.key), error, raw: record.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_their_server_may_have_spelled_them() {
        for (text, encoded, perhaps_encoded, perhaps_raw) in [
            ("a.jpg", Ok("a.jpg"), ("a.jpg", None), ("a.jpg", None)),
            ("a+b.jpg", Ok("a b.jpg"), ("a b.jpg", Some("a+b.jpg")), ("a+b.jpg", Some("a b.jpg"))),
            ("50%25.jpg", Ok("50%.jpg"), ("50%.jpg", Some("50%25.jpg")), ("50%25.jpg", Some("50%.jpg"))),
            ("50%.jpg", Err(KeyError::Escape), ("50%.jpg", None), ("50%.jpg", None)),
            ("%FF.jpg", Err(KeyError::Utf8), ("%FF.jpg", None), ("%FF.jpg", None)),
            ("ü a+b.jpg", Ok("ü a+b.jpg"), ("ü a+b.jpg", None), ("ü a+b.jpg", None)),
        ] {
            let owned = |(key, other): (&str, Option<&str>)| Ok((key.to_owned(), other.map(str::to_owned)));
            assert_eq!(Spelling::Encoded.read(text), encoded.map(|key| (key.to_owned(), None)), "{text}");
            assert_eq!(Spelling::PerhapsEncoded.read(text), owned(perhaps_encoded), "{text}");
            assert_eq!(Spelling::PerhapsRaw.read(text), owned(perhaps_raw), "{text}");
        }
    }
}
