//! JPEG out, by `jpeg-encoder`: baseline, optimised Huffman tables.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, EncodingError, QuantizationTableType, SamplingFactor};

use super::quantization::{Kind, standard};
use super::unsupported;
use crate::picture::JpegTraits;
use crate::raster::{Model, Raster, Samples};
use crate::{Decision, Error, Quality};

/// What [`encode`] needs beside the pixels.
pub(crate) struct Settings<'a> {
    pub(crate) quality: Quality,
    /// The source's, where it was a JPEG: the result is no finer and keeps its chroma subsampling.
    pub(crate) source: Option<&'a JpegTraits>,
    /// Whether the picture was transposed after decoding, so that its sampling factors swap.
    pub(crate) transposed: bool,
    pub(crate) profile: Option<&'a [u8]>,
}

/// `raster` as JPEG. It has 8-bit samples and no alpha.
///
/// # Errors
/// Unsupported where a side is over 65535 pixels or the profile longer than 255 parts hold.
pub(crate) fn encode(raster: &Raster, settings: &Settings<'_>) -> Result<(Vec<u8>, Vec<Decision>), Error> {
    let Settings { quality, source, .. } = *settings;
    let luminance = source.and_then(|s| s.luminance).map_or(quality, |cap| quality.min(cap));
    let chrominance = source.and_then(|s| s.chrominance).map_or(quality, |cap| quality.min(cap));
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality.value());
    encoder.set_quantization_tables(
        QuantizationTableType::Custom(Box::new(standard(Kind::Luminance, luminance))),
        QuantizationTableType::Custom(Box::new(standard(Kind::Chrominance, chrominance))),
    );
    encoder.set_optimized_huffman_tables(true);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.set_sampling_factor(sampling(settings));
    if let Some(profile) = settings.profile {
        encoder.add_icc_profile(profile).map_err(translate)?;
    }
    write(encoder, raster)?;
    // Grey has no chrominance, and its table in the file stays unused.
    let used = if raster.model == Model::Grey { luminance } else { luminance.min(chrominance) };
    let decision = Decision::QualityLimited { asked: quality.value(), used: used.value() };
    Ok((bytes, (used < quality).then_some(decision).into_iter().collect()))
}

fn write(encoder: Encoder<&mut Vec<u8>>, raster: &Raster) -> Result<(), Error> {
    let too_wide = unsupported("a side over 65535 pixels");
    let width = u16::try_from(raster.width).map_err(|_| too_wide)?;
    let height = u16::try_from(raster.height).map_err(|_| too_wide)?;
    let color = match raster.model {
        Model::Grey => ColorType::Luma,
        Model::YCbCr => ColorType::Ycbcr,
        Model::Rgb => ColorType::Rgb,
        Model::GreyAlpha | Model::Rgba => unreachable!("alpha is flattened before"),
    };
    match &raster.samples {
        Samples::Eight(samples) => encoder.encode(samples, width, height, color).map_err(translate),
        Samples::Sixteen(_) => unreachable!("depth is reduced before"),
    }
}

/// The source's chroma subsampling where the encoder has it, else 4:2:0.
fn sampling(settings: &Settings<'_>) -> SamplingFactor {
    let factors = settings.source.and_then(|source| source.sampling);
    let factors = factors.map(|(h, v)| if settings.transposed { (v, h) } else { (h, v) });
    factors.and_then(|(h, v)| SamplingFactor::from_factors(h, v)).unwrap_or(SamplingFactor::R_4_2_0)
}

fn translate(error: EncodingError) -> Error {
    match error {
        EncodingError::IccTooLarge(_) => unsupported("a profile of more than 255 parts"),
        _ => unsupported("a picture that its encoder refuses"),
    }
}
