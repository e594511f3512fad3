//! Quantization that weighs each coefficient by the bits it costs.
//!
//! Rounding to the nearest multiple of the step gives the least distortion. A smaller level, or zero, may save more bits
//! than the distortion is worth: of all blocks that can be written, the one is sought whose distortion D and rate R
//! make `λ D + R` least. R depends on the run of zeros before each coefficient, so the choices form a trellis, and
//! Viterbi's algorithm finds the best path through it (Ramchandran and Vetterli, doi:10.1109/83.334987; Crouse and
//! Ramchandran, doi:10.1109/83.551700).
//!
//! A node of the path is a coefficient that stays; a path is worth what it saves against a block of zeros. D counts in
//! squares of quantization steps: the tables say already what each frequency is worth to the eye. R comes from how
//! often each symbol would be coded if everything was rounded to nearest. What keeps it quick:
//!
//! 1. Only what does not round to zero can be a node, with two levels: the nearest, and the largest of one bit less.
//! 2. A node that is worth no more than a later one is never a better predecessor: its run would be longer. So
//!    predecessors are a stack, worth more from top to bottom, and mostly one or two of them.

use super::fdct::{FRACTION, SCALES};
use super::optimal::Counts;
use super::quantize::{Block, PLACES};
use super::scan::Band;
use crate::jpeg::huffman::ZRL;
use crate::jpeg::quantization::{Table, ZIGZAG};

/// What bits cost, in 1/256 bit, where a scan sends one band of the coefficients of a component.
#[derive(Clone, Debug)]
pub(super) struct Rates {
    band: Band,
    /// By the run of zeros before it and by its category: a coefficient.
    coefficients: Box<[[u16; 16]; 63]>,
    /// The end of a block or of a run of blocks.
    end: i64,
}

impl Rates {
    /// The rates that such counts of a scan's symbols make likely.
    pub(super) fn new(band: Band, counts: &Counts) -> Self {
        let total: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        // What never occurred counts as a quarter of one.
        let bits = |symbol: usize| log2(4 * total + 4) - log2(4 * u64::from(counts[symbol]) + 1);
        let coefficient = |run: usize, size: usize| {
            let skipped = (run / 16) as u32 * bits(ZRL.into());
            (skipped + bits((run % 16) << 4 | size) + 256 * size as u32) as u16
        };
        let coefficients = Box::new(std::array::from_fn(|run| std::array::from_fn(|size| coefficient(run, size))));
        // One symbol ends a whole run of blocks.
        let bits_of_end = |size: usize| u64::from(bits(size << 4)) + 256 * size as u64;
        let ends: u64 = (0..15).map(|size| u64::from(counts[size << 4])).sum();
        let sum: u64 = (0..15).map(|size| u64::from(counts[size << 4]) * bits_of_end(size)).sum();
        Self { band, coefficients, end: (sum / ends.max(1)) as i64 }
    }
}

/// The logarithm of `x`, at least 1, to the base 2, in 1/256 rounded down.
fn log2(x: u64) -> u32 {
    let whole = x.ilog2();
    // From 1 to 2, with 31 fractional bits; each squaring gives a bit more.
    let mut mantissa = x << (63 - whole) >> 32;
    (0..8).fold(whole, |log, _| {
        mantissa = (mantissa * mantissa) >> 31;
        let bit = mantissa >> 32;
        mantissa >>= bit;
        log << 1 | bit as u32
    })
}

/// Quantises the AC coefficients of components of one kind.
#[derive(Clone, Debug)]
pub(super) struct Trellis {
    steps: Steps,
    /// Of each band.
    pub(super) rates: Vec<Rates>,
    /// Room for the paths through a block: the first node stands for its start.
    nodes: [Node; 64],
}

/// A coefficient that stays.
#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// Where it is in zigzag order.
    k: u32,
    /// Its magnitude.
    level: i16,
    /// The node before it on the path.
    before: u8,
    /// The next older one that may still be a predecessor; itself where there is none.
    below: u8,
    /// What the path up to it costs, in 1/256 bit, less what zeros would.
    cost: i64,
}

impl Trellis {
    /// Knows no rates yet, and leaves no coefficients. `lambda` is what the square of a step is worth in bits.
    pub(super) fn new(table: &Table, lambda: i64) -> Self {
        Self { steps: Steps::new(table, lambda), rates: Vec::new(), nodes: [Node::default(); 64] }
    }

