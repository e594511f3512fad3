//! What became of a job.

use std::time::Duration;

use halver::{Decision, Format};

use crate::error::Error;
use crate::job::Skip;
use crate::store::Address;

/// What became of a job.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The half is stored.
    Halved(Box<Halved>),
    /// The source is no image, and was copied as it is.
    Copied {
        /// Where to.
        to: Address,
        /// Bytes of it.
        bytes: u64,
    },
    /// The half of an object that is gone went, too.
    Removed {
        /// Where it lay.
        from: Address,
    },
    /// A bucket was looked through.
    Reconciled(Reconciled),
    /// There was nothing to do.
    Skipped(Skip),
    /// There will be no half: a failure record says why.
    Refused(Error),
    /// Not now: AWS is to try again, or to keep the event.
    HandedBack(Error),
}

impl Outcome {
    /// What is said of one job that led to both.
    pub(crate) fn and(self, other: Self) -> Self {
        let rank = |outcome: &Self| match outcome {
            Self::HandedBack(_) => 3,
            Self::Halved(_) | Self::Copied { .. } | Self::Removed { .. } | Self::Reconciled(_) => 2,
            Self::Refused(_) => 1,
            Self::Skipped(_) => 0,
        };
        if rank(&other) > rank(&self) { other } else { self }
    }

    /// The same, noted to be of the less likely spelling of a key.
    pub(crate) fn of_other_key(mut self) -> Self {
        if let Self::Halved(halved) = &mut self {
            halved.is_of_other_key = true;
            halved.warnings.push("the key was spelled in the other way".to_owned());
        }
        self
    }
}

/// A half that was stored.
#[derive(Clone, Debug)]
pub(crate) struct Halved {
    /// Where it is.
    pub(crate) to: Address,
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
    /// The recipe id it was made by.
    pub(crate) recipe: String,
    /// What was changed, kept or given up beyond halving.
    pub(crate) decisions: Vec<Decision>,
    /// How long it took.
    pub(crate) times: Times,
    /// Whether the event spelled the key in the less likely way.
    pub(crate) is_of_other_key: bool,
    /// What went wrong without harm to the half, a sentence each.
    pub(crate) warnings: Vec<String>,
}

/// How long the steps of a job took, each with its retries.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// Looking at the half's place and getting the source.
    pub(crate) get: Duration,
    /// Halving it, the wait for memory and the checksums of both.
    pub(crate) halve: Duration,
    /// Putting the half.
    pub(crate) put: Duration,
}

/// How many objects of a bucket were looked at, and what was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reconciled {
    /// Objects that are sources.
    pub(crate) sources: u64,
    /// Sources that have no fresh half, and were queued.
    pub(crate) queued: u64,
    /// Whether the rest was queued as another such job.
    pub(crate) more: bool,
}
