//! JPEG, ITU-T T.81: halved in the DCT domain, without ever being whole.
//!
//! ```text
//! segment → header → { marker · frame · huffman · quantization }
//! decode/   bits → lookup → { sequential · progressive } → { idct · kernel } → target     coefficients become planes
//! layout    planes, one for each component, of half the component's size
//! encode/   fdct → quantize → token → { optimal · write }                                planes become a file
//! halve     decode → layout → encode; pixels: planes from and to those of other formats
//! ```

#[cfg(test)]
mod corpus;
mod decode;
mod encode;
#[cfg(test)]
mod forge;
mod frame;
mod halve;
mod header;
mod huffman;
mod layout;
#[cfg(test)]
mod libjpeg;
mod marker;
#[cfg(test)]
mod oracle;
mod pixels;
mod quantization;
mod segment;

/// Kernels, for fuzzing alone.
#[cfg(feature = "fuzzing")]
pub mod fuzzing {
    pub use super::decode::fuzzing::{half_block, half_corners, whole_block};
    pub use super::encode::fuzzing::forward_block;
}

use crate::found::Found;
use crate::survey::{Survey, shown};
use crate::{Color, Error, Format, Info};

pub(crate) use halve::{halve, keeps_planes, peak_bytes};
pub(crate) use header::Header;
pub(crate) use pixels::{Settings, decode, encode, fits};
use quantization::Kind;

const fn malformed(reason: &'static str) -> Error {
    Error::Malformed { format: Format::Jpeg, reason }
}

fn unsupported(feature: &'static str) -> Error {
    Error::UnsupportedFeature { format: Format::Jpeg, feature }
}

/// Blocks that a scan counts for at least: making its lookup tables takes as long as decoding so many, about 10 µs.
const SCAN_BLOCKS: u64 = 256;

/// What the segments of `source` say.
pub(crate) fn survey(source: &[u8]) -> Result<Survey, Error> {
    Header::read(source).map(surveyed)
}

/// What the segments of a source say that begins with `head`; `None` where its first scan lies behind that.
///
/// Scans behind `head` are not counted, and metadata there are not seen.
pub(crate) fn survey_head(head: &[u8]) -> Result<Option<Survey>, Error> {
    Header::read_head(head).map(|header| header.map(surveyed))
}

fn surveyed((header, found): (Header, Found)) -> Survey {
    let (orientation, private, reveals) = found.finish();
    let frame = &header.frame;
    let (width, height) = shown(frame.width.into(), frame.height.into(), orientation);
    let info = Info {
        format: Format::Jpeg,
        width,
        height,
        orientation,
        color: header.color(),
        depth: 8,
        alpha: false,
        frames: 1,
        profile_bytes: header.profile.len(),
        quality: header.luma_table().map(|table| quantization::quality_of(Kind::Luminance, table).value()),
        scans: header.scans,
        reveals,
    };
    // Planes at half size or, of chroma, at full size; their pixels; and of a progressive file all coefficients.
    let samples = 64 * frame.blocks();
    let decode_bytes = if frame.progressive { 4 * samples } else { 2 * samples };
    Survey {
        moved_pixels: 0,
        decode_bytes,
        scan_blocks: header.scan_blocks.max(SCAN_BLOCKS * u64::from(header.scans)),
        private,
        animated: false,
        end: header.end,
        info,
        jpeg: Some(Box::new(header)),
    }
}

impl Header {
    /// What the samples measure, by libjpeg's rule: JFIF, then Adobe's transform, then component ids.
    pub(crate) fn color(&self) -> Color {
        let ids: Vec<u8> = self.frame.components.iter().map(|component| component.id).collect();
        match (ids.len(), self.adobe_transform) {
            (1, _) => Color::Grey,
            (4, _) => Color::Cmyk,
            _ if self.density.is_some() => Color::YCbCr,
            (_, Some(0)) => Color::Rgb,
            (_, None) if ids == *b"RGB" => Color::Rgb,
            _ => Color::YCbCr,
        }
    }

    /// The quantization table of the first component.
    fn luma_table(&self) -> Option<&quantization::Table> {
        self.component_table(0)
    }

    /// The quantization table of component `index`.
    fn component_table(&self, index: usize) -> Option<&quantization::Table> {
        self.tables.get(index)
    }
}
