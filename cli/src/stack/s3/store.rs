//! Buckets and objects on disk, with an index of them in memory.
//!
//! ```text
//! ROOT/BUCKET/objects/SEQUENCER-NAME    the bytes
//! ROOT/BUCKET/metadata/NAME.json        an `Object`, which names the file of its bytes
//! ROOT/.incoming/…                      bodies that have not arrived whole; emptied at the start
//! ```
//! A write becomes visible under one lock, after its bytes are on disk: readers see the old object or the new
//! one, and of writers with If-None-Match or If-Match exactly one wins. On disk it counts once its metadata has been
//! renamed to its place; a process that ends before leaves the old object, and bytes that the next start removes.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use s3s::dto::Timestamp;
use s3s::validation::{AwsNameValidation, NameValidation};
use s3s::{S3Result, s3_error};
use tokio::fs::File;
use tokio::sync::RwLock;

use super::condition::WriteCondition;
use super::listing::{Page, Query};
use super::name::file_name;
use super::object::Object;
use super::receive::TemporaryFile;

/// Told of every object that was created, in the order of their sequencers.
pub(crate) type Observer = Box<dyn Fn(&Creation<'_>) + Send + Sync>;

/// An object that has just become visible.
pub(crate) struct Creation<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) object: &'a Object,
    pub(crate) cause: Cause,
    pub(crate) origin: &'a Origin,
}

/// The operation that created an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Put,
    Copy,
    CompleteMultipartUpload,
}

/// The request that created an object.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) request_id: String,
    pub(crate) address: std::net::IpAddr,
}

/// An object to be stored.
pub(crate) struct Draft {
    pub(crate) bucket: String,
    /// Complete but for `file`, `modified` and `sequencer`.
    pub(crate) object: Object,
    pub(crate) file: TemporaryFile,
    pub(crate) condition: WriteCondition,
    pub(crate) cause: Cause,
    pub(crate) origin: Origin,
}

/// Buckets and objects on disk.
pub(crate) struct Store {
    root: PathBuf,
    index: RwLock<Index>,
    observer: Observer,
}

#[derive(Default)]
struct Index {
    buckets: BTreeMap<String, Bucket>,
    /// The last sequencer given out.
    sequence: u64,
}

struct Bucket {
    created: Timestamp,
    objects: BTreeMap<String, Arc<Object>>,
}

