//! The operations of S3 that the stack answers; s3s answers `NotImplemented` to all others.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::condition::WriteCondition;
use super::listing::{Query, url_encoded};
use super::multipart::Uploads;
use super::store::Store;
use super::{listing, read, write};

/// The most entries of one page.
const PAGE: usize = 1000;

/// S3 on top of a [`Store`].
pub(crate) struct Operations {
    pub(crate) store: Arc<Store>,
    pub(crate) uploads: Uploads,
    pub(crate) region: &'static str,
}

#[async_trait::async_trait]
impl S3 for Operations {
    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let buckets = self.store.buckets().await.into_iter().map(|(name, created)| Bucket {
            name: Some(name),
            creation_date: Some(created),
            ..Default::default()
        });
        let buckets = Some(buckets.collect());
        Ok(S3Response::new(ListBucketsOutput { buckets, owner: Some(listing::owner()), ..Default::default() }))
    }

    async fn create_bucket(&self, req: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        let bucket = req.input.bucket;
        self.store.create_bucket(&bucket).await?; // us-east-1 answers 200 to the owner of an existing bucket
        Ok(S3Response::new(CreateBucketOutput { location: Some(format!("/{bucket}")) }))
    }

    async fn delete_bucket(&self, req: S3Request<DeleteBucketInput>) -> S3Result<S3Response<DeleteBucketOutput>> {
        self.store.delete_bucket(&req.input.bucket).await?;
        Ok(S3Response::new(DeleteBucketOutput {}))
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.store.require_bucket(&req.input.bucket).await?;
        Ok(S3Response::new(HeadBucketOutput { bucket_region: Some(self.region.to_owned()), ..Default::default() }))
    }

    async fn get_bucket_location(
        &self,
        req: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.store.require_bucket(&req.input.bucket).await?;
        Ok(S3Response::new(GetBucketLocationOutput::default())) // null stands for us-east-1
    }

    async fn list_objects(&self, req: S3Request<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = req.input;
        let encode = encoder(input.encoding_type.as_ref());
        let query = Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().unwrap_or_default(),
            after: input.marker.as_deref().unwrap_or_default(),
            max: page_length(input.max_keys)?,
        };
        let page = self.store.list(&input.bucket, &query).await?;
        Ok(S3Response::new(ListObjectsOutput {
            name: Some(input.bucket.clone()),
            prefix: Some(encode(query.prefix)),
            marker: Some(encode(query.after)),
            max_keys: i32::try_from(query.max).ok(),
            is_truncated: Some(page.next.is_some()),
            next_marker: page.next.as_deref().map(encode),
            contents: Some(page.objects.iter().map(|object| listing::entry(object, encode)).collect()),
            common_prefixes: Some(listing::common_prefixes(&page.prefixes, encode)),
            delimiter: input.delimiter.as_deref().map(encode),
            encoding_type: input.encoding_type,
            request_charged: None,
        }))
    }

    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = req.input;
        let encode = encoder(input.encoding_type.as_ref());
        let after = match &input.continuation_token {
            Some(token) => listing::from_token(token)?,
            None => input.start_after.clone().unwrap_or_default(),
        };
        let query = Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().unwrap_or_default(),
            after: &after,
            max: page_length(input.max_keys)?,
        };
        let page = self.store.list(&input.bucket, &query).await?;
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket.clone()),
            prefix: Some(encode(query.prefix)),
            max_keys: i32::try_from(query.max).ok(),
            key_count: i32::try_from(page.objects.len() + page.prefixes.len()).ok(),
            continuation_token: input.continuation_token,
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.as_deref().map(listing::to_token),
            contents: Some(page.objects.iter().map(|object| listing::entry(object, encode)).collect()),
            common_prefixes: Some(listing::common_prefixes(&page.prefixes, encode)),
            delimiter: input.delimiter.as_deref().map(encode),
            encoding_type: input.encoding_type,
            start_after: input.start_after.as_deref().map(encode),
            request_charged: None,
        }))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        read::get(&self.store, &req.input).await.map(S3Response::new)
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        read::head(&self.store, &req.input).await.map(S3Response::new)
    }

    /// Objects here have no tags; clients that copy large objects ask all the same.
    async fn get_object_tagging(
        &self,
        req: S3Request<GetObjectTaggingInput>,
    ) -> S3Result<S3Response<GetObjectTaggingOutput>> {
        self.store.head(&req.input.bucket, &req.input.key).await?;
        Ok(S3Response::new(GetObjectTaggingOutput { tag_set: Vec::new(), version_id: None }))
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        write::put(self, req).await.map(S3Response::new)
    }

    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        write::copy(self, req).await.map(S3Response::new)
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let condition = WriteCondition { if_match: req.input.if_match, if_none_match: None };
        self.store.delete(&req.input.bucket, &req.input.key, condition).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(&self, req: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let input = req.input;
        self.store.require_bucket(&input.bucket).await?;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for ObjectIdentifier { key, .. } in input.delete.objects {
            match self.store.delete(&input.bucket, &key, WriteCondition::default()).await {
                Ok(()) => deleted.push(DeletedObject { key: Some(key), ..Default::default() }),
                Err(error) => errors.push(Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(key),
                    message: error.message().map(str::to_owned),
                    version_id: None,
                }),
            }
        }
        let deleted = (!input.delete.quiet.unwrap_or_default()).then_some(deleted);
        Ok(S3Response::new(DeleteObjectsOutput { deleted, errors: Some(errors), request_charged: None }))
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        write::begin_upload(self, req.input).await.map(S3Response::new)
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        write::upload_part(self, req).await.map(S3Response::new)
    }

    async fn upload_part_copy(
        &self,
        req: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        write::upload_part_copy(self, req.input).await.map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        write::complete_upload(self, req).await.map(S3Response::new)
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = req.input;
        self.uploads.get(&input.upload_id, &input.bucket, &input.key)?;
        self.uploads.end(&input.upload_id);
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        write::list_parts(self, req.input).map(S3Response::new)
    }

    async fn list_multipart_uploads(
        &self,
        req: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = req.input;
        self.store.require_bucket(&input.bucket).await?;
        let encode = encoder(input.encoding_type.as_ref());
        let prefix = input.prefix.unwrap_or_default();
        let uploads = self.uploads.of_bucket(&input.bucket).into_iter().filter(|(key, ..)| key.starts_with(&prefix));
        let uploads = uploads.map(|(key, id, initiated)| MultipartUpload {
            key: Some(encode(&key)),
            upload_id: Some(id),
            initiated: Some(initiated),
            ..Default::default()
        });
        Ok(S3Response::new(ListMultipartUploadsOutput {
            uploads: Some(uploads.collect()),
            bucket: Some(input.bucket),
            is_truncated: Some(false),
            encoding_type: input.encoding_type,
            ..Default::default()
        }))
    }
}

/// How the texts of a listing are written.
fn encoder(encoding: Option<&EncodingType>) -> fn(&str) -> String {
    match encoding {
        Some(encoding) if encoding.as_str() == EncodingType::URL => url_encoded,
        _ => str::to_owned,
    }
}

fn page_length(asked: Option<i32>) -> S3Result<usize> {
    match asked.map(usize::try_from) {
        None => Ok(PAGE),
        Some(Ok(count)) => Ok(count.min(PAGE)),
        Some(Err(_)) => Err(s3_error!(InvalidArgument, "max-keys must not be negative")),
    }
}
