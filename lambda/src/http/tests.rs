//! The function asked over HTTP, with its store in memory.

use std::time::Duration;

use base64_simd::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::function::{Function, Invocation};
use crate::marker;
use crate::memory::Memory;
use crate::store::{Operation, StoreErrorKind};

const PNG: &[u8] = include_bytes!("../../tests/fixtures/five-by-three.png");

/// A function with places for uploads and pages of one other origin.
fn function(changes: &[(&str, &str)]) -> Function<Memory> {
    let mut variables = vec![
        ("HALVER_UPLOADS", "photos/in"),
        ("HALVER_CORS_ORIGINS", "https://page.example"),
        ("HALVER_METRICS", "off"),
    ];
    variables.extend(changes);
    let config = crate::config::tests::read(&variables).unwrap();
    Function::new(config, Memory::with_buckets(&["photos", "photos-resized"]))
}

/// An answer, and the line of the log for it.
struct Answer {
    status: u64,
    headers: Value,
    body: Value,
    log: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers[name].as_str()
    }
}

/// Lets `function` answer the request that `event` is, changed by `change`.
async fn send(function: &Function<Memory>, event: Value) -> Answer {
    let invocation =
        Invocation { request_id: "r1".into(), trace: None, deadline: Instant::now() + Duration::from_secs(60) };
    let mut log = Vec::new();
    let mut reply = json!(function.handle(&event, &invocation, &mut log).await.unwrap());
    let text = reply["body"].as_str().unwrap();
    let body = match reply["isBase64Encoded"].as_bool().unwrap() {
        true => json!(STANDARD.decode_to_vec(text).unwrap()),
        false => serde_json::from_str(text).unwrap_or_default(),
    };
    let log = serde_json::from_slice(&log).unwrap_or_default();
    Answer { status: reply["statusCode"].as_u64().unwrap(), headers: reply["headers"].take(), body, log }
}

fn request(method: &str, path: &str, headers: Value, body: &[u8]) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": { "http": { "method": method }, "stage": "$default" },
        "body": STANDARD.encode_to_string(body),
        "isBase64Encoded": true,
    })
}

async fn get(function: &Function<Memory>, path: &str) -> Answer {
    send(function, request("GET", path, json!({}), b"")).await
}

async fn ask(function: &Function<Memory>, wanted: &Value) -> Answer {
    let json = json!({ "content-type": "application/json; charset=utf-8" });
    send(function, request("POST", "/uploads", json, wanted.to_string().as_bytes())).await
}

fn wanted() -> Value {
    json!({ "name": "봄 a+b.png", "type": "image/png", "length": PNG.len(), "sha256": halver::sha256(PNG) })
}