impl Store {
    /// Opens the store below `root`, which is created where it does not exist.
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn open(root: &Path, observer: Observer) -> io::Result<Self> {
        let store = Self { root: root.to_owned(), index: RwLock::default(), observer };
        let incoming = store.incoming();
        match std::fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&incoming)(error)),
            _ => std::fs::create_dir_all(&incoming).map_err(at(&incoming))?,
        }
        let mut index = Index { buckets: BTreeMap::new(), sequence: nanoseconds() };
        for entry in std::fs::read_dir(root).map_err(at(root))? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string()
                && AwsNameValidation::new().validate_bucket_name(&name)
                && entry.file_type()?.is_dir()
            {
                index.buckets.insert(name, load_bucket(&entry.path())?);
            }
        }
        Ok(Self { index: index.into(), ..store })
    }

    /// Where bodies are written before they become objects.
    pub(crate) fn incoming(&self) -> PathBuf {
        self.root.join(".incoming")
    }

    fn object_path(&self, bucket: &str, object: &Object) -> PathBuf {
        self.root.join(bucket).join("objects").join(&object.file)
    }

    fn metadata_path(&self, bucket: &str, key: &str) -> PathBuf {
        self.root.join(bucket).join("metadata").join(file_name(key) + ".json")
    }

    /// Names and creation times of all buckets.
    pub(crate) async fn buckets(&self) -> Vec<(String, Timestamp)> {
        let index = self.index.read().await;
        index.buckets.iter().map(|(name, bucket)| (name.clone(), bucket.created.clone())).collect()
    }

    /// Creates `bucket`; whether it is new.
    ///
    /// # Errors
    /// `InternalError` of the file system.
    pub(crate) async fn create_bucket(&self, bucket: &str) -> S3Result<bool> {
        let mut index = self.index.write().await;
        if index.buckets.contains_key(bucket) {
            return Ok(false);
        }
        for folder in ["objects", "metadata"] {
            let path = self.root.join(bucket).join(folder);
            tokio::fs::create_dir_all(path).await.map_err(|e| s3_error!(e, InternalError))?;
        }
        index.buckets.insert(bucket.to_owned(), Bucket { created: now(), objects: BTreeMap::new() });
        Ok(true)
    }

    /// Deletes `bucket`.
    ///
    /// # Errors
    /// `NoSuchBucket`, `BucketNotEmpty`.
    pub(crate) async fn delete_bucket(&self, bucket: &str) -> S3Result {
        let mut index = self.index.write().await;
        if !index.bucket(bucket)?.objects.is_empty() {
            return Err(s3_error!(BucketNotEmpty));
        }
        tokio::fs::remove_dir_all(self.root.join(bucket)).await.map_err(|e| s3_error!(e, InternalError))?;
        index.buckets.remove(bucket);
        Ok(())
    }

    /// Succeeds where `bucket` exists.
    ///
    /// # Errors
    /// `NoSuchBucket`.
    pub(crate) async fn require_bucket(&self, bucket: &str) -> S3Result {
        self.index.read().await.bucket(bucket).map(|_| ())
    }

    /// What is known of the object `key`.
    ///
    /// # Errors
    /// `NoSuchBucket`, `NoSuchKey`.
    pub(crate) async fn head(&self, bucket: &str, key: &str) -> S3Result<Arc<Object>> {
        self.index.read().await.object(bucket, key)
    }

    /// The object `key`, opened: later writes do not change what the file reads.
    ///
    /// # Errors
    /// `NoSuchBucket`, `NoSuchKey`.
    pub(crate) async fn open_object(&self, bucket: &str, key: &str) -> S3Result<(Arc<Object>, File)> {
        let index = self.index.read().await;
        let object = index.object(bucket, key)?;
        let file = File::open(self.object_path(bucket, &object)).await.map_err(|e| s3_error!(e, InternalError))?;
        Ok((object, file))
    }

    /// One page of the listing of `bucket`.
    ///
    /// # Errors
    /// `NoSuchBucket`.
    pub(crate) async fn list(&self, bucket: &str, query: &Query<'_>) -> S3Result<Page> {
        Ok(query.page(&self.index.read().await.bucket(bucket)?.objects))
    }

    /// Makes `draft` visible and tells the observer.
    ///
    /// # Errors
    /// `NoSuchBucket`, and those of [`WriteCondition::check`].
    pub(crate) async fn commit(self: &Arc<Self>, draft: Draft) -> S3Result<Arc<Object>> {
        let store = Arc::clone(self);
        uncancelled(async move { store.commit_locked(draft).await }).await
    }

    async fn commit_locked(&self, draft: Draft) -> S3Result<Arc<Object>> {
        let Draft { bucket, mut object, file, condition, cause, origin } = draft;
        let mut index = self.index.write().await;
        let existing = index.bucket(&bucket)?.objects.get(&object.key).cloned();
        condition.check(existing.as_deref())?;
        index.sequence = nanoseconds().max(index.sequence + 1);
        object.sequencer = format!("{:018X}", index.sequence);
        object.file = format!("{}-{}", object.sequencer, file_name(&object.key));
        object.modified = now();
        self.write(&bucket, &object, &file).await.map_err(|e| s3_error!(e, InternalError))?;
        if let Some(existing) = existing {
            self.remove_bytes(&bucket, &existing).await;
        }
        let object = Arc::new(object);
        if let Some(bucket) = index.buckets.get_mut(&bucket) {
            bucket.objects.insert(object.key.clone(), Arc::clone(&object));
        }
        (self.observer)(&Creation { bucket: &bucket, object: &object, cause, origin: &origin });
        Ok(object)
    }

    /// Moves `file` and the JSON of `object` to their places.
    async fn write(&self, bucket: &str, object: &Object, file: &TemporaryFile) -> io::Result<()> {
        let json = TemporaryFile::new(&self.incoming());
        tokio::fs::write(json.path(), serde_json::to_vec(object)?).await?;
        tokio::fs::rename(file.path(), self.object_path(bucket, object)).await?;
        tokio::fs::rename(json.path(), self.metadata_path(bucket, &object.key)).await
    }

    /// Removes the bytes of `object`, which no metadata names any more.
    async fn remove_bytes(&self, bucket: &str, object: &Object) {
        // Where that fails, e.g. since somebody reads them on Windows, the next start tries again.
        let _ = tokio::fs::remove_file(self.object_path(bucket, object)).await;
    }

    /// Deletes the object `key`; it need not exist.
    ///
    /// # Errors
    /// `NoSuchBucket`, and those of [`WriteCondition::check`].
    pub(crate) async fn delete(self: &Arc<Self>, bucket: &str, key: &str, condition: WriteCondition) -> S3Result {
        let (store, bucket, key) = (Arc::clone(self), bucket.to_owned(), key.to_owned());
        uncancelled(async move { store.delete_locked(&bucket, &key, &condition).await }).await
    }

    async fn delete_locked(&self, bucket: &str, key: &str, condition: &WriteCondition) -> S3Result {
        let mut index = self.index.write().await;
        let existing = index.bucket(bucket)?.objects.get(key).cloned();
        condition.check(existing.as_deref())?;
        let Some(existing) = existing else { return Ok(()) };
        tokio::fs::remove_file(self.metadata_path(bucket, key)).await.map_err(|e| s3_error!(e, InternalError))?;
        self.remove_bytes(bucket, &existing).await;
        if let Some(bucket) = index.buckets.get_mut(bucket) {
            bucket.objects.remove(key);
        }
        Ok(())
    }
}

