//! A WebP as a row of chunks (RFC 9649), checked before a decoder sees them.

use super::frame::Stored;
use super::image::Image;
use super::{MOST_SIDE, malformed, unsupported, vp8};
use crate::Error;
use crate::found::Found;

/// What the chunks say.
#[derive(Debug, Default)]
pub(super) struct Chunks<'a> {
    /// Canvas of VP8X.
    pub(super) canvas: Option<(u32, u32)>,
    /// Size in the header of the image data, outside an animation.
    pub(super) image: Option<(u32, u32)>,
    pub(super) lossy: bool,
    /// What the first `VP8 ` or `VP8L` outside an animation holds.
    pub(super) data: &'a [u8],
    /// What the first `ALPH` outside an animation holds.
    pub(super) plane: Option<&'a [u8]>,
    /// Whether the pixels of a lossless image can be transparent.
    pub(super) lossless_alpha: bool,
    /// Of a lossy image.
    pub(super) quality: Option<u8>,
    pub(super) alpha: bool,
    pub(super) animated: bool,
    pub(super) frames: u32,
    /// How often the animation is played; 0 for ever.
    pub(super) plays: u32,
    pub(super) profile: Option<&'a [u8]>,
    pub(super) found: Found,
    /// Where RIFF ends.
    pub(super) end: usize,
}

impl<'a> Chunks<'a> {
    /// Walks over all chunks of `source` and checks that the sizes they state agree.
    pub(super) fn walk(source: &'a [u8]) -> Result<Self, Error> {
        let end = riff_end(source, source.len() as u64)?;
        let mut rest = source.get(RIFF_HEADER..end).ok_or(TOO_SMALL)?;
        let mut chunks = Self { end, ..Self::default() };
        while let Some((kind, data)) = next_chunk(&mut rest)? {
            chunks.take(kind, data)?;
            if kind == *b"ANMF" {
                chunks.take_frame(data)?;
            }
        }
        chunks.check()?;
        Ok(chunks)
    }

    /// Walks over the chunks up to the image data's in a file of `source_bytes` that begins with `head`; `None` where
    /// those lie behind that.
    pub(super) fn walk_head(head: &'a [u8], source_bytes: u64) -> Result<Option<Self>, Error> {
        if head.len() < RIFF_HEADER {
            return Ok(None);
        }
        let end = riff_end(head, source_bytes)?;
        let mut rest = head.get(RIFF_HEADER..end.min(head.len())).ok_or(TOO_SMALL)?;
        let mut chunks = Self { end, ..Self::default() };
        while chunks.image.is_none() && !chunks.animated && !(chunks.plane.is_some() && chunks.canvas.is_some()) {
            let Some((kind, data)) = next_chunk_of_head(&mut rest) else { return Ok(None) };
            chunks.take(kind, data)?;
        }
        // Only lossy pictures have their alpha plane in a chunk of its own.
        chunks.lossy |= chunks.plane.is_some();
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
                let size = vp8_size(data)?;
                if self.image.is_none() {
                    (self.image, self.lossy, self.data) = (Some(size), true, data);
                    self.quality = Some(vp8::quality(data));
                }
            }
            b"VP8L" => {
                let (size, alpha) = vp8l_size(data)?;
                if self.image.is_none() {
                    (self.image, self.data, self.lossless_alpha) = (Some(size), data, alpha);
                }
                self.alpha |= alpha && self.canvas.is_none();
            }
            b"ANMF" => {
                self.frames += 1;
                self.animated = true;
            }
            b"ANIM" => {
                self.animated = true;
                if let [_, _, _, _, low, high, ..] = *data {
                    self.plays = u16::from_le_bytes([low, high]).into();
                }
            }
            b"ICCP" => self.profile = self.profile.or(Some(data)),
            b"EXIF" => self.found.exif(data),
            b"XMP " => self.found.xmp(data.len()),
            b"ALPH" => self.plane = self.plane.or(Some(data)),
            _ => self.found.application(data.len()),
        }
        Ok(())
    }

    /// The image outside an animation.
    pub(super) fn still(&self) -> Option<Image<'a>> {
        let (width, height) = self.image?;
        Some(Image {
            width: width as usize,
            height: height as usize,
            data: self.data,
            lossy: self.lossy,
            plane: self.plane.filter(|_| self.lossy),
            alpha: self.lossless_alpha,
        })
    }

    /// Looks into a frame of an animation.
    fn take_frame(&mut self, data: &'a [u8]) -> Result<(), Error> {
        let frame = Stored::read(data, self.canvas.unwrap_or_default())?;
        if frame.image.lossy {
            self.lossy = true;
            self.quality.get_or_insert_with(|| vp8::quality(frame.image.data));
        }
        Ok(())
    }

    /// The chunks of `source`, which ends at `end`.
    pub(super) fn all(source: &'a [u8], end: usize) -> &'a [u8] {
        source.get(RIFF_HEADER..end).unwrap_or_default()
    }

    fn check(&self) -> Result<(), Error> {
        match (self.canvas, self.image) {
            // The frames were checked one by one.
            (Some(_), _) if self.animated && self.frames > 0 => Ok(()),
            (_, None) => Err(malformed("has no image")),
            // Viewers disagree on it.
            _ if self.plane.is_some() && !self.alpha => {
                Err(malformed("has an alpha plane that its header does not announce"))
            }
            (Some(canvas), Some(image)) if canvas != image => {
                Err(malformed("has an image of another size than its canvas"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn size(&self) -> (u32, u32) {
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
pub(super) type Chunk<'a> = ([u8; 4], &'a [u8]);

/// Takes one chunk (FourCC, length, data, padding to even) off `rest`; `None` at the end.
pub(super) fn next_chunk<'a>(rest: &mut &'a [u8]) -> Result<Option<Chunk<'a>>, Error> {
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

/// The size that the data of a chunk `VP8 ` or `VP8L` state, and whether a lossless image has alpha.
pub(super) fn image_header(kind: [u8; 4], data: &[u8]) -> Result<((u32, u32), bool), Error> {
    if kind == *b"VP8 " { vp8_size(data).map(|size| (size, false)) } else { vp8l_size(data) }
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
