//! The reference for the engine's tests: decodes every coefficient of a JPEG bit by bit, along the flow charts of
//! ITU-T T.81, and makes the half in `f64` from its definition. Nobody would ship it; anybody can check it.
//!
//! Nothing here is shared with the engine, not even a table of constants, so that no mistake is made twice. Where
//! a file breaks T.81 without losing data, libjpeg's tolerance holds: bytes that are no marker are passed over
//! between segments, stray RSTm and TEM too, and EOI may be missing. All else that is broken is an error.

mod scan;
mod tests;

use std::f64::consts::PI;

use scan::{Bits, HuffmanCode, Member, Scan};

type Result<T> = std::result::Result<T, &'static str>;
type Block = [i32; 64];

/// More blocks than this are refused before memory is asked for: 64 megapixels of grey, 256 MiB here.
const MOST_BLOCKS: usize = 1 << 20;

/// Natural index (8 · row + column) of each coefficient in zigzag order, T.81 figure 5.
pub(super) const NATURAL: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// A whole JPEG, still quantized.
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
}

/// One component: the blocks that hold samples of it, row by row, without those that only fill up an MCU.
pub(super) struct Component {
    /// Sampling factors, 1 to 4.
    pub(super) h: usize,
    pub(super) v: usize,
    /// In samples: the frame's sides times h / hmax and v / vmax, rounded up (T.81 A.1.1).
    pub(super) width: usize,
    pub(super) height: usize,
    /// `width` / 8, rounded up.
    pub(super) blocks_across: usize,
    /// Quantized coefficients in natural order.
    pub(super) blocks: Vec<Block>,
    /// Quantization steps in natural order: those in force when the component's first scan began. That is when libjpeg
    /// latches them, in every process; T.81 B.2.4.1 lets no table change while a component that uses it is unfinished.
    pub(super) table: [u16; 64],
}

impl Component {
    /// All samples, row by row, clamped to 0..=255 and not rounded.
    pub(super) fn whole(&self) -> Vec<f64> {
        let basis = basis::<8>();
        self.raster(self.width, self.height, |coefficients, _, _| inverse(&basis, coefficients))
    }

    /// The half, ⌈width / 2⌉ × ⌈height / 2⌉ samples, row by row, clamped to 0..=255 and not rounded.
    ///
    /// Of each block the 4×4 corner of low frequencies, divided by 2, goes through the 4-point inverse DCT. Where the
    /// component ends inside a block, its last real column and row are repeated over the padding before that.
    pub(super) fn half(&self) -> Vec<f64> {
        let (eight, four) = (basis::<8>(), basis::<4>());
        self.raster(self.width.div_ceil(2), self.height.div_ceil(2), |coefficients, across, down| {
            let mut coefficients = *coefficients;
            if across < 8 || down < 8 {
                let samples = inverse(&eight, &coefficients);
                let repeated = square(|row, column| samples[row.min(down - 1)][column.min(across - 1)]);
                coefficients = forward(&eight, &repeated);
            }
            inverse(&four, &square(|row, column| coefficients[row][column] / 2.0))
        })
    }

    /// A raster put together from N×N samples for each block. `square` is given the dequantized coefficients (T.81 A.3.4)
    /// and how many columns and rows of the block are samples of the component.
    fn raster<const N: usize>(
        &self,
        width: usize,
        height: usize,
        samples_of: impl Fn(&[[f64; 8]; 8], usize, usize) -> [[f64; N]; N],
    ) -> Vec<f64> {
        let mut raster = vec![0.0; width * height];
        for (index, block) in self.blocks.iter().enumerate() {
            let (block_column, block_row) = (index % self.blocks_across, index / self.blocks_across);
            let step = |i: usize| f64::from(block[i]) * f64::from(self.table[i]);
            let across = (self.width - 8 * block_column).min(8);
            let down = (self.height - 8 * block_row).min(8);
            let samples = samples_of(&square(|row, column| step(8 * row + column)), across, down);
            for (row, line) in samples.iter().enumerate() {
                for (column, sample) in line.iter().enumerate() {
                    let (x, y) = (N * block_column + column, N * block_row + row);
                    if x < width && y < height {
                        raster[y * width + x] = (sample + 128.0).clamp(0.0, 255.0);
                    }
                }
            }
        }
        raster
    }
}

