//! Chroma: four modes, each tried on four subblocks of both planes at once.

use crate::lanes::i16x16;

use super::levels::{restored, signed, zigzag};
use super::macroblock::Encoder;
use super::planes::Planes;
use super::predict::{Edges, Mode};
use super::score::{guess, score, sum};
use super::transform::{self, Lanes};

impl Encoder<'_> {
    /// Both chromas: their mode, levels, and samples as a decoder gets them.
    pub(super) fn chroma(&self, segment: usize, x: usize, y: usize) -> (Mode, [[i16; 16]; 8], [[u8; 64]; 2]) {
        let segment = &self.segments[segment];
        let inside = (y > 0, x > 0);
        let edges = [0, 1].map(|plane| Edges {
            above: self.above[x].chroma[plane],
            left: self.left.chroma[plane],
            corner: self.corners[1 + plane],
            inside,
        });
        let source = chroma_lanes(self.planes, x, y);
        let mut best = (Mode::Dc, [i16x16::ZERO; 16], [i16x16::ZERO; 16]);
        let mut lowest = u64::MAX;
        for mode in Mode::ALL {
            let [blue, red] = [0, 1].map(|plane| edges[plane].lanes(mode, 4 * plane));
            let foretold: Lanes = std::array::from_fn(|at| blue[at] + red[at]);
            let coefficients = transform::forward(&std::array::from_fn(|at| source[at] - foretold[at]));
            let (levels, lost) = segment.chroma.quantize(&coefficients, 0);
            let bits = 16 * sum(guess(&levels)) + self.mode_costs.chroma[mode as usize];
            let score = score(sum(lost) << segment.chroma.shift, bits, segment.lambdas[1]);
            if score < lowest {
                lowest = score;
                best = (mode, signed(&levels, &coefficients), foretold);
            }
        }
        let (mode, levels, foretold) = best;
        let samples = restored(&segment.chroma.restore_lanes(&levels), &foretold);
        let mut planes = [[0; 64]; 2];
        for (at, samples) in samples.iter().enumerate() {
            for (lane, &sample) in samples.as_array()[..8].iter().enumerate() {
                planes[lane / 4][(lane / 2 % 2 * 4 + at / 4) * 8 + lane % 2 * 4 + at % 4] = sample;
            }
        }
        let blocks = zigzag(&levels);
        (mode, std::array::from_fn(|at| blocks[at]), planes)
    }
}

/// The chroma of the macroblock in column `x` of row `y`: four subblocks of each plane in the first eight lanes.
fn chroma_lanes(planes: &Planes, x: usize, y: usize) -> Lanes {
    let stride = 8 * planes.macroblocks().0;
    let mut lanes = [[0; 16]; 16];
    for (plane, samples) in planes.planes[1..].iter().enumerate() {
        for row in 0..8 {
            for (column, &sample) in samples[(8 * y + row) * stride + 8 * x..][..8].iter().enumerate() {
                lanes[row % 4 * 4 + column % 4][plane * 4 + row / 4 * 2 + column / 4] = i16::from(sample);
            }
        }
    }
    lanes.map(i16x16::new)
}
