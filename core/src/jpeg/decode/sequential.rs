//! Sequential scans (T.81 F.2): one pass that gives each block whole.

use std::ops::Range;

use super::bits::{Bits, Window};
use super::idct::{self, AWAY, Corners, Room};
use super::lookup::{AcTable, DcTable, TO_END};
use super::restarts::Restarts;
use super::scan::ScanHeader;
use super::tables::Tables;
use super::target::Target;
use crate::Error;
use crate::jpeg::frame::Frame;
use crate::jpeg::huffman::ends_block;
use crate::jpeg::malformed;
use crate::jpeg::quantization::ZIGZAG;

/// The last coefficient in zigzag order that lies in the corner; those behind it are only passed over.
pub(super) const LAST_OF_CORNER: usize = 24;

/// Where each coefficient in zigzag order goes in a block's [`Room`]. Advances past the end of a block lead away.
const PLACES: [u8; 128] = {
    let mut places = [AWAY; 128];
    let mut k = 0;
    while k < 64 {
        let (v, u) = (ZIGZAG[k] / 8, ZIGZAG[k] % 8);
        if v < 4 && u < 4 {
            places[k] = idct::place(u, v);
        }
        k += 1;
    }
    places
};

/// A sequential scan of some of a frame's components.
pub(super) struct SequentialScan<'a> {
    parts: Vec<Part>,
    restarts: Restarts<'a>,
    /// MCUs across and down.
    mcus: (usize, usize),
    /// The row of MCUs to come.
    next_row: usize,
}

/// A component of the scan.
struct Part {
    /// Its place in the frame.
    index: usize,
    /// Blocks of an MCU across and down; one where the scan has no other component.
    h: usize,
    v: usize,
    dc: DcTable,
    ac: AcTable,
    /// The DC coefficient of the block before.
    prediction: i32,
    /// The corners of a row of MCUs: `v` rows of blocks.
    corners: Vec<Corners>,
}

/// What the data say cannot be.
struct Broken;

impl<'a> SequentialScan<'a> {
    /// A scan of `coded` with the tables in force; the targets are told their quantization tables.
    pub(super) fn new(
        header: &ScanHeader,
        frame: &Frame,
        tables: &Tables,
        coded: &'a [u8],
        targets: &mut [Target],
        salvage: bool,
    ) -> Result<Self, Error> {
        let alone = header.components.len() == 1;
        let mut parts = Vec::new();
        for selector in &header.components {
            let component = &frame.components[selector.index];
            targets[selector.index].set_table(tables.quantization(component.table)?);
            let (h, v) = if alone { (1, 1) } else { (component.h.into(), component.v.into()) };
            let (dc, ac) = (tables.dc(selector.dc)?, tables.ac(selector.ac)?);
            let corners = (0..v).map(|_| Corners::new(targets[selector.index].plain().0)).collect();
            parts.push(Part { index: selector.index, h, v, dc, ac, prediction: 0, corners });
        }
        let mcus = if alone { targets[parts[0].index].blocks() } else { frame.mcus() };
        let restarts = Restarts::new(coded, tables.restart_interval, mcus.0 * mcus.1, salvage);
        Ok(Self { parts, restarts, mcus, next_row: 0 })
    }

    /// Rows of MCUs.
    pub(super) fn rows(&self) -> usize {
        self.mcus.1
    }

    /// Blocks that were passed over so far.
    pub(super) fn lost_blocks(&self) -> u64 {
        (self.restarts.lost() * self.parts.iter().map(|part| part.h * part.v).sum::<usize>()) as u64
    }

