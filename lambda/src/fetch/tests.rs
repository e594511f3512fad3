//! The fetcher against servers on the loopback that answer, redirect, break off or say nothing, as they are told to.

use std::net::{IpAddr, Ipv4Addr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;

/// What the server does with one request.
#[derive(Clone)]
enum Answer {
    /// Sends this and closes.
    Close(String),
    /// Sends this, and then nothing for ever.
    Hang(String),
}

fn close(text: &str) -> Answer {
    Answer::Close(text.to_owned())
}

fn redirect(to: &str) -> Answer {
    Answer::Close(format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"))
}

/// A resolver that knows these addresses, whatever is asked for.
#[derive(Clone, Debug)]
struct Known(Vec<IpAddr>);

impl ResolveDns for Known {
    fn resolve_dns<'a>(&'a self, _: &'a str) -> aws_smithy_runtime_api::client::dns::DnsFuture<'a> {
        aws_smithy_runtime_api::client::dns::DnsFuture::ready(Ok(self.0.clone()))
    }
}

fn far() -> Instant {
    Instant::now() + Duration::from_secs(900)
}

/// What comes of fetching `url`, in which `PORT` stands for the server's, without any restriction, while the server
/// answers one connection after the other; and the requests that it read. Once an answer hangs, time stands still, and
/// so every wait is over at once.
async fn fetch(url: &str, max_bytes: u64, answers: Vec<Answer>) -> (Result<Vec<u8>, FetchError>, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let (read, mut requests) = mpsc::unbounded_channel();
    let fill = port.clone();
    let server = tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read_request(&mut stream).await;
            let (Answer::Close(text) | Answer::Hang(text)) = &answer;
            stream.write_all(text.replace("PORT", &fill).as_bytes()).await.unwrap();
            read.send(request).unwrap();
            if let Answer::Hang(_) = answer {
                // Long enough for the client to read what was sent.
                tokio::time::sleep(Duration::from_millis(200)).await;
                tokio::time::pause();
                std::future::pending::<()>().await;
            }
        }
    });
    let result = Fetcher::new(UrlPolicy::Unrestricted).get(&url.replace("PORT", &port), max_bytes, far()).await;
    server.abort();
    requests.close();
    let mut read = Vec::new();
    while let Some(request) = requests.recv().await {
        read.push(request);
    }
    (result, read)
}

/// The head of a request.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "no request");
    }
    String::from_utf8(request).unwrap()
}

async fn fetch_one(answer: Answer) -> Result<Vec<u8>, FetchError> {
    fetch("http://127.0.0.1:PORT/a.jpg?secret#secret", 10, vec![answer]).await.0
}

