//! Multipart uploads: parts that arrive one by one and become one object.
//!
//! Uploads live in memory and their parts in the store's incoming folder, so a restart forgets them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{CompletedPart, Timestamp};
use s3s::{S3Result, s3_error};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::checksum::{Algorithm, Checksums, declared};
use super::object::Headers;
use super::receive::{Received, TemporaryFile, hex};
use super::store::now;

/// S3's least length of every part but the last, in bytes.
const LEAST_PART: u64 = 5 << 20;

/// An upload that has begun.
#[derive(Clone)]
pub(crate) struct Upload {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) headers: Headers,
    pub(crate) metadata: BTreeMap<String, String>,
    /// The checksum that the client chose.
    pub(crate) algorithm: Option<Algorithm>,
    /// Whether the object's checksum is one over all its bytes, not over the parts' checksums.
    pub(crate) full_object: bool,
    pub(crate) initiated: Timestamp,
    pub(crate) parts: BTreeMap<i32, Part>,
}

/// A part that has arrived.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) received: Arc<Received>,
    pub(crate) modified: Timestamp,
}

impl Part {
    /// Without the quotes.
    pub(crate) fn etag(&self) -> String {
        hex(&self.received.md5)
    }
}

/// All uploads that have begun, by their ids.
#[derive(Default)]
pub(crate) struct Uploads(Mutex<HashMap<String, Upload>>);

/// An upload that is being completed: nobody else sees it, and unless it is [`done`](Taken::done) it comes back.
pub(crate) struct Taken<'a> {
    uploads: &'a Uploads,
    id: String,
    upload: Option<Upload>,
}

impl Taken<'_> {
    /// Ends the upload; its parts are removed.
    pub(crate) fn done(mut self) {
        self.upload = None;
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take() {
            self.uploads.all().insert(std::mem::take(&mut self.id), upload);
        }
    }
}

/// The parts of an upload put together.
pub(crate) struct Assembled {
    pub(crate) file: TemporaryFile,
    pub(crate) size: u64,
    /// MD5 over the parts' MD5, and their number behind a dash.
    pub(crate) etag: String,
    pub(crate) checksums: Checksums,
}

impl Uploads {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Upload>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins `upload`; its id.
    pub(crate) fn begin(&self, upload: Upload) -> String {
        let id = uuid::Uuid::new_v4().simple().to_string();
        self.all().insert(id.clone(), upload);
        id
    }

    /// The upload `id` of `key`.
    ///
    /// # Errors
    /// `NoSuchUpload`.
    pub(crate) fn get(&self, id: &str, bucket: &str, key: &str) -> S3Result<Upload> {
        let upload = self.all().get(id).filter(|u| u.bucket == bucket && u.key == key).cloned();
        upload.ok_or_else(|| s3_error!(NoSuchUpload, "The specified upload does not exist"))
    }

    /// Takes the upload `id` of `key` away from everybody else, and a copy of it.
    ///
    /// # Errors
    /// `NoSuchUpload`.
    pub(crate) fn take(&self, id: &str, bucket: &str, key: &str) -> S3Result<(Taken<'_>, Upload)> {
        let mut all = self.all();
        let found = all.get(id).is_some_and(|upload| upload.bucket == bucket && upload.key == key);
        let upload = if found { all.remove(id) } else { None };
        let upload = upload.ok_or_else(|| s3_error!(NoSuchUpload, "The specified upload does not exist"))?;
        Ok((Taken { uploads: self, id: id.to_owned(), upload: Some(upload.clone()) }, upload))
    }

    /// Adds a part; one of the same number is replaced.
    ///
    /// # Errors
    /// `NoSuchUpload`.
    pub(crate) fn add(&self, id: &str, number: i32, received: Received) -> S3Result<Part> {
        let part = Part { received: Arc::new(received), modified: now() };
        match self.all().get_mut(id) {
            Some(upload) => upload.parts.insert(number, part.clone()),
            None => return Err(s3_error!(NoSuchUpload)),
        };
        Ok(part)
    }

