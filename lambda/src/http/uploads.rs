//! `POST /uploads`: a URL that takes the bytes of one hash, length and type, once, and no others.

use std::time::Duration;

use halver::Format;
use serde::Deserialize;
use serde_json::json;

use super::Api;
use super::request::Request;
use super::response::Response;
use super::ticket::Ticket;
use crate::presign::{Presign, Upload};
use crate::store::{Address, Store};

/// Bytes of a request's body at most.
const MAX_BODY: usize = 64 << 10;
/// How long a presigned URL is good; less where the function's own credentials end before.
pub(super) const EXPIRES: Duration = Duration::from_secs(900);

/// What a client wants to upload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    r#type: String,
    length: u64,
    sha256: String,
}

impl Wanted {
    /// Reads the body of `request`. It must be JSON, so that a form on another site cannot send it.
    ///
    /// # Errors
    /// The response that says what is wrong.
    fn read(request: &Request) -> Result<Self, Response> {
        if request.media_type() != "application/json" {
            return Err(Response::problem(415, None, "the body must be application/json"));
        }
        let body = request.body.as_deref().ok_or_else(|| Response::problem(400, None, "the body is not base64"))?;
        if body.len() > MAX_BODY {
            return Err(Response::problem(413, None, "the body must have at most 64 KiB"));
        }
        serde_json::from_slice(body).map_err(|error| Response::problem(400, None, &error.to_string()))
    }

    /// The format, where there may be such an upload: an image that can be halved, of `most` bytes at most.
    ///
    /// # Errors
    /// The response that says what is wrong.
    fn check(&self, most: u64) -> Result<Format, Response> {
        let Some(format) = Format::READ.into_iter().find(|format| format.media_type() == self.r#type) else {
            let known = Format::READ.map(Format::media_type).join(", ");
            let detail = format!("type is {:?}, expected one of {known}", self.r#type);
            return Err(Response::problem(415, None, &detail));
        };
        if self.length > most {
            let detail = format!("length is {}, at most {most} bytes are taken", self.length);
            return Err(Response::problem(413, None, &detail));
        }
        if self.sha256.len() != 64 || !self.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(Response::problem(400, None, "sha256 must be 64 lower-case hexadecimal digits"));
        }
        Ok(format)
    }
}

/// Answers `request`.
///
/// # Errors
/// The response that says why there is no upload.
pub(super) async fn post<S: Store + Presign>(request: &Request, api: &Api<'_, S>) -> Result<Response, Response> {
    let wanted = Wanted::read(request)?;
    let config = api.context.config;
    let format = wanted.check(config.options.limits.source_bytes.min(config.memory()))?;
    let place = api.place()?;
    let no_randomness = || Response::problem(500, None, "the system has no randomness for an id");
    let ticket = Ticket::issue(&wanted.name, format).ok_or_else(no_randomness)?;
    let address = Address { bucket: place.bucket.clone(), key: ticket.key(place) };
    let upload = Upload { content_type: wanted.r#type, length: wanted.length, sha256: wanted.sha256 };
    let signed =
        api.context.store.presign_put(&address, &upload, EXPIRES).await.map_err(|error| super::trouble(&error))?;
    let body = json!({
        "id": ticket.id(),
        "bucket": address.bucket,
        "key": address.key,
        "method": "PUT",
        "url": signed.url,
        "headers": signed.headers,
        "expiresInSeconds": EXPIRES.as_secs(),
    });
    Ok(Response::json(201, &body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(r#type: &str, length: u64, sha256: &str) -> u16 {
        let wanted = Wanted { name: String::new(), r#type: r#type.to_owned(), length, sha256: sha256.to_owned() };
        wanted.check(100).map_or_else(|response| response.status, |_| 200)
    }

    #[test]
    fn uploads_are_checked() {
        let sum = halver::sha256(b"");
        for format in Format::READ {
            assert_eq!(status(format.media_type(), 100, &sum), 200, "{format}");
        }
        for bad in ["text/html", "image/", "image/svg+xml", "image/heic", "IMAGE/PNG", "image/png\r\nb: c", ""] {
            assert_eq!(status(bad, 1, &sum), 415, "{bad:?}");
        }
        assert_eq!(status("image/png", 101, &sum), 413);
        for bad in ["", &sum[1..], &sum.to_uppercase(), &sum.replace('e', "g"), &sum.replace("e3", "é")] {
            assert_eq!(status("image/png", 1, bad), 400, "{bad}");
        }
    }
}
