//! Why a record did not become a half, sorted by whether trying again can help.

use crate::key::KeyError;
use crate::marker::RESERVED_PREFIX;
use crate::store::StoreError;

/// Why a record of an event did not become a half.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The event, or a record of it, is not a notification of S3.
    Event {
        /// What is missing or wrong.
        reason: String,
    },
    /// The record's key stands for no object.
    Key(KeyError),
    /// The object lies where failure records have their place.
    ReservedKey,
    /// The object is no image that can be halved.
    Image(halver::Error),
    /// Halving panicked: a defect of ours that the image uncovered.
    Defect,
    /// The store did not do as asked.
    Store(StoreError),
    /// The invocation's time ran out.
    Deadline,
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
            Self::Image(error) => error.code(),
            Self::Defect => "defect",
            Self::Store(error) => error.kind.code(),
            Self::Deadline => "deadline",
            Self::Unrecorded { failure, .. } => failure.code(),
        }
    }

    /// Whether the record is handed back, so that AWS tries again and at last keeps the event in a dead-letter queue.
    /// Others are acknowledged and leave a failure record.
    #[must_use]
    pub const fn is_handed_back(&self) -> bool {
        match self {
            Self::Event { .. } | Self::Key(_) | Self::ReservedKey | Self::Image(_) | Self::Defect => false,
            Self::Store(error) => error.kind.is_transient(),
            Self::Deadline | Self::Unrecorded { .. } => true,
        }
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
            Self::Event { reason } => write!(f, "not a notification of S3: {reason}"),
            Self::Key(error) => error.fmt(f),
            Self::ReservedKey => {
                write!(
                    f,
                    "keys that begin with {RESERVED_PREFIX} are the function's own: put the object under another key"
                )
            }
            Self::Image(error) => error.fmt(f),
            Self::Defect => f.write_str("halving panicked: please report this image as a defect"),
            Self::Store(error) => error.fmt(f),
            Self::Deadline => f.write_str("the function's time ran out: give it a longer timeout or more memory"),
            Self::Unrecorded { failure, reason } => {
                write!(f, "{failure}; no failure record could be written: {reason}")
            }
        }
    }
}

impl std::error::Error for Error {}
