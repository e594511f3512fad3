//! Which tiles of a picture share codes (RFC 9649, 5.2.4 and 6.2.2): tiles that look alike.
//!
//! The tiles are dealt out by what their pixels cost on the average. Then each goes to the group whose codes make it cheapest,
//! the codes are made anew, and so on; at last groups are put together where that saves more than their codes cost.

use super::super::tiles;
use super::price::{Logs, prices};
use super::tile;
use super::token::Steps;
use crate::sort::sort;

/// The most groups.
pub(super) const MOST: usize = 32;

/// What five codes cost besides their symbols, at a guess, in 1/256 bits.
const CODES: u64 = (5 * 40) << 8;

/// How often tiles look for a better group.
const ROUNDS: usize = 4;

/// Groups of tiles of `1 << bits` pixels a side.
pub(super) struct Groups {
    pub(super) bits: u32,
    /// The group of each tile.
    pub(super) tiles: Vec<u8>,
    /// How often each symbol occurs in each group.
    pub(super) counts: Vec<Vec<u32>>,
}

/// What each symbol costs in each group, in 1/256 bits.
type Prices = Vec<[u16; MOST]>;

impl Groups {
    /// A single group.
    pub(super) fn one(steps: &Steps<'_>) -> Self {
        let bits = 9;
        let height = steps.pixels.len() / steps.width;
        let tiles = vec![0; tiles(steps.width, bits) * tiles(height, bits)];
        Self { bits, tiles, counts: vec![steps.counts()] }
    }

    /// Groups of tiles of `1 << bits` pixels, where several pay.
    pub(super) fn of(steps: &Steps<'_>, bits: u32, logs: &Logs) -> Self {
        let height = steps.pixels.len() / steps.width;
        let count = tiles(steps.width, bits) * tiles(height, bits);
        let mut groups = Self { bits, tiles: vec![0; count], counts: vec![steps.counts()] };
        if count < 2 {
            return groups;
        }
        groups.deal(steps);
        for _ in 0..ROUNDS {
            groups.count(steps);
            groups.choose(steps);
        }
        groups.count(steps);
        groups.join(steps, logs);
        groups
    }

    /// Deals tiles out to groups of the same number of tiles, by the bits of a pixel.
    fn deal(&mut self, steps: &Steps<'_>) {
        let prices = self.prices(steps);
        let mut costs = vec![(0_u64, 0_u64); self.tiles.len()];
        steps.each(|at, token| {
            let (cost, pixels) = &mut costs[tile(at, steps.width, self.bits)];
            *cost += token.symbols().iter().map(|symbol| u64::from(prices[symbol.place as usize][0])).sum::<u64>();
            *pixels += token.pixels as u64;
        });
        let key = |(tile, &(cost, pixels)): (usize, &(u64, u64))| (cost / pixels.max(1)) << 32 | tile as u64;
        let mut order: Vec<u64> = costs.iter().enumerate().map(key).collect();
        sort(&mut order);
        let count = MOST.min(self.tiles.len());
        for (place, key) in order.into_iter().enumerate() {
            self.tiles[key as u32 as usize] = (place * count / self.tiles.len()) as u8;
        }
        self.counts = vec![Vec::new(); count];
    }

    /// Counts symbols anew.
    fn count(&mut self, steps: &Steps<'_>) {
        let mut counts = vec![vec![0; steps.alphabets.len()]; self.counts.len()];
        steps.each(|at, token| {
            let counts = &mut counts[usize::from(self.tiles[tile(at, steps.width, self.bits)])];
            token.symbols().iter().for_each(|symbol| counts[symbol.place as usize] += 1);
        });
        self.counts = counts;
    }

