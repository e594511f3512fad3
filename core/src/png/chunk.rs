//! A PNG as a row of chunks (PNG 5.3), checked before the decoder sees them.

use super::space::Space;
use super::text::Text;
use super::{crc, malformed};
use crate::found::Found;
use crate::{Color, Error};

const SIGNATURE: usize = 8;

/// Bytes of a sound IHDR: length, type, 13 bytes of data, CRC.
const HEADER_CHUNK: usize = 25;

/// IHDR: size, depth, colour type.
#[derive(Clone, Copy, Debug)]
pub(super) struct ImageHeader {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) depth: u8,
    pub(super) color: Color,
    pub(super) alpha: bool,
    pub(super) color_type: u8,
    pub(super) interlaced: bool,
}

impl ImageHeader {
    pub(super) fn parse(data: &[u8]) -> Result<Self, Error> {
        let [w3, w2, w1, w0, h3, h2, h1, h0, depth, color_type, compression, filter, interlace] = *data else {
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
        if compression != 0 || filter != 0 || interlace > 1 {
            return Err(malformed("has a coding that PNG lacks"));
        }
        Ok(Self { width, height, depth, color, alpha, color_type, interlaced: interlace == 1 })
    }
}

/// What the chunks say.
#[derive(Debug)]
pub(super) struct Chunks<'a> {
    pub(super) header: ImageHeader,
    pub(super) transparency: bool,
    /// How many frames there are to play: those that acTL announces, or more, if there are more; 1 without it.
    pub(super) frames: u32,
    /// Frame controls (fcTL) met.
    controls: u32,
    /// Whether acTL makes it an animation.
    pub(super) announced: bool,
    /// Whether there is any data of an animation's frames (fdAT).
    pub(super) frame_data: bool,
    /// What iCCP holds: a name, a method, and the compressed profile; or why that does not count.
    pub(super) profile: Option<Result<&'a [u8], &'static str>>,
    pub(super) found: Found,
    pub(super) space: Space,
    /// Whether the palette or pixels have come, behind which nothing says how they look (PNG 5.6).
    shown: bool,
    /// The offset behind IEND, or of the end of the file.
    pub(super) end: usize,
}

impl<'a> Chunks<'a> {
    /// Walks over all chunks of `source`; only their framing is checked, and the CRC of those that say how samples look.
    pub(super) fn walk(source: &'a [u8]) -> Result<Self, Error> {
        let (mut chunks, mut rest) = Self::start(source)?;
        while let Some(chunk) = next_chunk(&mut rest)? {
            if chunk.kind == *b"IEND" {
                chunks.end = source.len() - rest.len();
                return Ok(chunks);
            }
            chunks.take(chunk)?;
        }
        Err(malformed("has no end"))
    }

    /// Walks over the chunks before the pixels of a file that begins with `head`; `None` where those lie behind that.
    pub(super) fn walk_head(head: &'a [u8]) -> Result<Option<Self>, Error> {
        if head.len() < SIGNATURE + HEADER_CHUNK {
            return Ok(None);
        }
        let (mut chunks, mut rest) = Self::start(head)?;
        while !matches!(rest.get(4..8), Some(b"IDAT" | b"IEND")) {
            // A chunk that is not whole yet is the only error.
            let Ok(Some(chunk)) = next_chunk(&mut rest) else { return Ok(None) };
            chunks.take(chunk)?;
        }
        Ok(Some(chunks))
    }

    /// Reads IHDR, which is the first chunk; and what lies behind it.
    fn start(source: &'a [u8]) -> Result<(Self, &'a [u8]), Error> {
        let mut rest = source.get(SIGNATURE..).ok_or(malformed("ends inside its signature"))?;
        let Chunk { kind, data, .. } = next_chunk(&mut rest)?.ok_or(malformed("has no chunks"))?;
        if kind != *b"IHDR" {
            return Err(malformed("does not start with IHDR"));
        }
        let chunks = Self {
            header: ImageHeader::parse(data)?,
            transparency: false,
            frames: 1,
            controls: 0,
            announced: false,
            frame_data: false,
            profile: None,
            found: Found::default(),
            space: Space::default(),
            shown: false,
            end: source.len(),
        };
        Ok((chunks, rest))
    }

