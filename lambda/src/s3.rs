//! S3 behind the [`Store`] seam.

use std::collections::{BTreeMap, HashMap};
use std::error::Error as StdError;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedHttpClient, StalledStreamProtectionConfig};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{MetadataDirective, ServerSideEncryption, StorageClass, TaggingDirective};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::dns::SharedDnsResolver;

use crate::dns::System;
use crate::store::{
    Address, Carried, Condition, Head, Listed, Listing, NewObject, Object, Operation, Store, StoreError, StoreErrorKind,
};

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

impl S3Settings {
    pub(crate) fn credentials(&self) -> Credentials {
        let Self { access_key_id, secret_access_key, session_token, .. } = self.clone();
        Credentials::new(access_key_id, secret_access_key, session_token, None, "environment")
    }
}

/// The HTTP client of all that talks to AWS. TLS is rustls over ring: one stack, and no entropy collection at start.
/// Its resolver is of the type of that for images on the web, so that the program holds the code of one client.
pub(crate) fn https() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_with_resolver(SharedDnsResolver::new(System))
}

/// The SDK waits for ever unless told otherwise. Bodies are timed where they are read.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ANSWER).build()
}

/// An SDK client for `settings`, with timeouts and without retries of its own.
#[must_use]
pub fn client(settings: &S3Settings) -> Client {
    let mut config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(settings.credentials())
        .http_client(https())
        .timeout_config(timeouts())
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
    pub(crate) client: Client,
}

impl S3Store {
    /// The S3 that `settings` name.
    #[must_use]
    pub fn new(settings: &S3Settings) -> Self {
        Self { client: client(settings) }
    }
}

impl S3Store {
    /// One request for an object, or for its first bytes alone; `most` bytes are read.
    async fn ask(
        &self,
        address: &Address,
        first: Option<u64>,
        etag: Option<&str>,
        most: u64,
    ) -> Result<Object, StoreError> {
        let request = self.client.get_object().bucket(&address.bucket).key(&address.key);
        let request = request
            .set_range(first.map(|bytes| format!("bytes=0-{}", bytes.saturating_sub(1))))
            .set_if_match(etag.map(quoted));
        let answer = request.send().await.map_err(|error| failure(Operation::Get, address, &error))?;
        let head = head_of_get(&answer).map_err(|detail| broken(address, detail))?;
        let wanted = most.min(head.length);
        let bytes =
            body(answer.body, wanted).await.map_err(|(kind, detail)| StoreError { kind, ..broken(address, detail) })?;
        Ok(Object { head, bytes })
    }

    async fn put_once(
        &self,
        address: &Address,
        object: &NewObject,
        condition: &Condition,
    ) -> Result<String, StoreError> {
        let Carried {
            content_type,
            metadata,
            cache_control,
            content_disposition,
            content_language,
            tags,
            storage_class,
            kms_key,
        } = object.carried.clone();
        let request = self.client.put_object().bucket(&address.bucket).key(&address.key);
        let request = request
            .body(ByteStream::from(object.bytes.clone()))
            .checksum_sha256(base64_of_hex(&object.sha256))
            .content_type(content_type)
            .set_metadata(Some(metadata.into_iter().collect()))
            .set_cache_control(cache_control)
            .set_content_disposition(content_disposition)
            .set_content_language(content_language)
            .set_tagging(query(&tags))
            .set_storage_class(storage_class.as_deref().map(StorageClass::from))
            .set_server_side_encryption(kms_key.is_some().then_some(ServerSideEncryption::AwsKms))
            .set_ssekms_key_id(kms_key)
            .set_if_none_match(if_none_match(condition))
            .set_if_match(if_match(condition));
        let failed = |error| unmet(failure(Operation::Put, address, &error), condition);
        let answer = request.send().await.map_err(failed)?;
        Ok(answer.e_tag().unwrap_or_default().trim_matches('"').to_owned())
    }

    /// Whether the object at `address` still has `etag`, although a request on that condition was refused: some servers
    /// refuse all of them.
    async fn has_etag(&self, address: &Address, etag: &str) -> bool {
        self.head(address).await.is_ok_and(|head| head.etag == etag)
    }
}

impl Store for S3Store {
    async fn head(&self, address: &Address) -> Result<Head, StoreError> {
        let request = self.client.head_object().bucket(&address.bucket).key(&address.key);
        let answer = request.send().await.map_err(|error| failure(Operation::Head, address, &error))?;
        Ok(head_of_head(&answer))
    }

    async fn peek(&self, address: &Address, bytes: u64) -> Result<Object, StoreError> {
        match self.ask(address, Some(bytes), None, bytes).await {
            // An empty object has no first byte.
            Err(error) if error.detail.starts_with("416 ") => self.ask(address, None, None, bytes).await,
            done => done,
        }
    }

