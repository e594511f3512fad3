//! The forward DCT of 8×8 samples, eight lanes at a time.
//!
//! The algorithm of Arai, Agui and Nakajima (Trans. IEICE E-71, 1988): five multiplications in one dimension, with a
//! scale factor left in each coefficient that quantization takes out. All arithmetic is in 16-bit integers, products
//! rounded; [`SCALE_BITS`] leaves every sum in range for any samples, so every machine gives the same bits. The error is
//! half of what rounding the samples themselves does.

use std::f64::consts::SQRT_2;
use std::ops::{Add, Sub};

use crate::lanes::{Eight, eights, i16x8, low};

use crate::jpeg::layout::Plane;

/// Coefficients, times 16 and the two scale factors of their row and column. Vectors are columns of the block: lane
/// `v` of vector `u` is coefficient (u, v), u across.
pub(super) type Columns = [i16x8; 8];

/// The samples are doubled before the transform: one more bit of fraction is all that fits.
const SCALE_BITS: i32 = 1;

/// What coefficient `k` of one dimension is scaled by beyond the √8 of the orthonormal transform.
const fn scale(k: usize) -> f64 {
    /// cos(k π / 16) √2.
    const FACTORS: [f64; 8] = [
        1.0,
        1.387_039_845_322_147_5,
        1.306_562_964_876_376_5,
        1.175_875_602_419_358_6,
        1.0,
        0.785_694_958_387_102_2,
        0.541_196_100_146_197,
        0.275_899_379_282_943_1,
    ];
    FACTORS[k]
}

/// Fractional bits of [`SCALES`].
pub(super) const FRACTION: u32 = 14;

/// What coefficient (u, v), at `8 u + v`, is to be divided by to be one of T.81 A.3.3.
pub(super) const SCALES: [u32; 64] = {
    let mut scales = [0; 64];
    let mut i = 0;
    while i < 64 {
        let factor = 8.0 * scale(i / 8) * scale(i % 8) * (1 << SCALE_BITS) as f64;
        scales[i] = (factor * (1 << FRACTION) as f64 + 0.5) as u32;
        i += 1;
    }
    scales
};

/// The transform of the 8×8 samples of `plane` whose first is at column `x` of row `y`.
#[inline(always)]
pub(super) fn forward(plane: &Plane, x: usize, y: usize) -> Columns {
    let samples = &plane.samples[y * plane.stride + x..];
    let rows = std::array::from_fn(|i| low(samples[i * plane.stride..].first_chunk().copied().unwrap_or_default()));
    let columns = eights(rows, |rows| pass(rows.map(|row| (row - Eight::splat(128)) << SCALE_BITS)));
    eights(i16x8::transpose(columns), pass)
}

/// What [`pass`] computes with: vectors of numbers, and in tests all numbers that they can be.
trait Value: Copy + Add<Output = Self> + Sub<Output = Self> {
    /// The value times `factor`, 0 to 1.5, off by less than 1 and hardly on average.
    fn times(self, factor: f64) -> Self;
}

/// The transform across eight vectors.
#[inline(always)]
fn pass<V: Value>(x: [V; 8]) -> [V; 8] {
    let (s0, d0) = (x[0] + x[7], x[0] - x[7]);
    let (s1, d1) = (x[1] + x[6], x[1] - x[6]);
    let (s2, d2) = (x[2] + x[5], x[2] - x[5]);
    let (s3, d3) = (x[3] + x[4], x[3] - x[4]);
    let (even0, even3) = (s0 + s3, s0 - s3);
    let (even1, even2) = (s1 + s2, s1 - s2);
    let turned = (even2 + even3).times(SQRT_2 / 2.0);
    let (odd0, odd1, odd2) = (d3 + d2, d2 + d1, d1 + d0);
    let common = (odd0 - odd2).times(0.382_683_432_365_089_8);
    let low = odd0.times(0.541_196_100_146_197) + common;
    let high = odd2.times(1.306_562_964_876_376_5) + common;
    let middle = odd1.times(SQRT_2 / 2.0);
    let (sum, difference) = (d0 + middle, d0 - middle);
    [
        even0 + even1,
        sum + high,
        even3 + turned,
        difference - low,
        even0 - even1,
        difference + low,
        even3 - turned,
        sum - high,
    ]
}

impl Value for Eight {
    #[inline(always)]
    fn times(self, factor: f64) -> Self {
        // A factor beyond what 16 bits of fraction with a sign hold is its distance from one, and the value itself.
        let whole = factor >= 0.5;
        let factor = if whole { factor - 1.0 } else { factor };
        // The product is rounded down. What is added makes it half a unit more, nearly, so that errors do not add up.
        let half = Self::splat((0.5 / factor).round_ties_even() as i16);
        let product = (self + half).mul_keep_high(Self::splat((factor * 65536.0).round_ties_even() as i16));
        if whole { self + product } else { product }
    }
}

#[cfg(test)]
mod tests;
