//! GIF89a: pictures of at most 256 colours, still or moving.
//!
//! ```text
//! blocks ─┬─ survey                                        (block, this file)
//!         └─ pictures ─ LZW ─ canvas ─ … ─ encode ─ LZW    (frames, lzw, movie, encode)
//! ```

mod block;
mod encode;
mod frames;
mod lzw;
mod movie;
#[cfg(test)]
mod oracle;

use crate::animation::{Frames, Reel};
use crate::found::Found;
use crate::picture::{Origin, Picture, Profile};
use crate::raster::{Model, Raster, Samples};
use crate::survey::Survey;
use crate::{Color, Error, Format, Info};

use block::{Block, Blocks, CUT, Extension, malformed};
pub(crate) use encode::encode;
use frames::GifFrames;
pub(crate) use movie::{Movie, hard};

/// What the blocks say.
#[derive(Debug, Default)]
struct Walk {
    width: u16,
    height: u16,
    frames: u32,
    /// Pixels of the largest frame.
    frame_pixels: u64,
    /// Pixels of all frames, those outside the canvas among them.
    all_pixels: u64,
    transparency: bool,
    /// How often the animation is played, where that is said; 0 for ever.
    plays: Option<u32>,
    profile_bytes: u64,
    found: Found,
    /// The offset behind the trailer, or of the end of the file.
    end: usize,
}

impl Walk {
    /// Walks over all blocks of `source` up to the trailer, or to the end where there is none.
    fn over(source: &[u8]) -> Result<Self, Error> {
        let mut walk = Self { end: source.len(), ..Self::default() };
        walk.take_all(source)?;
        walk.check()?;
        Ok(walk)
    }

    /// Walks over the blocks of a file that begins with `head`; `None` where its first picture lies behind that.
    fn over_head(head: &[u8]) -> Result<Option<Self>, Error> {
        let mut walk = Self { end: head.len(), ..Self::default() };
        match walk.take_all(head) {
            Err(error) if error != CUT => return Err(error),
            _ if walk.frames == 0 && walk.end == head.len() => return Ok(None),
            _ => {}
        }
        walk.check()?;
        Ok(Some(walk))
    }

    fn take_all(&mut self, source: &[u8]) -> Result<(), Error> {
        let (screen, mut blocks) = Blocks::of(source)?;
        (self.width, self.height) = (screen.width, screen.height);
        while let Some(block) = blocks.next()? {
            match block {
                Block::Extension(extension) => self.take_extension(&extension)?,
                Block::Picture(picture) => {
                    self.frames += 1;
                    self.frame_pixels = self.frame_pixels.max(picture.rect.area() as u64);
                    self.all_pixels += picture.rect.area() as u64;
                    self.transparency |= picture.control.transparent.is_some();
                }
                Block::Trailer => {
                    self.end = source.len() - blocks.reader.rest.len();
                    break;
                }
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        if self.frames == 0 {
            return Err(malformed("has no picture"));
        }
        if self.width == 0 || self.height == 0 {
            return Err(malformed("has a side of 0"));
        }
        Ok(())
    }

    fn take_extension(&mut self, extension: &Extension<'_>) -> Result<(), Error> {
        /// `XMP DataXMP` and its length before a packet without sub-blocks; behind it, bytes that lead a reader of
        /// sub-blocks out of it (XMP specification, part 3, 1.1.2).
        const AROUND_XMP: usize = 12 + 258;
        let Extension { label, first, data_bytes, .. } = *extension;
        match label {
            0xFE => self.found.comment(b"", &extension.all.joined(1000)?),
            0xFF if first.starts_with(b"XMP Data") => self.found.xmp(extension.bytes.saturating_sub(AROUND_XMP)),
            0xFF if first.starts_with(b"ICCRGBG1") => self.profile_bytes = data_bytes.saturating_sub(11),
            0xFF if first.starts_with(b"NETSCAPE2.0") || first.starts_with(b"ANIMEXTS1.0") => {
                // The name, then a 1 and the number of repetitions; 0 for ever.
                if let [1, low, high, ..] = extension.all.joined(14)?[first.len()..] {
                    let repetitions = u32::from(u16::from_le_bytes([low, high]));
                    self.plays = Some(if repetitions == 0 { 0 } else { repetitions + 1 });
                }
            }
            _ => self.found.application(data_bytes as usize),
        }
        Ok(())
    }
}

/// What the blocks of `source` say.
pub(crate) fn survey(source: &[u8]) -> Result<Survey, Error> {
    Walk::over(source).map(surveyed)
}

/// What the blocks of a source say that begins with `head`; `None` where its first picture lies behind that.
///
/// Pictures behind `head` are not counted.
pub(crate) fn survey_head(head: &[u8]) -> Result<Option<Survey>, Error> {
    Walk::over_head(head).map(|walk| walk.map(surveyed))
}

fn surveyed(walk: Walk) -> Survey {
    let (_, private, reveals) = walk.found.finish();
    let info = Info {
        format: Format::Gif,
        width: walk.width.into(),
        height: walk.height.into(),
        orientation: 1,
        color: Color::Palette,
        depth: 8,
        alpha: walk.transparency,
        frames: walk.frames,
        profile_bytes: walk.profile_bytes,
        quality: None,
        scans: 0,
        reveals,
    };
    // The canvas as RGBA, what a frame covers of it, and the frame's indices.
    let decode_bytes = 8 * info.pixels() + walk.frame_pixels.max(info.pixels());
    Survey {
        jpeg: None,
        scan_blocks: 0,
        moved_pixels: walk.all_pixels,
        decode_bytes,
        private,
        animated: walk.frames > 1,
        end: walk.end,
        info,
    }
}

/// The frames of `source`.
pub(crate) fn reel(source: &[u8]) -> Result<Reel<'_>, Error> {
    let walk = Walk::over(source)?;
    let (width, height) = (walk.width.into(), walk.height.into());
    Ok(Reel { width, height, plays: walk.plays.unwrap_or(1), frames: Box::new(GifFrames::of(source)?) })
}

/// What became of the profile of a GIF.
pub(crate) fn profile(info: &Info) -> Profile {
    if info.profile_bytes > 0 { Profile::Broken("no viewer reads one in a GIF") } else { Profile::Absent }
}

/// The first picture of `source`, on its canvas.
pub(crate) fn decode(source: &[u8], info: &Info) -> Result<Picture, Error> {
    let mut canvas = crate::animation::Canvas::new(info.width as usize, info.height as usize);
    GifFrames::of(source)?.paint(&mut canvas)?;
    let samples = Samples::Eight(canvas.pixels.into_flattened());
    let raster = Raster { width: canvas.width, height: canvas.height, model: Model::Rgba, samples };
    Ok(Picture { raster, profile: profile(info), origin: Origin::Gif })
}
