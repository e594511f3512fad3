//! The cheapest steps through pixels, given what symbols cost.
//!
//! ```text
//! from the last pixel to the first:  cost[at] = least of  literal + cost[at + 1]
//!                                                         copy of n + cost[at + n], for each distance, for each n
//! ```
//!
//! Distances that are asked for are those of the longest match that was found, and a few nearby, whose matches grow as one
//! goes. Of the lengths that share a symbol only the longest is asked for: what is left then is seldom more.

use super::super::tiles;
use super::price::prices;
use super::search::{LONGEST, Match};
use super::tile;
use super::token::{Steps, Symbol};
use crate::deflate::code::distance_symbol;

/// What each symbol costs, in 1/256 bits.
pub(super) struct Prices(Vec<u16>);

impl Prices {
    /// For symbols that occur as often as in `steps`; none costs less than `least`.
    pub(super) fn of(steps: &Steps<'_>, least: u32) -> Self {
        let counts = steps.counts();
        let mut table = vec![0; counts.len()];
        for bounds in steps.alphabets.bounds().windows(2) {
            let part = &mut table[bounds[0]..bounds[1]];
            prices(&counts[bounds[0]..bounds[1]], least, |symbol, price| part[symbol] = price);
        }
        Self(table)
    }

    /// At a guess, where no match is known yet: lengths and distances get codes of five bits or so.
    pub(super) fn guessed(steps: &Steps<'_>) -> Self {
        let mut prices = Self::of(steps, 1 << 8);
        let bounds = steps.alphabets.bounds();
        // There will be copies: no literal is free.
        prices.0[..256].iter_mut().for_each(|price| *price = (*price).max(1 << 8));
        for length in 0..24 {
            prices.0[256 + length] = (3 << 8) + 64 * length as u16;
        }
        for distance in 0..40 {
            prices.0[bounds[4] + distance] = (4 << 8) + 16 * distance as u16;
        }
        prices
    }
}

/// A match of so many pixels is taken a pixel earlier, too, if it can be, without looking at others.
const LONG: usize = 64;

/// Costs of what follows a pixel are kept for so many.
const KEPT: usize = LONGEST + 1;

/// The longest length of a symbol, and what it costs with the bits behind it.
#[derive(Clone, Copy, Default)]
struct Length {
    longest: usize,
    cost: u32,
}

/// A pixel while the cheapest way on from it is sought.
struct Best {
    cost: u32,
    step: Match,
}

struct Parser {
    lengths: [Length; 24],
    distances: [u32; 40],
    /// The cost of what follows a pixel, modulo 2³²; only differences count.
    costs: Box<[u32; KEPT]>,
}

impl Parser {
    fn new(prices: &Prices, distances_from: usize) -> Self {
        let with_extra = |price: u16, symbol: usize| {
            let extra = if symbol < 4 { 0 } else { (symbol as u32 - 2) >> 1 };
            u32::from(price) + (extra << 8)
        };
        let lengths = std::array::from_fn(|symbol| {
            let extra = if symbol < 4 { 0 } else { (symbol - 2) >> 1 };
            let longest = if symbol < 4 { symbol + 1 } else { (3 + (symbol & 1)) << extra };
            Length { longest: longest.min(LONGEST), cost: with_extra(prices.0[256 + symbol], symbol) }
        });
        let distances = std::array::from_fn(|symbol| with_extra(prices.0[distances_from + symbol], symbol));
        let costs = vec![0; KEPT].try_into().unwrap_or_else(|_| unreachable!("it has that length"));
        Self { lengths, distances, costs }
    }

    /// Takes a copy of `length` pixels at `at`.
    #[inline(always)]
    fn extend(&mut self, code: usize, length: usize, at: usize) {
        let cost = self.distances[distance_symbol(code as u32).0] + self.lengths[distance_symbol(length as u32).0].cost;
        self.costs[at % KEPT] = self.costs[(at + length) % KEPT].wrapping_add(cost);
    }