    /// What symbols cost in each group: as they occur there, and, as far as that tells little, in all.
    fn prices(&self, steps: &Steps<'_>) -> Prices {
        /// All of a code in all groups weighs as much as so many symbols in one.
        const ALL: u64 = 32;
        // What one weighs, so that sums stay below 2³².
        let one = ((1 << 31) / steps.pixels.len()).min(64) as u32;
        let mut table = vec![[0; MOST]; steps.alphabets.len()];
        let mut all = vec![0_u32; steps.alphabets.len()];
        for counts in &self.counts {
            all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        let mut mixed = all.clone();
        for (group, counts) in self.counts.iter().enumerate() {
            for bounds in steps.alphabets.bounds().windows(2) {
                let (from, to) = (bounds[0], bounds[1]);
                let total: u64 = all[from..to].iter().map(|&count| u64::from(count)).sum();
                for ((mixed, &count), &all) in mixed[from..to].iter_mut().zip(&counts[from..to]).zip(&all[from..to]) {
                    let share = u64::from(all) * ALL * u64::from(one) / total.max(1);
                    *mixed = count * one + if all > 0 { share.max(1) as u32 } else { 0 };
                }
                let part = &mut table[from..to];
                prices(&mixed[from..to], 1 << 8, |symbol, price| part[symbol][group] = price);
            }
        }
        table
    }

    /// Puts each tile into the group in which it is cheapest.
    fn choose(&mut self, steps: &Steps<'_>) {
        let prices = self.prices(steps);
        let mut costs = vec![[0_u32; MOST]; self.tiles.len()];
        steps.each(|at, token| {
            let mut sum = [0_u16; MOST];
            for symbol in token.symbols() {
                let prices = &prices[symbol.place as usize];
                sum.iter_mut().zip(prices).for_each(|(sum, price)| *sum += price);
            }
            let costs = &mut costs[tile(at, steps.width, self.bits)];
            costs.iter_mut().zip(sum).for_each(|(cost, sum)| *cost += u32::from(sum));
        });
        let count = self.counts.len();
        for (tile, costs) in self.tiles.iter_mut().zip(&costs) {
            *tile = (0..count).min_by_key(|&group| costs[group]).unwrap_or(0) as u8;
        }
    }

    /// Puts groups together as long as that saves bits.
    fn join(&mut self, steps: &Steps<'_>, logs: &Logs) {
        let bounds = steps.alphabets.bounds();
        let cost = |a: &[u32], b: &[u32]| {
            CODES + bounds.windows(2).map(|at| logs.joint_entropy(&a[at[0]..at[1]], &b[at[0]..at[1]])).sum::<u64>()
        };
        let nothing = vec![0; steps.alphabets.len()];
        let mut costs: Vec<u64> = self.counts.iter().map(|counts| cost(counts, &nothing)).collect();
        let mut names: Vec<usize> = (0..self.counts.len()).collect();
        // What each pair costs together: the higher one first.
        let pair = |a: usize| self.counts[..a].iter().map(|other| cost(&self.counts[a], other)).collect();
        let mut pairs: Vec<Vec<u64>> = (0..self.counts.len()).map(pair).collect();
        while let Some((a, b)) = best_pair(&costs, &pairs) {
            let from = std::mem::take(&mut self.counts[a]);
            self.counts[b].iter_mut().zip(&from).for_each(|(count, more)| *count += more);
            costs[b] = pairs[a][b];
            names.iter_mut().filter(|name| **name == a).for_each(|name| *name = b);
            for other in (0..costs.len()).filter(|&other| other != b) {
                let is_left = !self.counts[other].is_empty();
                pairs[other.max(b)][other.min(b)] =
                    if is_left { cost(&self.counts[other], &self.counts[b]) } else { u64::MAX };
                if other != a {
                    pairs[other.max(a)][other.min(a)] = u64::MAX;
                }
            }
        }
        self.rename(&names);
    }

    /// Gives the groups that are left numbers without gaps.
    fn rename(&mut self, names: &[usize]) {
        let mut numbers = vec![0; names.len()];
        let mut next = 0;
        for (number, counts) in numbers.iter_mut().zip(&self.counts) {
            *number = next;
            next += u8::from(!counts.is_empty());
        }
        self.counts.retain(|counts| !counts.is_empty());
        self.tiles.iter_mut().for_each(|tile| *tile = numbers[names[usize::from(*tile)]]);
    }
}

/// The pair of groups that saves the most bits together, the higher one first, given what each costs alone; `None` where
/// none saves any.
fn best_pair(costs: &[u64], pairs: &[Vec<u64>]) -> Option<(usize, usize)> {
    let mut best = (0, 0, 0);
    for (a, pairs) in pairs.iter().enumerate() {
        for (b, &together) in pairs.iter().enumerate() {
            best = best.max(((costs[a] + costs[b]).saturating_sub(together), a, b));
        }
    }
    (best.0 > 0).then_some((best.1, best.2))
}
