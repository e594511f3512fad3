//! The image formats Halver reads and writes, told apart by their first bytes.

use serde::{Deserialize, Serialize};

use crate::{Error, bmp};

/// An image format that Halver decodes and, but for BMP, encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// ITU-T T.81.
    Jpeg,
    /// W3C PNG, third edition.
    Png,
    /// WebP in a RIFF container: VP8 or VP8L.
    WebP,
    /// GIF87a or GIF89a.
    Gif,
    /// A Windows or OS/2 bitmap; read only.
    Bmp,
}

impl Format {
    /// All formats that are written, in the order in which help texts list them.
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Png, Self::WebP, Self::Gif];

    /// All formats that are read.
    pub const READ: [Self; 5] = [Self::Jpeg, Self::Png, Self::WebP, Self::Gif, Self::Bmp];

    /// How many first bytes tell that a source is in none of the formats known here.
    pub(crate) const SNIFFED_BYTES: usize = 1024;

    /// The format of `source`, by its first bytes; file names and content types do not count.
    ///
    /// # Errors
    /// [`Error::UnsupportedFormat`] where the bytes begin as a known image format that is not decoded
    /// here (HEIC, AVIF, TIFF, SVG, PDF, …), else [`Error::NotAnImage`].
    pub fn sniff(source: &[u8]) -> Result<Self, Error> {
        match source {
            [0xFF, 0xD8, 0xFF, ..] => Ok(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Ok(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Self::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Self::Gif),
            _ if bmp::is_bmp(source) => Ok(Self::Bmp),
            _ => Err(not_ours(source)),
        }
    }

    /// The media type, e.g. `image/jpeg`.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
        }
    }

    /// The usual file name extension, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
        }
    }

    /// The name as its standard writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Format {
    type Err = UnknownFormat;

    /// Reads `jpeg`, `jpg`, `png`, `webp` or `gif`, in any case: those that are written.
    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text.to_ascii_lowercase().as_str() {
            "jpeg" | "jpg" => Ok(Self::Jpeg),
            "png" => Ok(Self::Png),
            "webp" => Ok(Self::WebP),
            "gif" => Ok(Self::Gif),
            _ => Err(UnknownFormat),
        }
    }
}

/// A text that names none of the formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFormat;

impl std::fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("expected one of jpeg, png, webp, gif")
    }
}

impl std::error::Error for UnknownFormat {}

/// Why bytes that begin as none of the formats are refused.
fn not_ours(source: &[u8]) -> Error {
    let name = match source {
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => "TIFF",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => match name_by_brand(source) {
            Some(name) => name,
            None => return Error::NotAnImage,
        },
        [0xFF, 0x0A, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => "JPEG XL",
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => "JPEG 2000",
        [0, 0, 1, 0, ..] => "ICO",
        [b'8', b'B', b'P', b'S', ..] => "PSD",
        [b'%', b'P', b'D', b'F', b'-', ..] => "PDF",
        _ if begins_as_svg(source) => "SVG",
        _ => return Error::NotAnImage,
    };
    Error::UnsupportedFormat { name }
}

/// What a file is that begins with `ftyp` (ISO/IEC 14496-12, 4.3): a major brand, a version, and brands that it is
/// compatible with, the first known of which tells where the major one names only the container.
fn name_by_brand(source: &[u8]) -> Option<&'static str> {
    // A length of 0 is up to the end, one of 1 stands elsewhere.
    let length = source.first_chunk().copied().map(u32::from_be_bytes).filter(|&length| length > 1);
    let end = length.map_or(usize::MAX, |length| length as usize).min(source.len()).min(Format::SNIFFED_BYTES);
    let brands = source.get(8..end).unwrap_or_default().as_chunks::<4>().0;
    let name = |brand: &[u8; 4]| match brand {
        b"avif" | b"avis" => Some("AVIF"),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" => Some("HEIC"),
        _ => None,
    };
    let [major, _version, compatible @ ..] = brands else { return brands.first().and_then(name) };
    let is_container = matches!(major, b"mif1" | b"msf1");
    name(major).or_else(|| is_container.then(|| compatible.iter().find_map(name).unwrap_or("HEIF")))
}

/// Whether the first [`Format::SNIFFED_BYTES`] hold an `<svg` tag behind nothing but an XML prologue.
fn begins_as_svg(source: &[u8]) -> bool {
    let head = &source[..source.len().min(Format::SNIFFED_BYTES)];
    let text = head.trim_ascii_start();
    (text.starts_with(b"<?xml") || text.starts_with(b"<!--") || text.starts_with(b"<svg"))
        && head.windows(4).any(|w| w == b"<svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sniffs_by_content() {
        for (bytes, format) in [
            (&b"\xFF\xD8\xFF\xE0"[..], Format::Jpeg),
            (b"\x89PNG\r\n\x1A\n", Format::Png),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", Format::WebP),
            (b"GIF89a", Format::Gif),
            (b"BM____________\x28\0\0\0", Format::Bmp),
        ] {
            assert_eq!(Format::sniff(bytes), Ok(format), "{bytes:?}");
        }
        for bytes in [
            &b""[..],
            b"hello",
            b"BMW drives on and on, past the lake",
            b"RIFF\x00\x00\x00\x00WAVEfmt ",
            b"<html><svg>",
        ] {
            assert_eq!(Format::sniff(bytes), Err(Error::NotAnImage), "{bytes:?}");
        }
        for (bytes, name) in [
            (&b"\0\0\0\x18ftypheic"[..], "HEIC"),
            (b"\0\0\0\x18ftypavif", "AVIF"),
            (b"\0\0\0\x1Cftypmif1\0\0\0\0mif1avifmiaf", "AVIF"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
            (b"\0\0\0\x10ftypmif1\0\0\0\0mif1avif", "HEIF"),
            (b"\0\0\0\x10ftyphevs\0\0\0\0", "HEIC"),
            (b"II\x2A\0", "TIFF"),
            (b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "SVG"),
            (b"%PDF-1.7", "PDF"),
        ] {
            assert_eq!(Format::sniff(bytes), Err(Error::UnsupportedFormat { name }), "{bytes:?}");
        }
    }
}
