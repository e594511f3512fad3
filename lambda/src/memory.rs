//! A store in memory for tests, which fails as it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::{
    Address, Carried, Condition, Head, Listed, Listing, NewObject, Object, Operation, Store, StoreError, StoreErrorKind,
};

/// Buckets of objects, and trouble that waits for requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    buckets: BTreeMap<String, BTreeMap<String, Stored>>,
    trouble: Vec<Trouble>,
    requests: Vec<(Operation, Address)>,
}

/// An object as it lies in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    pub(crate) head: Head,
    pub(crate) bytes: Vec<u8>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Stored {
    fn new(bytes: &[u8], carried: &Carried) -> Self {
        let carried = carried.clone();
        let head = Head {
            length: bytes.len() as u64,
            etag: halver::sha256(bytes)[..32].to_owned(),
            version: None,
            metadata: carried.metadata,
            cache_control: carried.cache_control,
            content_disposition: carried.content_disposition,
            content_language: carried.content_language,
            content_type: Some(carried.content_type),
            tag_count: u32::try_from(carried.tags.len()).unwrap_or(u32::MAX),
            storage_class: carried.storage_class,
            kms_key: carried.kms_key,
        };
        Self { head, bytes: bytes.to_vec(), tags: carried.tags }
    }
}

/// Trouble for the next `times` requests of a kind to one bucket, or to keys of it that begin so.
#[derive(Debug)]
struct Trouble {
    operation: Operation,
    bucket: String,
    prefix: String,
    kind: StoreErrorKind,
    times: usize,
}

impl Memory {
    /// A store with empty buckets.
    pub(crate) fn with_buckets(names: &[&str]) -> Self {
        let memory = Self::default();
        memory.state().buckets = names.iter().map(|&name| (name.to_owned(), BTreeMap::new())).collect();
        memory
    }

    /// Lays `bytes` at `bucket`/`key`, with an ETag of their own; `change` may set more.
    pub(crate) fn lay(&self, bucket: &str, key: &str, bytes: &[u8], change: impl FnOnce(&mut Head)) {
        let mut stored = Stored::new(bytes, &Carried::default());
        change(&mut stored.head);
        self.state().buckets.entry(bucket.to_owned()).or_default().insert(key.to_owned(), stored);
    }

    /// Takes away what lies at `bucket`/`key`.
    pub(crate) fn remove(&self, bucket: &str, key: &str) {
        self.state().buckets.get_mut(bucket).and_then(|objects| objects.remove(key));
    }

    /// Gives the object at `bucket`/`key` tags.
    pub(crate) fn tag(&self, bucket: &str, key: &str, tags: &[(&str, &str)]) {
        if let Some(stored) = self.state().buckets.get_mut(bucket).and_then(|objects| objects.get_mut(key)) {
            stored.tags = tags.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
            stored.head.tag_count = u32::try_from(tags.len()).unwrap_or(u32::MAX);
        }
    }

