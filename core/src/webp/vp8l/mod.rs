//! VP8L (RFC 9649, 3): the pixels of a lossless WebP.
//!
//! ```text
//! bits → transforms → prefix codes, in groups → literals, copies, cached colours → rows → transforms undone
//! ```
//!
//! Copies reach back over the whole picture, so all of its coded pixels are in memory, four bytes each (fewer where indices
//! are packed); what is made of them goes on row by row.

mod bits;
mod encode;
mod prefix;
mod transform;

#[cfg(test)]
mod tests;

use super::{malformed, unsupported};
use crate::Error;

use bits::Bits;
pub(super) use encode::encode;
use prefix::{Code, Tables};
use transform::{Tiled, Transform};

/// Bytes before the transforms in a `VP8L` chunk: a signature, the size, a flag, a version.
pub(super) const HEADER: usize = 5;

/// A picture whose entropy coding is behind it.
pub(super) struct Picture {
    width: usize,
    /// As coded: fewer than `width` where indices are packed.
    coded_width: usize,
    coded: Vec<u32>,
    transforms: Vec<Transform>,
}

impl Picture {
    /// Reads what stands behind the header of a `VP8L` chunk, or behind that of a compressed `ALPH` chunk, of a picture of
    /// this size.
    ///
    /// # Errors
    /// Malformed where the data break the format or end early.
    pub(super) fn read(data: &[u8], width: usize, height: usize) -> Result<Self, Error> {
        let mut bits = Bits::new(data);
        let (transforms, coded_width) = read_transforms(&mut bits, width, height)?;
        let coded = read_pixels(&mut bits, coded_width, height, Level::Picture)?;
        Ok(Self { width, coded_width, coded, transforms })
    }

    /// Gives `take` each row from top to bottom, its pixels as `0xAARRGGBB`.
    pub(super) fn rows(mut self, mut take: impl FnMut(&[u32])) {
        let mut row = Vec::with_capacity(self.width);
        for (y, coded) in self.coded.chunks_exact(self.coded_width).enumerate() {
            row.clear();
            row.extend_from_slice(coded);
            for transform in self.transforms.iter_mut().rev() {
                transform.undo(&mut row, y, self.width);
            }
            take(&row);
        }
    }
}

/// How many tiles of `1 << bits` pixels cover `length` pixels.
const fn tiles(length: usize, bits: u32) -> usize {
    length.div_ceil(1 << bits)
}

/// The transforms in the order in which they were applied, and how many pixels across are coded.
fn read_transforms(bits: &mut Bits<'_>, width: usize, height: usize) -> Result<(Vec<Transform>, usize), Error> {
    let (mut transforms, mut coded_width) = (Vec::new(), width);
    let mut seen = [false; 4];
    while bits.flag() {
        let kind = bits.read(2) as usize;
        if std::mem::replace(&mut seen[kind], true) {
            return Err(malformed("has a transform twice"));
        }
        transforms.push(match kind {
            0 => Transform::Predictor { modes: read_tiled(bits, coded_width, height)?, above: Vec::new() },
            1 => Transform::Color(read_tiled(bits, coded_width, height)?),
            2 => Transform::SubtractGreen,
            _ => {
                let (colors, packed) = read_palette(bits)?;
                coded_width = tiles(coded_width, packed);
                Transform::Indexing { colors, packed }
            }
        });
    }
    Ok((transforms, coded_width))
}

fn read_tiled(bits: &mut Bits<'_>, width: usize, height: usize) -> Result<Tiled, Error> {
    let side = bits.read(3) + 2;
    let (across, down) = (tiles(width, side), tiles(height, side));
    Ok(Tiled { bits: side, tiles: across, values: read_pixels(bits, across, down, Level::Parameters)? })
}

/// The palette, and how many indices stand in a pixel, as a power of two.
fn read_palette(bits: &mut Bits<'_>) -> Result<(Vec<u32>, u32), Error> {
    let count = bits.read(8) as usize + 1;
    let mut colors = read_pixels(bits, count, 1, Level::Parameters)?;
    // Each is coded as the difference to the one before.
    Transform::add_up(&mut colors);
    let packed = match count {
        0..=2 => 3,
        3..=4 => 2,
        5..=16 => 1,
        _ => 0,
    };
    Ok((colors, packed))
}

