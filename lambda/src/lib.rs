//! The Halver function: an S3 event in, a half-size image out.
//!
//! ```text
//! event → jobs → get → halve → put → one log line for each record
//! ```
//!
//! [`Function::handle`] takes one event from its JSON to its reply; the binary `bootstrap` runs it behind AWS Lambda's
//! Runtime API. Others reuse the seam to S3 ([`Store`], [`S3Store`]) and the names that the function writes
//! ([`marker`], [`FailureRecord`]).
#![forbid(unsafe_code)]

mod batch;
mod budget;
mod carried;
mod config;
mod dns;
mod envelope;
mod error;
mod explain;
mod failure;
mod fetch;
mod function;
pub mod http;
mod job;
mod key;
mod mapping;
pub mod marker;
#[cfg(test)]
mod memory;
mod metrics;
mod object;
mod outcome;
mod presign;
mod queue;
mod reconcile;
mod record;
mod reply;
mod retry;
mod s3;
mod sequencer;
mod store;
mod url_job;

pub use batch::HandedBack;
pub use carried::{Policy, Setting};
pub use config::{
    BadSetting, Config, ConfigError, NotImages, ObjectOptions, Others, QueueSettings, Removals, UrlSettings,
};
pub use error::Error;
pub use explain::{Explained, Explanation, explain};
pub use fetch::{FetchError, FetchErrorKind, Fetcher, Redacted, UnknownUrlPolicy, UrlPolicy};
pub use function::{Function, Invocation};
pub use key::KeyError;
pub use mapping::{Mapping, MappingError, Source};
pub use presign::{Presign, Presigned, Upload};
pub use queue::{Queue, Sqs};
pub use reconcile::Seen;
pub use record::FailureRecord;
pub use reply::{ItemFailure, Reply, ResultCode, TaskResult};
pub use s3::{S3Settings, S3Store, client};
pub use store::{
    Address, Carried, Condition, Head, Listed, Listing, NewObject, Object, Operation, Store, StoreError, StoreErrorKind,
};
