//! Rows as they were before they were filtered (PNG 9).

use wide::{i16x8, u8x16, u64x2};

use super::malformed;
use crate::Error;

/// Bytes behind each row that are read and written with it, whatever they are.
pub(super) const SLACK: usize = 8;

/// Undoes a `filter`: `row` becomes what `filtered` was, whose pixels have so many bytes, below the row `above`. All
/// three are of one length, and have [`SLACK`] bytes at the end that are none.
pub(super) fn unfilter(
    filter: u8,
    pixel_bytes: usize,
    above: &[u8],
    filtered: &[u8],
    row: &mut [u8],
) -> Result<(), Error> {
    let byte = i16x8::splat(255);
    match filter {
        0 => row.copy_from_slice(filtered),
        1 => by_pixels(pixel_bytes, above, filtered, row, |here, left, _, _| (here + left) & byte),
        2 => {
            let both = filtered.iter().zip(above);
            row.iter_mut().zip(both).for_each(|(byte, (here, above))| *byte = here.wrapping_add(*above));
        }
        3 => by_pixels(pixel_bytes, above, filtered, row, |here, left, above, _| (here + ((left + above) >> 1)) & byte),
        4 => by_pixels(pixel_bytes, above, filtered, row, paeth),
        _ => return Err(malformed("has a filter type that PNG lacks")),
    }
    Ok(())
}

/// Applies `undo` to each pixel: to its differences, the pixel on the left, the one above, the one above that on the left.
/// The samples of a pixel lie in lanes; those behind its own are of its neighbours, and of no account.
#[inline(always)]
fn by_pixels(
    pixel_bytes: usize,
    above: &[u8],
    filtered: &[u8],
    row: &mut [u8],
    undo: impl Fn(i16x8, i16x8, i16x8, i16x8) -> i16x8,
) {
    let (mut left, mut corner) = (i16x8::ZERO, i16x8::ZERO);
    for at in (0..row.len() - SLACK).step_by(pixel_bytes) {
        let (Some(here), Some(over)) = (filtered[at..].first_chunk(), above[at..].first_chunk()) else { break };
        let above = widened(*over);
        left = undo(widened(*here), left, above, corner);
        corner = above;
        let narrow = u8x16::narrow_i16x8(left, left).to_array();
        let Some(to) = row[at..].first_chunk_mut::<SLACK>() else { break };
        to.copy_from_slice(&narrow[..SLACK]);
    }
}

/// The prediction (PNG 9.4) without asking for distances: with `low` and `high` the smaller and larger one of left and
/// above, and `t` = 3 · corner − above − left, it is `low` where `high` ≤ `t`, `high` where `t` ≤ `low`, else the corner;
/// where both hold, they are equal.
///
/// What takes time is the way from one pixel to the next, so all that does not need the pixel on the left is done besides.
#[inline(always)]
fn paeth(here: i16x8, left: i16x8, above: i16x8, corner: i16x8) -> i16x8 {
    let t = corner + corner + corner - above - left;
    let (low, high) = (left.min(above), left.max(above));
    let (over, under) = (t.simd_gt(low), high.simd_gt(t));
    let by_corner = (here + corner) & over & under;
    ((here + low) & !under | (here + high) & !over | by_corner) & i16x8::splat(255)
}

/// Bytes as lanes.
#[inline(always)]
fn widened(bytes: [u8; 8]) -> i16x8 {
    let bytes: u8x16 = wide::bytemuck::cast(u64x2::new([u64::from_le_bytes(bytes), 0]));
    i16x8::from_u8x16_low(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PNG 9.2, word by word.
    fn naive(filter: u8, pixel_bytes: usize, above: &[u8], filtered: &[u8]) -> Vec<u8> {
        let mut row: Vec<u8> = Vec::new();
        for (at, &byte) in filtered.iter().enumerate() {
            let a = if at < pixel_bytes { 0 } else { i32::from(row[at - pixel_bytes]) };
            let c = if at < pixel_bytes { 0 } else { i32::from(above[at - pixel_bytes]) };
            let b = i32::from(above[at]);
            let prediction = match filter {
                0 => 0,
                1 => a,
                2 => b,
                3 => (a + b) / 2,
                _ => [a, b, c].into_iter().min_by_key(|level| (a + b - c - level).abs()).unwrap(),
            };
            row.push(byte.wrapping_add(prediction as u8));
        }
        row
    }

    #[test]
    fn every_filter_is_undone_for_every_pixel() {
        let mut seed = 1_u32;
        let mut noise = |count: usize| -> Vec<u8> {
            (0..count)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    [0, 255, (seed >> 24) as u8, (seed >> 28) as u8][seed as usize >> 22 & 3]
                })
                .collect()
        };
        for (filter, pixel_bytes) in (0..5).flat_map(|f| [1, 2, 3, 4, 6, 8].map(|bytes| (f, bytes))) {
            for width in [1, 2, 3, 7, 8, 9, 300] {
                let count = width * pixel_bytes;
                let (above, filtered) = (noise(count + SLACK), noise(count + SLACK));
                let mut row = vec![0; count + SLACK];
                unfilter(filter, pixel_bytes, &above, &filtered, &mut row).unwrap();
                let expected = naive(filter, pixel_bytes, &above[..count], &filtered[..count]);
                assert!(row[..count] == expected, "filter {filter}, {width} pixels of {pixel_bytes} bytes");
            }
        }
        assert!(unfilter(5, 1, &[0; 9], &[0; 9], &mut [0; 9]).is_err());
    }
}
