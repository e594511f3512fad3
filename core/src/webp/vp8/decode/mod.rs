//! A decoder of key frames to planes (RFC 6386).

mod bits;
mod filter;
mod header;
mod tokens;

use bits::Bits;
use filter::{Edge, Kind};
use header::{Header, probabilities};

use super::predict::{Edges, Mode, one_mode};
use super::steps::Steps;
use super::tables::{CHROMA_MODES, LUMA_MODES, Probabilities, SUBBLOCK_MODES};
use super::transform::{inverse_dc, restored};
use crate::Error;
use crate::webp::malformed;

/// The planes of a frame, of whole macroblocks.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Pixels across and down.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Macroblocks across.
    pub(super) across: usize,
    /// Y of 16 samples for each macroblock across, U and V of 8.
    pub(super) planes: [Vec<u8>; 3],
}

impl Frame {
    /// Row `y` of Y, and row `chroma` of U and V, each as long as its plane is wide, and longer.
    pub(crate) fn row(&self, y: usize, chroma: usize) -> [&[u8]; 3] {
        let [luma, blue, red] = &self.planes;
        let (wide, narrow) = (16 * self.across, 8 * self.across);
        [&luma[y * wide..][..wide], &blue[chroma * narrow..][..narrow], &red[chroma * narrow..][..narrow]]
    }
}

/// Bytes of frame tag, start code and sides.
const BEFORE: usize = 10;

/// The quality on libwebp's scale that the key frame `data` was coded at, 1 to 100.
pub(crate) fn quality(data: &[u8]) -> u8 {
    Header::read(&mut Bits::new(data.get(BEFORE..).unwrap_or_default())).quality()
}

/// What was decoded above a macroblock, or to the left of it.
#[derive(Clone, Copy)]
struct Side {
    luma: [u8; 16],
    chroma: [[u8; 8]; 2],
    modes: [u8; 4],
    /// Which blocks have coefficients: four of luma, two of each chroma, and the last DC of a whole block.
    full: [bool; 9],
}

impl Side {
    const fn outside(level: u8) -> Self {
        Self { luma: [level; 16], chroma: [[level; 8]; 2], modes: [0; 4], full: [false; 9] }
    }
}

/// A macroblock as it is coded.
struct Coded {
    segment: usize,
    luma: Option<Mode>,
    subblocks: [u8; 16],
    chroma: Mode,
    /// Whether any coefficient is not 0.
    full: bool,
    /// Sixteen blocks of luma, four of each chroma.
    blocks: [[i16; 16]; 24],
}

struct Decoder<'a> {
    header: Header,
    probabilities: Box<Probabilities>,
    steps: [[Steps; 3]; 4],
    /// The probability that a macroblock has coefficients, where some have none.
    full: Option<u8>,
    bits: Bits<'a>,
    frame: Frame,
    above: Vec<Side>,
    left: Side,
    corners: [u8; 3],
}

/// The planes of the key frame `data`, whose start code and size have been checked.
///
/// # Errors
/// Malformed where partitions are cut short.
pub(crate) fn decode(data: &[u8]) -> Result<Frame, Error> {
    let cut = malformed("has broken image data");
    let &[t0, t1, t2, _, _, _, w0, w1, h0, h1, ref rest @ ..] = data else { return Err(cut) };
    let first = (u32::from_le_bytes([t0, t1, t2, 0]) >> 5) as usize;
    let [width, height] = [[w0, w1], [h0, h1]].map(|side| usize::from(u16::from_le_bytes(side) & 0x3FFF));
    let (across, down) = (width.div_ceil(16), height.div_ceil(16));
    let (first, rest) = rest.split_at_checked(first).ok_or(cut)?;
    let mut bits = Bits::new(first);
    let header = Header::read(&mut bits);
    // Whether probabilities are for later frames, too.
    bits.flag();
    let probabilities = probabilities(&mut bits);
    let full = bits.flag().then(|| bits.number(8) as u8);
    let mut partitions = partitions(rest, header.partitions).ok_or(cut)?;
    let mut decoder = Decoder {
        steps: header.steps(),
        probabilities,
        full,
        bits,
        frame: Frame { width, height, across, planes: [256, 64, 64].map(|samples| vec![0; samples * across * down]) },
        above: vec![Side::outside(127); across],
        left: Side::outside(129),
        corners: [127; 3],
        header,
    };
    let count = partitions.len();
    let mut filters = vec![None; across];
    for y in 0..down {
        decoder.left = Side::outside(129);
        decoder.corners = if y == 0 { [127; 3] } else { [129; 3] };
        for (x, filter) in filters.iter_mut().enumerate() {
            let coded = decoder.macroblock(x, &mut partitions[y % count]);
            decoder.restore(&coded, x, y);
            let inner = coded.full || coded.luma.is_none();
            *filter = decoder.header.filter(coded.segment, coded.luma.is_none()).map(|filter| (filter, inner));
        }
        if decoder.bits.is_past_end() || partitions[y % count].is_past_end() {
            return Err(cut);
        }
        // Rows are filtered when they are all there: what is foretold of the next is foretold from `above`.
        for (x, filter) in filters.iter().enumerate() {
            if let &Some((filter, inner)) = filter {
                decoder.filter(x, y, filter, inner);
            }
        }
    }
    Ok(decoder.frame)
}

