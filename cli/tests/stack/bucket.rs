//! What the embedded S3 does by itself.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, Delete, MetadataDirective, ObjectIdentifier};
use halver_cli::stack::Stack;
use hyper::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::machine::{Folder, Machine, PATIENCE, get, send, settings};

/// A machine with the bucket `shelf`, which nobody watches.
async fn shelf() -> (Machine, Client) {
    let machine = Machine::start().await;
    let client = machine.client.clone();
    client.create_bucket().bucket("shelf").send().await.unwrap();
    (machine, client)
}

async fn put(client: &Client, key: &str, text: &str) {
    client.put_object().bucket("shelf").key(key).body(text.as_bytes().to_vec().into()).send().await.unwrap();
}

/// The code of an error, and the status it came with.
macro_rules! refusal {
    ($request:expr) => {{
        let error = $request.send().await.unwrap_err();
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        (error.code().unwrap_or_default().to_owned(), status)
    }};
}

/// `code` and `status`, as [`refusal`] gives them.
fn is(code: &str, status: u16) -> (String, u16) {
    (code.to_owned(), status)
}

#[tokio::test]
async fn what_is_not_there() {
    let (machine, client) = shelf().await;
    assert_eq!(refusal!(client.get_object().bucket("nowhere").key("a")), is("NoSuchBucket", 404));
    assert_eq!(refusal!(client.put_object().bucket("nowhere").key("a")), is("NoSuchBucket", 404));
    assert_eq!(refusal!(client.list_objects_v2().bucket("nowhere")), is("NoSuchBucket", 404));
    assert_eq!(refusal!(client.get_object().bucket("shelf").key("a")), is("NoSuchKey", 404));
    assert_eq!(refusal!(client.head_bucket().bucket("nowhere")), is("NotFound", 404));
    client.delete_object().bucket("shelf").key("a").send().await.unwrap();
    put(&client, "a", "").await;
    assert_eq!(refusal!(client.delete_bucket().bucket("shelf")), is("BucketNotEmpty", 409));
    let delete = Delete::builder().objects(ObjectIdentifier::builder().key("a").build().unwrap()).build().unwrap();
    let deleted = client.delete_objects().bucket("shelf").delete(delete).send().await.unwrap();
    assert_eq!(deleted.deleted()[0].key(), Some("a"));
    client.delete_bucket().bucket("shelf").send().await.unwrap();
    assert_eq!(refusal!(client.list_objects().bucket("shelf")), is("NoSuchBucket", 404));
    machine.stack.stop().await;
}

