//! The function as an AWS that we did not write runs it: with a role, behind each service that brings events.

use std::time::{Duration, Instant};

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    Event, EventBridgeConfiguration, LambdaFunctionConfiguration, NotificationConfiguration, QueueConfiguration,
    TopicConfiguration,
};
use halver_lambda::{FailureRecord, marker};
use serde_json::{Value, json};

use crate::aws;
use crate::machine::{PATIENCE, corpus, function};
use crate::peer::Peer;

const ACCOUNT: &str = "000000000000";

/// What the function may do with objects: in the source bucket and in the result bucket.
const READS: [&str; 2] = ["s3:GetObject", "s3:GetObjectTagging"];
const WRITES: [&str; 4] = ["s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject"];

/// Two buckets and a function with a role, named alike.
struct Account {
    peer: Peer,
    client: Client,
    name: String,
    function: String,
}

impl Account {
    /// A function that may do `writes` in the result bucket, and whose events go to a queue when it fails for good.
    async fn with(peer: Peer, writes: &[&str]) -> Self {
        let client = peer.client();
        let name = format!("test-{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        for bucket in [name.clone(), format!("{name}-resized")] {
            client.create_bucket().bucket(bucket).send().await.unwrap();
        }
        let function = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}");
        let account = Self { peer, client, name, function };
        account.queue("dead", None).await;
        account.role(writes).await;
        account.function().await;
        account
    }

    async fn role(&self, writes: &[&str]) {
        let trust = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" },
        ] });
        let parameters = [("RoleName", self.name.as_str()), ("AssumeRolePolicyDocument", &trust.to_string())];
        aws::query(&self.peer, "iam", "CreateRole", &parameters).await;
        let bucket = format!("arn:aws:s3:::{}", self.name);
        let allow = |actions: &[&str], resources: [String; 2]| json!({ "Effect": "Allow", "Action": actions, "Resource": resources });
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            allow(&READS, [format!("{bucket}/*"), format!("{bucket}-resized/*")]),
            allow(&["s3:ListBucket"], [bucket.clone(), format!("{bucket}-resized")]),
            allow(writes, [format!("{bucket}-resized/*"), format!("{bucket}-resized/_halver/*")]),
            { "Effect": "Allow", "Action": "sqs:*", "Resource": "*" },
        ] });
        let policy = policy.to_string();
        let parameters =
            [("RoleName", self.name.as_str()), ("PolicyName", "halver"), ("PolicyDocument", policy.as_str())];
        aws::query(&self.peer, "iam", "PutRolePolicy", &parameters).await;
    }

    /// Makes the function, and lets every service call it.
    async fn function(&self) {
        let zip = zip("bootstrap", format!("#!/bin/sh\nexec '{}'\n", function().display()).as_bytes());
        let contents = json!({
            "FunctionName": self.name, "Runtime": "provided.al2023", "Handler": "bootstrap",
            "Role": format!("arn:aws:iam::{ACCOUNT}:role/{}", self.name),
            "Code": { "ZipFile": base64_simd::STANDARD.encode_to_string(zip) },
            "MemorySize": 512, "Timeout": 30,
            "DeadLetterConfig": { "TargetArn": self.queue_arn("dead") },
        });
        aws::rest(&self.peer, "lambda", "/2015-03-31/functions", contents).await;
        for service in ["s3", "sns", "events"] {
            let permission = json!({
                "StatementId": service, "Action": "lambda:InvokeFunction", "Principal": format!("{service}.amazonaws.com"),
            });
            let path = format!("/2015-03-31/functions/{}/policy", self.name);
            aws::rest(&self.peer, "lambda", &path, permission).await;
        }
    }

    /// Makes a queue that every service may send to; what cannot be handled goes to `dead` after three times.
    async fn queue(&self, queue: &str, dead: Option<&str>) -> String {
        let arn = self.queue_arn(queue);
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn },
        ] });
        let mut attributes = json!({ "Policy": policy.to_string(), "VisibilityTimeout": "30" });
        if let Some(dead) = dead {
            let redrive = json!({ "deadLetterTargetArn": self.queue_arn(dead), "maxReceiveCount": 3 });
            attributes["RedrivePolicy"] = redrive.to_string().into();
        }
        let parameters = json!({ "QueueName": format!("{}-{queue}", self.name), "Attributes": attributes });
        aws::json(&self.peer, "sqs", "AmazonSQS.CreateQueue", parameters).await;
        arn
    }

    fn queue_arn(&self, queue: &str) -> String {
        format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{}-{queue}", self.name)
    }

    /// Has the function take what comes into a queue of its own; that queue.
    async fn polled_queue(&self) -> String {
        let queue = self.queue("events", Some("dead")).await;
        let mapping = json!({
            "FunctionName": self.name, "EventSourceArn": queue, "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        });
        aws::rest(&self.peer, "lambda", "/2015-03-31/event-source-mappings/", mapping).await;
        queue
    }

    /// Makes a topic that sends to `endpoint`.
    async fn topic(&self, protocol: &str, endpoint: &str) -> String {
        let made = aws::query(&self.peer, "sns", "CreateTopic", &[("Name", &self.name)]).await;
        let topic = aws::element(&made, "TopicArn").to_owned();
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": topic },
        ] });
        let attribute = [("AttributeName", "Policy"), ("AttributeValue", &policy.to_string())];
        let parameters = [&[("TopicArn", topic.as_str())][..], &attribute].concat();
        aws::query(&self.peer, "sns", "SetTopicAttributes", &parameters).await;
        let parameters = [("TopicArn", topic.as_str()), ("Protocol", protocol), ("Endpoint", endpoint)];
        aws::query(&self.peer, "sns", "Subscribe", &parameters).await;
        topic
    }

    /// Has EventBridge send what happens in the bucket to `target`.
    async fn rule(&self, target: &str) {
        let pattern = json!({ "source": ["aws.s3"], "detail": { "bucket": { "name": [self.name] } } });
        let rule = json!({ "Name": self.name, "EventPattern": pattern.to_string(), "State": "ENABLED" });
        aws::json(&self.peer, "events", "AWSEvents.PutRule", rule).await;
        let targets = json!({ "Rule": self.name, "Targets": [{ "Id": "halver", "Arn": target }] });
        aws::json(&self.peer, "events", "AWSEvents.PutTargets", targets).await;
    }

    /// Sends the bucket's events by `way`.
    async fn send_by(&self, way: Way) {
        let created = Event::S3ObjectCreated;
        let wanted = NotificationConfiguration::builder();
        let wanted = match way {
            Way::Direct => {
                let to = LambdaFunctionConfiguration::builder().lambda_function_arn(&self.function).events(created);
                wanted.lambda_function_configurations(to.build().unwrap())
            }
            Way::Queue => {
                let to = QueueConfiguration::builder().queue_arn(self.polled_queue().await).events(created);
                wanted.queue_configurations(to.build().unwrap())
            }
            Way::Topic | Way::TopicAndQueue => {
                let topic = match way {
                    Way::Topic => self.topic("lambda", &self.function).await,
                    _ => self.topic("sqs", &self.polled_queue().await).await,
                };
                let to = TopicConfiguration::builder().topic_arn(topic).events(created);
                wanted.topic_configurations(to.build().unwrap())
            }
            Way::EventBridge | Way::EventBridgeAndQueue => {
                match way {
                    Way::EventBridge => self.rule(&self.function).await,
                    _ => self.rule(&self.polled_queue().await).await,
                }
                wanted.event_bridge_configuration(EventBridgeConfiguration::builder().build())
            }
        };
        let put = self.client.put_bucket_notification_configuration().bucket(&self.name);
        put.notification_configuration(wanted.build()).send().await.unwrap();
    }

    async fn put(&self, key: &str, bytes: Vec<u8>) {
        self.client.put_object().bucket(&self.name).key(key).body(bytes.into()).send().await.unwrap();
    }

    /// The bytes under `key` in the result bucket.
    async fn result(&self, key: &str) -> Option<Vec<u8>> {
        let got = self.client.get_object().bucket(format!("{}-resized", self.name)).key(key).send().await.ok()?;
        Some(got.body.collect().await.unwrap().to_vec())
    }

    /// Waits until `key` has the half of `source`.
    async fn expect_half(&self, key: &str, source: &[u8], about: &str) {
        let half = halver::halve(source, &halver::Options::default()).unwrap().bytes;
        let begun = Instant::now();
        while self.result(key).await.as_ref() != Some(&half) {
            assert!(begun.elapsed() < PATIENCE, "{about}: {key}: the half never came; {:?}", self.dead_letters().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for the failure record of `key`.
    async fn expect_record(&self, key: &str, about: &str) -> FailureRecord {
        let begun = Instant::now();
        loop {
            if let Some(record) = self.result(&marker::failure_record_key(key)).await {
                return serde_json::from_slice(&record).unwrap();
            }
            assert!(begun.elapsed() < PATIENCE, "{about}: {key}: no record; {:?}", self.dead_letters().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What the dead-letter queue holds; it holds nothing afterwards.
    async fn dead_letters(&self) -> Vec<Value> {
        let url = format!("http://{}/{ACCOUNT}/{}-dead", self.peer.address, self.name);
        let parameters = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10 });
        let answer = aws::json(&self.peer, "sqs", "AmazonSQS.ReceiveMessage", parameters).await;
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        messages.iter().map(|message| serde_json::from_str(message["Body"].as_str().unwrap()).unwrap()).collect()
    }
}

/// How events come from the bucket to the function.
#[derive(Clone, Copy, Debug)]
enum Way {
    Direct,
    Queue,
    Topic,
    TopicAndQueue,
    EventBridge,
    EventBridgeAndQueue,
}

async fn halves_come_by(way: Way) {
    let Some(ministack) = Peer::ministack() else { return };
    let account = Account::with(ministack, &WRITES).await;
    account.send_by(way).await;
    let about = format!("{way:?}");
    for key in ["in/ü a+b.jpg", "100%/a%20b.jpg"] {
        for name in ["photo-420.jpg", "photo-grey.jpg"] {
            let source = corpus(name);
            account.put(key, source.clone()).await;
            account.expect_half(key, &source, &about).await;
        }
    }
    account.put("cut.jpg", corpus("truncated.jpg")).await;
    let record = account.expect_record("cut.jpg", &about).await;
    assert_eq!((record.code.as_str(), record.key.as_str()), ("malformed", "cut.jpg"), "{about}");
    let dead = account.dead_letters().await;
    assert!(dead.is_empty(), "{about}: {dead:?}");
}

#[tokio::test]
async fn halves_come_by_notification() {
    halves_come_by(Way::Direct).await;
}

#[tokio::test]
async fn halves_come_by_sqs() {
    halves_come_by(Way::Queue).await;
}

#[tokio::test]
async fn halves_come_by_sns() {
    halves_come_by(Way::Topic).await;
}

#[tokio::test]
async fn halves_come_by_sns_and_sqs() {
    halves_come_by(Way::TopicAndQueue).await;
}

#[tokio::test]
async fn halves_come_by_event_bridge() {
    halves_come_by(Way::EventBridge).await;
}

#[tokio::test]
async fn halves_come_by_event_bridge_and_sqs() {
    halves_come_by(Way::EventBridgeAndQueue).await;
}

#[tokio::test]
async fn a_role_that_may_not_write_leaves_the_event_in_the_dead_letter_queue() {
    let Some(ministack) = Peer::ministack() else { return };
    let account = Account::with(ministack, &["s3:DeleteObject"]).await;
    account.send_by(Way::Direct).await;
    account.put("a.jpg", corpus("photo-420.jpg")).await;
    let begun = Instant::now();
    let letters = loop {
        let letters = account.dead_letters().await;
        if !letters.is_empty() {
            break letters;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing came to the dead-letter queue");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    // ministack wraps it as AWS does for a destination on failure.
    let key = letters[0].pointer("/requestPayload/Records/0/s3/object/key").and_then(Value::as_str);
    assert_eq!(key, Some("a.jpg"), "{letters:?}");
    assert_eq!(account.result("a.jpg").await, None);
}

/// A ZIP file (APPNOTE 4.3) of one file, which is stored as it is and may be executed.
fn zip(name: &str, contents: &[u8]) -> Vec<u8> {
    let (sum, length) = (crc32(contents).to_le_bytes(), (contents.len() as u32).to_le_bytes());
    // Flags, method, time, date; then what both headers have in common.
    let common = [&[0; 8][..], &sum, &length, &length, &(name.len() as u16).to_le_bytes(), &[0, 0]].concat();
    let local = [&b"PK\x03\x04\x14\0"[..], &common, name.as_bytes(), contents].concat();
    // Made on Unix (3), where the upper half of the attributes is the mode.
    let mode = (0o100_755_u32 << 16).to_le_bytes();
    let entry = [&b"PK\x01\x02\x14\x03\x14\0"[..], &common, &[0; 6], &mode, &[0; 4], name.as_bytes()].concat();
    let (size, start) = ((entry.len() as u32).to_le_bytes(), (local.len() as u32).to_le_bytes());
    let end = [&b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..], &size, &start, &[0, 0]].concat();
    [local, entry, end].concat()
}

/// The checksum of ISO 3309, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ (0xEDB8_8320 & 0_u32.wrapping_sub(crc & 1)))
    })
}
