//! Adam7 (PNG 8.2): seven passes, each of which is a small picture.

use super::inflate::Inflater;
use super::layout::Layout;
use super::unfilter::{SLACK, unfilter};
use crate::Error;

/// First column and row of each pass, and the steps from one to the next.
const PASSES: [[usize; 4]; 7] =
    [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];

/// All rows of an interlaced picture, one behind the other, without filters.
pub(super) fn deinterlace(inflater: &mut Inflater<'_>, layout: Layout, height: usize) -> Result<Vec<u8>, Error> {
    let row_bytes = layout.row_bytes();
    let mut whole = vec![0; row_bytes * height];
    for [x, y, across, down] in PASSES {
        let width = layout.width.saturating_sub(x).div_ceil(across);
        if width == 0 {
            continue;
        }
        let pass = Layout { width, ..layout };
        let bytes = pass.row_bytes();
        let mut above = vec![0; bytes + SLACK];
        let (mut row, mut filtered) = (above.clone(), above.clone());
        for whole in whole.chunks_exact_mut(row_bytes).skip(y).step_by(down) {
            let mut filter = [0];
            inflater.fill(&mut filter)?;
            inflater.fill(&mut filtered[..bytes])?;
            unfilter(filter[0], layout.pixel_bytes(), &above, &filtered, &mut row)?;
            spread(layout, &row, width, whole, (x, across));
            std::mem::swap(&mut above, &mut row);
        }
    }
    Ok(whole)
}

/// Puts the `width` pixels of `row` into the `whole` one: every `across`th from `x` on.
fn spread(layout: Layout, row: &[u8], width: usize, whole: &mut [u8], (x, across): (usize, usize)) {
    let depth = usize::from(layout.depth);
    if depth >= 8 {
        let bytes = layout.pixel_bytes();
        for (from, to) in row.chunks_exact(bytes).zip(whole.chunks_exact_mut(bytes).skip(x).step_by(across)) {
            to.copy_from_slice(from);
        }
        return;
    }
    for i in 0..width {
        let (from, to) = (i * depth, (x + i * across) * depth);
        let sample = row[from / 8] >> (8 - depth - from % 8) & ((1 << depth) - 1);
        whole[to / 8] |= sample << (8 - depth - to % 8);
    }
}
