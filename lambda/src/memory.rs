//! A store in memory for tests, which fails as it is told to.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::{Address, Head, NewObject, Object, Operation, Store, StoreError, StoreErrorKind};

/// Buckets of objects, and trouble that waits for requests.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    state: Mutex<State>,
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
    pub(crate) content_type: String,
}

/// Trouble for the next `times` requests of a kind to one bucket.
#[derive(Debug)]
struct Trouble {
    operation: Operation,
    bucket: String,
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
        let mut head =
            Head { length: bytes.len() as u64, etag: halver::sha256(bytes)[..32].to_owned(), ..Head::default() };
        change(&mut head);
        let stored = Stored { head, bytes: bytes.to_vec(), content_type: String::new() };
        self.state().buckets.entry(bucket.to_owned()).or_default().insert(key.to_owned(), stored);
    }

    /// Lets the next `times` requests of this kind to `bucket` fail.
    pub(crate) fn fail(&self, operation: Operation, bucket: &str, kind: StoreErrorKind, times: usize) {
        self.state().trouble.push(Trouble { operation, bucket: bucket.to_owned(), kind, times });
    }

    /// What lies at `bucket`/`key`.
    pub(crate) fn at(&self, bucket: &str, key: &str) -> Option<Stored> {
        self.state().buckets.get(bucket)?.get(key).cloned()
    }

    /// How many requests of this kind went to `bucket`.
    pub(crate) fn requests(&self, operation: Operation, bucket: &str) -> usize {
        self.state().requests.iter().filter(|(o, address)| *o == operation && address.bucket == bucket).count()
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
        let waiting = self
            .trouble
            .iter_mut()
            .find(|trouble| trouble.operation == operation && trouble.bucket == address.bucket && trouble.times > 0);
        if let Some(trouble) = waiting {
            trouble.times -= 1;
            return Err(error(trouble.kind));
        }
        self.buckets.get_mut(&address.bucket).ok_or_else(|| error(StoreErrorKind::NoSuchBucket))
    }
}

impl Store for Memory {
    async fn get(&self, address: &Address, wanted: impl Fn(&Head) -> bool + Send) -> Result<Object, StoreError> {
        let stored = self.state().request(Operation::Get, address)?.get(&address.key).cloned();
        let Some(Stored { head, bytes, .. }) = stored else {
            let (kind, detail) = (StoreErrorKind::NoSuchKey, "not there".to_owned());
            return Err(StoreError { operation: Operation::Get, address: address.clone(), kind, detail });
        };
        let bytes = wanted(&head).then_some(bytes);
        Ok(Object { head, bytes })
    }

    async fn put(&self, address: &Address, object: &NewObject) -> Result<(), StoreError> {
        let head = Head {
            length: object.bytes.len() as u64,
            etag: object.sha256[..32].to_owned(),
            metadata: object.metadata.clone(),
            cache_control: object.cache_control.clone(),
            content_disposition: object.content_disposition.clone(),
            content_language: object.content_language.clone(),
        };
        let stored = Stored { head, bytes: object.bytes.to_vec(), content_type: object.content_type.to_owned() };
        self.state().request(Operation::Put, address)?.insert(address.key.clone(), stored);
        Ok(())
    }

    async fn delete(&self, address: &Address) -> Result<(), StoreError> {
        self.state().request(Operation::Delete, address)?.remove(&address.key);
        Ok(())
    }
}
