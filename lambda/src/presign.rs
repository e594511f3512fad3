//! Requests that a store takes from whoever has their URL, without credentials.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;

use crate::s3::{S3Store, base64_of_hex, causes, failure};
use crate::store::{Address, Operation, StoreError, StoreErrorKind};

/// What somebody else is to put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// `Content-Type`.
    pub content_type: String,
    /// Bytes.
    pub length: u64,
    /// The SHA-256 of the bytes, 64 hexadecimal digits.
    pub sha256: String,
}

/// A request that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presigned {
    /// Its URL, which holds the signature: a secret.
    pub url: String,
    /// Headers that must be sent with it, by their names in lower case; but for `Content-Length`, which browsers send
    /// by themselves.
    pub headers: BTreeMap<String, String>,
}

/// A store that signs requests.
pub trait Presign: Sync {
    /// A put at `address` that the store takes for `expires`, if nothing lies there, with the bytes, the length and the
    /// type that `upload` says.
    fn presign_put(
        &self,
        address: &Address,
        upload: &Upload,
        expires: Duration,
    ) -> impl Future<Output = Result<Presigned, StoreError>> + Send;

    /// A get of `address` that the store takes for `expires`; its URL. No headers must be sent with it.
    fn presign_get(
        &self,
        address: &Address,
        expires: Duration,
    ) -> impl Future<Output = Result<String, StoreError>> + Send;
}

impl Presign for S3Store {
    async fn presign_put(
        &self,
        address: &Address,
        upload: &Upload,
        expires: Duration,
    ) -> Result<Presigned, StoreError> {
        let refused = |detail: String| refused(Operation::Put, address, detail);
        let length = i64::try_from(upload.length).map_err(|error| refused(error.to_string()))?;
        let put = self.client.put_object().bucket(&address.bucket).key(&address.key);
        let put = put.content_type(&upload.content_type).content_length(length).if_none_match("*");
        let put = put.checksum_sha256(base64_of_hex(&upload.sha256));
        let expires = PresigningConfig::expires_in(expires).map_err(|error| refused(causes(&error)))?;
        let signed = put.presigned(expires).await.map_err(|error| failure(Operation::Put, address, &error))?;
        Ok(Presigned { url: signed.uri().to_owned(), headers: to_send(signed.uri(), signed.headers()) })
    }

    async fn presign_get(&self, address: &Address, expires: Duration) -> Result<String, StoreError> {
        let get = self.client.get_object().bucket(&address.bucket).key(&address.key);
        let expires = PresigningConfig::expires_in(expires);
        let expires = expires.map_err(|error| refused(Operation::Get, address, causes(&error)))?;
        let signed = get.presigned(expires).await.map_err(|error| failure(Operation::Get, address, &error))?;
        Ok(signed.uri().to_owned())
    }
}

/// In memory a URL is what it is good for.
#[cfg(test)]
impl Presign for crate::memory::Memory {
    async fn presign_put(
        &self,
        address: &Address,
        upload: &Upload,
        expires: Duration,
    ) -> Result<Presigned, StoreError> {
        let Upload { content_type, length, sha256 } = upload.clone();
        let url = format!("memory:put/{address}?{}s&{length}", expires.as_secs());
        let headers = [("content-type", content_type), ("if-none-match", "*".to_owned()), ("sha256", sha256)];
        Ok(Presigned { url, headers: headers.map(|(name, value)| (name.to_owned(), value)).into() })
    }

    async fn presign_get(&self, address: &Address, expires: Duration) -> Result<String, StoreError> {
        Ok(format!("memory:get/{address}?{}s", expires.as_secs()))
    }
}

/// Those of `headers` that the signature in `url` is over, but for what clients send by themselves. The SDK gives others
/// too, e.g. `X-Amzn-Trace-Id` where it finds itself within AWS Lambda: a browser would have to ask S3 for leave to send
/// it.
fn to_send<'a>(url: &str, headers: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut query = url::form_urlencoded::parse(query.as_bytes());
    let signed = query.find_map(|(name, value)| (name == "X-Amz-SignedHeaders").then_some(value)).unwrap_or_default();
    let is_signed = |name: &str| signed.split(';').any(|signed| signed == name);
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    headers.filter(|(name, _)| is_signed(name) && name != "content-length" && name != "host").collect()
}

fn refused(operation: Operation, address: &Address, detail: String) -> StoreError {
    StoreError { operation, address: address.clone(), kind: StoreErrorKind::Refused, detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::S3Settings;

    fn store() -> S3Store {
        S3Store::new(&S3Settings {
            endpoint: Some("http://127.0.0.1:1".into()),
            region: "us-east-1".into(),
            access_key_id: "id".into(),
            secret_access_key: "secret".into(),
            session_token: Some("token".into()),
        })
    }

    fn address() -> Address {
        Address { bucket: "photos".into(), key: "in/봄 a+b.jpg".into() }
    }

    /// The values of `name` in the query of `url`, decoded.
    fn query(url: &str, name: &str) -> Vec<String> {
        let url = url::Url::parse(url).unwrap();
        url.query_pairs().filter(|(n, _)| n == name).map(|(_, value)| value.into_owned()).collect()
    }

    #[tokio::test]
    async fn all_that_an_upload_is_bound_to_is_signed() {
        let upload = Upload { content_type: "image/jpeg".into(), length: 5, sha256: halver::sha256(b"hello") };
        let signed = store().presign_put(&address(), &upload, Duration::from_secs(900)).await.unwrap();
        assert!(signed.url.starts_with("http://127.0.0.1:1/photos/in/%EB%B4%84%20a%2Bb.jpg?"), "{}", signed.url);
        let headers = "content-length;content-type;host;if-none-match;x-amz-checksum-sha256";
        assert_eq!(query(&signed.url, "X-Amz-SignedHeaders"), [headers]);
        assert_eq!(query(&signed.url, "X-Amz-Expires"), ["900"]);
        assert_eq!(query(&signed.url, "X-Amz-Security-Token"), ["token"]);
        let checksum = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
        let headers = [("content-type", "image/jpeg"), ("if-none-match", "*"), ("x-amz-checksum-sha256", checksum)];
        assert_eq!(signed.headers, headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn headers_that_are_not_signed_need_not_be_sent() {
        let url = "https://s3.example/k?X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost&X-Amz-Signature=0";
        let all =
            [("Content-Type", "image/png"), ("content-length", "5"), ("host", "a"), ("X-Amzn-Trace-Id", "Root=1")];
        assert_eq!(to_send(url, all.into_iter()), [("content-type".to_owned(), "image/png".to_owned())].into());
    }

    #[tokio::test]
    async fn a_download_needs_nothing_but_its_url() {
        let url = store().presign_get(&address(), Duration::from_secs(60)).await.unwrap();
        assert_eq!(query(&url, "X-Amz-SignedHeaders"), ["host"]);
        assert_eq!(query(&url, "X-Amz-Expires"), ["60"]);
        assert_eq!(query(&url, "X-Amz-Signature").len(), 1);
    }

    #[tokio::test]
    async fn what_s3_cannot_sign_is_refused() {
        let upload = Upload { content_type: String::new(), length: u64::MAX, sha256: String::new() };
        let error = store().presign_put(&address(), &upload, Duration::from_secs(900)).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Refused);
        // S3 signs for a week at most.
        let error = store().presign_get(&address(), Duration::from_secs(8 * 86400)).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Refused);
    }
}
