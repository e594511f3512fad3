//! Pictures that move: what all formats of them have in common.
//!
//! ```text
//! file ─ frames ─▶ canvas ─ what it shows ─▶ half ─ what changed in it ─▶ frames ─ file
//!        (Player: one of them at a time, never all)
//! ```
//!
//! A frame is a rectangle painted onto a canvas that keeps what was there. The canvas is composited in full, as browsers
//! do it; of its half only what a frame touched is made anew, and only what differs there becomes a frame of the half.

mod canvas;
mod delay;
mod half;
#[cfg(test)]
mod oracle;
mod player;
mod rect;

pub(crate) use canvas::{CLEAR, Canvas, Pixel};
pub(crate) use delay::{Clock, Delay};
pub(crate) use half::Half;
pub(crate) use player::{Frames, Player, Reel};
pub(crate) use rect::Rect;

/// What becomes of a frame's rectangle before the next frame is painted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Disposal {
    /// It stays.
    #[default]
    Keep,
    /// It becomes transparent. (GIF speaks of the background colour; no browser paints one.)
    Clear,
    /// It becomes again what it was before the frame.
    Restore,
}

/// Where, for how long and how a frame is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Its place; parts of it may lie outside the canvas.
    pub(crate) rect: Rect,
    pub(crate) delay: Delay,
    pub(crate) disposal: Disposal,
}
