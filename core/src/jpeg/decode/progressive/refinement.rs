//! Later scans of AC coefficients, each adding a bit (T.81 G.1.2.3).
//!
//! Between the codes of a block stand correction bits, one for each coefficient passed over that was not zero before.
//! They are not looked at one by one: how many there are follows from the block's mask, so they are collected in one
//! word, and handed out when the block ends to those coefficients that are held.

use std::ops::Range;

use super::Pass;
use super::component::{Blocks, ComponentCoefficients, Held, Work};
use crate::Error;
use crate::jpeg::decode::bits::{BitReader, Bits, Window};
use crate::jpeg::decode::lookup::Codes;
use crate::jpeg::decode::scan::ScanHeader;
use crate::jpeg::huffman::ZRL;
use crate::jpeg::malformed;

/// A later scan of a band of AC coefficients.
pub(super) struct RefinementScan<'a> {
    component: &'a mut ComponentCoefficients,
    band: Band,
    /// Blocks to come in which no coefficient of the band becomes other than zero: EOBRUN.
    run: usize,
}

/// What the bits of the scan mean.
struct Band {
    codes: Codes,
    /// The coefficients from Ss to Se, in zigzag order from the lowest bit on.
    mask: u64,
    /// First coefficient: Ss.
    start: u32,
    /// Bit position: Al.
    low: u32,
}

/// The correction bits of a block.
#[derive(Clone, Copy, Default)]
struct Corrections {
    /// The first one highest, the last one lowest.
    word: u64,
    count: u32,
}

impl<'a> RefinementScan<'a> {
    /// The scan `header` of `component`.
    pub(super) fn new(header: &ScanHeader, codes: Codes, component: &'a mut ComponentCoefficients) -> Self {
        let mask = u64::MAX << header.start & u64::MAX >> (63 - header.end);
        Self { component, band: Band { codes, mask, start: header.start as u32, low: header.low }, run: 0 }
    }
}

impl Pass for RefinementScan<'_> {
    fn restart(&mut self) {
        self.run = 0;
    }

    fn decode(&mut self, reader: &mut BitReader<'_>, mut bits: Bits, mcus: &mut Range<usize>) -> Result<Bits, Error> {
        while !mcus.is_empty() {
            let (band, run, next) = (&self.band, &mut self.run, &mut mcus.start);
            bits = match self.component.blocks(*next..mcus.end) {
                Blocks::Corners(masks, blocks) => band.decode(reader, bits, run, masks, blocks, next),
                Blocks::Wholes(masks, blocks) => band.decode(reader, bits, run, masks, blocks, next),
            }?;
        }
        Ok(bits)
    }
}

impl Band {
    /// Decodes `blocks`, in the first `run` of which nothing becomes other than zero; counts them in `next`.
    fn decode<B: Held>(
        &self,
        reader: &mut BitReader<'_>,
        mut bits: Bits,
        run: &mut usize,
        masks: &mut [u64],
        blocks: &mut [B],
        next: &mut usize,
    ) -> Result<Bits, Error> {
        let mut work = [0; 64];
        let mut left = *run;
        for (mask, block) in masks.iter_mut().zip(blocks) {
            let known = *mask & self.mask;
            if left > 0 && known == 0 {
                left -= 1;
                *next += 1;
                continue;
            }
            if reader.is_low(&bits) {
                bits = reader.fill(bits);
                if reader.is_exhausted(&bits) {
                    return Err(malformed("ends inside the image data"));
                }
            }
            let window = reader.window();
            let mut corrections = Corrections::default();
            block.load(&mut work);
            if left == 0 {
                let decoded = self.decode_block::<B>(&mut bits, window, known, &mut corrections, &mut work);
                let (set, blocks) = decoded.ok_or(malformed("has broken Huffman codes"))?;
                *mask |= set;
                left = blocks;
            }
            if left > 0 {
                left -= 1;
                corrections.take(&mut bits, window, known.count_ones() - corrections.count);
            }
            corrections.apply::<B>(known, self.low, &mut work);
            block.store(&work);
            *next += 1;
        }
        *run = left;
        Ok(bits)
    }

    /// Which coefficients of a block become other than zero, and how many blocks, this one counted, have no more of
    /// them; `None` where the codes are broken.
    #[inline(always)]
    fn decode_block<B: Held>(
        &self,
        bits: &mut Bits,
        window: &Window,
        known: u64,
        corrections: &mut Corrections,
        work: &mut Work,
    ) -> Option<(u64, usize)> {
        let mut set = 0;
        // What was zero before, from the next coefficient on.
        let mut zeros = self.mask & !known;
        let mut k = self.start;
        let end = 63 - self.mask.leading_zeros();
        while k <= end {
            bits.refill(window);
            let symbol = self.codes.take(bits)?;
            let (passed, size) = (u32::from(symbol >> 4), symbol & 15);
            if size == 0 && symbol != ZRL {
                return Some((set, (1 << passed) + bits.take(passed) as usize));
            }
            if size > 1 {
                return None;
            }
            let positive = bits.take(size.into()) as i16;
            for _ in 0..passed {
                zeros &= zeros.wrapping_sub(1);
            }
            if zeros == 0 {
                return None;
            }
            let at = zeros.trailing_zeros();
            corrections.take(bits, window, at - k - passed);
            zeros &= zeros - 1;
            set |= u64::from(size) << at;
            work[usize::from(B::PLACES[at as usize]) % 64] = (i16::from(size) * (2 * positive - 1)) << self.low;
            k = at + 1;
        }
        Some((set, 0))
    }
}

impl Corrections {
    /// Adds the next `count` bits, at most 63.
    #[inline(always)]
    fn take(&mut self, bits: &mut Bits, window: &Window, count: u32) {
        for part in [count.min(32), count - count.min(32)] {
            bits.refill(window);
            self.word = self.word << part | u64::from(bits.take(part));
        }
        self.count += count;
    }

    /// Hands the bits out to the coefficients `known`, the lowest ones first: each that is set adds to its amount the
    /// bit at position `low`.
    #[inline(always)]
    fn apply<B: Held>(self, known: u64, low: u32, work: &mut Work) {
        if self.count == 0 {
            return;
        }
        let mut word = self.word << (64 - self.count);
        let mut known = known & B::HELD;
        while known != 0 {
            let place = usize::from(B::PLACES[known.trailing_zeros() as usize]) % 64;
            let value = work[place];
            work[place] = value.wrapping_add(((value >> 15 | 1) << low) & -((word >> 63) as i16));
            word <<= 1;
            known &= known - 1;
        }
    }
}
