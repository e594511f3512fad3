//! S3 event notifications, as the S3 user guide's "Event message structure" has them, version 2.1.

use std::time::SystemTime;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{Timestamp, TimestampFormat};
use serde_json::{Value, json};

use super::s3::{Cause, Creation};
use super::{ACCESS_KEY, REGION};

/// What stays as it is in a form-url-encoded key; S3 keeps the slash too.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b' ');

/// The notification of one new object.
pub(crate) fn notification(creation: &Creation<'_>) -> Value {
    let Creation { bucket, object, cause, origin } = creation;
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": timestamp(SystemTime::now()),
        "eventName": event_name(*cause),
        "userIdentity": { "principalId": format!("AWS:{ACCESS_KEY}") },
        "requestParameters": { "sourceIPAddress": origin.address },
        "responseElements": {
            "x-amz-request-id": origin.request_id,
            "x-amz-id-2": format!("{}/local", origin.request_id),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "halver",
            "bucket": {
                "name": bucket,
                "ownerIdentity": { "principalId": ACCESS_KEY },
                "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": {
                "key": encoded_key(&object.key),
                "size": object.size,
                "eTag": object.etag,
                "sequencer": object.sequencer,
            },
        },
    }]})
}

const fn event_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Put => "ObjectCreated:Put",
        Cause::Copy => "ObjectCreated:Copy",
        Cause::CompleteMultipartUpload => "ObjectCreated:CompleteMultipartUpload",
    }
}

/// `time` in ISO 8601 with milliseconds, in UTC.
pub(crate) fn timestamp(time: SystemTime) -> String {
    let mut text = Vec::new();
    // Writing to memory does not fail, and every time that the clock can show has a form.
    let _ = Timestamp::from(time).format(TimestampFormat::DateTime, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// `key` as `application/x-www-form-urlencoded`, with its slashes.
fn encoded_key(key: &str) -> String {
    utf8_percent_encode(key, KEPT).to_string().replace(' ', "+")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::stack::s3::{Object, Origin};

    #[test]
    fn keys_are_encoded_as_s3_does() {
        for (key, encoded) in [
            ("red flower.jpg", "red+flower.jpg"),
            ("this im + age.txt", "this+im+%2B+age.txt"),
            ("in/ü a+b.jpg", "in/%C3%BC+a%2Bb.jpg"),
            ("사진/봄.png", "%EC%82%AC%EC%A7%84/%EB%B4%84.png"),
            ("100%~*-_.", "100%25%7E*-_."),
        ] {
            assert_eq!(encoded_key(key), encoded, "{key}");
        }
    }

    #[test]
    fn times_have_milliseconds_and_a_z() {
        assert_eq!(timestamp(UNIX_EPOCH + Duration::from_millis(1_700_000_000_007)), "2023-11-14T22:13:20.007Z");
    }

    #[test]
    fn a_notification_has_every_field_that_s3_documents() {
        let object: Object = serde_json::from_value(serde_json::json!({
            "key": "a b.jpg", "size": 1024, "etag": "d41d8cd98f00b204e9800998ecf8427e",
            "modified": "2024-01-01T00:00:00Z", "sequencer": "0055AED6DCD90281E5",
            "headers": {}, "metadata": {}, "checksums": {"values": {}, "composite": false}
        }))
        .unwrap();
        let origin =
            Origin { request_id: "C3D13FE58DE4C810".to_owned(), address: std::net::Ipv4Addr::LOCALHOST.into() };
        let creation = Creation { bucket: "sample", object: &object, cause: Cause::Put, origin: &origin };
        let mut event = notification(&creation);
        let time = event["Records"][0]["eventTime"].take();
        assert_eq!(time.as_str().unwrap().len(), "2023-11-14T22:13:20.007Z".len());
        let expected = serde_json::json!({"Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventTime": null,
            "eventName": "ObjectCreated:Put",
            "userIdentity": {"principalId": "AWS:halver"},
            "requestParameters": {"sourceIPAddress": "127.0.0.1"},
            "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "C3D13FE58DE4C810/local"},
            "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "halver",
                "bucket": {"name": "sample", "ownerIdentity": {"principalId": "halver"}, "arn": "arn:aws:s3:::sample"},
                "object": {"key": "a+b.jpg", "size": 1024, "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                           "sequencer": "0055AED6DCD90281E5"}
            }
        }]});
        assert_eq!(event, expected);
    }
}