/// Whether pixels are those of the picture, which can have several groups of codes, or parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Picture,
    Parameters,
}

/// The codes of a part of the picture: green with lengths and cached colours, red, blue, alpha, distances.
#[derive(Clone, Copy, Default)]
struct Group {
    green: Code,
    red: Code,
    blue: Code,
    alpha: Code,
    distance: Code,
    /// Alpha, red and blue, where none of them takes any bits.
    constant: Option<u32>,
}

/// Which part of a picture has which codes.
struct Groups {
    tables: Tables,
    groups: Vec<Group>,
    /// The group of each tile; none where there is but one.
    map: Option<Tiled>,
}

/// Symbols of green that are levels, and behind them those that are lengths of copies.
const LEVELS: u32 = 256;
const LENGTHS: u32 = 24;
const DISTANCES: usize = 40;

/// Reads `width * height` pixels.
fn read_pixels(bits: &mut Bits<'_>, width: usize, height: usize, level: Level) -> Result<Vec<u32>, Error> {
    let cache_bits = if bits.flag() { bits.read(4) } else { 0 };
    if cache_bits > 11 {
        return Err(malformed("has a colour cache that is too large"));
    }
    let groups = Groups::read(bits, width, height, level, cache_bits)?;
    Pixels::new(width, height, cache_bits).read(bits, &groups)
}

impl Groups {
    fn read(bits: &mut Bits<'_>, width: usize, height: usize, level: Level, cache_bits: u32) -> Result<Self, Error> {
        let map = if level == Level::Picture && bits.flag() { Some(read_tiled(bits, width, height)?) } else { None };
        let index = |tile: u32| (tile >> 8 & 0xFFFF) as usize;
        let most = map.iter().flat_map(|map| &map.values).map(|&tile| index(tile)).max().unwrap_or(0);
        let mut used = vec![map.is_none(); most + 1];
        map.iter().flat_map(|map| &map.values).for_each(|&tile| used[index(tile)] = true);
        let (mut tables, mut groups) = (Tables::default(), Vec::new());
        let cached = if cache_bits > 0 { 1 << cache_bits } else { 0 };
        for is_used in used {
            if bits.is_past_end() {
                return Err(ENDS);
            }
            // Codes of no tile are read to get behind them, and forgotten.
            let mark = tables.mark();
            let group = Group::read(bits, &mut tables, cached)?;
            groups.push(if is_used { group } else { Group::default() });
            if !is_used {
                tables.forget(mark);
            }
        }
        Ok(Self { tables, groups, map })
    }

    /// The codes of the pixel at `x` in row `y`, and how many pixels from there to the right have the same.
    fn at(&self, x: usize, y: usize) -> (Group, usize) {
        let Some(map) = &self.map else { return (self.groups[0], usize::MAX) };
        let tile = map.values[(y >> map.bits) * map.tiles + (x >> map.bits)];
        (self.groups[(tile >> 8 & 0xFFFF) as usize], (1 << map.bits) - (x & ((1 << map.bits) - 1)))
    }
}

impl Group {
    fn read(bits: &mut Bits<'_>, tables: &mut Tables, cached: usize) -> Result<Self, Error> {
        let mut read = |alphabet| tables.read(bits, alphabet);
        let green = read((LEVELS + LENGTHS) as usize + cached)?;
        let [red, blue, alpha] = [read(LEVELS as usize)?, read(LEVELS as usize)?, read(LEVELS as usize)?];
        let distance = read(DISTANCES)?;
        let only = |code| tables.only_symbol(code);
        let constant = match (only(alpha), only(red), only(blue)) {
            (Some(alpha), Some(red), Some(blue)) => Some(alpha << 24 | red << 16 | blue),
            _ => None,
        };
        Ok(Self { green, red, blue, alpha, distance, constant })
    }
}

const ENDS: Error = malformed("ends inside its image data");

/// Pixels while they are read.
struct Pixels {
    width: usize,
    count: usize,
    done: Vec<u32>,
    /// Colours seen, by their hash; empty where there is no cache.
    cache: Vec<u32>,
    /// How far a hash is shifted.
    shift: u32,
    /// How many of `done` are in the cache.
    cached: usize,
    /// How far back the first distance codes reach.
    nearby: Vec<usize>,
}

