//! BMP (Windows bitmaps of versions 3 to 5, and OS/2 1.x), read only: headers here, pixels by the `image` crate.
//!
//! ```text
//! "BM", the file's length, 4 bytes, where pixels begin      14 bytes, all numbers little-endian
//! header: its length, width, height (negative: from the top), planes, bits, compression, …, colours
//! three or four masks, where compression is 3 or 6 and the header has no room for them
//! palette: blue, green, red and, but in OS/2's, a byte that nobody uses
//! rows, from the bottom, each padded to four bytes; or runs of palette indices (RLE4, RLE8)
//! ```

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::{ImageDecoder, ImageResult};

use crate::picture::{Origin, Picture, Profile};
use crate::raster::{Model, Raster, Samples};
use crate::survey::Survey;
use crate::{Color, Error, Format, Info, Reveals, full, icc};

const fn malformed(reason: &'static str) -> Error {
    Error::Malformed { format: Format::Bmp, reason }
}

const fn unsupported(feature: &'static str) -> Error {
    Error::UnsupportedFeature { format: Format::Bmp, feature }
}

/// What is said of a file that ends before its header does.
const CUT: Error = malformed("ends inside its header");

/// Bytes before the header.
const FILE_HEADER: usize = 14;

/// The longest side that is decoded.
const MOST_SIDE: u32 = 65535;

/// The length of OS/2's header, whose sides have 16 bits.
const CORE_HEADER: usize = 12;

/// The length of a header of version 5, the only one that has a place for a profile.
const PROFILED_HEADER: usize = 124;

/// Lengths that a header has: OS/2's, and Windows' of versions 3, 3 with masks, 3 with four masks, 4 and 5.
const HEADERS: [u32; 6] = [12, 40, 52, 56, 108, 124];

/// Whether `source` begins as a BMP.
pub(crate) fn is_bmp(source: &[u8]) -> bool {
    source.starts_with(b"BM") && long(source, FILE_HEADER).is_some_and(|length| HEADERS.contains(&length))
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    width: u32,
    height: u32,
    from_top: bool,
    bits: u16,
    coding: Coding,
    /// Where the palette begins, how many entries it has, and the bytes of one.
    palette: (usize, usize, usize),
    /// Where pixels begin.
    pixels: usize,
    /// Where a profile begins and its length.
    profile: Option<(usize, usize)>,
}

/// How pixels are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Indices,
    Runs,
    /// Masks of red, green, blue and alpha.
    Masks([u32; 4]),
}

impl Header {
    fn read(source: &[u8]) -> Result<Self, Error> {
        let pixels = long(source, 10).ok_or(CUT)? as usize;
        let length = long(source, FILE_HEADER).ok_or(CUT)? as usize;
        let header = source.get(FILE_HEADER..FILE_HEADER + length).ok_or(CUT)?;
        let field = |at| long(header, at).ok_or(CUT);
        let is_core = length == CORE_HEADER;
        let (width, signed_height, at) = if is_core {
            (u32::from(word(header, 4).ok_or(CUT)?), i32::from(word(header, 6).ok_or(CUT)?), 8)
        } else {
            (field(4)?, field(8)?.cast_signed(), 12)
        };
        let (planes, bits) = (word(header, at).ok_or(CUT)?, word(header, at + 2).ok_or(CUT)?);
        let height = signed_height.unsigned_abs();
        if planes != 1 || width == 0 || height == 0 || width.cast_signed() < 0 {
            return Err(malformed("has a header that makes no sense"));
        }
        if width.max(height) > MOST_SIDE {
            return Err(unsupported("a side over 65535 pixels"));
        }
        let (compression, colors) = if is_core { (0, 0) } else { (field(16)?, field(32)?) };
        let (coding, behind) = Self::coding(source, length, bits, compression)?;
        let most = if bits <= 8 { 1 << bits } else { 0 };
        let count = if colors == 0 { most } else { most.min(colors as usize) };
        let palette = (FILE_HEADER + length + behind, count, if is_core { 3 } else { 4 });
        let embedded = length == PROFILED_HEADER && header[56..60] == *b"DEBM";
        let profile = if embedded {
            Some((FILE_HEADER.saturating_add(field(112)? as usize), field(116)? as usize))
        } else {
            None
        };
        Ok(Self { width, height, from_top: signed_height < 0, bits, coding, palette, pixels, profile })
    }