#[tokio::test]
async fn an_image_and_how_it_is_asked_for() {
    let answer = close("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    let (bytes, requests) = fetch("http://127.0.0.1:PORT/ü a.jpg?signature=x#part", 5, vec![answer]).await;
    assert_eq!(bytes.unwrap(), b"hello");
    let request = requests[0].to_ascii_lowercase();
    assert!(request.starts_with("get /%c3%bc%20a.jpg?signature=x http/1.1\r\n"), "{request}");
    for line in ["\r\naccept: image/jpeg, ", "\r\naccept-encoding: identity\r\n", "\r\nuser-agent: halver/"] {
        assert!(request.contains(line), "{line:?} in {request}");
    }
    for name in ["cookie:", "authorization:", "referer:"] {
        assert!(!request.contains(name), "{name:?} in {request}");
    }
}

#[test]
fn every_format_of_ours_is_asked_for() {
    for format in halver::Format::ALL {
        assert!(ACCEPT.contains(format.media_type()), "{format}");
    }
}

#[tokio::test]
async fn bytes_are_counted() {
    for (answer, expected) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", Ok(10)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Ok(0)),
        ("HTTP/1.1 204 No Content\r\n\r\n", Ok(0)),
        ("HTTP/1.1 200 OK\r\n\r\n0123456789", Ok(10)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n", Ok(10)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890", Err("11 bytes, 10 are allowed")),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n0", Err("9223372036854775807 bytes")),
        ("HTTP/1.1 200 OK\r\n\r\n01234567890", Err("more than 0 bytes, 10 are allowed")),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n",
            Err("more than 8 bytes, 10 are allowed"),
        ),
    ] {
        match (fetch_one(close(answer)).await, expected) {
            (Ok(bytes), expected) => assert_eq!(Ok(bytes.len()), expected, "{answer}"),
            (Err(error), expected) => {
                assert_eq!((error.code(), error.is_transient()), ("url-too-large", false), "{answer}: {error}");
                assert!(expected.is_err_and(|detail| error.detail.starts_with(detail)), "{answer}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn trouble_has_a_code_and_a_cause() {
    for (answer, code, transient, cause) in [
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "url-status", false, "404"),
        ("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", "url-status", false, "410"),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "url-status", false, "403"),
        ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "url-status", false, "401"),
        ("HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\nx", "url-status", false, "206"),
        ("HTTP/1.1 300 Multiple Choices\r\nContent-Length: 0\r\n\r\n", "url-status", false, "300"),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", "url-status", false, "304"),
        ("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", "url-status", true, "408"),
        ("HTTP/1.1 425 Too Early\r\nContent-Length: 0\r\n\r\n", "url-status", true, "425"),
        ("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", "url-status", true, "429"),
        ("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", "url-status", true, "500"),
        ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "url-status", true, "503"),
        ("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "url-redirects", false, "no Location"),
        ("HTTP/1.1 302 Found\r\nLocation: http://\r\n\r\n", "url-redirects", false, "no Location"),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
            "url-encoding",
            false,
            "Content-Encoding",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "url-broken", true, "end of file before message"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "url-broken", true, "end of file"),
        ("", "url-broken", true, "connection closed before message completed"),
        ("220 mail.example ESMTP\r\n", "url-broken", true, "invalid HTTP version"),
    ] {
        let error = fetch_one(close(answer)).await.unwrap_err();
        assert_eq!((error.code(), error.is_transient()), (code, transient), "{answer:?}: {error}");
        assert!(error.detail.contains(cause), "{answer:?}: {error}");
    }
    let identity = "HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\nContent-Length: 5\r\n\r\nhello";
    assert_eq!(fetch_one(close(identity)).await.unwrap(), b"hello");
}

