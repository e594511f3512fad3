//! First scans of AC coefficients (T.81 G.1.2.2).

use super::band::Coding;
use super::component::{Held, Work};
use crate::jpeg::decode::bits::{Bits, Window, extend};
use crate::jpeg::decode::lookup::{Codes, ENTRIES, LOOKUP_BITS, boxed};
use crate::jpeg::decode::scan::ScanHeader;
use crate::jpeg::huffman::ZRL;

/// What the bits of the first scan of a band mean.
pub(super) struct FirstCoding {
    codes: Codes,
    steps: Box<[Step; ENTRIES]>,
    /// First and last coefficient in zigzag order: Ss and Se.
    start: usize,
    end: usize,
    /// Bit position: Al.
    low: u32,
}

/// A coefficient: a code and the number behind it.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    /// Shifted up to the scan's bit position, not 0.
    value: i16,
    /// Bits of code and number.
    length: u8,
    /// How far it is from the coefficient before, 1 to 16; 0 where the bits mean another thing, or are too many.
    advance: u8,
}

impl FirstCoding {
    /// Of the scan `header`.
    pub(super) fn new(header: &ScanHeader, codes: Codes) -> Self {
        let mut steps = boxed(Step::default());
        for (index, step) in steps.iter_mut().enumerate() {
            if let Some((symbol, length)) = codes.short(index)
                && let size = u32::from(symbol & 15)
                && size > 0
                && length + size <= LOOKUP_BITS
            {
                let number = index >> (LOOKUP_BITS - length - size) & ((1 << size) - 1);
                let value = (extend(number as u32, size) << header.low) as i16;
                *step = Step { value, length: (length + size) as u8, advance: (symbol >> 4) + 1 };
            }
        }
        Self { codes, steps, start: header.start, end: header.end, low: header.low }
    }

    /// Decodes the coefficient behind the one at `k`, if it is of the usual kind, from available bits.
    #[inline(always)]
    fn step<B: Held>(&self, bits: &mut Bits, k: &mut usize, set: &mut u64, work: &mut Work) -> bool {
        let step = self.steps[bits.peek(LOOKUP_BITS) % ENTRIES];
        bits.skip(step.length.into());
        *k += usize::from(step.advance);
        if step.advance == 0 {
            return false;
        }
        *set |= 1 << (*k % 64);
        work[usize::from(B::PLACES[*k % 64])] = step.value;
        true
    }
}

impl Coding for FirstCoding {
    #[inline(always)]
    fn is_blank(&self, _: u64) -> bool {
        true
    }

    #[inline(always)]
    fn decode<B: Held>(
        &self,
        bits: &mut Bits,
        window: &Window,
        _: usize,
        mask: &mut u64,
        work: &mut Work,
    ) -> Option<usize> {
        let (mut k, mut set, mut run) = (self.start - 1, 0_u64, 0);
        while k < self.end {
            bits.refill(window);
            if self.step::<B>(bits, &mut k, &mut set, work)
                && (k >= self.end || self.step::<B>(bits, &mut k, &mut set, work))
            {
                continue;
            }
            // Two of them have left 34 bits or more.
            let symbol = self.codes.take(bits)?;
            let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && symbol != ZRL {
                run = (1 << zeros) - 1 + bits.take(zeros) as usize;
                break;
            }
            k += zeros as usize + 1;
            let value = bits.take_signed(size);
            set |= u64::from(value != 0) << (k % 64);
            work[usize::from(B::PLACES[k % 64])] = (value << self.low) as i16;
        }
        if k > self.end {
            return None;
        }
        *mask |= set;
        Some(run)
    }
}
