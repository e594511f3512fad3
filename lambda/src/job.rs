//! One object: get it, halve it, put the half.

use std::collections::BTreeMap;
use std::panic::{UnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use halver::{Decision, Format, Limit, Options, Output};

use crate::config::Config;
use crate::error::Error;
use crate::key;
use crate::marker;
use crate::metadata::Carried;
use crate::record::FailureRecord;
use crate::retry;
use crate::store::{Address, Head, Store, StoreError, StoreErrorKind};

/// The most bytes of a failure record that are read; keys have at most 1024, and messages a few hundred.
const RECORD_BYTES: u64 = 64 << 10;

/// One object to halve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// The source's bucket.
    pub(crate) bucket: String,
    /// The source's key, decoded.
    pub(crate) key: String,
    /// The ETag of the version that the event tells of, without quotes.
    pub(crate) etag: Option<String>,
    /// The event's place in the order of all events of this key: hexadecimal, larger is later.
    pub(crate) sequencer: Option<String>,
}

/// What became of a job.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The half is stored.
    Halved(Box<Halved>),
    /// There was nothing to do.
    Skipped(Skip),
    /// There will be no half: a failure record says why.
    Refused(Error),
    /// Not now: AWS is to try again, or to keep the event.
    HandedBack(Error),
}

/// A half that was stored.
#[derive(Clone, Debug)]
pub(crate) struct Halved {
    /// The format of the half.
    pub(crate) format: Format,
    /// Pixels across of the half.
    pub(crate) width: u32,
    /// Pixels down of the half.
    pub(crate) height: u32,
    /// Bytes of the half.
    pub(crate) bytes: u64,
    /// Bytes of the source.
    pub(crate) source_bytes: u64,
    /// The SHA-256 of the half, 64 lower-case hexadecimal digits.
    pub(crate) sha256: String,
    /// What was changed, kept or given up beyond halving.
    pub(crate) decisions: Vec<Decision>,
    /// How long it took.
    pub(crate) times: Times,
    /// What went wrong without harm to the half, a sentence each.
    pub(crate) warnings: Vec<String>,
}

/// How long the steps of a job took, each with its retries.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// Getting the source.
    pub(crate) get: Duration,
    /// Halving it, and the checksums of both.
    pub(crate) halve: Duration,
    /// Putting the half.
    pub(crate) put: Duration,
}

/// Why there is nothing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    /// S3 sends a test event when notifications are set up.
    TestEvent,
    /// The event does not tell of a new object.
    NotCreated {
        /// What it tells of, e.g. `ObjectRemoved:Delete`.
        event_name: String,
    },
    /// An empty object whose key ends in `/`: consoles make them to show a folder.
    Folder,
    /// The object was written again since: its newer event makes the half.
    Stale,
    /// The object is a half that this function made.
    OwnOutput,
}

impl Skip {
    /// The stable code, e.g. `test-event`.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::TestEvent => "test-event",
            Self::NotCreated { .. } => "not-created",
            Self::Folder => "folder",
            Self::Stale => "stale",
            Self::OwnOutput => "own-output",
        }
    }
}

/// Takes `job` from get to put. A permanent failure leaves a record in the result bucket.
pub(crate) async fn process<S: Store>(job: &Job, config: &Config, store: &S, request_id: &str) -> Outcome {
    let error = match halve_object(job, config, store).await {
        Ok(outcome) => return outcome,
        Err(error) => error,
    };
    if error.is_handed_back() {
        return Outcome::HandedBack(error);
    }
    let record = FailureRecord::new(&error, &job.bucket, &job.key, config, request_id).of_job(job);
    refuse(error, &record, config, store).await
}

/// Leaves `record` of the permanent failure `error` in the result bucket; hands it back where that fails.
pub(crate) async fn refuse<S: Store>(error: Error, record: &FailureRecord, config: &Config, store: &S) -> Outcome {
    let address = record_address(config, &record.bucket, &record.key);
    let object = record.to_object();
    match retry::transient(|| store.put(&address, &object)).await {
        Ok(()) => Outcome::Refused(error),
        Err(reason) => Outcome::HandedBack(Error::Unrecorded { failure: Box::new(error), reason: reason.to_string() }),
    }
}

