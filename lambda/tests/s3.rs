//! The S3 client against a socket that answers, breaks off or says nothing, as it is told to.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use halver_lambda::{Address, Carried, Condition, NewObject, S3Settings, S3Store, Store, StoreError, StoreErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// What the socket does once it has read a request.
#[derive(Clone, Copy)]
enum Answer {
    /// Sends this and closes.
    Close(&'static str),
    /// Sends this, and then nothing for ever.
    Hang(&'static str),
}

/// Runs `ask` against a socket that takes one request and does as `answer` says. Gives back what came of it, and the
/// request as the socket read it. Time stands still, and so every wait is over at once, from when the answer is out.
async fn exchange<T, F: Future<Output = T>>(answer: Answer, ask: impl FnOnce(S3Store) -> F) -> (T, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = S3Settings {
        endpoint: Some(format!("http://{}", listener.local_addr().unwrap())),
        region: "us-east-1".into(),
        access_key_id: "id".into(),
        secret_access_key: "secret".into(),
        session_token: Some("token".into()),
    };
    let (answered, is_answered) = oneshot::channel();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        let (Answer::Close(text) | Answer::Hang(text)) = answer;
        stream.write_all(text.as_bytes()).await.unwrap();
        answered.send(request).unwrap();
        if let Answer::Hang(_) = answer {
            std::future::pending::<()>().await;
        }
    });
    let clock = async {
        let request = is_answered.await.unwrap();
        if let Answer::Hang(_) = answer {
            // Long enough for the client to read what was sent.
            tokio::time::sleep(Duration::from_millis(200)).await;
            tokio::time::pause();
        }
        request
    };
    let outcome = tokio::join!(ask(S3Store::new(&settings)), clock);
    server.abort();
    outcome
}

/// A request with its body, whose length it states.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        stream.read_buf(&mut request).await.unwrap();
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return text.into_owned();
            }
        }
    }
}

/// The value of a header of a request.
fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let lines = request.lines().map_while(|line| if line.is_empty() { None } else { Some(line) });
    lines.filter_map(|line| line.split_once(": ")).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn address() -> Address {
    Address { bucket: "photos".into(), key: "in/ü a+b.jpg".into() }
}

async fn get(answer: Answer) -> Result<Vec<u8>, StoreError> {
    let (object, _) = exchange(answer, |store| async move { store.get(&address(), None, 100).await }).await;
    object.map(|object| object.bytes)
}

#[tokio::test]
async fn an_object_and_its_head() {
    let answer = Answer::Close(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"0a1b\"\r\nCache-Control: max-age=60\r\n\
         Content-Encoding: gzip\r\nx-amz-meta-Album: summer\r\n\r\nhello",
    );
    let (object, request) = exchange(answer, |store| async move { store.get(&address(), None, 100).await }).await;
    let object = object.unwrap();
    assert_eq!(object.bytes, b"hello");
    assert_eq!((object.head.length, object.head.etag.as_str()), (5, "0a1b"));
    assert_eq!(object.head.cache_control.as_deref(), Some("max-age=60"));
    assert_eq!(object.head.metadata, BTreeMap::from([("album".into(), "summer".into())]));
    assert!(request.starts_with("GET /photos/in/%C3%BC%20a%2Bb.jpg?x-id=GetObject "), "{request}");
    assert_eq!(header(&request, "x-amz-security-token"), Some("token"));
}

#[tokio::test]
async fn first_bytes_are_asked_for_as_a_range() {
    let answer = Answer::Close(
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/1000\r\nETag: \"0a1b\"\r\n\r\nhello",
    );
    let (object, request) = exchange(answer, |store| async move { store.peek(&address(), 5).await }).await;
    let object = object.unwrap();
    assert_eq!((object.head.length, object.bytes.as_slice()), (1000, &b"hello"[..]));
    assert_eq!(header(&request, "range"), Some("bytes=0-4"));
}

#[tokio::test]
async fn a_server_that_knows_no_ranges_is_not_read_to_its_end() {
    let answer = Answer::Hang("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhello and more");
    let (object, _) = exchange(answer, |store| async move { store.peek(&address(), 5).await }).await;
    assert_eq!(object.map(|object| (object.head.length, object.bytes)), Ok((1_000_000, b"hello".to_vec())));
}

#[tokio::test]
async fn one_version_alone_is_asked_for_on_its_etag() {
    let answer = Answer::Close("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"0a1b\"\r\n\r\n");
    let (_, request) = exchange(answer, |store| async move { store.get(&address(), Some("0a1b"), 100).await }).await;
    assert_eq!(header(&request, "if-match"), Some("\"0a1b\""));
}