#[tokio::test]
async fn what_never_comes_is_not_waited_for() {
    for (answer, cause) in [
        ("", "no answer within 20s"),
        ("HTTP/1.1 200 OK\r\n", "no answer within 20s"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "after 5 bytes"),
    ] {
        let error = fetch_one(Answer::Hang(answer.to_owned())).await.unwrap_err();
        assert_eq!((error.code(), error.is_transient()), ("url-timeout", true), "{answer:?}: {error}");
        assert!(error.detail.contains(cause), "{answer:?}: {error}");
        tokio::time::resume();
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_all_waits() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let deadline = Instant::now() + Duration::from_millis(700);
    let error = Fetcher::new(UrlPolicy::Unrestricted).get(&url, 10, deadline).await.unwrap_err();
    assert_eq!((error.code(), Instant::now() - deadline < Duration::from_millis(100)), ("url-timeout", true));
    assert!(error.to_string().contains("ran out"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_not_made_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // It is taken, but no TLS is ever agreed on.
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let start = Instant::now();
    let error = Fetcher::new(UrlPolicy::Unrestricted).get(&url, 10, far()).await.unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("url-timeout", true), "{error}");
    assert_eq!(start.elapsed().as_secs(), CONNECT.as_secs(), "{error}");
}

#[tokio::test]
async fn nobody_there_is_transient() {
    // Port 1 of the loopback: nothing listens there.
    let error = Fetcher::new(UrlPolicy::Unrestricted).get("http://127.0.0.1:1/a", 10, far()).await.unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("url-unreachable", true), "{error}");
    assert!(error.detail.contains("refused"), "{error}");
}

#[tokio::test]
async fn redirects_are_followed_three_times() {
    let image = close("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    let three = vec![redirect("/b"), redirect("http://127.0.0.1:PORT/c?d#e"), redirect("?f"), image];
    let (bytes, requests) = fetch("http://127.0.0.1:PORT/a", 5, three).await;
    assert_eq!(bytes.unwrap(), b"hello");
    let targets: Vec<_> = requests.iter().map(|request| request.split(' ').nth(1).unwrap()).collect();
    assert_eq!(targets, ["/a", "/b", "/c?d", "/c?f"]);
    let (error, requests) = fetch("http://127.0.0.1:PORT/a?secret", 5, vec![redirect("/a?secret#secret"); 9]).await;
    let error = error.unwrap_err();
    assert_eq!((error.code(), error.is_transient(), requests.len()), ("url-redirects", false, 4), "{error}");
    assert_eq!(error.trail.len(), 5);
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn every_kind_of_redirect_is_one() {
    for status in [301, 302, 303, 307, 308] {
        let moved = Answer::Close(format!("HTTP/1.1 {status} Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"));
        let image = close("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
        let (bytes, _) = fetch("http://127.0.0.1:PORT/a", 1, vec![moved, image]).await;
        assert_eq!(bytes.unwrap(), b"x", "{status}");
    }
}

#[tokio::test]
async fn redirects_are_judged_like_the_first_url() {
    for (to, code) in [
        ("ftp://127.0.0.1/", "url-scheme"),
        ("file:///etc/passwd", "url-scheme"),
        ("http://secret@127.0.0.1:PORT/?secret", "url-credentials"),
        ("//secret:secret@127.0.0.1:PORT/", "url-credentials"),
    ] {
        let (error, requests) = fetch("http://127.0.0.1:PORT/a?secret", 5, vec![redirect(to); 2]).await;
        let error = error.unwrap_err();
        assert_eq!((error.code(), requests.len(), error.trail.len()), (code, 1, 2), "{to}: {error}");
        assert!(!error.to_string().contains("secret"), "{to}: {error}");
    }
}

#[tokio::test]
async fn only_public_hosts_are_asked_over_https() {
    let public = |addresses: &[&str]| {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        Fetcher::with(UrlPolicy::PublicHttps, Known(addresses), tls::TlsContext::default())
    };
    for (url, addresses, code, shown) in [
        ("http://images.example/a?secret", vec!["8.8.8.8"], "url-scheme", "expected https"),
        ("https://127.0.0.1/a?secret", vec!["8.8.8.8"], "url-address", "127.0.0.1"),
        ("https://[::1]/a?secret", vec!["8.8.8.8"], "url-address", "::1"),
        ("https://localhost/a?secret", vec!["127.0.0.1", "::1"], "url-address", "its name leads to 127.0.0.1"),
        ("https://rebound.example/a?secret", vec!["169.254.169.254"], "url-address", "leads to 169.254.169.254"),
        ("https://rebound.example/a?secret", vec!["::ffff:10.0.0.1", "fd00:ec2::254"], "url-address", "10.0.0.1"),
        ("https://none.example/a?secret", vec![], "url-host", "has no address"),
        ("secret", vec![], "url-malformed", "relative URL without a base"),
    ] {
        let error = public(&addresses).get(url, 5, far()).await.unwrap_err();
        assert_eq!((error.code(), error.is_transient()), (code, false), "{url}: {error}");
        assert!(error.detail.contains(shown) && !error.to_string().contains("secret"), "{url}: {error}");
    }
}

#[tokio::test]
async fn of_a_mixed_answer_only_public_addresses_are_connected_to() {
    let inner = Known(["127.0.0.1", "8.8.8.8", "::1", "2606:4700::1", "10.0.0.1"].map(|a| a.parse().unwrap()).into());
    let all = inner.0.clone();
    let filtered = |policy| Filtered { inner: inner.clone(), policy };
    let resolved = filtered(UrlPolicy::PublicHttps).resolve_dns("rebound.example").await.unwrap();
    assert_eq!(resolved, ["8.8.8.8", "2606:4700::1"].map(|a| a.parse::<IpAddr>().unwrap()));
    assert_eq!(filtered(UrlPolicy::Unrestricted).resolve_dns("rebound.example").await.unwrap(), all);
}

#[tokio::test]
async fn the_systems_resolver_is_filtered_too() {
    let error = Fetcher::new(UrlPolicy::PublicHttps).get("https://localhost/a", 5, far()).await.unwrap_err();
    assert_eq!(error.code(), "url-address", "{error}");
}

mod tls_servers;