fn square<const N: usize>(value: impl Fn(usize, usize) -> f64) -> [[f64; N]; N] {
    std::array::from_fn(|row| std::array::from_fn(|column| value(row, column)))
}

/// Row u is the u-th function of the orthonormal N-point DCT-II; for N = 8 that is the DCT of T.81 A.3.3.
fn basis<const N: usize>() -> [[f64; N]; N] {
    let n = N as f64;
    square(|u, x| {
        let scale = if u == 0 { 1.0 / n } else { 2.0 / n };
        scale.sqrt() * ((2 * x + 1) as f64 * u as f64 * PI / (2.0 * n)).cos()
    })
}

fn inverse<const N: usize>(basis: &[[f64; N]; N], coefficients: &[[f64; N]; N]) -> [[f64; N]; N] {
    square(|y, x| total::<N>(|v, u| basis[v][y] * basis[u][x] * coefficients[v][u]))
}

fn forward<const N: usize>(basis: &[[f64; N]; N], samples: &[[f64; N]; N]) -> [[f64; N]; N] {
    square(|v, u| total::<N>(|y, x| basis[v][y] * basis[u][x] * samples[y][x]))
}

fn total<const N: usize>(term: impl Fn(usize, usize) -> f64) -> f64 {
    let terms: [[f64; N]; N] = square(term);
    terms.as_flattened().iter().sum()
}

/// All coefficients of `source`: baseline, extended sequential and progressive, 8 bits, Huffman codes.
///
/// # Errors
/// Other processes, broken or missing data, and more than [`MOST_BLOCKS`].
pub(super) fn decode(source: &[u8]) -> Result<Picture> {
    if !source.starts_with(&[0xFF, 0xD8]) {
        return Err("no SOI");
    }
    let mut decoder = Decoder { source, at: 2, ..Decoder::default() };
    loop {
        match next_marker(source, &mut decoder.at) {
            Some(0xD9) | None => return decoder.frame.ok_or("no frame header")?.finish(),
            Some(0x01 | 0xD0..=0xD7) => {}
            Some(marker) => decoder.segment(marker)?,
        }
    }
}

/// Moves `at` behind the next marker, over whatever is none (T.81 B.1.1.2): 0xFF, fill bytes 0xFF, a code.
fn next_marker(source: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let byte = *source.get(*at)?;
        *at += 1;
        let code = *source.get(*at)?;
        if byte == 0xFF && code != 0x00 && code != 0xFF {
            *at += 1;
            return Some(code);
        }
    }
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte))
}

