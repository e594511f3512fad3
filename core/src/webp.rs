//! WebP (RFC 9649): the chunks are checked here, pixels are decoded and losslessly encoded by `image-webp`.

use std::io::Cursor;

use image::codecs::webp::{WebPDecoder, WebPEncoder};
use image::{ExtendedColorType, ImageEncoder};

use crate::found::Found;
use crate::picture::{Origin, Picture, Profile};
use crate::raster::{Model, Raster, Samples};
use crate::survey::{Survey, shown};
use crate::{Color, Error, Format, Info};

const fn malformed(reason: &'static str) -> Error {
    Error::Malformed { format: Format::WebP, reason }
}

fn unsupported(feature: &'static str) -> Error {
    Error::UnsupportedFeature { format: Format::WebP, feature }
}

/// The longest side that the decoder and the encoder know; VP8L could state one pixel more.
const MOST_SIDE: u32 = 16383;

/// What the chunks say.
#[derive(Debug, Default)]
struct Chunks<'a> {
    /// Canvas of VP8X.
    canvas: Option<(u32, u32)>,
    /// Size in the header of the image data, outside an animation.
    image: Option<(u32, u32)>,
    lossy: bool,
    alpha: bool,
    alpha_plane: bool,
    animated: bool,
    frames: u32,
    profile: Option<&'a [u8]>,
    found: Found,
    /// Where RIFF ends.
    end: usize,
}

impl<'a> Chunks<'a> {
    /// Walks over all chunks of `source` and checks that the sizes they state agree: the decoder does
    /// not, and panics or allocates by the wrong one.
    fn walk(source: &'a [u8]) -> Result<Self, Error> {
        let end = riff_end(source, source.len() as u64)?;
        let mut rest = source.get(RIFF_HEADER..end).ok_or(TOO_SMALL)?;
        let mut chunks = Self { end, ..Self::default() };
        while let Some((kind, data)) = next_chunk(&mut rest)? {
            chunks.take(kind, data)?;
        }
        chunks.check()?;
        Ok(chunks)
    }

    /// Walks over the chunks up to the image data's in a file of `source_bytes` that begins with `head`; `None` where
    /// those lie behind that.
    fn walk_head(head: &'a [u8], source_bytes: u64) -> Result<Option<Self>, Error> {
        if head.len() < RIFF_HEADER {
            return Ok(None);
        }
        let end = riff_end(head, source_bytes)?;
        let mut rest = head.get(RIFF_HEADER..end.min(head.len())).ok_or(TOO_SMALL)?;
        let mut chunks = Self { end, ..Self::default() };
        while chunks.image.is_none() && !chunks.animated && !(chunks.alpha_plane && chunks.canvas.is_some()) {
            let Some((kind, data)) = next_chunk_of_head(&mut rest) else { return Ok(None) };
            chunks.take(kind, data)?;
        }
        // Only lossy pictures have their alpha plane in a chunk of its own.
        chunks.lossy |= chunks.alpha_plane;
        Ok(Some(chunks))
    }

