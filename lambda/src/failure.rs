//! Failure records: written, and cleared when they are no longer true.

use serde_json::Value;

use crate::config::Config;
use crate::error::Error;
use crate::fetch;
use crate::function::Context;
use crate::job::Skip;
use crate::mapping::Place;
use crate::marker;
use crate::outcome::Outcome;
use crate::record::FailureRecord;
use crate::retry;
use crate::store::{Address, Condition, Store, StoreError, StoreErrorKind};

/// The most bytes of a failure record that are read: a message of a queue has one mebibyte at most.
const RECORD_BYTES: u64 = 2 << 20;

/// Where the failure record of a source lies.
pub(crate) fn address(config: &Config, bucket: &str, key: &str) -> Address {
    Address { bucket: config.mapping.bucket(bucket), key: marker::failure_record_key(key) }
}

/// Leaves `record` of the permanent failure `error` in the result bucket.
///
/// # Errors
/// [`Error::Unrecorded`], so that AWS keeps the event.
pub(crate) async fn write<S: Store>(
    error: &Error,
    record: &FailureRecord,
    config: &Config,
    store: &S,
) -> Result<(), Error> {
    put(error, record, &address(config, &record.bucket, &record.key), store).await
}

/// Leaves `record` of the permanent failure `error` at `address`.
///
/// # Errors
/// [`Error::Unrecorded`].
pub(crate) async fn put<S: Store>(
    error: &Error,
    record: &FailureRecord,
    address: &Address,
    store: &S,
) -> Result<(), Error> {
    let object = record.to_object();
    let done = retry::transient(|| store.put(address, &object, &Condition::None)).await;
    done.map(drop).map_err(|reason| Error::Unrecorded { failure: Box::new(error.clone()), reason: reason.to_string() })
}

/// Records a part of an event, `raw`, that cannot be done: under the bucket and the key that it names, or by its content
/// in the quarantine. Where there is neither, it is handed back, for then only the event itself still tells of it.
pub(crate) async fn quarantine<S: Store>(
    error: &Error,
    names: Option<(&str, &str)>,
    raw: &Value,
    context: &Context<'_, S>,
) -> Outcome {
    let Context { config, store, invocation, .. } = context;
    let (bucket, key) = names.unwrap_or_default();
    // The event of a record must not lead to the next one, nor that of what is no source to any.
    match names.map(|(bucket, key)| config.mapping.place(bucket, key)) {
        Some(Place::Reserved) => return Outcome::Skipped(Skip::Reserved),
        Some(Place::Excluded) => return Outcome::Skipped(Skip::Excluded),
        _ => {}
    }
    let raw = redacted(raw.clone());
    let record = FailureRecord::new(error, bucket, key, config, &invocation.request_id).of_event(raw.clone());
    let done = match (names, &config.quarantine) {
        (Some(_), _) => write(error, &record, config, *store).await,
        (None, Some(quarantine)) => {
            let name = halver::sha256(raw.to_string().as_bytes());
            let address = Address { bucket: quarantine.clone(), key: marker::event_record_key(&name) };
            put(error, &record, &address, *store).await
        }
        (None, None) => {
            let reason = "it names no bucket and key to record it for, and HALVER_QUARANTINE is not set".to_owned();
            Err(Error::Unrecorded { failure: Box::new(error.clone()), reason })
        }
    };
    done.map_or_else(Outcome::HandedBack, |()| Outcome::Refused(error.clone()))
}

/// `raw` without the parts of URLs that may be secret. A URL that lost some goes by another name, for it leads nowhere.
pub(crate) fn redacted(mut raw: Value) -> Value {
    if let Value::Object(fields) = &mut raw
        && let Some(Value::String(url)) = fields.get("url")
    {
        let shown = fetch::redacted(url);
        if shown != *url {
            fields.remove("url");
            fields.insert("redactedUrl".to_owned(), Value::String(shown));
        }
    }
    raw
}

/// The record of an earlier failure of the source `key` in `bucket`; `None` where there is none, or something else.
///
/// It is read before it is deleted: deleting blindly would leave a delete marker for every image in a versioned bucket,
/// and could delete what is no record of ours.
pub(crate) async fn read<S: Store>(
    bucket: &str,
    key: &str,
    config: &Config,
    store: &S,
) -> Result<Option<Written>, StoreError> {
    let written = read_at(&address(config, bucket, key), store).await?;
    Ok(written.filter(|Written { record, .. }| record.bucket == bucket && record.key == key))
}

/// The record at `address`; `None` where there is none, or something else.
pub(crate) async fn read_at<S: Store>(address: &Address, store: &S) -> Result<Option<Written>, StoreError> {
    let found = match retry::transient(|| store.peek(address, RECORD_BYTES)).await {
        Ok(object) => object,
        // A store says "access denied" of a missing object where the function may not list the bucket.
        Err(error) if matches!(error.kind, StoreErrorKind::NoSuchKey | StoreErrorKind::AccessDenied) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let at = Condition::Etag(found.head.etag);
    Ok(FailureRecord::parse(&found.bytes).map(|record| Written { record, address: address.clone(), at }))
}

/// A failure record that lies in the store.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) record: FailureRecord,
    address: Address,
    /// The condition that it is still this one.
    at: Condition,
}

impl Written {
    /// Deletes it, if it is still the same.
    pub(crate) async fn delete<S: Store>(&self, store: &S) -> Result<(), StoreError> {
        retry::transient(|| store.delete(&self.address, &self.at)).await
    }
}