#[derive(Default)]
struct Decoder<'a> {
    source: &'a [u8],
    at: usize,
    quantization: [Option<[u16; 64]>; 4],
    /// DC tables, then AC tables: counts of codes for each length, then the symbols.
    huffman: [[Option<&'a [u8]>; 4]; 2],
    restart_interval: usize,
    frame: Option<Frame>,
}

impl<'a> Decoder<'a> {
    fn segment(&mut self, marker: u8) -> Result<()> {
        if marker == 0xD8 {
            return Err("a second SOI");
        }
        let rest = &self.source[self.at..];
        let length = number(rest.get(..2).ok_or("file ends inside a segment")?);
        let parameters = rest.get(2..length).ok_or("a segment's length is wrong")?;
        self.at += length;
        match marker {
            0xC0..=0xC2 if self.frame.is_some() => return Err("two frame headers"),
            0xC0..=0xC2 => self.frame = Some(Frame::parse(marker == 0xC2, parameters)?),
            0xC4 => self.huffman_tables(parameters)?,
            0xDA => self.scan(parameters)?,
            0xDB => self.quantization_tables(parameters)?,
            0xDD if parameters.len() == 2 => self.restart_interval = number(parameters),
            // DNL is read ahead, where the first scan begins; elsewhere it says nothing, as in libjpeg. DAC is for
            // arithmetic coding. APPn and COM do not concern coefficients.
            0xDC | 0xCC | 0xE0..=0xEF | 0xFE => {}
            _ => return Err("a process or a segment that is not decoded"),
        }
        Ok(())
    }

    /// T.81 B.2.4.1.
    fn quantization_tables(&mut self, mut rest: &[u8]) -> Result<()> {
        while !rest.is_empty() {
            let (precision, slot) = (usize::from(rest[0] >> 4), usize::from(rest[0] & 15));
            let steps = rest.get(1..1 + 64 * (precision + 1)).ok_or("DQT cut short")?;
            let mut table = [0; 64];
            for (step, natural) in steps.chunks(precision + 1).zip(NATURAL) {
                table[natural] = number(step) as u16;
            }
            if precision > 1 || slot > 3 || table.contains(&0) {
                return Err("a broken quantization table");
            }
            self.quantization[slot] = Some(table);
            rest = &rest[1 + steps.len()..];
        }
        Ok(())
    }

    /// T.81 B.2.4.2.
    fn huffman_tables(&mut self, mut rest: &'a [u8]) -> Result<()> {
        while !rest.is_empty() {
            let (class, slot) = (usize::from(rest[0] >> 4), usize::from(rest[0] & 15));
            let counts = rest.get(1..17).ok_or("DHT cut short")?;
            let symbols: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let table = rest.get(1..17 + symbols).ok_or("DHT cut short")?;
            if class > 1 || slot > 3 || symbols > 256 {
                return Err("a broken Huffman table");
            }
            self.huffman[class][slot] = Some(table);
            rest = &rest[17 + symbols..];
        }
        Ok(())
    }

    /// T.81 B.2.3, then the scan's data.
    fn scan(&mut self, parameters: &[u8]) -> Result<()> {
        let count = usize::from(*parameters.first().ok_or("SOS cut short")?);
        if !(1..=4).contains(&count) || parameters.len() != 4 + 2 * count {
            return Err("a scan header of the wrong length");
        }
        let lines = self.number_of_lines();
        let frame = self.frame.as_mut().ok_or("a scan before the frame header")?;
        frame.prepare(lines)?;
        let [first, last, approximation] = [1, 2, 3].map(|i| parameters[2 * count + i]);
        let mut scan = Scan {
            bits: Bits { source: self.source, at: self.at, byte: 0, left: 0 },
            progressive: frame.progressive,
            // A sequential scan has the whole band whatever its header says: libjpeg warns and goes on.
            band: if frame.progressive { (first.into(), last.into()) } else { (0, 63) },
            high: (approximation >> 4).into(),
            low: if frame.progressive { (approximation & 15).into() } else { 0 },
            members: Vec::new(),
            end_of_band_run: 0,
        };
        for selector in parameters[1..1 + 2 * count].chunks(2) {
            let part = frame.parts.iter().position(|part| part.id == selector[0]).ok_or("a scan of no component")?;
            if scan.members.iter().any(|member| member.part == part) {
                return Err("a component twice in a scan");
            }
            frame.parts[part].begin(frame.progressive, &self.quantization)?;
            let code = |class: usize, needed: bool, slot: u8| {
                let table = if needed { self.huffman[class].get(usize::from(slot)).copied().flatten() } else { None };
                if needed {
                    HuffmanCode::new(table.ok_or("a Huffman table is missing")?)
                } else {
                    Ok(HuffmanCode::default())
                }
            };
            let dc = code(0, scan.band.0 == 0 && (scan.high == 0 || !frame.progressive), selector[1] >> 4)?;
            let ac = code(1, scan.band.1 > 0, selector[1] & 15)?;
            scan.members.push(Member { part, dc, ac, prediction: 0 });
        }
        scan.check()?;
        scan.decode(frame, self.restart_interval)?;
        self.at = scan.bits.at;
        Ok(())
    }

    /// What a DNL segment right behind the scan that begins here says (T.81 B.2.5).
    fn number_of_lines(&self) -> Option<usize> {
        let mut at = self.at;
        let behind =
            std::iter::from_fn(|| next_marker(self.source, &mut at)).find(|code| !(0xD0..=0xD7).contains(code));
        let lines = self.source.get(at + 2..at + 4);
        if behind == Some(0xDC) { lines.map(number) } else { None }
    }
}

struct Frame {
    progressive: bool,
    width: usize,
    height: usize,
    h_max: usize,
    v_max: usize,
    parts: Vec<Part>,
}

/// A component in the making; its blocks fill whole MCUs, those of the interleaved kind (T.81 A.2.4).
struct Part {
    id: u8,
    h: usize,
    v: usize,
    selector: usize,
    across: usize,
    blocks: Vec<Block>,
    table: Option<[u16; 64]>,
}

impl Frame {
    /// T.81 B.2.2.
    fn parse(progressive: bool, parameters: &[u8]) -> Result<Self> {
        let [8, y1, y2, x1, x2, count, parts @ ..] = parameters else { return Err("not a frame of 8 bits") };
        let (width, height) = (number(&[*x1, *x2]), number(&[*y1, *y2]));
        let part = |p: &[u8]| Part {
            id: p[0],
            h: (p[1] >> 4).into(),
            v: (p[1] & 15).into(),
            selector: p[2].into(),
            across: 0,
            blocks: Vec::new(),
            table: None,
        };
        if width == 0 || !(1..=4).contains(count) || parts.len() != 3 * usize::from(*count) {
            return Err("a broken frame header");
        }
        let parts: Vec<Part> = parts.chunks(3).map(part).collect();
        let broken = |part: &Part| !(1..=4).contains(&part.h) || !(1..=4).contains(&part.v) || part.selector > 3;
        let twice = |i: usize| parts[..i].iter().any(|part| part.id == parts[i].id);
        if parts.iter().any(broken) || (0..parts.len()).any(twice) {
            return Err("a broken component");
        }
        let h_max = parts.iter().map(|part| part.h).max().unwrap_or(1);
        let v_max = parts.iter().map(|part| part.v).max().unwrap_or(1);
        Ok(Self { progressive, width, height, h_max, v_max, parts })
    }

    /// Room for all coefficients, once the first scan says how high the frame is.
    fn prepare(&mut self, lines: Option<usize>) -> Result<()> {
        if !self.parts[0].blocks.is_empty() {
            return Ok(());
        }
        self.height = lines.unwrap_or(self.height);
        if self.height == 0 {
            return Err("a height of 0");
        }
        let (across, down) = self.mcus();
        let blocks: usize = self.parts.iter().map(|part| across * part.h * down * part.v).sum();
        if blocks > MOST_BLOCKS {
            return Err("more blocks than the oracle holds");
        }
        for part in &mut self.parts {
            part.across = across * part.h;
            part.blocks = vec![[0; 64]; part.across * down * part.v];
        }
        Ok(())
    }

    /// Interleaved MCUs across and down.
    fn mcus(&self) -> (usize, usize) {
        (self.width.div_ceil(8 * self.h_max), self.height.div_ceil(8 * self.v_max))
    }

    /// The sides of a component in samples, T.81 A.1.1.
    fn sides(&self, part: &Part) -> (usize, usize) {
        ((self.width * part.h).div_ceil(self.h_max), (self.height * part.v).div_ceil(self.v_max))
    }

    fn finish(mut self) -> Result<Picture> {
        let parts = std::mem::take(&mut self.parts);
        let components = parts.into_iter().map(|part| self.component(part)).collect::<Result<_>>()?;
        Ok(Picture { width: self.width, height: self.height, components })
    }

    fn component(&self, part: Part) -> Result<Component> {
        let (width, height) = self.sides(&part);
        let blocks_across = width.div_ceil(8);
        let table = part.table.ok_or("a component without a scan")?;
        let rows = part.blocks.chunks(part.across).take(height.div_ceil(8));
        let blocks: Vec<Block> = rows.flat_map(|row| &row[..blocks_across]).copied().collect();
        // libjpeg keeps 16 bits; samples of 8 bits need 12.
        if blocks.as_flattened().iter().any(|&value| i16::try_from(value).is_err()) {
            return Err("a coefficient out of range");
        }
        Ok(Component { h: part.h, v: part.v, width, height, blocks_across, blocks, table })
    }
}

impl Part {
    /// Takes note of a scan of this component.
    fn begin(&mut self, progressive: bool, tables: &[Option<[u16; 64]>; 4]) -> Result<()> {
        if self.table.is_some() && !progressive {
            return Err("two sequential scans of a component");
        }
        self.table = self.table.or(tables[self.selector]);
        self.table.map(|_| ()).ok_or("a quantization table is missing")
    }
}
