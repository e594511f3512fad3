//! What the scans of a progressive file send (T.81 G.1): a band of coefficients, or one more bit of them.

use super::held::Held;
use super::quantize::Block;
use super::token::{EOB, number};
use crate::jpeg::huffman::ZRL;

/// The first and the last of some coefficients in zigzag order.
pub(super) type Band = (u8, u8);

/// A scan (T.81 B.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// The component whose AC coefficients it sends; `None` for the DC coefficients of all.
    pub(super) component: Option<usize>,
    /// Ss and Se.
    pub(super) band: Band,
    /// Ah: bits of the coefficients that an earlier scan left out; 0 where none was.
    pub(super) high: u8,
    /// Al: bits that this one leaves out.
    pub(super) low: u8,
}

/// What takes the symbols of a scan.
pub(super) trait Sink {
    /// A symbol from the Huffman table of components of this kind, and `count` bits behind it, at most 14.
    fn symbol(&mut self, kind: usize, symbol: u8, bits: u32, count: u32);
    /// Bits without a symbol, at most 64.
    fn bits(&mut self, bits: u64, count: u32);
}

impl Scan {
    /// All coefficients of all components at once.
    pub(super) const SEQUENTIAL: Self = Self { component: None, band: (0, 63), high: 0, low: 0 };

    /// The DC coefficients of all components.
    pub(super) const fn dc(high: u8, low: u8) -> Self {
        Self { component: None, band: (0, 0), high, low }
    }

    /// AC coefficients of a component.
    pub(super) const fn ac(component: usize, band: Band, high: u8, low: u8) -> Self {
        Self { component: Some(component), band, high, low }
    }

    /// Gives `sink` what the scan codes of `held`.
    pub(super) fn code(&self, held: &Held, sink: &mut impl Sink) {
        if let Some(index) = self.component {
            let component = &held.components[index];
            let mut coder = Coder::new(*self, component.kind);
            component.rows().for_each(|row| coder.code(row, sink));
            coder.finish(sink);
        } else if self.high == 0 {
            self.code_dc(held, sink);
        } else {
            held.interleaved(|_, block| sink.bits((block.at(0) >> self.low & 1) as u64, 1));
        }
    }

    /// T.81 G.1.2.1.
    fn code_dc(&self, held: &Held, sink: &mut impl Sink) {
        let mut predictions = vec![0; held.components.len()];
        held.interleaved(|index, block| {
            let dc = i32::from(block.at(0)) >> self.low;
            let (size, bits) = number(dc - std::mem::replace(&mut predictions[index], dc));
            sink.symbol(held.components[index].kind, size as u8, bits, size);
        });
    }

    /// The coefficients of `block` in the band of which more than zeros was sent after this scan: where they are, and
    /// what was sent of their magnitude.
    #[inline(always)]
    fn nonzero(&self, block: &Block) -> impl Iterator<Item = (u32, u32)> {
        let magnitude = |k| (k, u32::from(block.at(k).unsigned_abs()) >> self.low);
        block.nonzero_in(self.band).map(magnitude).filter(|&(_, magnitude)| magnitude != 0)
    }
}

/// Codes the AC coefficients of one component, block by block.
pub(super) struct Coder {
    scan: Scan,
    kind: usize,
    ended: Ended,
}

impl Coder {
    /// Codes a component of this kind.
    pub(super) fn new(scan: Scan, kind: usize) -> Self {
        Self { scan, kind, ended: Ended::new(kind) }
    }

    /// Gives `sink` what the scan codes of these blocks.
    pub(super) fn code(&mut self, blocks: &[Block], sink: &mut impl Sink) {
        if self.scan.high == 0 {
            blocks.iter().for_each(|block| self.code_first(block, sink));
        } else {
            blocks.iter().for_each(|block| self.refine(block, sink));
        }
    }

    /// Gives `sink` what is left.
    pub(super) fn finish(mut self, sink: &mut impl Sink) {
        self.ended.flush(sink);
    }

    /// T.81 G.1.2.2.
    #[inline(always)]
    fn code_first(&mut self, block: &Block, sink: &mut impl Sink) {
        let mut last = u32::from(self.scan.band.0) - 1;
        for (k, magnitude) in self.scan.nonzero(block) {
            self.ended.flush(sink);
            let mut run = k - last - 1;
            last = k;
            while run > 15 {
                sink.symbol(self.kind, ZRL, 0, 0);
                run -= 16;
            }
            let size = 32 - magnitude.leading_zeros();
            // A negative number is sent as its complement.
            let sign = i32::from(block.at(k) >> 15) as u32;
            let bits = (magnitude ^ sign) & ((1 << size) - 1);
            sink.symbol(self.kind, (run << 4 | size) as u8, bits, size);
        }
        if last < self.scan.band.1.into() {
            self.ended.push(0, 0, sink);
        }
    }

    /// T.81 G.1.2.3.
    fn refine(&mut self, block: &Block, sink: &mut impl Sink) {
        let end = self.scan.nonzero(block).filter(|&(_, magnitude)| magnitude == 1).last().map_or(0, |(k, _)| k);
        let mut last = u32::from(self.scan.band.0) - 1;
        let mut run = 0;
        // One more bit of each coefficient that was not zero before, since the last symbol.
        let (mut bits, mut count) = (0, 0);
        for (k, magnitude) in self.scan.nonzero(block) {
            run += k - last - 1;
            last = k;
            while run > 15 && k <= end {
                self.ended.flush(sink);
                sink.symbol(self.kind, ZRL, 0, 0);
                sink.bits(std::mem::take(&mut bits), std::mem::take(&mut count));
                run -= 16;
            }
            if magnitude > 1 {
                bits = bits << 1 | u64::from(magnitude & 1);
                count += 1;
                continue;
            }
            self.ended.flush(sink);
            let symbol = (std::mem::take(&mut run) << 4 | 1) as u8;
            sink.symbol(self.kind, symbol, u32::from(block.at(k) > 0), 1);
            sink.bits(std::mem::take(&mut bits), std::mem::take(&mut count));
        }
        if end < self.scan.band.1.into() {
            self.ended.push(bits, count, sink);
        }
    }
}

/// Blocks that have ended since the last symbol: EOBRUN of T.81 G.1.2.2, and the bits to send with it.
struct Ended {
    kind: usize,
    blocks: u32,
    bits: Vec<(u64, u32)>,
}

/// Blocks with bits that an [`Ended`] holds.
const MAX_BITS: usize = 256;

impl Ended {
    fn new(kind: usize) -> Self {
        Self { kind, blocks: 0, bits: Vec::with_capacity(MAX_BITS) }
    }

    /// Adds a block that ends with `count` bits of earlier coefficients.
    #[inline(always)]
    fn push(&mut self, bits: u64, count: u32, sink: &mut impl Sink) {
        self.blocks += 1;
        if count > 0 {
            self.bits.push((bits, count));
        }
        if self.blocks == 0x7FFF || self.bits.len() == MAX_BITS {
            self.flush(sink);
        }
    }

    /// Sends the run, if there is one.
    #[inline(always)]
    fn flush(&mut self, sink: &mut impl Sink) {
        if self.blocks > 0 {
            self.send(sink);
        }
    }

    fn send(&mut self, sink: &mut impl Sink) {
        let size = self.blocks.ilog2();
        sink.symbol(self.kind, (size << 4) as u8 | EOB, self.blocks - (1 << size), size);
        self.blocks = 0;
        self.bits.drain(..).for_each(|(bits, count)| sink.bits(bits, count));
    }
}
