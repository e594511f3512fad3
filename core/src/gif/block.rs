//! The blocks of GIF89a: colour tables, extensions, pictures.

use crate::animation::{Delay, Disposal, Rect};
use crate::{Error, Format};

pub(super) const fn malformed(reason: &'static str) -> Error {
    Error::Malformed { format: Format::Gif, reason }
}

/// What a walk says of a source that ends inside a block.
pub(super) const CUT: Error = malformed("ends inside a block");

/// A place in a file; each step takes bytes off it, so every walk ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
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

    /// The colour table that `flags` announce, three bytes a colour.
    fn color_table(&mut self, flags: u8) -> Result<Option<&'a [[u8; 3]]>, Error> {
        if flags & 0x80 == 0 {
            return Ok(None);
        }
        Ok(Some(self.take(3 << ((flags & 7) + 1))?.as_chunks().0))
    }

    /// The data of the next sub-block; `None` of the empty one.
    pub(super) fn sub_block(&mut self) -> Result<Option<&'a [u8]>, Error> {
        let length = usize::from(self.byte()?);
        let data = self.take(length)?;
        Ok((length > 0).then_some(data))
    }

    /// Passes over sub-blocks up to the empty one; their first one, and their bytes in all.
    fn sub_blocks(&mut self) -> Result<(&'a [u8], u64), Error> {
        let mut first: &[u8] = &[];
        let mut bytes = 0;
        while let Some(block) = self.sub_block()? {
            if bytes == 0 {
                first = block;
            }
            bytes += block.len() as u64;
        }
        Ok((first, bytes))
    }

    /// The data of sub-blocks up to the empty one, or up to the one that makes them `enough` bytes.
    pub(super) fn joined(mut self, enough: usize) -> Result<Vec<u8>, Error> {
        let mut data = Vec::new();
        while data.len() < enough
            && let Some(block) = self.sub_block()?
        {
            data.extend_from_slice(block);
        }
        Ok(data)
    }
}

/// The logical screen descriptor (GIF89a 18) and the global colour table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen<'a> {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) colors: Option<&'a [[u8; 3]]>,
}

/// What a graphic control extension says of the picture behind it (GIF89a 23).
#[derive(Clone, Copy, Debug)]
pub(super) struct Control {
    pub(super) disposal: Disposal,
    pub(super) delay: Delay,
    /// The index that paints nothing.
    pub(super) transparent: Option<u8>,
}

impl Control {
    const NONE: Self = Self { disposal: Disposal::Keep, delay: Delay::centiseconds(0), transparent: None };

    fn read(data: &[u8]) -> Self {
        let [flags, low, high, index, ..] = *data else { return Self::NONE };
        let disposal = match flags >> 2 & 7 {
            2 => Disposal::Clear,
            // 4 is no method, but some writers meant 3 by it, and browsers take it for that.
            3 | 4 => Disposal::Restore,
            _ => Disposal::Keep,
        };
        let delay = Delay::centiseconds(u16::from_le_bytes([low, high]).into());
        Self { disposal, delay, transparent: (flags & 1 != 0).then_some(index) }
    }
}

/// A picture (GIF89a 20 to 22), and what was said of it before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picture<'a> {
    pub(super) rect: Rect,
    pub(super) interlaced: bool,
    /// Its own colours.
    pub(super) colors: Option<&'a [[u8; 3]]>,
    pub(super) control: Control,
    /// Bits of an index: the LZW minimum code size, 1 to 11.
    pub(super) code_size: u8,
    /// Where its sub-blocks begin.
    pub(super) data: Reader<'a>,
}

/// An extension, but for graphic controls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extension<'a> {
    pub(super) label: u8,
    /// Where its sub-blocks begin.
    pub(super) all: Reader<'a>,
    /// The first of them.
    pub(super) first: &'a [u8],
    /// Bytes of data in all of them.
    pub(super) data_bytes: u64,
    /// Bytes of the file that they take.
    pub(super) bytes: usize,
}

/// A block, but for graphic controls.
#[derive(Clone, Copy, Debug)]
pub(super) enum Block<'a> {
    Extension(Extension<'a>),
    Picture(Picture<'a>),
    Trailer,
}

/// The blocks of a file, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Blocks<'a> {
    pub(super) reader: Reader<'a>,
    control: Control,
}

impl<'a> Blocks<'a> {
    /// Reads what stands before all blocks.
    pub(super) fn of(source: &'a [u8]) -> Result<(Screen<'a>, Self), Error> {
        let mut reader = Reader { rest: source };
        reader.take(6)?;
        let (width, height) = (reader.word()?, reader.word()?);
        let flags = reader.byte()?;
        reader.take(2)?;
        let colors = reader.color_table(flags)?;
        Ok((Screen { width, height, colors }, Self { reader, control: Control::NONE }))
    }

    /// The next block; `None` at the end of a file without a trailer.
    pub(super) fn next(&mut self) -> Result<Option<Block<'a>>, Error> {
        while !self.reader.rest.is_empty() {
            match self.reader.byte()? {
                0x21 => {
                    let extension = self.extension()?;
                    if extension.label == 0xF9 {
                        self.control = Control::read(extension.first);
                    } else {
                        return Ok(Some(Block::Extension(extension)));
                    }
                }
                0x2C => return self.picture().map(|picture| Some(Block::Picture(picture))),
                0x3B => return Ok(Some(Block::Trailer)),
                // Viewers pass over bytes that start no block.
                _ => {}
            }
        }
        Ok(None)
    }

    fn extension(&mut self) -> Result<Extension<'a>, Error> {
        let label = self.reader.byte()?;
        let all = self.reader;
        let (first, data_bytes) = self.reader.sub_blocks()?;
        Ok(Extension { label, all, first, data_bytes, bytes: all.rest.len() - self.reader.rest.len() })
    }

    fn picture(&mut self) -> Result<Picture<'a>, Error> {
        let reader = &mut self.reader;
        let [left, top, width, height] = [reader.word()?, reader.word()?, reader.word()?, reader.word()?];
        let rect = Rect { left: left.into(), top: top.into(), width: width.into(), height: height.into() };
        let flags = reader.byte()?;
        let colors = reader.color_table(flags)?;
        let code_size = reader.byte()?;
        if !(1..=11).contains(&code_size) {
            return Err(malformed("has an LZW code size outside 1 to 11"));
        }
        let data = *reader;
        reader.sub_blocks()?;
        // It is said of one picture alone.
        let control = std::mem::replace(&mut self.control, Control::NONE);
        Ok(Picture { rect, interlaced: flags & 0x40 != 0, colors, control, code_size, data })
    }
}
