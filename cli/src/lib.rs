//! The library behind the `halver` command: verbs for files on disk ([`halve`], [`probe`]), and the one-machine
//! [`stack`] with the two verbs that start it ([`serve`], [`demo`]).
#![forbid(unsafe_code)]

mod bytes;
pub mod demo;
mod failure;
pub mod halve;
mod inputs;
mod interrupt;
pub mod place;
pub mod probe;
pub mod serve;
pub mod stack;
mod verb_error;

pub use verb_error::VerbError;
