//! Every way in which an object can appear in the bucket, and every key and image that must be halved.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::machine::{Machine, corpus};

#[tokio::test]
async fn put() {
    let mut machine = Machine::start().await;
    let photo = corpus("photo-420.jpg");
    machine.put("photo.jpg", photo.clone()).await;
    machine.expect_half("photo.jpg", &photo).await;
    machine.stack.stop().await;
}

#[tokio::test]
async fn every_key_is_the_halfs_key() {
    let mut machine = Machine::start().await;
    let png = corpus("one-pixel.png");
    let long = "가".repeat(300);
    for key in ["a b+c.png", "사진/봄 나들이+1.png", "a", "a/b", "100%/~é?&#.png", "./../x", "folder/", &long] {
        machine.put(key, png.clone()).await;
        machine.expect_half(key, &png).await;
    }
    machine.stack.stop().await;
}

#[tokio::test]
async fn inks_and_sixteen_bits() {
    let mut machine = Machine::start().await;
    for name in ["photo-cmyk.jpg", "deep-rgb.png", "photo-lossy.webp", "photo.gif"] {
        let source = corpus(name);
        machine.put(name, source.clone()).await;
        machine.expect_half(name, &source).await;
    }
    machine.stack.stop().await;
}

#[tokio::test]
async fn copy() {
    let mut machine = Machine::start().await;
    let photo = corpus("photo-grey.jpg");
    machine.client.create_bucket().bucket("elsewhere").send().await.unwrap();
    let put = machine.client.put_object().bucket("elsewhere").key("from here+.jpg");
    put.body(ByteStream::from(photo.clone())).send().await.unwrap();
    let copy = machine.client.copy_object().copy_source("elsewhere/from%20here%2B.jpg");
    copy.bucket("sample").key("to.jpg").send().await.unwrap();
    machine.expect_half("to.jpg", &photo).await;
    machine.stack.stop().await;
}

#[tokio::test]
async fn multipart() {
    let mut machine = Machine::start().await;
    // The smallest photograph of two parts: comment segments before the picture fill the first.
    let photo = corpus("photo-420.jpg");
    let mut source = photo[..2].to_vec();
    for _ in 0..81 {
        source.extend([0xFF, 0xFE, 0xFF, 0xFF]);
        source.extend([b' '; 0xFFFF - 2]);
    }
    source.extend(&photo[2..]);
    let (head, tail) = source.split_at(5 << 20);

    let key = "large.jpg";
    let client = &machine.client;
    let begun = client.create_multipart_upload().bucket("sample").key(key).send().await.unwrap();
    let id = begun.upload_id().unwrap();
    let mut parts = Vec::new();
    for (number, bytes) in [(1, head), (2, tail)] {
        let part = client.upload_part().bucket("sample").key(key).upload_id(id).part_number(number);
        let part = part.body(ByteStream::from(bytes.to_vec())).send().await.unwrap();
        parts.push(CompletedPart::builder().part_number(number).e_tag(part.e_tag().unwrap()).build());
    }
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = client.complete_multipart_upload().bucket("sample").key(key).upload_id(id);
    let done = complete.multipart_upload(parts).send().await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-2\""), "{done:?}");
    machine.expect_half(key, &source).await;
    machine.stack.stop().await;
}

#[tokio::test]
async fn an_upload_is_completed_once() {
    // Nothing takes events away here, so that they can be counted.
    let machine = Machine::start_with(|settings| settings.function = "/bin/false".into()).await;
    let client = &machine.client;
    let begun = client.create_multipart_upload().bucket("sample").key("once").send().await.unwrap();
    let id = begun.upload_id().unwrap();
    let part = client.upload_part().bucket("sample").key("once").upload_id(id).part_number(1);
    let part = part.body(ByteStream::from(vec![0; 8 << 20])).send().await.unwrap();
    let complete = |etag: &str| {
        let part = CompletedPart::builder().part_number(1).e_tag(etag).build();
        let parts = CompletedMultipartUpload::builder().parts(part).build();
        let complete = client.complete_multipart_upload().bucket("sample").key("once").upload_id(id);
        tokio::spawn(complete.multipart_upload(parts).send())
    };
    let wrong = complete("\"00\"").await.unwrap().unwrap_err();
    assert_eq!(wrong.code(), Some("InvalidPart"), "and the upload is still there");
    let mut done = 0;
    for complete in [(); 4].map(|()| complete(part.e_tag().unwrap())) {
        match complete.await.unwrap() {
            Ok(_) => done += 1,
            Err(error) => assert_eq!(error.code(), Some("NoSuchUpload")),
        }
    }
    assert_eq!((done, machine.waiting()), (1, 1));
    machine.stack.stop().await;
}

#[tokio::test]
async fn a_replaced_object_is_halved_anew() {
    let mut machine = Machine::start().await;
    for name in ["photo-420.jpg", "photo-grey.jpg"] {
        let source = corpus(name);
        machine.put("same.jpg", source.clone()).await;
        machine.expect_half("same.jpg", &source).await;
    }
    machine.stack.stop().await;
}
