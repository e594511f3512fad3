//! A bucket on an S3 server, and the real function that halves what lies in it, with a proxy between the two.
//!
//! Events are made here: they say what S3's say, in S3's words.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use halver_lambda::{FailureRecord, marker};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::lambda::{Lambda, Reply};
use crate::peer::Peer;
use crate::proxy::{self, Plan, Proxy};

/// What an object is: its bytes, and what is said of it.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    pub(crate) media_type: String,
    pub(crate) cache_control: Option<String>,
    pub(crate) metadata: HashMap<String, String>,
}

/// A bucket, its result bucket, and the function.
pub(crate) struct World {
    pub(crate) peer: Peer,
    pub(crate) client: Client,
    pub(crate) bucket: String,
    pub(crate) proxy: Proxy,
    pub(crate) lambda: Lambda,
    sequencer: AtomicU64,
}

impl World {
    /// Fresh buckets on `peer`, and one process of the function.
    pub(crate) async fn on(peer: Peer) -> Self {
        Self::with(peer, proxy::smooth(), 1).await
    }

    /// Fresh buckets on `peer`, and so many processes of the function, which see the trouble of `plan`.
    pub(crate) async fn with(peer: Peer, plan: Plan, processes: usize) -> Self {
        let client = peer.client();
        let bucket = format!("test-{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        for bucket in [bucket.clone(), format!("{bucket}-resized")] {
            client.create_bucket().bucket(bucket).send().await.unwrap();
        }
        let proxy = Proxy::start(&peer.address, plan).await;
        let environment = vec![
            ("AWS_ENDPOINT_URL_S3", proxy.url()),
            ("AWS_ACCESS_KEY_ID", peer.access.clone()),
            ("AWS_SECRET_ACCESS_KEY", peer.secret.clone()),
        ];
        let lambda = Lambda::start(environment, processes, Duration::from_secs(50));
        proxy.kills_by(lambda.killer());
        Self { peer, client, bucket, proxy, lambda, sequencer: AtomicU64::new(0x0055_AED6_DCD9_0281) }
    }

    /// The bucket that halves go to.
    pub(crate) fn result_bucket(&self) -> String {
        format!("{}-resized", self.bucket)
    }

    /// Puts `bytes` under `key`; the event that S3 would send of it.
    pub(crate) async fn put(&self, key: &str, bytes: &[u8]) -> Value {
        let put = self.client.put_object().bucket(&self.bucket).key(key).cache_control("max-age=77");
        let put = put.metadata("album", "summer").body(ByteStream::from(bytes.to_vec()));
        let etag = put.send().await.unwrap().e_tag.unwrap();
        self.event(key, bytes.len(), etag.trim_matches('"'))
    }

    /// The event of an object, in the words of the S3 user guide's "Event message structure".
    pub(crate) fn event(&self, key: &str, size: usize, etag: &str) -> Value {
        let key = utf8_percent_encode(key, NON_ALPHANUMERIC).to_string().replace("%20", "+").replace("%2F", "/");
        let sequencer = format!("{:018X}", self.sequencer.fetch_add(1, Ordering::Relaxed));
        json!({ "Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
            "eventTime": "2026-01-01T00:00:00.000Z", "eventName": "ObjectCreated:Put",
            "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "test",
                "bucket": { "name": self.bucket, "arn": format!("arn:aws:s3:::{}", self.bucket) },
                "object": { "key": key, "size": size, "eTag": etag, "sequencer": sequencer },
            },
        }] })
    }

    /// Puts `bytes` under `key` and delivers the event.
    pub(crate) async fn put_and_deliver(&self, key: &str, bytes: &[u8]) -> Reply {
        let event = self.put(key, bytes).await;
        self.lambda.deliver(&event).await
    }

    /// What lies under `key` in the result bucket.
    pub(crate) async fn result(&self, key: &str) -> Option<Object> {
        let got = self.client.get_object().bucket(self.result_bucket()).key(key).send().await;
        let got = match got {
            Ok(got) => got,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => return None,
            Err(error) => panic!("{}: {key}: {error:?}", self.peer.name),
        };
        Some(Object {
            media_type: got.content_type().unwrap_or_default().to_owned(),
            cache_control: got.cache_control().map(str::to_owned),
            metadata: got.metadata().cloned().unwrap_or_default(),
            bytes: got.body.collect().await.unwrap().to_vec(),
        })
    }

    /// Why `key` has no half of `source` as it should, `None` where it has.
    pub(crate) async fn objection(&self, key: &str, source: &[u8]) -> Option<String> {
        let expected = halver::halve(source, &halver::Options::default()).unwrap();
        let Some(half) = self.result(key).await else { return Some("there is no half".to_owned()) };
        let said = |name: &str| half.metadata.get(name).map(String::as_str);
        for (what, is, should) in [
            ("SHA-256", Some(halver::sha256(&half.bytes)).as_deref(), expected.sha256().as_str()),
            ("type", Some(half.media_type.as_str()), expected.format.media_type()),
            ("Cache-Control", half.cache_control.as_deref(), "max-age=77"),
            ("album", said("album"), "summer"),
            (marker::META_SHA256, said(marker::META_SHA256), &expected.sha256()),
            (marker::META_SOURCE_SHA256, said(marker::META_SOURCE_SHA256), &halver::sha256(source)),
            (marker::META_RECIPE, said(marker::META_RECIPE), &halver::Options::default().recipe()),
        ] {
            if is != Some(should) {
                return Some(format!("{what} is {is:?}, not {should:?}"));
            }
        }
        None
    }

    /// That `key` has the half of `source`.
    pub(crate) async fn expect_half(&self, key: &str, source: &[u8]) {
        if let Some(objection) = self.objection(key, source).await {
            panic!("{}: {key}: {objection}; the log:\n{}", self.peer.name, self.lambda.log());
        }
    }

    /// The failure record of `key`.
    pub(crate) async fn failure_record(&self, key: &str) -> Option<FailureRecord> {
        let record = self.result(&marker::failure_record_key(key)).await?;
        assert_eq!(record.media_type, "application/json", "{}: {key}", self.peer.name);
        Some(serde_json::from_slice(&record.bytes).unwrap())
    }

    /// How many writes of halves S3 has taken since the proxy's last plan, by key (percent-encoded) and by the ETag of
    /// the source that each is of.
    pub(crate) fn writes(&self) -> HashMap<(String, String), usize> {
        let results = format!("/{}/", self.result_bucket());
        let mut writes = HashMap::new();
        for seen in self.proxy.seen() {
            let asked = &seen.asked;
            let etag = asked.headers.get(format!("x-amz-meta-{}", marker::META_SOURCE_ETAG));
            let key = asked.path.strip_prefix(&results);
            if let (true, Some(key), Some(etag), Some(status)) = (asked.method == "PUT", key, etag, seen.status)
                && status.is_success()
            {
                *writes.entry((key.to_owned(), etag.to_str().unwrap().to_owned())).or_default() += 1;
            }
        }
        writes
    }
}
