//! A stack on fresh data, and what the tests do with it.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use halver_cli::stack::{Line, Notice, Settings, Stack};
use halver_lambda::{FailureRecord, marker};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response};
use tokio::sync::broadcast;

use crate::http;

/// How long anything may take before a test fails; far longer than it does.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A folder that is removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("halver-test-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The function's binary.
pub(crate) fn function() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_halver")).with_file_name("bootstrap");
    assert!(program.is_file(), "no function at {}: run `cargo build -p halver-lambda` first", program.display());
    program
}

/// An image of the core's own corpus.
pub(crate) fn corpus(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/corpus").join(name);
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A JPEG that says of itself to be arithmetic-coded, which is not decoded here.
pub(crate) fn arithmetic_coded() -> Vec<u8> {
    let mut photo = corpus("photo-grey.jpg");
    let frame = photo.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    photo[frame + 1] = 0xC9;
    photo
}

/// Settings on `data`, with a page of one line and free ports.
pub(crate) fn settings(data: &Path) -> Settings {
    let page = data.join("page");
    std::fs::create_dir_all(&page).unwrap();
    std::fs::write(page.join("index.html"), "<!doctype html><title>Halver</title>").unwrap();
    std::fs::write(page.join("halver.wasm"), b"\0asm").unwrap();
    Settings {
        data: data.to_owned(),
        port: 0,
        bucket: "sample".to_owned(),
        function: function(),
        megabytes: 1024,
        page,
        retry_delay: Duration::from_millis(100),
        timeout: Duration::from_secs(30),
        init_timeout: Duration::from_secs(30),
    }
}

/// A running stack.
pub(crate) struct Machine {
    pub(crate) stack: Stack,
    pub(crate) client: Client,
    pub(crate) notices: broadcast::Receiver<Notice>,
    // Behind the stack, so that it is removed after the stack has gone.
    pub(crate) data: Folder,
}

impl Machine {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// A stack whose settings `change` changes.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let data = Folder::new();
        let mut settings = settings(&data);
        change(&mut settings);
        Self::open(data, settings).await
    }

    pub(crate) async fn open(data: Folder, settings: Settings) -> Self {
        let stack = Stack::start(settings).await.unwrap();
        let (client, notices) = (stack.client(), stack.notices());
        Self { stack, client, notices, data }
    }

    /// Puts `bytes` under `key` into the watched bucket, with a type that says nothing.
    pub(crate) async fn put(&self, key: &str, bytes: Vec<u8>) {
        self.client.put_object().bucket("sample").key(key).body(ByteStream::from(bytes)).send().await.unwrap();
    }

    /// The bytes, type and metadata of an object.
    pub(crate) async fn get(&self, bucket: &str, key: &str) -> (Vec<u8>, String, HashMap<String, String>) {
        let got = self.client.get_object().bucket(bucket).key(key).send().await.unwrap();
        let media_type = got.content_type().unwrap_or_default().to_owned();
        let metadata = got.metadata().cloned().unwrap_or_default();
        (got.body.collect().await.unwrap().to_vec(), media_type, metadata)
    }

    /// Waits for a notice that `wanted` takes.
    pub(crate) async fn until<T>(&mut self, wanted: impl Fn(&Notice) -> Option<T>) -> T {
        let wait = async {
            loop {
                if let Some(found) = wanted(&self.notices.recv().await.unwrap()) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the notice never came")
    }

    /// Waits for the function's last word on `key`.
    pub(crate) async fn line(&mut self, key: &str) -> Line {
        self.until(|notice| match notice {
            Notice::Line(line) if line.is_of("sample", key) && line.event != "handed-back" => Some((**line).clone()),
            Notice::DeadLetter { .. } | Notice::GivenUp => panic!("{notice}"),
            _ => None,
        })
        .await
    }

    /// Waits for the half of `key` and compares it with what the core makes of `source` here.
    pub(crate) async fn expect_half(&mut self, key: &str, source: &[u8]) {
        let line = self.line(key).await;
        assert_eq!(line.event, "halved", "{line}");
        let expected = halver::halve(source, &halver::Options::default()).unwrap();
        let (bytes, media_type, metadata) = self.get("sample-resized", key).await;
        assert!(bytes == expected.bytes, "{key}: {} bytes, expected {}", bytes.len(), expected.bytes.len());
        assert_eq!(media_type, expected.format.media_type(), "{key}");
        assert_eq!(metadata[marker::META_SHA256], expected.sha256(), "{key}");
        assert_eq!(metadata[marker::META_SOURCE_SHA256], halver::sha256(source), "{key}");
    }

    /// The failure record of `key`.
    pub(crate) async fn failure_record(&self, key: &str) -> FailureRecord {
        let (json, media_type, _) = self.get("sample-resized", &marker::failure_record_key(key)).await;
        assert_eq!(media_type, "application/json");
        serde_json::from_slice(&json).unwrap()
    }

    /// The dead letters, as JSON.
    pub(crate) fn dead_letters(&self) -> Vec<serde_json::Value> {
        let entries = std::fs::read_dir(self.data.join("dead-letter")).unwrap();
        entries.map(|entry| serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap()).collect()
    }

    /// Events that are not done.
    pub(crate) fn waiting(&self) -> usize {
        std::fs::read_dir(self.data.join("queue")).unwrap().count()
    }
}

/// Sends one request over a connection of its own.
pub(crate) async fn send(request: Request<Full<Bytes>>) -> Response<Bytes> {
    http::exchange(request).await.unwrap()
}

/// A request without a body.
pub(crate) fn get(url: &str) -> Request<Full<Bytes>> {
    Request::get(url).body(Full::default()).unwrap()
}
