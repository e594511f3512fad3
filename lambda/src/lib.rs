//! The Halver function: an S3 event in, a half-size image out.
//!
//! ```text
//! event → jobs → get → halve → put → one log line for each record
//! ```
//!
//! [`handle`] takes one event from its JSON to its [`Tally`]; the binary `bootstrap` runs it behind AWS Lambda's
//! Runtime API. Others reuse the seam to S3 ([`Store`], [`S3Store`]) and the names that the function writes
//! ([`marker`], [`FailureRecord`]).
#![forbid(unsafe_code)]

mod batch;
mod config;
mod destination;
mod error;
mod event;
mod job;
mod key;
pub mod marker;
#[cfg(test)]
mod memory;
mod metadata;
mod record;
mod retry;
mod s3;
mod store;

pub use batch::{HandedBack, Invocation, Tally, handle};
pub use config::{BadSetting, Config, ConfigError};
pub use destination::{Destination, DestinationError};
pub use error::Error;
pub use key::KeyError;
pub use record::FailureRecord;
pub use s3::{S3Settings, S3Store, client};
pub use store::{Address, Head, NewObject, Object, Operation, Store, StoreError, StoreErrorKind};
