//! S3 event notifications, as the S3 user guide's "Event message structure" has them, version 2.1.

use std::net::IpAddr;
use std::time::SystemTime;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{Timestamp, TimestampFormat};
use serde::Serialize;
use serde_json::value::RawValue;

use super::s3::{Cause, Creation};
use super::{ACCESS_KEY, REGION};

/// An event as its text, byte for byte.
pub(crate) type Event = Box<RawValue>;

/// What stays as it is in a form-url-encoded key; S3 keeps the slash too.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b' ');

/// An event message. Its fields stand in the order in which AWS documents and sends them.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "Records")]
    records: [Record<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    event_version: &'static str,
    event_source: &'static str,
    aws_region: &'static str,
    event_time: String,
    event_name: &'static str,
    user_identity: Identity,
    request_parameters: RequestParameters,
    response_elements: ResponseElements<'a>,
    s3: S3<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    principal_id: String,
}

#[derive(Serialize)]
struct RequestParameters {
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: IpAddr,
}

#[derive(Serialize)]
struct ResponseElements<'a> {
    #[serde(rename = "x-amz-request-id")]
    request_id: &'a str,
    #[serde(rename = "x-amz-id-2")]
    id_2: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct S3<'a> {
    #[serde(rename = "s3SchemaVersion")]
    schema_version: &'static str,
    configuration_id: &'static str,
    bucket: BucketEntity<'a>,
    object: ObjectEntity<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BucketEntity<'a> {
    name: &'a str,
    owner_identity: Identity,
    arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectEntity<'a> {
    key: String,
    size: u64,
    e_tag: &'a str,
    sequencer: &'a str,
}

/// The notification of one new object, created at `time`.
///
/// # Errors
/// None that these fields can cause; serde's type does not say so.
pub(crate) fn notification(creation: &Creation<'_>, time: SystemTime) -> serde_json::Result<Event> {
    let Creation { bucket, object, cause, origin } = creation;
    let record = Record {
        event_version: "2.1",
        event_source: "aws:s3",
        aws_region: REGION,
        event_time: timestamp(time),
        event_name: event_name(*cause),
        user_identity: Identity { principal_id: format!("AWS:{ACCESS_KEY}") },
        request_parameters: RequestParameters { source_ip_address: origin.address },
        response_elements: ResponseElements {
            request_id: &origin.request_id,
            id_2: format!("{}/local", origin.request_id),
        },
        s3: S3 {
            schema_version: "1.0",
            configuration_id: "halver",
            bucket: BucketEntity {
                name: bucket,
                owner_identity: Identity { principal_id: ACCESS_KEY.to_owned() },
                arn: format!("arn:aws:s3:::{bucket}"),
            },
            object: ObjectEntity {
                key: encoded_key(&object.key),
                size: object.size,
                e_tag: &object.etag,
                sequencer: &object.sequencer,
            },
        },
    };
    serde_json::value::to_raw_value(&Message { records: [record] })
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
    fn a_notification_has_every_field_that_s3_documents_in_its_order() {
        let object: Object = serde_json::from_value(serde_json::json!({
            "key": "a b.jpg", "file": "", "size": 1024, "etag": "d41d8cd98f00b204e9800998ecf8427e",
            "modified": "2024-01-01T00:00:00Z", "sequencer": "0055AED6DCD90281E5",
            "headers": {}, "metadata": {}, "checksums": {"values": {}, "composite": false}
        }))
        .unwrap();
        let origin =
            Origin { request_id: "C3D13FE58DE4C810".to_owned(), address: std::net::Ipv4Addr::LOCALHOST.into() };
        let creation = Creation { bucket: "sample", object: &object, cause: Cause::Put, origin: &origin };
        let event = notification(&creation, UNIX_EPOCH + Duration::from_millis(1_700_000_000_007)).unwrap();
        let expected = concat!(
            r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","#,
            r#""eventTime":"2023-11-14T22:13:20.007Z","eventName":"ObjectCreated:Put","#,
            r#""userIdentity":{"principalId":"AWS:halver"},"requestParameters":{"sourceIPAddress":"127.0.0.1"},"#,
            r#""responseElements":{"x-amz-request-id":"C3D13FE58DE4C810","x-amz-id-2":"C3D13FE58DE4C810/local"},"#,
            r#""s3":{"s3SchemaVersion":"1.0","configurationId":"halver","#,
            r#""bucket":{"name":"sample","ownerIdentity":{"principalId":"halver"},"arn":"arn:aws:s3:::sample"},"#,
            r#""object":{"key":"a+b.jpg","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e","#,
            r#""sequencer":"0055AED6DCD90281E5"}}}]}"#,
        );
        assert_eq!(event.get(), expected);
    }
}
