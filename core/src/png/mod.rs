//! PNG (W3C PNG, third edition): the chunks are checked here, pixels are decoded and encoded by the
//! `png` crate.

mod chunk;
mod encode;
mod space;
mod text;

use std::io::Cursor;

use crate::icc;
use crate::picture::{Origin, Picture, Profile};
use crate::raster::{Model, Raster, Samples};
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
    Chunks::walk(source).map(surveyed)
}

/// What the chunks before the pixels say in a source that begins with `head`; `None` where the pixels lie behind that.
pub(crate) fn survey_head(head: &[u8]) -> Result<Option<Survey>, Error> {
    Chunks::walk_head(head).map(|chunks| chunks.map(surveyed))
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
        profile_bytes: chunks.profile.map_or(0, |profile| profile.len() as u64),
        quality: None,
        scans: 0,
        reveals,
    };
    let channels = if header.color == Color::Grey { 1 } else { 3 } + u64::from(info.alpha);
    // 16-bit samples are once more in memory while they are put into the machine's byte order.
    let sample_bytes = if header.depth == 16 { 4 } else { 1 };
    let pixel_bytes = info.pixels().saturating_mul(channels * sample_bytes);
    let decode_bytes = pixel_bytes.saturating_add(icc::MOST_BYTES as u64);
    let animated = chunks.frames > 1 || chunks.frame_data;
    Survey { jpeg: None, scan_blocks: 0, decode_bytes, private, animated, end: chunks.end, info }
}

/// The pixels of `source`, palettes and depths below 8 bits expanded.
pub(crate) fn decode(source: &[u8], limits: &Limits) -> Result<Picture, Error> {
    let chunks = Chunks::walk(source)?;
    let bytes = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(source), png::Limits { bytes });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::EXPAND);
    let raster = read(decoder).map_err(|_| malformed("has broken chunks or image data"))?;
    let profile = chunks.profile.map_or(Profile::Absent, inflated);
    let origin = Origin::Png { palette: chunks.header.color == Color::Palette, space: chunks.space };
    Ok(Picture { raster, profile, origin })
}

fn read(decoder: png::Decoder<Cursor<&[u8]>>) -> Result<Raster, png::DecodingError> {
    let mut reader = decoder.read_info()?;
    let mut bytes = vec![0; reader.output_buffer_size().ok_or(png::DecodingError::LimitsExceeded)?];
    let output = reader.next_frame(&mut bytes)?;
    let model = match output.color_type {
        png::ColorType::Grayscale => Model::Grey,
        png::ColorType::GrayscaleAlpha => Model::GreyAlpha,
        png::ColorType::Rgb | png::ColorType::Indexed => Model::Rgb,
        png::ColorType::Rgba => Model::Rgba,
    };
    let samples = match output.bit_depth {
        png::BitDepth::Sixteen => {
            Samples::Sixteen(bytes.as_chunks::<2>().0.iter().map(|&pair| u16::from_be_bytes(pair)).collect())
        }
        _ => Samples::Eight(bytes),
    };
    Ok(Raster { width: output.width as usize, height: output.height as usize, model, samples })
}

/// The profile in the data of an iCCP chunk (PNG 11.3.2.3): a name, a zero, a zero for deflate, then a zlib stream.
fn inflated(data: &[u8]) -> Profile {
    let name = data.iter().position(|&byte| byte == 0);
    let Some([0, compressed @ ..]) = name.and_then(|end| data.get(end + 1..)) else {
        return Profile::Broken("its chunk is broken");
    };
    // One more than may be: a stream counts as ended only where there was room behind it.
    match fdeflate::decompress_to_vec_bounded(compressed, icc::MOST_BYTES + 1) {
        Ok(bytes) if bytes.len() <= icc::MOST_BYTES => Profile::Present(bytes),
        _ => Profile::Broken("it cannot be decompressed to at most 4 MiB"),
    }
}
