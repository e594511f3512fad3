//! Every fixture, what comes out of it, and what comes out of it broken or wrapped.

mod fixtures;
mod opened;
mod types;
mod wrapped;
