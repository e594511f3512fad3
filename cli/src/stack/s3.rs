//! S3 on loopback: signatures checked by s3s, objects kept by a [`Store`](store::Store).

mod checksum;
mod condition;
mod cors;
mod listing;
mod multipart;
mod name;
mod object;
mod operations;
mod read;
mod receive;
mod store;
mod write;

use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use s3s::Body;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};

pub(crate) use cors::Cors;
#[cfg(test)]
pub(crate) use object::Object;
pub(crate) use store::{Cause, Creation, Origin, Store};

use super::http::empty;
use super::{ACCESS_KEY, REGION, SECRET_KEY};

/// S3 as an HTTP service.
#[derive(Clone)]
pub(crate) struct Service {
    s3: S3Service,
    cors: Cors,
}

impl Service {
    /// S3 over `store`, open to browsers as `cors` says.
    pub(crate) fn new(store: Arc<Store>, cors: Cors) -> Self {
        let operations = operations::Operations { store, uploads: Default::default(), region: REGION };
        let mut builder = S3ServiceBuilder::new(operations);
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        Self { s3: builder.build(), cors }
    }

    /// The answer to `request` from `address`.
    pub(crate) async fn answer(self, request: Request<Incoming>, address: IpAddr) -> Response<Body> {
        let (asked, preflight) = (request.headers().clone(), request.method() == Method::OPTIONS);
        let request_id = uuid::Uuid::new_v4().simple().to_string()[..16].to_uppercase();
        let mut response = if preflight {
            self.cors.preflight(&asked)
        } else {
            let mut request = request.map(Body::from);
            request.extensions_mut().insert(Origin { request_id: request_id.clone(), address });
            // s3s fails here only where it cannot write its own answer.
            self.s3.call(request).await.unwrap_or_else(|_| empty(StatusCode::INTERNAL_SERVER_ERROR))
        };
        if response.status() == StatusCode::NOT_MODIFIED {
            *response.body_mut() = Body::empty();
            response.headers_mut().remove(CONTENT_LENGTH);
            response.headers_mut().remove(CONTENT_TYPE);
        }
        if !preflight {
            self.cors.permit(&asked, response.headers_mut());
        }
        if expects_in_vain(&asked) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Ok(id) = HeaderValue::try_from(request_id) {
            response.headers_mut().insert("x-amz-request-id", id);
        }
        response
    }
}

/// Whether a client waits for `100 Continue` before a body of no bytes. Nobody reads such a body, so hyper never
/// sends the 100; botocore then takes the next answer on the connection for the 100 and hangs.
fn expects_in_vain(headers: &HeaderMap) -> bool {
    headers.contains_key(EXPECT) && headers.get(CONTENT_LENGTH).is_some_and(|length| length == "0")
}
