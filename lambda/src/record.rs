//! What the function writes about a record besides the half: the failure record and the log line.

use bytes::Bytes;
use halver::{Decision, Format};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Config;
use crate::error::Error;
use crate::job::Skip;
use crate::outcome::{Outcome, Times};
use crate::store::{Carried, NewObject};

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
    /// The ETag of the version that was judged; where it came not so far, that of which the event tells.
    pub etag: Option<String>,
    /// The event's sequencer.
    pub sequencer: Option<String>,
    /// The recipe id it would have been made by.
    pub recipe: String,
    /// The invocation's request id, to find its log.
    pub request_id: String,
    /// The job's own options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Value>,
    /// The part of the event that could not be understood, as it came, but for the queries of URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Value>,
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
            options: None,
            event: None,
        }
    }

    /// The same record, of the version with `etag` and the event with `sequencer`.
    pub(crate) fn of_version(self, etag: Option<String>, sequencer: Option<String>) -> Self {
        Self { etag, sequencer, ..self }
    }

    /// The same record, of a job with `options` of its own.
    pub(crate) fn with_options(self, options: Option<Value>) -> Self {
        Self { options, ..self }
    }

    /// The same record, with the part of the `event` that could not be understood.
    pub(crate) fn of_event(self, event: Value) -> Self {
        Self { event: Some(event), ..self }
    }

    /// The record as an object to put.
    pub(crate) fn to_object(&self) -> NewObject {
        let bytes = Bytes::from(to_json(self));
        let sha256 = halver::sha256(&bytes);
        let carried = Carried { content_type: "application/json".to_owned(), ..Carried::default() };
        NewObject { bytes, sha256, carried }
    }

    /// The record that `json` is; `None` where it is none.
    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }
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
    /// The X-Ray trace header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<&'a str>,
}

/// What a line tells.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(crate) enum Event<'a> {
    Halved {
        destination: &'a str,
        destination_key: &'a str,
        format: Format,
        width: u32,
        height: u32,
        source_bytes: u64,
        bytes: u64,
        ms: Milliseconds,
        decisions: &'a [Decision],
        recipe: &'a str,
        sha256: &'a str,
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        warnings: &'a [String],
    },
    Copied {
        destination: &'a str,
        destination_key: &'a str,
        bytes: u64,
    },
    Removed {
        destination: &'a str,
        destination_key: &'a str,
    },
    Reconciled {
        sources: u64,
        queued: u64,
        more: bool,
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
    pub(crate) fn new(outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome::Halved(halved) => Self::Halved {
                destination: &halved.to.bucket,
                destination_key: &halved.to.key,
                format: halved.format,
                width: halved.width,
                height: halved.height,
                source_bytes: halved.source_bytes,
                bytes: halved.bytes,
                ms: halved.times.into(),
                decisions: &halved.decisions,
                recipe: &halved.recipe,
                sha256: &halved.sha256,
                warnings: &halved.warnings,
            },
            Outcome::Copied { to, bytes } => {
                Self::Copied { destination: &to.bucket, destination_key: &to.key, bytes: *bytes }
            }
            Outcome::Removed { from } => Self::Removed { destination: &from.bucket, destination_key: &from.key },
            Outcome::Reconciled(found) => {
                Self::Reconciled { sources: found.sources, queued: found.queued, more: found.more }
            }
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
