//! An image on the web: fetched, halved, stored under the name that the job gives.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::error::Error;
use crate::failure;
use crate::fetch::FetchErrorKind;
use crate::function::Context;
use crate::job::{Skip, UrlJob};
use crate::key;
use crate::marker;
use crate::object::{Admitted, Found, LOOKS, Worked};
use crate::outcome::{Halved, Outcome, Times};
use crate::record::FailureRecord;
use crate::retry;
use crate::store::{Address, Carried, Head, NewObject, Store, StoreErrorKind};

/// Memory that is taken for an image whose size nobody knows yet; a larger one takes all there is.
const USUAL: u64 = 48 << 20;

/// Halves the image that `job` names. A permanent failure leaves a record where the half would be.
pub(crate) async fn process<S: Store>(job: &UrlJob, context: &Context<'_, S>) -> Outcome {
    let raw = failure::redacted(json!({ "filename": job.filename, "url": job.url, "options": job.options }));
    let Some(bucket) = &context.config.urls.bucket else {
        return failure::quarantine(&Error::UrlsOff, None, &raw, context).await;
    };
    let place = Address { bucket: bucket.clone(), key: job.filename.clone() };
    let error = match Box::pin(halve(job, &place, context)).await {
        Ok(outcome) => return outcome,
        Err(error) if error.is_handed_back() => return Outcome::HandedBack(error),
        Err(error) => error,
    };
    let record = FailureRecord::new(&error, &place.bucket, &place.key, context.config, &context.invocation.request_id);
    match failure::put(&error, &record.of_event(raw), &record_of(&place), context.store).await {
        Ok(()) => Outcome::Refused(error),
        Err(error) => Outcome::HandedBack(error),
    }
}

fn record_of(place: &Address) -> Address {
    Address { bucket: place.bucket.clone(), key: marker::url_record_key(&place.key) }
}

/// What stands for the source of a half that came from the web: another image under the same name replaces it.
fn source_of(place: &Address) -> Address {
    Address { bucket: "https:".to_owned(), key: place.key.clone() }
}

async fn halve<S: Store>(job: &UrlJob, place: &Address, context: &Context<'_, S>) -> Result<Outcome, Error> {
    key::check(&place.key).map_err(Error::Key)?;
    if place.key.starts_with(marker::RESERVED_PREFIX) {
        return Err(Error::ReservedKey);
    }
    let options = context.config.options_for(job.options.as_ref(), &Head::default(), &BTreeMap::new());
    let options = options.map_err(|reason| Error::Options { reason })?;
    let started = Instant::now();
    let (source_bytes, got, worked) = fetch_and_halve(job, &options, context).await?;
    let Worked { output, source_sha256, held } = worked;
    let (sha256, recipe) = (output.sha256(), options.recipe());
    let source = source_of(place);
    let marks = [
        (marker::META_SOURCE, marker::source_id(&source.bucket, &source.key)),
        (marker::META_SOURCE_SHA256, source_sha256),
        (marker::META_SHA256, sha256.clone()),
        (marker::META_RECIPE, recipe.clone()),
        (marker::META_HOPS, "1".to_owned()),
    ];
    let metadata: BTreeMap<_, _> = marks.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut times = Times { get: got - started, halve: got.elapsed(), put: Duration::ZERO };
    let content_type = output.format.media_type().to_owned();
    let carried = Carried { content_type, metadata, ..Carried::default() };
    let object = NewObject { bytes: output.bytes.into(), sha256: sha256.clone(), carried };
    let putting = Instant::now();
    if !put(&object, place, context).await? {
        return Ok(Outcome::Skipped(Skip::Fresh));
    }
    drop(held);
    times.put = putting.elapsed();
    Ok(Outcome::Halved(Box::new(Halved {
        to: place.clone(),
        format: output.format,
        width: output.width,
        height: output.height,
        bytes: object.bytes.len() as u64,
        source_bytes,
        sha256,
        recipe,
        decisions: output.decisions,
        times,
        is_of_other_key: false,
        warnings: Vec::new(),
    })))
}

/// Bytes of the image, when they had come, and what halving them gives. What needs more memory than most is fetched
/// again once all there is is free.
async fn fetch_and_halve<S: Store>(
    job: &UrlJob,
    options: &halver::Options,
    context: &Context<'_, S>,
) -> Result<(u64, Instant, Worked), Error> {
    let all = context.budget.total();
    for wanted in [USUAL, all] {
        let share = context.budget.share(wanted).await;
        let is_all = share.bytes() >= all;
        let most = options.limits.source_bytes.min(if is_all { all } else { share.bytes() / 3 });
        let bytes = match context.fetcher.get(&job.url, most, context.handed_back_at).await {
            Err(error) if error.kind == FetchErrorKind::TooLarge && !is_all => continue,
            bytes => bytes.map_err(Error::Url)?,
        };
        let (length, got) = (bytes.len() as u64, Instant::now());
        match Admitted::new(bytes, options.clone(), share).halve().await? {
            Ok(worked) => return Ok((length, got, worked)),
            Err(error) if is_all => return Err(Error::Image(error)),
            Err(_) => {}
        }
    }
    // The second attempt always has all there is.
    Err(Error::Defect)
}

/// Puts the half in its place and clears the record of an earlier failure; false where it is there already.
async fn put<S: Store>(object: &NewObject, place: &Address, context: &Context<'_, S>) -> Result<bool, Error> {
    let mut is_new = true;
    for look in 0.. {
        let found = Found::at(place, &source_of(place), context.store).await?;
        if found.is_of_another() && context.config.others == crate::config::Others::Keep {
            return Err(Error::Taken { place: place.clone() });
        }
        if found.has_marks(&object.carried.metadata, &[marker::META_SOURCE_SHA256, marker::META_RECIPE]) {
            is_new = look > 0;
            break;
        }
        let condition = found.condition();
        match retry::transient(|| context.store.put(place, object, &condition)).await {
            Err(error) if error.kind == StoreErrorKind::Changed && look < LOOKS => {}
            done => {
                done?;
                break;
            }
        }
    }
    if let Some(written) = failure::read_at(&record_of(place), context.store).await? {
        written.delete(context.store).await?;
    }
    Ok(is_new)
}

#[cfg(test)]
mod tests;
