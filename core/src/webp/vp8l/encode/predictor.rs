//! The predictor transform (RFC 9649, 4.1): what pixels differ by from what their neighbours tell.

use super::super::tiles;
use super::super::transform::{BLACK, by_component, by_mode, mean, select, sub};
use super::price::prices;

/// How a pixel is foretold from the ones to the left, above left, above and above right.
const MODES: usize = 14;

/// What the residues of each channel cost: blue, green, red, alpha.
struct Prices([[u16; 256]; 4]);

impl Prices {
    /// At a guess: small differences, of either sign, are frequent.
    fn guessed() -> Self {
        let price = |residue: usize| {
            let size = (residue as u8 as i8).unsigned_abs();
            ((u32::from(size) + 1).ilog2() * 2 * 256 + 256 + u32::from(size) * 4) as u16
        };
        Self([std::array::from_fn(price); 4])
    }

    fn of(counts: &[[u32; 256]; 4]) -> Self {
        let mut tables = [[0; 256]; 4];
        for (table, counts) in tables.iter_mut().zip(counts) {
            prices(counts, 0, |symbol, price| table[symbol] = price);
        }
        Self(tables)
    }

    #[inline]
    fn sum(&self, residues: &[u32]) -> u32 {
        let each = |&residue: &u32| {
            let [b, g, r, a] = residue.to_le_bytes().map(usize::from);
            u32::from(self.0[0][b]) + u32::from(self.0[1][g]) + u32::from(self.0[2][r]) + u32::from(self.0[3][a])
        };
        residues.iter().map(each).sum()
    }
}

/// How the pixels of each tile are foretold.
pub(super) struct Modes {
    /// A tile has `1 << bits` pixels a side.
    pub(super) bits: u32,
    pub(super) modes: Vec<u8>,
    /// What each tile costs, in 1/256 bits.
    costs: Vec<u32>,
}

impl Modes {
    /// Those that make tiles of `1 << bits` pixels a side cheapest.
    pub(super) fn of(pixels: &[u32], width: usize, bits: u32) -> Self {
        let height = pixels.len() / width;
        let (across, down) = (tiles(width, bits), tiles(height, bits));
        let mut chooser = Chooser { pixels, width, bits, prices: Prices::guessed(), counts: [[0; 256]; 4] };
        let mut modes = vec![0; across * down];
        let mut costs = vec![0; across * down];
        // A fourth of the tiles first, to learn what residues cost.
        for step in [4, 1] {
            for tile in (0..across * down).step_by(step) {
                let (x, y) = (tile % across, tile / across);
                let near = |is_there: bool, back: usize| if is_there { modes[tile - back] } else { u8::MAX };
                let near = [near(x > 0, 1), near(y > 0, across)];
                (modes[tile], costs[tile]) = chooser.choose(x, y, near);
            }
            chooser.prices = Prices::of(&chooser.counts);
        }
        Self { bits, modes, costs }
    }

    /// Sets mode 0 where a tile costs less as it is, which `bare` tells, than foretold; and tells whether the picture as it is
    /// may be the best.
    ///
    /// What is bare copies from what is bare: such tiles are dearer than they look where they are few.
    pub(super) fn leave_bare(&mut self, bare: &[u32]) -> bool {
        let sum = |costs: &mut dyn Iterator<Item = u32>| costs.map(u64::from).sum::<u64>();
        let foretold = sum(&mut self.costs.iter().copied());
        let all_bare = sum(&mut bare.iter().copied());
        let least = sum(&mut self.costs.iter().zip(bare).map(|(&cost, &bare)| cost.min(bare)));
        // In sixteenths.
        let most = if 4 * (foretold - least) < foretold { 10 } else { 13 };
        for ((mode, &cost), &bare) in self.modes.iter_mut().zip(&self.costs).zip(bare) {
            if 16 * u64::from(bare) <= most * u64::from(cost) {
                *mode = 0;
            }
        }
        self.are_bare() || 5 * least > 4 * all_bare && all_bare < foretold
    }

    /// Whether nothing is foretold.
    pub(super) fn are_bare(&self) -> bool {
        self.modes.iter().all(|&mode| mode == 0)
    }

    /// The modes as pixels.
    pub(super) fn values(&self) -> Vec<u32> {
        self.modes.iter().map(|&mode| BLACK | u32::from(mode) << 8).collect()
    }

