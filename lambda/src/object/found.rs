//! What lies where a half goes.

use std::collections::BTreeMap;

use crate::job::ObjectJob;
use crate::marker;
use crate::retry;
use crate::sequencer;
use crate::store::{Address, Condition, Head, Store, StoreError, StoreErrorKind};

/// What lies where a half goes.
#[derive(Debug)]
pub(crate) struct Found {
    head: Option<Head>,
    /// Why it cannot be known what lies there, where that may not be asked.
    hidden: Option<StoreError>,
    /// Which source's half is to lie there.
    source: String,
}

impl Found {
    /// What lies at `place`, where the half of `source` goes.
    pub(crate) async fn at<S: Store>(place: &Address, source: &Address, store: &S) -> Result<Self, StoreError> {
        let (head, hidden) = match retry::transient(|| store.head(place)).await {
            Ok(head) => (Some(head), None),
            // A store says "access denied" of a missing object where the function may not list the bucket. Should one be
            // there after all, or no bucket, putting the half says so.
            Err(error) if error.kind == StoreErrorKind::AccessDenied => (None, Some(error)),
            Err(error) if is_missing(error.kind) => (None, None),
            Err(error) => return Err(error),
        };
        Ok(Self { head, hidden, source: marker::source_id(&source.bucket, &source.key) })
    }

    fn mark(&self, name: &str) -> Option<&str> {
        self.head.as_ref()?.metadata.get(name).map(String::as_str)
    }

    /// Whether a half of this source lies there, of whatever version.
    pub(crate) fn is_ours(&self) -> bool {
        match self.mark(marker::META_SOURCE) {
            Some(source) => source == self.source,
            // Before halves were marked with their source, they were marked with the recipe.
            None => self.mark(marker::META_RECIPE).is_some(),
        }
    }

    /// Whether something lies there that is no half of this source.
    pub(crate) fn is_of_another(&self) -> bool {
        self.head.is_some() && !self.is_ours()
    }

    /// Whether the half of the version with `etag` lies there, made in whatever way.
    pub(crate) fn is_of_version(&self, etag: &str) -> bool {
        self.is_ours() && self.mark(marker::META_SOURCE_ETAG) == Some(etag)
    }

    /// Whether what lies there was made in the way called `recipe`.
    pub(crate) fn is_of_recipe(&self, recipe: &str) -> bool {
        self.mark(marker::META_RECIPE) == Some(recipe)
    }

    /// Whether the half that lies there has these marks: the same version, made in the same way, carrying the same.
    pub(crate) fn agrees_with(&self, marks: &BTreeMap<String, String>) -> bool {
        self.has_marks(marks, &[marker::META_SOURCE_ETAG, marker::META_RECIPE, marker::META_CARRIED])
    }

    /// Whether a half of this source lies there, with those of `marks` that are called `names`.
    pub(crate) fn has_marks(&self, marks: &BTreeMap<String, String>, names: &[&str]) -> bool {
        self.is_ours() && names.iter().all(|name| self.mark(name) == marks.get(*name).map(String::as_str))
    }

    /// Whether what lies there was made on a later event than the job's. Sequencers of different versions in a
    /// versioned bucket do not compare.
    pub(crate) fn is_later_than(&self, job: &ObjectJob) -> bool {
        let (Some(theirs), Some(ours), None) = (self.mark(marker::META_SEQUENCER), &job.sequencer, &job.version) else {
            return false;
        };
        let known = sequencer::is_one(theirs) && sequencer::is_one(ours);
        self.is_ours() && known && self.mark(marker::META_SOURCE_VERSION).is_none() && sequencer::is_later(theirs, ours)
    }

    /// `error` of a write under [`condition`](Self::condition): where something lies there that may not be looked at, to
    /// look again would lead to the same.
    pub(crate) fn judged(&self, error: StoreError) -> StoreError {
        match &self.hidden {
            Some(hidden) if error.kind == StoreErrorKind::Changed => hidden.clone(),
            _ => error,
        }
    }

    /// The condition that it still lies there, and nothing else.
    pub(crate) fn condition(&self) -> Condition {
        match &self.head {
            Some(head) if !head.etag.is_empty() => Condition::Etag(head.etag.clone()),
            Some(_) => Condition::None,
            None => Condition::Absent,
        }
    }

    /// Whether anything lies there.
    pub(crate) fn is_something(&self) -> bool {
        self.head.is_some()
    }
}

fn is_missing(kind: StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::NoSuchKey | StoreErrorKind::NoSuchBucket)
}

/// The version of the source that is there now; `None` where it is gone.
pub(crate) async fn present<S: Store>(source: &Address, store: &S) -> Result<Option<Head>, StoreError> {
    match retry::transient(|| store.head(source)).await {
        Ok(head) => Ok(Some(head)),
        Err(error) if error.kind == StoreErrorKind::NoSuchKey => Ok(None),
        Err(error) => Err(error),
    }
}

/// How many halvings lie behind an object.
pub(crate) fn hops(head: &Head) -> u32 {
    let hops = head.metadata.get(marker::META_HOPS).and_then(|hops| hops.parse().ok());
    // A half from before halvings were counted is one.
    hops.unwrap_or(u32::from(head.metadata.contains_key(marker::META_RECIPE)))
}

/// The marks of a half, or of a copy in its place.
pub(crate) fn marks(job: &ObjectJob, source: &Address, head: &Head, recipe: String) -> BTreeMap<String, String> {
    let pairs = [
        (marker::META_SOURCE, Some(marker::source_id(&source.bucket, &source.key))),
        (marker::META_SOURCE_ETAG, Some(head.etag.clone()).filter(|etag| !etag.is_empty())),
        (marker::META_SOURCE_VERSION, head.version.clone()),
        (marker::META_RECIPE, Some(recipe)),
        (marker::META_HOPS, Some((hops(head) + 1).to_string())),
        (marker::META_SEQUENCER, job.sequencer.clone()),
    ];
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