impl Index {
    fn bucket(&self, name: &str) -> S3Result<&Bucket> {
        self.buckets.get(name).ok_or_else(|| s3_error!(NoSuchBucket, "The bucket {name} does not exist"))
    }

    fn object(&self, bucket: &str, key: &str) -> S3Result<Arc<Object>> {
        self.bucket(bucket)?
            .objects
            .get(key)
            .cloned()
            .ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
    }
}

/// Runs `change` to its end even where the client hangs up: a half-done change must not become visible.
async fn uncancelled<T: Send + 'static>(change: impl Future<Output = S3Result<T>> + Send + 'static) -> S3Result<T> {
    tokio::spawn(change).await.map_err(|e| s3_error!(e, InternalError))?
}

/// Reads the metadata of the bucket in `folder`, making the folders that a crash may have left out. An object whose
/// length is not the recorded one is no object.
fn load_bucket(folder: &Path) -> io::Result<Bucket> {
    let created = folder.metadata().map_err(at(folder))?.modified().unwrap_or(UNIX_EPOCH).into();
    let (bytes, metadata) = (folder.join("objects"), folder.join("metadata"));
    for folder in [&bytes, &metadata] {
        std::fs::create_dir_all(folder).map_err(at(folder))?;
    }
    let (mut objects, mut named, mut all_read) = (BTreeMap::new(), HashSet::new(), true);
    for entry in std::fs::read_dir(&metadata).map_err(at(&metadata))? {
        let json = std::fs::read(entry.map_err(at(&metadata))?.path()).unwrap_or_default();
        let Ok(object) = serde_json::from_slice::<Object>(&json) else {
            all_read = false;
            continue;
        };
        named.insert(object.file.clone());
        if std::fs::metadata(bytes.join(&object.file)).is_ok_and(|bytes| bytes.len() == object.size) {
            objects.insert(object.key.clone(), Arc::new(object));
        }
    }
    // Metadata that cannot be read now may be mended, and then wants its bytes.
    if all_read {
        sweep(&bytes, &named).map_err(at(&bytes))?;
    }
    Ok(Bucket { created, objects })
}

/// Removes the files in `folder` that are not `named`.
fn sweep(folder: &Path, named: &HashSet<String>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(|name| named.contains(name)) {
            // What cannot be removed only takes room.
            let _ = std::fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Puts `path` before the text of an error, which does not say where it happened.
fn at(path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The time in whole seconds.
pub(crate) fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    (UNIX_EPOCH + std::time::Duration::from_secs(seconds)).into()
}

/// Nanoseconds since 1970: the base of sequencers, so that they grow over restarts too.
fn nanoseconds() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
