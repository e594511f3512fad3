//! What a canvas shows at half its size, kept up with what is painted on it.

use crate::Light;
use crate::halve::{Halver, Kernel};
use crate::raster::Model;

use super::{CLEAR, Canvas, Pixel, Rect};

/// What a canvas shows at half its size.
#[derive(Debug)]
pub(crate) struct Half {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Row by row.
    pub(crate) pixels: Vec<Pixel>,
    kernel: Kernel,
    light: Light,
}

/// How many pixels of the half a pixel of the whole reaches to each side beyond the one that it lies in.
const fn reach(kernel: Kernel) -> usize {
    match kernel {
        Kernel::Mean => 0,
        Kernel::Sharp => 1,
    }
}

impl Half {
    /// The half of a clear canvas of `width` × `height` pixels.
    pub(crate) fn of_clear(width: usize, height: usize, kernel: Kernel, light: Light) -> Self {
        let (width, height) = (width.div_ceil(2), height.div_ceil(2));
        Self { width, height, pixels: vec![CLEAR; width * height], kernel, light }
    }

    /// Halves again what depends on the pixels of `canvas` in `dirty`; the smallest rectangle around what changed.
    pub(crate) fn update(&mut self, canvas: &Canvas, dirty: &Rect) -> Rect {
        if dirty.is_empty() {
            return Rect::EMPTY;
        }
        let reach = reach(self.kernel);
        let stale = Rect::between(
            (dirty.left / 2).saturating_sub(reach),
            (dirty.top / 2).saturating_sub(reach),
            (dirty.right().div_ceil(2) + reach).min(self.width),
            (dirty.bottom().div_ceil(2) + reach).min(self.height),
        );
        // What lies further out than `stale` is only there for the rows and columns inside to be right.
        let seen = Rect::between(
            stale.left.saturating_sub(reach) * 2,
            stale.top.saturating_sub(reach) * 2,
            ((stale.right() + reach) * 2).min(canvas.width),
            ((stale.bottom() + reach) * 2).min(canvas.height),
        );
        let mut halver = Halver::new(seen.width, Model::Rgba, self.kernel, self.light);
        let mut rows = Rows { half: self, stale, left: seen.left / 2, y: seen.top / 2, changed: Rect::EMPTY };
        for y in seen.rows() {
            if let Some(row) = halver.push(canvas.row(&seen, y).as_flattened()) {
                rows.take(row);
            }
        }
        while let Some(row) = halver.finish() {
            rows.take(row);
        }
        rows.changed
    }
}

/// Rows of the half as they are made.
struct Rows<'a> {
    half: &'a mut Half,
    stale: Rect,
    /// The column of the half where rows begin.
    left: usize,
    /// The row of the half that comes next.
    y: usize,
    changed: Rect,
}

impl Rows<'_> {
    fn take(&mut self, row: &[u8]) {
        let y = self.y;
        self.y += 1;
        if !self.stale.rows().contains(&y) {
            return;
        }
        let new = &row.as_chunks::<4>().0[self.stale.left - self.left..][..self.stale.width];
        let old = &mut self.half.pixels[self.stale.row(y, self.half.width)];
        if new == old {
            return;
        }
        let differs = |(a, b): (&Pixel, &Pixel)| a != b;
        let first = new.iter().zip(old.iter()).position(differs).unwrap_or(0);
        let last = new.iter().zip(old.iter()).rposition(differs).unwrap_or(0);
        let left = self.stale.left;
        self.changed = self.changed.with(&Rect::between(left + first, y, left + last + 1, y + 1));
        old.copy_from_slice(new);
    }
}
