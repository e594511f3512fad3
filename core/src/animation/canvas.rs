//! The canvas onto which frames are painted.

use crate::raster::{Model, Raster, Samples};

use super::{Disposal, Frame, Rect};

/// Red, green, blue, alpha; alpha is straight.
pub(crate) type Pixel = [u8; 4];

/// A pixel that nothing was painted on.
pub(crate) const CLEAR: Pixel = [0; 4];

/// The canvas onto which frames are painted, and what the last one covered.
#[derive(Debug)]
pub(crate) struct Canvas {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Row by row; at first all are [`CLEAR`].
    pub(crate) pixels: Vec<Pixel>,
    /// The last frame's rectangle, and what becomes of it.
    last: (Rect, Disposal),
    /// What was in that rectangle before, where it comes back.
    covered: Vec<Pixel>,
}

impl Canvas {
    /// A clear canvas; both sides are at least 1.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let last = (Rect::EMPTY, Disposal::Keep);
        Self { width, height, pixels: vec![CLEAR; width * height], last, covered: Vec::new() }
    }

    /// Disposes of the last frame and makes way for `frame`; the part of its rectangle that lies on the canvas, and
    /// the rectangle outside of which the canvas stays as it was.
    pub(crate) fn begin(&mut self, frame: &Frame) -> (Rect, Rect) {
        let (last, disposal) = self.last;
        let disposed = if disposal == Disposal::Keep { Rect::EMPTY } else { last };
        match disposal {
            Disposal::Keep => {}
            Disposal::Clear => last.rows().for_each(|y| self.pixels[last.row(y, self.width)].fill(CLEAR)),
            Disposal::Restore => {
                for (y, row) in last.rows().zip(self.covered.chunks_exact(last.width.max(1))) {
                    self.pixels[last.row(y, self.width)].copy_from_slice(row);
                }
            }
        }
        let rect = frame.rect.within(self.width, self.height);
        self.covered.clear();
        if frame.disposal == Disposal::Restore {
            for y in rect.rows() {
                self.covered.extend_from_slice(&self.pixels[rect.row(y, self.width)]);
            }
        }
        self.last = (rect, frame.disposal);
        (rect, rect.with(&disposed))
    }

    /// Paints `raster`, whose upper left pixel lies there in `visible`: over what is there, or in its place.
    pub(crate) fn paint(&mut self, visible: &Rect, raster: &Raster, blends: bool) {
        let channels = raster.model.channels();
        let mut from = vec![CLEAR; visible.width];
        for (i, y) in visible.rows().enumerate() {
            let start = i * raster.width * channels;
            let row = start..start + visible.width * channels;
            match &raster.samples {
                Samples::Eight(samples) => unpack(raster.model, &samples[row], |sample| sample, &mut from),
                // 65535 / 255 = 257; rounded to the nearest.
                Samples::Sixteen(samples) => {
                    let eight = |sample| ((u32::from(sample) + 128) / 257) as u8;
                    unpack(raster.model, &samples[row], eight, &mut from);
                }
            }
            for (pixel, &new) in self.row_mut(visible, y).iter_mut().zip(&from) {
                *pixel = if blends { over(new, *pixel) } else { new };
            }
        }
    }

    /// The pixels of row `y` inside `rect`.
    pub(crate) fn row_mut(&mut self, rect: &Rect, y: usize) -> &mut [Pixel] {
        &mut self.pixels[rect.row(y, self.width)]
    }

    /// The pixels of row `y` inside `rect`.
    pub(crate) fn row(&self, rect: &Rect, y: usize) -> &[Pixel] {
        &self.pixels[rect.row(y, self.width)]
    }
}

/// Pixels of `model` as RGBA.
fn unpack<S: Copy>(model: Model, samples: &[S], eight: impl Fn(S) -> u8, pixels: &mut [Pixel]) {
    for (pixel, samples) in pixels.iter_mut().zip(samples.chunks_exact(model.channels())) {
        *pixel = match *samples {
            [level] => [eight(level), eight(level), eight(level), 255],
            [level, alpha] => [eight(level), eight(level), eight(level), eight(alpha)],
            [r, g, b] => [eight(r), eight(g), eight(b), 255],
            [r, g, b, alpha, ..] => [eight(r), eight(g), eight(b), eight(alpha)],
            [] => CLEAR,
        };
    }
}

/// `front` blended onto `back` (PNG 13.16, RFC 9649 2.7.1.1), rounded to the nearest.
fn over(front: Pixel, back: Pixel) -> Pixel {
    let [.., front_alpha] = front.map(u32::from);
    match front[3] {
        255 => return front,
        0 => return back,
        _ => {}
    }
    // Both in parts of 255².
    let front_part = front_alpha * 255;
    let back_part = u32::from(back[3]) * (255 - front_alpha);
    let whole = front_part + back_part;
    let mut blend = CLEAR;
    for i in 0..3 {
        let sum = u32::from(front[i]) * front_part + u32::from(back[i]) * back_part;
        blend[i] = ((sum + whole / 2) / whole) as u8;
    }
    blend[3] = ((whole + 127) / 255) as u8;
    blend
}
