//! The library behind the `halver` command: the one-machine [`stack`].
#![forbid(unsafe_code)]

pub mod stack;
