//! What cannot be halved leaves one record with a stable code, and is not tried again.

use halver_lambda::marker;

use crate::machine::{Machine, arithmetic_coded, corpus};

async fn refused(source: Vec<u8>, code: &str) {
    let mut machine = Machine::start().await;
    machine.put("in/bad image.jpg", source).await;
    let line = machine.line("in/bad image.jpg").await;
    assert_eq!((line.event.as_str(), line.code.as_deref()), ("refused", Some(code)), "{line}");
    let record = machine.failure_record("in/bad image.jpg").await;
    assert_eq!((record.code.as_str(), record.bucket.as_str()), (code, "sample"));
    assert_eq!(record.key, "in/bad image.jpg");
    let half = machine.client.head_object().bucket("sample-resized").key("in/bad image.jpg").send().await;
    assert!(half.unwrap_err().into_service_error().is_not_found());
    // Acknowledged: a next event finds the function at work, and nothing waits for another attempt.
    let photo = corpus("photo-grey.jpg");
    machine.put("good.jpg", photo.clone()).await;
    machine.expect_half("good.jpg", &photo).await;
    assert_eq!(machine.dead_letters().len(), 0);
    machine.stack.stop().await;
}

#[tokio::test]
async fn zero_bytes() {
    refused(Vec::new(), "not-an-image").await;
}

#[tokio::test]
async fn text_named_jpg() {
    refused(corpus("text.jpg"), "not-an-image").await;
}

#[tokio::test]
async fn a_truncated_photograph() {
    refused(corpus("truncated.jpg"), "malformed").await;
}

#[tokio::test]
async fn a_header_of_65535_by_65535() {
    refused(corpus("huge-header.jpg"), "too-large").await;
}

#[tokio::test]
async fn an_arithmetic_coded_jpeg() {
    refused(arithmetic_coded(), "unsupported-feature").await;
}

#[tokio::test]
async fn a_later_success_removes_the_record() {
    let mut machine = Machine::start().await;
    machine.put("x.jpg", b"no image".to_vec()).await;
    assert_eq!(machine.line("x.jpg").await.event, "refused");
    let photo = corpus("photo-grey.jpg");
    machine.put("x.jpg", photo.clone()).await;
    machine.expect_half("x.jpg", &photo).await;
    let key = marker::failure_record_key("x.jpg");
    let record = machine.client.head_object().bucket("sample-resized").key(key).send().await;
    assert!(record.unwrap_err().into_service_error().is_not_found());
    machine.stack.stop().await;
}
