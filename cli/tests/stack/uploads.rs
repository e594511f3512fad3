//! The page's server and its API, as a browser uses them.

use halver_cli::stack::Notice;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};

use crate::machine::{Machine, corpus, get, send};

fn body(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

/// Asks for an upload of `bytes` as `name`, and gets `status`.
async fn ask(machine: &Machine, wanted: &Value, status: u16) -> Value {
    let request = Request::post(format!("{}/uploads", machine.stack.page_url()))
        .header("content-type", "application/json")
        .body(Full::from(wanted.to_string()))
        .unwrap();
    let answer = send(request).await;
    assert_eq!(answer.status(), status, "{answer:?}");
    body(&answer)
}

fn wanted(name: &str, bytes: &[u8]) -> Value {
    json!({ "name": name, "type": "image/jpeg", "length": bytes.len(), "sha256": halver::sha256(bytes) })
}

/// Sends `bytes` to the presigned URL in `upload`; the status.
async fn put(upload: &Value, bytes: &[u8], change: impl FnOnce(&mut Request<Full<Bytes>>)) -> u16 {
    let mut request = Request::put(upload["url"].as_str().unwrap()).body(Full::from(bytes.to_vec())).unwrap();
    for (name, value) in upload["headers"].as_object().unwrap() {
        let name = hyper::header::HeaderName::try_from(name).unwrap();
        request.headers_mut().insert(name, value.as_str().unwrap().parse().unwrap());
    }
    change(&mut request);
    send(request).await.status().as_u16()
}

async fn status(machine: &Machine, upload: &Value) -> Value {
    let url = format!("{}/status/{}", machine.stack.page_url(), upload["id"].as_str().unwrap());
    body(&send(get(&url)).await)
}

#[tokio::test]
async fn an_upload_from_the_page_is_halved() {
    let mut machine = Machine::start().await;
    let photo = corpus("photo-420.jpg");
    let upload = ask(&machine, &wanted("봄 a+b.jpg", &photo), 201).await;
    let key = upload["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("uploads/") && key.ends_with("/봄 a+b.jpg"), "{key}");
    assert_eq!(upload["bucket"], "sample");
    assert_eq!(upload["method"], "PUT");
    assert_eq!(
        (&upload["headers"]["content-type"], &upload["headers"]["if-none-match"]),
        (&json!("image/jpeg"), &json!("*"))
    );
    // No others: a browser would have to ask S3 for leave to send them.
    let headers: Vec<_> = upload["headers"].as_object().unwrap().keys().collect();
    assert_eq!(headers, ["content-type", "if-none-match", "x-amz-checksum-sha256"]);
    assert_eq!(status(&machine, &upload).await, json!({ "state": "waiting" }));

    assert_eq!(put(&upload, &photo, |_| ()).await, 200);
    machine.expect_half(&key, &photo).await;
    let done = status(&machine, &upload).await;
    let half = halver::halve(&photo, &halver::Options::default()).unwrap();
    assert_eq!(done["state"], "halved");
    assert_eq!((&done["bucket"], &done["key"]), (&json!("sample-resized"), &json!(key)));
    assert_eq!((&done["type"], &done["bytes"]), (&json!("image/jpeg"), &json!(half.bytes.len())));
    assert_eq!(
        (&done["sha256"], &done["recipe"]),
        (&json!(half.sha256()), &json!(halver::Options::default().recipe()))
    );
    let stored = send(get(done["url"].as_str().unwrap())).await;
    assert!(stored.body()[..] == half.bytes[..]);
    machine.stack.stop().await;
}

#[tokio::test]
async fn s3_takes_no_other_bytes_than_those_that_were_signed() {
    let machine = Machine::start().await;
    let photo = corpus("photo-420.jpg");
    let upload = ask(&machine, &wanted("a.jpg", &photo), 201).await;
    let mut other = photo.clone();
    other[100] ^= 1;
    assert_eq!(put(&upload, &other, |_| ()).await, 400, "other bytes of the same length");
    assert_eq!(put(&upload, &photo[1..], |_| ()).await, 403, "another length");
    let retyped = put(&upload, &photo, |request| {
        request.headers_mut().insert("content-type", "text/html".parse().unwrap());
    });
    assert_eq!(retyped.await, 403, "another type");
    let unsummed = put(&upload, &photo, |request| {
        request.headers_mut().remove("x-amz-checksum-sha256");
    });
    assert_eq!(unsummed.await, 403, "no checksum");
    let unconditional = put(&upload, &photo, |request| {
        request.headers_mut().remove("if-none-match");
    });
    assert_eq!(unconditional.await, 403, "no condition");
    let moved = put(&upload, &photo, |request| {
        let url = request.uri().to_string().replace("a.jpg", "b.jpg");
        *request.uri_mut() = url.parse().unwrap();
    });
    assert_eq!(moved.await, 403, "another key");
    assert_eq!(status(&machine, &upload).await["state"], "waiting");
    assert_eq!(put(&upload, &photo, |_| ()).await, 200);
    assert_eq!(put(&upload, &photo, |_| ()).await, 412, "once more");
    machine.stack.stop().await;
}

#[tokio::test]
async fn what_is_no_image_is_refused_whatever_it_is_called() {
    let mut machine = Machine::start().await;
    let text = b"no image at all";
    let upload = ask(&machine, &wanted("notes", text), 201).await;
    assert_eq!(put(&upload, text, |_| ()).await, 200);
    machine.line(upload["key"].as_str().unwrap()).await;
    let done = status(&machine, &upload).await;
    assert_eq!((&done["state"], &done["code"]), (&json!("failed"), &json!("not-an-image")));
    machine.stack.stop().await;
}

#[tokio::test]
async fn a_refused_image_is_reported_with_its_code() {
    let mut machine = Machine::start().await;
    let broken = corpus("truncated.jpg");
    let upload = ask(&machine, &wanted("broken.jpg", &broken), 201).await;
    assert_eq!(put(&upload, &broken, |_| ()).await, 200);
    machine.line(upload["key"].as_str().unwrap()).await;
    let done = status(&machine, &upload).await;
    assert_eq!((&done["state"], &done["code"]), (&json!("failed"), &json!("malformed")));
    assert!(done["message"].as_str().unwrap().contains("JPEG"), "{done}");
    machine.stack.stop().await;
}

#[tokio::test]
async fn an_event_that_fails_for_good_is_reported() {
    let mut machine = Machine::start().await;
    // Neither a half nor a failure record can be written now.
    machine.client.delete_bucket().bucket("sample-resized").send().await.unwrap();
    let photo = corpus("photo-420.jpg");
    let upload = ask(&machine, &wanted("a.jpg", &photo), 201).await;
    assert_eq!(put(&upload, &photo, |_| ()).await, 200);
    machine.until(|notice| matches!(notice, Notice::DeadLetter { subject: Some(_), .. }).then_some(())).await;
    let done = status(&machine, &upload).await;
    assert_eq!((&done["state"], &done["code"]), (&json!("failed"), &json!("dead-letter")));
    assert!(done["message"].as_str().unwrap().contains("no-such-bucket"), "{done}");
    machine.stack.stop().await;
}

#[tokio::test]
async fn bad_requests_are_problems() {
    let machine = Machine::start().await;
    let good = wanted("a.jpg", b"x");
    let with = |name: &str, value: Value| {
        let mut wanted = good.clone();
        wanted[name] = value;
        wanted
    };
    for (wanted, status) in [
        (with("type", json!("text/html")), 415),
        (with("length", json!(u64::MAX)), 413),
        (with("length", json!(-1)), 400),
        (with("sha256", json!("00")), 400),
        (with("extra", json!(1)), 400),
        (with("name", json!("x".repeat(65 << 10))), 413),
        (json!([]), 400),
    ] {
        let problem = ask(&machine, &wanted, status).await;
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
    }
    let form = Request::post(format!("{}/uploads", machine.stack.page_url())).header("content-type", "text/plain");
    assert_eq!(send(form.body(Full::from(good.to_string())).unwrap()).await.status(), 415);
    let foreign = Request::post(format!("{}/uploads", machine.stack.page_url()))
        .header("content-type", "application/json")
        .header("origin", "http://elsewhere.example");
    assert_eq!(send(foreign.body(Full::from(good.to_string())).unwrap()).await.status(), 403);
    assert_eq!(send(get(&format!("{}/status/none", machine.stack.page_url()))).await.status(), 404);
    machine.stack.stop().await;
}

#[tokio::test]
async fn the_page_is_served_to_its_own_address_only() {
    let machine = Machine::start().await;
    let page = machine.stack.page_url();
    let index = send(get(&format!("{page}/"))).await;
    assert_eq!(
        (index.status().as_u16(), &index.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    let policy = index.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("'wasm-unsafe-eval'") && policy.contains(&machine.stack.s3_url()), "{policy}");
    assert_eq!(index.headers()["x-content-type-options"], "nosniff");
    assert_eq!(send(get(&format!("{page}/halver.wasm"))).await.headers()["content-type"], "application/wasm");
    for path in ["/none", "/../function.log", "/%2e%2e/function.log", "/..%2Ffunction.log"] {
        assert_eq!(send(get(&format!("{page}{path}"))).await.status(), 404, "{path}");
    }
    for (host, status) in [("localhost", 200), ("127.0.0.1", 200), ("elsewhere.example", 421)] {
        let mut request = get(&format!("{page}/config"));
        let port = page.rsplit(':').next().unwrap();
        request.headers_mut().insert("host", format!("{host}:{port}").parse().unwrap());
        assert_eq!(send(request).await.status(), status, "{host}");
    }
    assert!(policy.contains("form-action 'none'") && policy.contains("object-src 'none'"), "{policy}");
    for (method, path, status, allow) in [
        ("HEAD", "/config", 200, None),
        ("HEAD", "/status/none", 404, None),
        ("HEAD", "/", 200, None),
        ("DELETE", "/config", 405, Some("GET, HEAD, OPTIONS")),
        ("GET", "/uploads", 405, Some("POST, OPTIONS")),
        ("DELETE", "/", 405, Some("GET, HEAD")),
    ] {
        let mut request = get(&format!("{page}{path}"));
        *request.method_mut() = method.parse().unwrap();
        let answer = send(request).await;
        let allowed = answer.headers().get("allow").map(|allow| allow.to_str().unwrap());
        assert_eq!((answer.status().as_u16(), allowed), (status, allow), "{method} {path}");
        assert!(method != "HEAD" || answer.body().is_empty(), "{path}");
    }
    let config = body(&send(get(&format!("{page}/config"))).await);
    assert_eq!(config["resultBucket"], "sample-resized");
    assert_eq!(config["recipe"], halver::Options::default().recipe());
    assert_eq!(config["options"]["quality"], 80);
    machine.stack.stop().await;
}

#[tokio::test]
async fn a_small_image_is_halved_at_once() {
    let machine = Machine::start().await;
    let photo = corpus("photo-420.jpg");
    let request =
        Request::post(format!("{}/halve?format=png", machine.stack.page_url())).header("content-type", "image/jpeg");
    let answer = send(request.body(Full::from(photo.clone())).unwrap()).await;
    let options = halver::Options { format: Some(halver::Target::Png), ..halver::Options::default() };
    let half = halver::halve(&photo, &options).unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (200, "image/png"));
    assert_eq!(answer.headers()["x-halver-sha256"].to_str().unwrap(), half.sha256());
    assert!(answer.body()[..] == half.bytes[..]);
    let request =
        Request::post(format!("{}/halve", machine.stack.page_url())).body(Full::from(vec![0; 5 << 20])).unwrap();
    assert_eq!(send(request).await.status(), 413, "more than an event holds");
    machine.stack.stop().await;
}

#[tokio::test]
async fn many_ask_at_once() {
    let machine = Machine::start().await;
    let url = format!("{}/config", machine.stack.page_url());
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let url = url.clone();
        asked.spawn(async move { send(get(&url)).await.status().as_u16() });
    }
    assert_eq!(asked.join_all().await, [200; 20]);
    machine.stack.stop().await;
}
