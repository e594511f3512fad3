//! A request's body on its way to disk: written to a file of its own, hashed, compared with what was declared.

use std::path::{Path, PathBuf};

use http_body_util::BodyExt;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{ChecksumAlgorithm, StreamingBlob};
use s3s::{Body, S3Result, TrailingHeaders, s3_error};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::checksum::{Algorithm, Checksums};

/// A file that is removed unless it is moved to its place.
#[derive(Debug)]
pub(crate) struct TemporaryFile(PathBuf);

impl TemporaryFile {
    /// A new name in `folder`; nothing is created yet.
    pub(crate) fn new(folder: &Path) -> Self {
        Self(folder.join(uuid::Uuid::new_v4().simple().to_string()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // After a move there is nothing left to remove; either way nobody is left to tell.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a client says of a body before it is read.
#[derive(Default)]
pub(crate) struct Declared {
    pub(crate) length: Option<i64>,
    pub(crate) content_md5: Option<String>,
    pub(crate) checksums: Checksums,
    pub(crate) algorithm: Option<ChecksumAlgorithm>,
    pub(crate) trailers: Option<TrailingHeaders>,
}

/// A body that has arrived whole and as declared.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) file: TemporaryFile,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) checksums: Checksums,
}

/// Writes `body` to a new file in `folder`, hashing on the way.
///
/// # Errors
/// `IncompleteBody` where the body breaks off or breaks its signature, `BadDigest` where a checksum differs from
/// the declared one.
pub(crate) async fn receive(folder: &Path, body: Option<StreamingBlob>, declared: Declared) -> S3Result<Received> {
    let Declared { length, content_md5, mut checksums, algorithm, trailers } = declared;
    let algorithm = algorithm.as_ref().map(Algorithm::named).transpose()?;
    // As S3 does where the client names none.
    let fallback = (checksums.is_empty() && algorithm.is_none()).then_some(Algorithm::Crc64nvme);
    let mut hasher = checksums.hasher(algorithm.or(fallback));
    let (mut md5, mut size) = (Md5::new(), 0);
    let file = TemporaryFile::new(folder);
    let mut sink = File::create(file.path()).await.map_err(|e| s3_error!(e, InternalError))?;
    let mut body = body.map(Body::from).unwrap_or_default();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| s3_error!(IncompleteBody, "the body broke off or breaks its signature: {e}"))?;
        let Ok(bytes) = frame.into_data() else { continue };
        md5.update(&bytes);
        hasher.update(&bytes);
        size += bytes.len() as u64;
        sink.write_all(&bytes).await.map_err(|e| s3_error!(e, InternalError))?;
    }
    sink.flush().await.map_err(|e| s3_error!(e, InternalError))?;
    if length.is_some_and(|length| u64::try_from(length) != Ok(size)) {
        return Err(s3_error!(IncompleteBody, "the body has {size} bytes, its headers say otherwise"));
    }
    if let Some(trailers) = trailers.and_then(|trailers| trailers.take()) {
        checksums.add_trailers(&trailers);
    }
    let computed = Checksums::computed(hasher);
    computed.verify(&checksums)?;
    let md5 = md5.finalize();
    if content_md5.is_some_and(|value| value != base64_simd::STANDARD.encode_to_string(md5)) {
        return Err(s3_error!(BadDigest, "the Content-MD5 you specified did not match what we received"));
    }
    Ok(Received { file, size, md5, checksums: computed })
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