    /// Decodes the next row of MCUs into `targets`.
    ///
    /// # Errors
    /// Malformed where the data are broken or end early, unless that is to be passed over.
    pub(super) fn decode_row(&mut self, targets: &mut [Target]) -> Result<(), Error> {
        self.parts.iter_mut().flat_map(|part| &mut part.corners).for_each(Corners::clear);
        let row = self.next_row;
        self.next_row += 1;
        let (mut next, end) = (row * self.mcus.0, self.next_row * self.mcus.0);
        while let Some(mut stretch) = self.restarts.stretch(end)? {
            self.erase(next..stretch.mcus.start, targets);
            if stretch.fresh {
                self.parts.iter_mut().for_each(|part| part.prediction = 0);
            }
            let result = self.decode_mcus(&mut stretch.mcus, targets);
            self.restarts.finish(stretch.mcus.start, result)?;
            next = self.restarts.next();
        }
        self.erase(next..end, targets);
        for part in &self.parts {
            for (y, corners) in part.corners.iter().enumerate() {
                targets[part.index].write_corners(row * part.v + y, corners);
            }
        }
        Ok(())
    }

    /// Decodes `mcus`, all of one row and one restart interval, and shortens the range by those that are done; stops where
    /// the data end.
    fn decode_mcus(&mut self, mcus: &mut Range<usize>, targets: &mut [Target]) -> Result<Bits, Error> {
        let Restarts { reader, bits, .. } = &mut self.restarts;
        let mut bits = *bits;
        while mcus.start < mcus.end {
            if reader.is_low(&bits) {
                bits = reader.fill(bits);
                if reader.is_exhausted(&bits) {
                    // The MCU before took bits that are not there; who takes these bits sees that too.
                    return Ok(bits);
                }
            }
            let (row, column) = (mcus.start / self.mcus.0, mcus.start % self.mcus.0);
            let window = reader.window();
            for part in &mut self.parts {
                let target = &mut targets[part.index];
                if part.decode(&mut bits, window, column, row, target).is_err() {
                    return Err(malformed("has broken Huffman codes"));
                }
            }
            mcus.start += 1;
        }
        Ok(bits)
    }

    /// Makes the blocks of `mcus`, which are lost, mid-grey: what was decoded before one turned out to be broken, and what
    /// the blocks before them threw away (see [`AWAY`]).
    fn erase(&mut self, mcus: Range<usize>, targets: &mut [Target]) {
        for mcu in mcus {
            let (row, column) = (mcu / self.mcus.0, mcu % self.mcus.0);
            for part in &mut self.parts {
                part.erase(column, row, &mut targets[part.index]);
            }
        }
    }
}

impl Part {
    /// Makes the blocks of the MCU at (`column`, `row`) mid-grey.
    fn erase(&mut self, column: usize, row: usize, target: &mut Target) {
        for y in row * self.v..(row + 1) * self.v {
            for x in column * self.h..(column + 1) * self.h {
                if target.wants_corner(x, y) {
                    self.corners[y - row * self.v].set(x, &[0; 16]);
                } else if target.holds(x, y) {
                    target.write_whole(x, y, &[0; 64]);
                }
            }
        }
    }

    /// Decodes the blocks of the MCU at (`column`, `row`).
    #[inline(always)]
    fn decode(
        &mut self,
        bits: &mut Bits,
        window: &Window,
        column: usize,
        row: usize,
        target: &mut Target,
    ) -> Result<(), Broken> {
        for y in row * self.v..(row + 1) * self.v {
            for x in column * self.h..(column + 1) * self.h {
                if target.wants_corner(x, y) {
                    let room = self.corners[y - row * self.v].room(x).ok_or(Broken)?;
                    self.prediction += decode_corner(bits, window, &self.dc, &self.ac, room)?;
                    room[0] = i16::try_from(self.prediction).map_err(|_| Broken)?;
                } else {
                    *bits = self.decode_whole(*bits, window, x, y, target)?;
                }
            }
        }
        Ok(())
    }

    /// The DC coefficient, if it is one: 16 bits hold each that a difference of 15 bits can lead to in a picture.
    #[inline(always)]
    fn dc_coefficient(&self) -> Result<i16, Broken> {
        i16::try_from(self.prediction).map_err(|_| Broken)
    }

