//! What is held of a component while scans add to it.

use std::ops::Range;

use crate::jpeg::decode::sequential::LAST_OF_CORNER;
use crate::jpeg::decode::target::Target;
use crate::jpeg::quantization::ZIGZAG;

/// The coefficients of a component, of the blocks that hold samples of the picture.
///
/// 40 bytes a block: a refinement sends a bit for each coefficient that is not zero, so of those outside the corner it
/// must be known which are not, but not what they are.
#[derive(Debug)]
pub(in super::super) struct ComponentCoefficients {
    /// Blocks across and down.
    blocks: (usize, usize),
    /// Columns and rows of blocks, from the first on, whose corner is all that is held.
    plain: (usize, usize),
    /// For each block, which AC coefficients in zigzag order are not zero.
    masks: Vec<u64>,
    /// The corners of the blocks that need no more, row by row.
    corners: Vec<[i16; 16]>,
    /// The other blocks whole, row by row.
    wholes: Vec<[i16; 64]>,
}

/// What is held of a block.
#[derive(Debug)]
pub(in super::super) enum Block<'a> {
    /// The 4×4 low-frequency corner, row by row.
    Corner(&'a [i16; 16]),
    /// All of it, in natural order.
    Whole(&'a [i16; 64]),
}

/// Some blocks that follow each other, with their masks.
pub(super) enum Blocks<'a> {
    Corners(&'a mut [u64], &'a mut [[i16; 16]]),
    Wholes(&'a mut [u64], &'a mut [[i16; 64]]),
}

/// The coefficients of a block while it is decoded: 64, each in the place that [`Held::PLACES`] says, even those that
/// are not held, so that all can be written without asking. What a byte can say is never outside.
pub(super) type Work = [i16; 256];

/// The place in [`Work`] of each coefficient in zigzag order.
pub(super) type Places = [u8; 64];

/// A block as it is held.
pub(super) trait Held {
    /// Where its coefficients are in [`Work`]: those that are held before all others.
    const PLACES: Places;

    /// The coefficients, in zigzag order from the lowest bit on, up to the last one that is held.
    const HELD: u64;

    fn load(&self, work: &mut Work);
    fn store(&mut self, work: &Work);
}

impl<const N: usize> Held for [i16; N] {
    const PLACES: Places = if N == 64 { ZIGZAG } else { corner_first() };
    const HELD: u64 = if N == 64 { u64::MAX } else { u64::MAX >> (63 - LAST_OF_CORNER) };

    #[inline(always)]
    fn load(&self, work: &mut Work) {
        work[..N].copy_from_slice(self);
    }

    #[inline(always)]
    fn store(&mut self, work: &Work) {
        self.copy_from_slice(&work[..N]);
    }
}

/// The corner row by row, then the rest.
const fn corner_first() -> Places {
    let mut places = [0; 64];
    let (mut k, mut rest) = (0, 16);
    while k < 64 {
        let (v, u) = (ZIGZAG[k] / 8, ZIGZAG[k] % 8);
        if v < 4 && u < 4 {
            places[k] = 4 * v + u;
        } else {
            places[k] = rest;
            rest += 1;
        }
        k += 1;
    }
    places
}

impl ComponentCoefficients {
    /// All zero.
    pub(super) fn new(target: &Target) -> Self {
        let (blocks, plain) = (target.blocks(), target.plain());
        let (all, corners) = (blocks.0 * blocks.1, plain.0 * plain.1);
        Self {
            blocks,
            plain,
            masks: vec![0; all],
            corners: vec![[0; 16]; corners],
            wholes: vec![[0; 64]; all - corners],
        }
    }

    /// What is held of the block at (`x`, `y`).
    pub(in super::super) fn block(&self, x: usize, y: usize) -> Block<'_> {
        if self.is_plain(x, y) {
            Block::Corner(&self.corners[y * self.plain.0 + x])
        } else {
            Block::Whole(&self.wholes[self.whole_index(x, y)])
        }
    }

    /// The DC coefficient of the block at (`x`, `y`); `None` outside the picture.
    #[inline(always)]
    pub(super) fn dc(&mut self, x: usize, y: usize) -> Option<&mut i16> {
        if self.is_plain(x, y) {
            Some(&mut self.corners[y * self.plain.0 + x][0])
        } else if x < self.blocks.0 && y < self.blocks.1 {
            let index = self.whole_index(x, y);
            Some(&mut self.wholes[index][0])
        } else {
            None
        }
    }

    /// The first ones of the blocks in `range`, numbered row by row, as far as they are held alike and in one place.
    pub(super) fn blocks(&mut self, range: Range<usize>) -> Blocks<'_> {
        let (x, y) = (range.start % self.blocks.0, range.start / self.blocks.0);
        let plain = self.is_plain(x, y);
        let row_end = range.start - x + if plain { self.plain.0 } else { self.blocks.0 };
        let range = range.start..range.end.min(row_end);
        let count = range.len();
        if plain {
            let first = y * self.plain.0 + x;
            Blocks::Corners(&mut self.masks[range], &mut self.corners[first..][..count])
        } else {
            let first = self.whole_index(x, y);
            Blocks::Wholes(&mut self.masks[range], &mut self.wholes[first..][..count])
        }
    }

    #[inline(always)]
    fn is_plain(&self, x: usize, y: usize) -> bool {
        x < self.plain.0 && y < self.plain.1
    }

    /// The place in `wholes` of the block at (`x`, `y`): of all blocks before it those that are not in `corners`.
    fn whole_index(&self, x: usize, y: usize) -> usize {
        let plain = if y < self.plain.1 { (y + 1) * self.plain.0 } else { self.plain.0 * self.plain.1 };
        y * self.blocks.0 + x - plain
    }
}
