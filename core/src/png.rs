//! PNG (W3C PNG, third edition): the chunks are checked here, pixels are decoded and encoded by the
//! `png` crate.

use std::io::Cursor;

use image::codecs::png::PngDecoder;

use crate::palette::Indexed;
use crate::picture::Picture;
use crate::raster::{Model, Raster, Samples};
use crate::survey::{Found, Survey, shown};
use crate::{Color, Error, Format, Info, Limits, Metadata};

const SIGNATURE: usize = 8;

fn malformed(reason: &'static str) -> Error {
    Error::Malformed { format: Format::Png, reason }
}

/// IHDR: size, depth, colour type.
#[derive(Clone, Copy, Debug)]
struct ImageHeader {
    width: u32,
    height: u32,
    depth: u8,
    color: Color,
    alpha: bool,
}

impl ImageHeader {
    fn parse(data: &[u8]) -> Result<Self, Error> {
        let [w3, w2, w1, w0, h3, h2, h1, h0, depth, color_type, _compression, _filter, _interlace] = *data else {
            return Err(malformed("has an IHDR of the wrong length"));
        };
        let (width, height) = (u32::from_be_bytes([w3, w2, w1, w0]), u32::from_be_bytes([h3, h2, h1, h0]));
        if width == 0 || height == 0 || width > i32::MAX as u32 || height > i32::MAX as u32 {
            return Err(malformed("has a side of 0 or over 2147483647"));
        }
        let (color, alpha, depths): (_, _, &[u8]) = match color_type {
            0 => (Color::Grey, false, &[1, 2, 4, 8, 16]),
            2 => (Color::Rgb, false, &[8, 16]),
            3 => (Color::Palette, false, &[1, 2, 4, 8]),
            4 => (Color::Grey, true, &[8, 16]),
            6 => (Color::Rgb, true, &[8, 16]),
            _ => return Err(malformed("has a colour type that PNG lacks")),
        };
        if !depths.contains(&depth) {
            return Err(malformed("has a bit depth that its colour type lacks"));
        }
        Ok(Self { width, height, depth, color, alpha })
    }
}

/// What the chunks say.
#[derive(Debug)]
struct Chunks {
    header: ImageHeader,
    transparency: bool,
    frames: u32,
    profile_bytes: u64,
    found: Found,
    trailing: u64,
}

impl Chunks {
    /// Walks over all chunks of `source`; only their framing is checked, no CRC.
    fn walk(source: &[u8]) -> Result<Self, Error> {
        let mut rest = source.get(SIGNATURE..).ok_or(malformed("ends inside its signature"))?;
        let (kind, data) = next_chunk(&mut rest)?.ok_or(malformed("has no chunks"))?;
        if kind != *b"IHDR" {
            return Err(malformed("does not start with IHDR"));
        }
        let mut chunks = Self {
            header: ImageHeader::parse(data)?,
            transparency: false,
            frames: 1,
            profile_bytes: 0,
            found: Found::default(),
            trailing: 0,
        };
        while let Some((kind, data)) = next_chunk(&mut rest)? {
            if kind == *b"IEND" {
                chunks.trailing = rest.len() as u64;
                break;
            }
            chunks.take(kind, data)?;
        }
        Ok(chunks)
    }

    fn take(&mut self, kind: [u8; 4], data: &[u8]) -> Result<(), Error> {
        match &kind {
            b"PLTE" if data.is_empty() || !data.len().is_multiple_of(3) || data.len() > 768 => {
                return Err(malformed("has a palette whose length is no multiple of 3 up to 768"));
            }
            b"tRNS" => self.transparency = true,
            b"acTL" => self.frames = data.first_chunk().copied().map_or(1, u32::from_be_bytes),
            b"eXIf" => self.found.exif(data),
            b"iCCP" => self.profile_bytes = data.len() as u64,
            b"iTXt" if data.starts_with(b"XML:com.adobe.xmp\0") => self.found.note(Metadata::Xmp),
            b"tEXt" | b"zTXt" | b"iTXt" => self.found.note(Metadata::Text),
            b"PLTE" | b"IDAT" | b"gAMA" | b"cHRM" | b"sRGB" | b"cICP" | b"mDCV" | b"cLLI" | b"sBIT" | b"bKGD"
            | b"hIST" | b"pHYs" | b"sPLT" | b"fcTL" | b"fdAT" => {}
            _ => self.found.note(Metadata::Application),
        }
        Ok(())
    }
}

/// A chunk's type and data.
type Chunk<'a> = ([u8; 4], &'a [u8]);

