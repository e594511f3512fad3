//! GIF89a: the blocks are checked here, pixels are decoded and encoded by the `gif` crate.

use std::borrow::Cow;
use std::io::Cursor;

use image::codecs::gif::GifDecoder;

use crate::found::Found;
use crate::palette::Indexed;
use crate::picture::{Origin, Picture, Profile};
use crate::survey::Survey;
use crate::{Color, Error, Format, Info, Limits};

const fn malformed(reason: &'static str) -> Error {
    Error::Malformed { format: Format::Gif, reason }
}

/// What a walk says of a source that ends inside a block.
const CUT: Error = malformed("ends inside a block");

/// What the blocks say.
#[derive(Debug, Default)]
struct Blocks {
    width: u16,
    height: u16,
    frames: u32,
    /// Pixels of the largest frame.
    frame_pixels: u64,
    transparency: bool,
    profile_bytes: u64,
    found: Found,
    /// The offset behind the trailer, or of the end of the file.
    end: usize,
}

/// A place in a file; each step takes bytes off it, so every walk ends.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or(CUT)?;
        self.rest = rest;
        Ok(head)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    fn word(&mut self) -> Result<u16, Error> {
        let bytes = self.take(2)?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    /// Passes over a colour table where `flags` announce one.
    fn color_table(&mut self, flags: u8) -> Result<(), Error> {
        if flags & 0x80 != 0 {
            self.take(3 << ((flags & 7) + 1))?;
        }
        Ok(())
    }

    /// Passes over sub-blocks up to the empty one; their first one, and their bytes in all.
    fn sub_blocks(&mut self) -> Result<(&'a [u8], u64), Error> {
        let mut first: &[u8] = &[];
        let mut bytes = 0;
        loop {
            let length = usize::from(self.byte()?);
            if length == 0 {
                return Ok((first, bytes));
            }
            let block = self.take(length)?;
            if bytes == 0 {
                first = block;
            }
            bytes += length as u64;
        }
    }
}

impl Reader<'_> {
    /// The data of sub-blocks up to the empty one, or up to the one that makes them `enough` bytes.
    fn joined(mut self, enough: usize) -> Result<Vec<u8>, Error> {
        let mut data = Vec::new();
        loop {
            let length = usize::from(self.byte()?);
            data.extend_from_slice(self.take(length)?);
            if length == 0 || data.len() >= enough {
                return Ok(data);
            }
        }
    }
}

impl Blocks {
    /// Walks over all blocks of `source` up to the trailer, or to the end where there is none.
    fn walk(source: &[u8]) -> Result<Self, Error> {
        let mut blocks = Self { end: source.len(), ..Self::default() };
        blocks.take_all(source)?;
        blocks.check()?;
        Ok(blocks)
    }

    /// Walks over the blocks of a file that begins with `head`; `None` where its first picture lies behind that.
    fn walk_head(head: &[u8]) -> Result<Option<Self>, Error> {
        let mut blocks = Self { end: head.len(), ..Self::default() };
        match blocks.take_all(head) {
            Err(error) if error != CUT => return Err(error),
            _ if blocks.frames == 0 && blocks.end == head.len() => return Ok(None),
            _ => {}
        }
        blocks.check()?;
        Ok(Some(blocks))
    }

