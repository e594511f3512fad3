//! PutObject, CopyObject and the multipart operations: from a request to a draft in the store.

use s3s::dto::*;
use s3s::{S3Request, S3Result, s3_error};

use super::checksum::{Algorithm, declared, fill};
use super::condition::{ReadCondition, WriteCondition};
use super::multipart::{Part, Upload};
use super::object::{self, Headers, headers};
use super::operations::Operations;
use super::read::copy_source;
use super::receive::{Declared, Received, hex, receive};
use super::store::{Cause, Draft, Origin, now};

/// S3's limit for user metadata, in bytes.
const MOST_METADATA: usize = 2 << 10;

/// The conditions in the headers of a copy.
macro_rules! copy_condition {
    ($input:expr) => {
        ReadCondition {
            if_match: $input.copy_source_if_match.clone(),
            if_none_match: $input.copy_source_if_none_match.clone(),
            if_modified_since: $input.copy_source_if_modified_since.clone(),
            if_unmodified_since: $input.copy_source_if_unmodified_since.clone(),
        }
    };
}

/// Answers PutObject.
///
/// # Errors
/// Those of [`receive`] and of the store's commit; `MetadataTooLarge`; `NotImplemented` for what would be dropped
/// silently.
pub(crate) async fn put(s3: &Operations, req: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
    let origin = origin(&req);
    let mut input = req.input;
    refuse_tags(input.tagging.as_deref())?;
    check_metadata(input.metadata.as_ref())?;
    s3.store.require_bucket(&input.bucket).await?;
    let declared = Declared {
        length: input.content_length,
        content_md5: input.content_md5.take(),
        checksums: declared!(input),
        algorithm: input.checksum_algorithm.take(),
        trailers: req.trailing_headers,
    };
    let received = receive(&s3.store.incoming(), input.body.take(), declared).await?;
    let object = object_of(&input.key, &received, headers!(input), input.metadata.unwrap_or_default());
    let condition = WriteCondition { if_match: input.if_match, if_none_match: input.if_none_match };
    let draft = Draft { bucket: input.bucket, object, file: received.file, condition, cause: Cause::Put, origin };
    let object = s3.store.commit(draft).await?;
    let mut output = PutObjectOutput { e_tag: Some(object.e_tag()), ..Default::default() };
    fill!(output, object.checksums);
    output.checksum_type = object.checksums.kind();
    Ok(output)
}

/// Answers CopyObject.
///
/// # Errors
/// Those of [`copy_source`] and of the store's commit; `MetadataTooLarge`; `InvalidRequest` for a copy onto itself
/// that changes nothing.
pub(crate) async fn copy(s3: &Operations, req: S3Request<CopyObjectInput>) -> S3Result<CopyObjectOutput> {
    let origin = origin(&req);
    let input = req.input;
    refuse_tags(input.tagging.as_deref())?;
    check_metadata(input.metadata.as_ref())?;
    s3.store.require_bucket(&input.bucket).await?;
    let (source, body) = copy_source(&s3.store, &input.copy_source, &copy_condition!(input), None).await?;
    let replace = input.metadata_directive.as_ref().is_some_and(|d| d.as_str() == MetadataDirective::REPLACE);
    if !replace
        && matches!(&input.copy_source, CopySource::Bucket { bucket, key, .. }
            if **bucket == *input.bucket && **key == *input.key)
    {
        return Err(s3_error!(InvalidRequest, "This copy request is illegal: it changes nothing"));
    }
    let declared = Declared { algorithm: input.checksum_algorithm.clone(), ..Default::default() };
    let received = receive(&s3.store.incoming(), Some(body), declared).await?;
    let (headers, metadata) = if replace {
        (headers!(input), input.metadata.unwrap_or_default())
    } else {
        (source.headers.clone(), source.metadata.clone().into_iter().collect())
    };
    let object = object_of(&input.key, &received, headers, metadata);
    let condition = WriteCondition::default();
    let draft = Draft { bucket: input.bucket, object, file: received.file, condition, cause: Cause::Copy, origin };
    let object = s3.store.commit(draft).await?;
    let mut result = CopyObjectResult {
        e_tag: Some(object.e_tag()),
        last_modified: Some(object.modified.clone()),
        checksum_type: object.checksums.kind(),
        ..Default::default()
    };
    fill!(result, object.checksums);
    Ok(CopyObjectOutput { copy_object_result: Some(result), ..Default::default() })
}

