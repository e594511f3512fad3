//! Macroblocks, one after the other: the way to foretell each that costs the least of bits and of what is lost together,
//! and its levels.
//!
//! 1. Luma is foretold as a whole, by the best of four modes ([`whole`](super::whole)).
//! 2. Then by subblocks, each by the best of ten modes ([`subblocks`](super::subblocks)). As soon as those cost more together
//!    than the whole does, they are given up.
//! 3. Chroma is done as the first ([`chroma`](super::chroma)).

use super::MOST_FIRST_PARTITION;
use super::cost::Costs;
use super::header::{ModeCosts, Modes};
use super::planes::Planes;
use super::predict::Mode;
use super::segments::{Segments, luma_lanes};
use super::steps::Steps;
use super::tables::DEFAULTS;
use super::thin::Thinning;
use super::token::Tokens;
use crate::Effort;

/// Kinds of blocks by what their coefficients are (13.3).
pub(super) const LUMA_AC: usize = 0;
pub(super) const WHOLE_DC: usize = 1;
pub(super) const CHROMA: usize = 2;
pub(super) const LUMA: usize = 3;

// What a bit weighs, in 1/4 of a step squared of AC, 1/1024 of that. Found, as the other numbers that no standard states, by
// descent on the bytes of four photographs at equal SSIMULACRA2.
const LUMA_WEIGHT: u32 = 96;
const CHROMA_WEIGHT: u32 = 44;

/// How a segment is quantised, and what weighs how much in it.
pub(super) struct Segment {
    pub(super) luma: Steps,
    pub(super) whole: Steps,
    pub(super) chroma: Steps,
    /// Of luma and chroma.
    pub(super) lambdas: [u32; 2],
}

impl Segment {
    fn new(index: u8, [dc, ac]: [i32; 2]) -> Self {
        let [luma, whole, chroma] = Steps::of_index(index, [0, 0, 0, dc, ac]);
        let lambda = |steps: &Steps, factor: u32| {
            let step = u32::from(steps.steps[1].unsigned_abs());
            (step * step * factor / 1024).max(1)
        };
        let lambdas = [lambda(&luma, LUMA_WEIGHT), lambda(&chroma, CHROMA_WEIGHT)];
        Self { luma, whole, chroma, lambdas }
    }
}

/// What was coded above the macroblock at hand, or to the left of it.
#[derive(Clone, Copy)]
pub(super) struct Neighbour<const LUMA_SIDE: usize, const CHROMA_SIDE: usize> {
    pub(super) luma: [u8; LUMA_SIDE],
    pub(super) chroma: [[u8; CHROMA_SIDE]; 2],
    /// Modes of the subblocks at the edge.
    pub(super) modes: [u8; 4],
    /// Which blocks at the edge have levels: four of luma, two of each chroma.
    pub(super) full: [bool; 8],
    /// Whether the last DC of a whole block had.
    pub(super) full_dc: bool,
}

pub(super) type Edge = Neighbour<16, 8>;

impl Edge {
    /// What lies outside the picture, where all samples are `level`.
    const fn outside(level: u8) -> Self {
        Self { luma: [level; 16], chroma: [[level; 8]; 2], modes: [0; 4], full: [false; 8], full_dc: false }
    }
}

/// The levels of a macroblock, in zigzag order.
struct Levels {
    /// Those of the DC of all subblocks, where they are coded on their own.
    whole: [i16; 16],
    luma: [[i16; 16]; 16],
    chroma: [[i16; 16]; 8],
}

/// Samples of a macroblock as a decoder gets them.
struct Restored {
    luma: [u8; 256],
    chroma: [[u8; 64]; 2],
}

/// A way to code luma.
pub(super) struct Luma {
    pub(super) mode: Option<Mode>,
    pub(super) subblocks: [u8; 16],
    pub(super) whole: [i16; 16],
    pub(super) levels: [[i16; 16]; 16],
    pub(super) restored: [u8; 256],
}

