//! The 4-point inverse DCT of blocks' low-frequency corners: the blocks at half their width and height.
//!
//! In one dimension, with the scale factors of T.81 A.3.3 taken out of the transform:
//!
//! ```text
//!   x0 = F0 + a F1 + F2 + b F3      a = √2 cos(π/8)  = 1.306563
//!   x1 = F0 + b F1 − F2 − a F3      b = √2 cos(3π/8) = 0.541196
//!   x2 = F0 − b F1 − F2 + a F3
//!   x3 = F0 − a F1 + F2 − b F3      a sample is the result in both dimensions / 8 + 128
//! ```
//!
//! Four neighbours at a time, in 16-bit integers with three bits of fraction. Sums saturate: those of a picture never
//! come near, those of broken data stay deterministic.

use crate::lanes::{Eight, eights, i16x8, u8x16};

use crate::jpeg::quantization::Table;

/// The quantised corners of a row of blocks.
///
/// Blocks lie in pairs, so that a vector holds the same row of both: coefficient (u, v) of block x is at
/// `32 (x / 2) + 4 (x % 2) + 8 v + u`.
#[derive(Debug, Default)]
pub(super) struct Corners {
    coefficients: Vec<i16>,
}

/// The coefficients of a block and of its right neighbours, from the block's first on.
pub(super) type Room = [i16; 64];

/// A place in a block's [`Room`] for what is thrown away: that of the DC coefficient two blocks on, which is written
/// when its turn comes.
pub(super) const AWAY: u8 = 32;

/// The place in a block's [`Room`] of coefficient (`u`, `v`), each below 4.
pub(super) const fn place(u: u8, v: u8) -> u8 {
    8 * v + u
}

impl Corners {
    /// Corners of `count` blocks, all zero.
    pub(super) fn new(count: usize) -> Self {
        Self { coefficients: vec![0; Self::start(count.next_multiple_of(4)) + 64] }
    }

    /// Makes all coefficients zero.
    pub(super) fn clear(&mut self) {
        self.coefficients.fill(0);
    }

    #[inline(always)]
    fn start(x: usize) -> usize {
        x / 2 * 32 + x % 2 * 4
    }

    /// Where the coefficients of block `x` go; nowhere beyond the last block.
    #[inline(always)]
    pub(super) fn room(&mut self, x: usize) -> Option<&mut Room> {
        self.coefficients.get_mut(Self::start(x)..)?.first_chunk_mut()
    }

    /// Sets the coefficients of block `x`, given row by row.
    pub(super) fn set(&mut self, x: usize, coefficients: &[i16; 16]) {
        let Some(room) = self.room(x) else { return };
        for (v, row) in coefficients.as_chunks::<4>().0.iter().enumerate() {
            room[8 * v..8 * v + 4].copy_from_slice(row);
        }
    }

    /// Draws the first `count` blocks into the four rows of `stride` samples that `rows` begins with.
    pub(super) fn draw(&self, count: usize, steps: &Steps, rows: &mut [u8], stride: usize) {
        for (group, coefficients) in self.coefficients.as_chunks::<64>().0.iter().enumerate().take(count.div_ceil(4)) {
            let width = (4 * count - 16 * group).min(16);
            let samples = four_blocks(coefficients, steps);
            for (row, samples) in rows.chunks_mut(stride).zip(&samples) {
                let row = &mut row[16 * group..];
                if width == 16
                    && let Some(row) = row.first_chunk_mut()
                {
                    *row = *samples;
                } else {
                    row[..width].copy_from_slice(&samples[..width]);
                }
            }
        }
    }
}

/// Quantization steps of the corner, as the transform wants them.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// Eight times the steps, each row twice.
    steps: [i16x8; 4],
    /// The largest coefficients that are no nonsense, each row twice.
    limits: [i16x8; 4],
}

/// The largest dequantised coefficient. In a picture none is beyond ±1024 but by the rounding of its quantization.
const LIMIT: u16 = 4095;

/// Fractional bits of dequantised coefficients.
const FRACTION: u32 = 3;

impl Steps {
    /// The steps of the corner of blocks with this table.
    pub(super) fn new(table: &Table) -> Self {
        let row = |v: usize| std::array::from_fn(|i| table[8 * v + i % 4].min(LIMIT));
        let rows: [[u16; 8]; 4] = std::array::from_fn(row);
        Self {
            steps: rows.map(|row| i16x8::new(row.map(|step| (step << FRACTION) as i16))),
            limits: rows.map(|row| i16x8::new(row.map(|step| (LIMIT / step) as i16))),
        }
    }
}

/// Four rows of samples of four blocks side by side, within 0.2 of the exact ones before rounding.
#[inline(always)]
fn four_blocks(coefficients: &[i16; 64], steps: &Steps) -> [[u8; 16]; 4] {
    let mut rows = [i16x8::ZERO; 8];
    for ((i, row), coefficients) in rows.iter_mut().enumerate().zip(coefficients.as_chunks::<8>().0) {
        let lanes = [i16x8::new(*coefficients), steps.limits[i % 4], steps.steps[i % 4]];
        [*row] = eights(lanes, |[row, limit, step]| [row.min(limit).max(-limit) * step]);
    }
    // Vectors: rows v of blocks 0 and 1, then of 2 and 3. Transposed: columns u of 0 and 2, then of 1 and 3.
    let columns = i16x8::transpose(both_halves(rows));
    let rows = i16x8::transpose(both_halves(columns));
    std::array::from_fn(|y| {
        let [left, right] =
            eights([rows[y], rows[4 + y]], |rows| rows.map(|row| row.saturating_add(Eight::splat(ROUNDING)) >> SHIFT));
        u8x16::narrow_i16x8(left, right).to_array()
    })
}

/// The result is 8 times too large, and has [`FRACTION`] fractional bits.
const SHIFT: u32 = 3 + FRACTION;

/// Half a level, and the 128 levels that T.81 A.3.1 takes off.
const ROUNDING: i16 = (257 << SHIFT) >> 1;

#[inline(always)]
fn both_halves(x: [i16x8; 8]) -> [i16x8; 8] {
    let [a, b, c, d] = eights([x[0], x[1], x[2], x[3]], pass);
    let [e, f, g, h] = eights([x[4], x[5], x[6], x[7]], pass);
    [a, b, c, d, e, f, g, h]
}

/// The transform across four vectors.
#[inline(always)]
fn pass([f0, f1, f2, f3]: [Eight; 4]) -> [Eight; 4] {
    let (even, odd) = (f0.saturating_add(f2), f0.saturating_sub(f2));
    let outer = times_a(f1).saturating_add(times_b(f3));
    let inner = times_b(f1).saturating_sub(times_a(f3));
    [even.saturating_add(outer), odd.saturating_add(inner), odd.saturating_sub(inner), even.saturating_sub(outer)]
}

/// 1.306563 times `x`, rounded down.
#[inline(always)]
fn times_a(x: Eight) -> Eight {
    // 0.306563 × 2^16.
    x.saturating_add(x.mul_keep_high(Eight::splat(20_091)))
}

/// 0.541196 times `x`, rounded down.
#[inline(always)]
fn times_b(x: Eight) -> Eight {
    // (0.541196 − 1) × 2^16.
    x + x.mul_keep_high(Eight::splat(-30_068))
}

#[cfg(test)]
mod tests;
