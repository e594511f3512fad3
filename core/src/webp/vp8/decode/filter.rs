//! The loop filter (RFC 6386, 15): sixteen places along an edge at a time.

use crate::lanes::{Sixteen, i16x16, joined, parted, sixteens, splat, u8x16};

use super::header::Filter;
use crate::webp::vp8::transform::{narrowed, shuffled};

/// Samples across an edge, four before it and four behind it, each of sixteen places.
type Across = [i16x16; 8];

fn clamped(value: Sixteen) -> Sixteen {
    value.max(splat(-128)).min(splat(127))
}

/// Which of an edge's filters to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Simple,
    Macroblock,
    Subblock,
}

/// Filters samples less 128 across an edge.
#[inline(always)]
fn filtered(mut across: [Sixteen; 8], filter: Filter, kind: Kind, macroblock: bool) -> [Sixteen; 8] {
    let limit = 2 * filter.level + if macroblock { 4 } else { 0 } + filter.inner;
    let [p3, p2, p1, p0, q0, q1, q2, q3] = across;
    let over = |a: Sixteen, b: Sixteen, most: i16| (a - b).abs().simd_gt(splat(most));
    let step: Sixteen = (p0 - q0).abs() + (p0 - q0).abs() + ((p1 - q1).abs() >> 1);
    let mut kept = step.simd_gt(splat(limit));
    let mut steep: Sixteen = splat(-1);
    if kind != Kind::Simple {
        for (a, b) in [(p3, p2), (p2, p1), (p1, p0), (q1, q0), (q2, q1), (q3, q2)] {
            kept |= over(a, b, filter.inner);
        }
        steep = over(p1, p0, filter.steep) | over(q1, q0, filter.steep);
    }
    let shallow = !steep & !kept;
    let three = (q0 - p0) + (q0 - p0) + (q0 - p0);
    let outer = clamped(p1 - q1);
    // Where the edge is steep, or the filter simple, and at all edges within macroblocks: two samples.
    let two = if kind == Kind::Macroblock { steep & !kept } else { !kept };
    let common = clamped(three + if kind == Kind::Subblock { outer & steep } else { outer }) & two;
    let behind = clamped(common + splat(4)) >> 3;
    let before = clamped(common + splat(3)) >> 3;
    across[3] = clamped(p0 + before);
    across[4] = clamped(q0 - behind);
    match kind {
        Kind::Simple => {}
        Kind::Subblock => {
            let half = ((behind + Sixteen::ONE) >> 1) & shallow;
            across[2] = clamped(p1 + half);
            across[5] = clamped(q1 - half);
        }
        Kind::Macroblock => {
            let weight = clamped(outer + three) & shallow;
            for (at, factor) in [(0, 27), (1, 18), (2, 9)] {
                let change = clamped((weight * splat(factor) + splat(63)) >> 7);
                across[3 - at] = clamped(across[3 - at] + change);
                across[4 + at] = clamped(across[4 + at] - change);
            }
        }
    }
    across
}

fn widened(samples: u8x16) -> i16x16 {
    i16x16::from(samples) - splat(128)
}

fn shortened(samples: i16x16) -> u8x16 {
    narrowed(samples + splat(128))
}

/// `N` samples of a plane.
fn some<const N: usize>(plane: &[u8], at: usize) -> [u8; N] {
    plane.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

fn put<const N: usize>(plane: &mut [u8], at: usize, samples: &[u8; N]) {
    if let Some(place) = plane.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *place = *samples;
    }
}

/// An edge: where the first sample behind it is in its plane, how long rows of that are, and whether it is one of a
/// macroblock.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) at: usize,
    pub(super) stride: usize,
    pub(super) filter: Filter,
    pub(super) kind: Kind,
    pub(super) outer: bool,
}

impl Edge {
    #[inline(never)]
    fn filtered(self, across: Across) -> Across {
        sixteens(across, |across| filtered(across, self.filter, self.kind, self.outer))
    }

    /// Filters an edge between two rows, sixteen samples of luma long.
    pub(super) fn between_rows(self, plane: &mut [u8]) {
        let first = self.at - 4 * self.stride;
        let across = std::array::from_fn(|row| widened(u8x16::new(some(plane, first + row * self.stride))));
        let across = self.filtered(across);
        for (row, &samples) in across.iter().enumerate().skip(1).take(6) {
            put::<16>(plane, first + row * self.stride, shortened(samples).as_array());
        }
    }

    /// The same of eight samples of each chroma.
    pub(super) fn between_chroma_rows(self, [blue, red]: [&mut [u8]; 2]) {
        let first = self.at - 4 * self.stride;
        let across = std::array::from_fn(|row| {
            let at = first + row * self.stride;
            widened(joined([some(blue, at), some(red, at)]))
        });
        let across = self.filtered(across);
        for (row, &samples) in across.iter().enumerate().skip(1).take(6) {
            let at = first + row * self.stride;
            let [of_blue, of_red] = parted(shortened(samples));
            put(blue, at, &of_blue);
            put(red, at, &of_red);
        }
    }

    /// Filters an edge between two columns, sixteen samples of luma long.
    pub(super) fn between_columns(self, plane: &mut [u8]) {
        let first = self.at - 4;
        let rows = std::array::from_fn(|row| some(plane, first + row * self.stride));
        let rows = self.filtered_columns(rows);
        rows.iter().enumerate().for_each(|(row, samples)| put(plane, first + row * self.stride, samples));
    }

    /// The same of eight samples of each chroma.
    pub(super) fn between_chroma_columns(self, [blue, red]: [&mut [u8]; 2]) {
        let place = |row: usize| self.at - 4 + row * self.stride;
        let mut rows = [[0; 8]; 16];
        for row in 0..8 {
            (rows[row], rows[8 + row]) = (some(blue, place(row)), some(red, place(row)));
        }
        let rows = self.filtered_columns(rows);
        for row in 0..8 {
            put(blue, place(row), &rows[row]);
            put(red, place(row), &rows[8 + row]);
        }
    }

    /// Filters sixteen rows of eight samples, four before the edge and four behind it.
    #[inline(always)]
    fn filtered_columns(self, rows: [[u8; 8]; 16]) -> [[u8; 8]; 16] {
        let pairs: [u8x16; 8] = std::array::from_fn(|at| joined([rows[2 * at], rows[2 * at + 1]]));
        // From (row, column) to (column, row), and back.
        let across = shuffled(shuffled(shuffled(shuffled(pairs)))).map(widened);
        let across = self.filtered(across).map(shortened);
        let pairs = shuffled(shuffled(shuffled(across))).map(parted);
        std::array::from_fn(|row| pairs[row / 2][row % 2])
    }
}
