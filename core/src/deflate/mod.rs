//! A zlib stream (RFC 1950, RFC 1951) in the making, from bytes that come in pieces of any length.
//!
//! The bytes of the stream depend on the bytes that went in, on which of them are differences, and on the effort; not on
//! how they were cut.
//!
//! ```text
//! bytes → window of 32 KiB and what is new → matches → tokens → blocks, each with codes of its own → bits
//! ```

pub(crate) mod bits;
mod block;
pub(crate) mod code;
pub(crate) mod log2;
mod optimal;
mod search;
#[cfg(test)]
pub(crate) mod tests;

use simd_adler32::Adler32;

use crate::Effort;
use crate::full::IS_FULL;
pub(crate) use block::literals_cost;
use block::{Blocks, Token};
use search::{Chains, LONGEST, Patience, REACH, START, Threes, View};

/// New bytes that are gathered before they are parsed.
const NEW: usize = 1 << 17;

/// New bytes that wait until what follows them is there: a match may begin at the last one that does not.
const AHEAD: usize = 1024;

/// A zlib stream in the making. It holds less than 2 MiB besides its result, [`Effort::Small`] less than 12.
pub(crate) struct Deflater {
    blocks: Blocks,
    checksum: Adler32,
    chains: Chains,
    /// Only for [`Effort::Small`].
    threes: Option<Threes>,
    window: Vec<u8>,
    /// The place of the window's first byte.
    base: u32,
    /// Where in the window the bytes begin that are not yet parsed.
    at: usize,
    /// Literals since the last match.
    misses: usize,
    /// New bytes that are not differences from a prediction.
    unfiltered: usize,
    effort: Effort,
}

impl Deflater {
    /// A stream behind `bytes`.
    pub(crate) fn behind(mut bytes: Vec<u8>, effort: Effort) -> Self {
        // RFC 1950: deflate with a window of 32 KiB; the level's bits are for information only.
        bytes.extend(match effort {
            Effort::Fast => [0x78, 0x01],
            Effort::Balanced => [0x78, 0x9C],
            Effort::Small => [0x78, 0xDA],
        });
        Self {
            blocks: Blocks::behind(bytes),
            checksum: Adler32::new(),
            chains: Chains::new(),
            threes: None,
            window: Vec::with_capacity(REACH + NEW + AHEAD),
            base: START,
            at: 0,
            misses: 0,
            unfiltered: 0,
            effort,
        }
    }

    /// Adds `data` that are differences from a prediction.
    pub(crate) fn write_filtered(&mut self, data: &[u8]) {
        self.gather(data, 0);
    }

    /// Adds `data`.
    pub(crate) fn write(&mut self, data: &[u8]) {
        self.gather(data, 1);
    }

    /// Adds `data`, of whose bytes each counts so much as `unfiltered`.
    fn gather(&mut self, mut data: &[u8], unfiltered: usize) {
        const FULL: usize = REACH + NEW;
        self.checksum.write(data);
        while !data.is_empty() {
            let (part, rest) = data.split_at(data.len().min(FULL - self.window.len()));
            self.window.extend_from_slice(part);
            self.unfiltered += unfiltered * part.len();
            data = rest;
            if self.window.len() == FULL {
                self.parse(false);
                self.unfiltered = 0;
                let done = self.at.saturating_sub(REACH);
                self.window.drain(..done);
                self.base = self.base.wrapping_add(done as u32);
                self.at -= done;
            }
        }
    }

