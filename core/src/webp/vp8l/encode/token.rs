//! Pixels as symbols (RFC 9649, 5.2): literals, copies, cached colours.

use super::super::{DISTANCES, LENGTHS, LEVELS, nearby};
use super::search::Match;
use crate::deflate::code::distance_symbol;

/// Symbols of green before those of cached colours.
pub(super) const GREENS: usize = (LEVELS + LENGTHS) as usize;

/// The alphabets of the five codes of a group, one behind the other: green, red, blue, alpha, distances.
#[derive(Clone, Copy)]
pub(super) struct Alphabets {
    /// Bits of a hash into the colour cache; 0 where there is none.
    pub(super) cache_bits: u32,
}

impl Alphabets {
    const LEVELS: usize = LEVELS as usize;

    /// Symbols of green.
    pub(super) const fn greens(self) -> usize {
        GREENS + if self.cache_bits > 0 { 1 << self.cache_bits } else { 0 }
    }

    /// Where each alphabet begins, and where the last one ends.
    pub(super) const fn bounds(self) -> [usize; 6] {
        let red = self.greens();
        let alpha = red + 2 * Self::LEVELS;
        [0, red, red + Self::LEVELS, alpha, alpha + Self::LEVELS, alpha + Self::LEVELS + DISTANCES]
    }

    /// All symbols.
    pub(super) const fn len(self) -> usize {
        self.bounds()[5]
    }

    /// Where `pixel` is in the cache.
    #[inline(always)]
    pub(super) const fn place(self, pixel: u32) -> usize {
        (pixel.wrapping_mul(0x1E35_A7BD) >> (32 - self.cache_bits)) as usize
    }
}

/// A symbol's place among all, and bits behind it: what they are above 8 bits of how many.
#[derive(Clone, Copy)]
pub(super) struct Symbol {
    pub(super) place: u32,
    pub(super) extra: u32,
}

impl Symbol {
    const fn bare(place: usize) -> Self {
        Self { place: place as u32, extra: 0 }
    }

    /// The symbol of a length or a distance code, 1 or more, in an alphabet that begins at `from`.
    const fn number(from: usize, number: usize) -> Self {
        let (symbol, count) = distance_symbol(number as u32);
        let bits = (number as u32 - 1) & ((1 << count) - 1);
        Self { place: (from + symbol) as u32, extra: bits << 8 | count }
    }
}

/// What stands for some pixels.
pub(super) struct Token {
    symbols: [Symbol; 4],
    count: usize,
    /// Pixels that it stands for.
    pub(super) pixels: usize,
}

impl Token {
    pub(super) fn symbols(&self) -> &[Symbol] {
        &self.symbols[..self.count]
    }
}

/// Pixels, and in which steps one goes through them.
pub(super) struct Steps<'a> {
    pub(super) pixels: &'a [u32],
    pub(super) width: usize,
    pub(super) alphabets: Alphabets,
    bounds: [usize; 6],
    /// What is done at each pixel that a step begins at: a match, or one pixel.
    pub(super) steps: Vec<Match>,
    /// Which pixels are in the colour cache when they come, a bit each.
    cached: Vec<u64>,
    /// The codes of distances that are near, by the distance; 0 is none.
    near: Vec<u8>,
}

impl<'a> Steps<'a> {
    /// One pixel after the other.
    pub(super) fn new(pixels: &'a [u32], width: usize) -> Self {
        let alphabets = Alphabets { cache_bits: 0 };
        let reaches = nearby(width);
        let mut near = vec![0; reaches.iter().max().map_or(0, |reach| reach + 1)];
        for (code, &reach) in reaches.iter().enumerate().rev() {
            near[reach] = code as u8 + 1;
        }
        let (bounds, steps) = (alphabets.bounds(), vec![Match::NONE; pixels.len()]);
        Self { pixels, width, alphabets, bounds, steps, cached: Vec::new(), near }
    }

    /// Sets a colour cache of so many bits.
    pub(super) fn set_cache(&mut self, bits: u32) {
        self.alphabets = Alphabets { cache_bits: bits };
        self.bounds = self.alphabets.bounds();
        self.cached.clear();
        if bits == 0 {
            return;
        }
        let mut cache = vec![0; 1 << bits];
        self.cached.extend(self.pixels.chunks(64).map(|pixels| {
            pixels.iter().enumerate().fold(0, |word, (i, &pixel)| {
                let hit = std::mem::replace(&mut cache[self.alphabets.place(pixel)], pixel) == pixel;
                word | u64::from(hit) << i
            })
        }));
    }

    /// Whether the pixel at `at` is in the cache when it comes.
    #[inline(always)]
    pub(super) fn is_cached(&self, at: usize) -> bool {
        self.cached.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 != 0)
    }

    /// The code of a distance.
    #[inline(always)]
    pub(super) fn distance_code(&self, distance: usize) -> usize {
        match self.near.get(distance) {
            Some(&code) if code > 0 => code.into(),
            _ => distance + 120,
        }
    }

    /// The symbols of the pixel at `at` alone, and how many they are.
    #[inline(always)]
    pub(super) fn literal(&self, at: usize) -> ([Symbol; 4], usize) {
        let pixel = self.pixels[at];
        if self.is_cached(at) {
            return ([Symbol::bare(GREENS + self.alphabets.place(pixel)); 4], 1);
        }
        let [blue, green, red, alpha] = pixel.to_le_bytes().map(usize::from);
        let [_, reds, blues, alphas, ..] = self.bounds;
        ([green, reds + red, blues + blue, alphas + alpha].map(Symbol::bare), 4)
    }

    /// What stands at `at`, where a step begins.
    #[inline(always)]
    pub(super) fn token(&self, at: usize) -> Token {
        let step = self.steps[at];
        if step == Match::NONE {
            let (symbols, count) = self.literal(at);
            return Token { symbols, count, pixels: 1 };
        }
        let length = Symbol::number(LEVELS as usize, step.length());
        let distance = Symbol::number(self.bounds[4], self.distance_code(step.distance()));
        Token { symbols: [length, distance, length, distance], count: 2, pixels: step.length() }
    }

    /// Gives `take` each token and where it begins.
    #[inline(always)]
    pub(super) fn each(&self, mut take: impl FnMut(usize, &Token)) {
        let mut at = 0;
        while at < self.pixels.len() {
            let token = self.token(at);
            take(at, &token);
            at += token.pixels;
        }
    }

    /// How often each symbol occurs.
    pub(super) fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.alphabets.len()];
        self.each(|_, token| token.symbols().iter().for_each(|symbol| counts[symbol.place as usize] += 1));
        counts
    }
}