    /// Tries copies of up to `most` pixels at `at`.
    #[inline(always)]
    fn try_copies(&self, best: &mut Best, at: usize, most: usize, distance: usize, code: usize) {
        /// Of long matches only the longest parts are tried.
        const TRIED: usize = 7;
        let base = self.distances[distance_symbol(code as u32).0];
        let last = distance_symbol(most as u32).0;
        for (i, length) in self.lengths[..=last].iter().enumerate().skip(last.saturating_sub(TRIED)) {
            let taken = if i == last { most } else { length.longest };
            let cost = base.wrapping_add(length.cost).wrapping_add(self.costs[(at + taken) % KEPT]);
            if (cost.wrapping_sub(best.cost) as i32) < 0 {
                *best = Best { cost, step: Match::new(taken, distance) };
            }
        }
    }
}

/// Sets the cheapest `steps`, by `prices`, where `found` are the longest matches.
pub(super) fn parse(steps: &mut Steps<'_>, found: &[Match], prices: &Prices) {
    let mut parser = Parser::new(prices, steps.alphabets.bounds()[4]);
    let (pixels, width) = (steps.pixels, steps.width);
    let near = [1, width, width - 1, width + 1, 2, 2 * width];
    let codes = near.map(|distance| if distance > 0 { steps.distance_code(distance) } else { 0 });
    let mut runs = [0_usize; 6];
    let mut last = Match::NONE;
    let mut passed = false;
    let same = |at: usize, distance: usize| at.checked_sub(distance).is_some_and(|from| pixels[from] == pixels[at]);
    for at in (0..pixels.len()).rev() {
        for (run, &distance) in runs[..2].iter_mut().zip(&near) {
            *run = if same(at, distance) { (*run + 1).min(LONGEST) } else { 0 };
        }
        if (LONG..LONGEST).contains(&last.length()) && same(at, last.distance()) {
            last = Match::new(last.length() + 1, last.distance());
            parser.extend(steps.distance_code(last.distance()), last.length(), at);
            steps.steps[at] = last;
            passed = true;
            continue;
        }
        // After a long match, how often the others come again has to be looked up.
        let known = if std::mem::take(&mut passed) { at + 1..pixels.len().min(at + LONG) } else { at..at };
        for ((run, &distance), code) in runs.iter_mut().zip(&near).zip(codes).skip(2) {
            if code == 0 || !same(at, distance) {
                *run = 0;
                continue;
            }
            if !known.is_empty() {
                *run = known.clone().take_while(|&at| same(at, distance)).count();
            }
            *run = (*run + 1).min(LONGEST);
        }
        let (symbols, count) = steps.literal(at);
        let literal: u32 = symbols[..count].iter().map(|symbol| u32::from(prices.0[symbol.place as usize])).sum();
        let mut best = Best { cost: literal.wrapping_add(parser.costs[(at + 1) % KEPT]), step: Match::NONE };
        for ((run, &distance), code) in runs.iter().zip(&near).zip(codes) {
            if *run > 0 {
                parser.try_copies(&mut best, at, *run, distance, code);
            }
        }
        let far = found[at];
        if far != Match::NONE && !near.contains(&far.distance()) {
            parser.try_copies(&mut best, at, far.length(), far.distance(), steps.distance_code(far.distance()));
        }
        parser.costs[at % KEPT] = best.cost;
        steps.steps[at] = best.step;
        last = best.step;
    }
}

impl Steps<'_> {
    /// What each tile of `1 << bits` pixels a side costs, in 1/256 bits, at what its symbols cost in all.
    pub(super) fn costs(&self, bits: u32) -> Vec<u32> {
        let prices = Prices::of(self, 0);
        let mut costs = vec![0; tiles(self.width, bits) * tiles(self.pixels.len() / self.width, bits)];
        self.each(|at, token| {
            let each = |symbol: &Symbol| u32::from(prices.0[symbol.place as usize]) + ((symbol.extra & 0xFF) << 8);
            let cost = token.symbols().iter().map(each).sum::<u32>() / token.pixels as u32;
            for at in at..at + token.pixels {
                costs[tile(at, self.width, bits)] += cost;
            }
        });
        costs
    }
}
