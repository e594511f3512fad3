//! Blocks that need more than their low-frequency corner, by matrices: slow, and rare in a picture.
//!
//! A block that the picture's side ends in holds padding, which its writer chose. Halving must not see it, so the last
//! real sample is repeated over it first. All of that is linear: with D the 8-point DCT, R the repetition behind
//! sample n and S the scaled 4-point inverse DCT, the half of a row of coefficients F is `S · (D · R · Dᵀ)[..4] · F`.
//! Where a component is wanted at full size, the matrix is Dᵀ alone.

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use crate::jpeg::quantization::Table;

/// Rows are samples, columns coefficients; [`BITS`] fractional bits.
type Matrix = [[i32; 8]; 8];

const BITS: u32 = 14;

/// By the number of real samples less one: the half of a block, four rows of the matrix.
const HALF: [Matrix; 8] = {
    let mut matrices = [[[0; 8]; 8]; 8];
    let mut n = 1;
    while n <= 8 {
        matrices[n - 1] = half(n);
        n += 1;
    }
    matrices
};

const WHOLE: Matrix = {
    let mut matrix = [[0; 8]; 8];
    let mut i = 0;
    while i < 64 {
        matrix[i / 8][i % 8] = fixed(basis(i % 8, i / 8));
        i += 1;
    }
    matrix
};

/// How a block becomes samples in one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// Four samples from the first so many, 1 to 8, of the block's eight.
    Half(usize),
    /// Its eight samples.
    Whole,
}

impl Scale {
    /// Samples that come out: 4 or 8.
    pub(super) const fn samples(self) -> usize {
        match self {
            Self::Half(_) => 4,
            Self::Whole => 8,
        }
    }

    const fn matrix(self) -> &'static Matrix {
        match self {
            Self::Half(real) => &HALF[real - 1],
            Self::Whole => &WHOLE,
        }
    }
}

/// A dequantised coefficient, held in a range that no picture leaves, so that sums of broken ones do not overflow.
fn dequantise(coefficient: i16, step: u16) -> i64 {
    (i64::from(coefficient) * i64::from(step)).clamp(-4095, 4095)
}

/// Samples 0 to 255 of a block of quantised coefficients in natural order, as many rows and columns as the scales say.
pub(super) fn samples(coefficients: &[i16; 64], table: &Table, across: Scale, down: Scale) -> [[u8; 8]; 8] {
    let (columns, rows) = (across.matrix(), down.matrix());
    let mut middle = [[0_i64; 8]; 8];
    for (v, middle) in middle.iter_mut().enumerate() {
        let row: [i64; 8] = std::array::from_fn(|u| dequantise(coefficients[8 * v + u], table[8 * v + u]));
        if row == [0; 8] {
            continue; // As most rows of most blocks are.
        }
        for (x, sum) in middle.iter_mut().enumerate().take(across.samples()) {
            *sum = (0..8).map(|u| i64::from(columns[x][u]) * row[u]).sum();
        }
    }
    let mut samples = [[0; 8]; 8];
    for (y, row) in samples.iter_mut().enumerate().take(down.samples()) {
        for (x, sample) in row.iter_mut().enumerate().take(across.samples()) {
            let sum: i64 = (0..8).map(|v| i64::from(rows[y][v]) * middle[v][x]).sum();
            *sample = ((sum + (257 << (2 * BITS - 1))) >> (2 * BITS)).clamp(0, 255) as u8;
        }
    }
    samples
}

const fn half(real: usize) -> Matrix {
    let mut matrix = [[0; 8]; 8];
    let mut i = 0;
    while i < 32 {
        let (x, u) = (i / 8, i % 8);
        let mut sum = 0.0;
        let mut k = 0;
        while k < 4 {
            sum += half_basis(k, x) * repeated(k, u, real);
            k += 1;
        }
        matrix[x][u] = fixed(sum);
        i += 1;
    }
    matrix
}

/// What coefficient `u` adds to coefficient `k` once the samples from `real` on repeat the one before.
const fn repeated(k: usize, u: usize, real: usize) -> f64 {
    let mut sum = 0.0;
    let mut x = 0;
    while x < 8 {
        sum += basis(k, x) * basis(u, if x < real { x } else { real - 1 });
        x += 1;
    }
    sum
}

/// The orthonormal 8-point DCT: what sample `x` counts in coefficient `u`.
const fn basis(u: usize, x: usize) -> f64 {
    if u == 0 { FRAC_1_SQRT_2 / 2.0 } else { cosine((2 * x + 1) * u) / 2.0 }
}

/// The orthonormal 4-point inverse DCT, divided by √2: what coefficient `u` of eight counts in sample `x` of four.
const fn half_basis(u: usize, x: usize) -> f64 {
    if u == 0 { FRAC_1_SQRT_2 / 2.0 } else { cosine((2 * x + 1) * u * 2) / 2.0 }
}

/// cos(`k` π / 16), without a mathematical library: constants are computed by the compiler, alike on every machine.
const fn cosine(k: usize) -> f64 {
    const QUARTER: [f64; 9] = [
        1.0,
        0.980_785_280_403_230_4,
        0.923_879_532_511_286_7,
        0.831_469_612_302_545_2,
        SQRT_2 / 2.0,
        0.555_570_233_019_602_2,
        0.382_683_432_365_089_8,
        0.195_090_322_016_128_28,
        0.0,
    ];
    match k % 32 {
        k @ 0..=8 => QUARTER[k],
        k @ 9..=16 => -QUARTER[16 - k],
        k @ 17..=24 => -QUARTER[k - 16],
        k => QUARTER[32 - k],
    }
}

const fn fixed(value: f64) -> i32 {
    let scaled = value * (1 << BITS) as f64;
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

#[cfg(test)]
mod tests;