/// Answers CreateMultipartUpload.
///
/// # Errors
/// `NoSuchBucket`, `InvalidRequest`, `MetadataTooLarge`, `NotImplemented`.
pub(crate) async fn begin_upload(
    s3: &Operations,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    refuse_tags(input.tagging.as_deref())?;
    check_metadata(input.metadata.as_ref())?;
    s3.store.require_bucket(&input.bucket).await?;
    let algorithm = input.checksum_algorithm.as_ref().map(Algorithm::named).transpose()?;
    let full_object = match &input.checksum_type {
        Some(kind) => kind.as_str() == ChecksumType::FULL_OBJECT,
        None => algorithm.is_none_or(|algorithm| algorithm == Algorithm::Crc64nvme),
    };
    let upload = Upload {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        headers: headers!(input),
        metadata: input.metadata.unwrap_or_default().into_iter().collect(),
        algorithm,
        full_object,
        initiated: now(),
        parts: Default::default(),
    };
    Ok(CreateMultipartUploadOutput {
        upload_id: Some(s3.uploads.begin(upload)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: input.checksum_type,
        ..Default::default()
    })
}

/// Answers UploadPart.
///
/// # Errors
/// `NoSuchUpload`, `InvalidArgument`, and those of [`receive`].
pub(crate) async fn upload_part(s3: &Operations, req: S3Request<UploadPartInput>) -> S3Result<UploadPartOutput> {
    let mut input = req.input;
    check_number(input.part_number)?;
    let upload = s3.uploads.get(&input.upload_id, &input.bucket, &input.key)?;
    let declared = Declared {
        length: input.content_length,
        content_md5: input.content_md5.take(),
        checksums: declared!(input),
        algorithm: input.checksum_algorithm.take().or_else(|| upload.algorithm.map(Algorithm::name)),
        trailers: req.trailing_headers,
    };
    let received = receive(&s3.store.incoming(), input.body.take(), declared).await?;
    let part = s3.uploads.add(&input.upload_id, input.part_number, received)?;
    let mut output = UploadPartOutput { e_tag: Some(ETag::Strong(part.etag())), ..Default::default() };
    fill!(output, part.received.checksums);
    Ok(output)
}

/// Answers UploadPartCopy.
///
/// # Errors
/// `NoSuchUpload`, `InvalidArgument`, and those of [`copy_source`].
pub(crate) async fn upload_part_copy(s3: &Operations, input: UploadPartCopyInput) -> S3Result<UploadPartCopyOutput> {
    check_number(input.part_number)?;
    let upload = s3.uploads.get(&input.upload_id, &input.bucket, &input.key)?;
    let range = input.copy_source_range.as_deref().map(Range::parse).transpose();
    let range = range.map_err(|e| s3_error!(e, InvalidArgument, "x-amz-copy-source-range is no range"))?;
    let (_, body) = copy_source(&s3.store, &input.copy_source, &copy_condition!(input), range).await?;
    let declared = Declared { algorithm: upload.algorithm.map(Algorithm::name), ..Default::default() };
    let received = receive(&s3.store.incoming(), Some(body), declared).await?;
    let part = s3.uploads.add(&input.upload_id, input.part_number, received)?;
    let mut result = CopyPartResult {
        e_tag: Some(ETag::Strong(part.etag())),
        last_modified: Some(part.modified.clone()),
        ..Default::default()
    };
    fill!(result, part.received.checksums);
    Ok(UploadPartCopyOutput { copy_part_result: Some(result), ..Default::default() })
}

/// Answers CompleteMultipartUpload.
///
/// # Errors
/// `NoSuchUpload`, also while another request completes it, those of [`Upload::assemble`] and of the store's commit;
/// the upload stays as it was.
pub(crate) async fn complete_upload(
    s3: &Operations,
    req: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<CompleteMultipartUploadOutput> {
    let origin = origin(&req);
    let input = req.input;
    let (taken, upload) = s3.uploads.take(&input.upload_id, &input.bucket, &input.key)?;
    let listed = input.multipart_upload.as_ref().and_then(|m| m.parts.as_deref()).unwrap_or_default();
    let assembled = upload.assemble(listed, &s3.store.incoming()).await?;
    assembled.checksums.verify(&declared!(input))?;
    let object = object::Object {
        key: input.key,
        file: String::new(),
        size: assembled.size,
        etag: assembled.etag,
        modified: now(),
        sequencer: String::new(),
        headers: upload.headers,
        metadata: upload.metadata,
        checksums: assembled.checksums,
    };
    let condition = WriteCondition { if_match: input.if_match, if_none_match: input.if_none_match };
    let cause = Cause::CompleteMultipartUpload;
    let draft = Draft { bucket: input.bucket.clone(), object, file: assembled.file, condition, cause, origin };
    let object = s3.store.commit(draft).await?;
    taken.done();
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, super::listing::url_encoded(&object.key))),
        bucket: Some(input.bucket),
        key: Some(object.key.clone()),
        e_tag: Some(object.e_tag()),
        checksum_type: object.checksums.kind(),
        ..Default::default()
    };
    fill!(output, object.checksums);
    Ok(output)
}

