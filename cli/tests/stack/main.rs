//! The whole machine, driven as its users drive it: by an S3 client, by a browser's requests, by its command.
//!
//! The function is the real one: `cargo build -p halver-lambda` makes it.

mod bucket;
mod command;
mod failures;
mod halves;
mod machine;
mod refusals;
mod uploads;
