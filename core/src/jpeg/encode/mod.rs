//! From the planes of a half to a file (T.81 F.1).

mod fdct;
#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod held;
mod optimal;
mod progressive;
mod quantize;
mod scan;
mod script;
mod small;
#[cfg(test)]
pub(super) mod tests;
mod token;
mod trellis;
mod write;

use held::Held;
use optimal::Counts;
use quantize::Quantizer;
use scan::Scan;
use token::Tokens;
use write::{BitWriter, CodeTable, Segments};

use super::huffman::{Class, annex_k};
use super::layout::{Layout, Plane, Planes};
use super::marker::{APP0, APP2, APP14, DQT, EOI, SOF0, SOF2, SOS};
use super::quantization::{Table, ZIGZAG};
use crate::full::IS_FULL;
use crate::{Color, Effort, Error, Limit};

/// What a file is to be like.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) layout: Layout,
    /// Grey, YCbCr or RGB.
    pub(super) color: Color,
    /// The quantization tables of luminance and chrominance, steps 1 to 255. All components of RGB are luminance.
    pub(super) tables: [Table; 2],
    /// JFIF's density: unit, two bytes across, two bytes down.
    pub(super) density: [u8; 5],
    /// An ICC profile; the longest that is kept takes a quarter of the 255 segments that there can be.
    pub(super) profile: Option<Vec<u8>>,
    pub(super) effort: Effort,
    /// Whether scans are progressive.
    pub(super) progressive: bool,
    pub(super) budget: Budget,
}

/// The memory that is left for the bytes of the result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// What everything else takes.
    pub(super) fixed: u64,
    /// The limit.
    pub(super) allowed: u64,
}

/// Bytes of memory that an encoder holds of a picture of `layout`, besides those of the file.
pub(super) fn held_bytes(layout: &Layout, effort: Effort, progressive: bool) -> u64 {
    if progressive || effort == Effort::Small { Held::bytes(layout) } else { 0 }
}

impl Budget {
    /// The peak where the result has so many bytes: a buffer that grows by a quarter is there twice while it moves.
    pub(super) fn peak_bytes(&self, result: usize) -> u64 {
        self.fixed.saturating_add((result as u64).saturating_mul(9) / 4)
    }

    /// Refuses a result of so many bytes where the peak would cross the limit.
    fn check(&self, result: usize) -> Result<(), Error> {
        let needed = self.peak_bytes(result);
        if needed <= self.allowed {
            return Ok(());
        }
        Err(Error::TooLarge { limit: Limit::MemoryBytes, needed, allowed: self.allowed })
    }
}

/// Bytes of a profile in one APP2 segment.
const PART_BYTES: usize = 65533 - 14;

impl Plan {
    /// Whether scans are progressive.
    fn progressive(&self) -> bool {
        self.progressive || self.effort == Effort::Small
    }

    /// Which table component `index` has: 0 for luminance, 1 for chrominance.
    fn kind(&self, index: usize) -> usize {
        usize::from(index > 0 && self.color == Color::YCbCr)
    }
}

/// Tokens that are held before tables are made for them and those to come. Enough for any half that a phone makes;
/// a bound, so that memory does not grow with the picture.
const HELD_TOKENS: usize = 2 << 20;

/// The file that `plan` makes of `planes`.
///
/// # Errors
/// Too large where it crosses the plan's budget.
pub(super) fn encode(planes: &Planes, plan: impl FnOnce(Layout) -> Plan) -> Result<Vec<u8>, Error> {
    let layout = planes.shown();
    let (mut band, rows) = (layout.band(), layout.mcus().1);
    let mut encoder = Encoder::new(plan(layout));
    for row in 0..rows {
        planes.copy_band(row, &mut band);
        encoder.push(&band.iter().collect::<Vec<_>>())?;
    }
    encoder.finish()
}

/// Makes a file of rows of MCUs: a baseline one while they come, a progressive one when all are there.
pub(super) struct Encoder {
    plan: Plan,
    quantizers: [Quantizer; 2],
    /// DC coefficient of the block before, for each component.
    predictions: Vec<i32>,
    tokens: Tokens,
    /// Symbols of the DC and the AC tables, luminance before chrominance.
    counts: Box<[[Counts; 2]; 2]>,
    output: Output,
}

