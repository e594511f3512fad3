//! The whole machine, driven as its users drive it: by an S3 client, by a browser's requests, by its command.
//!
//! The function is the real one: `cargo build -p halver-lambda` makes it. Some tests run it on S3 servers of others, too,
//! where `cargo xtask test` or `cargo xtask peers` has started them.

mod aws;
mod bucket;
mod ceph;
mod command;
mod everywhere;
mod failures;
mod faults;
mod halves;
mod http;
mod lambda;
mod machine;
mod memory;
mod ministack;
mod operators;
mod peer;
mod proxy;
mod refusals;
mod storm;
mod uploads;
mod world;