    fn take_all(&mut self, source: &[u8]) -> Result<(), Error> {
        const EXTENSION: u8 = 0x21;
        const IMAGE: u8 = 0x2C;
        const TRAILER: u8 = 0x3B;
        let mut reader = Reader { rest: source };
        reader.take(6)?;
        (self.width, self.height) = (reader.word()?, reader.word()?);
        let flags = reader.byte()?;
        reader.take(2)?;
        reader.color_table(flags)?;
        while !reader.rest.is_empty() {
            match reader.byte()? {
                EXTENSION => self.take_extension(&mut reader)?,
                IMAGE => self.take_image(&mut reader)?,
                TRAILER => {
                    self.end = source.len() - reader.rest.len();
                    break;
                }
                // Viewers pass over bytes that start no block.
                _ => {}
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

    fn take_extension(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        /// `XMP DataXMP` and its length before a packet without sub-blocks; behind it, bytes that lead a reader of
        /// sub-blocks out of it (XMP specification, part 3, 1.1.2).
        const AROUND_XMP: usize = 12 + 258;
        let label = reader.byte()?;
        let all = Reader { ..*reader };
        let (first, bytes) = reader.sub_blocks()?;
        match label {
            0xF9 => self.transparency |= first.first().is_some_and(|flags| flags & 1 != 0),
            0xFE => self.found.comment(b"", &all.joined(1000)?),
            0xFF if first.starts_with(b"XMP Data") => {
                self.found.xmp((all.rest.len() - reader.rest.len()).saturating_sub(AROUND_XMP));
            }
            0xFF if first.starts_with(b"ICCRGBG1") => self.profile_bytes = bytes.saturating_sub(11),
            0xFF if first.starts_with(b"NETSCAPE2.0") || first.starts_with(b"ANIMEXTS1.0") => {}
            _ => self.found.application(bytes as usize),
        }
        Ok(())
    }

    fn take_image(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        reader.take(4)?;
        let pixels = u64::from(reader.word()?) * u64::from(reader.word()?);
        self.frames += 1;
        self.frame_pixels = self.frame_pixels.max(pixels);
        let flags = reader.byte()?;
        reader.color_table(flags)?;
        let code_size = reader.byte()?;
        if !(1..=11).contains(&code_size) {
            return Err(malformed("has an LZW code size outside 1 to 11"));
        }
        reader.sub_blocks()?;
        Ok(())
    }
}

/// What the blocks of `source` say.
pub(crate) fn survey(source: &[u8]) -> Result<Survey, Error> {
    Blocks::walk(source).map(surveyed)
}

/// What the blocks of a source say that begins with `head`; `None` where its first picture lies behind that.
///
/// Pictures behind `head` are not counted.
pub(crate) fn survey_head(head: &[u8]) -> Result<Option<Survey>, Error> {
    Blocks::walk_head(head).map(|blocks| blocks.map(surveyed))
}

fn surveyed(blocks: Blocks) -> Survey {
    let (_, private, reveals) = blocks.found.finish();
    let info = Info {
        format: Format::Gif,
        width: blocks.width.into(),
        height: blocks.height.into(),
        orientation: 1,
        color: Color::Palette,
        depth: 8,
        alpha: blocks.transparency,
        frames: blocks.frames,
        profile_bytes: blocks.profile_bytes,
        quality: None,
        scans: 0,
        reveals,
    };
    // Canvas and frame as RGBA, and the frame's indices.
    let decode_bytes = 4 * info.pixels() + 5 * blocks.frame_pixels;
    Survey { jpeg: None, scan_blocks: 0, decode_bytes, private, animated: blocks.frames > 1, end: blocks.end, info }
}

/// The pixels of `source`, a still picture, on its canvas.
pub(crate) fn decode(source: &[u8], info: &Info, limits: &Limits) -> Result<Picture, Error> {
    let mut decoder =
        GifDecoder::new(Cursor::new(source)).map_err(|_| malformed("has broken blocks before the image data"))?;
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(limits.memory_bytes);
    image::ImageDecoder::set_limits(&mut decoder, bounds).map_err(|_| malformed("cannot be decoded within bounds"))?;
    let unread = Profile::Broken("no viewer reads one in a GIF");
    let profile = if info.profile_bytes > 0 { unread } else { Profile::Absent };
    Picture::read(Format::Gif, decoder, profile, Origin::Gif)
}

/// `indexed` as a still GIF. Of its colours at most one is transparent, and none partly.
pub(crate) fn encode(indexed: &Indexed) -> Result<Vec<u8>, Error> {
    let unsupported = Error::UnsupportedFeature { format: Format::Gif, feature: "a side over 65535 pixels" };
    let refused = |_| Error::UnsupportedFeature { format: Format::Gif, feature: "a picture that its encoder refuses" };
    let width = u16::try_from(indexed.width).map_err(|_| unsupported)?;
    let height = u16::try_from(indexed.indices.len().div_ceil(indexed.width)).map_err(|_| unsupported)?;
    let colors: Vec<u8> = indexed.colors.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect();
    let transparent = indexed.colors.iter().position(|color| color[3] == 0).map(|index| index as u8);
    let frame =
        gif::Frame { width, height, buffer: Cow::Borrowed(&indexed.indices), transparent, ..gif::Frame::default() };
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, width, height, &colors).map_err(refused)?;
    encoder.write_frame(&frame).map_err(refused)?;
    drop(encoder);
    Ok(bytes)
}
