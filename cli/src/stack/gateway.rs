//! The HTTP API in front of the function, as Amazon API Gateway stands there: each request becomes an event (an HTTP
//! API's, payload 2.0) and a synchronous invocation, whose reply becomes the answer.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64_simd::STANDARD;
use halver_lambda::http::{UploadPlace, upload_address};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};
use s3s::Body;
use serde_json::{Map, Value, json};

use super::http;
use super::queue::{Queue, Unanswered};

/// AWS Lambda's own limit for the event of a synchronous invocation, in bytes.
const MAX_EVENT: usize = 6 << 20;
/// How long an HTTP API waits for the function.
const PATIENCE: Duration = Duration::from_secs(30);

/// The gateway's state.
pub(crate) struct Gateway {
    pub(crate) queue: Arc<Queue>,
    /// Where the function lets uploads go.
    pub(crate) uploads: Option<UploadPlace>,
}

impl Gateway {
    /// What the function answers to `request`, or why it does not.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let reply = match Limited::new(body, MAX_EVENT).collect().await {
            Ok(body) => self.invoke(&event(&parts, &body.to_bytes())).await,
            Err(_) => Err(too_large()),
        };
        let is_settled = reply.as_ref().is_ok_and(is_settled);
        let dead_letter = || parts.uri.path().strip_prefix("/status/").and_then(|id| self.dead_letter(id));
        if !is_settled && let Some(error) = dead_letter() {
            let body = json!({ "state": "failed", "code": "dead-letter", "message": error });
            return http::json(StatusCode::OK, &body);
        }
        let malformed = || http::problem(StatusCode::BAD_GATEWAY, "the function's reply is no HTTP answer");
        reply.map_or_else(|problem| problem, |reply| response(&reply).unwrap_or_else(malformed))
    }

    /// The function's reply to `event`.
    async fn invoke(&self, event: &Value) -> Result<Value, Response<Body>> {
        let failed = |error: &str| http::problem(StatusCode::BAD_GATEWAY, &format!("the function failed: {error}"));
        let event = serde_json::value::to_raw_value(event).map_err(|error| failed(&error.to_string()))?;
        if event.get().len() > MAX_EVENT {
            return Err(too_large());
        }
        match tokio::time::timeout(PATIENCE, self.queue.ask(event)).await {
            Ok(Ok(reply)) => serde_json::from_str(&reply).map_err(|error| failed(&error.to_string())),
            Ok(Err(Unanswered::Failed(error))) => Err(failed(&error)),
            Ok(Err(Unanswered::NotRunning)) => {
                Err(http::problem(StatusCode::SERVICE_UNAVAILABLE, "the function does not run"))
            }
            Err(_) => Err(http::problem(StatusCode::GATEWAY_TIMEOUT, "the function did not answer in time")),
        }
    }

    /// Why the last attempt for the upload `id` failed, where its event is a dead letter.
    fn dead_letter(&self, id: &str) -> Option<String> {
        let address = upload_address(id, self.uploads.as_ref()?)?;
        self.queue.dead_letter(&address.bucket, &address.key)
    }
}

fn too_large() -> Response<Body> {
    http::problem(StatusCode::PAYLOAD_TOO_LARGE, "an event of the function has at most 6 MiB")
}

/// Whether `reply` says what became of an upload, so that nothing else can be known of it.
fn is_settled(reply: &Value) -> bool {
    let body: Value = reply["body"].as_str().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
    body["state"] == "halved" || body["state"] == "failed"
}

/// The event for a request: payload 2.0, as an HTTP API with the one route `$default` sends it.
fn event(parts: &Parts, body: &[u8]) -> Value {
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let query = parts.uri.query().unwrap_or_default();
    let header = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let text = str::from_utf8(body).ok().filter(|_| is_text(header(CONTENT_TYPE)) || body.is_empty());
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(&parts.headers),
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": header(HOST),
            "domainPrefix": "local",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": header(USER_AGENT),
            },
            "requestId": uuid::Uuid::new_v4().to_string(),
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": u64::try_from(time.as_millis()).unwrap_or_default(),
        },
        "body": text.map_or_else(|| STANDARD.encode_to_string(body), str::to_owned),
        "isBase64Encoded": text.is_none(),
    })
}

/// Whether a body of this type travels as it is.
fn is_text(content_type: &str) -> bool {
    content_type.starts_with("text/") || content_type.starts_with("application/json")
}

/// Names in lower case, several values of one name with commas between.
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let joined = headers.keys().map(|name| {
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        (name.as_str().to_owned(), values.collect::<Vec<_>>().join(",").into())
    });
    joined.collect()
}

/// The answer that `reply` is; `None` where it is none.
fn response(reply: &Value) -> Option<Response<Body>> {
    let status = reply["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok())?;
    let body = reply["body"].as_str().unwrap_or_default();
    let body = match reply["isBase64Encoded"].as_bool() {
        Some(true) => STANDARD.decode_to_vec(body).ok()?,
        _ => body.as_bytes().to_vec(),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    for (name, value) in reply["headers"].as_object().into_iter().flatten() {
        let name = HeaderName::try_from(name).ok()?;
        response.headers_mut().insert(name, HeaderValue::try_from(value.as_str()?).ok()?);
    }
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_become_answers() {
        let reply = json!({
            "statusCode": 201, "headers": { "content-type": "image/gif" }, "body": "R0lG", "isBase64Encoded": true,
        });
        let answer = response(&reply).unwrap();
        assert_eq!(answer.status().as_u16(), 201);
        assert_eq!(answer.headers()[CONTENT_TYPE], "image/gif");
        for broken in [
            json!(null),
            json!({ "halved": 1 }),
            json!({ "statusCode": 7 }),
            json!({ "statusCode": 200, "body": "%", "isBase64Encoded": true }),
            json!({ "statusCode": 200, "headers": { "a b": "c" } }),
            json!({ "statusCode": 200, "headers": { "a": "b\n" } }),
        ] {
            assert!(response(&broken).is_none(), "{broken}");
        }
    }

    #[test]
    fn requests_become_events() {
        let request = |content_type: &str| {
            let request = Request::post("/uploads?a=1&a=%32").header("X-A", "1").header("x-a", "2");
            request.header(CONTENT_TYPE, content_type).body(()).unwrap().into_parts().0
        };
        let text = event(&request("application/json; charset=utf-8"), "ü".as_bytes());
        assert_eq!((&text["rawPath"], &text["rawQueryString"]), (&json!("/uploads"), &json!("a=1&a=%32")));
        assert_eq!(
            (&text["headers"]["x-a"], &text["requestContext"]["http"]["method"]),
            (&json!("1,2"), &json!("POST"))
        );
        assert_eq!((&text["body"], &text["isBase64Encoded"]), (&json!("ü"), &json!(false)));
        for (content_type, body) in [("image/png", &b"\x89PNG"[..]), ("image/png", b"text"), ("text/plain", b"\xFF")] {
            let bytes = event(&request(content_type), body);
            assert_eq!(bytes["body"], STANDARD.encode_to_string(body), "{content_type}");
            assert_eq!(bytes["isBase64Encoded"], true, "{content_type}");
        }
    }
}
