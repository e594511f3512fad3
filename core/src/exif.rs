//! The few things that matter in EXIF: how the picture is to be turned, and what it gives away.
//!
//! EXIF is a TIFF file (TIFF 6.0, CIPA DC-008): a byte order, then directories of 12-byte entries.

use crate::Metadata;

/// What an EXIF block says. A broken block says nothing: it never fails its image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exif {
    /// Orientation 1 to 8; `None` where it is absent or out of range.
    pub(crate) orientation: Option<u8>,
    /// Whether there is a GPS directory.
    pub(crate) gps: bool,
    /// Whether there is a second directory, which holds a thumbnail.
    pub(crate) thumbnail: bool,
}

const ORIENTATION: u16 = 0x0112;
const GPS_DIRECTORY: u16 = 0x8825;
const SHORT: u16 = 3;

impl Exif {
    /// Reads a TIFF block, that is EXIF without the `Exif\0\0` that JPEG puts before it.
    ///
    /// Reads the first directory and no other, so there is no chain of offsets to follow for ever.
    pub(crate) fn parse(block: &[u8]) -> Self {
        Self::read(&Tiff::new(block)).unwrap_or_default()
    }

    /// What the block gives away, each kind once.
    pub(crate) fn private(self) -> impl Iterator<Item = Metadata> {
        let kinds = [(true, Metadata::Exif), (self.gps, Metadata::Gps), (self.thumbnail, Metadata::Thumbnail)];
        kinds.into_iter().filter_map(|(is_there, kind)| is_there.then_some(kind))
    }

    fn read(tiff: &Option<Tiff<'_>>) -> Option<Self> {
        let tiff = tiff.as_ref()?;
        let directory = tiff.u32(4)? as usize;
        let entries = usize::from(tiff.u16(directory)?);
        let mut exif = Self::default();
        for index in 0..entries {
            let entry = directory.checked_add(2 + 12 * index)?;
            let (Some(tag), Some(kind), Some(value)) = (tiff.u16(entry), tiff.u16(entry + 2), tiff.u16(entry + 8))
            else {
                return Some(exif);
            };
            match tag {
                ORIENTATION if kind == SHORT && exif.orientation.is_none() => {
                    exif.orientation = u8::try_from(value).ok().filter(|o| (1..=8).contains(o));
                }
                GPS_DIRECTORY => exif.gps = true,
                _ => {}
            }
        }
        exif.thumbnail = directory.checked_add(2 + 12 * entries).and_then(|at| tiff.u32(at)).is_some_and(|at| at != 0);
        Some(exif)
    }
}

/// A TIFF block in its own byte order.
struct Tiff<'a> {
    block: &'a [u8],
    big_endian: bool,
}

impl<'a> Tiff<'a> {
    fn new(block: &'a [u8]) -> Option<Self> {
        match block {
            [b'I', b'I', 42, 0, ..] => Some(Self { block, big_endian: false }),
            [b'M', b'M', 0, 42, ..] => Some(Self { block, big_endian: true }),
            _ => None,
        }
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = *self.block.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = *self.block.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A little-endian block with one directory of `entries` (tag, kind, value), then `next`.
    fn block(entries: &[(u16, u16, u16)], next: u32) -> Vec<u8> {
        let mut block = b"II\x2A\0\x08\0\0\0".to_vec();
        block.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, value) in entries {
            block.extend([tag.to_le_bytes(), kind.to_le_bytes(), [1, 0], [0, 0], value.to_le_bytes(), [0, 0]].concat());
        }
        block.extend(next.to_le_bytes());
        block
    }

    #[test]
    fn reads_orientation_position_and_thumbnail() {
        let all = Exif { orientation: Some(6), gps: true, thumbnail: true };
        assert_eq!(Exif::parse(&block(&[(ORIENTATION, SHORT, 6), (GPS_DIRECTORY, 4, 26)], 99)), all);
        for (orientation, expected) in [(0, None), (1, Some(1)), (8, Some(8)), (9, None), (65535, None)] {
            let exif = Exif::parse(&block(&[(ORIENTATION, SHORT, orientation)], 0));
            assert_eq!(exif, Exif { orientation: expected, ..Exif::default() }, "{orientation}");
        }
    }

    #[test]
    fn every_prefix_and_every_flipped_byte_returns() {
        let sound = block(&[(ORIENTATION, SHORT, 6), (GPS_DIRECTORY, 4, 26)], 99);
        for end in 0..sound.len() {
            Exif::parse(&sound[..end]);
        }
        for at in 0..sound.len() {
            let mut broken = sound.clone();
            broken[at] ^= 0xFF;
            Exif::parse(&broken);
        }
    }
}
