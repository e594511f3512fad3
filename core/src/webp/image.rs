//! One coded image of a WebP, a still picture or a frame, becomes pixels.
//!
//! Of a lossy one only luma is halved: chroma is there at half the size already.

use super::vp8::{Frame, decode};
use super::vp8l::{HEADER, Picture};
use super::{alpha, malformed};
use crate::Error;
use crate::color::rgb_from_ycbcr;
use crate::halve::{Halver, Kernel};
use crate::options::Light;
use crate::raster::{Model, Raster, Samples};

/// A coded image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image<'a> {
    /// Pixels across.
    pub(crate) width: usize,
    /// Pixels down.
    pub(crate) height: usize,
    /// What the chunk `VP8 ` or `VP8L` holds.
    pub(crate) data: &'a [u8],
    pub(crate) lossy: bool,
    /// What the chunk `ALPH` beside a `VP8 ` holds.
    pub(crate) plane: Option<&'a [u8]>,
    /// Whether the pixels of a lossless image can be transparent.
    pub(crate) alpha: bool,
}

impl Image<'_> {
    /// The image at half its width and height.
    ///
    /// # Errors
    /// Malformed where the data are broken or end early.
    pub(crate) fn half(&self, light: Light) -> Result<Raster, Error> {
        if self.lossy { self.half_of_lossy(light) } else { self.half_of_lossless(light) }
    }

    /// The image as RGBA, row by row, each chroma sample for two by two pixels.
    ///
    /// # Errors
    /// Malformed where the data are broken or end early.
    pub(crate) fn rgba(&self) -> Result<Raster, Error> {
        let samples = Samples::Eight(self.rgba_samples()?);
        Ok(Raster { width: self.width, height: self.height, model: Model::Rgba, samples })
    }

    fn rgba_samples(&self) -> Result<Vec<u8>, Error> {
        let mut pixels = Vec::with_capacity(4 * self.width * self.height);
        if !self.lossy {
            let opaque = self.opaque();
            self.lossless()?.rows(|row| pixels.extend(row.iter().flat_map(|&pixel| rgba(pixel | opaque))));
            return Ok(pixels);
        }
        let levels = self.alpha_levels()?;
        let decoded = decode(self.data)?;
        for y in 0..self.height {
            let [luma, blue, red] = decoded.row(y, y / 2);
            for x in 0..self.width {
                let [r, g, b] = rgb_from_ycbcr(full_range([luma[x], blue[x / 2], red[x / 2]]));
                pixels.extend([r, g, b, levels.as_ref().map_or(u8::MAX, |levels| levels[y * self.width + x])]);
            }
        }
        Ok(pixels)
    }

    fn lossless(&self) -> Result<Picture, Error> {
        let data = self.data.get(HEADER..).ok_or(malformed("ends inside its VP8L header"))?;
        Picture::read(data, self.width, self.height)
    }

    /// What makes pixels opaque that cannot be transparent.
    const fn opaque(&self) -> u32 {
        if self.alpha { 0 } else { 0xFF00_0000 }
    }

    /// The alpha plane; `None` where there is none.
    fn alpha_levels(&self) -> Result<Option<Vec<u8>>, Error> {
        self.plane.map(|plane| alpha::levels(plane, self.width, self.height)).transpose()
    }

    fn half_of_lossless(&self, light: Light) -> Result<Raster, Error> {
        let model = if self.alpha { Model::Rgba } else { Model::Rgb };
        let mut half = HalfRaster::new(self, model, light);
        let mut bytes = Vec::with_capacity(self.width * model.channels());
        self.lossless()?.rows(|row| {
            bytes.clear();
            for &pixel in row {
                bytes.extend_from_slice(&rgba(pixel)[..model.channels()]);
            }
            half.push(&bytes);
        });
        Ok(half.finish())
    }

    fn half_of_lossy(&self, light: Light) -> Result<Raster, Error> {
        let levels = self.alpha_levels()?;
        let decoded = decode(self.data)?;
        let model = if levels.is_some() { Model::GreyAlpha } else { Model::Grey };
        let mut half = HalfRaster::new(self, model, light);
        let mut row = Vec::new();
        for y in 0..self.height {
            let luma = &decoded.row(y, y / 2)[0][..self.width];
            row.clear();
            match &levels {
                None => row.extend(luma.iter().map(|&level| full_luma(level))),
                Some(levels) => {
                    let levels = &levels[y * self.width..][..self.width];
                    row.extend(luma.iter().zip(levels).flat_map(|(&level, &alpha)| [full_luma(level), alpha]));
                }
            }
            half.push(&row);
        }
        Ok(with_chroma(half.finish(), &decoded))
    }
}

