//! Pixels of a JPEG, by `zune-jpeg`.

use zune_core::bytestream::ZCursor;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

use super::frame::is_sof;
use super::header::Header;
use super::marker::{APP14, DHT, DQT, DRI, EOI, SOI, SOS};
use super::quantization::{Kind, quality_of};
use super::segment::{Segment, Segments};
use super::{malformed, unsupported};
use crate::color::{rgb_from_inverted_inks, rgb_from_ycbcr};
use crate::picture::{JpegTraits, Origin, Picture};
use crate::raster::{Model, Raster, Samples};
use crate::{Color, Error};

/// The pixels of `source`, at full size, in the colour space they are stored in; inks become RGB.
pub(crate) fn decode(source: &[u8]) -> Result<Picture, Error> {
    let header = Header::parse(source)?;
    let samples = decode_samples(source, &header)?;
    let color = header.color();
    let (model, samples) = match color {
        Color::Grey => (Model::Grey, samples),
        Color::Cmyk => (Model::Rgb, rgb_from_inks(&samples, &header)),
        Color::Rgb => (Model::Rgb, samples),
        _ => (Model::YCbCr, samples),
    };
    let raster = Raster {
        width: header.frame.width.into(),
        height: header.frame.height.into(),
        model,
        samples: Samples::Eight(samples),
    };
    let origin = Origin::Jpeg { traits: traits(&header), inks: color == Color::Cmyk };
    Ok(Picture { raster, profile: header.profile, origin })
}

/// Interleaved samples without any colour conversion.
fn decode_samples(source: &[u8], header: &Header) -> Result<Vec<u8>, Error> {
    let source = stripped(source, header)?;
    // The survey has checked the size and the number of scans. The crate's intrinsics are switched off
    // in Cargo.toml (tests/images/features.rs holds that), so there is one code path everywhere.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(header.scans as usize + 1);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&source), options);
    decoder.decode_headers().map_err(translate)?;
    let stored = decoder.input_colorspace().ok_or(malformed("has no frame header"))?;
    let size = (usize::from(header.frame.width), usize::from(header.frame.height));
    if stored.num_components() != header.frame.components.len() || decoder.dimensions() != Some(size) {
        return Err(malformed("has two frame headers"));
    }
    decoder.set_options(options.jpeg_set_out_colorspace(stored));
    let samples = decoder.decode().map_err(translate)?;
    if samples.len() != size.0 * size.1 * header.frame.components.len() {
        return Err(malformed("decodes to another size than its header says"));
    }
    Ok(samples)
}

/// `source` with the segments that decoding needs, and no others.
///
/// 1. Metadata costs nothing then: the decoder puts extended XMP together anew at each marker it meets.
/// 2. A single scan ends without EOI, in zeros that are more than the decoder reads ahead. Behind EOI it would
///    fill what is missing with grey in silence; behind the zeros it says that the data are exhausted.
fn stripped(source: &[u8], header: &Header) -> Result<Vec<u8>, Error> {
    const READ_AHEAD: usize = 16;
    let mut bytes = vec![0xFF, SOI];
    bytes.reserve(header.end + READ_AHEAD);
    let mut segments = Segments::new(source)?;
    while let Some(Segment { marker, payload, coded }) = segments.next()? {
        let adobe = marker == APP14 && payload.starts_with(b"Adobe");
        if adobe || is_sof(marker) || [DHT, DQT, DRI, SOS].contains(&marker) {
            bytes.extend([0xFF, marker]);
            bytes.extend((payload.len() as u16 + 2).to_be_bytes());
            bytes.extend(payload);
            bytes.extend(coded);
        }
    }
    if header.scans > 1 || header.frame.progressive {
        bytes.extend([0xFF, EOI]);
    } else {
        bytes.extend([0; READ_AHEAD]);
    }
    Ok(bytes)
}

fn translate(error: DecodeErrors) -> Error {
    match error {
        DecodeErrors::ExhaustedData => malformed("ends inside the image data"),
        DecodeErrors::Unsupported(_) => unsupported("a coding that is not decoded"),
        DecodeErrors::HuffmanDecode(_) => malformed("has broken Huffman codes"),
        DecodeErrors::DqtError(_) => malformed("has a broken quantization table"),
        DecodeErrors::SosError(_) => malformed("has a broken scan header"),
        DecodeErrors::SofError(_) => malformed("has a broken frame header"),
        _ => malformed("has broken image data"),
    }
}

/// RGB from four inks. With an Adobe marker they are stored inverted, and every transform but 0 is YCCK, which
/// holds inverted cyan, magenta and yellow as YCbCr of their complements; without one, 0 is no ink.
fn rgb_from_inks(samples: &[u8], header: &Header) -> Vec<u8> {
    let pixels = samples.as_chunks::<4>().0.iter();
    let convert = |&[c, m, y, k]: &[u8; 4]| match header.adobe_transform {
        Some(1..) => {
            let [r, g, b] = rgb_from_ycbcr([c, m, y]).map(|level| 255 - level);
            rgb_from_inverted_inks([r, g, b, k])
        }
        Some(0) => rgb_from_inverted_inks([c, m, y, k]),
        None => rgb_from_inverted_inks([c, m, y, k].map(|ink| 255 - ink)),
    };
    pixels.flat_map(convert).collect()
}

/// What the encoder must know to stay no finer than the source.
fn traits(header: &Header) -> JpegTraits {
    let max = header.frame.max_sampling();
    let chroma = header.frame.components.get(1);
    JpegTraits {
        luminance: header.component_table(0).map(|table| quality_of(Kind::Luminance, table)),
        chrominance: header.component_table(1).map(|table| quality_of(Kind::Chrominance, table)),
        sampling: chroma.map(|chroma| (max.0 / chroma.h, max.1 / chroma.v)),
    }
}