    /// Quantises a block of which only DC is; its other coefficients are scaled as `fdct` leaves them, and those that
    /// may not become zero are marked.
    #[inline]
    pub(super) fn quantize(&mut self, block: &mut Block) {
        let mut quantised = Block::of_dc(block.at(0));
        for rates in &self.rates {
            let mut at = self.steps.best_path(rates, block, &mut self.nodes);
            while at > 0 {
                let Node { k, level, before, .. } = self.nodes[at % 64];
                quantised.set_magnitude(k, level, block.at(k));
                at = before.into();
            }
        }
        *block = quantised;
    }

    /// Rounds what [`quantize`](Self::quantize) would weigh.
    pub(super) fn round(&self, block: &mut Block) {
        let mut rounded = Block::of_dc(block.at(0));
        for k in block.nonzero_in((1, 63)) {
            rounded.set_magnitude(k, nearest(self.steps.magnitude(block, k)) as i16, block.at(k));
        }
        *block = rounded;
    }
}

/// The steps of a quantization table, and what they are worth.
#[derive(Clone, Debug)]
struct Steps {
    /// 256 × 2^[`PRECISION`] / divisor, in zigzag order.
    reciprocals: [u64; 64],
    /// λ.
    lambda: i64,
}

/// Fractional bits of reciprocals.
const PRECISION: u32 = 20;

impl Steps {
    fn new(table: &Table, lambda: i64) -> Self {
        let divisor = |k: usize| u64::from(table[usize::from(ZIGZAG[k])]) * u64::from(SCALES[usize::from(PLACES[k])]);
        Self { reciprocals: std::array::from_fn(|k| (1 << (FRACTION + 8 + PRECISION)) / divisor(k)), lambda }
    }

    /// The magnitude of coefficient `k`, in 1/256 of a step.
    #[inline(always)]
    fn magnitude(&self, block: &Block, k: u32) -> i64 {
        let scaled = u64::from(block.at(k).unsigned_abs()) * self.reciprocals[k as usize % 64];
        (scaled >> PRECISION) as i64
    }

    /// Finds the best path through a band of `block`. Gives its last node, 0 where nothing stays.
    #[inline(always)]
    fn best_path(&self, rates: &Rates, block: &Block, nodes: &mut [Node; 64]) -> usize {
        nodes[0] = Node { k: u32::from(rates.band.0) - 1, ..Node::default() };
        let (mut count, mut top) = (1, 0);
        let mut best = (rates.end, 0);
        for k in block.nonzero_in(rates.band) {
            let mut node = self.node(rates, k, self.magnitude(block, k), nodes, top);
            while nodes[top % 64].cost >= node.cost {
                let below = nodes[top % 64].below.into();
                if below == top {
                    top = count;
                    break;
                }
                top = below;
            }
            node.below = top as u8;
            top = count;
            let end = if k == u32::from(rates.band.1) { 0 } else { rates.end };
            best = best.min((node.cost + end, count));
            nodes[count % 64] = node;
            count += 1;
        }
        best.1
    }

    /// The node for a coefficient at `k` of this magnitude, behind the best of those from `top` on down.
    #[inline(always)]
    fn node(&self, rates: &Rates, k: u32, magnitude: i64, nodes: &[Node; 64], top: usize) -> Node {
        let nearest = nearest(magnitude);
        let size = nearest.ilog2() as usize + 1;
        let node = |size: usize, level: i64| {
            let (cost, before) = rates.least(k, size, nodes, top);
            let distortion = level * (256 * level - 2 * magnitude) * self.lambda;
            Node { k, level: level as i16, before, below: 0, cost: cost + distortion }
        };
        let node_of_nearest = node(size, nearest);
        if size == 1 {
            return node_of_nearest;
        }
        let node_of_less = node(size - 1, (1 << (size - 1)) - 1);
        if node_of_less.cost < node_of_nearest.cost { node_of_less } else { node_of_nearest }
    }
}

