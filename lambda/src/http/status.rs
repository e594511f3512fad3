//! `GET /status/{id}`: what became of an upload, as the store tells it.

use serde_json::{Value, json};

use super::response::Response;
use super::ticket::Ticket;
use super::uploads::EXPIRES;
use super::{Api, trouble};
use crate::failure;
use crate::mapping::Place;
use crate::marker;
use crate::presign::Presign;
use crate::retry;
use crate::store::{Address, Head, Store, StoreErrorKind};

/// Answers for the upload `id`.
///
/// # Errors
/// The response that says why there is no telling.
pub(super) async fn get<S: Store + Presign>(id: &str, api: &Api<'_, S>) -> Result<Response, Response> {
    let place = api.place()?;
    let ticket = Ticket::parse(id).ok_or_else(|| Response::problem(404, None, "no upload has this id"))?;
    let source = Address { bucket: place.bucket.clone(), key: ticket.key(place) };
    if let Some(answer) = halved(&source, api).await? {
        return Ok(Response::json(200, &answer));
    }
    let record = failure::read(&source.bucket, &source.key, api.context.config, api.context.store);
    let answer = match record.await.map_err(|error| trouble(&error))? {
        Some(written) => {
            json!({ "state": "failed", "code": written.record.code, "message": written.record.message })
        }
        // Not uploaded yet, not halved yet, or never asked for: who does not know the id cannot tell, either.
        None => json!({ "state": "waiting" }),
    };
    Ok(Response::json(200, &answer))
}

/// What there is to say of the half of `source`, where there is one. The store takes an upload once, so it is of the
/// bytes that were uploaded.
async fn halved<S: Store + Presign>(source: &Address, api: &Api<'_, S>) -> Result<Option<Value>, Response> {
    let store = api.context.store;
    let Place::Source { half: address } = api.context.config.mapping.place(&source.bucket, &source.key) else {
        return Ok(None);
    };
    let head = match retry::transient(|| store.head(&address)).await {
        Ok(head) if head.metadata.contains_key(marker::META_RECIPE) => head,
        Ok(_) => return Ok(None),
        // A store says "access denied" of a missing object where the function may not list the bucket.
        Err(error) if matches!(error.kind, StoreErrorKind::NoSuchKey | StoreErrorKind::AccessDenied) => {
            return Ok(None);
        }
        Err(error) => return Err(trouble(&error)),
    };
    if !head.metadata.contains_key(marker::META_SHA256) {
        let message = "it is no image, and was copied as it is";
        return Ok(Some(json!({ "state": "failed", "code": "not-an-image", "message": message })));
    }
    let url = store.presign_get(&address, EXPIRES).await.map_err(|error| trouble(&error))?;
    let Head { length, content_type, metadata, .. } = head;
    Ok(Some(json!({
        "state": "halved",
        "bucket": address.bucket,
        "key": address.key,
        "url": url,
        "bytes": length,
        "type": content_type,
        "sha256": metadata.get(marker::META_SHA256),
        "recipe": metadata.get(marker::META_RECIPE),
    })))
}
