//! Progressive scans (T.81 G.1): each sends a band of coefficients, or one more bit of them.

use super::Plan;
use super::held::Held;
use super::optimal::{self, Counts};
use super::quantize::Block;
use super::token::{EOB, number};
use super::write::{BitWriter, CodeTable};
use crate::Error;
use crate::jpeg::huffman::{Class, ZRL};
use crate::jpeg::marker::{EOI, SOS};

/// What a scan sends (T.81 B.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// The component whose AC coefficients it sends; `None` for the DC coefficients of all.
    pub(super) component: Option<usize>,
    /// Ss and Se: the first and the last of its coefficients in zigzag order.
    pub(super) band: (u8, u8),
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

/// How often symbols occur, luminance before chrominance, and how many bits are none of theirs.
#[derive(Clone, Debug)]
pub(super) struct Census {
    pub(super) counts: [Counts; 2],
    pub(super) bits: u64,
}

impl Default for Census {
    fn default() -> Self {
        Self { counts: [[0; 256]; 2], bits: 0 }
    }
}

impl Sink for Census {
    #[inline(always)]
    fn symbol(&mut self, kind: usize, symbol: u8, _: u32, count: u32) {
        self.counts[kind][usize::from(symbol)] += 1;
        self.bits += u64::from(count);
    }

    #[inline(always)]
    fn bits(&mut self, _: u64, count: u32) {
        self.bits += u64::from(count);
    }
}

/// Writes symbols by the tables of luminance and chrominance.
pub(super) struct Writer<'a> {
    pub(super) tables: &'a [CodeTable; 2],
    pub(super) out: &'a mut BitWriter,
}

impl Sink for Writer<'_> {
    #[inline(always)]
    fn symbol(&mut self, kind: usize, symbol: u8, bits: u32, count: u32) {
        self.out.put_symbol(&self.tables[kind], symbol, bits, count);
    }

    #[inline(always)]
    fn bits(&mut self, bits: u64, count: u32) {
        let low = count.min(32);
        self.out.put_bits((bits >> low.min(63)) as u32 & !(u32::MAX << (count - low).min(31)), count - low);
        self.out.put_bits(bits as u32, low);
    }
}

impl Plan {
    /// The file of `held` in the scans of `script`, each with Huffman tables of its own.
    ///
    /// # Errors
    /// Too large where it crosses the budget.
    pub(super) fn write_progressive(&self, held: &Held, script: &[Scan]) -> Result<Vec<u8>, Error> {
        let kinds: Vec<usize> = (0..held.components.len()).map(|index| self.kind(index)).collect();
        let mut file = self.headers();
        for scan in script {
            let mut census = Box::<Census>::default();
            scan.code(held, &kinds, &mut *census);
            let class = if scan.component.is_some() { Class::Ac } else { Class::Dc };
            let mut bits = census.bits;
            let mut tables = [CodeTable::default(), CodeTable::default()];
            for (kind, counts) in census.counts.iter().enumerate().filter(|(_, counts)| counts.iter().any(|&c| c > 0)) {
                let definition = optimal::definition(counts);
                file.put_huffman(class, kind as u8, &definition);
                tables[kind] = CodeTable::new(&definition);
                bits += tables[kind].bits(counts);
            }
            file.put(SOS, &self.scan_parameters(scan));
            // Every byte may need a stuffed zero; hardly one in a hundred does.
            let bytes = (bits / 8) as usize;
            self.budget.check(file.bytes.len() + bytes)?;
            let mut out = BitWriter::new(file.bytes);
            out.reserve(bytes + bytes / 64 + 64);
            scan.code(held, &kinds, &mut Writer { tables: &tables, out: &mut out });
            file.bytes = out.finish();
        }
        self.budget.check(file.bytes.len())?;
        file.bytes.extend([0xFF, EOI]);
        Ok(file.bytes)
    }
}

impl Scan {
    /// All coefficients of all components at once.
    pub(super) const SEQUENTIAL: Self = Self { component: None, band: (0, 63), high: 0, low: 0 };

