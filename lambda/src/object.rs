//! One object: the half is made to agree with the source as it is now.
//!
//! ```text
//! look at the half's place ─ look at the source ─┬▶ they agree: done
//!          ▲                                     └▶ halve ─ put, if the place is as it was ─ look at the source again
//!          └──────── somebody else wrote in between ◀───────┘                                         │
//!          └──────── it is another by now ◀───────────────────────────────────────────────────────────┘
//! ```
//! Events only say which object to look at. Every run starts from what lies in the store, and writes on the condition
//! that it still lies there; so events that come twice, late, in another order or again after a crash lead to the same
//! end: the half of the last version of the source, or one record that says why there is none.

mod admission;
mod found;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::carried::carry;
use crate::config::{NotImages, ObjectOptions, Others, Removals};
use crate::error::Error;
use crate::failure;
use crate::function::Context;
use crate::job::{ObjectJob, Removal, Skip};
use crate::key;
use crate::mapping::Place;
use crate::marker;
use crate::outcome::{Halved, Outcome, Times};
use crate::record::FailureRecord;
use crate::retry;
use crate::store::{Address, Carried, Head, NewObject, Store, StoreError, StoreErrorKind};
pub(crate) use admission::{Admitted, Worked, halve_bytes};
pub(crate) use found::{Found, hops};

use admission::{Source, halve};
use found::{marks, present};

/// How often a job looks again before it is handed back.
pub(crate) const LOOKS: u32 = 8;
/// The longest wait before the second look; it doubles from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// What one look leads to.
enum Look {
    Done(Outcome),
    /// Somebody else wrote in between.
    Again,
    /// Nothing lies there, which may be for the spelling of the key.
    Missing,
}

/// Why a look did not lead to a half.
struct Failed {
    error: Error,
    /// The version that was judged, where it came so far.
    version: Option<Head>,
}

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self { error: error.into(), version: None }
    }
}

/// Makes the half of `job` agree with its source. A permanent failure leaves a record in the result bucket.
///
/// Where the event leaves open how it spells the key, both spellings are looked at, for there may be objects of both
/// names. Only if nothing lies at either is that a failure.
pub(crate) async fn process<S: Store>(job: &ObjectJob, context: &Context<'_, S>) -> Outcome {
    let Some(other) = job.other_key.clone() else { return settle(job, false, context).await.unwrap_or(CONTENDED) };
    let first = settle(job, true, context).await;
    let second = settle(&ObjectJob { key: other, ..job.clone() }, true, context).await;
    match (first, second) {
        (None, None) => settle(job, false, context).await.unwrap_or(CONTENDED),
        (Some(outcome), None) => outcome,
        (None, Some(outcome)) => outcome.of_other_key(),
        (Some(first), Some(second)) => first.and(second),
    }
}

/// What becomes of a job that looks again too often.
const CONTENDED: Outcome = Outcome::HandedBack(Error::Contended);

/// Looks until it is settled. `None` where nothing lies there, if that `may_be`.
async fn settle<S: Store>(job: &ObjectJob, may_be: bool, context: &Context<'_, S>) -> Option<Outcome> {
    let mut pause = FIRST_PAUSE;
    for _ in 0..LOOKS {
        match Box::pin(Run::new(job, may_be, context).look()).await {
            Ok(Look::Done(outcome)) => return Some(outcome),
            Ok(Look::Missing) => return None,
            Ok(Look::Again) => {}
            Err(error) => return Some(Outcome::HandedBack(error)),
        }
        tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        pause *= 2;
    }
    Some(CONTENDED)
}

/// Lets the half of an object that is gone go, too, where that is asked for.
pub(crate) async fn remove<S: Store>(removal: &Removal, context: &Context<'_, S>) -> Outcome {
    if context.config.removals == Removals::Ignore {
        return Outcome::Skipped(Skip::Kept);
    }
    let Removal { bucket, key, other_key, sequencer } = removal.clone();
    // To look at the object is to see that it is gone.
    process(&ObjectJob { bucket, key, other_key, sequencer, removed: true, ..ObjectJob::default() }, context).await
}

/// One look at an object, and what follows from it.
struct Run<'a, S> {
    job: &'a ObjectJob,
    /// Whether it is no failure that nothing lies there.
    may_be_missing: bool,
    context: &'a Context<'a, S>,
    source: Address,
    started: Instant,
    warnings: Vec<String>,
}

/// A half that was made, and what it was made of.
struct Made {
    worked: Worked,
    version: Head,
    recipe: String,
    times: Times,
}