    async fn get(&self, address: &Address, etag: Option<&str>, most: u64) -> Result<Object, StoreError> {
        match (self.ask(address, None, etag, most).await, etag) {
            // Some stores refuse all conditions. The caller compares the ETag of what it gets once more.
            (Err(error), Some(etag)) if error.kind == StoreErrorKind::Changed && self.has_etag(address, etag).await => {
                self.ask(address, None, None, most).await
            }
            (done, _) => done,
        }
    }

    async fn tags(&self, address: &Address) -> Result<BTreeMap<String, String>, StoreError> {
        let request = self.client.get_object_tagging().bucket(&address.bucket).key(&address.key);
        let answer = request.send().await.map_err(|error| failure(Operation::Tags, address, &error))?;
        Ok(answer.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    /// Where the store refuses a condition that holds, twice, the object is put without it: such a store cannot keep two
    /// writers apart.
    async fn put(&self, address: &Address, object: &NewObject, condition: &Condition) -> Result<String, StoreError> {
        let mut done = self.put_once(address, object, condition).await;
        let Condition::Etag(etag) = condition else { return done };
        for condition in [condition, &Condition::None] {
            match &done {
                Err(error) if error.kind == StoreErrorKind::Changed && self.has_etag(address, etag).await => {}
                _ => break,
            }
            done = self.put_once(address, object, condition).await;
        }
        done
    }

    async fn copy(
        &self,
        from: &Address,
        etag: &str,
        address: &Address,
        carried: &Carried,
        condition: &Condition,
    ) -> Result<String, StoreError> {
        let carried = carried.clone();
        let request = self.client.copy_object().bucket(&address.bucket).key(&address.key);
        let request = request
            .copy_source(format!("{}/{}", from.bucket, escaped(&from.key, b"/")))
            .copy_source_if_match(quoted(etag))
            .metadata_directive(MetadataDirective::Replace)
            .tagging_directive(TaggingDirective::Replace)
            .content_type(carried.content_type)
            .set_metadata(Some(carried.metadata.into_iter().collect()))
            .set_cache_control(carried.cache_control)
            .set_content_disposition(carried.content_disposition)
            .set_content_language(carried.content_language)
            .set_tagging(query(&carried.tags))
            .set_storage_class(carried.storage_class.as_deref().map(StorageClass::from))
            .set_server_side_encryption(carried.kms_key.is_some().then_some(ServerSideEncryption::AwsKms))
            .set_ssekms_key_id(carried.kms_key)
            .set_if_none_match(if_none_match(condition))
            .set_if_match(if_match(condition));
        let failed = |error| unmet(failure(Operation::Copy, address, &error), condition);
        let answer = request.send().await.map_err(failed)?;
        let copied = answer.copy_object_result().and_then(|result| result.e_tag()).unwrap_or_default();
        Ok(copied.trim_matches('"').to_owned())
    }

    async fn delete(&self, address: &Address, condition: &Condition) -> Result<(), StoreError> {
        let ask = |condition: &Condition| {
            let request = self.client.delete_object().bucket(&address.bucket).key(&address.key);
            request.set_if_match(if_match(condition)).send()
        };
        let failed = |error| failure(Operation::Delete, address, &error);
        let done = ask(condition).await.map_err(failed);
        match (done, condition) {
            (Err(error), Condition::Etag(etag)) if is_unmet(&error) && self.has_etag(address, etag).await => {
                ask(&Condition::None).await.map_err(failed).map(drop)
            }
            // What is gone need not go.
            (Err(error), _) if error.kind == StoreErrorKind::NoSuchKey => Ok(()),
            (done, _) => done.map(drop),
        }
    }

    async fn list(&self, bucket: &str, prefix: &str, start_after: &str) -> Result<Listing, StoreError> {
        let address = Address { bucket: bucket.to_owned(), key: prefix.to_owned() };
        let request = self.client.list_objects_v2().bucket(bucket).prefix(prefix).start_after(start_after);
        let answer = request.send().await.map_err(|error| failure(Operation::List, &address, &error))?;
        let more = answer.is_truncated().unwrap_or(false);
        let objects = answer.contents.into_iter().flatten().filter_map(|object| {
            let etag = object.e_tag.unwrap_or_default().trim_matches('"').to_owned();
            let length = object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
            Some(Listed { key: object.key?, etag, length })
        });
        Ok(Listing { objects: objects.collect(), more })
    }
}

/// The error of a write under `condition`: where nothing lies any more, S3 says so instead of that the condition failed.
fn unmet(error: StoreError, condition: &Condition) -> StoreError {
    match (condition, error.kind) {
        (Condition::Etag(_), StoreErrorKind::NoSuchKey) => StoreError { kind: StoreErrorKind::Changed, ..error },
        _ => error,
    }
}

/// Whether a conditional request was refused for its condition, or for being conditional.
fn is_unmet(error: &StoreError) -> bool {
    matches!(error.kind, StoreErrorKind::Changed) || error.detail.starts_with("501 ")
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

fn if_none_match(condition: &Condition) -> Option<String> {
    matches!(condition, Condition::Absent).then(|| "*".to_owned())
}

fn if_match(condition: &Condition) -> Option<String> {
    if let Condition::Etag(etag) = condition { Some(quoted(etag)) } else { None }
}

/// Tags as `x-amz-tagging` wants them; `None` where there are none.
fn query(tags: &BTreeMap<String, String>) -> Option<String> {
    let pair = |(key, value): (&String, &String)| format!("{}={}", escaped(key, b""), escaped(value, b""));
    (!tags.is_empty()).then(|| tags.iter().map(pair).collect::<Vec<_>>().join("&"))
}

/// `text` with all bytes but the unreserved ones of RFC 3986 and those `plain` as `%XX`.
fn escaped(text: &str, plain: &[u8]) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || plain.contains(&byte);
    let spell = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(spell).collect()
}

/// What the answer to a GET says of the whole object, or what it lacks.
fn head_of_get(answer: &GetObjectOutput) -> Result<Head, String> {
    let whole =
        answer.content_range().and_then(|range| range.rsplit_once('/')).and_then(|(_, length)| length.parse().ok());
    let length = whole.or_else(|| answer.content_length().and_then(|length| u64::try_from(length).ok()));
    Ok(Head {
        length: length.ok_or("the answer has no Content-Length")?,
        etag: answer.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
        version: version(answer.version_id()),
        metadata: metadata(answer.metadata()),
        cache_control: answer.cache_control().map(str::to_owned),
        content_disposition: answer.content_disposition().map(str::to_owned),
        content_language: answer.content_language().map(str::to_owned),
        content_type: answer.content_type().map(str::to_owned),
        tag_count: answer.tag_count().and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
        storage_class: answer.storage_class().map(|class| class.as_str().to_owned()),
        kms_key: answer.ssekms_key_id().map(str::to_owned),
    })
}

/// What the answer to a HEAD says.
fn head_of_head(answer: &HeadObjectOutput) -> Head {
    Head {
        length: answer.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(0),
        etag: answer.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
        version: version(answer.version_id()),
        metadata: metadata(answer.metadata()),
        cache_control: answer.cache_control().map(str::to_owned),
        content_disposition: answer.content_disposition().map(str::to_owned),
        content_language: answer.content_language().map(str::to_owned),
        content_type: answer.content_type().map(str::to_owned),
        tag_count: answer.tag_count().and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
        storage_class: answer.storage_class().map(|class| class.as_str().to_owned()),
        kms_key: answer.ssekms_key_id().map(str::to_owned),
    }
}

fn metadata(metadata: Option<&HashMap<String, String>>) -> BTreeMap<String, String> {
    metadata.into_iter().flatten().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect()
}

/// A version's id; an object of a bucket that was versioned later has the id `null`.
fn version(id: Option<&str>) -> Option<String> {
    id.filter(|id| *id != "null").map(str::to_owned)
}

/// The first `length` bytes of a body: one buffer, filled as they come.
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
        // A server that knows no ranges sends all; what is too much is left on the wire.
        if bytes.len() as u64 > length {
            bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
            break;
        }
    }
    if (bytes.len() as u64) < length {
        return Err((StoreErrorKind::Broken, format!("the body has {} of {length} bytes", bytes.len())));
    }
    Ok(bytes)
}