    /// Puts residues in place of `pixels`, from the last to the first: neighbours are still as they were.
    pub(super) fn put_residues(&self, pixels: &mut [u32], width: usize) {
        let across = tiles(width, self.bits);
        let side = 1 << self.bits;
        let mut residues = vec![0; side];
        for y in (1..pixels.len() / width).rev() {
            for tile in (0..across).rev() {
                let (from, to) = ((tile * side).max(1), ((tile + 1) * side).min(width));
                if from < to {
                    let residues = &mut residues[..to - from];
                    let at = y * width + from;
                    fill(self.modes[(y >> self.bits) * across + tile], pixels, at, width, residues);
                    pixels[at..at + residues.len()].copy_from_slice(residues);
                }
            }
            pixels[y * width] = sub(pixels[y * width], pixels[(y - 1) * width]);
        }
        for x in (1..width).rev() {
            pixels[x] = sub(pixels[x], pixels[x - 1]);
        }
        pixels[0] = sub(pixels[0], BLACK);
    }
}

struct Chooser<'a> {
    pixels: &'a [u32],
    width: usize,
    bits: u32,
    prices: Prices,
    counts: [[u32; 256]; 4],
}

impl Chooser<'_> {
    /// The mode whose residues are the cheapest in a tile, and what they cost; one of a neighbour a little rather than another.
    fn choose(&mut self, x: usize, y: usize, near: [u8; 2]) -> (u8, u32) {
        const LIKE: u32 = 3 << 8;
        let side = 1 << self.bits;
        let (from, to) = ((x * side).max(1), ((x + 1) * side).min(self.width));
        let rows = (y * side).max(1)..((y + 1) * side).min(self.pixels.len() / self.width);
        if from >= to || rows.is_empty() {
            return (0, 0);
        }
        let flat = self.pixels[(rows.start - 1) * self.width + from - 1];
        let is_flat = |y: usize| self.pixels[y * self.width..][from - 1..to].iter().all(|&pixel| pixel == flat);
        if (rows.start - 1..rows.end).all(is_flat) {
            return self.flat(((to - from) * rows.len()) as u32, near);
        }
        let mut costs = [0_u32; MODES];
        let mut residues = [0; 512];
        let residues = &mut residues[..to - from];
        for y in rows.clone() {
            for (mode, cost) in costs.iter_mut().enumerate() {
                fill(mode as u8, self.pixels, y * self.width + from, self.width, residues);
                *cost += self.prices.sum(residues);
            }
        }
        for mode in near {
            if let Some(cost) = costs.get_mut(usize::from(mode)) {
                *cost = cost.saturating_sub(LIKE);
            }
        }
        let best = (0..MODES).min_by_key(|&mode| costs[mode]).unwrap_or(0) as u8;
        for y in rows {
            fill(best, self.pixels, y * self.width + from, self.width, residues);
            for residue in residues.iter() {
                for (counts, byte) in self.counts.iter_mut().zip(residue.to_le_bytes()) {
                    counts[usize::from(byte)] += 1;
                }
            }
        }
        (best, costs[usize::from(best)])
    }

    /// The same of a tile whose `pixels` are those around it, but perhaps for the one above right: all modes do but the first.
    fn flat(&mut self, pixels: u32, near: [u8; 2]) -> (u8, u32) {
        let mut cost = 0;
        for (counts, prices) in self.counts.iter_mut().zip(&self.prices.0) {
            counts[0] += pixels;
            cost += pixels * u32::from(prices[0]);
        }
        let mode = near.into_iter().find(|&mode| (1..MODES).contains(&usize::from(mode)));
        (mode.unwrap_or(1), cost)
    }
}

/// Fills `residues` with those of the pixels from `at` on by `mode`. They are neither in the first row nor in the first column.
fn fill(mode: u8, pixels: &[u32], at: usize, width: usize, residues: &mut [u32]) {
    let here = &pixels[at - 1..at + residues.len()];
    let above = &pixels[at - width - 1..at - width + residues.len() + 1];
    macro_rules! each {
        (|$left:ident, $corner:ident, $top:ident, $right:ident| $prediction:expr) => {
            for ((residue, pair), neighbours) in residues.iter_mut().zip(here.windows(2)).zip(above.windows(3)) {
                let (&[$left, pixel], &[$corner, $top, $right]) = (pair, neighbours) else { continue };
                let _ = ($left, $corner, $top, $right);
                *residue = sub(pixel, $prediction);
            }
        };
    }
    by_mode!(mode, each)
}
