//! The first partition: what the frame and its macroblocks say besides coefficients (RFC 6386, 9 and 11, 19.2 and 19.3).

use super::bool_encoder::BoolEncoder;
use super::cost;
use super::predict::Mode;
use super::segments::Segments;
use super::tables::{CHROMA_MODES, DEFAULTS, LUMA_MODES, Probabilities, SUBBLOCK_MODES, UPDATES};

/// How a macroblock is foretold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Modes {
    /// `None` where each subblock has a mode of its own.
    pub(super) luma: Option<Mode>,
    /// The modes of subblocks, which are those of neighbours' contexts where `luma` is for all.
    pub(super) subblocks: [u8; 16],
    pub(super) chroma: Mode,
    /// Whether there is no coefficient.
    pub(super) empty: bool,
}

/// A tree's path to a leaf: bits, each with the node that it is decided at, from the first bit on.
type Path = &'static [(u8, bool)];

/// The tree of a subblock's modes (11.2).
const SUBBLOCK_PATHS: [Path; 10] = [
    &[(0, false)],
    &[(0, true), (1, false)],
    &[(0, true), (1, true), (2, false)],
    &[(0, true), (1, true), (2, true), (3, false), (4, false)],
    &[(0, true), (1, true), (2, true), (3, true), (6, false)],
    &[(0, true), (1, true), (2, true), (3, false), (4, true), (5, false)],
    &[(0, true), (1, true), (2, true), (3, false), (4, true), (5, true)],
    &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, false)],
    &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, true), (8, false)],
    &[(0, true), (1, true), (2, true), (3, true), (6, true), (7, true), (8, true)],
];

/// The tree of luma's modes: subblocks, then as in [`Mode`].
const LUMA_PATHS: [Path; 5] = [
    &[(0, false)],
    &[(0, true), (1, false), (2, false)],
    &[(0, true), (1, false), (2, true)],
    &[(0, true), (1, true), (3, false)],
    &[(0, true), (1, true), (3, true)],
];

/// The tree of chroma's modes.
const CHROMA_PATHS: [Path; 4] =
    [&[(0, false)], &[(0, true), (1, false)], &[(0, true), (1, true), (2, false)], &[(0, true), (1, true), (2, true)]];

fn path_cost(path: Path, probabilities: &[u8]) -> u32 {
    path.iter().map(|&(node, bit)| cost::bit(bit, probabilities[usize::from(node)])).sum()
}

/// What modes cost, in 1/256 bits.
#[derive(Clone, Debug)]
pub(super) struct ModeCosts {
    /// Subblocks, then by mode.
    pub(super) luma: [u32; 5],
    pub(super) chroma: [u32; 4],
    /// By the mode above and that to the left. Lanes behind the tenth cost more than any mode.
    pub(super) subblock: Box<[[[i16; 16]; 10]; 10]>,
}

impl ModeCosts {
    pub(super) fn new() -> Self {
        let mut subblock = Box::new([[[i16::MAX / 2; 16]; 10]; 10]);
        for (costs, probabilities) in subblock.as_flattened_mut().iter_mut().zip(SUBBLOCK_MODES.as_flattened()) {
            for (cost, path) in costs.iter_mut().zip(SUBBLOCK_PATHS) {
                *cost = path_cost(path, probabilities) as i16;
            }
        }
        Self {
            luma: LUMA_PATHS.map(|path| path_cost(path, &LUMA_MODES)),
            chroma: CHROMA_PATHS.map(|path| path_cost(path, &CHROMA_MODES)),
            subblock,
        }
    }
}

