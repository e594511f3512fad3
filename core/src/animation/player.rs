//! A moving source, played frame by frame at half its size.

use crate::halve::Kernel;
use crate::{Error, Format, Light};

use super::{Canvas, Delay, Half, Rect};

/// The frames of a file, one after the other.
pub(crate) trait Frames {
    /// Paints the next frame onto `canvas`; the rectangle outside of which nothing changed, and for how long it is
    /// shown. `None` behind the last one.
    ///
    /// # Errors
    /// Where the frame is broken.
    fn paint(&mut self, canvas: &mut Canvas) -> Result<Option<(Rect, Delay)>, Error>;
}

/// A moving source.
pub(crate) struct Reel<'a> {
    /// Pixels across and down of its canvas, at least 1.
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// How often it is played; 0 for ever.
    pub(crate) plays: u32,
    pub(crate) frames: Box<dyn Frames + 'a>,
}

/// A moving source, played frame by frame at half its size. It holds the canvas and its half.
pub(crate) struct Player<'a> {
    frames: Box<dyn Frames + 'a>,
    format: Format,
    /// Whether no frame came yet.
    waits: bool,
    canvas: Canvas,
    /// How often all of it is to be played; 0 for ever.
    pub(crate) plays: u32,
    /// What the half shows now.
    pub(crate) half: Half,
}

/// What a frame did to the half.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The smallest rectangle around what changed.
    pub(crate) changed: Rect,
    pub(crate) delay: Delay,
}

impl<'a> Player<'a> {
    /// Plays `reel`, which came in `format`, halved by `kernel` in `light`.
    pub(crate) fn new(reel: Reel<'a>, format: Format, kernel: Kernel, light: Light) -> Self {
        let Reel { width, height, plays, frames } = reel;
        let half = Half::of_clear(width, height, kernel, light);
        Self { frames, format, waits: true, canvas: Canvas::new(width, height), plays, half }
    }

    /// Shows the next frame; `None` behind the last one.
    ///
    /// # Errors
    /// Malformed where a frame is broken, or there is none.
    pub(crate) fn step(&mut self) -> Result<Option<Step>, Error> {
        let Some((dirty, delay)) = self.frames.paint(&mut self.canvas)? else {
            let none = Error::Malformed { format: self.format, reason: "has no frame" };
            return if self.waits { Err(none) } else { Ok(None) };
        };
        self.waits = false;
        let changed = self.half.update(&self.canvas, &dirty);
        Ok(Some(Step { changed, delay }))
    }
}
