//! Looking through a bucket for sources without a fresh half, which become jobs in the function's own queue.

use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use halver::Format;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::config::{Config, NotImages, ObjectOptions};
use crate::error::Error;
use crate::failure;
use crate::function::{Context, Function};
use crate::job::Reconcile;
use crate::key;
use crate::mapping::{Place, Source};
use crate::object::{Found, hops};
use crate::outcome::{Outcome, Reconciled};
use crate::presign::Presign;
use crate::queue::{self, Queue};
use crate::retry;
use crate::store::{Address, Listed, Listing, Object, Store, StoreError};

/// How many objects are looked at at the same time.
const AT_ONCE: usize = 32;
/// Bytes that tell whether something is an image.
const MAGIC: u64 = 512;
/// What must be left of an invocation's time for another part of the listing.
const PART: Duration = Duration::from_secs(10);

/// Looks through what `job` names, or through all sources of the function. What there is no time for becomes another
/// such job.
pub(crate) async fn process<S: Store>(job: &Reconcile, context: &Context<'_, S>) -> Outcome {
    let raw = json!({
        "halver": "reconcile", "bucket": job.bucket, "prefix": job.prefix, "startAfter": job.start_after,
    });
    let Some(queue) = context.queue else { return failure::quarantine(&Error::NoQueue, None, &raw, context).await };
    let prefix = job.prefix.clone().unwrap_or_default();
    let places = match &job.bucket {
        Some(bucket) => vec![Source { bucket: bucket.clone(), prefix }],
        None => context.config.mapping.sources().to_vec(),
    };
    if places.is_empty() {
        let reason = "it names no bucket, and HALVER_SOURCES is not set".to_owned();
        return failure::quarantine(&Error::Event { reason }, None, &raw, context).await;
    }
    let mut found = Reconciled::default();
    for place in places {
        let start_after = job.start_after.clone().unwrap_or_default();
        if let Err(error) = walk(&place, start_after, context, queue, &mut found).await {
            return Outcome::HandedBack(error);
        }
    }
    Outcome::Reconciled(found)
}

/// Looks through `place` behind the key `start_after`.
async fn walk<S: Store>(
    place: &Source,
    mut start_after: String,
    context: &Context<'_, S>,
    queue: &dyn Queue,
    found: &mut Reconciled,
) -> Result<(), Error> {
    let Source { bucket, prefix } = place;
    for part in 0.. {
        // Whatever the time, one part is done: the rest is less than the whole.
        if part > 0 && Instant::now() + PART > context.handed_back_at {
            let rest = json!({ "halver": "reconcile", "bucket": bucket, "prefix": prefix, "startAfter": start_after });
            found.more = true;
            return send(queue, vec![rest.to_string()]).await;
        }
        let listing = retry::transient(|| context.store.list(bucket, prefix, &start_after)).await?;
        let Some(last) = listing.objects.last() else { return Ok(()) };
        start_after.clone_from(&last.key);
        let seen = look_at(bucket, &listing.objects, context.config, context.store).await?;
        let mut stale = Vec::new();
        for (object, seen) in listing.objects.iter().zip(seen) {
            found.sources += u64::from(seen != Seen::NoSource);
            if seen == Seen::Stale {
                stale.push(object.job(bucket).to_string());
            }
        }
        found.queued += stale.len() as u64;
        for bodies in stale.chunks(queue::BATCH) {
            send(queue, bodies.to_vec()).await?;
        }
        if !listing.more {
            break;
        }
    }
    Ok(())
}

async fn send(queue: &dyn Queue, bodies: Vec<String>) -> Result<(), Error> {
    queue.send(bodies).await.map_err(|reason| Error::Queue { reason })
}

/// What is known of an object of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The function would leave it alone: it is a half, or the settings leave it out.
    NoSource,
    /// Its half is there, or the record that says why there is none.
    Fresh,
    /// A source that waits for its half, or whose half is of another version or recipe.
    Stale,
}

impl<S: Store + Presign> Function<S> {
    /// A part of the listing of `bucket`, behind the key `start_after`. What passes is tried again.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, bucket: &str, prefix: &str, start_after: &str) -> Result<Listing, StoreError> {
        retry::transient(|| self.store.list(bucket, prefix, start_after)).await
    }

    /// What is known of each of the `objects` of a listing of `bucket`.
    ///
    /// Headers and options of an object's own that changed without its bytes are not seen: a listing does not tell of them.
    ///
    /// # Errors
    /// The store's, where one cannot be looked at.
    pub async fn look_at(&self, bucket: &str, objects: &[Listed]) -> Result<Vec<Seen>, StoreError> {
        look_at(bucket, objects, &self.config, &self.store).await
    }
}

impl Listed {
    /// The job that makes the half of this version, which lies in `bucket`.
    #[must_use]
    pub fn job(&self, bucket: &str) -> Value {
        json!({ "bucket": bucket, "key": self.key, "etag": self.etag })
    }
}

async fn look_at<S: Store>(
    bucket: &str,
    objects: &[Listed],
    config: &Config,
    store: &S,
) -> Result<Vec<Seen>, StoreError> {
    let looks = stream::iter(objects).map(|object| look(bucket, object, config, store)).buffered(AT_ONCE);
    looks.try_collect().await
}

async fn look<S: Store>(bucket: &str, object: &Listed, config: &Config, store: &S) -> Result<Seen, StoreError> {
    let Place::Source { half } = config.mapping.place(bucket, &object.key) else { return Ok(Seen::NoSource) };
    if object.key.ends_with('/') && object.length == 0 {
        return Ok(Seen::NoSource);
    }
    let source = Address { bucket: bucket.to_owned(), key: object.key.clone() };
    let recipe = config.options.recipe();
    let found = Found::at(&half, &source, store).await?;
    let has_options = config.object_options != ObjectOptions::Off;
    if found.is_of_version(&object.etag) && (has_options || found.is_of_recipe(&recipe)) {
        return Ok(Seen::Fresh);
    }
    let written = failure::read(bucket, &object.key, config, store).await?;
    let is_judged =
        written.is_some_and(|w| w.record.recipe == recipe && w.record.etag.as_deref() == Some(object.etag.as_str()));
    if is_judged || leads_to_nothing(&source, config, store).await? { Ok(Seen::Fresh) } else { Ok(Seen::Stale) }
}

/// Whether the function would look at `source` and leave it at that: a half, or no image where those are ignored.
async fn leads_to_nothing<S: Store>(source: &Address, config: &Config, store: &S) -> Result<bool, StoreError> {
    let Object { head, bytes } = match retry::transient(|| store.peek(source, MAGIC)).await {
        Ok(object) => object,
        // That is for the job to find out, and to record.
        Err(error) if !error.kind.is_transient() => return Ok(false),
        Err(error) => return Err(error),
    };
    let is_ignored = config.not_images == NotImages::Ignore && !key::claims_image(&source.key);
    let is_image = Format::sniff(&bytes) != Err(halver::Error::NotAnImage);
    Ok(hops(&head) > config.max_hops || (is_ignored && !is_image))
}

#[cfg(test)]
mod tests;
