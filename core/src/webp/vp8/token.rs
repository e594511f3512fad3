//! Coefficients as the bits that the arithmetic coder is to write, kept until their probabilities are known.

use super::bool_encoder::BoolEncoder;
use super::cost;
use super::tables::{BANDS, CATEGORIES, DEFAULTS, Probabilities, UPDATES};

/// A bit: the lowest is itself, above it stand its node (see [`node`]) or, with the highest bit set, its probability.
type Token = u16;

const FIXED: Token = 1 << 15;

/// Tokens that are held before probabilities are made for them and those to come. Enough for any half that a phone makes;
/// a bound, so that memory does not grow with the picture.
const HELD_TOKENS: usize = 2 << 20;

/// How often a node's bit was 0 and 1.
type Counts = Vec<[u32; 2]>;

/// Where the nodes of a coefficient's tree stand among all of them.
const fn node(kind: usize, band: usize, context: usize) -> usize {
    ((kind * 8 + band) * 3 + context) * 11
}

/// The coefficients of all blocks so far.
#[derive(Debug)]
pub(super) struct Tokens {
    tokens: Vec<Token>,
    counts: Counts,
    /// The probabilities, once they are fixed.
    fixed: Option<Box<Probabilities>>,
    coder: BoolEncoder,
}

impl Tokens {
    /// Nothing, with room for a file of about so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            tokens: Vec::new(),
            counts: vec![[0; 2]; 4 * 8 * 3 * 11],
            fixed: None,
            coder: BoolEncoder::with_capacity(bytes),
        }
    }

    #[inline(always)]
    fn push(&mut self, node: usize, bit: bool) -> bool {
        self.counts[node][usize::from(bit)] += 1;
        self.tokens.push((node as Token) << 1 | Token::from(bit));
        bit
    }

    #[inline(always)]
    fn push_fixed(&mut self, zero: u8, bit: bool) {
        self.tokens.push(FIXED | Token::from(zero) << 1 | Token::from(bit));
    }

    /// Adds the levels of a block of `kind` from the one at `first` on, in zigzag order, of which so many of its two
    /// neighbours have any; and says whether it has any itself (13.3).
    pub(super) fn block(&mut self, kind: usize, first: usize, neighbours: usize, levels: &[i16; 16]) -> bool {
        let mut at = node(kind, BANDS[first], neighbours);
        let Some(last) = cost::last(levels) else {
            return self.push(at, false);
        };
        self.push(at, true);
        for (index, &level) in levels.iter().enumerate().take(last + 1).skip(first) {
            let magnitude = level.unsigned_abs();
            let next = BANDS.get(index + 1).copied().unwrap_or(0);
            if !self.push(at + 1, magnitude > 0) {
                at = node(kind, next, 0);
                continue;
            }
            self.magnitude(at, magnitude);
            self.push_fixed(128, level < 0);
            at = node(kind, next, usize::from(magnitude.min(2)));
            if index < 15 {
                self.push(at, index < last);
            }
        }
        true
    }

    /// Adds a magnitude that is not 0, by the tree (13.2) whose nodes begin at `at`.
    #[inline(always)]
    fn magnitude(&mut self, at: usize, magnitude: u16) {
        if !self.push(at + 2, magnitude > 1) {
            return;
        }
        if !self.push(at + 3, magnitude > 4) {
            if self.push(at + 4, magnitude > 2) {
                self.push(at + 5, magnitude > 3);
            }
            return;
        }
        let category = CATEGORIES.iter().rposition(|&(least, _)| magnitude >= least).unwrap_or(0);
        if !self.push(at + 6, category > 1) {
            self.push(at + 7, category > 0);
        } else if self.push(at + 8, category > 3) {
            self.push(at + 10, category > 4);
        } else {
            self.push(at + 9, category > 2);
        }
        let (least, probabilities) = CATEGORIES[category];
        let offset = magnitude - least;
        for (at, &zero) in probabilities.iter().rev().enumerate().rev() {
            self.push_fixed(zero, offset >> at & 1 != 0);
        }
    }

    /// Writes what is held once it is much. To be called after each macroblock.
    pub(super) fn relieve(&mut self) {
        if self.fixed.is_none() && self.tokens.len() >= HELD_TOKENS {
            self.fixed = Some(Box::new(self.probabilities()));
        }
        if self.fixed.is_some() {
            self.write();
        }
    }

    /// Writes all that is held with the probabilities that are fixed.
    fn write(&mut self) {
        let Some(fixed) = &self.fixed else { return };
        let probabilities = fixed.as_flattened().as_flattened().as_flattened();
        for token in self.tokens.drain(..) {
            let zero = if token & FIXED != 0 { (token >> 1) as u8 } else { probabilities[usize::from(token >> 1)] };
            self.coder.put(token & 1 != 0, zero);
        }
    }

    /// The probabilities that make what was counted smallest, with what it costs to state them.
    pub(super) fn probabilities(&self) -> Probabilities {
        if let Some(fixed) = &self.fixed {
            return **fixed;
        }
        let mut probabilities = DEFAULTS;
        let nodes = probabilities.as_flattened_mut().as_flattened_mut().as_flattened_mut();
        let updates = UPDATES.as_flattened().as_flattened().as_flattened();
        for ((zero, &update), &[zeros, ones]) in nodes.iter_mut().zip(updates).zip(&self.counts) {
            let total = u64::from(zeros) + u64::from(ones);
            let fitting = (256 * u64::from(zeros) + total / 2).checked_div(total).unwrap_or(0).clamp(1, 255) as u8;
            let cost = |zero: u8| {
                u64::from(zeros) * u64::from(cost::bit(false, zero))
                    + u64::from(ones) * u64::from(cost::bit(true, zero))
            };
            let keeping = cost(*zero) + u64::from(cost::bit(false, update));
            let updating = cost(fitting) + u64::from(cost::bit(true, update)) + 8 * 256;
            if total > 0 && updating < keeping {
                *zero = fitting;
            }
        }
        probabilities
    }

    /// The probabilities, and the partition of coefficients.
    pub(super) fn finish(mut self) -> (Probabilities, Vec<u8>) {
        let probabilities = self.probabilities();
        self.fixed = Some(Box::new(probabilities));
        self.write();
        (probabilities, self.coder.finish())
    }
}
