//! What a way to code something is worth: `lost × 256 + bits × lambda`, the lower the better. `lost` is a sum of squares in the
//! domain of coefficients, four times that of samples; bits count in 1/256.

use crate::lanes::{i16x16, splat};

use super::transform::Lanes;

/// A guess at what a level that is not 0 costs, in 1/16 bits, and each step of its magnitude up to [`GUESSED_LEVELS`].
const GUESSED_SOME: i16 = 30;
const GUESSED_MORE: i16 = 24;
const GUESSED_LEVELS: i16 = 12;

/// What `lost` and `bits` weigh together.
#[inline(always)]
pub(super) fn score(lost: u32, bits: u32, lambda: u32) -> u64 {
    u64::from(lost) * 256 + u64::from(bits) * u64::from(lambda)
}

#[inline(always)]
pub(super) fn sum(lanes: i16x16) -> u32 {
    lanes.as_array().iter().map(|&lane| lane as u16 as u32).sum()
}

/// What the levels of blocks cost, in 1/16 bits, by a guess: so much for each that is not 0, and more for large ones.
#[inline(never)]
pub(super) fn guess(levels: &Lanes) -> i16x16 {
    let (mut count, mut size) = (i16x16::ZERO, i16x16::ZERO);
    for &level in levels {
        count += level.min(i16x16::ONE);
        size += level.min(splat(GUESSED_LEVELS));
    }
    count * splat(GUESSED_SOME) + size * splat(GUESSED_MORE)
}

/// The same of one block.
pub(super) fn guess_block(levels: &[i16; 16]) -> u32 {
    let cost = |level: i16| {
        let level = i32::from(level).abs();
        level.min(1) * i32::from(GUESSED_SOME) + level.min(i32::from(GUESSED_LEVELS)) * i32::from(GUESSED_MORE)
    };
    levels.iter().map(|&level| cost(level)).sum::<i32>() as u32
}
