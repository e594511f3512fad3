//! Between the planes of a JPEG and the interleaved pixels of other formats.

use super::decode::decode_planes;
use super::encode::{self, Budget, Plan};
use super::halve::{tables, turned_density};
use super::header::{Header, NO_DENSITY};
use super::layout::{Layout, Plane, Planes};
use super::unsupported;
use crate::color::{rgb_from_inverted_inks, rgb_from_ycbcr, ycbcr_from_rgb};
use crate::picture::{JpegTraits, Origin, Picture};
use crate::raster::{Model, Raster, Samples};
use crate::{Color, Decision, Error, Options, Subsampling, half};

/// The half of `source` as pixels, in the colour space they are stored in but inks, which become RGB; and how many
/// blocks were lost, none without `salvage`.
///
/// Chroma that is sampled more coarsely is decoded at full size instead of being halved, so that 4:2:0 loses none.
pub(crate) fn decode(source: &[u8], header: &Header, salvage: bool) -> Result<(Picture, u64), Error> {
    let frame = &header.frame;
    let max = frame.max_sampling();
    let whole: Vec<_> = frame.components.iter().map(|c| (2 * c.h <= max.0, 2 * c.v <= max.1)).collect();
    let (planes, lost) = decode_planes(source, header, &whole, salvage)?;
    let (width, height) = (half(frame.width.into()) as usize, half(frame.height.into()) as usize);
    let mut samples = vec![0; width * height * planes.len()];
    for (channel, plane) in planes.iter().enumerate() {
        let channels = samples.iter_mut().skip(channel).step_by(planes.len());
        plane.stretched(width, height).zip(channels).for_each(|(sample, channel)| *channel = sample);
    }
    drop(planes);
    let color = header.color();
    let (model, samples) = match color {
        Color::Grey => (Model::Grey, samples),
        Color::Cmyk => (Model::Rgb, rgb_from_inks(&samples, header)),
        Color::Rgb => (Model::Rgb, samples),
        _ => (Model::YCbCr, samples),
    };
    let raster = Raster { width, height, model, samples: Samples::Eight(samples) };
    let origin = Origin::Jpeg { traits: Box::new(header.traits()), inks: color == Color::Cmyk };
    Ok((Picture { raster, profile: header.profile.clone(), origin }, lost))
}

impl Plane {
    /// Samples at `width` × `height`, row by row: the plane's own where it is as large, else between them.
    fn stretched(&self, width: usize, height: usize) -> impl Iterator<Item = u8> {
        let columns: Vec<Between> = (0..width).map(|x| Between::new(x, width, self.stride)).collect();
        (0..height).flat_map(move |y| {
            let down = Between::new(y, height, self.rows());
            let (upper, lower) = (self.row(down.first), self.row(down.second));
            let columns = columns.clone();
            columns.into_iter().map(move |across| {
                let between = |row: &[u8]| across.mix(row[across.first].into(), row[across.second].into());
                ((down.mix(between(upper), between(lower)) + (1 << 15)) >> 16) as u8
            })
        })
    }
}

/// A place between two samples of a row or a column.
#[derive(Clone, Copy)]
struct Between {
    first: usize,
    second: usize,
    /// How far it is towards the second, in 1/256.
    distance: u32,
}

impl Between {
    /// The place in `from` samples of sample `at` of `to`, both over the same length.
    fn new(at: usize, to: usize, from: usize) -> Self {
        // Centres of samples lie at (at + 1/2) / to; in units of 1/256 of a sample of `from`. The product of two sides
        // outgrows a `usize` of 32 bits.
        let place = ((2 * at as u64 + 1) * from as u64 * 128 / to as u64).saturating_sub(128);
        let first = ((place / 256) as usize).min(from - 1);
        Self { first, second: (first + 1).min(from - 1), distance: (place % 256) as u32 }
    }

    fn mix(self, first: u32, second: u32) -> u32 {
        first * (256 - self.distance) + second * self.distance
    }
}