/// The 2^`power` partitions of coefficients (9.5).
fn partitions(rest: &[u8], power: u32) -> Option<Vec<Bits<'_>>> {
    let count = 1 << power;
    let (sizes, mut rest) = rest.split_at_checked(3 * (count - 1))?;
    let mut partitions = Vec::with_capacity(count);
    for &[a, b, c] in sizes.as_chunks::<3>().0 {
        let (partition, behind) = rest.split_at_checked(u32::from_le_bytes([a, b, c, 0]) as usize)?;
        partitions.push(Bits::new(partition));
        rest = behind;
    }
    partitions.push(Bits::new(rest));
    Some(partitions)
}

impl Decoder<'_> {
    /// Reads the modes and the coefficients of the next macroblock, which is in column `x`.
    fn macroblock(&mut self, x: usize, partition: &mut Bits<'_>) -> Coded {
        let bits = &mut self.bits;
        let segment = match self.header.map {
            Some([either, lower, _]) if !bits.slowly(either) => usize::from(bits.slowly(lower)),
            Some([.., upper]) => 2 + usize::from(bits.slowly(upper)),
            None => 0,
        };
        let empty = self.full.is_some_and(|full| bits.slowly(full));
        let whole = |bits: &mut Bits<'_>, dc: [u8; 3]| match bits.slowly(dc[0]) {
            false if bits.slowly(dc[1]) => Mode::Vertical,
            false => Mode::Dc,
            true if bits.slowly(dc[2]) => Mode::TrueMotion,
            true => Mode::Horizontal,
        };
        let luma = bits.slowly(LUMA_MODES[0]).then(|| whole(bits, [LUMA_MODES[1], LUMA_MODES[2], LUMA_MODES[3]]));
        let mut subblocks = [luma.map_or(0, Mode::of_subblocks); 16];
        let (above, left) = (&mut self.above[x].modes, &mut self.left.modes);
        for (at, mode) in subblocks.iter_mut().enumerate() {
            let (above, left) = (&mut above[at % 4], &mut left[at / 4]);
            if luma.is_none() {
                *mode = subblock_mode(bits, &SUBBLOCK_MODES[usize::from(*above)][usize::from(*left)]);
            }
            (*above, *left) = (*mode, *mode);
        }
        let chroma = match CHROMA_MODES {
            [dc, ..] if !bits.slowly(dc) => Mode::Dc,
            [_, vertical, _] if !bits.slowly(vertical) => Mode::Vertical,
            [.., horizontal] if !bits.slowly(horizontal) => Mode::Horizontal,
            _ => Mode::TrueMotion,
        };
        let mut coded = Coded { segment, luma, subblocks, chroma, full: false, blocks: [[0; 16]; 24] };
        let (above, left) = (&mut self.above[x].full, &mut self.left.full);
        if empty {
            let kept = if luma.is_some() { 9 } else { 8 };
            above[..kept].fill(false);
            left[..kept].fill(false);
        } else {
            coded.read(partition, &self.probabilities, &self.steps[segment], above, left);
        }
        coded
    }

    /// Foretells a macroblock and adds what its coefficients say.
    fn restore(&mut self, coded: &Coded, x: usize, y: usize) {
        let across = self.frame.across;
        let [luma, chroma @ ..] = &mut self.frame.planes;
        let inside = (y > 0, x > 0);
        let stride = 16 * across;
        let place = 16 * (y * stride + x);
        let above = self.above[x].luma;
        match coded.luma {
            Some(mode) => {
                let edges = Edges { above, left: self.left.luma, corner: self.corners[0], inside };
                edges.put(mode, rows_of(luma, place, stride));
                if coded.full {
                    let places = (0..16).map(|at| place + at / 4 * 4 * stride + at % 4 * 4);
                    coded.blocks.iter().zip(places).for_each(|(block, place)| add(luma, place, stride, block));
                }
            }
            None => {
                let right = match self.above.get(x + 1) {
                    Some(right) => right.luma.first_chunk().copied().unwrap_or_default(),
                    None if y > 0 => [above[15]; 4],
                    None => [127; 4],
                };
                let around = Around { above, right, left: self.left.luma, corner: self.corners[0] };
                around.restore(coded, luma, place, stride);
            }
        }
        let row = |y: usize| luma[place + y * stride..].first_chunk().copied().unwrap_or_default();
        self.corners[0] = above[15];
        self.above[x].luma = row(15);
        self.left.luma = std::array::from_fn(|y| luma[place + y * stride + 15]);
        let stride = 8 * across;
        let place = 8 * (y * stride + x);
        for (index, plane) in chroma.iter_mut().enumerate() {
            let (above, left) = (&mut self.above[x].chroma[index], &mut self.left.chroma[index]);
            let edges = Edges { above: *above, left: *left, corner: self.corners[1 + index], inside };
            edges.put(coded.chroma, rows_of(plane, place, stride));
            if coded.full {
                let places = (0..4).map(|at| place + at / 2 * 4 * stride + at % 2 * 4);
                let blocks = &coded.blocks[16 + 4 * index..];
                blocks.iter().zip(places).for_each(|(block, place)| add(plane, place, stride, block));
            }
            self.corners[1 + index] = above[7];
            *above = plane[place + 7 * stride..].first_chunk().copied().unwrap_or_default();
            *left = std::array::from_fn(|y| plane[place + y * stride + 7]);
        }
    }

    /// Filters the edges of a macroblock: its left one, those in it between columns, its upper one, those between rows.
    fn filter(&mut self, x: usize, y: usize, filter: header::Filter, inner: bool) {
        let across = self.frame.across;
        let [luma, blue, red] = &mut self.frame.planes;
        let simple = self.header.simple;
        let outer_kind = if simple { Kind::Simple } else { Kind::Macroblock };
        let inner_kind = if simple { Kind::Simple } else { Kind::Subblock };
        let (wide, narrow) = (16 * across, 8 * across);
        let (at, at_chroma) = (16 * (y * wide + x), 8 * (y * narrow + x));
        let outer = |at: usize, stride: usize| Edge { at, stride, filter, kind: outer_kind, outer: true };
        let within = |at: usize, stride: usize| Edge { at, stride, filter, kind: inner_kind, outer: false };
        if x > 0 {
            outer(at, wide).between_columns(luma);
            if !simple {
                outer(at_chroma, narrow).between_chroma_columns([blue, red]);
            }
        }
        if inner {
            (1..4).for_each(|step| within(at + 4 * step, wide).between_columns(luma));
            if !simple {
                within(at_chroma + 4, narrow).between_chroma_columns([blue, red]);
            }
        }
        if y > 0 {
            outer(at, wide).between_rows(luma);
            if !simple {
                outer(at_chroma, narrow).between_chroma_rows([blue, red]);
            }
        }
        if inner {
            (1..4).for_each(|step| within(at + 4 * step * wide, wide).between_rows(luma));
            if !simple {
                within(at_chroma + 4 * narrow, narrow).between_chroma_rows([blue, red]);
            }
        }
    }
}

