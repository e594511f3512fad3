//! The 4-point inverse DCT of a block's low-frequency corner: the block at half its width and height.
//!
//! In one dimension, with the scale factors of T.81 A.3.3 taken out of the transform:
//!
//! ```text
//!   x0 = F0 + a F1 + F2 + b F3      a = √2 cos(π/8)  = 1.306563
//!   x1 = F0 + b F1 − F2 − a F3      b = √2 cos(3π/8) = 0.541196
//!   x2 = F0 − b F1 − F2 + a F3
//!   x3 = F0 − a F1 + F2 − b F3      a sample is the result in both dimensions / 8 + 128
//! ```

use crate::jpeg::quantization::Table;

/// Quantization steps of the corner, row by row.
pub(super) type CornerSteps = [i32; 16];

/// The steps of the corner of a block.
pub(super) fn corner_steps(table: &Table) -> CornerSteps {
    std::array::from_fn(|i| table[i / 4 * 8 + i % 4].into())
}

/// A dequantised coefficient. No picture has any beyond ±1024 but by the rounding of its quantization; the bound keeps
/// broken ones from overflowing.
#[inline(always)]
pub(super) fn dequantise(coefficient: i16, step: i32) -> i32 {
    (i32::from(coefficient) * step).clamp(-4095, 4095)
}

/// Fractional bits of the factors.
const FACTOR_BITS: u32 = 12;
/// Fractional bits kept between the passes.
const MIDDLE_BITS: u32 = 2;
/// 1.306563 and 0.541196.
const A: i32 = 5352;
const B: i32 = 2217;

/// Four rows of four samples, 0 to 255, within 0.3 of the exact ones before rounding.
#[inline(always)]
pub(super) fn corner(coefficients: &[i16; 16], steps: &CornerSteps) -> [[u8; 4]; 4] {
    let rows: [[i32; 4]; 4] =
        std::array::from_fn(|v| std::array::from_fn(|u| dequantise(coefficients[4 * v + u], steps[4 * v + u])));
    const DOWN: u32 = FACTOR_BITS - MIDDLE_BITS;
    let middle = pass(rows).map(|row| row.map(|value| (value + (1 << (DOWN - 1))) >> DOWN));
    const LAST: u32 = FACTOR_BITS + MIDDLE_BITS + 3;
    let columns = pass(transpose(middle));
    transpose(columns).map(|row| row.map(|value| ((value + (257 << (LAST - 1))) >> LAST).clamp(0, 255) as u8))
}

/// The transform down the columns, [`FACTOR_BITS`] fractional bits added.
#[inline(always)]
fn pass(rows: [[i32; 4]; 4]) -> [[i32; 4]; 4] {
    let [f0, f1, f2, f3] = rows;
    let lane = |i: usize| {
        let (even, odd) = ((f0[i] + f2[i]) << FACTOR_BITS, (f0[i] - f2[i]) << FACTOR_BITS);
        let (outer, inner) = (A * f1[i] + B * f3[i], B * f1[i] - A * f3[i]);
        [even + outer, odd + inner, odd - inner, even - outer]
    };
    transpose(std::array::from_fn(lane))
}

#[inline(always)]
fn transpose<T: Copy>(rows: [[T; 4]; 4]) -> [[T; 4]; 4] {
    std::array::from_fn(|i| std::array::from_fn(|j| rows[j][i]))
}
