//! Ceph's own notifications, over HTTP: keys as they are, sequencers in no order, an event of a write that failed.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Event, NotificationConfiguration, TopicConfiguration};
use http_body_util::BodyExt;
use hyper::Response;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::aws;
use crate::http::{self, Answer, Server};
use crate::machine::{PATIENCE, corpus};
use crate::peer::Peer;
use crate::world::World;

/// A world on Ceph, whose notifications come to us.
struct Notified {
    world: World,
    events: mpsc::UnboundedReceiver<Value>,
    _receiver: Server,
}

impl Notified {
    async fn on(ceph: Peer) -> Self {
        let world = World::on(ceph).await;
        let (sender, events) = mpsc::unbounded_channel();
        let receiver = Server::start(move |request| {
            let sender = sender.clone();
            Box::pin(async move {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                // The test that asked for it may have ended.
                let _ = sender.send(serde_json::from_slice(&body).unwrap());
                Answer::Response(Response::new(http::body("")))
            })
        })
        .await;
        let endpoint = format!("http://{}/", receiver.address);
        // All topics lie in one object, which Ceph reads, changes and writes: of two that are made at once, one may fail
        // or be lost.
        while !notify(&world, &endpoint).await {}
        Self { world, events, _receiver: receiver }
    }

    /// The next event that Ceph sends.
    async fn event(&mut self) -> Value {
        tokio::time::timeout(PATIENCE, self.events.recv()).await.expect("Ceph sent nothing").unwrap()
    }

    /// Delivers the next event that Ceph sends.
    async fn deliver(&mut self) {
        let event = self.event().await;
        let reply = self.world.lambda.deliver(&event).await;
        assert!(reply.is_ok(), "{event}: {reply:?}\n{}", self.world.lambda.log());
    }
}

/// Has the bucket's events sent to `endpoint`; `false` where its topic could not be made or was lost again.
async fn notify(world: &World, endpoint: &str) -> bool {
    let attribute = [("Attributes.entry.1.key", "push-endpoint"), ("Attributes.entry.1.value", endpoint)];
    let parameters = [&[("Name", world.bucket.as_str())][..], &attribute].concat();
    let Ok(topic) = aws::try_query(&world.peer, "sns", "CreateTopic", &parameters).await else { return false };
    let topic = TopicConfiguration::builder().id("halver").topic_arn(aws::element(&topic, "TopicArn"));
    let topic = topic.events(Event::S3ObjectCreated).build().unwrap();
    let configuration = NotificationConfiguration::builder().topic_configurations(topic).build();
    let put = world.client.put_bucket_notification_configuration().bucket(&world.bucket);
    match put.notification_configuration(configuration).send().await {
        Ok(_) => true,
        Err(error) if error.code() == Some("NoSuchKey") => false,
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn what_ceph_tells_of_is_halved() {
    let Some(ceph) = Peer::ceph() else { return };
    let mut ceph = Notified::on(ceph).await;
    // Ceph spells keys as they are, so some read as if they were encoded.
    for key in ["in/ü a+b.jpg", "plain.jpg", "a+b.jpg", "a%20b.jpg", "100%.jpg", "사진/봄.jpg"] {
        let photo = corpus("photo-420.jpg");
        ceph.world.put(key, &photo).await;
        ceph.deliver().await;
        ceph.world.expect_half(key, &photo).await;
    }
}

#[tokio::test]
async fn keys_that_read_as_each_other_are_told_apart() {
    let Some(ceph) = Peer::ceph() else { return };
    let mut ceph = Notified::on(ceph).await;
    let keys = ["a b.jpg", "a+b.jpg", "a%2Bb.jpg", "a%20b.jpg"];
    let sources = ["photo-420.jpg", "photo-grey.jpg", "orientation-6.jpg", "photo-422-q60.jpg"].map(corpus);
    for (key, source) in keys.iter().zip(&sources) {
        ceph.world.put(key, source).await;
    }
    for _ in keys {
        ceph.deliver().await;
    }
    for (key, source) in keys.iter().zip(&sources) {
        ceph.world.expect_half(key, source).await;
    }
}

#[tokio::test]
async fn versions_follow_each_other_though_sequencers_do_not() {
    let Some(ceph) = Peer::ceph() else { return };
    let mut ceph = Notified::on(ceph).await;
    let sources = ["photo-420.jpg", "photo-grey.jpg", "orientation-6.jpg", "photo-422-q60.jpg"].map(corpus);
    for source in sources.iter().cycle().take(12) {
        ceph.world.put("same.jpg", source).await;
        ceph.deliver().await;
        ceph.world.expect_half("same.jpg", source).await;
    }
}

#[tokio::test]
async fn the_event_of_a_write_that_failed_changes_nothing() {
    let Some(ceph) = Peer::ceph() else { return };
    let mut ceph = Notified::on(ceph).await;
    let photo = corpus("photo-420.jpg");
    ceph.world.put("a.jpg", &photo).await;
    ceph.deliver().await;
    let put = ceph.world.client.put_object().bucket(&ceph.world.bucket).key("a.jpg").if_none_match("*");
    put.body(ByteStream::from(corpus("photo-grey.jpg"))).send().await.unwrap_err();
    ceph.deliver().await;
    ceph.world.expect_half("a.jpg", &photo).await;
}

#[tokio::test]
async fn refused_images_leave_records() {
    let Some(ceph) = Peer::ceph() else { return };
    let mut ceph = Notified::on(ceph).await;
    ceph.world.put("in/ü cut.jpg", &corpus("truncated.jpg")).await;
    ceph.deliver().await;
    let record = ceph.world.failure_record("in/ü cut.jpg").await.expect("no record");
    assert_eq!((record.code.as_str(), record.key.as_str()), ("malformed", "in/ü cut.jpg"));
    let photo = corpus("photo-grey.jpg");
    ceph.world.put("in/ü cut.jpg", &photo).await;
    ceph.deliver().await;
    ceph.world.expect_half("in/ü cut.jpg", &photo).await;
    assert_eq!(ceph.world.failure_record("in/ü cut.jpg").await, None);
}