#[tokio::test]
async fn writes_state_their_condition() {
    for (condition, name, value) in
        [(Condition::Absent, "if-none-match", "*"), (Condition::Etag("0a1b".into()), "if-match", "\"0a1b\"")]
    {
        let ok = || Answer::Close("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let object = NewObject { sha256: halver::sha256(b""), ..NewObject::default() };
        let put = |store: S3Store| {
            let condition = condition.clone();
            async move { store.put(&address(), &object, &condition).await }
        };
        let (_, request) = exchange(ok(), put).await;
        assert_eq!(header(&request, name), Some(value), "put: {condition:?}");
        if let Condition::Etag(_) = condition {
            let delete = |store: S3Store| async move { store.delete(&address(), &condition).await };
            let (_, request) = exchange(ok(), delete).await;
            assert_eq!(header(&request, name), Some(value), "delete");
        }
    }
}

#[tokio::test]
async fn trouble_has_a_kind_and_a_cause() {
    for (answer, kind, cause) in [
        (
            Answer::Close(
                "HTTP/1.1 404 Not Found\r\nContent-Length: 73\r\n\r\n<Error><Code>NoSuchKey</Code><Message>It is not there.</Message></Error>\r\n",
            ),
            StoreErrorKind::NoSuchKey,
            "404 NoSuchKey It is not there.",
        ),
        (
            Answer::Close(
                "HTTP/1.1 503 Slow Down\r\nContent-Length: 42\r\n\r\n<Error><Code>SlowDown</Code></Error>      ",
            ),
            StoreErrorKind::Throttled,
            "503 SlowDown",
        ),
        (
            Answer::Close("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
            StoreErrorKind::AccessDenied,
            "may not list",
        ),
        (
            Answer::Close("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"),
            StoreErrorKind::Broken,
            "end of file before message",
        ),
        (Answer::Close("HTTP/1.1 200 OK\r\n\r\nhello"), StoreErrorKind::Broken, "no Content-Length"),
        (
            Answer::Close("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx-amz-checksum-crc32: AAAAAA==\r\n\r\nhello"),
            StoreErrorKind::Broken,
            "checksum",
        ),
        (Answer::Close(""), StoreErrorKind::Unreachable, "connection closed before message completed"),
        (Answer::Close("220 mail.example ESMTP\r\n"), StoreErrorKind::Unreachable, "invalid HTTP version"),
    ] {
        let error = get(answer).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.detail.contains(cause), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_not_waited_for() {
    let error = get(Answer::Hang("")).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn a_body_that_stops_is_not_waited_for() {
    let error = get(Answer::Hang("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Timeout, "{error}");
    assert!(error.detail.contains("after 5 of 9 bytes"), "{error}");
}

#[tokio::test]
async fn nobody_there_is_transient() {
    let settings = S3Settings {
        // Port 1 of the loopback: nothing listens there.
        endpoint: Some("http://127.0.0.1:1".into()),
        region: "us-east-1".into(),
        access_key_id: "id".into(),
        secret_access_key: "secret".into(),
        session_token: None,
    };
    let error = S3Store::new(&settings).delete(&address(), &Condition::None).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unreachable, "{error}");
    assert!(error.detail.contains("refused"), "{error}");
}

#[tokio::test]
async fn a_put_says_what_the_bytes_are() {
    let object = NewObject {
        bytes: b"hello"[..].into(),
        sha256: halver::sha256(b"hello"),
        carried: Carried {
            content_type: "image/png".into(),
            metadata: BTreeMap::from([("halver-recipe".into(), "0123".into())]),
            cache_control: Some("max-age=60".into()),
            content_language: Some("de".into()),
            tags: BTreeMap::from([("album".into(), "sommer & süd".into())]),
            storage_class: Some("STANDARD_IA".into()),
            ..Carried::default()
        },
    };
    let answer = Answer::Close("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let (done, request) =
        exchange(answer, |store| async move { store.put(&address(), &object, &Condition::None).await }).await;
    assert_eq!(done, Ok(String::new()));
    for (name, value) in [
        ("content-type", Some("image/png")),
        ("content-length", Some("5")),
        ("content-language", Some("de")),
        ("content-disposition", None),
        // A body sent in chunks with a trailing checksum is refused by some servers.
        ("content-encoding", None),
        ("cache-control", Some("max-age=60")),
        ("x-amz-checksum-sha256", Some("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")),
        ("x-amz-meta-halver-recipe", Some("0123")),
        ("x-amz-tagging", Some("album=sommer%20%26%20s%C3%BCd")),
        ("x-amz-storage-class", Some("STANDARD_IA")),
        ("if-none-match", None),
        ("if-match", None),
    ] {
        assert_eq!(header(&request, name), value, "{name}");
    }
    assert!(request.ends_with("\r\n\r\nhello"), "{request}");
}
