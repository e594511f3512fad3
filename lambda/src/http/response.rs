//! HTTP answers, in the forms in which gateways take them out of a reply.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::request::Gateway;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case, each once.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    /// What the log says of it besides, and no client is told.
    pub(crate) cause: Option<String>,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Bytes(Vec<u8>),
}

/// Problem details (RFC 9457), with a code of ours where there is one.
#[derive(Clone, Debug, Serialize)]
struct Problem<'a> {
    title: &'a str,
    detail: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

impl Response {
    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Text(String::new()), cause: None }
    }

    /// An answer in JSON, which no cache keeps: it is true for a moment, and may hold a presigned URL.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned()), ("cache-control", "no-store".to_owned())],
            body: Body::Text(body.to_string()),
            cause: None,
        }
    }

    /// Problem details: why the request is not done, in a sentence.
    pub(crate) fn problem(status: u16, code: Option<&str>, detail: &str) -> Self {
        let problem = json!(Problem { title: title(status), detail, status, code });
        let mut response = Self::json(status, &problem);
        response.headers[0].1 = "application/problem+json".to_owned();
        response
    }

    /// The same, with one header more.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same, with another body.
    pub(crate) fn with_body(self, body: Body) -> Self {
        Self { body, ..self }
    }

    /// The reply of the function by which `gateway` gives this answer.
    pub(crate) fn into_event(self, gateway: Gateway) -> Value {
        let (body, is_base64) = match self.body {
            Body::Text(text) => (text, false),
            Body::Bytes(bytes) => (aws_smithy_types::base64::encode(bytes), true),
        };
        let mut reply = json!({ "statusCode": self.status, "isBase64Encoded": is_base64 });
        let headers = self.headers.into_iter();
        let (name, headers): (_, Map<String, Value>) = match gateway {
            Gateway::Balancer { multi_value: true } => {
                ("multiValueHeaders", headers.map(|(name, value)| (name.to_owned(), json!([value]))).collect())
            }
            _ => ("headers", headers.map(|(name, value)| (name.to_owned(), value.into())).collect()),
        };
        reply[name] = headers.into();
        if let Gateway::Balancer { .. } = gateway {
            reply["statusDescription"] = format!("{} {}", self.status, title(self.status)).into();
        }
        // Last, and moved: it may have megabytes.
        reply["body"] = body.into();
        reply
    }
}

/// What RFC 9110 calls `status`.
const fn title(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_take_the_form_that_their_gateway_knows() {
        let text = Response::json(200, &json!({ "a": 1 })).with("vary", "origin");
        let headers = json!({ "content-type": "application/json", "cache-control": "no-store", "vary": "origin" });
        let plain = json!({ "statusCode": 200, "isBase64Encoded": false, "headers": headers, "body": r#"{"a":1}"# });
        assert_eq!(text.clone().into_event(Gateway::Http), plain);
        assert_eq!(text.clone().into_event(Gateway::Rest), plain);
        let mut described = plain.clone();
        described["statusDescription"] = "200 OK".into();
        assert_eq!(text.clone().into_event(Gateway::Balancer { multi_value: false }), described);
        let multi = text.into_event(Gateway::Balancer { multi_value: true });
        assert_eq!((&multi["headers"], &multi["multiValueHeaders"]["vary"]), (&Value::Null, &json!(["origin"])));
    }

    #[test]
    fn bytes_travel_in_base64() {
        let response = Response { body: Body::Bytes(vec![0xFF, 0xD8, 0xFF]), ..Response::empty(200) };
        let event = response.into_event(Gateway::Http);
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("/9j/"), &json!(true)));
    }

    #[test]
    fn problems_are_as_rfc_9457_says() {
        let response = Response::problem(413, Some("too-large"), "It is too large.");
        let expected = json!({
            "title": "Content Too Large", "detail": "It is too large.", "status": 413, "code": "too-large",
        });
        assert_eq!(response.body, Body::Text(expected.to_string()));
        assert_eq!(response.headers[0], ("content-type", "application/problem+json".to_owned()));
        let event = Response::problem(404, None, "No.").into_event(Gateway::Rest);
        let plain: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
        assert_eq!(plain, json!({ "title": "Not Found", "detail": "No.", "status": 404 }));
    }
}
