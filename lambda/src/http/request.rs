//! HTTP requests as gateways put them into events: one small form for all of them.
//!
//! | from | payload | known by |
//! |---|---|---|
//! | HTTP API, function URL | 2.0 | `requestContext.http.method` |
//! | REST API, HTTP API | 1.0 | `httpMethod` |
//! | load balancer | its own, like 1.0 | `requestContext.elb` |

use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// The method, in upper case.
    pub(crate) method: String,
    /// The path without the gateway's stage, as it was sent; begins with `/`.
    pub(crate) path: String,
    /// Names and values of the query, decoded.
    pub(crate) query: Vec<(String, String)>,
    /// Headers by their names in lower case; several of one name are one, with commas between.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body; `None` where what the event holds is not the base64 that it says it is.
    pub(crate) body: Option<Vec<u8>>,
    /// In which form the answer is wanted.
    pub(crate) gateway: Gateway,
}

/// What stands between the client and the function: it decides the form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gateway {
    /// An HTTP API or a function URL: payload 2.0.
    Http,
    /// A REST API, or an HTTP API with payload 1.0.
    Rest,
    /// A load balancer's target group.
    Balancer {
        /// Whether the group has multi-value headers switched on: then it takes no others.
        multi_value: bool,
    },
}

impl Request {
    /// The request that `event` is; `None` where it is none. What is missing is empty.
    pub(crate) fn read(event: &Value) -> Option<Self> {
        match event.pointer("/requestContext/http/method").and_then(Value::as_str) {
            Some(method) => Some(Self::read_http(event, method)),
            None => Some(Self::read_proxy(event, event.get("httpMethod")?.as_str()?)),
        }
    }

    /// Reads payload 2.0.
    fn read_http(event: &Value, method: &str) -> Self {
        let path = event.get("rawPath").and_then(Value::as_str).unwrap_or_default();
        let query = event.get("rawQueryString").and_then(Value::as_str).unwrap_or_default();
        Self {
            method: method.to_ascii_uppercase(),
            path: without_stage(path, event),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: headers(event),
            body: body(event),
            gateway: Gateway::Http,
        }
    }

    /// Reads payload 1.0, and what load balancers send.
    fn read_proxy(event: &Value, method: &str) -> Self {
        let path = event.get("path").and_then(Value::as_str).unwrap_or_default();
        let is_balancer = event.pointer("/requestContext/elb").is_some();
        let mut query = pairs(event, "queryStringParameters", "multiValueQueryStringParameters");
        if is_balancer {
            // Alone of all it leaves them as they were sent.
            for text in query.iter_mut().flat_map(|(name, value)| [name, value]) {
                *text = form_urlencoded::parse(format!("={text}").as_bytes()).map(|(_, text)| text).collect();
            }
        }
        let multi_value = event.get("headers").is_none_or(Value::is_null);
        Self {
            method: method.to_ascii_uppercase(),
            path: if is_balancer { rooted(path) } else { without_stage(path, event) },
            query,
            headers: headers(event),
            body: body(event),
            gateway: if is_balancer { Gateway::Balancer { multi_value } } else { Gateway::Rest },
        }
    }

