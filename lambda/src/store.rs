//! The seam to the object store: a few verbs, and errors sorted by whether trying again can help.

use std::collections::BTreeMap;
use std::future::Future;

use bytes::Bytes;

/// Where an object lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The bucket's name.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
}

impl Head {
    /// Whether `other` is of the same write: the same bytes, and all that goes with them.
    pub(crate) fn is_same_write(&self, other: &Self) -> bool {
        let told = |head: &Self| {
            let Self { etag, version, metadata, cache_control, content_disposition, content_language, .. } =
                head.clone();
            (etag, version, metadata, cache_control, content_disposition, content_language)
        };
        told(self) == told(other)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.bucket, self.key)
    }
}

/// What is known of an object besides its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Bytes of the object.
    pub length: u64,
    /// The ETag, without quotes; empty where the store sends none.
    pub etag: String,
    /// The version's id, in a versioned bucket.
    pub version: Option<String>,
    /// User metadata: names in lower case, without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// How many tags it has.
    pub tag_count: u32,
    /// The storage class, where it is not the standard one.
    pub storage_class: Option<String>,
    /// The KMS key it is encrypted by.
    pub kms_key: Option<String>,
}

/// An object, or its first bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// What is known of the whole of it.
    pub head: Head,
    /// Its bytes, from the first on.
    pub bytes: Vec<u8>,
}

/// An object to put.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewObject {
    /// Its bytes.
    pub bytes: Bytes,
    /// The SHA-256 of `bytes`, 64 hexadecimal digits; the store checks what it receives against it.
    pub sha256: String,
    /// What it carries.
    pub carried: Carried,
}

/// What an object carries besides its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// `Content-Type`.
    pub content_type: String,
    /// User metadata: names without `x-amz-meta-`, values in visible ASCII.
    pub metadata: BTreeMap<String, String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// The storage class; `None` for the standard one.
    pub storage_class: Option<String>,
    /// The KMS key to encrypt it by; `None` for the bucket's way.
    pub kms_key: Option<String>,
}

/// What must be true of what lies at an address for a write to happen. A store decides this at one moment with the
/// write, so of two writers under the same condition one fails with [`StoreErrorKind::Changed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing lies there.
    Absent,
    /// An object with this ETag lies there.
    Etag(String),
    /// Whatever lies there.
    None,
}

/// One object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The key.
    pub key: String,
    /// The ETag, without quotes.
    pub etag: String,
    /// Bytes of the object.
    pub length: u64,
}

/// A part of a listing, in the order of the keys' bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// At most a thousand.
    pub objects: Vec<Listed>,
    /// Whether there are more behind the last.
    pub more: bool,
}

/// An object store: S3, or a map in memory.
///
/// Every method fails with a [`StoreError`]; a body that breaks off is one, too.
pub trait Store: Sync {
    /// What is known of the object at `address`.
    fn head(&self, address: &Address) -> impl Future<Output = Result<Head, StoreError>> + Send;

    /// The first `bytes` bytes of the object, or all where it has fewer.
    fn peek(&self, address: &Address, bytes: u64) -> impl Future<Output = Result<Object, StoreError>> + Send;

    /// The whole object, if its ETag is `etag`; [`StoreErrorKind::Changed`] where it is another. Of one that has more
    /// than `most` bytes by now, the first `most`.
    fn get(
        &self,
        address: &Address,
        etag: Option<&str>,
        most: u64,
    ) -> impl Future<Output = Result<Object, StoreError>> + Send;

    /// The tags of the object.
    fn tags(&self, address: &Address) -> impl Future<Output = Result<BTreeMap<String, String>, StoreError>> + Send;

    /// Puts `object` at `address`; its ETag there, without quotes.
    fn put(
        &self,
        address: &Address,
        object: &NewObject,
        condition: &Condition,
    ) -> impl Future<Output = Result<String, StoreError>> + Send;

    /// Copies the bytes of the object at `from`, if its ETag is `etag`, to `address`, within the store; its ETag there.
    fn copy(
        &self,
        from: &Address,
        etag: &str,
        address: &Address,
        carried: &Carried,
        condition: &Condition,
    ) -> impl Future<Output = Result<String, StoreError>> + Send;

