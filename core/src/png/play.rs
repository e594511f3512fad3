//! The frames of an APNG, painted onto a canvas.

use crate::animation::{Canvas, Delay, Disposal, Frame, Frames, Rect, Reel};
use crate::{Error, full};

use super::animation::{self, Blend, Dispose, FrameControl};

/// The frames of `source`.
pub(crate) fn reel(source: &[u8]) -> Result<Reel<'_>, Error> {
    full::only()?;
    let frames = animation::Frames::of(source)?;
    let (width, height) = frames.size();
    Ok(Reel { width: width as usize, height: height as usize, plays: frames.plays, frames: Box::new(frames) })
}

impl Frames for animation::Frames<'_> {
    fn paint(&mut self, canvas: &mut Canvas) -> Result<Option<(Rect, Delay)>, Error> {
        let Some((control, raster)) = self.next()? else { return Ok(None) };
        let FrameControl { width, height, x, y, delay, dispose, blend } = control;
        let [left, top, width, height] = [x, y, width, height].map(|side| side as usize);
        let delay = Delay { numerator: delay.0.into(), denominator: if delay.1 == 0 { 100 } else { delay.1.into() } };
        let disposal = match dispose {
            Dispose::None => Disposal::Keep,
            Dispose::Background => Disposal::Clear,
            Dispose::Previous => Disposal::Restore,
        };
        let frame = Frame { rect: Rect { left, top, width, height }, delay, disposal };
        let (visible, dirty) = canvas.begin(&frame);
        canvas.paint(&visible, &raster, blend == Blend::Over);
        Ok(Some((dirty, delay)))
    }
}