/// How far the file is.
enum Output {
    /// All blocks are held.
    Holding(Held),
    /// Nothing is written: the tables are not known.
    Waiting,
    /// The headers are written; entropy-coded data follow.
    Coding { dc: [CodeTable; 2], ac: [CodeTable; 2], bits: BitWriter },
}

impl Encoder {
    pub(super) fn new(plan: Plan) -> Self {
        let mut encoder = Self {
            quantizers: plan.tables.each_ref().map(|table| match plan.effort {
                Effort::Small => Quantizer::rounding_up_from(small::KEPT_FROM, table),
                Effort::Fast | Effort::Balanced => Quantizer::new(table),
            }),
            predictions: vec![0; plan.layout.sampling.len()],
            tokens: Tokens::default(),
            counts: Box::new([[[0; 256]; 2]; 2]),
            output: Output::Waiting,
            plan,
        };
        if encoder.plan.progressive() {
            encoder.output = Output::Holding(Held::new(&encoder.plan));
        } else if encoder.plan.effort == Effort::Fast {
            encoder.begin_coding();
        }
        encoder
    }

    /// Adds a row of MCUs: of each component, as many rows of samples as it has in an MCU.
    ///
    /// # Errors
    /// Too large where the bytes written so far cross the budget.
    pub(super) fn push(&mut self, band: &[&Plane]) -> Result<(), Error> {
        if let Output::Holding(held) = &mut self.output {
            for (index, (component, plane)) in held.components.iter_mut().zip(band).enumerate() {
                let quantizer = &self.quantizers[self.plan.kind(index)];
                let is_weighed = IS_FULL && self.plan.effort == Effort::Small;
                component.push(plane, |columns| {
                    let block = quantizer.quantize(columns);
                    if is_weighed { block.with_unquantised(columns) } else { block }
                });
            }
            return Ok(());
        }
        for column in 0..self.plan.layout.mcus().0 {
            for (index, plane) in band.iter().enumerate() {
                let (h, v) = self.plan.layout.sampling[index];
                let kind = self.plan.kind(index);
                for y in 0..usize::from(v) {
                    for x in 0..usize::from(h) {
                        let x = 8 * (column * usize::from(h) + x);
                        let block = self.quantizers[kind].quantize(&fdct::forward(plane, x, 8 * y));
                        let dc = i32::from(block.at(0));
                        let difference = dc - std::mem::replace(&mut self.predictions[index], dc);
                        let [dc, ac] = &mut *self.counts;
                        self.tokens.push(difference, &block, &mut dc[kind], &mut ac[kind]);
                    }
                }
            }
        }
        if let Output::Waiting = self.output {
            if self.tokens.len() < HELD_TOKENS {
                return Ok(());
            }
            self.allow_for_more();
            self.begin_coding();
        }
        self.write_tokens()
    }

