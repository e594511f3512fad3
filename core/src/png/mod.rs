//! PNG (W3C PNG, third edition): in and out, row by row.
//!
//! ```text
//! chunks → image data → inflate → unfilter → expand → halve → what is needed → pack → filter → deflate → chunks
//! ```

mod animation;
mod chunk;
mod crc;
mod decode;
mod encode;
mod filter;
mod inflate;
mod interlace;
mod layout;
mod movie;
mod needs;
mod play;
mod space;
mod stream;
#[cfg(test)]
mod tests;
mod text;
mod unfilter;
mod write;

use crate::icc;
use crate::options::Light;
use crate::palette::Indexed;
use crate::picture::{Origin, Picture, Profile};
use crate::raster::{Raster, Samples};
use crate::survey::{Survey, shown};
use crate::{Color, Effort, Error, Format, Info, Options, half};

use chunk::Chunks;
use decode::Head;
pub(crate) use encode::Appearance;
use encode::Indices;
pub(crate) use layout::Kind;
use layout::Layout;
pub(crate) use movie::Movie;
pub(crate) use play::reel;
pub(crate) use space::Space;
use stream::{Halves, RasterRows, RowSource};

fn malformed(reason: &'static str) -> Error {
    Error::Malformed { format: Format::Png, reason }
}

/// What the chunks of `source` say.
pub(crate) fn survey(source: &[u8]) -> Result<Survey, Error> {
    Chunks::walk(source).map(surveyed)
}

/// What the chunks before the pixels say in a source that begins with `head`; `None` where the pixels lie behind that.
pub(crate) fn survey_head(head: &[u8]) -> Result<Option<Survey>, Error> {
    Chunks::walk_head(head).map(|chunks| chunks.map(surveyed))
}

/// Bytes of memory that halving a PNG row by row to a PNG takes besides decoding: the result, and what `effort` wants.
pub(crate) fn result_bytes(info: &Info, effort: Effort) -> u64 {
    /// For [`Effort::Small`], what is known of the matches in a part of the rows.
    const MATCHES: u64 = 12 << 20;
    let channels = match info.color {
        Color::Palette => 1,
        Color::Grey => 1 + u64::from(info.alpha),
        _ => 3 + u64::from(info.alpha),
    };
    let row = u64::from(half(info.width)) * channels * if info.depth == 16 { 2 } else { 1 };
    let raw = (row + 1).saturating_mul(half(info.height).into());
    // What cannot be compressed takes a little more; a result that grows is there twice, and a quarter again.
    let result = raw.saturating_add(raw / 32).saturating_mul(9) / 4;
    // Rows in all filters, and what is looked at before the first is written.
    let rows = 10 * row + (5 << 20);
    let small = if effort == Effort::Small { raw.saturating_add(result).saturating_add(MATCHES) } else { 0 };
    result.saturating_add(rows).saturating_add(small)
}

fn surveyed(chunks: Chunks<'_>) -> Survey {
    let header = chunks.header;
    let (orientation, private, reveals) = chunks.found.finish();
    let (width, height) = shown(header.width, header.height, orientation);
    let info = Info {
        format: Format::Png,
        width,
        height,
        orientation,
        color: header.color,
        depth: if header.color == Color::Palette { 8 } else { header.depth },
        alpha: header.alpha || chunks.transparency,
        frames: chunks.frames,
        profile_bytes: chunks.profile.map_or(0, |profile| profile.map_or(0, |data| data.len() as u64)),
        quality: None,
        scans: 0,
        reveals,
    };
    // Ten rows, stored and as samples, of the whole and the half; and all of it, if it is interlaced.
    let row_bytes = u64::from(header.width) * 8 * 10;
    let layout = Layout::of(header.width as usize, header.color_type, header.depth);
    let whole = if header.interlaced { (layout.row_bytes() as u64).saturating_mul(header.height.into()) } else { 0 };
    let decode_bytes = row_bytes.saturating_add(whole).saturating_add(icc::MOST_BYTES as u64);
    let animated = chunks.announced && (chunks.frames > 1 || chunks.frame_data);
    // The canvas, what a frame covers of it, and the frame's pixels while room for them is doubled.
    let decode_bytes =
        if animated { decode_bytes.saturating_add(info.pixels().saturating_mul(24)) } else { decode_bytes };
    Survey { jpeg: None, scan_blocks: 0, moved_pixels: 0, decode_bytes, private, animated, end: chunks.end, info }
}

