//! Why a record did not become a half, sorted by whether trying again can help.

use crate::fetch::FetchError;
use crate::key::KeyError;
use crate::marker::RESERVED_PREFIX;
use crate::store::{Address, StoreError};

/// Why a record of an event did not become a half.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The event, or a part of it, cannot be understood.
    Event {
        /// What is missing or wrong.
        reason: String,
    },
    /// The record's key stands for no object.
    Key(KeyError),
    /// The object lies where failure records have their place.
    ReservedKey,
    /// The object lies where halves go, and is none.
    AmongHalves,
    /// The half would have a key longer than S3 takes.
    KeyTooLong,
    /// Where the half goes lies something else.
    Taken {
        /// Where.
        place: Address,
    },
    /// The options of the object or the job are none.
    Options {
        /// What is wrong with them.
        reason: String,
    },
    /// The object is no image that can be halved.
    Image(halver::Error),
    /// Halving panicked: a defect of ours that the image uncovered.
    Defect,
    /// The store did not do as asked.
    Store(StoreError),
    /// The image on the web could not be fetched.
    Url(FetchError),
    /// Images on the web are not fetched.
    UrlsOff,
    /// There is no queue to send jobs to.
    NoQueue,
    /// The queue did not take a job.
    Queue {
        /// What it said.
        reason: String,
    },
    /// The invocation's time ran out, or would have.
    Deadline,
    /// Others wrote in between, again and again.
    Contended,
    /// A record before it of the same group could not be done.
    Behind,
    /// A permanent failure whose record could not be written, so that only the event itself still tells of it.
    Unrecorded {
        /// The failure.
        failure: Box<Error>,
        /// Why there is no record of it.
        reason: String,
    },
}

impl Error {
    /// The stable code: of an image the core's own (`malformed`, `too-large`, …), else e.g. `no-such-key`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Event { .. } => "bad-event",
            Self::Key(_) => "bad-key",
            Self::ReservedKey => "reserved-key",
            Self::AmongHalves => "among-halves",
            Self::KeyTooLong => "key-too-long",
            Self::Taken { .. } => "place-taken",
            Self::Options { .. } => "bad-options",
            Self::Image(error) => error.code(),
            Self::Defect => "defect",
            Self::Store(error) => error.kind.code(),
            Self::Url(error) => error.code(),
            Self::UrlsOff => "urls-off",
            Self::NoQueue => "no-queue",
            Self::Queue { .. } => "queue",
            Self::Deadline => "deadline",
            Self::Contended => "contended",
            Self::Behind => "behind",
            Self::Unrecorded { failure, .. } => failure.code(),
        }
    }

    /// Whether the record is handed back, so that AWS tries again and at last keeps the event in a dead-letter queue.
    /// Others are acknowledged and leave a failure record.
    #[must_use]
    pub const fn is_handed_back(&self) -> bool {
        match self {
            Self::Event { .. }
            | Self::Key(_)
            | Self::ReservedKey
            | Self::AmongHalves
            | Self::KeyTooLong
            | Self::Taken { .. }
            | Self::Options { .. }
            | Self::Image(_)
            | Self::UrlsOff
            | Self::NoQueue
            | Self::Defect => false,
            Self::Store(error) => error.kind.is_transient(),
            Self::Url(error) => error.is_transient(),
            Self::Queue { .. } | Self::Deadline | Self::Contended | Self::Behind | Self::Unrecorded { .. } => true,
        }
    }

    /// Whether it is a verdict on what the source is, so that the same will meet the same.
    #[must_use]
    pub const fn is_of_version(&self) -> bool {
        matches!(self, Self::Image(_) | Self::Options { .. } | Self::Defect)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event { reason } => write!(f, "the event cannot be understood: {reason}"),
            Self::Key(error) => error.fmt(f),
            Self::ReservedKey => {
                write!(
                    f,
                    "keys that begin with {RESERVED_PREFIX} are the function's own: put the object under another key"
                )
            }
            Self::AmongHalves => {
                f.write_str("the object lies where halves go, but is none: put it under a key that begins otherwise")
            }
            Self::KeyTooLong => f.write_str("its half would have a key of more than 1024 bytes: shorten the key"),
            Self::Taken { place } => write!(
                f,
                "at {place} lies something that is not the half of this object: move it away, or set HALVER_OTHERS=replace"
            ),
            Self::Options { reason } => write!(f, "bad options: {reason}"),
            Self::Image(error) => error.fmt(f),
            Self::Defect => f.write_str("halving panicked: please report this image as a defect"),
            Self::Store(error) => error.fmt(f),
            Self::Deadline => f.write_str("the function's time ran out: give it a longer timeout or more memory"),
            Self::Url(error) => error.fmt(f),
            Self::UrlsOff => {
                f.write_str("images on the web are not fetched: HALVER_URL_BUCKET says where halves would go")
            }
            Self::NoQueue => f.write_str("there is no queue for the jobs: see HALVER_QUEUE_URL"),
            Self::Queue { reason } => write!(f, "the queue did not take a job: {reason}"),
            Self::Contended => f.write_str("others kept writing the same object"),
            Self::Behind => f.write_str("a message before it in the same group has to be done first"),
            Self::Unrecorded { failure, reason } => {
                write!(f, "{failure}; no failure record could be written: {reason}")
            }
        }
    }
}

impl std::error::Error for Error {}
