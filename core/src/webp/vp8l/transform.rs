//! Transforms that an encoder applied before coding (RFC 9649, 3.5), undone row by row.
//!
//! A pixel is `0xAARRGGBB`.

/// A transform whose parameters stand in tiles of `1 << bits` pixels a side, `tiles` of them across.
#[derive(Debug)]
pub(super) struct Tiled {
    pub(super) bits: u32,
    pub(super) tiles: usize,
    /// The parameters of each tile, as pixels.
    pub(super) values: Vec<u32>,
}

impl Tiled {
    /// The parameters of the tiles that row `y` goes through, each with its pixels of the row.
    fn of_row(&self, y: usize) -> impl Iterator<Item = u32> {
        let row = (y >> self.bits) * self.tiles;
        self.values[row..row + self.tiles].iter().copied()
    }
}

/// One step of decoding.
#[derive(Debug)]
pub(super) enum Transform {
    /// Differences to what neighbours predict become colours; the row above is kept here, and one pixel behind it.
    Predictor { modes: Tiled, above: Vec<u32> },
    /// Red and blue get back what was foretold from green, and blue from red.
    Color(Tiled),
    /// Red and blue get green added.
    SubtractGreen,
    /// Indices in green become colours, `1 << packed` of them in a pixel.
    Indexing { colors: Vec<u32>, packed: u32 },
}

impl Transform {
    /// Adds to each pixel the one before it.
    pub(super) fn add_up(pixels: &mut [u32]) {
        let mut sum = 0;
        for pixel in pixels {
            sum = add(sum, *pixel);
            *pixel = sum;
        }
    }

    /// Undoes it in row `y`, which is longer afterwards where indices were packed. `width` is that of the picture.
    pub(super) fn undo(&mut self, row: &mut Vec<u32>, y: usize, width: usize) {
        match self {
            Self::Predictor { modes, above } => undo_prediction(row, y, modes, above),
            Self::Color(elements) => {
                let tile = 1 << elements.bits;
                for (pixels, element) in row.chunks_mut(tile).zip(elements.of_row(y)) {
                    undo_color(pixels, element);
                }
            }
            Self::SubtractGreen => {
                for pixel in row {
                    let green = *pixel >> 8 & 0xFF;
                    *pixel = add(*pixel, green << 16 | green);
                }
            }
            Self::Indexing { colors, packed } => look_up(row, colors, *packed, width),
        }
    }
}

/// Adds two pixels, each component modulo 256.
pub(super) const fn add(a: u32, b: u32) -> u32 {
    const ODD: u32 = 0xFF00_FF00;
    const EVEN: u32 = 0x00FF_00FF;
    ((a & ODD).wrapping_add(b & ODD) & ODD) | ((a & EVEN).wrapping_add(b & EVEN) & EVEN)
}

/// Takes `b` from `a`, each component modulo 256.
pub(super) const fn sub(a: u32, b: u32) -> u32 {
    const ODD: u32 = 0xFF00_FF00;
    const EVEN: u32 = 0x00FF_00FF;
    // What is borrowed comes from bits that are not kept.
    ((a & ODD | EVEN).wrapping_sub(b & ODD) & ODD) | ((a & EVEN | ODD).wrapping_sub(b & EVEN) & EVEN)
}

/// The mean of two pixels, each component rounded down.
pub(super) const fn mean(a: u32, b: u32) -> u32 {
    (((a ^ b) & 0xFEFE_FEFE) >> 1) + (a & b)
}

pub(super) const BLACK: u32 = 0xFF00_0000;

fn undo_prediction(row: &mut [u32], y: usize, modes: &Tiled, above: &mut Vec<u32>) {
    let width = row.len();
    if y == 0 {
        let mut left = BLACK;
        for pixel in &mut *row {
            left = add(*pixel, left);
            *pixel = left;
        }
        *above = row.to_vec();
        above.push(0);
        return;
    }
    row[0] = add(row[0], above[0]);
    // What is right of the row above is, in the order of pixels, the first one of this row.
    above[width] = row[0];
    let tile = 1 << modes.bits;
    for (i, mode) in modes.of_row(y).enumerate() {
        let (from, to) = ((i * tile).max(1), ((i + 1) * tile).min(width));
        if from < to {
            predict_run(row, above, from..to, mode >> 8 & 15);
        }
    }
    above[..width].copy_from_slice(row);
}

