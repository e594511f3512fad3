//! The Lambda Runtime API, version 2018-06-01, for one process of the function.

use std::sync::Arc;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderName, HeaderValue, ORIGIN};
use hyper::{Method, Request, Response, StatusCode};
use s3s::Body;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::http;
use super::queue::{Handed, Queue};

const PREFIX: &str = "/2018-06-01/runtime/";

/// Lambda's own limit for an answer, in bytes.
const MAX_BODY: usize = 6 << 20;

/// The function's name resource.
const FUNCTION_ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:halver";

/// Serves the API to the function's `process` on `listener`, which is at `address` (`host:port`), until the future
/// is dropped.
pub(crate) async fn serve(listener: TcpListener, address: String, queue: Arc<Queue>, process: u64) {
    let address: Arc<str> = address.into();
    http::serve(listener, move |request, _| answer(request, Arc::clone(&address), Arc::clone(&queue), process)).await;
}

async fn answer(request: Request<Incoming>, address: Arc<str>, queue: Arc<Queue>, process: u64) -> Response<Body> {
    // A web page that guesses the port must not take events away. Under the page's own name, pointed at this address
    // (DNS rebinding), its request is same-origin and a GET may come without Origin, but Host then has that name.
    if request.headers().get(HOST).is_none_or(|host| host.as_bytes() != address.as_bytes()) {
        return problem(StatusCode::MISDIRECTED_REQUEST, "Misdirected", "the Runtime API answers to its address only");
    }
    // Under the address itself, a page's requests are cross-origin. Browsers mark those with one of these, old ones
    // not all of them.
    if request.headers().contains_key(ORIGIN) || request.headers().contains_key("sec-fetch-site") {
        return problem(StatusCode::FORBIDDEN, "Forbidden", "the Runtime API is not for browsers");
    }
    let path = request.uri().path().to_owned();
    let steps: Vec<&str> = path.strip_prefix(PREFIX).unwrap_or_default().split('/').collect();
    match (request.method(), steps.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => match queue.next(process).await {
            Some(handed) => invocation(handed),
            None => problem(StatusCode::GONE, "ProcessReplaced", "another process has taken this one's place"),
        },
        (&Method::POST, ["invocation", id, "response"]) => match text(request).await {
            Ok(reply) => done(queue.finish(process, id, Ok(reply))),
            Err(response) => {
                queue.finish(process, id, Err("its reply has more than 6 MiB, or broke off".to_owned()));
                response
            }
        },
        (&Method::POST, ["invocation", id, "error"]) => match text(request).await {
            Ok(body) => done(queue.finish(process, id, Err(error_message(&body)))),
            Err(response) => response,
        },
        // The process ends by itself after this, and its end is what counts.
        (&Method::POST, ["init", "error"]) => accepted(),
        _ => problem(StatusCode::NOT_FOUND, "NoSuchRoute", "not a route of the Runtime API"),
    }
}

/// The answer to `next`: the event, and what is to be known of it in headers.
fn invocation(handed: Handed) -> Response<Body> {
    let Handed { id, event, deadline } = handed;
    let mut response = http::json_text(StatusCode::OK, event.get().to_owned());
    let trace = id.replace('-', "");
    for (name, value) in [
        ("lambda-runtime-aws-request-id", id.clone()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", FUNCTION_ARN.to_owned()),
        ("lambda-runtime-trace-id", format!("Root=1-{}-{};Sampled=0", &trace[..8], &trace[8..])),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

async fn text(request: Request<Incoming>) -> Result<String, Response<Body>> {
    match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(body) => Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned()),
        Err(error) => Err(problem(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &error.to_string())),
    }
}

/// What an error document of the function says, in one line.
fn error_message(body: &str) -> String {
    let document: Value = serde_json::from_str(body).unwrap_or_default();
    match (document["errorType"].as_str(), document["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (None, Some(message)) => message.to_owned(),
        _ => body.trim().to_owned(),
    }
}

fn done(found: bool) -> Response<Body> {
    if found { accepted() } else { problem(StatusCode::BAD_REQUEST, "InvalidRequestID", "no such event is running") }
}

fn accepted() -> Response<Body> {
    http::json(StatusCode::ACCEPTED, &json!({ "status": "OK" }))
}

fn problem(status: StatusCode, kind: &str, message: &str) -> Response<Body> {
    http::json(status, &json!({ "errorType": kind, "errorMessage": message }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::stack::notice::Notices;

    /// The status of the answer to a request with these headers.
    async fn status(address: &str, headers: &str) -> String {
        let request =
            format!("POST {PREFIX}init/error HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: 0\r\n\r\n");
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn no_web_page_gets_in() {
        let data = std::env::temp_dir().join(format!("halver-runtime-{}", uuid::Uuid::new_v4().simple()));
        let queue = Queue::open(&data, Duration::ZERO, Duration::MAX, Notices::new()).unwrap();
        let listener = http::listen(0).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(serve(listener, address.clone(), Arc::new(queue), 0));
        let port = address.rsplit(':').next().unwrap();
        for (headers, expected) in [
            (format!("Host: {address}\r\n"), "202"),
            (format!("Host: rebound.example:{port}\r\n"), "421"),
            (format!("Host: {address}\r\nOrigin: http://elsewhere.example\r\n"), "403"),
            (format!("Host: {address}\r\nSec-Fetch-Site: cross-site\r\n"), "403"),
        ] {
            assert_eq!(status(&address, &headers).await, expected, "{headers}");
        }
        server.abort();
        std::fs::remove_dir_all(&data).unwrap();
    }
}
