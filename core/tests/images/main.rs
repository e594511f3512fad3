//! Whole images through the public surface.

mod bombs;
mod color;
mod corpus;
mod damage;
mod estimate;
mod features;
mod golden;
mod regressions;
mod reveals;
mod rules;
mod shared_corpus;
mod webp;