/// Expands to `$each!(|left, corner, top, right| prediction)` for the `$mode` (RFC 9649, 4.1): a loop for each of them, in
/// which the mode need not be asked for.
macro_rules! by_mode {
    ($mode:expr, $each:ident) => {
        match $mode {
            1 => $each!(|l, c, t, r| l),
            2 => $each!(|l, c, t, r| t),
            3 => $each!(|l, c, t, r| r),
            4 => $each!(|l, c, t, r| c),
            5 => $each!(|l, c, t, r| mean(mean(l, r), t)),
            6 => $each!(|l, c, t, r| mean(l, c)),
            7 => $each!(|l, c, t, r| mean(l, t)),
            8 => $each!(|l, c, t, r| mean(c, t)),
            9 => $each!(|l, c, t, r| mean(t, r)),
            10 => $each!(|l, c, t, r| mean(mean(l, c), mean(t, r))),
            11 => $each!(|l, c, t, r| select(l, t, c)),
            12 => $each!(|l, c, t, r| by_component(l, t, c, |l, t, c| l + t - c)),
            13 => $each!(|l, c, t, r| by_component(mean(l, t), c, 0, |m, c, _| m + (m - c) / 2)),
            _ => $each!(|l, c, t, r| BLACK),
        }
    };
}
pub(super) use by_mode;

/// Undoes the prediction by `mode` of the pixels in `run`, none of which is the first of the row.
fn predict_run(row: &mut [u32], above: &[u32], run: std::ops::Range<usize>, mode: u32) {
    let above = &above[run.start - 1..run.end + 1];
    let mut left = row[run.start - 1];
    let pixels = row[run].iter_mut().zip(above.windows(3));
    macro_rules! each {
        (|$left:ident, $corner:ident, $top:ident, $right:ident| $prediction:expr) => {
            for (pixel, neighbours) in pixels {
                let &[$corner, $top, $right] = neighbours else { continue };
                let $left = left;
                let _ = ($left, $corner, $top, $right);
                left = add(*pixel, $prediction);
                *pixel = left;
            }
        };
    }
    by_mode!(mode, each)
}

/// Whichever of `left` and `top` is nearer to `left + top - corner`; the latter, if both are.
pub(super) fn select(left: u32, top: u32, corner: u32) -> u32 {
    let distance = |a: u32, b: u32| -> u32 {
        a.to_le_bytes().into_iter().zip(b.to_le_bytes()).map(|(a, b)| u32::from(a.abs_diff(b))).sum()
    };
    if distance(top, corner) < distance(left, corner) { left } else { top }
}

/// What `sum` makes of each component of three pixels, brought back to 0 to 255.
pub(super) fn by_component(a: u32, b: u32, c: u32, sum: impl Fn(i32, i32, i32) -> i32) -> u32 {
    let (a, b, c) = (a.to_le_bytes(), b.to_le_bytes(), c.to_le_bytes());
    let component = |i: usize| sum(a[i].into(), b[i].into(), c[i].into()).clamp(0, 255) as u8;
    u32::from_le_bytes([component(0), component(1), component(2), component(3)])
}

fn undo_color(pixels: &mut [u32], element: u32) {
    let [green_to_red, green_to_blue, red_to_blue, _] = element.to_le_bytes();
    let share = |by: u8, of: u32| (i32::from(by as i8) * i32::from(of as u8 as i8)) >> 5;
    for pixel in pixels {
        let green = *pixel >> 8;
        let red = (*pixel >> 16).wrapping_add_signed(share(green_to_red, green));
        let blue = pixel.wrapping_add_signed(share(green_to_blue, green)).wrapping_add_signed(share(red_to_blue, red));
        *pixel = *pixel & 0xFF00_FF00 | (red & 0xFF) << 16 | blue & 0xFF;
    }
}

/// Puts colours in place of indices; transparent black where there is no such entry.
fn look_up(row: &mut Vec<u32>, colors: &[u32], packed: u32, width: usize) {
    let color = |index: u32| colors.get(index as usize).copied().unwrap_or(0);
    if packed == 0 {
        row.iter_mut().for_each(|pixel| *pixel = color(*pixel >> 8 & 0xFF));
        return;
    }
    let bits = 8 >> packed;
    let unpacked = row.iter().flat_map(|pixel| {
        let indices = *pixel >> 8 & 0xFF;
        (0..1 << packed).map(move |i| indices >> (i * bits) & ((1 << bits) - 1))
    });
    *row = unpacked.take(width).map(color).collect();
}
