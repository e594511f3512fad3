//! The seam to the object store: three verbs, and errors sorted by whether trying again can help.

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

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.bucket, self.key)
    }
}

/// What is known of an object before its bytes are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Bytes of the object.
    pub length: u64,
    /// The ETag, without quotes; empty where the store sends none.
    pub etag: String,
    /// User metadata: names in lower case, without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
}

/// An object that was got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What is known of it.
    pub head: Head,
    /// Its bytes; `None` where the caller did not want them, having seen the head.
    pub bytes: Option<Vec<u8>>,
}

/// An object to put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    /// Its bytes.
    pub bytes: Bytes,
    /// The SHA-256 of `bytes`, 64 hexadecimal digits; the store checks what it receives against it.
    pub sha256: String,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// User metadata: names without `x-amz-meta-`, values in visible ASCII.
    pub metadata: BTreeMap<String, String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
}

/// An object store: S3, or a map in memory.
pub trait Store: Sync {
    /// The object at `address`. Its head comes first, and its bytes are read only where `wanted` says so.
    ///
    /// # Errors
    /// [`StoreError`]; a body that breaks off is one of them.
    fn get(
        &self,
        address: &Address,
        wanted: impl Fn(&Head) -> bool + Send,
    ) -> impl Future<Output = Result<Object, StoreError>> + Send;

    /// Puts `object` at `address`, in place of what is there.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(&self, address: &Address, object: &NewObject) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes what lies at `address`; nothing there is fine.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete(&self, address: &Address) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What was asked of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// [`Store::get`].
    Get,
    /// [`Store::put`].
    Put,
    /// [`Store::delete`].
    Delete,
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::Delete => "delete",
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
            Self::Throttled => "throttled",
            Self::Unavailable => "store-unavailable",
            Self::Timeout => "store-timeout",
            Self::Unreachable => "store-unreachable",
            Self::Broken => "transfer-broken",
            Self::CredentialsExpired => "credentials-expired",
        }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        match self {
            Self::NoSuchKey | Self::NoSuchBucket | Self::AccessDenied | Self::Archived | Self::Refused => false,
            Self::Throttled
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
            Self::Throttled => "the store asks for fewer requests",
            Self::Unavailable => "the store is unavailable",
            Self::Timeout => "no answer in time",
            Self::Unreachable => "no connection",
            Self::Broken => "the transfer broke off or was corrupted",
            Self::CredentialsExpired => "the credentials are out of date",
        })
    }
}
