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

    /// What is in `rect`, and whether it is to be blended with what is there: the smaller of both.
    fn coded(&self, pixels: &[Pixel], rect: &Rect) -> Result<(Coded, bool), Error> {
        let code = |raster: Raster| match self.lossy {
            Some(quality) => lossy(&raster, quality, self.effort),
            None => lossless(&raster, self.effort),
        };
        let whole = code(self.raster(pixels, rect, &[]))?;
        let old = self.old(pixels, rect);
        if 8 * old.iter().filter(|&&old| old).count() > rect.area() {
            let new = code(self.raster(pixels, rect, &old))?;
            if new.len() < whole.len() {
                return Ok((new, true));
            }
        }
        Ok((whole, false))
    }

    /// Which pixels of `rect` are there already and need not be painted, row by row; none where any that must is not
    /// opaque.
    fn old(&self, pixels: &[Pixel], rect: &Rect) -> Vec<bool> {
        let mut old = Vec::with_capacity(rect.area());
        for y in rect.rows() {
            let row = rect.row(y, self.width);
            for (new, shown) in pixels[row.clone()].iter().zip(&self.shown[row]) {
                if new != shown && new[3] < 255 {
                    return Vec::new();
                }
                old.push(new == shown);
            }
        }
        if self.lossy.is_some() {
            self.paint_whole_blocks(pixels, rect, &mut old);
        }
        old
    }

    /// Lets only macroblocks be `old` as a whole: with loss, the outlines of what changed would cost more than what is
    /// painted around it, and that would be painted worse. But no pixel can be blended twice that is not opaque.
    fn paint_whole_blocks(&self, pixels: &[Pixel], rect: &Rect, old: &mut [bool]) {
        let across = rect.width.div_ceil(16);
        let mut blocks = vec![true; across * rect.height.div_ceil(16)];
        let block = |at: usize| at / rect.width / 16 * across + at % rect.width / 16;
        old.iter().enumerate().for_each(|(at, old)| blocks[block(at)] &= old);
        let rows = rect.rows().flat_map(|y| &pixels[rect.row(y, self.width)]);
        for ((at, old), pixel) in old.iter_mut().enumerate().zip(rows) {
            *old &= blocks[block(at)] || pixel[3] < 255;
        }
    }

    /// What is in `rect`, with or without an alpha channel as it needs one; clear where it is `hidden`, of which there is
    /// one for each pixel, or none.
    fn raster(&self, pixels: &[Pixel], rect: &Rect, hidden: &[bool]) -> Raster {
        let rows = rect.rows().flat_map(|y| &pixels[rect.row(y, self.width)]);
        let mut samples = rows.copied().collect::<Vec<Pixel>>();
        samples.iter_mut().zip(hidden).filter(|&(_, &hidden)| hidden).for_each(|(pixel, _)| *pixel = CLEAR);
        let samples = Samples::Eight(samples.into_flattened());
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
