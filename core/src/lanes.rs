//! Vectors of numbers: those of the crate `wide`, or plain arrays for a browser without vectors.
//!
//! There `wide` spells every operation out, lane by lane, wherever it is used. Arrays share one loop for each operation, and
//! kernels whose lanes have nothing to do with each other ([`eights`], [`sixteens`]) run for one lane after the other.

#[cfg(any(test, all(target_arch = "wasm32", not(target_feature = "simd128"))))]
#[cfg_attr(test, allow(dead_code, reason = "tests see both kinds, and use what they compare"))]
mod plain;
#[cfg(any(test, not(all(target_arch = "wasm32", not(target_feature = "simd128")))))]
mod vectors;

#[cfg(all(target_arch = "wasm32", not(target_feature = "simd128")))]
use plain as lanes;
#[cfg(not(all(target_arch = "wasm32", not(target_feature = "simd128"))))]
use vectors as lanes;

pub(crate) use lanes::{
    Eight, Sixteen, divided, eights, halves, i16x8, i16x16, joined, low, parted, sixteens, splat, u8x16, u16x8, zeros,
    zeros_of_two,
};

/// Whether loops over bytes that take long are written out in vectors.
///
/// Elsewhere the compiler makes vectors of plain loops. For a browser it is told to keep the program small, and then it
/// does not.
pub(crate) const ARE_WRITTEN: bool = cfg!(all(target_arch = "wasm32", target_feature = "simd128"));

#[cfg(test)]
mod tests;
