//! Services of AWS besides S3, asked for as the SDKs do: signed requests, in the three ways in which AWS words them.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http_body_util::Full;
use hyper::{Method, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::http;
use crate::peer::Peer;

const REGION: &str = "us-east-1";

/// An action whose parameters are a form (IAM, SNS); the answer's XML.
pub(crate) async fn query(peer: &Peer, service: &str, action: &str, parameters: &[(&str, &str)]) -> String {
    try_query(peer, service, action, parameters).await.unwrap()
}

/// As [`query`]; where it fails, what the service says.
pub(crate) async fn try_query(
    peer: &Peer,
    service: &str,
    action: &str,
    parameters: &[(&str, &str)],
) -> Result<String, String> {
    let mut form = format!("Action={action}");
    for (name, value) in parameters {
        form += &format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    let request = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
    ask(peer, service, request.body(form).unwrap()).await
}

/// An action that a header names, with JSON for its parameters (SQS, EventBridge): `target` is e.g.
/// `AmazonSQS.CreateQueue`.
pub(crate) async fn json(peer: &Peer, service: &str, target: &str, parameters: Value) -> Value {
    let request =
        Request::post("/").header("content-type", "application/x-amz-json-1.0").header("x-amz-target", target);
    let answer = ask(peer, service, request.body(parameters.to_string()).unwrap()).await.unwrap();
    serde_json::from_str(&answer).unwrap_or_default()
}

/// A resource that a path names, with JSON for its contents (Lambda).
pub(crate) async fn rest(peer: &Peer, service: &str, path: &str, contents: Value) -> Value {
    let request = Request::builder().method(Method::POST).uri(path).header("content-type", "application/json");
    let answer = ask(peer, service, request.body(contents.to_string()).unwrap()).await.unwrap();
    serde_json::from_str(&answer).unwrap_or_default()
}

/// What stands in the first element `name` of `xml`.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let start = xml.find(&open).map(|at| at + open.len());
    let inside = start.and_then(|start| Some(&xml[start..start + xml[start..].find(&close)?]));
    inside.unwrap_or_else(|| panic!("no {name} in {xml}"))
}

/// Signs and sends `request`, whose URI is a path; the body of the answer, where it is a good one.
async fn ask(peer: &Peer, service: &str, request: Request<String>) -> Result<String, String> {
    let credentials = Credentials::new(&peer.access, &peer.secret, None, None, "test").into();
    let parameters = v4::SigningParams::builder().identity(&credentials).region(REGION).name(service);
    let parameters = parameters.time(SystemTime::now()).settings(SigningSettings::default()).build().unwrap();
    let (mut parts, body) = request.into_parts();
    let uri = format!("http://{}{}", peer.address, parts.uri);
    parts.uri = uri.parse().unwrap();
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let signable = SignableRequest::new(parts.method.as_str(), uri, headers, SignableBody::Bytes(body.as_bytes()));
    let (instructions, _) = sign(signable.unwrap(), &parameters.into()).unwrap().into_parts();
    let said = format!("{service} {} {body}", parts.uri.path());
    let mut request = Request::from_parts(parts, Full::from(body));
    instructions.apply_to_request_http1x(&mut request);
    let answer = http::exchange(request).await.unwrap();
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    if answer.status().is_success() {
        Ok(text)
    } else {
        Err(format!("{}: {said}: {}: {text}", peer.name, answer.status()))
    }
}
