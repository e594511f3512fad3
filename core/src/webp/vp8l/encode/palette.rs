//! Pictures of few colours: indices instead (RFC 9649, 4.4).

use super::super::transform::sub;
use crate::sort::sort;

/// The colours of `pixels` in an order in which neighbours differ little; `None` where there are more than 256.
pub(super) fn colors(pixels: &[u32]) -> Option<Vec<u32>> {
    let mut seen = Seen::new();
    let mut last = None;
    for &pixel in pixels {
        if last != Some(pixel) {
            seen.index(pixel, true)?;
            last = Some(pixel);
        }
    }
    Some(in_order(seen.colors))
}

/// Puts indices in place of `pixels`, as many in one as there is room for: gives what is left of `width`.
pub(super) fn apply(pixels: &mut Vec<u32>, width: usize, colors: &[u32]) -> usize {
    let mut seen = Seen::new();
    colors.iter().for_each(|&color| {
        seen.index(color, true);
    });
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
            let mut indices = 0;
            for i in 0..many.min(width - x * many) {
                indices |= seen.index(pixels[from + i], false).unwrap_or(0) << (i * bits);
            }
            pixels[to] = super::super::transform::BLACK | (indices as u32) << 8;
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

/// Colours by hash, with places that are tried one after the other.
struct Seen {
    places: Vec<u16>,
    colors: Vec<u32>,
}

impl Seen {
    const PLACES: usize = 1024;

    fn new() -> Self {
        Self { places: vec![0; Self::PLACES], colors: Vec::new() }
    }

    /// Where `color` is among the colours; it is added if it shall be, and there is room.
    fn index(&mut self, color: u32, add: bool) -> Option<usize> {
        let mut place = (color.wrapping_mul(0x9E37_79B1) >> 22) as usize;
        loop {
            match self.places[place] {
                0 if !add || self.colors.len() == 256 => return None,
                0 => {
                    self.colors.push(color);
                    self.places[place] = self.colors.len() as u16;
                    return Some(self.colors.len() - 1);
                }
                index if self.colors[usize::from(index) - 1] == color => return Some(usize::from(index) - 1),
                _ => place = (place + 1) % Self::PLACES,
            }
        }
    }
}

/// `colors` so that each is followed by the one that is nearest to it.
fn in_order(colors: Vec<u32>) -> Vec<u32> {
    let mut keys: Vec<u64> = colors.into_iter().map(u64::from).collect();
    sort(&mut keys);
    let mut colors: Vec<u32> = keys.into_iter().map(|key| key as u32).collect();
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
