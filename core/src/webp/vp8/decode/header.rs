//! What a key frame says before its macroblocks (RFC 6386, 9 and 19.2).

use super::bits::Bits;
use crate::webp::vp8::steps::{Steps, quality_of};
use crate::webp::vp8::tables::{DEFAULTS, Probabilities, UPDATES};

/// A frame's header.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// What sorts macroblocks into segments, if anything does: three probabilities.
    pub(super) map: Option<[u8; 3]>,
    /// The quantizer index of each segment, and the loop filter's level.
    indices: [u8; 4],
    levels: [i32; 4],
    /// Whether the loop filter is the simple one.
    pub(super) simple: bool,
    level: i32,
    sharpness: i32,
    /// Added to the loop filter's level of all macroblocks, and of those whose subblocks have modes of their own.
    adjustments: [i32; 2],
    /// Partitions of coefficients, as a power of 2.
    pub(super) partitions: u32,
    /// Added to indices: luma's DC, that of whole blocks and their AC, chroma's.
    deltas: [i32; 5],
}

impl Header {
    pub(super) fn read(bits: &mut Bits<'_>) -> Self {
        // Colour space, and whether decoders need not clamp.
        bits.number(2);
        let segmented = bits.flag();
        let mut segments = ([None; 4], [None; 4]);
        let (mut absolute, mut map) = (false, None);
        if segmented {
            let (mapped, valued) = (bits.flag(), bits.flag());
            if valued {
                absolute = bits.flag();
                segments = ([7; 4].map(|size| bits.optional(size)), [6; 4].map(|size| bits.optional(size)));
            }
            map = mapped.then(|| [(); 3].map(|()| if bits.flag() { bits.number(8) as u8 } else { 255 }));
        }
        let (simple, level, sharpness) = (bits.flag(), bits.number(6), bits.number(3));
        let mut adjustments = [0; 8];
        let adjusted = bits.flag();
        if adjusted && bits.flag() {
            adjustments = [(); 8].map(|()| bits.optional(6).unwrap_or(0));
        }
        let partitions = bits.number(2) as u32;
        let base = bits.number(7);
        let deltas = [(); 5].map(|()| bits.optional(4).unwrap_or(0));
        let of_segment =
            |all: i32, value: Option<i32>| if absolute { value.unwrap_or(0) } else { all + value.unwrap_or(0) };
        Self {
            map,
            indices: segments.0.map(|value| if segmented { of_segment(base, value) } else { base }.clamp(0, 127) as u8),
            levels: segments.1.map(|value| if segmented { of_segment(level, value) } else { level }.clamp(0, 63)),
            simple,
            level,
            sharpness,
            adjustments: [adjustments[0], adjustments[4]],
            partitions,
            deltas,
        }
    }

    /// How each segment is quantised: luma, the DC of whole blocks, and chroma.
    pub(super) fn steps(&self) -> [[Steps; 3]; 4] {
        self.indices.map(|index| Steps::of_index(index, self.deltas))
    }

    /// The loop filter of a macroblock of `segment`, whose subblocks have modes of their own or not; `None` where it stays
    /// as it is.
    pub(super) fn filter(&self, segment: usize, subblocks: bool) -> Option<Filter> {
        if self.level == 0 {
            return None;
        }
        let adjusted = self.levels[segment] + self.adjustments[0] + if subblocks { self.adjustments[1] } else { 0 };
        let level = adjusted.clamp(0, 63) as i16;
        let inner = match self.sharpness as i16 {
            0 => level,
            sharpness => (level >> if sharpness > 4 { 2 } else { 1 }).min(9 - sharpness),
        };
        let steep = if level >= 40 { 2 } else { i16::from(level >= 15) };
        (level > 0).then_some(Filter { level, inner: inner.max(1), steep })
    }

    /// The quality on libwebp's scale, 1 to 100: that of the quantizer index, or of the mean of those of the segments,
    /// weighed by how many macroblocks are said to be in each.
    pub(super) fn quality(&self) -> u8 {
        let [either, lower, upper] = self.map.unwrap_or([255; 3]).map(i32::from);
        let [a, b] = [either, 256 - either];
        let shares = [a * lower, a * (256 - lower), b * upper, b * (256 - upper)];
        let sum: i32 = self.indices.iter().zip(shares).map(|(&index, share)| i32::from(index) * share).sum();
        quality_of(((sum + (1 << 15)) >> 16) as u8)
    }
}

/// How much the loop filter does (15.2).
#[derive(Clone, Copy, Debug)]
pub(super) struct Filter {
    /// 1 to 63.
    pub(super) level: i16,
    /// The most that neighbours on one side differ by.
    pub(super) inner: i16,
    /// More than this, and an edge is one of the picture.
    pub(super) steep: i16,
}

/// The probabilities of coefficients (13.4).
pub(super) fn probabilities(bits: &mut Bits<'_>) -> Box<Probabilities> {
    let mut probabilities = Box::new(DEFAULTS);
    let nodes = probabilities.as_flattened_mut().as_flattened_mut().as_flattened_mut();
    for (zero, &update) in nodes.iter_mut().zip(UPDATES.as_flattened().as_flattened().as_flattened()) {
        if bits.slowly(update) {
            *zero = bits.number(8) as u8;
        }
    }
    probabilities
}
