//! Pictures of few colours: indices instead (RFC 9649, 4.4).

use super::super::transform::sub;
use crate::sort::sort;

/// The most colours of a palette.
const MOST: usize = 256;

/// The colours of `pixels` in an order in which neighbours differ little; `None` where there are more than 256.
pub(super) fn colors(pixels: &[u32]) -> Option<Vec<u32>> {
    let mut sorted = Vec::with_capacity(MOST);
    let mut last = None;
    for &pixel in pixels {
        if last == Some(pixel) {
            continue;
        }
        last = Some(pixel);
        if let Err(place) = sorted.binary_search(&pixel) {
            if sorted.len() == MOST {
                return None;
            }
            sorted.insert(place, pixel);
        }
    }
    Some(in_order(sorted))
}

/// Puts indices in place of `pixels`, as many in one as there is room for: gives what is left of `width`.
pub(super) fn apply(pixels: &mut Vec<u32>, width: usize, colors: &[u32]) -> usize {
    let mut keys: Vec<u64> = colors.iter().zip(0..).map(|(&color, index)| u64::from(color) << 8 | index).collect();
    sort(&mut keys);
    let mut last = (colors[0], 0);
    let mut index = |color: u32| {
        if color != last.0 {
            let place = keys.partition_point(|&key| key >> 8 < u64::from(color));
            last = (color, keys[place] as u32 & 0xFF);
        }
        last.1
    };
    let packed = match colors.len() {
        0..=2 => 3,
        3..=4 => 2,
        5..=16 => 1,
        _ => 0,
    };
    let (bits, many) = (8 >> packed, 1 << packed);
    let across = width.div_ceil(many);
    let mut to = 0;
    for y in 0..pixels.len() / width {
        for x in 0..across {
            let from = y * width + x * many;
            let row = &pixels[from..from + many.min(width - x * many)];
            let indices = row.iter().zip(0..).fold(0, |indices, (&color, i)| indices | index(color) << (i * bits));
            pixels[to] = super::super::transform::BLACK | indices << 8;
            to += 1;
        }
    }
    pixels.truncate(to);
    across
}

/// What the table of a palette is coded as: what each colour differs by from the one before.
pub(super) fn differences(colors: &[u32]) -> Vec<u32> {
    let mut last = 0;
    colors.iter().map(|&color| sub(color, std::mem::replace(&mut last, color))).collect()
}

/// Sorted `colors` so that each is followed by the one that is nearest to it.
fn in_order(mut colors: Vec<u32>) -> Vec<u32> {
    let mut last = 0;
    for from in 0..colors.len() {
        let distance = |color: u32| -> u32 {
            sub(color, last).to_le_bytes().map(|byte| u32::from((byte as i8).unsigned_abs())).into_iter().sum()
        };
        let nearest = (from..colors.len()).min_by_key(|&at| distance(colors[at])).unwrap_or(from);
        colors.swap(from, nearest);
        last = colors[from];
    }
    colors
}
