//! Scans of DC coefficients (T.81 G.1.2.1).

use std::ops::Range;

use super::component::ComponentCoefficients;
use super::{Pass, ready};
use crate::Error;
use crate::jpeg::decode::bits::{BitReader, Bits, Window};
use crate::jpeg::decode::lookup::DcTable;
use crate::jpeg::decode::scan::ScanHeader;
use crate::jpeg::decode::tables::Tables;
use crate::jpeg::frame::Frame;
use crate::jpeg::malformed;

/// A scan of DC coefficients, the first or a later one.
pub(super) struct DcScan<'a> {
    components: &'a mut [ComponentCoefficients],
    parts: Vec<Part>,
    /// MCUs across.
    columns: usize,
    /// Bit position.
    low: u32,
}

/// A component of the scan.
struct Part {
    /// Its place in the frame.
    index: usize,
    /// Blocks of an MCU across and down; one where the scan has no other component.
    h: usize,
    v: usize,
    /// What its bits are; `None` in a refinement, whose bits are no codes.
    table: Option<DcTable>,
    /// The DC coefficient of the block before, shifted down to the scan's bit position.
    prediction: i32,
}

impl<'a> DcScan<'a> {
    /// The scan `header` with the tables in force, `columns` MCUs wide.
    pub(super) fn new(
        header: &ScanHeader,
        frame: &Frame,
        tables: &Tables,
        components: &'a mut [ComponentCoefficients],
        columns: usize,
    ) -> Result<Self, Error> {
        let alone = header.components.len() == 1;
        let mut parts = Vec::new();
        for selector in &header.components {
            let component = &frame.components[selector.index];
            let (h, v) = if alone { (1, 1) } else { (component.h.into(), component.v.into()) };
            let table = if header.high == 0 { Some(tables.dc(selector.dc)?) } else { None };
            parts.push(Part { index: selector.index, h, v, table, prediction: 0 });
        }
        Ok(Self { components, parts, columns, low: header.low })
    }
}

impl Pass for DcScan<'_> {
    fn restart(&mut self) {
        self.parts.iter_mut().for_each(|part| part.prediction = 0);
    }

    fn decode(&mut self, reader: &mut BitReader<'_>, bits: Bits, mcus: &mut Range<usize>) -> Result<Bits, Error> {
        // A parameter stays in memory, a copy of it goes to registers (rustc 1.95).
        let mut bits = bits;
        let (mut column, mut row) = (mcus.start % self.columns, mcus.start / self.columns);
        while mcus.start < mcus.end {
            bits = ready(reader, bits)?;
            for part in &mut self.parts {
                part.decode(&mut bits, reader.window(), (column, row), self.low, &mut self.components[part.index])?;
            }
            mcus.start += 1;
            column += 1;
            if column == self.columns {
                (column, row) = (0, row + 1);
            }
        }
        Ok(bits)
    }
}

impl Part {
    /// Decodes the blocks of the MCU at (`column`, `row`); those outside the picture are not held.
    #[inline(always)]
    fn decode(
        &mut self,
        bits: &mut Bits,
        window: &Window,
        (column, row): (usize, usize),
        low: u32,
        component: &mut ComponentCoefficients,
    ) -> Result<(), Error> {
        for y in row * self.v..(row + 1) * self.v {
            for x in column * self.h..(column + 1) * self.h {
                bits.refill(window);
                let dc = component.dc(x, y);
                let Some(table) = &self.table else {
                    let bit = bits.take(1) << low;
                    dc.into_iter().for_each(|dc| *dc |= bit as i16);
                    continue;
                };
                self.prediction += table.take(bits).ok_or(malformed("has broken Huffman codes"))?;
                let value = i16::try_from(self.prediction << low);
                let value = value.map_err(|_| malformed("has DC coefficients that cannot be"))?;
                dc.into_iter().for_each(|dc| *dc = value);
            }
        }
        Ok(())
    }
}
