//! VP8L out (RFC 9649, 3): what stands behind the header of a `VP8L` chunk, or behind that of an `ALPH` chunk.
//!
//! ```text
//! pixels ─┬─ indices ────────────────────────────────────────────┬─ matches → cheapest steps → groups of tiles → codes → bits
//!         └─ green subtracted → predicted where it pays → colours ┘            (twice: first without a colour cache)
//! ```
//!
//! - *Here predicted and there bare.* Words want copies, photographs predictions, and a screenshot has both. So a picture in
//!   which pixels repeat is parsed as it is, too; a tile that is cheaper so is left as it is, by mode 0, and words are still
//!   copied from words. Where most is, the picture without any prediction is written as well, and the smaller one taken.
//! - *Memory.* Beside the pixels, and a copy of them while another way is to be tried, there are a match and a step for each
//!   (4 bytes each), and what is written, twice at most.

mod cache;
mod code;
mod color;
mod groups;
mod palette;
mod parse;
mod plan;
mod predictor;
mod price;
mod search;
mod token;

#[cfg(test)]
mod tests;

use super::tiles;
use super::transform::BLACK;
use crate::Effort;
use crate::deflate::bits::Bits;
use code::Code;
use groups::Groups;
use parse::{Prices, parse};
use plan::Plan;
use predictor::Modes;
use price::Logs;
use search::search;
use token::Steps;

/// Which tile of `1 << bits` pixels a side the pixel `at` is in.
#[inline(always)]
const fn tile(at: usize, width: usize, bits: u32) -> usize {
    ((at / width) >> bits) * tiles(width, bits) + ((at % width) >> bits)
}

/// `pixels`, `0xAARRGGBB`, `width` a row: transforms and coded pixels.
pub(in crate::webp) fn encode(mut pixels: Vec<u32>, width: usize, effort: Effort) -> Vec<u8> {
    let colors = palette::colors(&pixels);
    let plans = Plan::all(&pixels, width, colors.as_deref(), effort);
    let mut smallest = Smallest(None);
    if effort == Effort::Small {
        smallest.keep(encode(pixels.clone(), width, Effort::Balanced));
    }
    for (i, &plan) in plans.iter().enumerate() {
        let pixels = if i + 1 < plans.len() { pixels.clone() } else { std::mem::take(&mut pixels) };
        match &colors {
            Some(colors) if plan.indexed => smallest.keep(indexed(pixels, width, plan, colors, effort)),
            _ => direct(pixels, width, plan, effort, &mut smallest),
        }
    }
    smallest.0.unwrap_or_default()
}

/// The smallest of some pictures.
struct Smallest(Option<Vec<u8>>);

impl Smallest {
    fn keep(&mut self, bytes: Vec<u8>) {
        if self.0.as_ref().is_none_or(|others| bytes.len() < others.len()) {
            self.0 = Some(bytes);
        }
    }
}

// Transforms (RFC 9649, 4).
const PREDICTOR: u32 = 0;
const COLOR: u32 = 1;
const SUBTRACT_GREEN: u32 = 2;
const INDEXING: u32 = 3;

/// `pixels` as indices into `colors`.
fn indexed(mut pixels: Vec<u32>, width: usize, plan: Plan, colors: &[u32], effort: Effort) -> Vec<u8> {
    let mut writer = Writer::new(effort);
    writer.begin(INDEXING);
    writer.bits.put(colors.len() as u32 - 1, 8);
    writer.parameters(&palette::differences(colors), colors.len());
    let width = palette::apply(&mut pixels, width, colors);
    if plan.predicted {
        let bits = Plan::tile_bits(pixels.len());
        let modes = Modes::of(&pixels, width, bits);
        writer.predict(&mut pixels, width, &modes);
    }
    let steps = writer.parsed(&pixels, width, false);
    writer.finish(&steps)
}

/// `pixels` as colours: with predictions, without, or here with and there without.
fn direct(mut pixels: Vec<u32>, width: usize, plan: Plan, effort: Effort, smallest: &mut Smallest) {
    let mut writer = Writer::new(effort);
    if plan.green {
        writer.begin(SUBTRACT_GREEN);
        color::subtract_green(&mut pixels);
    }
    let bits = Plan::tile_bits(pixels.len());
    let modes = plan.predicted.then(|| Modes::of(&pixels, width, bits));
    let mut modes = modes.filter(|modes| !modes.are_bare());
    if plan.repeats || modes.is_none() {
        let steps = writer.parsed(&pixels, width, true);
        let is_best = modes.as_mut().is_none_or(|modes| modes.leave_bare(&steps.costs(bits)));
        if is_best {
            let mut bare = Writer::new(effort);
            if plan.green {
                bare.begin(SUBTRACT_GREEN);
            }
            smallest.keep(bare.finish(&steps));
        }
    }
    let Some(modes) = modes.filter(|modes| !modes.are_bare()) else { return };
    writer.predict(&mut pixels, width, &modes);
    if let Some(elements) = color::apply(&mut pixels, width, &modes) {
        writer.begin(COLOR);
        writer.tiled(modes.bits, &elements, tiles(width, modes.bits));
    }
    let steps = writer.parsed(&pixels, width, true);
    smallest.keep(writer.finish(&steps));
}