/// RGB from four inks. They are stored inverted, with an Adobe marker as Photoshop has it and without one as browsers
/// and Pillow take it. Every transform but 0 is YCCK, which holds inverted cyan, magenta and yellow as YCbCr of their
/// complements.
fn rgb_from_inks(samples: &[u8], header: &Header) -> Vec<u8> {
    let pixels = samples.as_chunks::<4>().0.iter();
    let transformed = header.adobe_transform.is_some_and(|transform| transform != 0);
    let convert = |&[c, m, y, k]: &[u8; 4]| {
        let [c, m, y] = if transformed { rgb_from_ycbcr([c, m, y]).map(|level| 255 - level) } else { [c, m, y] };
        rgb_from_inverted_inks([c, m, y, k])
    };
    pixels.flat_map(convert).collect()
}

/// What [`encode`] needs beside the pixels.
pub(crate) struct Settings<'a> {
    pub(crate) options: &'a Options,
    /// The source's, where it was a JPEG: the result is no finer and keeps its chroma subsampling.
    pub(crate) source: Option<&'a JpegTraits>,
    /// Whether the picture was transposed after decoding, so that its sampling factors swap.
    pub(crate) transposed: bool,
    pub(crate) profile: Option<Vec<u8>>,
}

/// Whether a picture of this size can be a JPEG (T.81, B.2.2).
pub(crate) fn fits(width: usize, height: usize) -> bool {
    width.max(height) <= 65535
}

/// `raster` as JPEG. It has 8-bit samples and no alpha.
///
/// # Errors
/// Unsupported where a side is over 65535 pixels; too large where the limits leave too little for the result.
pub(crate) fn encode(raster: Raster, settings: Settings<'_>) -> Result<(Vec<u8>, Option<Decision>), Error> {
    let Settings { options, source, transposed, profile } = settings;
    if !fits(raster.width, raster.height) {
        return Err(unsupported("a side over 65535 pixels"));
    }
    let color = if raster.model == Model::Grey { Color::Grey } else { Color::YCbCr };
    let (tables, limited) = tables(options, source, color);
    let density = source.map_or(NO_DENSITY, |source| turned_density(source.density, transposed));
    let budget = Budget { fixed: 0, allowed: options.limits.memory_bytes };
    let (effort, progressive) = (options.effort, options.progressive);
    let planes = planes(raster, sampling(options.subsampling, source, transposed));
    let plan = |layout| Plan { layout, color, tables, density, profile, effort, progressive, budget };
    Ok((encode::encode(&planes, plan)?, limited))
}

/// Luma samples for one chroma sample: as in the source where it was a JPEG and common, else two by two.
fn sampling(wanted: Subsampling, source: Option<&JpegTraits>, transposed: bool) -> (u8, u8) {
    let factors = source.and_then(|source| source.sampling).filter(|_| wanted == Subsampling::Source);
    let factors = factors.map(|(h, v)| if transposed { (v, h) } else { (h, v) });
    factors.filter(|(h, v)| [1, 2, 4].contains(h) && [1, 2, 4].contains(v) && h * v <= 8).unwrap_or((2, 2))
}

/// The planes of `raster`, with one chroma sample for so many of luma across and down.
fn planes(raster: Raster, luma: (u8, u8)) -> Planes {
    let Samples::Eight(samples) = raster.samples else { unreachable!("depth is reduced before") };
    let (width, height) = (raster.width, raster.height);
    let plane = |samples| Plane { stride: width, samples };
    let channel = |index: usize| samples.iter().skip(index).step_by(3).copied().collect();
    let planes = match raster.model {
        Model::Grey => {
            return Planes::new(Layout { width, height, sampling: vec![(1, 1)] }, vec![plane(samples)], 1);
        }
        Model::YCbCr => [0, 1, 2].map(|index| plane(channel(index))),
        Model::Rgb => {
            let mut planes = [0, 1, 2].map(|_| Vec::with_capacity(width * height));
            for &pixel in samples.as_chunks::<3>().0 {
                planes.iter_mut().zip(ycbcr_from_rgb(pixel)).for_each(|(plane, sample)| plane.push(sample));
            }
            planes.map(plane)
        }
        Model::GreyAlpha | Model::Rgba => unreachable!("alpha is flattened before"),
    };
    let layout = |luma| Layout { width, height, sampling: vec![luma, (1, 1), (1, 1)] };
    Planes::new(layout((1, 1)), planes.into(), 1).reduced(layout(luma))
}

#[cfg(test)]
mod tests;