#[tokio::test]
async fn an_upload_from_permission_to_half() {
    let function = function(&[]);
    let upload = ask(&function, &wanted()).await;
    assert_eq!(upload.status, 201);
    let (id, key) = (upload.body["id"].as_str().unwrap(), upload.body["key"].as_str().unwrap());
    assert!(key.starts_with("in/") && key.ends_with("/봄 a+b.png"), "{key}");
    assert_eq!(
        (&upload.body["bucket"], &upload.body["method"], &upload.body["expiresInSeconds"]),
        (&json!("photos"), &json!("PUT"), &json!(900))
    );
    assert_eq!(upload.body["url"], format!("memory:put/photos/{key}?900s&{}", PNG.len()));
    let headers = json!({ "content-type": "image/png", "if-none-match": "*", "sha256": halver::sha256(PNG) });
    assert_eq!(upload.body["headers"], headers);

    let status = format!("/status/{id}");
    assert_eq!(get(&function, &status).await.body, json!({ "state": "waiting" }));
    function.store.lay("photos", key, PNG, |_| ());
    assert_eq!(get(&function, &status).await.body, json!({ "state": "waiting" }));
    let event = json!({ "bucket": "photos", "key": key });
    let invocation =
        Invocation { request_id: "r".into(), trace: None, deadline: Instant::now() + Duration::from_secs(9) };
    function.handle(&event, &invocation, &mut std::io::sink()).await.unwrap();
    let half = halver::halve(PNG, &halver::Options::default()).unwrap();
    let done = get(&function, &status).await;
    assert_eq!(
        done.body,
        json!({
            "state": "halved", "bucket": "photos-resized", "key": key, "bytes": half.bytes.len(), "type": "image/png",
            "url": format!("memory:get/photos-resized/{key}?900s"),
            "sha256": half.sha256(), "recipe": halver::Options::default().recipe(),
        })
    );
    assert_eq!(done.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn an_upload_that_fails_says_why() {
    let function = function(&[]);
    let upload = ask(&function, &wanted()).await;
    let (id, key) = (upload.body["id"].as_str().unwrap(), upload.body["key"].as_str().unwrap());
    function.store.lay("photos", key, b"no image at all", |_| ());
    let event = json!({ "bucket": "photos", "key": key });
    let invocation =
        Invocation { request_id: "r".into(), trace: None, deadline: Instant::now() + Duration::from_secs(9) };
    function.handle(&event, &invocation, &mut std::io::sink()).await.unwrap();
    let done = get(&function, &format!("/status/{id}")).await;
    assert_eq!((&done.body["state"], &done.body["code"]), (&json!("failed"), &json!("not-an-image")));
    assert!(done.body["message"].as_str().unwrap().starts_with("not an image"), "{}", done.body);
}

#[tokio::test]
async fn no_id_leads_to_what_was_not_uploaded_by_it() {
    let function = function(&[]);
    // A half at a key that no id stands for, and one that is not ours at a key that one does.
    let ours = |head: &mut crate::store::Head| {
        head.metadata.insert(marker::META_RECIPE.into(), "r".into());
    };
    function.store.lay("photos-resized", "secret.png", PNG, ours);
    let upload = ask(&function, &wanted()).await;
    function.store.lay("photos-resized", upload.body["key"].as_str().unwrap(), PNG, |_| ());
    let id = upload.body["id"].as_str().unwrap();
    assert_eq!(get(&function, &format!("/status/{id}")).await.body, json!({ "state": "waiting" }));
    for id in ["none", "secret.png", "../secret.png", "", "c2VjcmV0LnBuZw"] {
        assert_eq!(get(&function, &format!("/status/{id}")).await.status, 404, "{id}");
    }
}

#[tokio::test]
async fn trouble_with_the_store_is_told_without_its_details() {
    let function = function(&[]);
    let upload = ask(&function, &wanted()).await;
    let status = format!("/status/{}", upload.body["id"].as_str().unwrap());
    for (kind, expected) in [(StoreErrorKind::CredentialsExpired, 503), (StoreErrorKind::Refused, 500)] {
        function.store.fail(Operation::Head, "photos-resized", kind, 1);
        let answer = get(&function, &status).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (expected, Some(kind.code())));
        assert!(!answer.body.to_string().contains("photos"), "{}", answer.body);
        assert_eq!((&answer.log["route"], &answer.log["status"]), (&json!("/status/{id}"), &json!(expected)));
        assert!(answer.log["cause"].as_str().unwrap().contains("photos-resized"), "{}", answer.log);
    }
}

#[tokio::test]
async fn uploads_that_cannot_be_are_problems() {
    let function = function(&[]);
    let with = |name: &str, value: Value| {
        let mut wanted = wanted();
        wanted[name] = value;
        wanted
    };
    for (wanted, status) in [
        (with("type", json!("text/html")), 415),
        (with("length", json!(u64::MAX)), 413),
        // More than the function has memory for.
        (with("length", json!(200 << 20)), 413),
        (with("length", json!(-1)), 400),
        (with("sha256", json!("00")), 400),
        (with("extra", json!(1)), 400),
        (with("name", json!("x".repeat(65 << 10))), 413),
        (json!([]), 400),
    ] {
        let answer = ask(&function, &wanted).await;
        assert_eq!((answer.status, &answer.body["status"]), (status, &json!(status)), "{}", answer.body);
        assert!(answer.body["title"].is_string() && answer.body["detail"].is_string(), "{}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    // What a form on any page can send without asking.
    for form in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let event = request("POST", "/uploads", json!({ "content-type": form }), wanted().to_string().as_bytes());
        assert_eq!(send(&function, event).await.status, 415, "{form}");
    }
    let mut event = request("POST", "/uploads", json!({ "content-type": "application/json" }), b"");
    event["body"] = json!("%");
    assert_eq!(send(&function, event).await.status, 400);
    let off = self::function(&[("HALVER_UPLOADS", "")]);
    let answer = ask(&off, &wanted()).await;
    assert_eq!((answer.status, answer.body["code"].as_str()), (404, Some("uploads-off")));
    assert_eq!(get(&off, "/config").await.body["bucket"], Value::Null);
}

#[tokio::test]
async fn an_image_is_halved_while_the_client_waits() {
    let function = function(&[]);
    let answer = send(&function, request("POST", "/halve?format=gif&quality=70", json!({}), PNG)).await;
    let options = halver::Options {
        format: Some(halver::Target::Gif),
        quality: halver::Quality::new(70).unwrap(),
        ..halver::Options::default()
    };
    let half = halver::halve(PNG, &options).unwrap();
    assert_eq!((answer.status, &answer.body), (200, &json!(half.bytes)));
    let decisions = serde_json::to_string(&half.decisions).unwrap();
    for (name, value) in [
        ("content-type", "image/gif"),
        ("x-halver-recipe", options.recipe().as_str()),
        ("x-halver-sha256", half.sha256().as_str()),
        ("x-halver-decisions", decisions.as_str()),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert_eq!((&answer.log["event"], &answer.log["route"]), (&json!("answered"), &json!("/halve")));
}

#[tokio::test]
async fn images_that_cannot_be_halved_are_problems() {
    let function = function(&[("HALVER_OPTIONS", r#"{"limits":{"pixels":14}}"#)]);
    for (path, body, status, code) in [
        ("/halve", &b"no image"[..], 415, "not-an-image"),
        ("/halve", b"", 415, "not-an-image"),
        ("/halve", b"%PDF-1.7", 415, "unsupported-format"),
        ("/halve", &PNG[..40], 422, "malformed"),
        ("/halve", PNG, 413, "too-large"),
        ("/halve?quality=0", PNG, 400, "bad-options"),
        ("/halve?limits={}", PNG, 400, "bad-options"),
    ] {
        let answer = send(&function, request("POST", path, json!({}), body)).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{path} {}", answer.body);
        assert_eq!(answer.log["status"], status);
    }
}

#[tokio::test]
async fn halves_that_no_answer_holds_are_refused() {
    let function = function(&[]);
    // Noise: no format makes it small.
    let noise = forge_noise(2000, 1700);
    let answer = send(&function, request("POST", "/halve", json!({}), &noise)).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/png")));
    let mut event = request("POST", "/halve", json!({}), &noise);
    event["requestContext"] = json!({ "elb": {} });
    event["httpMethod"] = "POST".into();
    event["path"] = "/halve".into();
    let answer = send(&function, event).await;
    assert_eq!((answer.status, answer.body["code"].as_str()), (413, Some("answer-too-large")));
}

#[tokio::test]
async fn every_path_says_what_it_takes() {
    let function = function(&[]);
    for (method, path, status, allow) in [
        ("GET", "/health", 200, None),
        ("HEAD", "/health", 200, None),
        ("POST", "/health", 405, Some("GET, HEAD, OPTIONS")),
        ("OPTIONS", "/health", 204, Some("GET, HEAD, OPTIONS")),
        ("GET", "/config", 200, None),
        ("HEAD", "/config", 200, None),
        ("DELETE", "/config", 405, Some("GET, HEAD, OPTIONS")),
        ("GET", "/uploads", 405, Some("POST, OPTIONS")),
        ("OPTIONS", "/uploads", 204, Some("POST, OPTIONS")),
        ("HEAD", "/status/none", 404, None),
        ("POST", "/status/none", 405, Some("GET, HEAD, OPTIONS")),
        ("GET", "/halve", 405, Some("POST, OPTIONS")),
        ("GET", "/", 404, None),
        ("GET", "/none", 404, None),
        ("OPTIONS", "/none", 404, None),
        ("GET", "/health/", 404, None),
        ("GET", "/status", 404, None),
    ] {
        let answer = send(&function, request(method, path, json!({}), b"")).await;
        assert_eq!((answer.status, answer.header("allow")), (status, allow), "{method} {path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{method} {path}");
        assert!(method != "HEAD" || answer.body.is_null(), "{path}");
    }
    let health = get(&function, "/health").await;
    assert_eq!((&health.body["status"], &health.body["outputVersion"]), (&json!("ok"), &json!(halver::OUTPUT_VERSION)));
    assert_eq!(health.log, Value::Null, "what went well and changed nothing is not logged");
    let config = get(&function, "/config").await.body;
    let options = halver::Options::default();
    assert_eq!(
        config,
        json!({
            "bucket": "photos", "resultBucket": "photos-resized", "options": options, "recipe": options.recipe(),
            "outputVersion": halver::OUTPUT_VERSION,
        })
    );
}

#[tokio::test]
async fn pages_of_other_origins_are_let_in_where_they_are_named() {
    let (page, any, none) =
        (function(&[]), function(&[("HALVER_CORS_ORIGINS", "*")]), function(&[("HALVER_CORS_ORIGINS", "")]));
    let (ours, other) = ("https://page.example", "https://other.example");
    for (function, origin, allowed, vary) in [
        (&page, ours, Some(ours), Some("origin")),
        (&page, other, None, Some("origin")),
        (&any, other, Some("*"), None),
        (&none, ours, None, None),
    ] {
        let plain = send(function, request("GET", "/config", json!({ "origin": origin }), b"")).await;
        assert_eq!(plain.status, 200, "{origin}");
        assert_eq!((plain.header("access-control-allow-origin"), plain.header("vary")), (allowed, vary), "{origin}");
        // An error can be read, too.
        let problem = send(function, request("GET", "/none", json!({ "origin": origin }), b"")).await;
        assert_eq!(problem.header("access-control-allow-origin"), allowed, "{origin}");
        let asks = json!({ "origin": origin, "access-control-request-method": "POST" });
        let preflight = send(function, request("OPTIONS", "/uploads", asks, b"")).await;
        assert_eq!(preflight.header("access-control-allow-origin"), allowed, "{origin}");
        assert_eq!(preflight.status, if allowed.is_some() { 204 } else { 403 }, "{origin}");
        let methods = preflight.header("access-control-allow-methods");
        assert_eq!(methods, allowed.map(|_| "POST"), "{origin}");
        assert_eq!(preflight.header("access-control-allow-headers"), allowed.map(|_| "content-type"), "{origin}");
    }
    let exposed = send(&page, request("POST", "/halve", json!({ "origin": ours }), PNG)).await;
    assert!(exposed.header("access-control-expose-headers").unwrap().contains("x-halver-recipe"));
}

#[tokio::test]
async fn every_gateway_is_answered_in_its_form() {
    let function = function(&[]);
    for (name, json, headers, described) in [
        ("http-api", include_str!("../../tests/fixtures/http/http-api.json"), "headers", false),
        ("function-url", include_str!("../../tests/fixtures/http/function-url.json"), "headers", false),
        ("rest-api", include_str!("../../tests/fixtures/http/rest-api.json"), "headers", false),
        ("balancer", include_str!("../../tests/fixtures/http/balancer.json"), "headers", true),
        (
            "balancer-multi-value",
            include_str!("../../tests/fixtures/http/balancer-multi-value.json"),
            "multiValueHeaders",
            true,
        ),
    ] {
        let mut event: Value = serde_json::from_str(json).unwrap();
        event["body"] = STANDARD.encode_to_string(PNG).into();
        let invocation =
            Invocation { request_id: "r".into(), trace: None, deadline: Instant::now() + Duration::from_secs(9) };
        let reply = json!(function.handle(&event, &invocation, &mut std::io::sink()).await.unwrap());
        assert_eq!((&reply["statusCode"], &reply["isBase64Encoded"]), (&json!(200), &json!(true)), "{name}");
        let media_type = &reply[headers]["content-type"];
        assert!(*media_type == "image/png" || *media_type == json!(["image/png"]), "{name}: {reply}");
        assert_eq!(reply["statusDescription"].is_string(), described, "{name}");
    }
}

/// A PNG of random samples, stored without compression.
fn forge_noise(width: u32, height: u32) -> Vec<u8> {
    let mut random = 1_u32;
    let mut noise = || {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        random.to_le_bytes()[0]
    };
    let rows = (0..height).flat_map(|_| std::iter::once(0).chain((0..width).map(|_| 1).collect::<Vec<u8>>()));
    let rows: Vec<u8> = rows.map(|byte| if byte == 0 { 0 } else { noise() }).collect();
    let mut data = vec![0x78, 0x01];
    let blocks = rows.chunks(0xFFFF);
    let last = blocks.len() - 1;
    for (i, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap();
        data.push(u8::from(i == last));
        data.extend_from_slice(&length.to_le_bytes());
        data.extend_from_slice(&(!length).to_le_bytes());
        data.extend_from_slice(block);
    }
    let (a, b) = rows.iter().fold((1_u32, 0_u32), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % 65521;
        (a, (b + a) % 65521)
    });
    data.extend_from_slice(&(b << 16 | a).to_be_bytes());
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    for (kind, data) in [(b"IHDR", &header), (b"IDAT", &data), (b"IEND", &Vec::new())] {
        png.extend_from_slice(&u32::try_from(data.len()).unwrap().to_be_bytes());
        let chunk = [&kind[..], data].concat();
        png.extend_from_slice(&chunk);
        png.extend_from_slice(&crc32(&chunk).to_be_bytes());
    }
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}