impl<'a, S: Store> Run<'a, S> {
    fn new(job: &'a ObjectJob, may_be_missing: bool, context: &'a Context<'a, S>) -> Self {
        let source = Address { bucket: job.bucket.clone(), key: job.key.clone() };
        Self { job, may_be_missing, context, source, started: Instant::now(), warnings: Vec::new() }
    }

    /// One look. What AWS is to try again comes back as an error, other failures are recorded.
    async fn look(mut self) -> Result<Look, Error> {
        let Failed { error, version } = match self.settle().await {
            Ok(look) => return Ok(look),
            Err(failed) => failed,
        };
        if matches!(&error, Error::Store(error) if error.kind == StoreErrorKind::Changed) {
            return Ok(Look::Again);
        }
        if error.is_handed_back() {
            return Err(error);
        }
        if self.is_missing(&error) && self.may_be_missing {
            return Ok(Look::Missing);
        }
        match self.refuse(error, version).await {
            Err(Error::Store(error)) if error.kind == StoreErrorKind::Changed => Ok(Look::Again),
            done => done,
        }
    }

    /// The way to the half, as long as nothing hinders it.
    async fn settle(&mut self) -> Result<Look, Failed> {
        key::check(&self.job.key).map_err(Error::Key)?;
        let place = match self.place().await? {
            Ok(place) => place,
            Err(skip) => return Ok(Look::Done(Outcome::Skipped(skip))),
        };
        let found = Found::at(&place, &self.source, self.context.store).await?;
        // A record would be one that an earlier run left behind, or that of a still later version.
        if found.is_later_than(self.job) && self.record().await?.is_none() {
            return Ok(Look::Done(Outcome::Skipped(Skip::Stale)));
        }
        let source = match self.source(&found).await {
            Err(error) if error.kind == StoreErrorKind::NoSuchKey => return self.gone(error, &place, &found).await,
            source => source?,
        };
        let version = source.head.clone();
        let made = self.make(source, &place, &found).await;
        made.map_err(|failed| Failed { version: Some(version), ..failed })
    }

    /// Where the half goes, or why the object has none.
    async fn place(&self) -> Result<Result<Address, Skip>, Error> {
        let Address { bucket, key } = &self.source;
        let mapping = &self.context.config.mapping;
        match mapping.place(bucket, key) {
            Place::Source { half } => Ok(Ok(half)),
            Place::Excluded => Ok(Err(Skip::Excluded)),
            // A record of its refusal would be the next such object, be it for another function.
            Place::Reserved if marker::is_record(key) => Ok(Err(Skip::Reserved)),
            Place::Reserved => Err(Error::ReservedKey),
            Place::KeyTooLong => Err(Error::KeyTooLong),
            Place::AmongHalves => match present(&self.source, self.context.store).await? {
                Some(head) if hops(&head) == 0 => Err(Error::AmongHalves),
                _ => Ok(Err(Skip::OwnOutput)),
            },
        }
    }

    /// The source as it is now: its head alone where its half seems to be there already.
    async fn source(&self, found: &Found) -> Result<Source, StoreError> {
        let store = self.context.store;
        let seems_done = self.job.etag.as_ref().is_some_and(|etag| found.is_of_version(etag));
        if seems_done || self.job.removed {
            return retry::transient(|| store.head(&self.source)).await.map(Source::of_head);
        }
        Source::read(&self.source, self.job.size, store).await
    }

    /// What follows from a source that is gone.
    async fn gone(&self, error: StoreError, place: &Address, found: &Found) -> Result<Look, Failed> {
        let follows = self.context.config.removals == Removals::Follow;
        if follows {
            if let Some(written) = self.record().await? {
                written.delete(self.context.store).await?;
                self.expect(None).await?;
            }
            if found.is_something() && found.is_ours() {
                let (store, condition) = (self.context.store, &found.condition());
                retry::transient(|| store.delete(place, condition)).await?;
                self.expect(None).await?;
                return Ok(Look::Done(Outcome::Removed { from: place.clone() }));
            }
        }
        // It was halved before it went, or it went before its event came.
        if self.may_be_missing {
            return Ok(Look::Missing);
        }
        if follows || self.job.etag.as_ref().is_some_and(|etag| found.is_of_version(etag)) {
            return Ok(Look::Done(Outcome::Skipped(Skip::Gone)));
        }
        Err(error.into())
    }

