//! Whole images through the public surface.

mod shared_corpus;