    fn take(&mut self, chunk: Chunk<'a>) -> Result<(), Error> {
        let Chunk { kind, data, .. } = chunk;
        match &kind {
            b"PLTE" if data.is_empty() || !data.len().is_multiple_of(3) || data.len() > 768 => {
                return Err(malformed("has a palette whose length is no multiple of 3 up to 768"));
            }
            b"tRNS" => self.transparency = true,
            b"acTL" => {
                self.announced = true;
                self.frames = self.frames.max(data.first_chunk().copied().map_or(1, u32::from_be_bytes));
            }
            b"fcTL" => {
                self.controls += 1;
                // What is not announced is played all the same, and must not cost nothing.
                self.frames = self.frames.max(if self.announced { self.controls } else { 1 });
            }
            b"eXIf" => self.found.exif(data),
            b"gAMA" | b"cHRM" | b"sRGB" | b"cICP" | b"mDCV" | b"cLLI" | b"iCCP" => self.take_look(chunk),
            b"tEXt" | b"zTXt" | b"iTXt" => Text::parse(kind, data).note(&mut self.found),
            b"PLTE" | b"IDAT" => self.shown = true,
            b"sBIT" | b"bKGD" | b"hIST" | b"pHYs" | b"sPLT" => {}
            b"fdAT" => self.frame_data = true,
            _ => self.found.application(data.len()),
        }
        Ok(())
    }

    /// Takes what says how samples look as viewers do: the first of its kind, with a right checksum, in its place.
    fn take_look(&mut self, chunk: Chunk<'a>) {
        let counts = !self.shown && chunk.is_sound();
        if chunk.kind != *b"iCCP" {
            if counts {
                self.space.take(chunk.kind, chunk.data);
            }
        } else if !matches!(self.profile, Some(Ok(_))) {
            let why = if self.shown { "it lies behind what it is for" } else { "its chunk has a wrong checksum" };
            self.profile = Some(if counts { Ok(chunk.data) } else { Err(why) });
        }
    }
}

/// A chunk (PNG 5.3).
#[derive(Clone, Copy, Debug)]
struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
    /// Its type and data, and the checksum that is stored of them.
    summed: &'a [u8],
    sum: [u8; 4],
}

impl Chunk<'_> {
    /// Whether the checksum is right.
    fn is_sound(&self) -> bool {
        crc::hash(self.summed).to_be_bytes() == self.sum
    }
}

/// Takes one chunk (length, type, data, CRC) off `rest`; `None` at the end of the file.
fn next_chunk<'a>(rest: &mut &'a [u8]) -> Result<Option<Chunk<'a>>, Error> {
    if rest.is_empty() {
        return Ok(None);
    }
    let cut = malformed("ends inside a chunk");
    let (length, behind) = rest.split_first_chunk().ok_or(cut)?;
    let length = u32::from_be_bytes(*length) as usize;
    let (summed, behind) = behind.split_at_checked(length.saturating_add(4)).ok_or(cut)?;
    let (kind, data) = summed.split_first_chunk().ok_or(cut)?;
    let (sum, behind) = behind.split_first_chunk().ok_or(cut)?;
    *rest = behind;
    Ok(Some(Chunk { kind: *kind, data, summed, sum: *sum }))
}

/// A chunk whose checksum was looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checked<'a> {
    pub(super) kind: [u8; 4],
    pub(super) data: &'a [u8],
    /// Whether the checksum is right.
    pub(super) sound: bool,
}

/// Takes one chunk off `rest` and checks its sum; `None` at the end of the file.
pub(super) fn next_checked<'a>(rest: &mut &'a [u8]) -> Result<Option<Checked<'a>>, Error> {
    let chunk = next_chunk(rest)?;
    Ok(chunk.map(|chunk| Checked { kind: chunk.kind, data: chunk.data, sound: chunk.is_sound() }))
}