    /// Gives `sink` what the scan codes of `held`. `kinds` says of each component whether it is luminance, 0, or
    /// chrominance, 1.
    pub(super) fn code(&self, held: &Held, kinds: &[usize], sink: &mut impl Sink) {
        match (self.component, self.high) {
            (None, 0) => self.code_dc(held, kinds, sink),
            (None, _) => held.interleaved(|_, block| sink.bits((block.at(0) >> self.low & 1) as u64, 1)),
            (Some(index), 0) => self.code_ac(held.components[index].own(), kinds[index], sink),
            (Some(index), _) => self.refine_ac(held.components[index].own(), kinds[index], sink),
        }
    }

    /// T.81 G.1.2.1.
    fn code_dc(&self, held: &Held, kinds: &[usize], sink: &mut impl Sink) {
        let mut predictions = vec![0; held.components.len()];
        held.interleaved(|index, block| {
            let dc = i32::from(block.at(0)) >> self.low;
            let (size, bits) = number(dc - std::mem::replace(&mut predictions[index], dc));
            sink.symbol(kinds[index], size as u8, bits, size);
        });
    }

    /// T.81 G.1.2.2.
    fn code_ac<'a>(&self, blocks: impl Iterator<Item = &'a Block>, kind: usize, sink: &mut impl Sink) {
        let mut ended = Ended::new(kind);
        for block in blocks {
            let mut last = u32::from(self.band.0) - 1;
            for (k, magnitude) in self.nonzero(block) {
                ended.flush(sink);
                let mut run = k - last - 1;
                last = k;
                while run > 15 {
                    sink.symbol(kind, ZRL, 0, 0);
                    run -= 16;
                }
                let size = 32 - magnitude.leading_zeros();
                let bits = if block.at(k) < 0 { magnitude ^ ((1 << size) - 1) } else { magnitude };
                sink.symbol(kind, (run << 4 | size) as u8, bits, size);
            }
            if last < self.band.1.into() {
                ended.push(0, 0, sink);
            }
        }
        ended.flush(sink);
    }

    /// T.81 G.1.2.3.
    fn refine_ac<'a>(&self, blocks: impl Iterator<Item = &'a Block>, kind: usize, sink: &mut impl Sink) {
        let mut ended = Ended::new(kind);
        for block in blocks {
            let end = self.nonzero(block).filter(|&(_, magnitude)| magnitude == 1).last().map_or(0, |(k, _)| k);
            let mut last = u32::from(self.band.0) - 1;
            let mut run = 0;
            // One more bit of each coefficient that was not zero before, since the last symbol.
            let (mut bits, mut count) = (0, 0);
            for (k, magnitude) in self.nonzero(block) {
                run += k - last - 1;
                last = k;
                while run > 15 && k <= end {
                    ended.flush(sink);
                    sink.symbol(kind, ZRL, 0, 0);
                    sink.bits(std::mem::take(&mut bits), std::mem::take(&mut count));
                    run -= 16;
                }
                if magnitude > 1 {
                    bits = bits << 1 | u64::from(magnitude & 1);
                    count += 1;
                    continue;
                }
                ended.flush(sink);
                sink.symbol(kind, (std::mem::take(&mut run) << 4 | 1) as u8, u32::from(block.at(k) > 0), 1);
                sink.bits(std::mem::take(&mut bits), std::mem::take(&mut count));
            }
            if end < self.band.1.into() {
                ended.push(bits, count, sink);
            }
        }
        ended.flush(sink);
    }

    /// The coefficients of `block` in the band of which more than zeros was sent after this scan: where they are, and
    /// what was sent of their magnitude.
    #[inline(always)]
    fn nonzero(&self, block: &Block) -> impl Iterator<Item = (u32, u32)> {
        let (first, last) = self.band;
        let mut rest = block.nonzero & (u64::MAX << first) & (u64::MAX >> (63 - last));
        std::iter::from_fn(move || {
            while rest != 0 {
                let k = rest.trailing_zeros();
                rest &= rest - 1;
                let magnitude = u32::from(block.at(k).unsigned_abs()) >> self.low;
                if magnitude != 0 {
                    return Some((k, magnitude));
                }
            }
            None
        })
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
