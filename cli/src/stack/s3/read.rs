//! GetObject and HeadObject: conditions, ranges, stored headers.

use std::sync::Arc;

use s3s::dto::{CopySource, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Range, StreamingBlob};
use s3s::{S3Error, S3Result, s3_error};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::checksum::fill;
use super::condition::ReadCondition;
use super::object::Object;
use super::store::Store;

/// Bytes read from disk at once.
const CHUNK: usize = 128 << 10;

/// What S3 gives to objects that were stored without a type.
const DEFAULT_TYPE: &str = "binary/octet-stream";

/// The conditions in the headers of a read.
macro_rules! read_condition {
    ($input:expr) => {
        ReadCondition {
            if_match: $input.if_match.clone(),
            if_none_match: $input.if_none_match.clone(),
            if_modified_since: $input.if_modified_since.clone(),
            if_unmodified_since: $input.if_unmodified_since.clone(),
        }
    };
}

/// The fields that the answers to GetObject and HeadObject share.
macro_rules! describe {
    ($output:expr, $object:expr) => {
        let headers = $object.headers.clone();
        $output.accept_ranges = Some("bytes".to_owned());
        $output.e_tag = Some($object.e_tag());
        $output.last_modified = Some($object.modified.clone());
        $output.content_type = Some(headers.content_type.unwrap_or_else(|| DEFAULT_TYPE.to_owned()));
        $output.cache_control = headers.cache_control;
        $output.content_disposition = headers.content_disposition;
        $output.content_encoding = headers.content_encoding;
        $output.content_language = headers.content_language;
        $output.expires = headers.expires;
        $output.metadata = Some($object.metadata.clone().into_iter().collect());
    };
}

/// Answers GetObject.
///
/// # Errors
/// `NoSuchBucket`, `NoSuchKey`, `PreconditionFailed`, `NotModified`, `InvalidRange`.
pub(crate) async fn get(store: &Store, input: &GetObjectInput) -> S3Result<GetObjectOutput> {
    refuse(input.part_number.is_some(), input.version_id.as_deref())?;
    let (object, file) = store.open_object(&input.bucket, &input.key).await?;
    read_condition!(input).check(&object)?;
    let span = Span::of(input.range, object.size)?;
    let mut output = GetObjectOutput::default();
    describe!(output, object);
    output.content_length = Some(span.length());
    output.content_range = span.content_range();
    output.body = Some(stream(file, span.start, span.end - span.start).await?);
    if input.checksum_mode.is_some() && span.whole() {
        fill!(output, object.checksums);
        output.checksum_type = object.checksums.kind();
    }
    Ok(output)
}

/// Answers HeadObject.
///
/// # Errors
/// As [`get`].
pub(crate) async fn head(store: &Store, input: &HeadObjectInput) -> S3Result<HeadObjectOutput> {
    refuse(input.part_number.is_some(), input.version_id.as_deref())?;
    let object = store.head(&input.bucket, &input.key).await?;
    read_condition!(input).check(&object)?;
    let span = Span::of(input.range, object.size)?;
    let mut output = HeadObjectOutput::default();
    describe!(output, object);
    output.content_length = Some(span.length());
    output.content_range = span.content_range();
    if input.checksum_mode.is_some() && span.whole() {
        fill!(output, object.checksums);
        output.checksum_type = object.checksums.kind();
    }
    Ok(output)
}

/// The source of a copy, opened: what is known of it, and the bytes of `range`.
///
/// # Errors
/// As [`get`]; `NotModified` counts as `PreconditionFailed`, as S3 has it for copies.
pub(crate) async fn copy_source(
    store: &Store,
    source: &CopySource,
    condition: &ReadCondition,
    range: Option<Range>,
) -> S3Result<(Arc<Object>, StreamingBlob)> {
    let CopySource::Bucket { bucket, key, version_id } = source else {
        return Err(s3_error!(NotImplemented, "only objects in buckets can be copied"));
    };
    refuse(false, version_id.as_deref())?;
    let (object, file) = store.open_object(bucket, key).await?;
    condition.check(&object).map_err(|_| S3Error::new(s3s::S3ErrorCode::PreconditionFailed))?;
    let span = Span::of(range, object.size)?;
    let body = stream(file, span.start, span.end - span.start).await?;
    Ok((object, body))
}

/// Refuses what only versioned or multipart-aware stores can answer, rather than answering something else.
fn refuse(part: bool, version: Option<&str>) -> S3Result {
    if part {
        return Err(s3_error!(NotImplemented, "reading one part of an object is not implemented"));
    }
    if version.is_some_and(|version| version != "null") {
        return Err(s3_error!(NotImplemented, "buckets here are not versioned"));
    }
    Ok(())
}

/// The bytes `start..end` of an object of `size` bytes.
struct Span {
    start: u64,
    end: u64,
    size: u64,
    asked: bool,
}

impl Span {
    fn of(range: Option<Range>, size: u64) -> S3Result<Self> {
        match range {
            None => Ok(Self { start: 0, end: size, size, asked: false }),
            Some(_) if size == 0 => Err(s3_error!(InvalidRange)),
            Some(range) => {
                let span = range.check(size)?;
                Ok(Self { start: span.start, end: span.end, size, asked: true })
            }
        }
    }

    fn whole(&self) -> bool {
        self.end - self.start == self.size
    }

    fn length(&self) -> i64 {
        i64::try_from(self.end - self.start).unwrap_or(i64::MAX)
    }

    fn content_range(&self) -> Option<String> {
        self.asked.then(|| format!("bytes {}-{}/{}", self.start, self.end - 1, self.size))
    }
}

async fn stream(mut file: File, start: u64, length: u64) -> S3Result<StreamingBlob> {
    file.seek(std::io::SeekFrom::Start(start)).await.map_err(|e| s3_error!(e, InternalError))?;
    Ok(StreamingBlob::wrap(ReaderStream::with_capacity(file.take(length), CHUNK)))
}