/// Codes macroblocks, row by row.
pub(super) struct Encoder<'a> {
    pub(super) planes: &'a Planes,
    pub(super) map: &'a [u8],
    pub(super) segments: [Segment; 4],
    pub(super) effort: Effort,
    pub(super) costs: Costs,
    pub(super) mode_costs: ModeCosts,
    pub(super) tokens: Tokens,
    pub(super) modes: Vec<Modes>,
    /// What the modes of subblocks take so far, in 1/256 bits.
    pub(super) mode_bits: u64,
    pub(super) above: Vec<Edge>,
    pub(super) left: Edge,
    /// The samples above and left of the macroblock: of luma and both chromas.
    pub(super) corners: [u8; 3],
    /// All samples as a decoder gets them, to be compared with those.
    #[cfg(test)]
    pub(super) seen: Option<[Vec<u8>; 3]>,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(planes: &'a Planes, segments: &'a Segments, effort: Effort) -> Self {
        let (across, down) = planes.macroblocks();
        Self {
            planes,
            map: &segments.map,
            segments: segments.indices.map(|index| Segment::new(index, segments.chroma)),
            effort,
            costs: Costs::new(&DEFAULTS),
            mode_costs: ModeCosts::new(),
            tokens: Tokens::new(across * down * 16),
            modes: Vec::with_capacity(across * down),
            mode_bits: 0,
            above: vec![Edge::outside(127); across],
            left: Edge::outside(129),
            corners: [127; 3],
            #[cfg(test)]
            seen: None,
        }
    }

    /// Codes all macroblocks.
    pub(super) fn run(&mut self) {
        let (across, down) = self.planes.macroblocks();
        for y in 0..down {
            self.left = Edge::outside(129);
            self.corners = if y == 0 { [127; 3] } else { [129; 3] };
            (0..across).for_each(|x| self.macroblock(x, y));
            // Often at first, as what is known grows quickly then.
            if (y + 1).is_power_of_two() || y % 8 == 7 {
                self.costs = Costs::new(&self.tokens.probabilities());
            }
        }
    }

    /// The modes of all macroblocks, and their coefficients.
    pub(super) fn finish(self) -> (Vec<Modes>, Tokens) {
        (self.modes, self.tokens)
    }

    fn macroblock(&mut self, x: usize, y: usize) {
        let number = self.modes.len();
        let segment = usize::from(self.map[number]);
        let source = luma_lanes(self.planes, x, y);
        let whole = self.whole_luma(&source, segment, x, y);
        // What is foretold as a whole so well that only means are corrected needs no more.
        let smooth = whole.blocks == [[0; 16]; 16];
        let luma =
            if smooth || self.has_no_room() { None } else { self.subblocks(&source, segment, x, y, whole.score) };
        let luma = luma.unwrap_or_else(|| whole.restored(&self.segments[segment]));
        let (mode, chroma, restored) = self.chroma(segment, x, y);
        let levels = Levels { whole: luma.whole, luma: luma.levels, chroma };
        let restored = Restored { luma: luma.restored, chroma: restored };
        let modes = Modes { luma: luma.mode, subblocks: luma.subblocks, chroma: mode, empty: levels.are_empty() };
        self.put_levels(&modes, &levels, x);
        self.tokens.relieve();
        #[cfg(test)]
        self.show(&restored, x, y);
        self.keep_edges(&restored, x);
        self.above[x].modes.copy_from_slice(&modes.subblocks[12..]);
        self.left.modes = [3, 7, 11, 15].map(|at| modes.subblocks[at]);
        self.modes.push(modes);
    }

    /// Whether the modes of subblocks so far take more than their share of the first partition, whose length is bounded. Only
    /// pictures of more than ten megapixels are ever so.
    fn has_no_room(&self) -> bool {
        let (across, down) = self.planes.macroblocks();
        // Three quarters, as the rest is for all else.
        let share = (MOST_FIRST_PARTITION * 6 * 256) as u64 * (self.modes.len() as u64 + 1) / (across * down) as u64;
        self.mode_bits > share
    }

    /// What makes levels of a block of `kind` smaller.
    pub(super) fn thinning<'b>(
        &'b self,
        steps: &'b Steps,
        kind: usize,
        neighbours: usize,
        lambda: u32,
    ) -> Thinning<'b> {
        Thinning { costs: &self.costs, steps, kind, first: usize::from(kind == LUMA_AC), neighbours, lambda }
    }

    /// Adds the levels of a macroblock in column `x` to the tokens, and notes which blocks have any.
    fn put_levels(&mut self, modes: &Modes, levels: &Levels, x: usize) {
        let (above, left) = (&mut self.above[x], &mut self.left);
        if modes.empty {
            (above.full, left.full) = ([false; 8], [false; 8]);
            if modes.luma.is_some() {
                (above.full_dc, left.full_dc) = (false, false);
            }
            return;
        }
        let count = |a: bool, b: bool| usize::from(a) + usize::from(b);
        let (kind, first) = if modes.luma.is_some() { (LUMA_AC, 1) } else { (LUMA, 0) };
        if modes.luma.is_some() {
            let full = self.tokens.block(WHOLE_DC, 0, count(above.full_dc, left.full_dc), &levels.whole);
            (above.full_dc, left.full_dc) = (full, full);
        }
        for (at, block) in levels.luma.iter().enumerate() {
            let (above, left) = (&mut above.full[at % 4], &mut left.full[at / 4]);
            let full = self.tokens.block(kind, first, count(*above, *left), block);
            (*above, *left) = (full, full);
        }
        for (at, block) in levels.chroma.iter().enumerate() {
            let side = 4 + at / 4 * 2;
            let (above, left) = (&mut above.full[side + at % 2], &mut left.full[side + at / 2 % 2]);
            let full = self.tokens.block(CHROMA, 0, count(*above, *left), block);
            (*above, *left) = (full, full);
        }
    }

    #[cfg(test)]
    fn show(&mut self, restored: &Restored, x: usize, y: usize) {
        let across = self.planes.macroblocks().0;
        let Some([luma, chroma @ ..]) = &mut self.seen else { return };
        for (row, samples) in restored.luma.chunks(16).enumerate() {
            luma[((16 * y + row) * across + x) * 16..][..16].copy_from_slice(samples);
        }
        for (plane, samples) in chroma.iter_mut().zip(&restored.chroma) {
            for (row, samples) in samples.chunks(8).enumerate() {
                plane[((8 * y + row) * across + x) * 8..][..8].copy_from_slice(samples);
            }
        }
    }

    /// Keeps what the next macroblocks are foretold from.
    fn keep_edges(&mut self, restored: &Restored, x: usize) {
        let above = &mut self.above[x];
        self.corners = [above.luma[15], above.chroma[0][7], above.chroma[1][7]];
        above.luma.copy_from_slice(&restored.luma[240..]);
        self.left.luma = std::array::from_fn(|y| restored.luma[16 * y + 15]);
        for (plane, samples) in restored.chroma.iter().enumerate() {
            above.chroma[plane].copy_from_slice(&samples[56..]);
            self.left.chroma[plane] = std::array::from_fn(|y| samples[8 * y + 7]);
        }
    }
}

impl Levels {
    fn are_empty(&self) -> bool {
        self.whole == [0; 16] && self.luma == [[0; 16]; 16] && self.chroma == [[0; 16]; 8]
    }
}
