//! All records of one event: each is tried, each leaves one line in the log, and what cannot be done now fails the
//! invocation at the end.

use std::io::Write;
use std::time::Duration;

use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::config::Config;
use crate::error::Error;
use crate::event::{self, Entry};
use crate::job::{self, Outcome};
use crate::record::{Event, FailureRecord, Line, to_json};
use crate::store::Store;

/// What is left of an invocation's time when it stops waiting for S3: enough to log and to answer.
const GRACE: Duration = Duration::from_millis(500);

/// What the Lambda service says of one invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Its request id.
    pub request_id: String,
    /// When the service would stop the function. Jobs that are not done shortly before are handed back.
    pub deadline: Instant,
}

/// How many records of an event went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Halves stored.
    pub halved: usize,
    /// Permanent failures, each with its record.
    pub refused: usize,
    /// Nothing to do.
    pub skipped: usize,
}

/// Records that could not be done now; the invocation fails, so that AWS tries the event again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedBack {
    /// Why, one for each record that is handed back; at least one.
    pub errors: Vec<Error>,
    /// How many records the event held.
    pub of: usize,
}

impl std::fmt::Display for HandedBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} handed back", self.errors.len(), self.of)?;
        self.errors.iter().try_for_each(|error| write!(f, "; {}: {error}", error.code()))
    }
}

impl std::error::Error for HandedBack {}

impl From<HandedBack> for Diagnostic {
    /// The type is the code of the first record's error, so that alarms and redrives can tell them apart.
    fn from(handed_back: HandedBack) -> Self {
        let code = handed_back.errors.first().map_or("handed-back", Error::code);
        Self { error_type: code.to_owned(), error_message: handed_back.to_string() }
    }
}

/// Does all that `event` asks for, one record after the other, and writes one line for each to `log`.
///
/// # Errors
/// [`HandedBack`] where a record met transient trouble, or a permanent failure could not be recorded. All other
/// records have been done; doing them again gives the same objects.
pub async fn handle<S: Store>(
    event: &Value,
    invocation: &Invocation,
    config: &Config,
    store: &S,
    log: &mut impl Write,
) -> Result<Tally, HandedBack> {
    let mut tally = Tally::default();
    let mut errors = Vec::new();
    let entries = event::decode(event);
    let of = entries.len();
    for entry in entries {
        let outcome = outcome(&entry, invocation, config, store).await;
        let (bucket, key) = entry.names();
        let event = Event::new(&outcome, bucket, config);
        let line = Line { event, bucket, key, request_id: &invocation.request_id };
        // A log that cannot be written must not cost a half.
        let _ = log.write_all((to_json(&line) + "\n").as_bytes());
        match outcome {
            Outcome::Halved(_) => tally.halved += 1,
            Outcome::Skipped(_) => tally.skipped += 1,
            Outcome::Refused(_) => tally.refused += 1,
            Outcome::HandedBack(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(tally) } else { Err(HandedBack { errors, of }) }
}

/// What becomes of one record.
async fn outcome<S: Store>(entry: &Entry, invocation: &Invocation, config: &Config, store: &S) -> Outcome {
    // Boxed, for the futures of the SDK nest deeper than the compiler lays out in one piece.
    let work = Box::pin(async {
        match entry {
            Entry::Job(job) => job::process(job, config, store, &invocation.request_id).await,
            Entry::Skip { reason, .. } => Outcome::Skipped(reason.clone()),
            Entry::Bad { bucket: Some(bucket), key: Some(key), error } => {
                let record = FailureRecord::new(error, bucket, key, config, &invocation.request_id);
                job::refuse(error.clone(), &record, config, store).await
            }
            Entry::Bad { error, .. } => {
                let reason = "the event names no bucket and key to record it for".to_owned();
                Outcome::HandedBack(Error::Unrecorded { failure: Box::new(error.clone()), reason })
            }
        }
    });
    let handed_back_at = invocation.deadline.checked_sub(GRACE).unwrap_or(invocation.deadline);
    timeout_at(handed_back_at, work).await.unwrap_or(Outcome::HandedBack(Error::Deadline))
}

#[cfg(test)]
mod tests;