    /// Deletes what lies at `address`; nothing there is fine.
    fn delete(&self, address: &Address, condition: &Condition) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The objects of `bucket` whose keys begin with `prefix` and come behind `start_after`.
    fn list(
        &self,
        bucket: &str,
        prefix: &str,
        start_after: &str,
    ) -> impl Future<Output = Result<Listing, StoreError>> + Send;
}

/// What was asked of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// [`Store::head`].
    Head,
    /// [`Store::peek`] and [`Store::get`].
    Get,
    /// [`Store::tags`].
    Tags,
    /// [`Store::put`].
    Put,
    /// [`Store::copy`].
    Copy,
    /// [`Store::delete`].
    Delete,
    /// [`Store::list`].
    List,
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Head => "head",
            Self::Get => "get",
            Self::Tags => "get the tags of",
            Self::Put => "put",
            Self::Copy => "copy to",
            Self::Delete => "delete",
            Self::List => "list",
        })
    }
}

/// Why a store did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    /// What was asked.
    pub operation: Operation,
    /// Of which object.
    pub address: Address,
    /// What kind of trouble it is; decides whether trying again can help.
    pub kind: StoreErrorKind,
    /// What the store or the network said, with every cause behind it.
    pub detail: String,
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { operation, address, kind, detail } = self;
        write!(f, "{operation} {address}: {kind}: {detail}")
    }
}

impl std::error::Error for StoreError {}

/// The kinds of trouble with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The object is not there (any more).
    NoSuchKey,
    /// The bucket is not there.
    NoSuchBucket,
    /// The function may not do this.
    AccessDenied,
    /// The object lies in an archive and must be restored first.
    Archived,
    /// The store understood and said no, for another reason.
    Refused,
    /// A condition does not hold: somebody else wrote in between. To be decided again, not asked again.
    Changed,
    /// The store asks for fewer requests.
    Throttled,
    /// The store failed (5xx), or is busy with the same object.
    Unavailable,
    /// No answer in time.
    Timeout,
    /// No connection.
    Unreachable,
    /// The answer or the body broke off, or is not what its checksum says.
    Broken,
    /// The function's credentials are out of date; a fresh instance has new ones.
    CredentialsExpired,
}

impl StoreErrorKind {
    /// The stable code, e.g. `no-such-key`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoSuchKey => "no-such-key",
            Self::NoSuchBucket => "no-such-bucket",
            Self::AccessDenied => "access-denied",
            Self::Archived => "archived",
            Self::Refused => "store-refused",
            Self::Changed => "changed",
            Self::Throttled => "throttled",
            Self::Unavailable => "store-unavailable",
            Self::Timeout => "store-timeout",
            Self::Unreachable => "store-unreachable",
            Self::Broken => "transfer-broken",
            Self::CredentialsExpired => "credentials-expired",
        }
    }

    /// Whether the same request is worth another attempt within the same invocation.
    #[must_use]
    pub const fn is_retried(self) -> bool {
        self.is_transient() && !matches!(self, Self::Changed | Self::CredentialsExpired)
    }

    /// Whether a later invocation may succeed.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        match self {
            Self::NoSuchKey | Self::NoSuchBucket | Self::AccessDenied | Self::Archived | Self::Refused => false,
            Self::Changed
            | Self::Throttled
            | Self::Unavailable
            | Self::Timeout
            | Self::Unreachable
            | Self::Broken
            | Self::CredentialsExpired => true,
        }
    }
}

impl std::fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoSuchKey => "no such key",
            Self::NoSuchBucket => "no such bucket",
            Self::AccessDenied => "access denied",
            Self::Archived => "the object is archived and must be restored first",
            Self::Refused => "the store refused",
            Self::Changed => "somebody else wrote in between",
            Self::Throttled => "the store asks for fewer requests",
            Self::Unavailable => "the store is unavailable",
            Self::Timeout => "no answer in time",
            Self::Unreachable => "no connection",
            Self::Broken => "the transfer broke off or was corrupted",
            Self::CredentialsExpired => "the credentials are out of date",
        })
    }
}