    /// Lets the next `times` requests of this kind to `bucket`, or `bucket/prefix`, fail.
    pub(crate) fn fail(&self, operation: Operation, bucket: &str, kind: StoreErrorKind, times: usize) {
        let (bucket, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
        self.state().trouble.push(Trouble { operation, bucket: bucket.into(), prefix: prefix.into(), kind, times });
    }

    /// What lies at `bucket`/`key`.
    pub(crate) fn at(&self, bucket: &str, key: &str) -> Option<Stored> {
        self.state().buckets.get(bucket)?.get(key).cloned()
    }

    /// All that lies in `bucket`.
    pub(crate) fn all(&self, bucket: &str) -> Vec<Stored> {
        self.state().buckets.get(bucket).into_iter().flat_map(|objects| objects.values().cloned()).collect()
    }

    /// How many requests of this kind went to `bucket`.
    pub(crate) fn requests(&self, operation: Operation, bucket: &str) -> usize {
        self.state().requests.iter().filter(|(o, address)| *o == operation && address.bucket == bucket).count()
    }

    /// How many requests there were.
    pub(crate) fn all_requests(&self) -> usize {
        self.state().requests.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Notes a request, and lets it fail where trouble waits or its bucket is missing.
    fn request(
        &mut self,
        operation: Operation,
        address: &Address,
    ) -> Result<&mut BTreeMap<String, Stored>, StoreError> {
        self.requests.push((operation, address.clone()));
        let error = |kind| StoreError { operation, address: address.clone(), kind, detail: "told to".to_owned() };
        let waiting = self.trouble.iter_mut().find(|trouble| {
            trouble.operation == operation
                && trouble.bucket == address.bucket
                && address.key.starts_with(&trouble.prefix)
                && trouble.times > 0
        });
        if let Some(trouble) = waiting {
            trouble.times -= 1;
            return Err(error(trouble.kind));
        }
        self.buckets.get_mut(&address.bucket).ok_or_else(|| error(StoreErrorKind::NoSuchBucket))
    }
}

fn error(operation: Operation, address: &Address, kind: StoreErrorKind) -> StoreError {
    StoreError { operation, address: address.clone(), kind, detail: "so it is".to_owned() }
}

/// Whether what lies at an address is as `condition` wants it.
fn holds(condition: &Condition, there: Option<&Stored>) -> bool {
    match condition {
        Condition::Absent => there.is_none(),
        Condition::Etag(etag) => there.is_some_and(|stored| stored.head.etag == *etag),
        Condition::None => true,
    }
}

impl Memory {
    /// The object at `address`, once the other tasks had their turn: between any two requests anything may happen.
    async fn find(&self, operation: Operation, address: &Address) -> Result<Stored, StoreError> {
        tokio::task::yield_now().await;
        let stored = self.state().request(operation, address)?.get(&address.key).cloned();
        stored.ok_or_else(|| error(operation, address, StoreErrorKind::NoSuchKey))
    }

    async fn write(
        &self,
        operation: Operation,
        address: &Address,
        condition: &Condition,
        stored: Option<Stored>,
    ) -> Result<String, StoreError> {
        tokio::task::yield_now().await;
        let mut state = self.state();
        let bucket = state.request(operation, address)?;
        if !holds(condition, bucket.get(&address.key)) {
            return Err(error(operation, address, StoreErrorKind::Changed));
        }
        let etag = stored.as_ref().map(|stored| stored.head.etag.clone());
        match stored {
            Some(stored) => bucket.insert(address.key.clone(), stored),
            None => bucket.remove(&address.key),
        };
        Ok(etag.unwrap_or_default())
    }
}

impl Store for Memory {
    async fn head(&self, address: &Address) -> Result<Head, StoreError> {
        self.find(Operation::Head, address).await.map(|stored| stored.head)
    }

    async fn peek(&self, address: &Address, bytes: u64) -> Result<Object, StoreError> {
        let Stored { head, bytes: mut all, .. } = self.find(Operation::Get, address).await?;
        all.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
        Ok(Object { head, bytes: all })
    }

    async fn get(&self, address: &Address, etag: Option<&str>, most: u64) -> Result<Object, StoreError> {
        let Stored { head, mut bytes, .. } = self.find(Operation::Get, address).await?;
        bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        if etag.is_some_and(|etag| etag != head.etag) {
            return Err(error(Operation::Get, address, StoreErrorKind::Changed));
        }
        Ok(Object { head, bytes })
    }

    async fn tags(&self, address: &Address) -> Result<BTreeMap<String, String>, StoreError> {
        self.find(Operation::Tags, address).await.map(|stored| stored.tags)
    }

    async fn put(&self, address: &Address, object: &NewObject, condition: &Condition) -> Result<String, StoreError> {
        let stored = Stored::new(&object.bytes, &object.carried);
        self.write(Operation::Put, address, condition, Some(stored)).await
    }

    async fn copy(
        &self,
        from: &Address,
        etag: &str,
        address: &Address,
        carried: &Carried,
        condition: &Condition,
    ) -> Result<String, StoreError> {
        let source = self.get(from, Some(etag), u64::MAX).await?;
        self.write(Operation::Copy, address, condition, Some(Stored::new(&source.bytes, carried))).await
    }

    async fn delete(&self, address: &Address, condition: &Condition) -> Result<(), StoreError> {
        match self.write(Operation::Delete, address, condition, None).await {
            // What is gone need not go.
            Err(error) if error.kind == StoreErrorKind::Changed && self.at(&address.bucket, &address.key).is_none() => {
                Ok(())
            }
            done => done.map(drop),
        }
    }

    async fn list(&self, bucket: &str, prefix: &str, start_after: &str) -> Result<Listing, StoreError> {
        const MOST: usize = 3;
        let address = Address { bucket: bucket.to_owned(), key: prefix.to_owned() };
        tokio::task::yield_now().await;
        let mut state = self.state();
        let found = state.request(Operation::List, &address)?.iter();
        let found = found.filter(|(key, _)| key.starts_with(prefix) && key.as_str() > start_after);
        let listed = |(key, stored): (&String, &Stored)| Listed {
            key: key.clone(),
            etag: stored.head.etag.clone(),
            length: stored.head.length,
        };
        let mut objects: Vec<_> = found.take(MOST + 1).map(listed).collect();
        let more = objects.len() > MOST;
        objects.truncate(MOST);
        Ok(Listing { objects, more })
    }
}
