//! Moving WebP out.

use crate::animation::{CLEAR, Clock, Delay, Pixel, Rect};
use crate::raster::{Model, Raster, Samples};
use crate::{Effort, Error, Quality};

use super::container::{Animation, Coded, Placed};
use super::{fits, lossless, lossy, unsupported};

/// The most milliseconds that a frame can be shown for.
const MOST_DURATION: u32 = 0xFF_FFFF;

/// Moving WebP out, picture by picture. One waits until it is known for how long it is shown.
pub(crate) struct Movie {
    animation: Animation,
    width: usize,
    /// The quality of pictures coded with loss; `None` where they are not.
    lossy: Option<Quality>,
    effort: Effort,
    /// What is shown so far.
    shown: Vec<Pixel>,
    clock: Clock,
    waiting: Option<(Coded, Placed, Delay)>,
}

impl Movie {
    /// A movie of `width` × `height`, played `plays` times, 0 for ever.
    ///
    /// # Errors
    /// Unsupported where a side is over 16383 pixels.
    pub(crate) fn new(
        (width, height): (usize, usize),
        plays: u32,
        lossy: Option<Quality>,
        effort: Effort,
        profile: Option<&[u8]>,
    ) -> Result<Self, Error> {
        if !fits(width, height) {
            return Err(unsupported("a side over 16383 pixels"));
        }
        let animation = Animation::new((width as u32, height as u32), plays.min(0xFFFF) as u16, profile);
        Ok(Self {
            animation,
            width,
            lossy,
            effort,
            shown: vec![CLEAR; width * height],
            clock: Clock::new(1000),
            waiting: None,
        })
    }

    /// Shows `pixels` for `delay`; they differ from the ones before in `changed` alone. Where that is too long for
    /// a frame to say, others follow that change nothing.
    ///
    /// # Errors
    /// Unsupported where an encoder refuses them.
    pub(crate) fn show(&mut self, pixels: &[Pixel], changed: &Rect, delay: Delay) -> Result<(), Error> {
        let mut changed = *changed;
        for share in self.clock.tick(delay).shares(MOST_DURATION) {
            self.show_for(pixels, &changed, share)?;
            changed = Rect::EMPTY;
        }
        Ok(())
    }

    /// The same for a `delay` of at most [`MOST_DURATION`].
    fn show_for(&mut self, pixels: &[Pixel], changed: &Rect, delay: Delay) -> Result<(), Error> {
        if let (Some((_, _, before)), true) = (&mut self.waiting, changed.is_empty()) {
            let both = before.and(delay);
            if both.units(1000, u32::MAX) <= MOST_DURATION {
                *before = both;
                return Ok(());
            }
        }
        self.write();
        // Frames begin at even pixels.
        let (left, top) = (changed.left & !1, changed.top & !1);
        let mut rect = Rect::between(left, top, changed.right(), changed.bottom());
        if rect.is_empty() {
            rect = Rect::of_size(1, 1);
        }
        let (coded, blend) = self.coded(pixels, &rect)?;
        for y in rect.rows() {
            let row = rect.row(y, self.width);
            self.shown[row.clone()].copy_from_slice(&pixels[row]);
        }
        let placed = Placed { x: rect.left as u32, y: rect.top as u32, duration: 0, blend, clear: false };
        self.waiting = Some((coded, placed, delay));
        Ok(())
    }

    /// What is in `rect`, and whether it is to be blended with what is there: without loss, the smaller of both.
    fn coded(&self, pixels: &[Pixel], rect: &Rect) -> Result<(Coded, bool), Error> {
        let raster = self.raster(pixels, rect, false);
        if let Some(quality) = self.lossy {
            return Ok((lossy(&raster, quality, self.effort)?, false));
        }
        let whole = lossless(&raster, self.effort)?;
        if self.can_blend(pixels, rect) {
            let new = lossless(&self.raster(pixels, rect, true), self.effort)?;
            if new.len() < whole.len() {
                return Ok((new, true));
            }
        }
        Ok((whole, false))
    }

    /// Whether all that is new in `rect` is opaque, and an eighth of it not new.
    fn can_blend(&self, pixels: &[Pixel], rect: &Rect) -> bool {
        let mut old = 0;
        for y in rect.rows() {
            let row = rect.row(y, self.width);
            for (new, shown) in pixels[row.clone()].iter().zip(&self.shown[row]) {
                if new == shown {
                    old += 1;
                } else if new[3] < 255 {
                    return false;
                }
            }
        }
        8 * old > rect.area()
    }

    /// What is in `rect`, with or without an alpha channel as it needs one; clear where it is not new, if only what is new
    /// is asked for.
    fn raster(&self, pixels: &[Pixel], rect: &Rect, new: bool) -> Raster {
        let mut samples = Vec::with_capacity(4 * rect.area());
        for y in rect.rows() {
            let row = rect.row(y, self.width);
            for (&pixel, shown) in pixels[row.clone()].iter().zip(&self.shown[row]) {
                samples.extend(if new && pixel == *shown { CLEAR } else { pixel });
            }
        }
        let samples = Samples::Eight(samples);
        Raster { width: rect.width, height: rect.height, model: Model::Rgba, samples }.without_opaque_alpha()
    }

    fn write(&mut self) {
        if let Some((coded, placed, delay)) = self.waiting.take() {
            let duration = delay.units(1000, MOST_DURATION);
            self.animation.push(&coded, Placed { duration, ..placed });
        }
    }

    /// Bytes of the file so far.
    pub(crate) fn written(&self) -> usize {
        self.animation.written()
    }

    /// The file.
    ///
    /// # Errors
    /// Unsupported where it would have more than 4 GiB.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Error> {
        self.write();
        self.animation.finish()
    }
}