    /// The coding, and how many bytes of masks stand behind the header.
    fn coding(source: &[u8], length: usize, bits: u16, compression: u32) -> Result<(Coding, usize), Error> {
        const MASKS: usize = FILE_HEADER + 40;
        let mask = |i: usize| long(source, MASKS + 4 * i).ok_or(CUT);
        Ok(match (compression, bits) {
            (0, 1 | 2 | 4 | 8) => (Coding::Indices, 0),
            (1, 8) | (2, 4) => (Coding::Runs, 0),
            (0, 16) => (Coding::Masks([0x7C00, 0x3E0, 0x1F, 0]), 0),
            (0, 24 | 32) => (Coding::Masks([0xFF_0000, 0xFF00, 0xFF, 0]), 0),
            (3, 16 | 32) => {
                let alpha = if length >= 56 { mask(3)? } else { 0 };
                let behind = if length > 40 { 0 } else { 12 };
                (Coding::Masks([mask(0)?, mask(1)?, mask(2)?, alpha]), behind)
            }
            (4 | 5, _) => return Err(unsupported("a JPEG or PNG inside")),
            _ => return Err(unsupported("a coding that is not decoded")),
        })
    }

    fn has_alpha(&self) -> bool {
        matches!(self.coding, Coding::Masks([.., alpha]) if alpha != 0)
    }

    /// Bytes of a row with its padding, and of all rows.
    fn lengths(&self) -> (u64, u64) {
        let row = (u64::from(self.width) * u64::from(self.bits)).div_ceil(32) * 4;
        (row, row * u64::from(self.height))
    }

    /// Where the picture and its profile end; runs tell only when they are decoded.
    fn end(&self, source: usize) -> usize {
        if self.coding == Coding::Runs {
            return source;
        }
        let profile = self.profile.map_or(0, |(at, length)| at as u64 + length as u64);
        let end = (self.pixels as u64 + self.lengths().1).max(profile);
        usize::try_from(end).unwrap_or(usize::MAX).min(source)
    }

    fn survey(&self, source: usize) -> Survey {
        let info = Info {
            format: Format::Bmp,
            width: self.width,
            height: self.height,
            orientation: 1,
            color: if self.bits <= 8 { Color::Palette } else { Color::Rgb },
            depth: 8,
            alpha: self.has_alpha(),
            frames: 1,
            // No more than tells that it is too long: none of it is read then.
            profile_bytes: self.profile.map_or(0, |(_, length)| length.min(icc::MOST_BYTES + 1) as u64),
            quality: None,
            scans: 0,
            reveals: Box::<Reveals>::default(),
        };
        // Runs are indices first.
        let decode_bytes = info.pixels().saturating_mul(4 + u64::from(self.coding == Coding::Runs));
        let end = self.end(source);
        Survey {
            jpeg: None,
            scan_blocks: 0,
            moved_pixels: 0,
            decode_bytes,
            private: Vec::new(),
            animated: false,
            end,
            info,
        }
    }
}

/// What the header of `source` says.
pub(crate) fn survey(source: &[u8]) -> Result<Survey, Error> {
    Header::read(source).map(|header| header.survey(source.len()))
}

/// The same of a source that begins with `head`; `None` where the header goes on behind it.
pub(crate) fn survey_head(head: &[u8]) -> Result<Option<Survey>, Error> {
    match Header::read(head) {
        Ok(header) => Ok(Some(header.survey(usize::MAX))),
        Err(error) if error == CUT => Ok(None),
        Err(error) => Err(error),
    }
}

/// The pixels of `source`, from the top, palettes expanded.
pub(crate) fn decode(source: &[u8]) -> Result<Picture, Error> {
    full::only()?;
    let header = Header::read(source)?;
    // Four bytes for each pixel must have addresses, whatever the limits are.
    usize::try_from(4 * u64::from(header.width) * u64::from(header.height))
        .map_err(|_| unsupported("more pixels than this machine can hold"))?;
    let raster = read(source).map_err(|_| malformed("has broken pixels"))?;
    let profile = match header.profile {
        Some((at, length)) if length <= icc::MOST_BYTES => match source.get(at..).and_then(|rest| rest.get(..length)) {
            Some(profile) => Profile::Present(profile.to_vec()),
            None => Profile::Broken("it lies behind the end of the file"),
        },
        Some(_) => Profile::Broken("it is longer than 4 MiB"),
        None => Profile::Absent,
    };
    Ok(Picture { raster, profile, origin: Origin::Bmp { palette: header.bits <= 8 } })
}

