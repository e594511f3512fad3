//! The inverse transforms, for the fuzz target that holds them against their definitions.

use super::idct::{Corners, Steps};
use super::kernel::{self, Scale};
use crate::jpeg::quantization::Table;

/// The halves of four blocks side by side, from their low-frequency corners, row by row.
#[must_use]
pub fn half_corners(corners: &[[i16; 16]; 4], table: &Table) -> [[u8; 16]; 4] {
    let mut row = Corners::new(corners.len());
    corners.iter().enumerate().for_each(|(x, corner)| row.set(x, corner));
    let mut samples = [[0; 16]; 4];
    row.draw(corners.len(), &Steps::new(table), samples.as_flattened_mut(), 16);
    samples
}

/// The half of a block whose first `across` columns and `down` rows, 1 to 8 each, are of the picture: its first four
/// columns and rows are samples.
#[must_use]
pub fn half_block(coefficients: &[i16; 64], table: &Table, across: usize, down: usize) -> [[u8; 8]; 8] {
    kernel::samples(coefficients, table, Scale::Half(across), Scale::Half(down))
}

/// The samples of a block.
#[must_use]
pub fn whole_block(coefficients: &[i16; 64], table: &Table) -> [[u8; 8]; 8] {
    kernel::samples(coefficients, table, Scale::Whole, Scale::Whole)
}