/// The half of `source` as pixels, not yet upright; palettes and depths below 8 bits expanded.
pub(crate) fn decode(source: &[u8], light: Light) -> Result<Picture, Error> {
    let head = Head::read(source)?;
    let shape = Halves::shape(&head);
    let mut rows = Halves::of(&head, light)?;
    let mut bytes = Vec::with_capacity(shape.row_bytes() * shape.height as usize);
    while let Some(row) = rows.next()? {
        bytes.extend_from_slice(row);
    }
    let samples = if shape.sixteen {
        Samples::Sixteen(bytes.as_chunks().0.iter().map(|&pair| u16::from_be_bytes(pair)).collect())
    } else {
        Samples::Eight(bytes)
    };
    let raster = Raster { width: shape.width as usize, height: shape.height as usize, model: shape.model, samples };
    let (profile, origin) = origin(source)?;
    Ok(Picture { raster, profile, origin })
}

/// What must not be lost with the pixels of `source`.
pub(crate) fn origin(source: &[u8]) -> Result<(Profile, Origin), Error> {
    let chunks = Chunks::walk(source)?;
    let profile = chunks.profile.map_or(Profile::Absent, |profile| profile.map_or_else(Profile::Broken, inflated));
    Ok((profile, Origin::Png { palette: chunks.header.color == Color::Palette, space: chunks.space }))
}

/// The half of `source`, upright as it is, as PNG. It holds a few rows, besides the result, if `source` is not interlaced.
/// Of one with a palette, the half has one, too; and how many colours that has, if there were more.
pub(crate) fn halve(
    source: &[u8],
    appearance: Appearance<'_>,
    options: &Options,
) -> Result<(Vec<u8>, Option<u32>), Error> {
    let head = Head::read(source)?;
    let (shape, effort) = (Halves::shape(&head), options.effort);
    let open = || Ok(Box::new(Halves::of(&head, options.light)?) as Box<dyn RowSource + '_>);
    if head.header.color == Color::Palette {
        return stream::encode_indexed(&open, shape, appearance, effort);
    }
    Ok((stream::encode(&open, shape, appearance.profile.is_none(), appearance, effort)?, None))
}

/// `raster`, which is not YCbCr, as PNG of the kind that holds its pixels and no more.
pub(crate) fn encode(raster: &Raster, appearance: Appearance<'_>, effort: Effort) -> Result<Vec<u8>, Error> {
    let open = || Ok(Box::new(RasterRows::of(raster)) as Box<dyn RowSource + '_>);
    stream::encode(&open, RasterRows::shape(raster), appearance.profile.is_none(), appearance, effort)
}

/// `indexed` as a palette PNG of the smallest bit depth that holds its indices.
pub(crate) fn encode_indexed(indexed: &Indexed, appearance: Appearance<'_>, effort: Effort) -> Vec<u8> {
    let (width, height) = (indexed.width as u32, indexed.indices.len().div_ceil(indexed.width) as u32);
    let mut encoder = Indices::begin((width, height), indexed.colors.clone(), appearance, effort);
    indexed.indices.chunks(indexed.width).for_each(|row| encoder.push(row));
    encoder.finish()
}

/// The profile in the data of an iCCP chunk (PNG 11.3.2.3): a name, a zero, a zero for deflate, then a zlib stream.
fn inflated(data: &[u8]) -> Profile {
    let name = data.iter().position(|&byte| byte == 0);
    let Some([0, compressed @ ..]) = name.and_then(|end| data.get(end + 1..)) else {
        return Profile::Broken("its chunk is broken");
    };
    match crate::inflate::inflated(compressed, icc::MOST_BYTES) {
        Ok(bytes) => Profile::Present(bytes),
        Err(_) => Profile::Broken("it cannot be decompressed to at most 4 MiB"),
    }
}
