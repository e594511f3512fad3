//! S3 behind the [`Store`] seam.

use std::error::Error as StdError;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_http_client::tls;

use crate::store::{Address, Head, NewObject, Object, Operation, Store, StoreError, StoreErrorKind};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long one request may take, its body sent and the head of its answer received.
const ANSWER: Duration = Duration::from_secs(20);
/// How long a body may pause.
const PAUSE: Duration = Duration::from_secs(10);

/// Why S3 may deny access to an object that everyone may read.
const HIDDEN: &str = "(S3 also says this of a missing object in a bucket that the function may not list)";

/// How to reach S3.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Settings {
    /// Another S3 than AWS's own, e.g. `http://127.0.0.1:8788`; path-style addresses are used with it.
    pub endpoint: Option<String>,
    /// The region, e.g. `eu-central-1`.
    pub region: String,
    /// The access key.
    pub access_key_id: String,
    /// The secret of the access key.
    pub secret_access_key: String,
    /// The token of a temporary access key.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for S3Settings {
    /// All but the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { endpoint, region, access_key_id, .. } = self;
        f.debug_struct("S3Settings")
            .field("endpoint", endpoint)
            .field("region", region)
            .field("access_key_id", access_key_id)
            .finish_non_exhaustive()
    }
}

/// An SDK client for `settings`, with timeouts and without retries of its own.
///
/// TLS is rustls over ring: one stack, and no entropy collection at start.
#[must_use]
pub fn client(settings: &S3Settings) -> Client {
    let credentials = Credentials::new(
        settings.access_key_id.clone(),
        settings.secret_access_key.clone(),
        settings.session_token.clone(),
        None,
        "environment",
    );
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    // The SDK waits for ever unless told otherwise. Bodies are timed where they are read.
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ANSWER).build();
    let mut config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(credentials)
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(endpoint) = &settings.endpoint {
        config = config.endpoint_url(endpoint).force_path_style(true);
    }
    Client::from_conf(config.build())
}

/// S3, as a [`Store`].
#[derive(Clone, Debug)]
pub struct S3Store {
    client: Client,
}

impl S3Store {
    /// The S3 that `settings` name.
    #[must_use]
    pub fn new(settings: &S3Settings) -> Self {
        Self { client: client(settings) }
    }
}

impl Store for S3Store {
    async fn get(&self, address: &Address, wanted: impl Fn(&Head) -> bool + Send) -> Result<Object, StoreError> {
        let request = self.client.get_object().bucket(&address.bucket).key(&address.key);
        let answer = request.send().await.map_err(|error| failure(Operation::Get, address, &error))?;
        let head = head(&answer).map_err(|detail| broken(address, detail))?;
        if !wanted(&head) {
            return Ok(Object { head, bytes: None });
        }
        let bytes = body(answer.body, head.length)
            .await
            .map_err(|(kind, detail)| StoreError { kind, ..broken(address, detail) })?;
        Ok(Object { head, bytes: Some(bytes) })
    }

    async fn put(&self, address: &Address, object: &NewObject) -> Result<(), StoreError> {
        let request = self
            .client
            .put_object()
            .bucket(&address.bucket)
            .key(&address.key)
            .body(ByteStream::from(object.bytes.clone()))
            .content_type(object.content_type)
            .checksum_sha256(base64_of_hex(&object.sha256))
            .set_metadata(Some(object.metadata.clone().into_iter().collect()))
            .set_cache_control(object.cache_control.clone())
            .set_content_disposition(object.content_disposition.clone())
            .set_content_language(object.content_language.clone());
        request.send().await.map_err(|error| failure(Operation::Put, address, &error))?;
        Ok(())
    }

    async fn delete(&self, address: &Address) -> Result<(), StoreError> {
        let request = self.client.delete_object().bucket(&address.bucket).key(&address.key);
        request.send().await.map_err(|error| failure(Operation::Delete, address, &error))?;
        Ok(())
    }
}

/// What an answer says of an object, or what it lacks.
fn head(answer: &GetObjectOutput) -> Result<Head, String> {
    let length = answer.content_length().and_then(|length| u64::try_from(length).ok());
    Ok(Head {
        length: length.ok_or("the answer has no Content-Length")?,
        etag: answer.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
        metadata: answer
            .metadata()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
            .collect(),
        cache_control: answer.cache_control().map(str::to_owned),
        content_disposition: answer.content_disposition().map(str::to_owned),
        content_language: answer.content_language().map(str::to_owned),
    })
}

/// The bytes of a body that its head says has `length`: one buffer, filled as they come.
async fn body(mut body: ByteStream, length: u64) -> Result<Vec<u8>, (StoreErrorKind, String)> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    loop {
        match tokio::time::timeout(PAUSE, body.try_next()).await {
            Ok(Ok(Some(part))) => bytes.extend_from_slice(&part),
            Ok(Ok(None)) => break,
            Ok(Err(error)) => return Err((StoreErrorKind::Broken, causes(&error))),
            Err(_) => {
                let detail = format!("the body stopped for {PAUSE:?} after {} of {length} bytes", bytes.len());
                return Err((StoreErrorKind::Timeout, detail));
            }
        }
    }
    if bytes.len() as u64 != length {
        return Err((StoreErrorKind::Broken, format!("the body has {} of {length} bytes", bytes.len())));
    }
    Ok(bytes)
}

