//! What the function writes about a record besides the half: the failure record and the log line.

use bytes::Bytes;
use halver::{Decision, Format};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::Error;
use crate::job::{Job, Outcome, Skip, Times};
use crate::metadata::Carried;
use crate::store::NewObject;

/// Why a source has no half: the JSON object at [`failure_record_key`](crate::marker::failure_record_key).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureRecord {
    /// The stable code, e.g. `malformed`.
    pub code: String,
    /// The reason, in a sentence.
    pub message: String,
    /// The source's bucket.
    pub bucket: String,
    /// The source's key; as the event spells it where it cannot be decoded.
    pub key: String,
    /// The ETag that the event tells of.
    pub etag: Option<String>,
    /// The event's sequencer.
    pub sequencer: Option<String>,
    /// The recipe id it would have been made by.
    pub recipe: String,
    /// The invocation's request id, to find its log.
    pub request_id: String,
}

impl FailureRecord {
    pub(crate) fn new(error: &Error, bucket: &str, key: &str, config: &Config, request_id: &str) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            etag: None,
            sequencer: None,
            recipe: config.options.recipe(),
            request_id: request_id.to_owned(),
        }
    }

    /// The same record, with what the event of `job` says of the object's version.
    pub(crate) fn of_job(self, job: &Job) -> Self {
        Self { etag: job.etag.clone(), sequencer: job.sequencer.clone(), ..self }
    }

    /// The record as an object to put.
    pub(crate) fn to_object(&self) -> NewObject {
        let bytes = Bytes::from(to_json(self));
        let sha256 = halver::sha256(&bytes);
        Carried::default().into_object(bytes, sha256, "application/json")
    }

    /// The record that `json` is; `None` where it is none.
    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Whether this is the record of an event that came after the one with `sequencer`. Where either has no sequencer,
    /// it is not known to.
    pub(crate) fn is_later(&self, sequencer: Option<&str>) -> bool {
        let (Some(theirs), Some(ours)) = (self.sequencer.as_deref(), sequencer) else { return false };
        padded(theirs, ours.len()) > padded(ours, theirs.len())
    }
}

/// Sequencers compare as text once the shorter one is filled with zeros on its right (S3 user guide, "Event message
/// structure").
fn padded(sequencer: &str, width: usize) -> String {
    format!("{sequencer:0<width$}").to_ascii_uppercase()
}

/// One line of the log, without its line feed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line<'a> {
    #[serde(flatten)]
    pub(crate) event: Event<'a>,
    pub(crate) bucket: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
    pub(crate) request_id: &'a str,
}

/// What a line tells.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(crate) enum Event<'a> {
    Halved {
        destination: String,
        format: Format,
        width: u32,
        height: u32,
        source_bytes: u64,
        bytes: u64,
        ms: Milliseconds,
        decisions: &'a [Decision],
        recipe: String,
        sha256: &'a str,
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        warnings: &'a [String],
    },
    Refused {
        code: &'a str,
        message: String,
    },
    Skipped {
        reason: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        event_name: Option<&'a str>,
    },
    HandedBack {
        code: &'a str,
        message: String,
    },
}

impl<'a> Event<'a> {
    /// What became of an object of `bucket`.
    pub(crate) fn new(outcome: &'a Outcome, bucket: Option<&str>, config: &Config) -> Self {
        match outcome {
            Outcome::Halved(halved) => Self::Halved {
                destination: config.destination.bucket(bucket.unwrap_or_default()),
                format: halved.format,
                width: halved.width,
                height: halved.height,
                source_bytes: halved.source_bytes,
                bytes: halved.bytes,
                ms: halved.times.into(),
                decisions: &halved.decisions,
                recipe: config.options.recipe(),
                sha256: &halved.sha256,
                warnings: &halved.warnings,
            },
            Outcome::Refused(error) => Self::Refused { code: error.code(), message: error.to_string() },
            Outcome::HandedBack(error) => Self::HandedBack { code: error.code(), message: error.to_string() },
            Outcome::Skipped(reason) => {
                let event_name = match reason {
                    Skip::NotCreated { event_name } => Some(event_name.as_str()),
                    _ => None,
                };
                Self::Skipped { reason: reason.code(), event_name }
            }
        }
    }
}

/// [`Times`] in milliseconds, to a tenth.
#[derive(Debug, Serialize)]
pub(crate) struct Milliseconds {
    get: f64,
    halve: f64,
    put: f64,
}

impl From<Times> for Milliseconds {
    fn from(times: Times) -> Self {
        let [get, halve, put] =
            [times.get, times.halve, times.put].map(|time| (time.as_secs_f64() * 10_000.0).round() / 10.0);
        Self { get, halve, put }
    }
}

/// The JSON of `value` on one line.
///
/// Nothing that is written here can fail to serialise: all map keys are text and all numbers finite. Were it to, the
/// reason stands in its place.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| serde_json::json!({ "message": error.to_string() }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequencers_are_compared_as_s3_says() {
        let record = |sequencer: &str| FailureRecord {
            code: String::new(),
            message: String::new(),
            bucket: String::new(),
            key: String::new(),
            etag: None,
            sequencer: Some(sequencer.to_owned()),
            recipe: String::new(),
            request_id: String::new(),
        };
        for (theirs, ours, later) in [
            ("0055AED6DCD90281E6", "0055AED6DCD90281E5", true),
            ("0055AED6DCD90281E5", "0055AED6DCD90281E5", false),
            ("0055AED6DCD90281E4", "0055AED6DCD90281E5", false),
            ("0055AED7", "0055AED6DCD90281E5", true),
            ("0055AED6", "0055AED6DCD90281E5", false),
            ("0055aed6dcd90281e6", "0055AED6DCD90281E5", true),
        ] {
            assert_eq!(record(theirs).is_later(Some(ours)), later, "{theirs} after {ours}");
        }
        assert!(!record("FF").is_later(None));
    }
}
