//! Luma foretold as a whole: four modes, each tried on all of the sixteen subblocks at a time, one in each lane. What levels
//! cost is guessed from how many there are and how large; of the best mode it is then known.

use crate::lanes::i16x16;

use super::levels::{lanes, restored, signed, zigzag};
use super::macroblock::{Encoder, LUMA_AC, Luma, Segment, WHOLE_DC};
use super::predict::{Edges, Mode};
use super::score::{guess, guess_block, score, sum};
use super::transform::{self, Lanes, shuffled};
use crate::Effort;

/// The best way to foretell luma as a whole.
#[derive(Clone)]
pub(super) struct Whole {
    pub(super) score: u64,
    pub(super) mode: Mode,
    lost: u32,
    /// Levels of DC, in zigzag order.
    whole: [i16; 16],
    /// Samples as foretold, and levels of AC, each with a subblock in each lane.
    foretold: Lanes,
    levels: Lanes,
    /// The levels by subblock, in zigzag order.
    pub(super) blocks: [[i16; 16]; 16],
}

impl Default for Whole {
    fn default() -> Self {
        let nothing = [i16x16::ZERO; 16];
        Self {
            score: u64::MAX,
            mode: Mode::Dc,
            lost: 0,
            whole: [0; 16],
            foretold: nothing,
            levels: nothing,
            blocks: [[0; 16]; 16],
        }
    }
}

impl Whole {
    /// The same with samples as a decoder gets them.
    pub(super) fn restored(self, segment: &Segment) -> Luma {
        let mut coefficients = segment.luma.restore_lanes(&self.levels);
        coefficients[0] = i16x16::new(transform::inverse_dc(&segment.whole.restore(&self.whole)));
        let samples = restored(&coefficients, &self.foretold);
        let mut luma = [0; 256];
        for (row, four) in samples.as_chunks::<4>().0.iter().enumerate() {
            // The same row of four rows of subblocks, as the lanes were made of them.
            for (below, samples) in shuffled(shuffled(*four)).iter().enumerate() {
                luma[16 * (4 * below + row)..][..16].copy_from_slice(samples.as_array());
            }
        }
        Luma {
            mode: Some(self.mode),
            subblocks: [self.mode.of_subblocks(); 16],
            whole: self.whole,
            levels: self.blocks,
            restored: luma,
        }
    }
}

impl Encoder<'_> {
    /// Luma foretold as a whole.
    pub(super) fn whole_luma(&self, source: &Lanes, segment: usize, x: usize, y: usize) -> Whole {
        let segment = &self.segments[segment];
        let edges =
            Edges { above: self.above[x].luma, left: self.left.luma, corner: self.corners[0], inside: (y > 0, x > 0) };
        let lambda = segment.lambdas[0];
        let mut best = Whole::default();
        let mut lowest = u64::MAX;
        for mode in Mode::ALL {
            let foretold = edges.lanes(mode, 0);
            let coefficients = transform::forward(&std::array::from_fn(|at| source[at] - foretold[at]));
            let (levels, lost) = segment.luma.quantize(&coefficients, 1);
            let dc = transform::forward_dc(coefficients[0].as_array());
            let (whole, lost_dc) = segment.whole.quantize_block(&dc);
            let lost = (sum(lost) << segment.luma.shift) + lost_dc / 4;
            let bits = 16 * sum(guess(&levels)) + 16 * guess_block(&whole) + self.mode_costs.luma[1 + mode as usize];
            let score = score(lost, bits, lambda);
            if score < lowest {
                lowest = score;
                best = Whole { mode, lost, whole, foretold, levels: signed(&levels, &coefficients), ..best };
            }
        }
        best.blocks = zigzag(&best.levels);
        if self.effort == Effort::Small {
            let coefficients = transform::forward(&std::array::from_fn(|at| source[at] - best.foretold[at]));
            let (mut above, mut left) = (self.above[x].full, self.left.full);
            for (at, block) in best.blocks.iter_mut().enumerate() {
                let (above, left) = (&mut above[at % 4], &mut left[at / 4]);
                let neighbours = usize::from(*above) + usize::from(*left);
                let thinning = self.thinning(&segment.luma, LUMA_AC, neighbours, lambda);
                thinning.thin(block, &coefficients.map(|lane| lane.as_array()[at]));
                let full = *block != [0; 16];
                (*above, *left) = (full, full);
            }
            best.levels = lanes(&best.blocks);
        }
        let full = usize::from(self.above[x].full_dc) + usize::from(self.left.full_dc);
        let mut bits = self.mode_costs.luma[1 + best.mode as usize] + self.costs.block(WHOLE_DC, 0, full, &best.whole);
        let (mut above, mut left) = (self.above[x].full, self.left.full);
        for (at, block) in best.blocks.iter().enumerate() {
            let (above, left) = (&mut above[at % 4], &mut left[at / 4]);
            bits += self.costs.block(LUMA_AC, 1, usize::from(*above) + usize::from(*left), block);
            let full = *block != [0; 16];
            (*above, *left) = (full, full);
        }
        best.score = score(best.lost, bits, lambda);
        best
    }
}