    fn take(&mut self, kind: [u8; 4], data: &'a [u8]) -> Result<(), Error> {
        match &kind {
            b"VP8X" => {
                let [flags, _, _, _, w0, w1, w2, h0, h1, h2, ..] = *data else {
                    return Err(malformed("has a VP8X chunk cut short"));
                };
                self.alpha |= flags & 0x10 != 0;
                self.animated |= flags & 0x02 != 0;
                self.canvas = Some((1 + u32::from_le_bytes([w0, w1, w2, 0]), 1 + u32::from_le_bytes([h0, h1, h2, 0])));
            }
            b"VP8 " => {
                self.lossy = true;
                self.image.get_or_insert(vp8_size(data)?);
            }
            b"VP8L" => {
                let (size, alpha) = vp8l_size(data)?;
                self.image.get_or_insert(size);
                self.alpha |= alpha && self.canvas.is_none();
            }
            b"ANMF" => {
                self.frames += 1;
                self.animated = true;
            }
            b"ANIM" => self.animated = true,
            b"ICCP" => self.profile = self.profile.or(Some(data)),
            b"EXIF" => self.found.exif(data),
            b"XMP " => self.found.xmp(data.len()),
            b"ALPH" => self.alpha_plane = true,
            _ => self.found.application(data.len()),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        match (self.canvas, self.image) {
            // Refused later; no decoder sees it.
            (Some(_), _) if self.animated && self.frames > 0 => Ok(()),
            (_, None) => Err(malformed("has no image")),
            // Viewers disagree on it, and the decoder would drop it in silence.
            _ if self.alpha_plane && !self.alpha => {
                Err(malformed("has an alpha plane that its header does not announce"))
            }
            (Some(canvas), Some(image)) if canvas != image => {
                Err(malformed("has an image of another size than its canvas"))
            }
            _ => Ok(()),
        }
    }

    fn size(&self) -> (u32, u32) {
        self.canvas.or(self.image).unwrap_or_default()
    }
}

/// Bytes of `RIFF`, the size and `WEBP`.
const RIFF_HEADER: usize = 12;

const TOO_SMALL: Error = malformed("has a RIFF size too small for an image");

/// The offset where RIFF ends in a file of `source_bytes` that begins with `head`.
fn riff_end(head: &[u8], source_bytes: u64) -> Result<usize, Error> {
    let length = head.get(4..).and_then(|rest| rest.first_chunk()).copied().map(u32::from_le_bytes);
    let riff = length.ok_or(malformed("ends inside its RIFF header"))? as usize;
    let end = riff.checked_add(8).filter(|&end| end as u64 <= source_bytes);
    end.ok_or(malformed("ends before its RIFF size"))
}

/// A chunk's FourCC and data.
type Chunk<'a> = ([u8; 4], &'a [u8]);

/// Takes one chunk (FourCC, length, data, padding to even) off `rest`; `None` at the end.
fn next_chunk<'a>(rest: &mut &'a [u8]) -> Result<Option<Chunk<'a>>, Error> {
    if rest.len() < 8 {
        // Fewer bytes than a chunk header: padding that some writers leave.
        return Ok(None);
    }
    let cut = malformed("ends inside a chunk");
    let (kind, behind) = rest.split_first_chunk().ok_or(cut)?;
    let (length, behind) = behind.split_first_chunk().ok_or(cut)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (data, behind) = behind.split_at_checked(length).ok_or(cut)?;
    *rest = behind.get(length % 2..).unwrap_or_default();
    Ok(Some((*kind, data)))
}

/// As [`next_chunk`], but `None` where the chunk ends behind the head of a file and what is there of it does not do.
fn next_chunk_of_head<'a>(rest: &mut &'a [u8]) -> Option<Chunk<'a>> {
    /// Bytes at the start of a VP8 or VP8L chunk that hold its size.
    const SIZE_BYTES: usize = 10;
    if let Ok(chunk) = next_chunk(rest) {
        return chunk;
    }
    let (kind, behind) = rest.split_first_chunk()?;
    let data = behind.get(4..)?;
    let does = match kind {
        b"VP8 " | b"VP8L" => data.len() >= SIZE_BYTES,
        b"ALPH" | b"ANMF" => true,
        _ => false,
    };
    *rest = &[];
    does.then_some((*kind, data))
}

/// RFC 6386, 9.1: a frame tag of three bytes, a start code, then two 14-bit sides.
fn vp8_size(data: &[u8]) -> Result<(u32, u32), Error> {
    let [tag, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1, ..] = *data else {
        return Err(malformed("has a VP8 frame without its start code"));
    };
    if tag & 1 != 0 {
        return Err(malformed("has a VP8 frame that depends on others"));
    }
    let (width, height) = (u16::from_le_bytes([w0, w1]) & 0x3FFF, u16::from_le_bytes([h0, h1]) & 0x3FFF);
    if width == 0 || height == 0 {
        return Err(malformed("has a VP8 frame with a side of 0"));
    }
    Ok((width.into(), height.into()))
}