fn broken(address: &Address, detail: String) -> StoreError {
    StoreError { operation: Operation::Get, address: address.clone(), kind: StoreErrorKind::Broken, detail }
}

/// What the SDK's error means.
fn failure<E>(operation: Operation, address: &Address, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let (kind, detail) = match error {
        SdkError::ServiceError(context) => {
            let (status, answer) = (context.raw().status().as_u16(), context.err());
            let (code, message) = (answer.code().unwrap_or_default(), answer.message().unwrap_or_default());
            let kind = kind(status, code);
            let hint = if operation == Operation::Get && kind == StoreErrorKind::AccessDenied { HIDDEN } else { "" };
            (kind, format!("{} {hint}", format!("{status} {code} {message}").trim_end()).trim_end().to_owned())
        }
        SdkError::TimeoutError(_) => (StoreErrorKind::Timeout, causes(error)),
        SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => (StoreErrorKind::Timeout, causes(error)),
        SdkError::DispatchFailure(_) => (StoreErrorKind::Unreachable, causes(error)),
        SdkError::ConstructionFailure(_) => (StoreErrorKind::Refused, causes(error)),
        _ => (StoreErrorKind::Broken, causes(error)),
    };
    StoreError { operation, address: address.clone(), kind, detail }
}

/// What an answer with an HTTP `status` and an S3 error `code` means; codes count first, for several share a status.
fn kind(status: u16, code: &str) -> StoreErrorKind {
    match (status, code) {
        (_, "NoSuchBucket") => StoreErrorKind::NoSuchBucket,
        (_, "InvalidObjectState") => StoreErrorKind::Archived,
        (_, "ExpiredToken" | "TokenRefreshRequired" | "RequestExpired") => StoreErrorKind::CredentialsExpired,
        (_, "RequestTimeout") => StoreErrorKind::Timeout,
        (_, "BadDigest" | "IncompleteBody" | "XAmzContentChecksumMismatch" | "XAmzContentSHA256Mismatch") => {
            StoreErrorKind::Broken
        }
        // The SDK learns the clock's skew from this answer and signs the next attempt by it.
        (_, "RequestTimeTooSkewed") => StoreErrorKind::Unavailable,
        (_, "SlowDown" | "RequestLimitExceeded" | "BandwidthLimitExceeded" | "TooManyRequests") => {
            StoreErrorKind::Throttled
        }
        (_, code) if code.contains("Throttl") => StoreErrorKind::Throttled,
        (404, _) => StoreErrorKind::NoSuchKey,
        (401 | 403, _) => StoreErrorKind::AccessDenied,
        (408, _) => StoreErrorKind::Timeout,
        (429, _) => StoreErrorKind::Throttled,
        (409, "OperationAborted" | "ConditionalRequestConflict") => StoreErrorKind::Unavailable,
        (501, _) => StoreErrorKind::Refused,
        (500.., _) => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Refused,
    }
}

/// An error and every cause behind it: the SDK's own text stops at "dispatch failure".
fn causes(error: &(dyn StdError + 'static)) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The base64 of the bytes that `hex` spells, as S3 wants checksums.
fn base64_of_hex(hex: &str) -> String {
    let nibble = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
    let bytes: Vec<u8> =
        hex.as_bytes().chunks(2).map(|pair| pair.iter().fold(0, |byte, &d| byte << 4 | nibble(d))).collect();
    aws_smithy_types::base64::encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_mean_what_s3_says() {
        use StoreErrorKind::{
            AccessDenied, Archived, Broken, CredentialsExpired, NoSuchBucket, NoSuchKey, Refused, Throttled, Timeout,
            Unavailable,
        };
        for (status, code, expected) in [
            (404, "NoSuchKey", NoSuchKey),
            (404, "", NoSuchKey),
            (404, "NoSuchBucket", NoSuchBucket),
            (403, "AccessDenied", AccessDenied),
            (403, "SignatureDoesNotMatch", AccessDenied),
            (403, "InvalidObjectState", Archived),
            (403, "RequestTimeTooSkewed", Unavailable),
            (400, "ExpiredToken", CredentialsExpired),
            (400, "RequestTimeout", Timeout),
            (400, "BadDigest", Broken),
            (400, "InvalidBucketName", Refused),
            (400, "KMS.DisabledException", Refused),
            (400, "ThrottlingException", Throttled),
            (429, "", Throttled),
            (503, "SlowDown", Throttled),
            (503, "", Unavailable),
            (500, "InternalError", Unavailable),
            (501, "NotImplemented", Refused),
            (409, "OperationAborted", Unavailable),
            (301, "PermanentRedirect", Refused),
        ] {
            assert_eq!(kind(status, code), expected, "{status} {code}");
        }
    }

    #[test]
    fn checksums_are_spelled_as_s3_wants_them() {
        // The SHA-256 of nothing, FIPS 180-4.
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(base64_of_hex(hex), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