impl Coded {
    /// Reads coefficients, and notes which blocks have any.
    fn read(
        &mut self,
        bits: &mut Bits<'_>,
        probabilities: &Probabilities,
        [luma, whole, chroma]: &[Steps; 3],
        above: &mut [bool; 9],
        left: &mut [bool; 9],
    ) {
        let (mut kind, mut first) = (3, 0);
        if self.luma.is_some() {
            (kind, first) = (0, 1);
            let mut dc = [0; 16];
            let neighbours = usize::from(above[8]) + usize::from(left[8]);
            let full = tokens::block(bits, &probabilities[1], (0, neighbours), whole, &mut dc);
            (above[8], left[8]) = (full, full);
            if full {
                let dc = inverse_dc(&dc);
                self.blocks.iter_mut().zip(dc).for_each(|(block, dc)| block[0] = dc);
                self.full = dc != [0; 16];
            }
        }
        for (at, block) in self.blocks.iter_mut().enumerate() {
            let (kind, first, steps, up, side) = if at < 16 {
                (kind, first, luma, at % 4, at / 4)
            } else {
                let base = 4 + (at - 16) / 4 * 2;
                (2, 0, chroma, base + at % 2, base + at / 2 % 2)
            };
            let neighbours = usize::from(above[up]) + usize::from(left[side]);
            let full = tokens::block(bits, &probabilities[kind], (first, neighbours), steps, block);
            (above[up], left[side]) = (full, full);
            self.full |= full;
        }
    }
}

