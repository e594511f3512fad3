//! JPEG, ITU-T T.81: the segments are read here; pixels are decoded by `zune-jpeg` and encoded by
//! `jpeg-encoder`, without any colour conversion in between: YCbCr stays YCbCr.

mod decode;
mod old_encode;
mod zune;
mod frame;
mod header;
mod huffman;
mod layout;
mod marker;
mod quantization;
mod segment;

use crate::survey::{Survey, shown};
use crate::{Color, Error, Format, Info};

pub(crate) use zune::decode;
pub(crate) use old_encode::{Settings, encode};
use header::Header;
use quantization::Kind;

fn malformed(reason: &'static str) -> Error {
    Error::Malformed { format: Format::Jpeg, reason }
}

fn unsupported(feature: &'static str) -> Error {
    Error::UnsupportedFeature { format: Format::Jpeg, feature }
}

/// What the segments of `source` say.
pub(crate) fn survey(source: &[u8]) -> Result<Survey, Error> {
    let header = Header::parse(source)?;
    let frame = &header.frame;
    let orientation = header.exif.orientation.unwrap_or(1);
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
    };
    // Decoded samples, one byte each, and rows of them in work; a progressive or non-interleaved image
    // also holds every coefficient, two bytes each; and the stripped copy of the source.
    let samples = 64 * frame.blocks();
    let whole = if frame.progressive || header.scans > 1 { 4 * samples } else { samples + samples / 8 };
    let decode_bytes = whole + header.end as u64;
    Ok(Survey { decode_bytes, private: header.private, animated: false, end: header.end, info })
}

impl Header {
    /// What the samples measure, by libjpeg's rule: JFIF, then Adobe's transform, then component ids.
    fn color(&self) -> Color {
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
        self.tables[usize::from(self.frame.components.get(index)?.table)].as_ref()
    }
}