#[tokio::test]
async fn listing() {
    let (machine, client) = shelf().await;
    for key in ["a", "a/b", "dir/ü 1+2", "dir/y/z", "dir/", "e"] {
        put(&client, key, key).await;
    }
    let mut keys = Vec::new();
    let mut pages = client.list_objects_v2().bucket("shelf").max_keys(4).into_paginator().send();
    while let Some(page) = pages.next().await {
        keys.extend(page.unwrap().contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    assert_eq!(keys, ["a", "a/b", "dir/", "dir/y/z", "dir/ü 1+2", "e"]);

    let folder = client.list_objects_v2().bucket("shelf").prefix("dir/").delimiter("/").send().await.unwrap();
    let keys: Vec<_> = folder.contents().iter().filter_map(|object| object.key()).collect();
    let prefixes: Vec<_> = folder.common_prefixes().iter().filter_map(|prefix| prefix.prefix()).collect();
    assert_eq!((keys, prefixes), (vec!["dir/", "dir/ü 1+2"], vec!["dir/y/"]));

    let encoded = client.list_objects().bucket("shelf").prefix("dir/ü").encoding_type("url".into());
    let encoded = encoded.send().await.unwrap();
    assert_eq!(encoded.contents()[0].key(), Some("dir/%C3%BC%201%2B2"));
    machine.stack.stop().await;
}

#[tokio::test]
async fn ranges_and_conditional_reads() {
    let (machine, client) = shelf().await;
    put(&client, "digits", "0123456789").await;
    let get = || client.get_object().bucket("shelf").key("digits");
    for (range, bytes, content_range) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
    ] {
        let got = get().range(range).send().await.unwrap();
        assert_eq!(got.content_range(), Some(content_range));
        assert_eq!(got.body.collect().await.unwrap().to_vec(), bytes.as_bytes(), "{range}");
    }
    assert_eq!(refusal!(get().range("bytes=10-")), is("InvalidRange", 416));
    let etag = client.head_object().bucket("shelf").key("digits").send().await.unwrap().e_tag().unwrap().to_owned();
    assert_eq!(refusal!(get().if_none_match(&etag)).1, 304);
    assert_eq!(refusal!(client.head_object().bucket("shelf").key("digits").if_none_match(&etag)).1, 304);
    assert_eq!(refusal!(get().if_match("\"other\"")), is("PreconditionFailed", 412));
    get().if_match(&etag).if_none_match("\"other\"").send().await.unwrap();
    machine.stack.stop().await;
}

#[tokio::test]
async fn of_racing_conditional_writes_exactly_one_wins() {
    let (machine, client) = shelf().await;
    for round in 0..5 {
        let key = format!("race {round}");
        let writes: Vec<_> = (0..16)
            .map(|writer: u8| {
                let put = client.put_object().bucket("shelf").key(&key).if_none_match("*");
                let put = put.body(vec![writer; 1000].into());
                tokio::spawn(async move { put.send().await.map(|_| writer) })
            })
            .collect();
        let mut winners = Vec::new();
        for write in writes {
            match write.await.unwrap() {
                Ok(writer) => winners.push(writer),
                Err(error) => assert_eq!(error.code(), Some("PreconditionFailed")),
            }
        }
        let [winner] = winners[..] else { panic!("{} winners", winners.len()) };
        assert_eq!(machine.get("shelf", &key).await.0, [winner; 1000]);
    }
    machine.stack.stop().await;
}

#[tokio::test]
async fn headers_metadata_and_checksums_are_kept_and_copied() {
    let (machine, client) = shelf().await;
    let put = client.put_object().bucket("shelf").key("a").content_type("text/x").cache_control("max-age=1");
    let put = put.content_disposition("inline").content_language("ko").content_encoding("aws-chunked,gzip");
    let sum = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    put.metadata("one", "1").checksum_sha256(sum).body(ByteStream::from_static(b"abc")).send().await.unwrap();
    client.copy_object().copy_source("shelf/a").bucket("shelf").key("b").send().await.unwrap();
    for key in ["a", "b"] {
        let head = client.head_object().bucket("shelf").key(key).checksum_mode(ChecksumMode::Enabled);
        let head = head.send().await.unwrap();
        assert_eq!((head.content_type(), head.cache_control()), (Some("text/x"), Some("max-age=1")), "{key}");
        assert_eq!((head.content_disposition(), head.content_language()), (Some("inline"), Some("ko")), "{key}");
        assert_eq!(head.content_encoding(), Some("gzip"), "{key}");
        assert_eq!(head.metadata().unwrap()["one"], "1", "{key}");
        assert_eq!(head.e_tag(), Some("\"900150983cd24fb0d6963f7d28e17f72\""), "{key}");
        assert_eq!(head.checksum_sha256(), (key == "a").then_some(sum));
    }
    let onto_itself = client.copy_object().copy_source("shelf/a").bucket("shelf").key("a");
    assert_eq!(refusal!(onto_itself.clone()), is("InvalidRequest", 400));
    onto_itself.metadata_directive(MetadataDirective::Replace).metadata("two", "2").send().await.unwrap();
    let head = client.head_object().bucket("shelf").key("a").send().await.unwrap();
    assert_eq!(head.metadata().unwrap().keys().collect::<Vec<_>>(), ["two"]);
    machine.stack.stop().await;
}

#[tokio::test]
async fn metadata_has_two_kilobytes_at_most() {
    let (machine, client) = shelf().await;
    let put = |length: usize| client.put_object().bucket("shelf").key("a").metadata("name", "x".repeat(length));
    put(2044).send().await.unwrap();
    assert_eq!(refusal!(put(2045)), is("MetadataTooLarge", 400));
    let upload = client.create_multipart_upload().bucket("shelf").key("a").metadata("name", "x".repeat(2045));
    assert_eq!(refusal!(upload), is("MetadataTooLarge", 400));
    machine.stack.stop().await;
}

#[tokio::test]
async fn wrong_checksums_store_nothing() {
    let (machine, client) = shelf().await;
    let put = || client.put_object().bucket("shelf").key("a").body(ByteStream::from_static(b"abc"));
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_eq!(refusal!(put().checksum_sha256(zeros)), is("BadDigest", 400));
    assert_eq!(refusal!(put().checksum_crc32("AAAAAA==")), is("BadDigest", 400));
    assert_eq!(refusal!(put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==")), is("BadDigest", 400));
    assert_eq!(refusal!(client.get_object().bucket("shelf").key("a")), is("NoSuchKey", 404));
    assert_eq!(std::fs::read_dir(machine.data.join("buckets/.incoming")).unwrap().count(), 0);
    machine.stack.stop().await;
}

#[tokio::test]
async fn a_streamed_body_with_its_checksum_behind_it() {
    let (machine, client) = shelf().await;
    let file = machine.data.join("large");
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    std::fs::write(&file, &bytes).unwrap();
    let body = ByteStream::from_path(&file).await.unwrap();
    client.put_object().bucket("shelf").key("large").body(body).send().await.unwrap();
    let got = client.get_object().bucket("shelf").key("large").checksum_mode(ChecksumMode::Enabled);
    let got = got.send().await.unwrap();
    assert_eq!(got.content_encoding(), None);
    assert!(got.checksum_crc32().is_some(), "{got:?}");
    assert!(got.body.collect().await.unwrap().to_vec() == bytes);
    machine.stack.stop().await;
}

#[tokio::test]
async fn an_empty_body_that_waits_for_a_100_ends_its_connection() {
    let (machine, client) = shelf().await;
    let put = client.put_object().bucket("shelf").key("empty").content_length(0);
    let put = put.presigned(PresigningConfig::expires_in(PATIENCE).unwrap()).await.unwrap();
    let (host, path) = put.uri().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let headers: String = put.headers().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    assert!(headers.to_lowercase().contains("content-length: 0"), "{headers}");
    let request = format!("PUT /{path} HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\n{headers}\r\n");
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
    read.expect("the connection stays open").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("connection: close"), "{answer}");
    machine.stack.stop().await;
}

#[tokio::test]
async fn nobody_without_the_secret_gets_in() {
    let (machine, client) = shelf().await;
    put(&client, "a", "secret").await;
    let other = client.config().to_builder().credentials_provider(Credentials::new("halver", "no", None, None, "test"));
    let other = Client::from_conf(other.build());
    assert_eq!(refusal!(other.get_object().bucket("shelf").key("a")), is("SignatureDoesNotMatch", 403));
    let anonymous = send(get(&format!("{}/shelf/a", machine.stack.s3_url()))).await;
    assert_eq!(anonymous.status(), StatusCode::FORBIDDEN);
    machine.stack.stop().await;
}

#[tokio::test]
async fn only_the_page_may_ask_across_origins() {
    let machine = Machine::start().await;
    let page = machine.stack.page_url();
    let url = format!("{}/sample/a", machine.stack.s3_url());
    let preflight = |origin: &str| {
        let mut request = get(&url);
        *request.method_mut() = Method::OPTIONS;
        let headers = request.headers_mut();
        headers.insert("origin", origin.parse().unwrap());
        headers.insert("access-control-request-method", "PUT".parse().unwrap());
        headers.insert("access-control-request-headers", "content-type,x-amz-checksum-sha256".parse().unwrap());
        request
    };
    let allowed = send(preflight(&page)).await;
    assert_eq!(allowed.status(), 200);
    assert_eq!(allowed.headers()["access-control-allow-origin"], page.as_str());
    assert_eq!(send(preflight("http://elsewhere.example")).await.status(), 403);

    let mut request = get(&url);
    request.headers_mut().insert("origin", page.parse().unwrap());
    let answer = send(request).await;
    assert_eq!(answer.headers()["access-control-allow-origin"], page.as_str());
    assert!(answer.headers()["access-control-expose-headers"].to_str().unwrap().contains("ETag"));
    machine.stack.stop().await;
}

#[tokio::test]
async fn objects_outlive_a_restart() {
    let (machine, client) = shelf().await;
    put(&client, "ü/a", "old").await;
    put(&client, "ü/a", "kept").await;
    let Machine { stack, data, .. } = machine;
    stack.stop().await;
    let shelf = data.join("buckets/shelf");
    let files = || std::fs::read_dir(shelf.join("objects")).unwrap().count();
    assert_eq!(files(), 1, "replaced bytes are left");
    // What a crash may leave: bytes that wait for their metadata, and metadata without its bytes.
    std::fs::write(shelf.join("objects/00-%C3%BC%2Fa"), "new").unwrap();
    let json = std::fs::read_to_string(shelf.join("metadata/%C3%BC%2Fa.json")).unwrap();
    std::fs::write(shelf.join("metadata/torn.json"), json.replace("ü/a", "torn").replace("-%C3", "-%C4")).unwrap();
    let settings = settings(&data);
    let machine = Machine::open(data, settings).await;
    assert_eq!(machine.get("shelf", "ü/a").await.0, b"kept");
    assert_eq!(refusal!(machine.client.get_object().bucket("shelf").key("torn")), is("NoSuchKey", 404));
    assert_eq!(files(), 1, "bytes without metadata are left");
    machine.stack.stop().await;
}

#[tokio::test]
async fn what_is_strange_among_the_buckets_does_not_stop_the_start() {
    let data = Folder::new();
    let buckets = data.join("buckets");
    std::fs::create_dir_all(buckets.join("half-made/objects")).unwrap();
    std::fs::create_dir_all(buckets.join("Lost+Found")).unwrap();
    std::fs::create_dir_all(buckets.join("odd/metadata/folder.json")).unwrap();
    std::fs::write(buckets.join("odd/metadata/unreadable.json"), "{").unwrap();
    std::fs::create_dir_all(buckets.join("odd/objects")).unwrap();
    std::fs::write(buckets.join("odd/objects/whose"), "?").unwrap();
    let settings = settings(&data);
    let machine = Machine::open(data, settings).await;
    let listed = machine.client.list_buckets().send().await.unwrap();
    let names: Vec<_> = listed.buckets().iter().filter_map(|bucket| bucket.name()).collect();
    assert_eq!(names, ["half-made", "odd", "sample", "sample-resized"]);
    let put = machine.client.put_object().bucket("half-made").key("a").body(ByteStream::from_static(b"a"));
    put.send().await.unwrap();
    assert!(buckets.join("odd/objects/whose").exists(), "unreadable metadata may name it");
    machine.stack.stop().await;
}

#[tokio::test]
async fn trouble_in_the_data_folder_is_told_with_its_place() {
    let data = Folder::new();
    std::fs::create_dir_all(data.join("buckets/shelf")).unwrap();
    std::fs::write(data.join("buckets/shelf/metadata"), "in the way").unwrap();
    let Err(error) = Stack::start(settings(&data)).await else { panic!("it started") };
    assert!(error.to_string().contains("metadata: "), "{error}");
}