    /// The stream, whole, behind what was there before it.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.parse(true);
        let mut bytes = self.blocks.finish();
        bytes.extend(self.checksum.finish().to_be_bytes());
        bytes
    }

    fn parse(&mut self, last: bool) {
        let end = if last { self.window.len() } else { self.window.len() - AHEAD };
        match self.effort {
            Effort::Fast => self.parse_quickly(end, Patience { depth: 4, enough: 32 }),
            Effort::Small if IS_FULL => optimal::parse(self, end),
            Effort::Balanced | Effort::Small => self.parse_quickly(end, Patience { depth: 28, enough: 96 }),
        }
    }

    /// Parses a part lazily; where that saves little, as in photographs, the rest as runs.
    fn parse_quickly(&mut self, end: usize, patience: Patience) {
        /// Bytes that tell what the rest is like.
        const PROBE: usize = 1 << 12;
        let start = self.at;
        let before = self.blocks.cost();
        self.parse_lazily(end.min(start + PROBE), patience);
        let cost = self.blocks.cost().saturating_sub(before);
        let plain = literals_cost(&self.window[start..self.at]);
        // What is flat tells nothing of what follows it, two bits a byte; but it may be what a good prediction left.
        let predicted = 8 * self.unfiltered <= end - start;
        let least = if predicted { 1 << 6 } else { 2 << 8 };
        if cost > plain - plain / 8 && plain > (self.at - start) as u64 * least {
            self.parse_runs(end);
        } else {
            self.parse_lazily(end, patience);
        }
    }

    /// Takes runs of one byte for matches, and all else for literals.
    fn parse_runs(&mut self, end: usize) {
        let window = &self.window;
        // Literals from `start` to `at` wait.
        let (mut start, mut at) = (self.at, self.at);
        while at < end {
            let Some(&eight) = window[at..end].first_chunk::<8>() else { break };
            if at == 0 || eight != [window[at - 1]; 8] {
                at += 8;
                continue;
            }
            let rest = &window[at..end];
            let run = rest[..rest.len().min(LONGEST)].iter().take_while(|byte| **byte == eight[0]).count();
            self.blocks.push_literals(&window[start..at]);
            self.blocks.push(Token::repeat(run as u32, 1));
            at += run;
            start = at;
        }
        self.at = end.max(at);
        self.blocks.push_literals(&window[start..self.at]);
    }

    /// Takes the longest match at each place, unless there is a longer one at the next.
    fn parse_lazily(&mut self, end: usize, patience: Patience) {
        let view = View { bytes: &self.window, base: self.base };
        // Where literals are cheap, short matches are not worth their codes.
        let literal = self.blocks.literal_cost();
        let (least, shift) = if literal < 6 * 256 { (5, 16) } else { (3, 32) };
        let mut at = self.at;
        while at < end {
            let place = self.chains.note(view, at, shift);
            let (mut length, mut distance) = self.chains.longest(view, at, place, least, patience, |_, _| {});
            if length == 0 || !pays(length, distance, literal) {
                self.blocks.push(Token::literal(view.bytes[at]));
                self.misses += 1;
                at += 1;
                // Where nothing was found for long, only some places are looked at.
                for _ in 0..(self.misses >> 5).min(SKIP).min(end.saturating_sub(at)) {
                    self.blocks.push(Token::literal(view.bytes[at]));
                    at += 1;
                }
                continue;
            }
            self.misses = 0;
            while length < patience.enough && at + 1 < view.bytes.len() {
                let place = self.chains.note(view, at + 1, shift);
                let depth = if length < LONG { patience.depth / 2 } else { patience.depth / 4 };
                let less = Patience { depth, ..patience };
                let next = self.chains.longest(view, at + 1, place, length, less, |_, _| {});
                if next.0 == 0 {
                    break;
                }
                self.blocks.push(Token::literal(view.bytes[at]));
                at += 1;
                (length, distance) = next;
            }
            self.blocks.push(Token::repeat(length as u32, distance as u32));
            let behind = at + length;
            at += if length < patience.enough { 2 } else { 1 };
            // The beginning and the end of a match, and less of what is between them.
            let tail = at.max(behind.saturating_sub(EDGE));
            let head = tail.min(at + EDGE);
            let places = (at..head).chain((head..tail).step_by(SPARSE)).chain(tail..behind);
            places.for_each(|at| _ = self.chains.note(view, at, shift));
            at = behind;
        }
        self.at = at;
    }
}

/// The most places that are passed over where nothing was found.
const SKIP: usize = 7;

/// A match of so many bytes is good: less time is spent on a longer one at the next place.
const LONG: usize = 32;

/// Of a match, so many places at each end are noted, and of those between one in [`SPARSE`].
const EDGE: usize = 16;

const SPARSE: usize = 2;

/// Whether a match takes fewer bits than so many literals, each of which takes `literal` bits, in 1/256.
#[inline(always)]
fn pays(length: usize, distance: usize, literal: u32) -> bool {
    /// A length and the code of a distance.
    const CODES: u32 = 11;
    length >= 8 || (CODES + distance.ilog2()) << 8 < length as u32 * literal
}

const _: () = assert!(AHEAD > 2 * LONGEST);