/// Answers ListParts.
///
/// # Errors
/// `NoSuchUpload`.
pub(crate) fn list_parts(s3: &Operations, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let upload = s3.uploads.get(&input.upload_id, &input.bucket, &input.key)?;
    let after = input.part_number_marker.unwrap_or_default();
    let max = usize::try_from(input.max_parts.unwrap_or(1000)).unwrap_or_default().min(1000);
    let mut rest = upload.parts.range(after.saturating_add(1)..);
    let parts: Vec<_> = rest.by_ref().take(max).map(|(number, part)| part_entry(*number, part)).collect();
    let truncated = rest.next().is_some();
    Ok(ListPartsOutput {
        next_part_number_marker: parts.last().filter(|_| truncated).and_then(|part| part.part_number),
        parts: Some(parts),
        is_truncated: Some(truncated),
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        part_number_marker: input.part_number_marker,
        max_parts: input.max_parts,
        owner: Some(super::listing::owner()),
        checksum_algorithm: upload.algorithm.map(Algorithm::name),
        ..Default::default()
    })
}

fn part_entry(number: i32, part: &Part) -> s3s::dto::Part {
    let mut entry = s3s::dto::Part {
        part_number: Some(number),
        e_tag: Some(ETag::Strong(part.etag())),
        last_modified: Some(part.modified.clone()),
        size: i64::try_from(part.received.size).ok(),
        ..Default::default()
    };
    fill!(entry, part.received.checksums);
    entry
}

fn object_of(key: &str, received: &Received, headers: Headers, metadata: Metadata) -> object::Object {
    object::Object {
        key: key.to_owned(),
        file: String::new(),
        size: received.size,
        etag: hex(&received.md5),
        modified: now(),
        sequencer: String::new(),
        headers,
        metadata: metadata.into_iter().collect(),
        checksums: received.checksums.clone(),
    }
}

fn origin<T>(req: &S3Request<T>) -> Origin {
    req.extensions
        .get()
        .cloned()
        .unwrap_or(Origin { request_id: String::new(), address: std::net::Ipv4Addr::LOCALHOST.into() })
}

/// Checks `metadata` against S3's limit for the bytes of all its names and values.
fn check_metadata(metadata: Option<&Metadata>) -> S3Result {
    let bytes: usize = metadata.into_iter().flatten().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MOST_METADATA {
        return Err(s3_error!(MetadataTooLarge, "Your metadata headers exceed the maximum allowed metadata size"));
    }
    Ok(())
}

fn refuse_tags(tags: Option<&str>) -> S3Result {
    match tags {
        Some(tags) if !tags.is_empty() => Err(s3_error!(NotImplemented, "tags are not implemented")),
        _ => Ok(()),
    }
}

fn check_number(number: i32) -> S3Result {
    if (1..=10_000).contains(&number) {
        Ok(())
    } else {
        Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"))
    }
}
