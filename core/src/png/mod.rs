//! PNG (W3C PNG, third edition): the chunks are checked here, pixels are decoded and encoded by the
//! `png` crate.

mod chunk;
mod encode;
mod space;

use std::io::Cursor;

use image::codecs::png::PngDecoder;

use crate::picture::Picture;
use crate::survey::{Survey, shown};
use crate::{Color, Error, Format, Info, Limits};

use chunk::Chunks;
pub(crate) use encode::{Appearance, encode, encode_indexed};
pub(crate) use space::Space;

fn malformed(reason: &'static str) -> Error {
    Error::Malformed { format: Format::Png, reason }
}

/// What the chunks of `source` say.
pub(crate) fn survey(source: &[u8]) -> Result<Survey, Error> {
    let Chunks { header, transparency, frames, profile_bytes, found, trailing, .. } = Chunks::walk(source)?;
    let (orientation, private) = found.finish();
    let (width, height) = shown(header.width, header.height, orientation);
    let info = Info {
        format: Format::Png,
        width,
        height,
        orientation,
        color: header.color,
        depth: if header.color == Color::Palette { 8 } else { header.depth },
        alpha: header.alpha || transparency,
        frames,
        profile_bytes,
        quality: None,
        scans: 0,
    };
    let channels = if header.color == Color::Grey { 1 } else { 3 } + u64::from(info.alpha);
    // 16-bit samples are once more in memory while they are put into the machine's byte order.
    let sample_bytes = if header.depth == 16 { 4 } else { 1 };
    let whole = info.pixels().saturating_mul(channels * sample_bytes);
    Ok(Survey { peak_bytes: whole.saturating_mul(2), private, trailing, info })
}

/// The pixels of `source`, palettes and depths below 8 bits expanded.
pub(crate) fn decode(source: &[u8], info: &Info, limits: &Limits) -> Result<Picture, Error> {
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(limits.memory_bytes);
    let decoder = PngDecoder::with_limits(Cursor::new(source), bounds)
        .map_err(|_| malformed("has broken chunks before the image data"))?;
    let picture = Picture::read(Format::Png, decoder, info.profile_bytes > 0)?;
    let space = Chunks::walk(source)?.space;
    Ok(Picture { palette: info.color == Color::Palette, png_space: space, ..picture })
}
