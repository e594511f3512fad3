//! Scans of AC coefficients: a band of them, of one component (T.81 G.1.2.2, G.1.2.3).

use std::ops::Range;

use super::Pass;
use super::component::{Blocks, ComponentCoefficients, Held, Work};
use crate::Error;
use crate::jpeg::decode::bits::{BitReader, Bits, Window};
use crate::jpeg::malformed;

/// A scan of a band, whose bits mean what `C` says.
pub(super) struct BandScan<'a, C> {
    component: &'a mut ComponentCoefficients,
    coding: C,
    /// Blocks to come to which no code belongs any more: EOBRUN.
    run: usize,
}

/// What the bits of a scan mean.
pub(super) trait Coding {
    /// Whether a block without codes has no bits either, by which of its coefficients are not zero.
    fn is_blank(&self, mask: u64) -> bool;

    /// Decodes a block: its coefficients, and which of them are not zero. The first one of `run` blocks without codes,
    /// unless that is 0; says how many more follow. `None` where the codes are broken.
    fn decode<B: Held>(
        &self,
        bits: &mut Bits,
        window: &Window,
        run: usize,
        mask: &mut u64,
        work: &mut Work,
    ) -> Option<usize>;
}

impl<'a, C: Coding> BandScan<'a, C> {
    /// A scan of `component`.
    pub(super) fn new(component: &'a mut ComponentCoefficients, coding: C) -> Self {
        Self { component, coding, run: 0 }
    }
}

impl<C: Coding> Pass for BandScan<'_, C> {
    fn restart(&mut self) {
        self.run = 0;
    }

    fn decode(&mut self, reader: &mut BitReader<'_>, mut bits: Bits, mcus: &mut Range<usize>) -> Result<Bits, Error> {
        while mcus.start < mcus.end {
            let (coding, run, next) = (&self.coding, &mut self.run, &mut mcus.start);
            bits = match self.component.blocks(*next..mcus.end) {
                Blocks::Corners(masks, blocks) => decode(coding, reader, bits, run, masks, blocks, next),
                Blocks::Wholes(masks, blocks) => decode(coding, reader, bits, run, masks, blocks, next),
            }?;
        }
        Ok(bits)
    }
}

/// Decodes `blocks`, the first `run` of which have no codes; counts them in `next`.
fn decode<C: Coding, B: Held>(
    coding: &C,
    reader: &mut BitReader<'_>,
    bits: Bits,
    run: &mut usize,
    masks: &mut [u64],
    blocks: &mut [B],
    next: &mut usize,
) -> Result<Bits, Error> {
    // A parameter stays in memory, a copy of it goes to registers (rustc 1.95).
    let mut bits = bits;
    let mut work = [0; 256];
    let mut left = *run;
    for (at, (mask, block)) in masks.iter_mut().zip(blocks).enumerate() {
        if left > 0 && coding.is_blank(*mask) {
            left -= 1;
            continue;
        }
        // `ready` says the same, and makes the loop slower by 7 % (rustc 1.95).
        if reader.is_low(&bits) {
            bits = reader.fill(bits);
            if reader.is_exhausted(&bits) {
                *next += at;
                return Err(malformed("ends inside the image data"));
            }
        }
        block.load(&mut work);
        let Some(more) = coding.decode::<B>(&mut bits, reader.window(), left, mask, &mut work) else {
            *next += at;
            return Err(malformed("has broken Huffman codes"));
        };
        block.store(&work);
        left = more;
    }
    *run = left;
    *next += masks.len();
    Ok(bits)
}
