//! Macroblocks sorted by their texture into four segments, each with its own quantizer (RFC 6386, 9.3): what is lost in
//! busy ones is seen less than what is lost in smooth ones.

use crate::lanes::{i16x16, splat, u8x16};

use super::planes::Planes;
use super::tables::AC_STEPS;
use super::transform::{Lanes, forward, shuffled};
use super::{cost, steps};

/// By how much the quantizer's strength grows from a segment's texture to one that is twice as busy, in 1/256.
const SPREAD: i32 = 84;

/// The loop filter's level of a step of AC, in 1/256.
const FILTERED: i32 = 44;

/// Added to the index for the DC of chroma, where steps are seen most.
const CHROMA_DC: i32 = -3;

/// The segments of a picture.
#[derive(Clone, Debug)]
pub(super) struct Segments {
    /// The segment of each macroblock, row by row.
    pub(super) map: Vec<u8>,
    /// The quantizer index of each segment.
    pub(super) indices: [u8; 4],
    /// The loop filter's level of each (9.6, 15).
    pub(super) filters: [u8; 4],
    /// Added to the index for the DC and the AC of chroma.
    pub(super) chroma: [i32; 2],
}

/// The luma of the macroblock in column `x` of row `y`: one of its subblocks in each lane.
#[inline(never)]
pub(super) fn luma_lanes(planes: &Planes, x: usize, y: usize) -> Lanes {
    let stride = 16 * planes.macroblocks().0;
    let mut lanes = [i16x16::ZERO; 16];
    for (row, lanes) in lanes.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        // The same row of four rows of subblocks.
        let rows = [0, 4, 8, 12].map(|below| {
            let samples = planes.planes[0][(16 * y + below + row) * stride + 16 * x..].first_chunk();
            u8x16::new(samples.copied().unwrap_or_default())
        });
        *lanes = shuffled(shuffled(shuffled(shuffled(rows)))).map(i16x16::from);
    }
    lanes
}

/// How busy a macroblock is: the mean over its subblocks of the logarithm of all differences in them; 1/256 stands for a
/// factor of 2^(1/256).
fn texture(luma: &Lanes) -> i32 {
    let coefficients = forward(&luma.map(|lane| lane - splat(128)));
    let sums = coefficients[1..].iter().fold(i16x16::ZERO, |sum, lane| sum.saturating_add(lane.abs()));
    sums.to_array().iter().map(|&sum| cost::log2(sum as u32 + 24, 8) as i32).sum::<i32>() / 16
}

impl Segments {
    /// The segments of a picture that is coded at `quality`, 1 to 100.
    pub(super) fn new(planes: &Planes, quality: u8) -> Self {
        let (across, down) = planes.macroblocks();
        let mut textures = Vec::with_capacity(across * down);
        for y in 0..down {
            textures.extend((0..across).map(|x| texture(&luma_lanes(planes, x, y)) as u16));
        }
        let (centres, map) = clusters(&textures);
        let mean = textures.iter().map(|&texture| u64::from(texture)).sum::<u64>() / textures.len().max(1) as u64;
        let indices = centres.map(|centre| {
            let strength = 256 + (centre - mean as i32) * SPREAD / 256;
            steps::index_of(quality, strength.clamp(128, 384))
        });
        let filters = indices.map(|index| {
            let level = i32::from(AC_STEPS[usize::from(index)]) * FILTERED / 256;
            if level < 2 { 0 } else { level.min(63) as u8 }
        });
        Self { map, indices, filters, chroma: [CHROMA_DC, 0] }
    }

    /// Whether there is more than one.
    pub(super) fn enabled(&self) -> bool {
        self.indices.iter().any(|&index| index != self.indices[0])
            || self.filters.iter().any(|&level| level != self.filters[0])
    }
}

/// Four centres of `values`, and the nearest of them to each (Lloyd's algorithm on a histogram).
fn clusters(values: &[u16]) -> ([i32; 4], Vec<u8>) {
    /// Values that share a bin of the histogram.
    const BIN: u16 = 16;
    let bins = usize::from(values.iter().max().copied().unwrap_or(0) / BIN) + 1;
    let mut histogram = vec![0_u64; bins];
    values.iter().for_each(|&value| histogram[usize::from(value / BIN)] += 1);
    let least = histogram.iter().position(|&count| count > 0).unwrap_or(0);
    let mut centres = [1, 3, 5, 7].map(|eighth| (8 * least + eighth * (bins - 1 - least)) / 8);
    let nearest = |centres: &[usize; 4], bin: usize| (0..4).min_by_key(|&at| centres[at].abs_diff(bin)).unwrap_or(0);
    for _ in 0..8 {
        let mut sums = [(0, 0); 4];
        for (bin, &count) in histogram.iter().enumerate() {
            let (sum, total) = &mut sums[nearest(&centres, bin)];
            *sum += bin as u64 * count;
            *total += count;
        }
        for (centre, (sum, total)) in centres.iter_mut().zip(sums) {
            *centre = (sum + total / 2).checked_div(total).map_or(*centre, |mean| mean as usize);
        }
    }
    let segments: Vec<u8> = (0..bins).map(|bin| nearest(&centres, bin) as u8).collect();
    let map = values.iter().map(|&value| segments[usize::from(value / BIN)]).collect();
    (centres.map(|centre| centre as i32 * i32::from(BIN) + i32::from(BIN / 2)), map)
}