    /// What follows from a source that is there.
    async fn make(&mut self, source: Source, place: &Address, found: &Found) -> Result<Look, Failed> {
        let config = self.context.config;
        if hops(&source.head) > config.max_hops {
            return Ok(Look::Done(Outcome::Skipped(Skip::OwnOutput)));
        }
        let tags = self.tags(&source.head).await?;
        let options = config.options_for(self.job.options.as_ref(), &source.head, &tags);
        let options = options.map_err(|reason| Error::Options { reason })?;
        let marks = marks(self.job, &self.source, &source.head, options.recipe());
        let tags = if config.carried.tags { tags } else { BTreeMap::new() };
        let (carried, dropped) = carry(marks, &source.head, tags, &config.carried);
        self.warnings.extend(dropped.iter().map(|name| format!("not carried over: {name}")));
        let version = source.head.clone();
        if found.agrees_with(&carried.metadata) {
            self.clear_record(&version).await?;
            return Ok(Look::Done(Outcome::Skipped(Skip::Fresh)));
        }
        if found.is_of_another() && config.others == Others::Keep {
            return Err(Error::Taken { place: place.clone() }.into());
        }
        let (got, worked) = match halve(source, &self.source, &options, self.context).await {
            Err(Error::Image(halver::Error::NotAnImage)) => {
                return self.not_an_image(&version, place, carried, found).await;
            }
            halved => halved?,
        };
        let times = Times { get: got - self.started, halve: got.elapsed(), put: Duration::ZERO };
        let made = Made { worked, version, recipe: options.recipe(), times };
        self.put(made, place, carried, found).await
    }

    /// The tags of the source, where they are wanted.
    async fn tags(&mut self, head: &Head) -> Result<BTreeMap<String, String>, Error> {
        let config = self.context.config;
        let wanted = config.carried.tags || config.object_options == ObjectOptions::Tags;
        if !wanted || head.tag_count == 0 {
            return Ok(BTreeMap::new());
        }
        match retry::transient(|| self.context.store.tags(&self.source)).await {
            // Where they say how to halve, nothing can be done without them.
            Err(error) if config.object_options != ObjectOptions::Tags && !error.kind.is_transient() => {
                self.warnings.push(format!("tags are not carried over: {error}"));
                Ok(BTreeMap::new())
            }
            tags => Ok(tags?),
        }
    }

    /// Puts a half in its place.
    async fn put(&mut self, made: Made, place: &Address, carried: Carried, found: &Found) -> Result<Look, Failed> {
        let Made { worked, version, recipe, mut times } = made;
        let Worked { output, source_sha256, held } = worked;
        let sha256 = output.sha256();
        let mut carried = Carried { content_type: output.format.media_type().to_owned(), ..carried };
        carried.metadata.insert(marker::META_SOURCE_SHA256.to_owned(), source_sha256);
        carried.metadata.insert(marker::META_SHA256.to_owned(), sha256.clone());
        let object = NewObject { bytes: output.bytes.into(), sha256: sha256.clone(), carried };
        let started = Instant::now();
        self.put_object(&object, place, found).await?;
        drop(held);
        times.put = started.elapsed();
        self.expect(Some(&version)).await?;
        self.clear_record(&version).await?;
        Ok(Look::Done(Outcome::Halved(Box::new(Halved {
            to: place.clone(),
            format: output.format,
            width: output.width,
            height: output.height,
            bytes: object.bytes.len() as u64,
            source_bytes: version.length,
            sha256,
            recipe,
            decisions: output.decisions,
            times,
            is_of_other_key: false,
            warnings: std::mem::take(&mut self.warnings),
        }))))
    }

    /// Puts `object`, without its tags where the function may not put any.
    async fn put_object(&mut self, object: &NewObject, place: &Address, found: &Found) -> Result<(), StoreError> {
        let (store, condition) = (self.context.store, &found.condition());
        match retry::transient(|| store.put(place, object, condition)).await {
            Err(error) if error.kind == StoreErrorKind::AccessDenied && !object.carried.tags.is_empty() => {
                let carried = Carried { tags: BTreeMap::new(), ..object.carried.clone() };
                let bare = NewObject { carried, ..object.clone() };
                retry::transient(|| store.put(place, &bare, condition)).await.map_err(|error| found.judged(error))?;
                self.warnings.push(format!("tags are not carried over: {error}"));
                Ok(())
            }
            done => done.map(drop).map_err(|error| found.judged(error)),
        }
    }

    async fn record(&self) -> Result<Option<failure::Written>, StoreError> {
        failure::read(&self.source.bucket, &self.source.key, self.context.config, self.context.store).await
    }

    /// Deletes the record of an earlier failure, now that there is what `version` should lead to.
    ///
    /// It may be the record of a later version, or of one that has come back since it was read.
    async fn clear_record(&mut self, version: &Head) -> Result<(), StoreError> {
        let Some(written) = self.record().await? else { return Ok(()) };
        match written.delete(self.context.store).await {
            Err(error) if !error.kind.is_transient() => {
                self.warnings.push(format!("the record of an earlier failure stays: {error}"));
                Ok(())
            }
            done => {
                done?;
                self.expect(Some(version)).await
            }
        }
    }