    /// The value of the header `name`, which is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The media type of the body, in lower case and without parameters; empty where none is stated.
    pub(crate) fn media_type(&self) -> String {
        let stated = self.header("content-type").unwrap_or_default();
        stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

/// `path` behind the stage's name, where a gateway put that before it. REST APIs do so under their own address in
/// `requestContext.path` alone, HTTP APIs in the path itself.
fn without_stage(path: &str, event: &Value) -> String {
    let context = |name: &str| event.pointer(name).and_then(Value::as_str).unwrap_or_default();
    let stage = context("/requestContext/stage");
    let is_bare = context("/requestContext/path") == format!("/{stage}{path}");
    let behind = path.strip_prefix('/').and_then(|path| path.strip_prefix(stage));
    match behind {
        Some(behind) if !stage.is_empty() && !is_bare && (behind.is_empty() || behind.starts_with('/')) => {
            rooted(behind)
        }
        _ => rooted(path),
    }
}

fn rooted(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

fn headers(event: &Value) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::<String, String>::new();
    for (name, value) in pairs(event, "headers", "multiValueHeaders") {
        headers
            .entry(name.to_ascii_lowercase())
            .and_modify(|values| *values = format!("{values}, {value}"))
            .or_insert(value);
    }
    headers
}

/// Names and values of the member `multi` of `event`, or of `single` where it has no `multi`.
fn pairs(event: &Value, single: &str, multi: &str) -> Vec<(String, String)> {
    let object = |name| event.get(name).and_then(Value::as_object).filter(|object| !object.is_empty());
    let Some(object) = object(multi).or_else(|| object(single)) else { return Vec::new() };
    let values = |value: &Value| match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(value) => vec![value.clone()],
        _ => Vec::new(),
    };
    object.iter().flat_map(|(name, value)| values(value).into_iter().map(|value| (name.clone(), value))).collect()
}

fn body(event: &Value) -> Option<Vec<u8>> {
    let text = event.get("body").and_then(Value::as_str).unwrap_or_default();
    let is_base64 = event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default();
    if is_base64 { aws_smithy_types::base64::decode(text).ok() } else { Some(text.as_bytes().to_vec()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &str) -> Request {
        Request::read(&serde_json::from_str(json).unwrap()).unwrap()
    }

    fn text(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn one_request_as_five_gateways_send_it() {
        for (name, json, gateway) in [
            ("http-api", include_str!("../../tests/fixtures/http/http-api.json"), Gateway::Http),
            ("function-url", include_str!("../../tests/fixtures/http/function-url.json"), Gateway::Http),
            ("rest-api", include_str!("../../tests/fixtures/http/rest-api.json"), Gateway::Rest),
            (
                "balancer",
                include_str!("../../tests/fixtures/http/balancer.json"),
                Gateway::Balancer { multi_value: false },
            ),
            (
                "balancer-multi-value",
                include_str!("../../tests/fixtures/http/balancer-multi-value.json"),
                Gateway::Balancer { multi_value: true },
            ),
        ] {
            let request = read(json);
            assert_eq!(request.gateway, gateway, "{name}");
            assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/halve"), "{name}");
            assert_eq!(request.query, text(&[("quality", "70"), ("subsampling", "4:2:0")]), "{name}");
            assert_eq!(request.header("origin"), Some("https://page.example"), "{name}");
            assert_eq!(request.media_type(), "image/png", "{name}");
            assert_eq!(request.body.as_deref(), Some(&b"\x89PNG\r\n\x1a\n"[..]), "{name}");
        }
    }

    #[test]
    fn stages_are_no_part_of_a_path() {
        let http = |path: &str, stage: &str| {
            let context = json!({ "http": { "method": "GET" }, "stage": stage });
            Request::read(&json!({ "version": "2.0", "rawPath": path, "requestContext": context })).unwrap().path
        };
        let rest = |path: &str, stage: &str, whole: &str| {
            let context = json!({ "stage": stage, "path": whole });
            Request::read(&json!({ "httpMethod": "GET", "path": path, "requestContext": context })).unwrap().path
        };
        for (path, stage, expected) in [
            ("/prod/status/a", "prod", "/status/a"),
            ("/prod", "prod", "/"),
            ("/prod/", "prod", "/"),
            ("/product", "prod", "/product"),
            ("/status/a", "$default", "/status/a"),
            ("/status/a", "", "/status/a"),
            ("", "prod", "/"),
        ] {
            assert_eq!(http(path, stage), expected, "{path:?} at {stage:?}");
            assert_eq!(rest(path, stage, ""), expected, "{path:?} at {stage:?}");
        }
        // Under its own address a REST API leaves the stage out of the path, even if a route is called like it.
        assert_eq!(rest("/uploads", "uploads", "/uploads/uploads"), "/uploads");
        assert_eq!(rest("/uploads", "prod", "/prod/uploads"), "/uploads");
    }

    #[test]
    fn what_is_missing_is_empty() {
        for event in [
            json!({ "requestContext": { "http": { "method": "get" } } }),
            json!({ "httpMethod": "get", "headers": null, "queryStringParameters": null, "body": null }),
            json!({ "httpMethod": "get", "headers": { "A": 1 }, "multiValueHeaders": { "B": [1, null] }, "body": 7 }),
        ] {
            let request = Request::read(&event).unwrap();
            assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/"), "{event}");
            assert_eq!((request.query, request.headers), (vec![], BTreeMap::new()), "{event}");
            assert_eq!(request.body, Some(vec![]), "{event}");
        }
    }

    #[test]
    fn bodies_that_are_not_what_they_say_are_told() {
        let event = json!({ "httpMethod": "POST", "body": "ü", "isBase64Encoded": true });
        assert_eq!(Request::read(&event).unwrap().body, None);
        let event = json!({ "httpMethod": "POST", "body": "ü", "isBase64Encoded": false });
        assert_eq!(Request::read(&event).unwrap().body.as_deref(), Some("ü".as_bytes()));
    }

    #[test]
    fn several_values_are_kept() {
        let event = json!({
            "httpMethod": "GET",
            "headers": { "Accept": "b" },
            "multiValueHeaders": { "Accept": ["a", "b"] },
            "queryStringParameters": { "q": "2" },
            "multiValueQueryStringParameters": { "q": ["1 %41", "2"] },
        });
        let request = Request::read(&event).unwrap();
        assert_eq!(request.header("accept"), Some("a, b"));
        assert_eq!(request.query, text(&[("q", "1 %41"), ("q", "2")]));
    }

    #[test]
    fn other_events_are_no_requests() {
        for json in [
            include_str!("../../tests/fixtures/put.json"),
            include_str!("../../tests/fixtures/test-event.json"),
            "null",
            "[]",
            r#"{"httpMethod":7}"#,
            r#"{"requestContext":{"http":{}}}"#,
            r#"{"filename":"a.jpg","url":"https://images.example/a.jpg"}"#,
        ] {
            assert_eq!(Request::read(&serde_json::from_str(json).unwrap()), None, "{json}");
        }
    }
}