/// The first partition of a frame of macroblocks of `modes`, `across` in a row.
pub(super) fn first_partition(
    segments: &Segments,
    probabilities: &Probabilities,
    modes: &[Modes],
    across: usize,
) -> Vec<u8> {
    let mut out = BoolEncoder::with_capacity(modes.len() * 8 + 2048);
    // Colour space 0; decoders clamp.
    out.put_number(0, 2);
    let tree = put_segments(&mut out, segments);
    // The normal loop filter, whose level the segments override, and no sharpness; no adjustments; one partition.
    out.put_number(0, 1);
    out.put_number(u32::from(segments.filters.into_iter().max().unwrap_or(0)), 6);
    out.put_number(0, 3 + 1 + 2);
    out.put_number(u32::from(segments.indices[0]), 7);
    for delta in [0, 0, 0, segments.chroma[0], segments.chroma[1]] {
        out.put_optional(delta, 4);
    }
    // Probabilities are for this frame, as there is no other.
    out.put_number(0, 1);
    put_probabilities(&mut out, probabilities);
    let empty = modes.iter().filter(|modes| modes.empty).count();
    let full = (256 * (modes.len() - empty) / modes.len()).clamp(1, 255) as u8;
    out.put(empty > 0, 128);
    if empty > 0 {
        out.put_number(u32::from(full), 8);
    }
    let mut above = vec![0; 4 * across];
    for (row, map) in modes.chunks(across).zip(segments.map.chunks(across)) {
        let mut left = [0; 4];
        for ((modes, &segment), above) in row.iter().zip(map).zip(above.as_chunks_mut::<4>().0) {
            if let Some(tree) = tree {
                out.put(segment > 1, tree[0]);
                out.put(segment % 2 != 0, tree[1 + usize::from(segment / 2)]);
            }
            if empty > 0 {
                out.put(modes.empty, full);
            }
            put_modes(&mut out, modes, above, &mut left);
        }
    }
    out.finish()
}

fn put_path(out: &mut BoolEncoder, path: Path, probabilities: &[u8]) {
    path.iter().for_each(|&(node, bit)| out.put(bit, probabilities[usize::from(node)]));
}

/// Writes the modes of a macroblock, whose neighbours' nearest subblocks have the modes `above` and `left`.
fn put_modes(out: &mut BoolEncoder, modes: &Modes, above: &mut [u8; 4], left: &mut [u8; 4]) {
    put_path(out, LUMA_PATHS[modes.luma.map_or(0, |mode| 1 + mode as usize)], &LUMA_MODES);
    for (at, &mode) in modes.subblocks.iter().enumerate() {
        let (above, left) = (&mut above[at % 4], &mut left[at / 4]);
        if modes.luma.is_none() {
            let probabilities = &SUBBLOCK_MODES[usize::from(*above)][usize::from(*left)];
            put_path(out, SUBBLOCK_PATHS[usize::from(mode)], probabilities);
        }
        (*above, *left) = (mode, mode);
    }
    put_path(out, CHROMA_PATHS[modes.chroma as usize], &CHROMA_MODES);
}

/// Writes what the segments are (9.3), and gives the probabilities of the tree of their numbers where there is more
/// than one.
fn put_segments(out: &mut BoolEncoder, segments: &Segments) -> Option<[u8; 3]> {
    let enabled = segments.enabled();
    out.put(enabled, 128);
    if !enabled {
        return None;
    }
    // The map and the values follow; values are absolute.
    out.put_number(0b111, 3);
    segments.indices.iter().for_each(|&index| out.put_optional(index.into(), 7));
    segments.filters.iter().for_each(|&level| out.put_optional(level.into(), 6));
    let mut counts = [0_usize; 4];
    segments.map.iter().for_each(|&segment| counts[usize::from(segment)] += 1);
    let zero = |zeros: usize, ones: usize| (256 * zeros).checked_div(zeros + ones).unwrap_or(255).clamp(1, 255) as u8;
    let [a, b, c, d] = counts;
    let tree = [zero(a + b, c + d), zero(a, b), zero(c, d)];
    for probability in tree {
        out.put(true, 128);
        out.put_number(probability.into(), 8);
    }
    Some(tree)
}

/// Writes the probabilities of coefficients that are not the default ones (13.4).
fn put_probabilities(out: &mut BoolEncoder, probabilities: &Probabilities) {
    let [defaults, updates, wanted] =
        [&DEFAULTS, &UPDATES, probabilities].map(|table| table.as_flattened().as_flattened().as_flattened());
    for ((&default, &update), &wanted) in defaults.iter().zip(updates).zip(wanted) {
        out.put(wanted != default, update);
        if wanted != default {
            out.put_number(wanted.into(), 8);
        }
    }
}
