//! A progressive file of the coefficients of a whole half.

use super::Plan;
use super::held::Held;
use super::optimal::{self, Counts};
use super::scan::{Scan, Sink};
use super::script;
use super::write::{BitWriter, CodeTable};
use crate::Error;
use crate::jpeg::huffman::{Class, Definition};
use crate::jpeg::marker::{EOI, SOS};

/// How often symbols occur, luminance before chrominance.
#[derive(Clone, Debug)]
pub(super) struct Census {
    pub(super) counts: [Counts; 2],
    /// Bits that are no code.
    plain: u64,
}

impl Default for Census {
    fn default() -> Self {
        Self { counts: [[0; 256]; 2], plain: 0 }
    }
}

impl Census {
    /// What `scan` codes of `held`.
    pub(super) fn of(scan: &Scan, held: &Held) -> Self {
        let mut census = Self::default();
        scan.code(held, &mut census);
        census
    }

    /// The Huffman tables of luminance and chrominance; one that is not needed has no symbols.
    fn definitions(&self) -> [Definition; 2] {
        self.counts.each_ref().map(optimal::definition)
    }

    /// Bits of the scan with its segments, were there so many times the data.
    pub(super) fn size(&self, times: u64) -> u64 {
        let definitions = self.definitions();
        let symbols: usize = definitions.iter().map(|definition| definition.symbols.len()).sum();
        // SOS takes 10 bytes, DHT 21 and the symbols.
        self.bits(&definitions.each_ref().map(CodeTable::new)) * times + 8 * (31 + symbols as u64)
    }

    /// Bits that the scan takes with such tables.
    fn bits(&self, tables: &[CodeTable; 2]) -> u64 {
        let symbols = self.counts.iter().zip(tables).map(|(counts, table)| table.bits(counts));
        self.plain + symbols.sum::<u64>()
    }
}

impl Sink for Census {
    #[inline(always)]
    fn symbol(&mut self, kind: usize, symbol: u8, _: u32, count: u32) {
        self.counts[kind][usize::from(symbol)] += 1;
        self.plain += u64::from(count);
    }

    #[inline(always)]
    fn bits(&mut self, _: u64, count: u32) {
        self.plain += u64::from(count);
    }
}

/// Writes symbols by the tables of luminance and chrominance.
struct Writer<'a> {
    tables: &'a [CodeTable; 2],
    out: &'a mut BitWriter,
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
    /// The file of `held` in the scans that suit most photographs.
    ///
    /// # Errors
    /// Too large where it crosses the budget.
    pub(super) fn write_progressive(&self, held: &Held) -> Result<Vec<u8>, Error> {
        let scans = script::fixed(held.components.len());
        self.write_scans(held, scans.into_iter().map(|scan| (scan, Census::of(&scan, held))))
    }

    /// The file of `held` in the scans of `script`, each with Huffman tables for its own census.
    ///
    /// # Errors
    /// Too large where it crosses the budget.
    pub(super) fn write_scans(
        &self,
        held: &Held,
        script: impl Iterator<Item = (Scan, Census)>,
    ) -> Result<Vec<u8>, Error> {
        let mut file = self.headers();
        for (scan, census) in script {
            let class = if scan.component.is_some() { Class::Ac } else { Class::Dc };
            let definitions = census.definitions();
            for (kind, definition) in (0..).zip(&definitions).filter(|(_, definition)| !definition.symbols.is_empty()) {
                file.put_huffman(class, kind, definition);
            }
            file.put(SOS, &self.scan_parameters(&scan));
            let tables = definitions.each_ref().map(CodeTable::new);
            // Every byte may need a stuffed zero; hardly one in a hundred does.
            let bytes = (census.bits(&tables) / 8) as usize;
            self.budget.check(file.bytes.len() + bytes)?;
            let mut out = BitWriter::new(file.bytes);
            out.reserve(bytes + bytes / 64 + 64);
            scan.code(held, &mut Writer { tables: &tables, out: &mut out });
            file.bytes = out.finish();
        }
        self.budget.check(file.bytes.len())?;
        file.bytes.extend([0xFF, EOI]);
        Ok(file.bytes)
    }
}
