//! Conditional requests: RFC 9110 section 13 for reads, S3's rules for writes.

use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::object::Object;

/// The conditions of a read or of the source of a copy.
#[derive(Default)]
pub(crate) struct ReadCondition {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

impl ReadCondition {
    /// Checks the conditions in the order of RFC 9110 section 13.2.2.
    ///
    /// # Errors
    /// `PreconditionFailed` (412) or `NotModified` (304, with the object's ETag).
    pub(crate) fn check(&self, object: &Object) -> S3Result {
        let held = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => matches(condition, object),
            (None, Some(time)) => object.modified <= *time,
            (None, None) => true,
        };
        if !held {
            return Err(failed());
        }
        let changed = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => !matches(condition, object),
            (None, Some(time)) => object.modified > *time,
            (None, None) => true,
        };
        if changed { Ok(()) } else { Err(not_modified(object)) }
    }
}

/// The conditions of a write.
#[derive(Default)]
pub(crate) struct WriteCondition {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
}

impl WriteCondition {
    /// Checks the conditions against the object that the write would replace.
    ///
    /// # Errors
    /// `PreconditionFailed`, and `NoSuchKey` for If-Match on an object that is not there.
    pub(crate) fn check(&self, existing: Option<&Object>) -> S3Result {
        if let (Some(condition), Some(object)) = (&self.if_none_match, existing)
            && matches(condition, object)
        {
            return Err(failed());
        }
        match (&self.if_match, existing) {
            (Some(_), None) => Err(s3_error!(NoSuchKey, "If-Match was given, but there is no such object")),
            (Some(condition), Some(object)) if !matches(condition, object) => Err(failed()),
            _ => Ok(()),
        }
    }
}

fn matches(condition: &ETagCondition, object: &Object) -> bool {
    condition.as_etag().is_none_or(|etag| etag.value() == object.etag)
}

fn failed() -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}

fn not_modified(object: &Object) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::NotModified);
    if let Ok(etag) = object.e_tag().to_http_header() {
        error.set_headers([(hyper::header::ETAG, etag)].into_iter().collect());
    }
    error
}