fn broken(address: &Address, detail: String) -> StoreError {
    StoreError { operation: Operation::Get, address: address.clone(), kind: StoreErrorKind::Broken, detail }
}

/// What the SDK's error means.
pub(crate) fn failure<E>(operation: Operation, address: &Address, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let (kind, detail) = match error {
        SdkError::ServiceError(context) => {
            let (status, answer) = (context.raw().status().as_u16(), context.err());
            let (code, message) = (answer.code().unwrap_or_default(), answer.message().unwrap_or_default());
            let kind = kind(status, code);
            let reads = matches!(operation, Operation::Get | Operation::Head);
            let hint = if reads && kind == StoreErrorKind::AccessDenied { HIDDEN } else { "" };
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
        (412, _) | (409, "ConditionalRequestConflict") => StoreErrorKind::Changed,
        (409, "OperationAborted") => StoreErrorKind::Unavailable,
        (501, _) => StoreErrorKind::Refused,
        (500.., _) => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Refused,
    }
}

/// An error and every cause behind it: the SDK's own text stops at "dispatch failure".
pub(crate) fn causes(error: &(dyn StdError + 'static)) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The base64 of the bytes that `hex` spells, as S3 wants checksums.
pub(crate) fn base64_of_hex(hex: &str) -> String {
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
            AccessDenied, Archived, Broken, Changed, CredentialsExpired, NoSuchBucket, NoSuchKey, Refused, Throttled,
            Timeout, Unavailable,
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
            (409, "ConditionalRequestConflict", Changed),
            (412, "PreconditionFailed", Changed),
            (412, "", Changed),
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