impl Rates {
    /// What a coefficient of category `size` at `k` costs with the path before it, and the last node of that path: one of
    /// those from `top` on down.
    #[inline(always)]
    fn least(&self, k: u32, size: usize, nodes: &[Node; 64], top: usize) -> (i64, u8) {
        let mut least = (i64::MAX, 0);
        let mut before = top as u8;
        loop {
            let from = &nodes[usize::from(before) % 64];
            let run = (k - from.k - 1) as usize % 63;
            least = least.min((from.cost + i64::from(self.coefficients[run][size % 16]), before));
            if from.below == before {
                return least;
            }
            before = from.below;
        }
    }
}

/// The magnitude that one in 1/256 is rounded to, where it is not to be 0.
#[inline(always)]
fn nearest(magnitude: i64) -> i64 {
    ((magnitude + 128) >> 8).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpeg::forge::Random;

    #[test]
    fn logarithms() {
        for x in [1, 2, 3, 5, 255, 256, 1000, 123_456_789, u64::from(u32::MAX)] {
            let exact = 256.0 * (x as f64).log2();
            assert!((f64::from(log2(x)) - exact + 0.5).abs() <= 0.51, "{x}: {} for {exact}", log2(x));
        }
    }

    /// Counts whose rates grow with the run and with the category, a bit for each.
    fn growing() -> Counts {
        std::array::from_fn(|symbol| 1 << (25 - symbol / 16 - symbol % 16 % 11))
    }

    /// A block of a few coefficients, in 1/256 of steps of one: their places and magnitudes.
    fn few(random: &mut Random, (first, last): Band) -> Vec<(u32, i64)> {
        let width = usize::from(last - first) + 1;
        let mut places: Vec<u32> = (0..6).map(|_| u32::from(first) + random.below(width) as u32).collect();
        places.sort_unstable();
        places.dedup();
        let mut magnitude = || {
            let bits = 8 + random.below(4);
            145 + random.below(1 << bits) as i64
        };
        places.into_iter().map(|k| (k, magnitude())).collect()
    }

    /// What `levels` of these coefficients cost, from the definition.
    fn cost(rates: &Rates, lambda: i64, coefficients: &[(u32, i64)], levels: &[i64]) -> i64 {
        let mut last = u32::from(rates.band.0) - 1;
        let mut cost = 0;
        for (&(k, magnitude), &level) in coefficients.iter().zip(levels) {
            cost += lambda * ((magnitude - 256 * level).pow(2) - magnitude.pow(2)) / 256;
            if level > 0 {
                cost += i64::from(rates.coefficients[(k - last - 1) as usize][level.ilog2() as usize + 1]);
                last = k;
            }
        }
        cost + if last == u32::from(rates.band.1) { 0 } else { rates.end }
    }

    #[test]
    fn no_other_levels_cost_less() {
        let mut random = Random::new(1);
        for round in 0..500 {
            let band = [(1, 2), (3, 63)][round % 2];
            let (lambda, rates) = (1 + random.below(60) as i64, Rates::new(band, &growing()));
            let coefficients = few(&mut random, band);
            let mut trellis = Trellis::new(&[1; 64], lambda);
            // Scaled so that magnitudes are exact.
            trellis.steps.reciprocals = [1 << PRECISION; 64];
            trellis.rates.push(rates.clone());
            let mut block = Block::of_dc(-3);
            coefficients.iter().for_each(|&(k, magnitude)| block.set_magnitude(k, magnitude as i16, -1));
            trellis.quantize(&mut block);
            let found: Vec<i64> = coefficients.iter().map(|&(k, _)| -i64::from(block.at(k))).collect();
            let least = all_levels(&coefficients).map(|levels| cost(&rates, lambda, &coefficients, &levels)).min();
            assert_eq!(Some(cost(&rates, lambda, &coefficients, &found)), least, "{band:?} {coefficients:?} {found:?}");
            assert_eq!(block.at(0), -3);
        }
    }

    /// Every choice of a level from 0 to the nearest for each coefficient.
    fn all_levels(coefficients: &[(u32, i64)]) -> impl Iterator<Item = Vec<i64>> {
        let limits: Vec<i64> = coefficients.iter().map(|&(_, magnitude)| nearest(magnitude) + 1).collect();
        (0..limits.iter().product()).map(move |mut choice: i64| {
            let level = |limit: &i64| {
                let level = choice % limit;
                choice /= limit;
                level
            };
            limits.iter().map(level).collect()
        })
    }
}
