//! First scans of AC coefficients (T.81 G.1.2.2).

use std::ops::Range;

use super::Pass;
use super::component::{Blocks, ComponentCoefficients, Held, Work};
use crate::Error;
use crate::jpeg::decode::bits::{BitReader, Bits, Window};
use crate::jpeg::decode::lookup::Codes;
use crate::jpeg::decode::scan::ScanHeader;
use crate::jpeg::huffman::ZRL;
use crate::jpeg::malformed;

/// The first scan of a band of AC coefficients.
pub(super) struct FirstScan<'a> {
    component: &'a mut ComponentCoefficients,
    band: Band,
    /// Blocks to come that have no coefficient in this band: EOBRUN.
    run: usize,
}

/// What the bits of the scan mean.
struct Band {
    codes: Codes,
    /// First and last coefficient in zigzag order: Ss and Se.
    start: usize,
    end: usize,
    /// Bit position: Al.
    low: u32,
}

impl<'a> FirstScan<'a> {
    /// The scan `header` of `component`.
    pub(super) fn new(header: &ScanHeader, codes: Codes, component: &'a mut ComponentCoefficients) -> Self {
        let band = Band { codes, start: header.start, end: header.end, low: header.low };
        Self { component, band, run: 0 }
    }
}

impl Pass for FirstScan<'_> {
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
    /// Decodes `blocks`, the first `run` of which have nothing in the band; counts them in `next`.
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
        let mut blank = *run;
        let mut at = 0;
        while blank < blocks.len() - at {
            at += blank;
            if reader.is_low(&bits) {
                bits = reader.fill(bits);
                if reader.is_exhausted(&bits) {
                    *next += at;
                    return Err(malformed("ends inside the image data"));
                }
            }
            blocks[at].load(&mut work);
            let Some((set, blocks_behind)) = self.decode_block::<B>(&mut bits, reader.window(), &mut work) else {
                *next += at;
                return Err(malformed("has broken Huffman codes"));
            };
            blocks[at].store(&work);
            masks[at] |= set;
            blank = blocks_behind;
            at += 1;
        }
        *run = blank - (blocks.len() - at);
        *next += blocks.len();
        Ok(bits)
    }

    /// Which coefficients of a block are not zero, and how many blocks behind it have none in this band; `None` where
    /// the codes are broken.
    #[inline(always)]
    fn decode_block<B: Held>(&self, bits: &mut Bits, window: &Window, work: &mut Work) -> Option<(u64, usize)> {
        let mut set = 0_u64;
        let mut k = self.start - 1;
        while k < self.end {
            bits.refill(window);
            let symbol = self.codes.take(bits)?;
            let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && symbol != ZRL {
                return Some((set, (1 << zeros) - 1 + bits.take(zeros) as usize));
            }
            k += zeros as usize + 1;
            let value = bits.take_signed(size);
            work[usize::from(B::PLACES[k % 64]) % 64] = (value << self.low) as i16;
            set |= u64::from(value != 0) << (k % 64);
        }
        if k == self.end { Some((set, 0)) } else { None }
    }
}
