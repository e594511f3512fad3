//! The page's HTTP API: what the function does, a presigned upload, what became of it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use halver::Options;
use halver_lambda::{FailureRecord, marker};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue, ORIGIN};
use hyper::{Request, Response, StatusCode};
use s3s::Body;
use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncReadExt;

use super::http;
use super::notice::Subject;
use super::queue::Queue;
use super::s3::{Object, Store};

/// Bytes of a request's body at most.
const MAX_BODY: usize = 64 << 10;
/// How long a presigned URL is good.
const EXPIRES: Duration = Duration::from_secs(900);
/// Uploads that are remembered; the oldest is forgotten first.
const REMEMBERED: usize = 4096;
/// Bytes of a file name that go into a key at most.
const MAX_NAME: usize = 200;

/// The API's state.
pub(crate) struct Api {
    pub(crate) store: Arc<Store>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) client: Client,
    pub(crate) bucket: String,
    pub(crate) result_bucket: String,
    pub(crate) options: Options,
    pub(crate) uploads: Mutex<Uploads>,
}

/// The uploads that were allowed, by id.
#[derive(Default)]
pub(crate) struct Uploads {
    by_id: HashMap<String, Upload>,
    order: VecDeque<String>,
}

#[derive(Clone)]
struct Upload {
    key: String,
    sha256: String,
}

/// What a client wants to upload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    name: String,
    r#type: String,
    length: u64,
    sha256: String,
}

