//! Later scans of AC coefficients, each adding a bit (T.81 G.1.2.3).
//!
//! Between the codes of a block stand correction bits, one for each coefficient passed over that was not zero before.
//! They are not looked at one by one: how many there are follows from the block's mask, so they are collected in one
//! word, and handed out when the block ends to those coefficients that are held.

use super::band::Coding;
use super::component::{Held, Work};
use crate::jpeg::decode::bits::{Bits, Window};
use crate::jpeg::decode::lookup::{Codes, ENTRIES, LOOKUP_BITS, boxed};
use crate::jpeg::decode::scan::ScanHeader;
use crate::jpeg::huffman::ZRL;

/// What the bits of a later scan of a band mean.
pub(super) struct RefinementCoding {
    codes: Codes,
    steps: Box<[Step; ENTRIES]>,
    advances: Box<Advances>,
    /// The coefficients from Ss to Se, in zigzag order from the lowest bit on.
    band: u64,
    /// First and last coefficient: Ss and Se.
    start: u32,
    end: u32,
    /// Bit position: Al.
    low: u32,
}

/// A coefficient that becomes other than zero: a code of the usual kind and the sign behind it.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// 1 or −1, shifted up to the scan's bit position.
    value: i16,
    /// Bits of code and sign.
    length: u8,
    /// Four times the number of coefficients passed over that were zero, and stay it; [`UNUSUAL`] where the bits mean
    /// another thing.
    shift: u8,
}

/// A shift that takes everything out of a word of [`Advances`].
const UNUSUAL: u8 = 4 * NEAR as u8;

/// Coefficients that are looked at to find one of them.
const NEAR: usize = 10;

/// How far it is to those of the next coefficients that were zero: four bits for each, the first one lowest; 0 where
/// there are no more of them. By a bit for each of the coefficients that was zero.
type Advances = [u64; 1 << NEAR];

/// Made for each scan: as a constant it would be 8 KiB of the browser's package.
fn advances() -> Box<Advances> {
    let mut advances = Box::new([0; 1 << NEAR]);
    for near in 1..advances.len() {
        advances[near] = advances[near & (near - 1)] << 4 | u64::from(near.trailing_zeros() + 1);
    }
    advances
}

/// The correction bits of a block, the last one lowest, below a 1.
#[derive(Clone, Copy)]
struct Corrections(u64);

impl RefinementCoding {
    /// Of the scan `header`.
    pub(super) fn new(header: &ScanHeader, codes: Codes) -> Self {
        let mut steps = boxed(Step { value: 0, length: 0, shift: UNUSUAL });
        for (index, step) in steps.iter_mut().enumerate() {
            if let Some((symbol, length)) = codes.short(index)
                && (symbol & 15, length < LOOKUP_BITS) == (1, true)
                && usize::from(symbol >> 4) < NEAR
            {
                let positive = index >> (LOOKUP_BITS - length - 1) & 1 != 0;
                let value = if positive { 1 } else { -1 };
                *step = Step { value: value << header.low, length: length as u8 + 1, shift: (symbol >> 4) * 4 };
            }
        }
        let (start, end) = (header.start as u32, header.end as u32);
        let band = u64::MAX << start & u64::MAX >> (63 - end);
        Self { codes, steps, advances: advances(), band, start, end, low: header.low }
    }

    /// Decodes the codes of a block. Of the coefficients `zeros`, which were zero, those that become something else are
    /// taken out. Says how many blocks, this one counted, have no more codes; `None` where the codes are broken.
    #[inline(always)]
    fn decode_codes<B: Held>(
        &self,
        bits: &mut Bits,
        window: &Window,
        zeros: &mut u64,
        corrections: &mut Corrections,
        work: &mut Work,
    ) -> Option<usize> {
        // The coefficient before the next one.
        let mut k = self.start - 1;
        loop {
            bits.refill(window);
            // Two of them leave 16 of 56 bits, and 14 for what may follow a code.
            if self.step::<B>(bits, &mut k, zeros, corrections, work)
                && self.step::<B>(bits, &mut k, zeros, corrections, work)
            {
                continue;
            }
            if k >= self.end {
                return Some(0);
            }
            let symbol = self.codes.take(bits)?;
            let (passed, size) = (u32::from(symbol >> 4), symbol & 15);
            if size == 0 && symbol != ZRL {
                return Some((1 << passed) + bits.take(passed) as usize);
            }
            if size > 1 {
                return None;
            }
            let positive = bits.take(size.into()) as i16;
            let mut rest = *zeros >> 1 >> k;
            for _ in 0..passed {
                rest &= rest.wrapping_sub(1);
            }
            if rest == 0 {
                return None;
            }
            let between = rest.trailing_zeros();
            corrections.take(bits, window, between - passed);
            k += between + 1;
            *zeros &= !(u64::from(size) << k);
            work[usize::from(B::PLACES[k as usize % 64])] = (i16::from(size) * (2 * positive - 1)) << self.low;
        }
    }

