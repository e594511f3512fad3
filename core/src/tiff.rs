//! TIFF 6.0 as EXIF uses it: a byte order, then directories of 12-byte entries that point to values.
//!
//! Any offset may point anywhere, so nothing is followed but what is asked for, and what does not lie in the block
//! whole is not there.

/// A TIFF block in its own byte order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tiff<'a> {
    block: &'a [u8],
    pub(crate) big_endian: bool,
}

impl<'a> Tiff<'a> {
    pub(crate) fn new(block: &'a [u8]) -> Option<Self> {
        match block {
            [b'I', b'I', 42, 0, ..] => Some(Self { block, big_endian: false }),
            [b'M', b'M', 0, 42, ..] => Some(Self { block, big_endian: true }),
            _ => None,
        }
    }

    /// The first directory.
    pub(crate) fn first(self) -> Directory<'a> {
        Directory::at(self, self.u32(4))
    }

    /// How many of `length` bytes from `at` lie in the block.
    pub(crate) fn bytes_there(self, at: u32, length: u32) -> u64 {
        (self.block.len() as u64).saturating_sub(at.into()).min(length.into())
    }

    #[inline(never)]
    fn u16(self, at: usize) -> Option<u16> {
        let bytes = *self.block.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    #[inline(never)]
    fn u32(self, at: usize) -> Option<u32> {
        let bytes = *self.block.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

/// A directory: how many entries, the entries, then where the next directory is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Directory<'a> {
    pub(crate) tiff: Tiff<'a>,
    at: usize,
    count: usize,
}

/// An entry of a directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) tag: u16,
    /// The kind of its values.
    pub(crate) kind: u16,
    /// Its value, where that is a single short one.
    pub(crate) short: u16,
    at: usize,
}

impl<'a> Directory<'a> {
    /// The directory at an offset; one without entries where there is none.
    fn at(tiff: Tiff<'a>, offset: Option<u32>) -> Self {
        let at = offset.map_or(usize::MAX, |offset| offset as usize);
        Self { tiff, at, count: tiff.u16(at).map_or(0, usize::from) }
    }

    /// The directory that the value of `tag` points to.
    pub(crate) fn directory(self, tag: u16) -> Self {
        Self::at(self.tiff, self.number(tag))
    }

    /// Where the next directory is; 0 where there is none.
    pub(crate) fn next_at(self) -> u32 {
        self.at.checked_add(2 + 12 * self.count).and_then(|at| self.tiff.u32(at)).unwrap_or(0)
    }

    /// The next directory.
    pub(crate) fn next(self) -> Self {
        Self::at(self.tiff, Some(self.next_at()).filter(|&at| at != 0))
    }

    /// The entries as far as the block goes; of the last one, two bytes may be missing.
    pub(crate) fn entries(self) -> impl Iterator<Item = Entry> {
        (0..self.count).map_while(move |index| {
            let at = self.at.checked_add(2 + 12 * index)?;
            Some(Entry { tag: self.tiff.u16(at)?, kind: self.tiff.u16(at + 2)?, short: self.tiff.u16(at + 8)?, at })
        })
    }

    /// The values of the first entry with `tag`, where they lie in the block whole.
    #[inline(never)]
    pub(crate) fn values(self, tag: u16) -> Option<Values<'a>> {
        let entry = self.entries().find(|entry| entry.tag == tag)?;
        let bytes = kind_bytes(entry.kind) * u64::from(self.tiff.u32(entry.at + 4)?);
        // Four bytes and less lie in the entry itself.
        let at = if bytes > 4 { self.tiff.u32(entry.at + 8)? as usize } else { entry.at + 8 };
        let bytes = self.tiff.block.get(at..)?.get(..usize::try_from(bytes).ok()?)?;
        Some(Values { tiff: self.tiff, kind: entry.kind, bytes })
    }

    /// The first value of `tag`, a whole number.
    pub(crate) fn number(self, tag: u16) -> Option<u32> {
        self.values(tag)?.number(0)
    }
}

const BYTE: u16 = 1;
const ASCII: u16 = 2;
pub(crate) const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;
/// The offset of a directory (TIFF technical note 1).
const IFD: u16 = 13;
/// UTF-8, new in Exif 3.0.
const UTF8: u16 = 129;

/// Bytes of one value of a kind (Exif 2.32, 4.6.2); 0 of those that no reader here asks for.
fn kind_bytes(kind: u16) -> u64 {
    match kind {
        BYTE | ASCII | UNDEFINED | UTF8 => 1,
        SHORT => 2,
        LONG | IFD => 4,
        RATIONAL => 8,
        _ => 0,
    }
}

/// The values of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'a> {
    pub(crate) tiff: Tiff<'a>,
    kind: u16,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Values<'a> {
    /// The value at `index`, a whole number.
    pub(crate) fn number(self, index: usize) -> Option<u32> {
        let values = Tiff { block: self.bytes, ..self.tiff };
        match self.kind {
            BYTE => self.bytes.get(index).copied().map(u32::from),
            SHORT => values.u16(2 * index).map(u32::from),
            LONG | IFD => values.u32(4 * index),
            _ => None,
        }
    }

    /// The value at `index`, a fraction: numerator and denominator.
    #[inline(never)]
    pub(crate) fn fraction(self, index: usize) -> Option<(u32, u32)> {
        let values = Tiff { block: self.bytes, ..self.tiff };
        let is_fraction = self.kind == RATIONAL;
        is_fraction.then_some((values.u32(8 * index)?, values.u32(8 * index + 4)?))
    }

    /// The bytes of a text, whichever of the kinds made of bytes a writer took for it.
    pub(crate) fn text(self) -> Option<&'a [u8]> {
        (kind_bytes(self.kind) == 1).then_some(self.bytes)
    }
}