impl Pixels {
    fn new(width: usize, height: usize, cache_bits: u32) -> Self {
        let count = width * height;
        let cache = if cache_bits > 0 { vec![0; 1 << cache_bits] } else { Vec::new() };
        Self {
            width,
            count,
            done: Vec::with_capacity(count),
            cache,
            shift: 32 - cache_bits,
            cached: 0,
            nearby: nearby(width),
        }
    }

    fn read(mut self, bits: &mut Bits<'_>, groups: &Groups) -> Result<Vec<u32>, Error> {
        while self.done.len() < self.count {
            let (x, y) = (self.done.len() % self.width, self.done.len() / self.width);
            let (group, run) = groups.at(x, y);
            let end = self.done.len() + run.min(self.width - x);
            self.read_run(bits, groups, &group, end)?;
            if bits.is_past_end() {
                return Err(ENDS);
            }
        }
        Ok(self.done)
    }

    /// Reads with one group up to pixel `end` of the same row, or farther by a copy.
    fn read_run(&mut self, bits: &mut Bits<'_>, groups: &Groups, group: &Group, end: usize) -> Result<(), Error> {
        let tables = &groups.tables;
        while self.done.len() < end {
            bits.refill();
            let symbol = tables.symbol(group.green, bits);
            if symbol < LEVELS {
                self.done.push(match group.constant {
                    Some(others) => others | symbol << 8,
                    None => {
                        let red = tables.symbol(group.red, bits);
                        let blue = tables.symbol(group.blue, bits);
                        bits.refill();
                        tables.symbol(group.alpha, bits) << 24 | red << 16 | symbol << 8 | blue
                    }
                });
            } else if symbol < LEVELS + LENGTHS {
                let length = value(symbol - LEVELS, bits) as usize;
                bits.refill();
                let code = value(tables.symbol(group.distance, bits), bits) as usize;
                let near = self.nearby.get(code - 1).copied();
                self.copy(length, near.unwrap_or_else(|| code - self.nearby.len()))?;
            } else {
                self.catch_up();
                let color = self.cache.get((symbol - LEVELS - LENGTHS) as usize).copied();
                self.done.push(color.unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Repeats `length` pixels from `distance` before.
    fn copy(&mut self, length: usize, distance: usize) -> Result<(), Error> {
        let at = self.done.len();
        let from = at.checked_sub(distance).ok_or(malformed("copies pixels from before its first"))?;
        if length > self.count - at {
            return Err(malformed("copies pixels beyond its last"));
        }
        if distance >= length {
            self.done.extend_from_within(from..from + length);
        } else {
            for i in from..from + length {
                self.done.push(self.done[i]);
            }
        }
        Ok(())
    }

    /// Puts into the cache what was read since the last time.
    fn catch_up(&mut self) {
        for &pixel in &self.done[self.cached..] {
            let hash = pixel.wrapping_mul(0x1E35_A7BD) >> self.shift;
            if let Some(place) = self.cache.get_mut(hash as usize) {
                *place = pixel;
            }
        }
        self.cached = self.done.len();
    }
}

/// The number that a prefix `symbol` and the bits behind it stand for (3.6.2.2), from 1 on.
fn value(symbol: u32, bits: &mut Bits<'_>) -> u32 {
    if symbol < 4 {
        return symbol + 1;
    }
    let extra = (symbol - 2) >> 1;
    ((2 + (symbol & 1)) << extra) + bits.read(extra) + 1
}

/// How many pixels back each of the first distance codes reaches in a picture of this width (3.6.2.2): to the pixels around
/// the one that is read, the nearest first; of those at one distance the higher first, the left one before the right one.
fn nearby(width: usize) -> Vec<usize> {
    const FARTHEST: usize = 8 * 8 + 7 * 7;
    let mut reaches = Vec::with_capacity(120);
    for square in 1..=FARTHEST {
        for up in (0..8usize).rev() {
            let Some(left) = (0..=8).find(|left| left * left + up * up == square) else { continue };
            reaches.push(up * width + left);
            if up > 0 && (1..8).contains(&left) {
                reaches.push((up * width).saturating_sub(left).max(1));
            }
        }
    }
    reaches
}