    /// Decodes a coefficient, if it is of the usual kind, from available bits.
    #[inline(always)]
    fn step<B: Held>(
        &self,
        bits: &mut Bits,
        k: &mut u32,
        zeros: &mut u64,
        corrections: &mut Corrections,
        work: &mut Work,
    ) -> bool {
        // Both lookups are begun at once; what they give together says where the next ones look.
        let step = self.steps[bits.peek(LOOKUP_BITS) % ENTRIES];
        let advances = self.advances[(*zeros >> 1 >> *k) as usize % (1 << NEAR)];
        let advance = (advances >> step.shift) as u32 & 15;
        if advance == 0 {
            return false;
        }
        let passed = u32::from(step.shift) / 4 + 1;
        let between = advance - passed;
        corrections.0 = corrections.0 << between | bits.word() << step.length >> 1 >> (63 - between);
        bits.skip(u32::from(step.length) + between);
        *k += advance;
        *zeros &= !(1 << *k);
        work[usize::from(B::PLACES[*k as usize % 64])] = step.value;
        true
    }
}

impl Coding for RefinementCoding {
    #[inline(always)]
    fn is_blank(&self, mask: u64) -> bool {
        mask & self.band == 0
    }

    #[inline(always)]
    fn decode<B: Held>(
        &self,
        bits: &mut Bits,
        window: &Window,
        run: usize,
        mask: &mut u64,
        work: &mut Work,
    ) -> Option<usize> {
        let known = *mask & self.band;
        let mut corrections = Corrections(1);
        let mut left = run;
        if run == 0 {
            let mut zeros = self.band & !known;
            left = self.decode_codes::<B>(bits, window, &mut zeros, &mut corrections, work)?;
            *mask |= self.band & !zeros;
        }
        if left > 0 {
            left -= 1;
            corrections.take(bits, window, known.count_ones() - corrections.count());
        }
        corrections.apply::<B>(known, self.low, work);
        Some(left)
    }
}

impl Corrections {
    /// How many there are.
    fn count(self) -> u32 {
        63 - self.0.leading_zeros()
    }

    /// Adds the next `count` bits; there are at most 63.
    #[inline(always)]
    fn take(&mut self, bits: &mut Bits, window: &Window, mut count: u32) {
        bits.refill(window);
        if count > 32 {
            self.take_available(bits, 32);
            bits.refill(window);
            count -= 32;
        }
        self.take_available(bits, count);
    }

    /// Adds `count` bits that are available, at most 32.
    #[inline(always)]
    fn take_available(&mut self, bits: &mut Bits, count: u32) {
        self.0 = self.0 << count | bits.word() >> 1 >> (63 - count);
        bits.skip(count);
    }

    /// Hands the bits out to the coefficients `known`, the lowest ones first: each that is set adds to its amount the
    /// bit at position `low`.
    #[inline(always)]
    fn apply<B: Held>(self, known: u64, low: u32, work: &mut Work) {
        let mut word = self.0 << self.0.leading_zeros() << 1;
        let mut known = known & B::HELD;
        while known != 0 {
            let value = &mut work[usize::from(B::PLACES[known.trailing_zeros() as usize])];
            let (amount, sign) = ((word as i64 >> 63) as i16 & 1 << low, *value >> 15);
            *value = value.wrapping_add((amount ^ sign) - sign);
            word <<= 1;
            known &= known - 1;
        }
    }
}