/// Takes one chunk (length, type, data, CRC) off `rest`; `None` at the end of the file.
fn next_chunk<'a>(rest: &mut &'a [u8]) -> Result<Option<Chunk<'a>>, Error> {
    if rest.is_empty() {
        return Ok(None);
    }
    let cut = malformed("ends inside a chunk");
    let (length, behind) = rest.split_first_chunk().ok_or(cut)?;
    let (kind, behind) = behind.split_first_chunk().ok_or(cut)?;
    let length = u32::from_be_bytes(*length) as usize;
    let (data, behind) = behind.split_at_checked(length).ok_or(cut)?;
    *rest = behind.get(4..).ok_or(cut)?;
    Ok(Some((*kind, data)))
}

/// What the chunks of `source` say.
pub(crate) fn survey(source: &[u8]) -> Result<Survey, Error> {
    let Chunks { header, transparency, frames, profile_bytes, found, trailing } = Chunks::walk(source)?;
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
    Ok(Picture { palette: info.color == Color::Palette, ..picture })
}

/// `raster` as PNG in the colour type of its model. It is not YCbCr.
pub(crate) fn encode(raster: &Raster, profile: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    let color = match raster.model {
        Model::Grey => png::ColorType::Grayscale,
        Model::GreyAlpha => png::ColorType::GrayscaleAlpha,
        Model::Rgb | Model::YCbCr => png::ColorType::Rgb,
        Model::Rgba => png::ColorType::Rgba,
    };
    match &raster.samples {
        Samples::Eight(samples) => write(header(raster, color, png::BitDepth::Eight, profile), samples),
        Samples::Sixteen(samples) => {
            let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_be_bytes()).collect();
            write(header(raster, color, png::BitDepth::Sixteen, profile), &bytes)
        }
    }
}

/// `indexed` as a palette PNG of the smallest bit depth that holds its indices.
pub(crate) fn encode_indexed(indexed: &Indexed, profile: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    let (depth, bits) = match indexed.colors.len() {
        0..=2 => (png::BitDepth::One, 1),
        3..=4 => (png::BitDepth::Two, 2),
        5..=16 => (png::BitDepth::Four, 4),
        _ => (png::BitDepth::Eight, 8),
    };
    let mut info = png::Info::with_size(indexed.width as u32, indexed.indices.len().div_ceil(indexed.width) as u32);
    info.color_type = png::ColorType::Indexed;
    info.bit_depth = depth;
    info.palette = Some(indexed.colors.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect());
    // Colours are sorted by alpha, so the opaque ones at the end need no entry.
    let alphas: Vec<u8> = indexed.colors.iter().map(|color| color[3]).take_while(|&alpha| alpha < 255).collect();
    info.trns = (!alphas.is_empty()).then(|| alphas.into());
    info.icc_profile = profile.map(Into::into);
    write(info, &pack(&indexed.indices, indexed.width, bits))
}

fn header<'a>(
    raster: &Raster,
    color: png::ColorType,
    depth: png::BitDepth,
    profile: Option<&'a [u8]>,
) -> png::Info<'a> {
    let mut info = png::Info::with_size(raster.width as u32, raster.height as u32);
    info.color_type = color;
    info.bit_depth = depth;
    info.icc_profile = profile.map(Into::into);
    info
}

fn write(info: png::Info<'_>, data: &[u8]) -> Result<Vec<u8>, Error> {
    let refused = |_| Error::UnsupportedFeature { format: Format::Png, feature: "a picture that its encoder refuses" };
    let indexed = info.color_type == png::ColorType::Indexed;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut bytes, info).map_err(refused)?;
    encoder.set_compression(png::Compression::Balanced);
    // PNG 12.7: filters seldom help where samples are indices.
    encoder.set_filter(if indexed { png::Filter::NoFilter } else { png::Filter::Adaptive });
    let mut writer = encoder.write_header().map_err(refused)?;
    writer.write_image_data(data).map_err(refused)?;
    writer.finish().map_err(refused)?;
    Ok(bytes)
}

/// Packs indices of `bits` bits, the leftmost into the highest bits, rows padded to whole bytes.
fn pack(indices: &[u8], width: usize, bits: usize) -> Vec<u8> {
    let each = 8 / bits;
    let byte = |group: &[u8]| group.iter().enumerate().fold(0, |byte, (i, index)| byte | index << (8 - bits * (i + 1)));
    indices.chunks(width).flat_map(|row| row.chunks(each).map(byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_indices_row_by_row() {
        assert_eq!(pack(&[1, 0, 1, 1, 1, 1], 3, 1), [0b1010_0000, 0b1110_0000]);
        assert_eq!(pack(&[1, 2, 3, 0, 3, 1], 3, 2), [0b0110_1100, 0b0011_0100]);
        assert_eq!(pack(&[1, 2, 3], 3, 4), [0x12, 0x30]);
        assert_eq!(pack(&[1, 2, 3], 3, 8), [1, 2, 3]);
    }
}