    /// The file.
    ///
    /// # Errors
    /// Too large where it crosses the budget.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, Error> {
        if let Output::Holding(held) = self.output {
            return match self.plan.effort {
                Effort::Small if IS_FULL => self.plan.write_small(held),
                _ => self.plan.write_progressive(&held),
            };
        }
        if let Output::Waiting = self.output {
            self.begin_coding();
        }
        self.write_tokens()?;
        let Output::Coding { bits, .. } = self.output else { return Ok(Vec::new()) };
        let mut bytes = bits.finish();
        bytes.extend([0xFF, EOI]);
        Ok(bytes)
    }

    /// Gives every symbol that may yet come a code.
    fn allow_for_more(&mut self) {
        let [dc, ac] = &mut *self.counts;
        dc.iter_mut().flat_map(|counts| &mut counts[..=11]).for_each(|count| *count += 1);
        for counts in ac {
            let legal = |symbol: usize| {
                symbol == usize::from(token::EOB) || symbol == 0xF0 || (1..=10).contains(&(symbol % 16))
            };
            (0..256).filter(|&symbol| legal(symbol)).for_each(|symbol| counts[symbol] += 1);
        }
    }

    /// Writes everything before the entropy-coded data.
    fn begin_coding(&mut self) {
        let kinds = if self.plan.color == Color::YCbCr { 2 } else { 1 };
        let define = |class: Class, kind: usize| {
            if self.plan.effort == Effort::Fast {
                return annex_k(class, kind == 1);
            }
            optimal::definition(&self.counts[usize::from(class == Class::Ac)][kind])
        };
        let mut file = self.plan.headers();
        for kind in 0..kinds {
            for class in [Class::Dc, Class::Ac] {
                file.put_huffman(class, kind as u8, &define(class, kind));
            }
        }
        file.put(SOS, &self.plan.scan_parameters(&Scan::SEQUENTIAL));
        let dc = [0, 1].map(|kind| CodeTable::new(&define(Class::Dc, kind)));
        let ac = [0, 1].map(|kind| CodeTable::new(&define(Class::Ac, kind)));
        self.output = Output::Coding { dc, ac, bits: BitWriter::new(file.bytes) };
    }

    fn write_tokens(&mut self) -> Result<(), Error> {
        let Output::Coding { dc, ac, bits } = &mut self.output else { return Ok(()) };
        let mut pattern = Vec::new();
        for (index, &(h, v)) in self.plan.layout.sampling.iter().enumerate() {
            let kind = self.plan.kind(index);
            pattern.extend((0..h * v).map(|_| (&dc[kind], &ac[kind])));
        }
        bits.reserve(self.tokens.len());
        self.tokens.write(&pattern, bits);
        self.plan.budget.check(bits.bytes.len())
    }
}

impl Plan {
    /// SOI, application segments, quantization tables, frame header.
    fn headers(&self) -> Segments {
        let mut file = Segments::new();
        if self.color == Color::Rgb {
            // Version 100, no flags, transform 0: the components are what they are called.
            file.put(APP14, b"Adobe\0\x64\0\0\0\0\0");
        } else {
            file.put(APP0, &[&b"JFIF\0\x01\x01"[..], &self.density, &[0, 0]].concat());
        }
        let parts: Vec<&[u8]> = self.profile.iter().flat_map(|profile| profile.chunks(PART_BYTES)).collect();
        for (number, part) in (1..=255).zip(&parts) {
            file.put(APP2, &[&b"ICC_PROFILE\0"[..], &[number, parts.len() as u8], part].concat());
        }
        let kinds = if self.color == Color::YCbCr { 2 } else { 1 };
        for (selector, table) in (0..kinds).zip(&self.tables) {
            let steps = ZIGZAG.map(|natural| table[usize::from(natural)] as u8);
            file.put(DQT, &[&[selector][..], &steps].concat());
        }
        file.put(if self.progressive() { SOF2 } else { SOF0 }, &self.frame_parameters());
        file
    }

    /// T.81 B.2.2.
    fn frame_parameters(&self) -> Vec<u8> {
        let Layout { width, height, sampling } = &self.layout;
        let mut parameters = vec![8];
        parameters.extend((*height as u16).to_be_bytes());
        parameters.extend((*width as u16).to_be_bytes());
        parameters.push(sampling.len() as u8);
        for (index, &(h, v)) in sampling.iter().enumerate() {
            parameters.extend([self.component_id(index), h << 4 | v, self.kind(index) as u8]);
        }
        parameters
    }

    /// T.81 B.2.3.
    fn scan_parameters(&self, scan: &Scan) -> Vec<u8> {
        let all = 0..self.layout.sampling.len();
        let components = scan.component.map_or(all, |index| index..index + 1);
        let mut parameters = vec![components.len() as u8];
        for index in components {
            let kind = self.kind(index) as u8;
            parameters.extend([self.component_id(index), kind << 4 | kind]);
        }
        parameters.extend([scan.band.0, scan.band.1, scan.high << 4 | scan.low]);
        parameters
    }

    fn component_id(&self, index: usize) -> u8 {
        if self.color == Color::Rgb { b"RGB"[index] } else { index as u8 + 1 }
    }
}