/// The mode of a subblock, by the tree of 11.2.
fn subblock_mode(bits: &mut Bits<'_>, nodes: &[u8; 9]) -> u8 {
    if !bits.slowly(nodes[0]) {
        0
    } else if !bits.slowly(nodes[1]) {
        1
    } else if !bits.slowly(nodes[2]) {
        2
    } else if !bits.slowly(nodes[3]) {
        if bits.slowly(nodes[4]) { 5 + u8::from(bits.slowly(nodes[5])) } else { 3 }
    } else if !bits.slowly(nodes[6]) {
        4
    } else if !bits.slowly(nodes[7]) {
        7
    } else {
        8 + u8::from(bits.slowly(nodes[8]))
    }
}

/// The rows of a block of `N`×`N` samples of a plane.
fn rows_of<const N: usize>(plane: &mut [u8], place: usize, stride: usize) -> impl Iterator<Item = &mut [u8; N]> {
    plane[place..].chunks_mut(stride).take(N).filter_map(|row| row.first_chunk_mut())
}

/// Adds a block of coefficients to the samples of a plane.
#[inline]
fn add(plane: &mut [u8], place: usize, stride: usize, block: &[i16; 16]) {
    if *block == [0; 16] {
        return;
    }
    let mut samples = [0; 16];
    for (row, samples) in samples.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        samples.copy_from_slice(&plane[place + row * stride..][..4]);
    }
    let samples = restored(block, &samples);
    for (row, samples) in samples.as_chunks::<4>().0.iter().enumerate() {
        plane[place + row * stride..][..4].copy_from_slice(samples);
    }
}

/// What lies around a macroblock whose subblocks have modes of their own.
struct Around {
    above: [u8; 16],
    right: [u8; 4],
    left: [u8; 16],
    corner: u8,
}

impl Around {
    /// Restores the subblocks of luma, one after the other.
    fn restore(&self, coded: &Coded, luma: &mut [u8], place: usize, stride: usize) {
        let mut rows = [[0; 21]; 17];
        rows[0][0] = self.corner;
        rows[0][1..17].copy_from_slice(&self.above);
        [0, 4, 8, 12].iter().for_each(|&row| rows[row][17..].copy_from_slice(&self.right));
        (0..16).for_each(|row| rows[1 + row][0] = self.left[row]);
        for (at, &mode) in coded.subblocks.iter().enumerate() {
            let (x, y) = (at % 4 * 4, at / 4 * 4);
            let mut rim = [0; 13];
            (0..5).for_each(|step| rim[step] = rows[y + 4 - step][x]);
            rim[5..].copy_from_slice(&rows[y][x + 1..][..8]);
            let mut samples = one_mode(mode, &rim);
            if coded.blocks[at] != [0; 16] {
                samples = restored(&coded.blocks[at], &samples);
            }
            for (row, samples) in samples.as_chunks::<4>().0.iter().enumerate() {
                rows[y + 1 + row][x + 1..][..4].copy_from_slice(samples);
            }
        }
        for (row, samples) in rows[1..].iter().enumerate() {
            luma[place + row * stride..][..16].copy_from_slice(&samples[1..17]);
        }
    }
}