/// RFC 9649, 3.4: a signature byte, two 14-bit sides less one, an alpha bit, three version bits.
fn vp8l_size(data: &[u8]) -> Result<((u32, u32), bool), Error> {
    let [0x2F, b0, b1, b2, b3, ..] = *data else {
        return Err(malformed("has a VP8L image without its signature"));
    };
    let bits = u32::from_le_bytes([b0, b1, b2, b3]);
    let (width, height) = (1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF));
    if width > MOST_SIDE || height > MOST_SIDE {
        return Err(unsupported("a side of 16384 pixels"));
    }
    Ok(((width, height), bits >> 28 & 1 != 0))
}

/// What the chunks of `source` say.
pub(crate) fn survey(source: &[u8]) -> Result<Survey, Error> {
    Chunks::walk(source).map(surveyed)
}

/// What the chunks up to the image data's say in a source of `source_bytes` that begins with `head`; `None` where those
/// lie behind that.
///
/// Metadata lie behind the image data and are not seen.
pub(crate) fn survey_head(head: &[u8], source_bytes: u64) -> Result<Option<Survey>, Error> {
    Chunks::walk_head(head, source_bytes).map(|chunks| chunks.map(surveyed))
}

fn surveyed(chunks: Chunks<'_>) -> Survey {
    let (stored_width, stored_height) = chunks.size();
    let (orientation, private, reveals) = chunks.found.finish();
    let (width, height) = shown(stored_width, stored_height, orientation);
    let info = Info {
        format: Format::WebP,
        width,
        height,
        orientation,
        color: if chunks.lossy { Color::YCbCr } else { Color::Rgb },
        depth: 8,
        alpha: chunks.alpha,
        frames: chunks.frames.max(1),
        profile_bytes: chunks.profile.map_or(0, |profile| profile.len() as u64),
        quality: None,
        scans: 0,
        reveals,
    };
    // Four bytes a pixel decoded, and while decoding as many, or 1.5 of YCbCr and as many for the alpha plane.
    let decode_bytes = info.pixels().saturating_mul(if chunks.lossy && chunks.alpha { 11 } else { 8 });
    Survey { jpeg: None, scan_blocks: 0, decode_bytes, private, animated: chunks.animated, end: chunks.end, info }
}

/// The pixels of `source`, a still picture.
pub(crate) fn decode(source: &[u8]) -> Result<Picture, Error> {
    let chunks = Chunks::walk(source)?;
    let decoder =
        WebPDecoder::new(Cursor::new(source)).map_err(|_| malformed("has broken chunks before the image data"))?;
    let profile = chunks.profile.map_or(Profile::Absent, |bytes| Profile::Present(bytes.to_vec()));
    Picture::read(Format::WebP, decoder, profile, Origin::WebP { lossy: chunks.lossy })
}

/// Whether a picture of this size can be a WebP.
pub(crate) fn fits(width: usize, height: usize) -> bool {
    width.max(height) <= MOST_SIDE as usize
}

/// `raster` as lossless WebP. It has 8-bit samples and is not YCbCr.
pub(crate) fn encode(raster: &Raster, profile: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    if !fits(raster.width, raster.height) {
        return Err(unsupported("a side over 16383 pixels"));
    }
    let color = match raster.model {
        Model::Grey => ExtendedColorType::L8,
        Model::GreyAlpha => ExtendedColorType::La8,
        Model::Rgb | Model::YCbCr => ExtendedColorType::Rgb8,
        Model::Rgba => ExtendedColorType::Rgba8,
    };
    let Samples::Eight(samples) = &raster.samples else { unreachable!("depth is reduced before") };
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut bytes);
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile.to_vec()).map_err(|_| unsupported("an ICC profile"))?;
    }
    encoder
        .write_image(samples, raster.width as u32, raster.height as u32, color)
        .map_err(|_| unsupported("a picture that its encoder refuses"))?;
    Ok(bytes)
}