/// Has the `image` crate decode `source`.
fn read(source: &[u8]) -> ImageResult<Raster> {
    let decoder = BmpDecoder::new(Cursor::new(source))?;
    let (width, height) = decoder.dimensions();
    let model = if decoder.color_type().has_alpha() { Model::Rgba } else { Model::Rgb };
    let mut samples = vec![0; width as usize * height as usize * model.channels()];
    decoder.read_image(&mut samples)?;
    Ok(Raster { width: width as usize, height: height as usize, model, samples: Samples::Eight(samples) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with a header of version 3.
    fn file(width: i32, height: i32, bits: u16, compression: u32, behind: &[u8], pixels: &[u8]) -> Vec<u8> {
        let mut file = b"BM\0\0\0\0\0\0\0\0".to_vec();
        file.extend((54 + behind.len() as u32).to_le_bytes());
        file.extend(40u32.to_le_bytes());
        file.extend(width.to_le_bytes());
        file.extend(height.to_le_bytes());
        file.extend(1u16.to_le_bytes());
        file.extend(bits.to_le_bytes());
        file.extend(compression.to_le_bytes());
        file.extend([0; 20]);
        file.extend(behind);
        file.extend(pixels);
        file
    }

    /// Black, red, green and blue, and as many more as `count` needs.
    fn colors(count: usize) -> Vec<u8> {
        let mut colors = vec![0, 0, 0, 0, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0];
        colors.resize(4 * count, 0);
        colors
    }

    const RED: [u8; 3] = [255, 0, 0];
    const GREEN: [u8; 3] = [0, 255, 0];
    const BLUE: [u8; 3] = [0, 0, 255];
    const BLACK: [u8; 3] = [0; 3];

    #[test]
    fn every_coding_gives_its_pixels() {
        let masks: Vec<u8> = [0xF800u32, 0x7E0, 0x1F].iter().flat_map(|mask| mask.to_le_bytes()).collect();
        let upright = [RED, GREEN, BLUE, BLACK].concat();
        for (name, file, expected) in [
            ("1 bit", file(2, -1, 1, 0, &colors(2), &[0b0100_0000, 0, 0, 0]), [BLACK, RED].concat()),
            ("4 bits", file(3, -1, 4, 0, &colors(16), &[0x12, 0x30, 0, 0]), [RED, GREEN, BLUE].concat()),
            ("8 bits, upwards", file(1, 2, 8, 0, &colors(256), &[2, 0, 0, 0, 1, 0, 0, 0]), [RED, GREEN].concat()),
            ("16 bits", file(2, -1, 16, 0, &[], &[0, 0x7C, 0xE0, 3]), [RED, GREEN].concat()),
            ("16 bits, masks", file(2, -1, 16, 3, &masks, &[0, 0xF8, 0xE0, 7]), [RED, GREEN].concat()),
            ("24 bits", file(1, -1, 24, 0, &[], &[255, 0, 0, 0]), BLUE.to_vec()),
            ("32 bits", file(1, -1, 32, 0, &[], &[0, 255, 0, 9]), GREEN.to_vec()),
            ("RLE8", file(2, 2, 8, 1, &colors(256), &[1, 3, 1, 0, 0, 0, 1, 1, 1, 2, 0, 1]), upright.clone()),
            ("RLE4", file(2, 2, 4, 2, &colors(16), &[2, 0x30, 0, 0, 2, 0x12, 0, 1]), upright),
            ("RLE8, passing over", file(2, 1, 8, 1, &colors(256), &[0, 2, 1, 0, 1, 1, 0, 1]), [BLACK, RED].concat()),
        ] {
            assert_eq!(decode(&file).map(|picture| picture.raster.samples), Ok(Samples::Eight(expected)), "{name}");
        }
    }

    #[test]
    fn every_prefix_is_refused_or_whole() {
        let files = [
            file(2, 2, 24, 0, &[], &[7; 16]),
            file(2, 2, 8, 1, &colors(256), &[2, 1, 0, 0, 2, 2, 0, 1]),
            file(3, 3, 4, 0, &colors(16), &[0; 12]),
        ];
        for file in files {
            for length in 0..file.len() {
                let head = &file[..length];
                // The mark of the end, two bytes, may be missing.
                assert!(decode(head).is_err() || length + 2 >= file.len(), "{length} of {}", file.len());
                assert!(survey_head(head).is_ok(), "{length} of {}", file.len());
            }
            assert!(decode(&file).is_ok());
        }
    }

    #[test]
    fn broken_headers_are_refused() {
        for (name, file) in [
            ("no width", file(0, 1, 24, 0, &[], &[0; 4])),
            ("no height", file(1, 0, 24, 0, &[], &[0; 4])),
            ("negative width", file(-1, 1, 24, 0, &[], &[0; 4])),
            ("lowest height", file(1, i32::MIN, 24, 0, &[], &[0; 4])),
            ("a longer side than is decoded", file(65536, 1, 24, 0, &[], &[0; 3 * 65536])),
            ("bits", file(1, 1, 7, 0, &[], &[0; 4])),
            ("a PNG inside", file(1, 1, 0, 5, &[], &[0; 4])),
            ("runs that leave the picture", file(1, 1, 8, 1, &colors(256), &[0, 2, 0, 9, 1, 1, 0, 1])),
        ] {
            assert!(decode(&file).is_err(), "{name}");
        }
    }
}
