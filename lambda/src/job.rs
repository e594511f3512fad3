//! What there is to do, and why there may be nothing.

use serde_json::Value;

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Job {
    /// An object to halve.
    Object(ObjectJob),
    /// An object that is gone: its half goes too, where that is asked for.
    Removal(Removal),
    /// An image on the web to halve.
    Url(UrlJob),
    /// A bucket to look through for objects without a fresh half.
    Reconcile(Reconcile),
}

/// One object to halve.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ObjectJob {
    /// The source's bucket.
    pub(crate) bucket: String,
    /// The source's key, decoded.
    pub(crate) key: String,
    /// What the key may be instead, where events leave open how they spell it: tried when nothing lies at `key`.
    pub(crate) other_key: Option<String>,
    /// Bytes of the object, as the event tells.
    pub(crate) size: Option<u64>,
    /// The ETag of the version that the event tells of, without quotes.
    pub(crate) etag: Option<String>,
    /// The version that the event tells of, in a versioned bucket.
    pub(crate) version: Option<String>,
    /// The event's place in the order of all events of this key: hexadecimal, larger is later.
    pub(crate) sequencer: Option<String>,
    /// Options of this job alone, which replace those of the function one by one.
    pub(crate) options: Option<Value>,
    /// Whether the event tells that the object is gone.
    pub(crate) removed: bool,
}

/// An object that is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Removal {
    /// The source's bucket.
    pub(crate) bucket: String,
    /// The source's key, decoded.
    pub(crate) key: String,
    /// As [`ObjectJob::other_key`].
    pub(crate) other_key: Option<String>,
    /// As [`ObjectJob::sequencer`].
    pub(crate) sequencer: Option<String>,
}

/// An image on the web to halve.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UrlJob {
    /// Where the image is.
    pub(crate) url: String,
    /// The key to store its half under.
    pub(crate) filename: String,
    /// As [`ObjectJob::options`].
    pub(crate) options: Option<Value>,
}

/// A bucket to look through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reconcile {
    /// The bucket; that of the function's sources where it is not named.
    pub(crate) bucket: Option<String>,
    /// What the keys begin with.
    pub(crate) prefix: Option<String>,
    /// The key behind which to go on.
    pub(crate) start_after: Option<String>,
}

/// Why there is nothing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    /// S3 sends a test event when notifications are set up.
    TestEvent,
    /// SNS asks for a subscription, or the end of one, to be confirmed: that is done where it was set up.
    Subscription,
    /// The event tells neither of a new object, or row, nor of one that is gone.
    NotCreated {
        /// What it tells of, e.g. `ObjectTagging:Put`, `Object Tags Added` or, of a row, `REMOVE`.
        event_name: String,
    },
    /// An empty object whose key ends in `/`: consoles make them to show a folder.
    Folder,
    /// A later event of the same key has been done already.
    Stale,
    /// The half is there already.
    Fresh,
    /// The object went after it was halved, or with its half.
    Gone,
    /// The object is a half, and halves of halves are not asked for.
    OwnOutput,
    /// The object is no image, and its name does not say that it is one.
    NotAnImage,
    /// The object is no source, or an excluded one.
    Excluded,
    /// The object is a record of the function.
    Reserved,
    /// An object is gone, and its half stays.
    Kept,
}

impl Skip {
    /// The stable code, e.g. `test-event`.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::TestEvent => "test-event",
            Self::Subscription => "subscription",
            Self::NotCreated { .. } => "not-created",
            Self::Folder => "folder",
            Self::Stale => "stale",
            Self::Fresh => "fresh",
            Self::Gone => "gone",
            Self::NotAnImage => "not-an-image",
            Self::Excluded => "excluded",
            Self::Reserved => "reserved",
            Self::Kept => "kept",
            Self::OwnOutput => "own-output",
        }
    }
}

impl std::fmt::Display for Skip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TestEvent => "S3 tries whether it can notify",
            Self::Subscription => "SNS wants a subscription to be confirmed",
            Self::NotCreated { event_name } => return write!(f, "{event_name} tells of no object that is new or gone"),
            Self::Folder => "it shows a folder",
            Self::Stale => "a later event of the same key has been done",
            Self::Fresh => "the half is there",
            Self::Gone => "it went after it was halved, or with its half",
            Self::OwnOutput => "it is a half",
            Self::NotAnImage => "it is no image, and is not called like one",
            Self::Excluded => "it is no source",
            Self::Reserved => "it is a record of the function",
            Self::Kept => "it is gone, and its half stays",
        })
    }
}
