//! PNG out, by the `png` crate.

use super::space::Space;
use crate::palette::Indexed;
use crate::raster::{Model, Raster, Samples};
use crate::{Error, Format};

/// What says how the samples look.
#[derive(Clone, Copy)]
pub(crate) struct Appearance<'a> {
    pub(crate) profile: Option<&'a [u8]>,
    /// The source's chunks, used where there is no profile.
    pub(crate) space: &'a Space,
}

/// `raster` as PNG in the colour type of its model. It is not YCbCr.
pub(crate) fn encode(raster: &Raster, appearance: Appearance<'_>) -> Result<Vec<u8>, Error> {
    let color = match raster.model {
        Model::Grey => png::ColorType::Grayscale,
        Model::GreyAlpha => png::ColorType::GrayscaleAlpha,
        Model::Rgb | Model::YCbCr => png::ColorType::Rgb,
        Model::Rgba => png::ColorType::Rgba,
    };
    match &raster.samples {
        Samples::Eight(samples) => write(header(raster, color, png::BitDepth::Eight, appearance), samples),
        Samples::Sixteen(samples) => {
            let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_be_bytes()).collect();
            write(header(raster, color, png::BitDepth::Sixteen, appearance), &bytes)
        }
    }
}

/// `indexed` as a palette PNG of the smallest bit depth that holds its indices.
pub(crate) fn encode_indexed(indexed: &Indexed, appearance: Appearance<'_>) -> Result<Vec<u8>, Error> {
    let (depth, bits) = match indexed.colors.len() {
        0..=2 => (png::BitDepth::One, 1),
        3..=4 => (png::BitDepth::Two, 2),
        5..=16 => (png::BitDepth::Four, 4),
        _ => (png::BitDepth::Eight, 8),
    };
    let mut info = png::Info::with_size(indexed.width as u32, indexed.indices.len().div_ceil(indexed.width) as u32);
    info.color_type = png::ColorType::Indexed;
    info.bit_depth = depth;
    info.palette = Some(indexed.colors.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect());
    // Colours are sorted by alpha, so the opaque ones at the end need no entry.
    let alphas: Vec<u8> = indexed.colors.iter().map(|color| color[3]).take_while(|&alpha| alpha < 255).collect();
    info.trns = (!alphas.is_empty()).then(|| alphas.into());
    appearance.put(&mut info);
    write(info, &pack(&indexed.indices, indexed.width, bits))
}

impl<'a> Appearance<'a> {
    fn put(self, info: &mut png::Info<'a>) {
        match self.profile {
            Some(profile) => info.icc_profile = Some(profile.into()),
            None => self.space.put(info),
        }
    }
}

fn header<'a>(
    raster: &Raster,
    color: png::ColorType,
    depth: png::BitDepth,
    appearance: Appearance<'a>,
) -> png::Info<'a> {
    let mut info = png::Info::with_size(raster.width as u32, raster.height as u32);
    info.color_type = color;
    info.bit_depth = depth;
    appearance.put(&mut info);
    info
}

fn write(info: png::Info<'_>, data: &[u8]) -> Result<Vec<u8>, Error> {
    let refused = |_| Error::UnsupportedFeature { format: Format::Png, feature: "a picture that its encoder refuses" };
    let indexed = info.color_type == png::ColorType::Indexed;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut bytes, info).map_err(refused)?;
    encoder.set_compression(png::Compression::Balanced);
    // PNG 12.7: filters seldom help where samples are indices.
    encoder.set_filter(if indexed { png::Filter::NoFilter } else { png::Filter::Adaptive });
    let mut writer = encoder.write_header().map_err(refused)?;
    writer.write_image_data(data).map_err(refused)?;
    writer.finish().map_err(refused)?;
    Ok(bytes)
}

/// Packs indices of `bits` bits, the leftmost into the highest bits, rows padded to whole bytes.
fn pack(indices: &[u8], width: usize, bits: usize) -> Vec<u8> {
    let each = 8 / bits;
    let byte = |group: &[u8]| group.iter().enumerate().fold(0, |byte, (i, index)| byte | index << (8 - bits * (i + 1)));
    indices.chunks(width).flat_map(|row| row.chunks(each).map(byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_indices_row_by_row() {
        assert_eq!(pack(&[1, 0, 1, 1, 1, 1], 3, 1), [0b1010_0000, 0b1110_0000]);
        assert_eq!(pack(&[1, 2, 3, 0, 3, 1], 3, 2), [0b0110_1100, 0b0011_0100]);
        assert_eq!(pack(&[1, 2, 3], 3, 4), [0x12, 0x30]);
        assert_eq!(pack(&[1, 2, 3], 3, 8), [1, 2, 3]);
    }
}