/// A half that is filled row by row.
struct HalfRaster {
    halver: Halver<u8>,
    raster: Raster,
    samples: Vec<u8>,
}

impl HalfRaster {
    fn new(image: &Image<'_>, model: Model, light: Light) -> Self {
        let (width, height) = (image.width.div_ceil(2), image.height.div_ceil(2));
        let raster = Raster { width, height, model, samples: Samples::Eight(Vec::new()) };
        let samples = Vec::with_capacity(width * height * model.channels());
        Self { halver: Halver::new(image.width, model, Kernel::Sharp, light), raster, samples }
    }

    fn push(&mut self, row: &[u8]) {
        self.samples.extend_from_slice(self.halver.push(row).unwrap_or_default());
    }

    fn finish(mut self) -> Raster {
        while let Some(row) = self.halver.finish() {
            self.samples.extend_from_slice(row);
        }
        Raster { samples: Samples::Eight(self.samples), ..self.raster }
    }
}

/// `luma`, perhaps with alpha, with the chroma of `decoded`, which has the same size.
fn with_chroma(luma: Raster, decoded: &Frame) -> Raster {
    let Samples::Eight(samples) = &luma.samples else { return luma };
    let channels = luma.model.channels();
    let model = if luma.model.has_alpha() { Model::Rgba } else { Model::YCbCr };
    let mut pixels = Vec::with_capacity(luma.width * luma.height * model.channels());
    for (y, row) in samples.chunks_exact(luma.width * channels).enumerate() {
        let [_, blue, red] = decoded.row(2 * y, y);
        for ((pixel, &blue), &red) in row.chunks_exact(channels).zip(blue).zip(red) {
            let [_, blue, red] = full_range([0, blue, red]);
            let ycbcr = [pixel[0], blue, red];
            match *pixel {
                // What cannot be seen has no colour, as everywhere.
                [_, 0] => pixels.extend([0; 4]),
                [_, alpha] => {
                    pixels.extend(rgb_from_ycbcr(ycbcr));
                    pixels.push(alpha);
                }
                _ => pixels.extend(ycbcr),
            }
        }
    }
    Raster { model, samples: Samples::Eight(pixels), ..luma }
}

/// Red, green, blue and alpha of `0xAARRGGBB`.
const fn rgba(pixel: u32) -> [u8; 4] {
    let [b, g, r, a] = pixel.to_le_bytes();
    [r, g, b, a]
}

/// BT.601 in its full range, as JFIF has it, from its limited range, as VP8 has it.
fn full_range([luma, blue, red]: [u8; 3]) -> [u8; 3] {
    /// 255 / 224 in 2^16.
    const CHROMA: i32 = (255 * 65536 + 112) / 224;
    let chroma = |level: u8| {
        let difference = (i32::from(level) - 128) * CHROMA;
        (128 + ((difference + 32768) >> 16)).clamp(0, 255) as u8
    };
    [full_luma(luma), chroma(blue), chroma(red)]
}

fn full_luma(level: u8) -> u8 {
    /// 255 / 219 in 2^16.
    const LUMA: i32 = (255 * 65536 + 109) / 219;
    ((((i32::from(level) - 16) * LUMA) + 32768) >> 16).clamp(0, 255) as u8
}
