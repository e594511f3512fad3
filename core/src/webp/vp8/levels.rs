//! Levels of many blocks, one in each lane, and of one block in zigzag order.

use crate::lanes::{i16x16, u8x16};

use super::tables::ZIGZAG;
use super::transform::{self, Lanes};

/// Samples as a decoder gets them.
#[inline(never)]
pub(super) fn restored(coefficients: &Lanes, foretold: &Lanes) -> [u8x16; 16] {
    let differences = transform::inverse(coefficients);
    std::array::from_fn(|at| transform::narrowed(foretold[at] + differences[at]))
}

/// Levels with the signs of their coefficients.
#[inline(never)]
pub(super) fn signed(levels: &Lanes, coefficients: &Lanes) -> Lanes {
    std::array::from_fn(|at| {
        let sign: i16x16 = coefficients[at] >> 15;
        (levels[at] ^ sign) - sign
    })
}

/// The levels of blocks in lanes: the opposite of [`zigzag`].
pub(super) fn lanes(blocks: &[[i16; 16]; 16]) -> Lanes {
    let mut lanes = [[0; 16]; 16];
    for (lane, block) in blocks.iter().enumerate() {
        block.iter().zip(ZIGZAG).for_each(|(&level, at)| lanes[at][lane] = level);
    }
    lanes.map(i16x16::new)
}

/// The levels of each block in zigzag order.
#[inline(never)]
pub(super) fn zigzag(levels: &Lanes) -> [[i16; 16]; 16] {
    let rows = levels.map(i16x16::to_array);
    std::array::from_fn(|lane| ZIGZAG.map(|at| rows[at][lane]))
}
