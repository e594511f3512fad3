//! Quantization by multiplication with reciprocals (T.81 A.3.4).

use crate::lanes::{divided, i16x8, u16x8, zeros_of_two};

use super::fdct::{Columns, FRACTION, SCALES};
use super::scan::Band;
use crate::jpeg::quantization::{Table, ZIGZAG};

/// The reciprocals of a quantization table, the scale of the forward DCT included.
#[derive(Clone, Debug)]
pub(super) struct Quantizer {
    /// What is added before dividing, so that the result is rounded; itself rounded to whole units of the transform.
    rounding: [u16x8; 8],
    /// 2^(16 + s) / divisor, for each coefficient the s that makes it 16 bits long.
    reciprocals: [u16x8; 8],
    /// 2^(16 − s), at most 65535.
    shifts: [u16x8; 8],
    zigzag_bits: Box<[[u64; 256]; 8]>,
}

/// A quantised block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Columns of coefficients: (u, v) at `8 u + v`.
    coefficients: [[i16; 8]; 8],
    /// Bit k is set where the coefficient at k in zigzag order is not zero.
    pub(super) nonzero: u64,
}

impl Block {
    /// A block of nothing but DC.
    pub(super) fn of_dc(dc: i16) -> Self {
        let mut block = Self { coefficients: [[0; 8]; 8], nonzero: u64::from(dc != 0) };
        block.coefficients[0][0] = dc;
        block
    }

    /// Its DC; the other coefficients of `columns`, which it was made of, as they are, with those marked that do not round
    /// to 0.
    pub(super) fn with_unquantised(&self, columns: &Columns) -> Self {
        let mut coefficients = columns.map(i16x8::to_array);
        coefficients[0][0] = self.coefficients[0][0];
        Self { coefficients, nonzero: self.nonzero }
    }

    /// Where the coefficients in `band` are that are not zero.
    #[inline(always)]
    pub(super) fn nonzero_in(&self, (first, last): Band) -> impl Iterator<Item = u32> + use<> {
        let mut rest = self.nonzero & (u64::MAX << first) & (u64::MAX >> (63 - last));
        std::iter::from_fn(move || {
            let k = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            (k < 64).then_some(k)
        })
    }

    /// Sets the coefficient at `k`, which was 0, to `magnitude`, which is not 0, with the sign of `signed`.
    #[inline(always)]
    pub(super) fn set_magnitude(&mut self, k: u32, magnitude: i16, signed: i16) {
        let place = usize::from(PLACES[k as usize % 64]) % 64;
        let sign = signed >> 15;
        self.coefficients.as_flattened_mut()[place] = (magnitude ^ sign) - sign;
        self.nonzero |= 1 << k;
    }

    /// The coefficient at `k`, 0 to 63, in zigzag order.
    #[inline(always)]
    pub(super) fn at(&self, k: u32) -> i16 {
        self.coefficients.as_flattened()[usize::from(PLACES[k as usize % 64]) % 64]
    }
}

/// Where in a block's columns a coefficient in zigzag order stands.
pub(super) const PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut k = 0;
    while k < 64 {
        places[k] = ZIGZAG[k] % 8 * 8 + ZIGZAG[k] / 8;
        k += 1;
    }
    places
};

/// By column, and by a bit for each coefficient of the column: their bits in zigzag order.
///
/// Made for each image: as a constant it would be 16 KiB of the browser's package.
fn zigzag_bits() -> Box<[[u64; 256]; 8]> {
    let mut bits = Box::new([[0; 256]; 8]);
    for (k, &place) in PLACES.iter().enumerate() {
        bits[usize::from(place / 8)][1 << (place % 8)] = 1 << k;
    }
    for column in &mut *bits {
        for set in 1..column.len() {
            column[set] = column[set & (set - 1)] | column[set & set.wrapping_neg()];
        }
    }
    bits
}

/// Of a step, in 1/256: where AC coefficients begin to round up. Half of it is nearest; a little more costs hardly any
/// quality and saves bytes, since most coefficients near it are noise.
pub(super) const ROUND_UP_FROM: u32 = 138;

impl Quantizer {
    /// The reciprocals of `table`, whose steps are 1 to 255.
    pub(super) fn new(table: &Table) -> Self {
        Self::rounding_up_from(ROUND_UP_FROM, table)
    }

    /// The same where AC coefficients round up from so many 1/256 of a step.
    pub(super) fn rounding_up_from(threshold: u32, table: &Table) -> Self {
        let (rounding, reciprocals, shifts) = ([u16x8::ZERO; 8], [u16x8::ZERO; 8], [u16x8::ZERO; 8]);
        let mut quantizer = Self { rounding, reciprocals, shifts, zigzag_bits: zigzag_bits() };
        for u in 0..8 {
            let divisors: [u64; 8] =
                std::array::from_fn(|v| u64::from(table[8 * v + u]) * u64::from(SCALES[8 * u + v]));
            let mut columns = [[0; 8]; 3];
            for (v, &divisor) in divisors.iter().enumerate() {
                let from_nearest = if u == 0 && v == 0 { 128 } else { 256 - u64::from(threshold) };
                let (reciprocal, shift) = reciprocal(divisor);
                // A divisor below 2 is that of the last coefficient alone. Its shift needs 2^16, too much for 16 bits; times
                // 65535 takes one off the quotient, so that one divisor more is added.
                let added = if shift == 0 { from_nearest + 256 } else { from_nearest };
                columns[0][v] = ((divisor * added + (128 << FRACTION)) >> (FRACTION + 8)) as u16;
                columns[1][v] = reciprocal;
                columns[2][v] = if shift == 0 { u16::MAX } else { 1 << (16 - shift) };
            }
            quantizer.rounding[u] = u16x8::new(columns[0]);
            quantizer.reciprocals[u] = u16x8::new(columns[1]);
            quantizer.shifts[u] = u16x8::new(columns[2]);
        }
        quantizer
    }

    /// `columns` divided by the steps and rounded.
    #[inline(always)]
    pub(super) fn quantize(&self, columns: &Columns) -> Block {
        let mut coefficients = [[0; 8]; 8];
        let mut magnitudes = [i16x8::ZERO; 8];
        for u in 0..8 {
            let [magnitude, signed] = divided(columns[u], [&self.rounding[u], &self.reciprocals[u], &self.shifts[u]]);
            magnitudes[u] = magnitude;
            coefficients[u] = signed.to_array();
        }
        let mut nonzero = 0;
        for (pair, bits) in magnitudes.as_chunks::<2>().0.iter().zip(self.zigzag_bits.as_chunks::<2>().0) {
            let zero = zeros_of_two(pair[0], pair[1]);
            nonzero |= bits[0][!zero as usize & 0xFF] | bits[1][!zero as usize >> 8 & 0xFF];
        }
        Block { coefficients, nonzero }
    }
}

/// 2^(16 + s) / `divisor` in 16 bits with the highest set, and s, 0 to 15. The divisor has [`FRACTION`] bits of fraction
/// and is more than 1.
fn reciprocal(divisor: u64) -> (u16, u32) {
    let shift = (1..16).rev().find(|shift| (1 << (16 + shift + FRACTION)) / divisor < 1 << 16).unwrap_or(0);
    (((1_u64 << (16 + shift + FRACTION)) / divisor) as u16, shift)
}

#[cfg(test)]
mod tests;
