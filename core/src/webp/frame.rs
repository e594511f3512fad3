//! The frames of an animated WebP: read from `ANMF` chunks, painted onto a canvas.

use crate::animation::{Canvas, Delay, Disposal, Frame, Frames, Rect, Reel};
use crate::{Error, full};

use super::chunk::{Chunks, image_header, next_chunk};
use super::image::Image;
use super::malformed;

/// A frame as its chunk has it (RFC 9649, 2.7.1.1).
pub(super) struct Stored<'a> {
    frame: Frame,
    blends: bool,
    pub(super) image: Image<'a>,
}

impl<'a> Stored<'a> {
    /// Reads the data of an `ANMF` chunk, and checks that the frame is as large as it states and lies on `canvas`.
    pub(super) fn read(data: &'a [u8], canvas: (u32, u32)) -> Result<Self, Error> {
        let Some((&[x0, x1, x2, y0, y1, y2, w0, w1, w2, h0, h1, h2, d0, d1, d2, flags], mut rest)) =
            data.split_first_chunk()
        else {
            return Err(malformed("has a frame cut short"));
        };
        let (x, y) = (2 * u32::from_le_bytes([x0, x1, x2, 0]), 2 * u32::from_le_bytes([y0, y1, y2, 0]));
        let (width, height) = (1 + u32::from_le_bytes([w0, w1, w2, 0]), 1 + u32::from_le_bytes([h0, h1, h2, 0]));
        if x + width > canvas.0 || y + height > canvas.1 {
            return Err(malformed("has a frame that leaves the canvas"));
        }
        let (mut alpha, mut image) = (None, None);
        while let (None, Some((kind, data))) = (image, next_chunk(&mut rest)?) {
            match &kind {
                b"ALPH" => alpha = Some(data),
                b"VP8 " | b"VP8L" => image = Some((kind, data)),
                _ => {}
            }
        }
        let (kind, image) = image.ok_or(malformed("has a frame without an image"))?;
        let (size, has_alpha) = image_header(kind, image)?;
        if size != (width, height) {
            return Err(malformed("has an image of another size than its frame"));
        }
        let [left, top, width, height] = [x, y, width, height].map(|side| side as usize);
        let delay = Delay::milliseconds(u32::from_le_bytes([d0, d1, d2, 0]));
        let disposal = if flags & 1 != 0 { Disposal::Clear } else { Disposal::Keep };
        let frame = Frame { rect: Rect { left, top, width, height }, delay, disposal };
        let lossy = kind == *b"VP8 ";
        let plane = alpha.filter(|_| lossy);
        let image = Image { width, height, data: image, lossy, plane, alpha: has_alpha };
        Ok(Self { frame, blends: flags & 2 == 0, image })
    }
}

/// The frames of an animated WebP.
struct WebPFrames<'a> {
    canvas: (u32, u32),
    /// The chunks that come next.
    rest: &'a [u8],
}

/// The frames of `source`.
pub(crate) fn reel(source: &[u8]) -> Result<Reel<'_>, Error> {
    full::only()?;
    let chunks = Chunks::walk(source)?;
    let canvas = chunks.size();
    let frames = WebPFrames { canvas, rest: Chunks::all(source, chunks.end) };
    let (width, height) = (canvas.0 as usize, canvas.1 as usize);
    Ok(Reel { width, height, plays: chunks.plays, frames: Box::new(frames) })
}

impl Frames for WebPFrames<'_> {
    fn paint(&mut self, canvas: &mut Canvas) -> Result<Option<(Rect, Delay)>, Error> {
        while let Some((kind, data)) = next_chunk(&mut self.rest)? {
            if kind == *b"ANMF" {
                let stored = Stored::read(data, self.canvas)?;
                let raster = stored.image.rgba()?;
                let (visible, dirty) = canvas.begin(&stored.frame);
                canvas.paint(&visible, &raster, stored.blends);
                return Ok(Some((dirty, stored.frame.delay)));
            }
        }
        Ok(None)
    }
}