/// The steps of a job that goes well; an error ends it.
async fn halve_object<S: Store>(job: &Job, config: &Config, store: &S) -> Result<Outcome, Error> {
    key::check(&job.key).map_err(Error::Key)?;
    if job.key.starts_with(marker::RESERVED_PREFIX) {
        return Err(Error::ReservedKey);
    }
    let started = Instant::now();
    let (head, source) = match get(job, config, store).await? {
        Got::Source { head, bytes } => (head, bytes),
        Got::Skip(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let got = Instant::now();
    let source_bytes = source.len() as u64;
    let source_sha256 = halver::sha256(&source);
    let output = halve(&source, &config.options_for(source_bytes))?;
    drop(source);
    let sha256 = output.sha256();
    let halved = Instant::now();

    let carried = Carried::new(marks(job, config, &head, source_sha256, sha256.clone()), &head);
    let mut warnings: Vec<_> = carried.dropped.iter().map(|name| format!("not carried over: {name}")).collect();
    let half = carried.into_object(output.bytes.into(), sha256.clone(), output.format.media_type());
    let address = Address { bucket: config.destination.bucket(&job.bucket), key: job.key.clone() };
    retry::transient(|| store.put(&address, &half)).await?;
    let put = Instant::now();

    warnings.extend(clear_record(job, config, store).await?);
    Ok(Outcome::Halved(Box::new(Halved {
        format: output.format,
        width: output.width,
        height: output.height,
        bytes: half.bytes.len() as u64,
        source_bytes,
        sha256,
        decisions: output.decisions,
        times: Times { get: got - started, halve: halved - got, put: put - halved },
        warnings,
    })))
}

/// What getting the source of a job gives.
enum Got {
    Source { head: Head, bytes: Vec<u8> },
    Skip(Skip),
}

/// The source, or the reason why its bytes are not wanted, known from its head.
///
/// A newer version is told by its ETag in the answer, not by asking with If-Match, which some servers always fail.
async fn get<S: Store>(job: &Job, config: &Config, store: &S) -> Result<Got, Error> {
    let address = Address { bucket: job.bucket.clone(), key: job.key.clone() };
    let allowed = config.source_bytes();
    let skip = |head: &Head| {
        if head.metadata.contains_key(marker::META_RECIPE) {
            return Some(Skip::OwnOutput);
        }
        let stale = job.etag.as_ref().is_some_and(|etag| !head.etag.is_empty() && *etag != head.etag);
        stale.then_some(Skip::Stale)
    };
    let wanted = |head: &Head| skip(head).is_none() && head.length <= allowed;
    let object = retry::transient(|| store.get(&address, wanted)).await?;
    if let Some(reason) = skip(&object.head) {
        return Ok(Got::Skip(reason));
    }
    let needed = object.head.length;
    match object.bytes {
        Some(bytes) => Ok(Got::Source { head: object.head, bytes }),
        None => Err(Error::Image(halver::Error::TooLarge { limit: Limit::SourceBytes, needed, allowed })),
    }
}

/// The half of `source`. A panic is a defect of ours, but costs no other record of the event its half.
fn halve(source: &[u8], options: &Options) -> Result<Output, Error> {
    unpanicked(|| halver::halve(source, options))?.map_err(Error::Image)
}

fn unpanicked<T>(work: impl FnOnce() -> T + UnwindSafe) -> Result<T, Error> {
    catch_unwind(work).map_err(|_| Error::Defect)
}

/// The metadata of ours that an output carries.
fn marks(job: &Job, config: &Config, head: &Head, source: String, half: String) -> BTreeMap<String, String> {
    let mut marks = BTreeMap::from([
        (marker::META_RECIPE.to_owned(), config.options.recipe()),
        (marker::META_SOURCE_SHA256.to_owned(), source),
        (marker::META_SHA256.to_owned(), half),
    ]);
    if !head.etag.is_empty() {
        marks.insert(marker::META_SOURCE_ETAG.to_owned(), head.etag.clone());
    }
    if let Some(sequencer) = &job.sequencer {
        marks.insert(marker::META_SEQUENCER.to_owned(), sequencer.clone());
    }
    marks
}

/// Deletes the record of an earlier failure of the same key, and says what hinders it, if anything does.
///
/// The record is read first: deleting blindly would leave a delete marker for every image in a versioned bucket, and
/// could delete the record of a *later* event, whose failure is the truth about the key, or what is no record of ours.
async fn clear_record<S: Store>(job: &Job, config: &Config, store: &S) -> Result<Option<String>, Error> {
    let address = record_address(config, &job.bucket, &job.key);
    let found = match retry::transient(|| store.get(&address, |head| head.length <= RECORD_BYTES)).await {
        Ok(object) => object.bytes.unwrap_or_default(),
        // A store says "access denied" of a missing object where the function may not list the bucket.
        Err(error) if matches!(error.kind, StoreErrorKind::NoSuchKey | StoreErrorKind::AccessDenied) => {
            return Ok(None);
        }
        Err(error) => return kept(error),
    };
    let ours = FailureRecord::parse(&found).filter(|record| record.bucket == job.bucket && record.key == job.key);
    if ours.is_none_or(|record| record.is_later(job.sequencer.as_deref())) {
        return Ok(None);
    }
    match retry::transient(|| store.delete(&address)).await {
        Ok(()) => Ok(None),
        Err(error) => kept(error),
    }
}

/// A record that should go but stays: transient trouble hands the job back, other trouble is a warning.
fn kept(error: StoreError) -> Result<Option<String>, Error> {
    if error.kind.is_transient() {
        return Err(error.into());
    }
    Ok(Some(format!("the record of an earlier failure stays: {error}")))
}

/// Where the failure record of a source lies.
fn record_address(config: &Config, bucket: &str, key: &str) -> Address {
    Address { bucket: config.destination.bucket(bucket), key: marker::failure_record_key(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_defect_and_no_more() {
        assert_eq!(unpanicked(|| [1, 2].iter().sum::<i32>()), Ok(3));
        assert_eq!(unpanicked(|| panic!("told to")), Err::<(), _>(Error::Defect));
    }
}