impl Wanted {
    /// The SHA-256 in base64, as S3 takes it.
    ///
    /// # Errors
    /// What is wrong with the request, and the status that says so.
    fn check(&self, most: u64) -> Result<String, (StatusCode, String)> {
        let subtype = self.r#type.strip_prefix("image/").unwrap_or_default();
        if subtype.is_empty() || !subtype.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) {
            let detail = format!("type is {:?}, expected image/…", self.r#type);
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        if self.length > most {
            let detail = format!("length is {}, at most {most} bytes are taken", self.length);
            return Err((StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        let bad_sum = || (StatusCode::BAD_REQUEST, "sha256 must be 64 lower-case hexadecimal digits".to_owned());
        let digit = |b: u8| char::from(b).to_digit(16).filter(|_| !b.is_ascii_uppercase());
        if self.sha256.len() != 64 {
            return Err(bad_sum());
        }
        let bytes: Option<Vec<u8>> = (self.sha256.as_bytes().chunks_exact(2))
            .map(|pair| u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok())
            .collect();
        Ok(base64_simd::STANDARD.encode_to_string(bytes.ok_or_else(bad_sum)?))
    }

    /// The key that the server chooses: the content's hash keeps different files of one name apart.
    fn key(&self) -> String {
        format!("uploads/{}/{}", &self.sha256[..16], sanitised(&self.name))
    }
}

/// `name` without folders and control characters, of a bearable length, never empty.
fn sanitised(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = name.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    while name.len() > MAX_NAME {
        name.pop();
    }
    let name = name.trim().trim_start_matches('.');
    if name.is_empty() { "image".to_owned() } else { name.to_owned() }
}

/// Reads the body of `POST /uploads`. It must be JSON, so that a form on another site cannot send it.
///
/// # Errors
/// The response that says what is wrong.
pub(crate) async fn read(request: Request<Incoming>, hosts: &[String]) -> Result<Wanted, Response<Body>> {
    let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let own = |origin: &str| hosts.iter().any(|host| origin.strip_prefix("http://") == Some(host));
    if header(ORIGIN).is_some_and(|origin| !own(origin)) {
        return Err(problem(StatusCode::FORBIDDEN, "only the page itself may ask for uploads"));
    }
    let media_type = header(CONTENT_TYPE).and_then(|value| value.split(';').next()).map(str::trim);
    if media_type != Some("application/json") {
        return Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json"));
    }
    let body = Limited::new(request.into_body(), MAX_BODY).collect().await;
    let body = body.map_err(|_| problem(StatusCode::PAYLOAD_TOO_LARGE, "the body must have at most 64 KiB"))?;
    serde_json::from_slice(&body.to_bytes()).map_err(|error| problem(StatusCode::BAD_REQUEST, &error.to_string()))
}

impl Api {
    /// Answers `GET /config`.
    pub(crate) fn config(&self) -> Response<Body> {
        let body = json!({
            "bucket": self.bucket,
            "resultBucket": self.result_bucket,
            "options": self.options,
            "recipe": self.options.recipe(),
            "outputVersion": halver::OUTPUT_VERSION,
        });
        http::json(StatusCode::OK, &body)
    }

    /// Answers `POST /uploads`: a URL that takes the bytes of this hash, length and type, and no others.
    pub(crate) async fn upload(&self, wanted: Wanted) -> Response<Body> {
        let sha256 = match wanted.check(self.options.limits.source_bytes) {
            Ok(sha256) => sha256,
            Err((status, detail)) => return problem(status, &detail),
        };
        let key = wanted.key();
        let presigned = match self.presign_put(&key, &wanted, sha256).await {
            Ok(presigned) => presigned,
            Err(detail) => return problem(StatusCode::INTERNAL_SERVER_ERROR, &detail),
        };
        // The browser sets the length itself and lets nobody else set it.
        let headers: HashMap<&str, &str> =
            presigned.headers().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length")).collect();
        let id = uuid::Uuid::new_v4().simple().to_string();
        let body = json!({
            "id": id, "bucket": self.bucket, "key": key, "method": "PUT",
            "url": presigned.uri(), "headers": headers, "expiresInSeconds": EXPIRES.as_secs(),
        });
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner).remember(id, Upload { key, sha256: wanted.sha256 });
        http::json(StatusCode::CREATED, &body)
    }

    async fn presign_put(&self, key: &str, wanted: &Wanted, sha256: String) -> Result<PresignedRequest, String> {
        let length = i64::try_from(wanted.length).map_err(|error| error.to_string())?;
        let put = self.client.put_object().bucket(&self.bucket).key(key);
        let put = put.content_type(&wanted.r#type).content_length(length).checksum_sha256(sha256);
        put.presigned(expiry()?).await.map_err(|error| error.to_string())
    }

    /// Answers `GET /status/{id}`.
    pub(crate) async fn status(&self, id: &str) -> Response<Body> {
        let upload = self.uploads.lock().unwrap_or_else(PoisonError::into_inner).by_id.get(id).cloned();
        let Some(upload) = upload else { return problem(StatusCode::NOT_FOUND, "no upload has this id") };
        match self.outcome(&upload).await {
            Ok(body) => http::json(StatusCode::OK, &body),
            Err(detail) => problem(StatusCode::INTERNAL_SERVER_ERROR, &detail),
        }
    }

    async fn outcome(&self, upload: &Upload) -> Result<serde_json::Value, String> {
        let waiting = Ok(json!({ "state": "waiting" }));
        let Ok(source) = self.store.head(&self.bucket, &upload.key).await else { return waiting };
        if let Ok(half) = self.store.head(&self.result_bucket, &upload.key).await
            && self.is_half_of(&half, upload)
        {
            return self.halved(&half).await;
        }
        let key = marker::failure_record_key(&upload.key);
        if let Some(record) = self.failure_record(&key).await
            && record.sequencer.as_deref() == Some(&source.sequencer)
        {
            return Ok(json!({ "state": "failed", "code": record.code, "message": record.message }));
        }
        let sequencer = source.sequencer.clone();
        let subject = Subject { bucket: self.bucket.clone(), key: upload.key.clone(), sequencer };
        match self.queue.dead_letter(&subject) {
            Some(error) => Ok(json!({ "state": "failed", "code": "dead-letter", "message": error })),
            None => waiting,
        }
    }

    /// Whether `half` was made from the upload's bytes in the present way; an earlier upload of the same bytes will do.
    fn is_half_of(&self, half: &Object, upload: &Upload) -> bool {
        half.metadata.get(marker::META_SOURCE_SHA256) == Some(&upload.sha256)
            && half.metadata.get(marker::META_RECIPE) == Some(&self.options.recipe())
    }

    async fn halved(&self, half: &Object) -> Result<serde_json::Value, String> {
        let get = self.client.get_object().bucket(&self.result_bucket).key(&half.key);
        let presigned = get.presigned(expiry()?).await.map_err(|error| error.to_string())?;
        Ok(json!({
            "state": "halved",
            "bucket": self.result_bucket,
            "key": half.key,
            "url": presigned.uri(),
            "bytes": half.size,
            "type": half.headers.content_type,
            "sha256": half.metadata.get(marker::META_SHA256),
            "recipe": half.metadata.get(marker::META_RECIPE),
        }))
    }

    async fn failure_record(&self, key: &str) -> Option<FailureRecord> {
        let (_, mut file) = self.store.open_object(&self.result_bucket, key).await.ok()?;
        let mut json = Vec::new();
        file.read_to_end(&mut json).await.ok()?;
        serde_json::from_slice(&json).ok()
    }
}

impl Uploads {
    fn remember(&mut self, id: String, upload: Upload) {
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        self.order.push_back(id.clone());
        self.by_id.insert(id, upload);
    }
}

fn expiry() -> Result<PresigningConfig, String> {
    PresigningConfig::expires_in(EXPIRES).map_err(|error| error.to_string())
}

/// Problem details (RFC 9457).
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response<Body> {
    let title = status.canonical_reason().unwrap_or("Error");
    let mut response = http::json(status, &json!({ "title": title, "detail": detail, "status": status.as_u16() }));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(r#type: &str, length: u64, sha256: &str) -> Result<String, StatusCode> {
        let wanted = Wanted { name: String::new(), r#type: r#type.to_owned(), length, sha256: sha256.to_owned() };
        wanted.check(100).map_err(|(status, _)| status)
    }

    #[test]
    fn uploads_are_checked() {
        let sum = halver::sha256(b"");
        assert_eq!(wanted("image/jpeg", 100, &sum).unwrap(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(wanted("text/html", 1, &sum).unwrap_err(), 415);
        assert_eq!(wanted("image/", 1, &sum).unwrap_err(), 415);
        assert_eq!(wanted("image/a\r\nb", 1, &sum).unwrap_err(), 415);
        assert_eq!(wanted("image/png", 101, &sum).unwrap_err(), 413);
        for bad in ["", &sum[1..], &sum.to_uppercase(), &sum.replace('e', "g"), &sum.replace("e3", "é")] {
            assert_eq!(wanted("image/png", 1, bad).unwrap_err(), 400, "{bad}");
        }
    }

    #[test]
    fn names_become_the_last_part_of_a_key() {
        for (name, safe) in [
            ("a b+c.jpg", "a b+c.jpg"),
            ("사진.png", "사진.png"),
            ("../../etc/passwd", "passwd"),
            ("C:\\photos\\x.gif", "x.gif"),
            ("..", "image"),
            ("a\nb", "a_b"),
            ("", "image"),
        ] {
            assert_eq!(sanitised(name), safe, "{name:?}");
        }
        assert_eq!(sanitised(&"봄".repeat(100)).len(), 198);
    }
}
