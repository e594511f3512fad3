//! Luma foretold by subblocks: ten modes of each are tried at once, one in each lane. The best few by a guess at what levels
//! cost are weighed by what they really cost. The best is restored, as the next subblock is foretold from it.

use crate::lanes::{i16x16, splat};

use super::levels::signed;
use super::macroblock::{Encoder, LUMA, Luma};
use super::predict::{self, Rim};
use super::score::{guess, score};
use super::tables::ZIGZAG;
use super::transform::{self, Lanes};
use crate::Effort;

/// The modes of a subblock that were tried, one in each lane.
struct Tried {
    levels: [[i16; 16]; 16],
    lost: [u32; 16],
    guesses: [i16; 16],
}

/// The luma around and in a macroblock, as far as it is restored: a row and a column more than it has, and four samples
/// to the right of what lies above.
struct Rims([[u8; 21]; 17]);

impl Rims {
    fn new(encoder: &Encoder<'_>, x: usize, y: usize) -> Self {
        let mut rows = [[0; 21]; 17];
        rows[0][0] = encoder.corners[0];
        rows[0][1..17].copy_from_slice(&encoder.above[x].luma);
        let right = match encoder.above.get(x + 1) {
            Some(right) => right.luma.first_chunk().copied().unwrap_or_default(),
            // The last of the row above stands for what is outside.
            None if y > 0 => [encoder.above[x].luma[15]; 4],
            None => [127; 4],
        };
        // Lower subblocks at the right edge take the same as the highest (12.3).
        [0, 4, 8, 12].iter().for_each(|&row| rows[row][17..].copy_from_slice(&right));
        (0..16).for_each(|row| rows[1 + row][0] = encoder.left.luma[row]);
        Self(rows)
    }

    /// What lies around the subblock in column `x` of row `y`.
    fn rim(&self, x: usize, y: usize) -> Rim {
        let mut rim = [0; 13];
        (0..5).for_each(|at| rim[at] = self.0[4 * y + 4 - at][4 * x]);
        rim[5..].copy_from_slice(&self.0[4 * y][4 * x + 1..][..8]);
        rim
    }

    /// The samples of the macroblock.
    fn luma(&self) -> [u8; 256] {
        std::array::from_fn(|at| self.0[1 + at / 16][1 + at % 16])
    }

    fn put(&mut self, x: usize, y: usize, samples: &[u8; 16]) {
        for (row, samples) in samples.as_chunks::<4>().0.iter().enumerate() {
            self.0[4 * y + 1 + row][4 * x + 1..][..4].copy_from_slice(samples);
        }
    }
}

impl Encoder<'_> {
    /// Luma with a mode for each subblock; `None` where it scores no lower than `most`.
    pub(super) fn subblocks(&mut self, source: &Lanes, segment: usize, x: usize, y: usize, most: u64) -> Option<Luma> {
        let segment = &self.segments[segment];
        let lambda = segment.lambdas[0];
        let source: [[i16; 16]; 16] = source.map(i16x16::to_array);
        let blocks: [[i16; 16]; 16] = std::array::from_fn(|at| source.map(|samples| samples[at]));
        let mut mode_bits = 0;
        let (mut above, mut left) = (self.above[x].full, self.left.full);
        let (mut above_modes, mut left_modes) = (self.above[x].modes, self.left.modes);
        let mut rims = Rims::new(self, x, y);
        let mut luma =
            Luma { mode: None, subblocks: [0; 16], whole: [0; 16], levels: [[0; 16]; 16], restored: [0; 256] };
        let mut score = score(0, self.mode_costs.luma[0], lambda);
        for (at, block) in blocks.iter().enumerate() {
            let (bx, by) = (at % 4, at / 4);
            let foretold = predict::all_modes(&rims.rim(bx, by));
            let lanes = predict::mode_lanes(&foretold);
            let coefficients = transform::forward(&std::array::from_fn(|k| splat(block[k]) - lanes[k]));
            let (levels, lost) = segment.luma.quantize(&coefficients, 0);
            let mode_costs = &self.mode_costs.subblock[usize::from(above_modes[bx])][usize::from(left_modes[by])];
            let tried = Tried {
                levels: signed(&levels, &coefficients).map(i16x16::to_array),
                lost: lost.to_array().map(|lost| u32::from(lost as u16) << segment.luma.shift),
                guesses: guess(&levels).to_array(),
            };
            let neighbours = usize::from(above[bx]) + usize::from(left[by]);
            let (lowest, mode, mut levels) = self.best_of(&tried, mode_costs, neighbours, lambda);
            if self.effort == Effort::Small {
                let block = coefficients.map(|lane| lane.as_array()[mode]);
                self.thinning(&segment.luma, LUMA, neighbours, lambda).thin(&mut levels, &block);
            }
            mode_bits += mode_costs[mode] as u64;
            score += lowest;
            if score >= most {
                return None;
            }
            let samples = transform::restored(&segment.luma.restore(&levels), &foretold[mode]);
            rims.put(bx, by, &samples);
            let full = levels != [0; 16];
            (above[bx], left[by]) = (full, full);
            (above_modes[bx], left_modes[by]) = (mode as u8, mode as u8);
            luma.subblocks[at] = mode as u8;
            luma.levels[at] = levels;
        }
        luma.restored = rims.luma();
        self.mode_bits += mode_bits;
        Some(luma)
    }

    /// Of the modes of a subblock that were tried: the lowest score, its mode, and its levels in zigzag order.
    #[inline]
    fn best_of(
        &self,
        tried: &Tried,
        mode_costs: &[i16; 16],
        neighbours: usize,
        lambda: u32,
    ) -> (u64, usize, [i16; 16]) {
        // In their lowest bits, scores tell the mode.
        let mut rough: [u64; 10] = std::array::from_fn(|mode| {
            let bits = 16 * tried.guesses[mode] as u32 + mode_costs[mode] as u32;
            score(tried.lost[mode], bits, lambda) << 4 | mode as u64
        });
        let mut best = (u64::MAX, 0, [0; 16]);
        for _ in 0..self.candidates() {
            let lowest = rough.iter().fold(u64::MAX, |lowest, &score| lowest.min(score));
            let mode = (lowest & 15) as usize;
            rough[mode] = u64::MAX;
            let levels = ZIGZAG.map(|at| tried.levels[at][mode]);
            let bits = mode_costs[mode] as u32 + self.costs.block(LUMA, 0, neighbours, &levels);
            let score = score(tried.lost[mode], bits, lambda);
            if score < best.0 {
                best = (score, mode, levels);
            }
        }
        best
    }

    /// How many modes of a subblock are weighed in full.
    fn candidates(&self) -> usize {
        match self.effort {
            Effort::Fast => 1,
            Effort::Balanced => 2,
            Effort::Small => 6,
        }
    }
}