    /// Ends the upload `id`; its parts are removed.
    pub(crate) fn end(&self, id: &str) {
        self.all().remove(id);
    }

    /// Keys, ids and starts of the uploads to `bucket`, by key.
    pub(crate) fn of_bucket(&self, bucket: &str) -> Vec<(String, String, Timestamp)> {
        let mut uploads: Vec<_> = (self.all().iter())
            .filter(|(_, upload)| upload.bucket == bucket)
            .map(|(id, upload)| (upload.key.clone(), id.clone(), upload.initiated.clone()))
            .collect();
        uploads.sort();
        uploads
    }
}

impl Upload {
    /// Puts the parts that `listed` names together, in a file in `folder`.
    ///
    /// # Errors
    /// `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall`, `MalformedXML` where nothing is listed.
    pub(crate) async fn assemble(&self, listed: &[CompletedPart], folder: &Path) -> S3Result<Assembled> {
        let parts = self.chosen(listed)?;
        let whole = match self.algorithm {
            Some(algorithm) if self.full_object => Some(algorithm),
            Some(_) => None,
            None => Some(Algorithm::Crc64nvme), // as S3 does where the client names none
        };
        let mut hasher = Checksums::default().hasher(whole);
        let (file, size) = concatenate(&parts, folder, &mut hasher).await?;
        let mut md5 = Md5::new();
        parts.iter().for_each(|part| md5.update(&part.received.md5));
        let checksums = match (whole, self.algorithm) {
            (None, Some(algorithm)) => Checksums::composed(algorithm, parts.iter().map(|p| &p.received.checksums))?,
            _ => Checksums::computed(hasher),
        };
        Ok(Assembled { file, size, etag: format!("{}-{}", hex(&md5.finalize()), parts.len()), checksums })
    }

    fn chosen(&self, listed: &[CompletedPart]) -> S3Result<Vec<Part>> {
        let mut parts = Vec::with_capacity(listed.len());
        let mut before = 0;
        for entry in listed {
            let number = entry.part_number.unwrap_or_default();
            if number <= before {
                return Err(s3_error!(InvalidPartOrder));
            }
            before = number;
            let etag = entry.e_tag.as_ref().map(|etag| etag.value());
            let part = self.parts.get(&number).filter(|part| etag.is_some_and(|etag| etag == part.etag()));
            let part = part.ok_or_else(|| s3_error!(InvalidPart, "part {number} is not there, or has another ETag"))?;
            part.received.checksums.verify(&declared!(entry))?;
            parts.push(part.clone());
        }
        let Some((_, all_but_last)) = parts.split_last() else {
            return Err(s3_error!(MalformedXML, "no part is listed"));
        };
        if all_but_last.iter().any(|part| part.received.size < LEAST_PART) {
            return Err(s3_error!(EntityTooSmall));
        }
        Ok(parts)
    }
}

/// The bytes of all `parts` in one new file in `folder`, and their number.
async fn concatenate(parts: &[Part], folder: &Path, hasher: &mut ChecksumHasher) -> S3Result<(TemporaryFile, u64)> {
    let internal = |error: std::io::Error| s3_error!(error, InternalError);
    let file = TemporaryFile::new(folder);
    let mut sink = File::create(file.path()).await.map_err(internal)?;
    let mut buffer = vec![0; 256 << 10];
    let mut size = 0;
    for part in parts {
        let mut source = File::open(part.received.file.path()).await.map_err(internal)?;
        loop {
            let count = source.read(&mut buffer).await.map_err(internal)?;
            if count == 0 {
                break;
            }
            hasher.update(&buffer[..count]);
            sink.write_all(&buffer[..count]).await.map_err(internal)?;
            size += count as u64;
        }
    }
    sink.flush().await.map_err(internal)?;
    Ok((file, size))
}
