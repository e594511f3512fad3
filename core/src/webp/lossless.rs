//! Lossless images: a header (RFC 9649, 3.4), and what `vp8l` makes of the pixels.

use super::container::{Coded, Data};
use super::{MOST_SIDE, unsupported, vp8l};
use crate::raster::{Model, Raster, Samples};
use crate::{Effort, Error};

/// `raster` without loss. It has 8-bit samples and is not YCbCr.
///
/// # Errors
/// Unsupported where a side is over 16383 pixels.
pub(crate) fn lossless(raster: &Raster, effort: Effort) -> Result<Coded, Error> {
    let Raster { width, height, model, samples } = raster;
    let Samples::Eight(samples) = samples else { unreachable!("depth is reduced before") };
    if *width.max(height) > MOST_SIDE as usize {
        return Err(unsupported("a side over 16383 pixels"));
    }
    let (width, height, alpha) = (*width as u32, *height as u32, model.has_alpha());
    let mut image = vec![0x2F];
    image.extend(((width - 1) | (height - 1) << 14 | u32::from(alpha) << 28).to_le_bytes());
    image.append(&mut vp8l::encode(pixels(samples, *model), width as usize, effort));
    Ok(Coded { width, height, data: Data::Lossless { image, alpha } })
}

/// `samples` as `0xAARRGGBB`.
fn pixels(samples: &[u8], model: Model) -> Vec<u32> {
    let pixel = |r: u8, g: u8, b: u8, a: u8| u32::from_le_bytes([b, g, r, a]);
    match model {
        Model::Grey => samples.iter().map(|&l| pixel(l, l, l, 255)).collect(),
        Model::GreyAlpha => samples.as_chunks().0.iter().map(|&[l, a]| pixel(l, l, l, a)).collect(),
        Model::Rgb | Model::YCbCr => samples.as_chunks().0.iter().map(|&[r, g, b]| pixel(r, g, b, 255)).collect(),
        Model::Rgba => samples.as_chunks().0.iter().map(|&[r, g, b, a]| pixel(r, g, b, a)).collect(),
    }
}
