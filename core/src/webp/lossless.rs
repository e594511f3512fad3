//! Lossless images (VP8L), coded by `image-webp`.

use image_webp::{ColorType, EncoderParams, WebPEncoder};

use super::container::{Coded, Data};
use super::{MOST_SIDE, unsupported};
use crate::Error;
use crate::raster::{Model, Raster, Samples};

/// `raster` without loss. It has 8-bit samples and is not YCbCr.
///
/// # Errors
/// Unsupported where a side is over 16383 pixels.
pub(crate) fn lossless(raster: &Raster) -> Result<Coded, Error> {
    let color = match raster.model {
        Model::Grey => ColorType::L8,
        Model::GreyAlpha => ColorType::La8,
        Model::Rgb | Model::YCbCr => ColorType::Rgb8,
        Model::Rgba => ColorType::Rgba8,
    };
    let Samples::Eight(samples) = &raster.samples else { unreachable!("depth is reduced before") };
    let image = vp8l(samples, (raster.width, raster.height), color, true)?;
    let data = Data::Lossless { image, alpha: raster.model.has_alpha() };
    Ok(Coded { width: raster.width as u32, height: raster.height as u32, data })
}

/// What a chunk `VP8L` holds of a picture, whose rows are predicted from those above or not at all.
pub(super) fn vp8l(
    samples: &[u8],
    (width, height): (usize, usize),
    color: ColorType,
    predicted: bool,
) -> Result<Vec<u8>, Error> {
    /// RIFF, its length, WEBP, VP8L, its length.
    const BEFORE: usize = 20;
    if width.max(height) > MOST_SIDE as usize {
        return Err(unsupported("a side over 16383 pixels"));
    }
    let mut params = EncoderParams::default();
    params.use_predictor_transform = predicted;
    let mut file = Vec::new();
    let mut encoder = WebPEncoder::new(&mut file);
    encoder.set_params(params);
    let coded = encoder.encode(samples, width as u32, height as u32, color);
    coded.map_err(|_| unsupported("a picture that its encoder refuses"))?;
    let length = file.get(BEFORE - 4..).and_then(|rest| rest.first_chunk()).copied().map_or(0, u32::from_le_bytes);
    file.truncate(BEFORE + length as usize);
    file.drain(..BEFORE);
    Ok(file)
}
