//! The library behind the `halver` command: verbs for files on disk ([`halve`], [`probe`]), for those who run the
//! function ([`explain`], [`redrive`], [`backfill`]), and the one-machine [`stack`] with the two verbs that start it ([`serve`],
//! [`demo`]).
#![forbid(unsafe_code)]

pub mod backfill;
mod bytes;
pub mod demo;
pub mod explain;
mod failure;
pub mod halve;
mod inputs;
mod interrupt;
pub mod place;
pub mod probe;
pub mod redrive;
pub mod serve;
mod settings;
pub mod stack;
mod verb_error;

pub use verb_error::VerbError;