    /// That the source still is as it was in `version`, or still gone, after something was put or deleted on its behalf.
    ///
    /// That the condition of the write held proves little. What lay there may have been written again in between, for
    /// another version, with the same bytes and so the same ETag; whoever wrote it has no reason to look again. And of a
    /// later version that leads to nothing, nothing would have been in the way.
    async fn expect(&self, version: Option<&Head>) -> Result<(), StoreError> {
        let same = match (version, present(&self.source, self.context.store).await?) {
            (Some(version), Some(now)) => now.is_same_write(version),
            (None, None) => true,
            _ => false,
        };
        if same { Ok(()) } else { Err(self.changed()) }
    }

    fn changed(&self) -> StoreError {
        let detail = "the source was written again".to_owned();
        let (operation, address) = (crate::store::Operation::Head, self.source.clone());
        StoreError { operation, address, kind: StoreErrorKind::Changed, detail }
    }

    /// Whether `error` says that nothing lies at the source's address.
    fn is_missing(&self, error: &Error) -> bool {
        let missing = |kind| matches!(kind, StoreErrorKind::NoSuchKey | StoreErrorKind::AccessDenied);
        matches!(error, Error::Store(error) if error.address == self.source && missing(error.kind))
    }

    /// Records that there will be no half; of `version`, where it came so far.
    async fn refuse(&self, error: Error, version: Option<Head>) -> Result<Look, Error> {
        let (config, store) = (self.context.config, self.context.store);
        let Address { bucket, key } = &self.source;
        let etag = version.as_ref().map(|version| version.etag.clone()).or_else(|| self.job.etag.clone());
        let record = FailureRecord::new(&error, bucket, key, config, &self.context.invocation.request_id);
        let record = record.of_version(etag, self.job.sequencer.clone()).with_options(self.job.options.clone());
        failure::write(&error, &record, config, store).await?;
        if let Some(version) = &version {
            self.expect(Some(version)).await?;
            if error.is_of_version() {
                self.remove_outdated(version).await?;
            }
        } else if self.is_missing(&error) && present(&self.source, store).await.is_ok_and(|now| now.is_some()) {
            return Ok(Look::Again);
        }
        Ok(Look::Done(Outcome::Refused(error)))
    }

    /// Deletes the half of another version than `version`, which will have none.
    async fn remove_outdated(&self, version: &Head) -> Result<(), StoreError> {
        let Place::Source { half } = self.context.config.mapping.place(&self.source.bucket, &self.source.key) else {
            return Ok(());
        };
        let found = Found::at(&half, &self.source, self.context.store).await?;
        if !found.is_something() || !found.is_ours() || found.is_of_version(&version.etag) {
            return Ok(());
        }
        let condition = &found.condition();
        retry::transient(|| self.context.store.delete(&half, condition)).await?;
        self.expect(Some(version)).await
    }

    /// What becomes of an object that is no image.
    async fn not_an_image(
        &mut self,
        version: &Head,
        place: &Address,
        carried: Carried,
        found: &Found,
    ) -> Result<Look, Failed> {
        let error = Error::Image(halver::Error::NotAnImage);
        match self.context.config.not_images {
            NotImages::Quarantine => return Err(error.into()),
            // Nobody names a text like a photograph: something went wrong on its way.
            NotImages::Ignore if key::claims_image(&self.source.key) => return Err(error.into()),
            NotImages::Ignore => {
                self.remove_outdated(version).await?;
                self.clear_record(version).await?;
                return Ok(Look::Done(Outcome::Skipped(Skip::NotAnImage)));
            }
            NotImages::Copy => {}
        }
        let content_type = version.content_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
        let mut carried = Carried { content_type, ..carried };
        match self.copy(version, place, &carried, found).await {
            Err(error) if error.kind == StoreErrorKind::AccessDenied && !carried.tags.is_empty() => {
                carried.tags.clear();
                self.copy(version, place, &carried, found).await?;
            }
            done => done?,
        }
        self.expect(Some(version)).await?;
        self.clear_record(version).await?;
        Ok(Look::Done(Outcome::Copied { to: place.clone(), bytes: version.length }))
    }

    async fn copy(&self, version: &Head, place: &Address, carried: &Carried, found: &Found) -> Result<(), StoreError> {
        let (store, condition) = (self.context.store, &found.condition());
        let copied = retry::transient(|| store.copy(&self.source, &version.etag, place, carried, condition)).await;
        copied.map(drop).map_err(|error| found.judged(error))
    }
}

#[cfg(test)]
mod tests;