/// No code is shorter than a bit.
const LEAST: u32 = 1 << 8;

struct Writer {
    bits: Bits,
    logs: Logs,
    effort: Effort,
}

impl Writer {
    fn new(effort: Effort) -> Self {
        Self { bits: Bits::behind(Vec::new()), logs: Logs::new(), effort }
    }

    /// Begins a transform.
    fn begin(&mut self, transform: u32) {
        self.bits.put(1 | transform << 1, 3);
    }

    /// The parameters of tiles of `1 << bits` pixels a side.
    fn tiled(&mut self, bits: u32, values: &[u32], across: usize) {
        self.bits.put(bits - 2, 3);
        self.parameters(values, across);
    }

    const fn depth(&self) -> usize {
        match self.effort {
            Effort::Fast => 16,
            Effort::Balanced => 48,
            Effort::Small => 200,
        }
    }

    /// Pixels with one group of codes, and no cache.
    fn parameters(&mut self, pixels: &[u32], width: usize) {
        let mut steps = Steps::new(pixels, width);
        let found = search(pixels, 32);
        let guess = Prices::guessed(&steps);
        parse(&mut steps, &found, &guess);
        let prices = Prices::of(&steps, LEAST);
        parse(&mut steps, &found, &prices);
        self.bits.put(0, 1);
        let groups = Groups::one(&steps);
        self.coded(&steps, &groups);
    }

    /// Puts residues in place of `pixels`.
    fn predict(&mut self, pixels: &mut [u32], width: usize, modes: &Modes) {
        self.begin(PREDICTOR);
        self.tiled(modes.bits, &modes.values(), tiles(width, modes.bits));
        modes.put_residues(pixels, width);
    }

    /// The steps through a picture, with a colour cache if one `may` be.
    fn parsed<'a>(&self, pixels: &'a [u32], width: usize, may: bool) -> Steps<'a> {
        let mut steps = Steps::new(pixels, width);
        let found = search(pixels, self.depth());
        let guess = Prices::guessed(&steps);
        parse(&mut steps, &found, &guess);
        if may {
            steps.set_cache(cache::best(&steps, &self.logs));
        }
        let prices = Prices::of(&steps, LEAST);
        parse(&mut steps, &found, &prices);
        steps
    }

    /// All bytes, the picture's pixels last.
    fn finish(mut self, steps: &Steps<'_>) -> Vec<u8> {
        self.bits.put(0, 1);
        let groups = Groups::of(steps, Plan::group_bits(steps.pixels.len()), &self.logs);
        let cache_bits = steps.alphabets.cache_bits;
        self.bits.put(u32::from(cache_bits > 0) | cache_bits << 1, if cache_bits > 0 { 5 } else { 1 });
        self.bits.put(u32::from(groups.counts.len() > 1), 1);
        if groups.counts.len() > 1 {
            let values: Vec<u32> = groups.tiles.iter().map(|&group| BLACK | u32::from(group) << 8).collect();
            self.tiled(groups.bits, &values, tiles(steps.width, groups.bits));
        }
        self.coded(steps, &groups);
        self.bits.align();
        self.bits.bytes
    }

    /// The codes of `groups`, and `steps` with them.
    fn coded(&mut self, steps: &Steps<'_>, groups: &Groups) {
        /// Pixels after which there is room made for more.
        const PORTION: usize = 1 << 14;
        let bounds = steps.alphabets.bounds();
        let mut codes: Vec<Vec<(u16, u8)>> = Vec::with_capacity(groups.counts.len());
        for counts in &groups.counts {
            let mut table = Vec::with_capacity(counts.len());
            for at in bounds.windows(2) {
                let code = Code::of(&counts[at[0]..at[1]], 15);
                code.write(&mut self.bits);
                table.extend((0..at[1] - at[0]).map(|symbol| {
                    let (word, count) = code.bits(symbol);
                    (word as u16, count as u8)
                }));
            }
            codes.push(table);
        }
        let mut room = 0;
        steps.each(|at, token| {
            if at >= room {
                room = at + PORTION;
                self.bits.reserve(8 * PORTION);
            }
            let codes = &codes[usize::from(groups.tiles[tile(at, steps.width, groups.bits)])];
            for symbol in token.symbols() {
                let (word, count) = codes[symbol.place as usize];
                self.bits.put(word.into(), count.into());
                self.bits.put(symbol.extra >> 8, symbol.extra & 0xFF);
            }
        });
    }
}