    /// Decodes a block of which more than the corner is needed, or nothing.
    #[cold]
    fn decode_whole(
        &mut self,
        mut bits: Bits,
        window: &Window,
        x: usize,
        y: usize,
        target: &mut Target,
    ) -> Result<Bits, Broken> {
        let mut coefficients = [0; 64];
        bits.refill(window);
        self.prediction += self.dc.take(&mut bits).ok_or(Broken)?;
        coefficients[0] = self.dc_coefficient()?;
        let mut k = 0;
        while k < 63 {
            bits.refill(window);
            let symbol = self.ac.codes.take(&mut bits).ok_or(Broken)?;
            if ends_block(symbol) {
                break;
            }
            k += usize::from(symbol >> 4) + 1;
            let value = bits.take_signed(u32::from(symbol & 15));
            let place = ZIGZAG.get(k).ok_or(Broken)?;
            coefficients[usize::from(*place)] = value as i16;
        }
        if target.holds(x, y) {
            target.write_whole(x, y, &coefficients);
        }
        Ok(bits)
    }
}

/// The DC difference of a block; its AC coefficients go where [`PLACES`] says.
#[inline(always)]
fn decode_corner(bits: &mut Bits, window: &Window, dc: &DcTable, ac: &AcTable, room: &mut Room) -> Result<i32, Broken> {
    bits.refill(window);
    let difference = dc.take(bits).ok_or(Broken)?;
    let mut k = 0;
    while k < LAST_OF_CORNER {
        bits.refill(window);
        // Two steps take 22 bits at most, which leaves more than the 31 that a symbol can have.
        if let Some(next) = take_step(bits, ac, room, k) {
            k = next;
            if k >= LAST_OF_CORNER {
                break;
            }
            if let Some(next) = take_step(bits, ac, room, k) {
                k = next;
                continue;
            }
        }
        let symbol = ac.codes.take(bits).ok_or(Broken)?;
        if ends_block(symbol) {
            return Ok(difference);
        }
        k += usize::from(symbol >> 4) + 1;
        store(room, k, bits.take_signed(u32::from(symbol & 15)) as i16);
    }
    // From 23 at most, two advances by a run stay below this.
    if k >= TO_END { Ok(difference) } else { skip_rest(bits, window, ac, k).map(|()| difference) }
}

/// Takes one or two coefficients behind `k` that one lookup resolves, and says where the last one is.
#[inline(always)]
fn take_step(bits: &mut Bits, ac: &AcTable, room: &mut Room, k: usize) -> Option<usize> {
    let step = ac.step_at(bits);
    if step.length() == 0 {
        return None;
    }
    bits.skip(step.length());
    let (advance, value) = step.first();
    store(room, k + advance, value);
    let (advance2, value2) = step.second();
    store(room, k + advance + advance2, value2);
    Some(k + advance + advance2)
}

/// Stores `value` at `k` in zigzag order without asking whether it is needed.
#[inline(always)]
fn store(room: &mut Room, k: usize, value: i16) {
    room[usize::from(PLACES[k % 128]) % 64] = value;
}

/// Passes over what follows coefficient `k`, 24 to 62, of a block.
#[inline(always)]
fn skip_rest(bits: &mut Bits, window: &Window, ac: &AcTable, mut k: usize) -> Result<(), Broken> {
    while k < 63 {
        bits.refill(window);
        let skip = ac.skip_at(bits);
        // Where the block may be full inside the lookup, its symbols are taken one by one.
        if skip.length() > 0 && k + skip.advance() < 63 {
            bits.skip(skip.length());
            if skip.ends_block() {
                return Ok(());
            }
            k += skip.advance();
            continue;
        }
        let symbol = ac.codes.take(bits).ok_or(Broken)?;
        if ends_block(symbol) {
            return Ok(());
        }
        k += usize::from(symbol >> 4) + 1;
        bits.skip(u32::from(symbol & 15));
    }
    if k == 63 { Ok(()) } else { Err(Broken) }
}
