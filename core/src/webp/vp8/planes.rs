//! Pixels as the planes that VP8 codes: BT.601 in its limited range, chroma at half the width and height.

use super::decode::decode;
use crate::Error;
use crate::halve::{Halver, Kernel};
use crate::options::Light;
use crate::raster::{Model, Raster, Samples};

/// The planes of a picture, each filled up to whole macroblocks with its last column and row.
#[derive(Clone, Debug)]
pub(crate) struct Planes {
    /// Pixels across and down.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Y of `16 * across()` a row, U and V of half as many.
    pub(super) planes: [Vec<u8>; 3],
}

/// 16-bit fixed point.
const fn fixed(value: f64) -> i32 {
    (value * 65536.0 + if value < 0.0 { -0.5 } else { 0.5 }) as i32
}

// BT.601, 8 bits: 219 levels of luma from 16, 224 of chroma around 128.
const LUMA: [i32; 3] = [fixed(0.299 * 219.0 / 255.0), fixed(0.587 * 219.0 / 255.0), fixed(0.114 * 219.0 / 255.0)];
const BLUE: [i32; 3] = [fixed(-0.168736 * 224.0 / 255.0), fixed(-0.331264 * 224.0 / 255.0), fixed(0.5 * 224.0 / 255.0)];
const RED: [i32; 3] = [fixed(0.5 * 224.0 / 255.0), fixed(-0.418688 * 224.0 / 255.0), fixed(-0.081312 * 224.0 / 255.0)];

/// The level of `[r, g, b]`, each the sum of 2^`bits` samples.
#[inline(always)]
fn level(row: [i32; 3], rgb: [i32; 3], offset: i32, bits: u32) -> u8 {
    let sum = row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2];
    let rounded = (sum + (offset << (16 + bits)) + (1 << (15 + bits))) >> (16 + bits);
    rounded.clamp(0, 255) as u8
}

impl Planes {
    /// Macroblocks across and down.
    pub(super) fn macroblocks(&self) -> (usize, usize) {
        (self.width.div_ceil(16), self.height.div_ceil(16))
    }

    /// The planes of `raster`, whose samples have 8 bits, and its alpha; 255 everywhere is none.
    pub(crate) fn of(raster: &Raster) -> (Self, Option<Vec<u8>>) {
        let Samples::Eight(samples) = &raster.samples else { unreachable!("depth is reduced before") };
        let (width, height) = (raster.width, raster.height);
        let mut planes = match raster.model {
            Model::Grey => Self::of_pixels(width, height, samples, |&[l]: &[u8; 1]| ([l; 3], 255)),
            Model::GreyAlpha => Self::of_pixels(width, height, samples, |&[l, a]: &[u8; 2]| ([l; 3], a)),
            Model::Rgb => Self::of_pixels(width, height, samples, |&rgb: &[u8; 3]| (rgb, 255)),
            Model::Rgba => Self::of_pixels(width, height, samples, |&[r, g, b, a]: &[u8; 4]| ([r, g, b], a)),
            Model::YCbCr => Self::of_ycbcr(width, height, samples),
        };
        let channels = raster.model.channels();
        let alpha: Option<Vec<u8>> = raster
            .model
            .has_alpha()
            .then(|| samples.iter().skip(channels - 1).step_by(channels).copied().collect())
            .filter(|alpha: &Vec<u8>| alpha.iter().any(|&level| level != u8::MAX));
        if let Some(alpha) = &alpha {
            planes.smooth_hidden(alpha);
        }
        (planes, alpha)
    }

    /// The planes of the half of a key frame.
    ///
    /// # Errors
    /// Malformed where its partitions are cut short.
    pub(crate) fn half_of(frame: &[u8]) -> Result<Self, Error> {
        let whole = decode(frame)?;
        let mut half = Self::empty(whole.width.div_ceil(2), whole.height.div_ceil(2));
        let (across, down) = half.macroblocks();
        for (index, (plane, half)) in whole.planes.iter().zip(&mut half.planes).enumerate() {
            let coarser = usize::from(index > 0);
            let (width, height) = (whole.width.div_ceil(1 + coarser), whole.height.div_ceil(1 + coarser));
            let (side, stride) = (16 >> coarser, (16 >> coarser) * whole.across);
            let mut halver = Halver::<u8>::new(width, Model::Grey, Kernel::Sharp, Light::Encoded);
            let mut put = |row: &[u8]| {
                half.extend_from_slice(row);
                half.resize(half.len().next_multiple_of(side), row[row.len() - 1]);
            };
            for row in plane.chunks_exact(stride).take(height) {
                halver.push(&row[..width]).into_iter().for_each(&mut put);
            }
            while let Some(row) = halver.finish() {
                put(row);
            }
            for _ in half.len() / (side * across)..side * down {
                half.extend_from_within(half.len() - side * across..);
            }
        }
        Ok(half)
    }

    fn empty(width: usize, height: usize) -> Self {
        let (across, down) = (width.div_ceil(16), height.div_ceil(16));
        let planes = [256, 64, 64].map(|samples| Vec::with_capacity(samples * across * down));
        Self { width, height, planes }
    }

    /// Planes of pixels that `look` takes for red, green, blue, alpha. Chroma is that of the mean of four pixels, weighed
    /// by alpha.
    fn of_pixels<const N: usize>(
        width: usize,
        height: usize,
        samples: &[u8],
        look: impl Fn(&[u8; N]) -> ([u8; 3], u8),
    ) -> Self {
        let luma = |pixel: &[u8; N]| level(LUMA, look(pixel).0.map(i32::from), 16, 0);
        let chroma = |four: [&[u8; N]; 4]| {
            let sum = mean_of_four(four.map(&look));
            [BLUE, RED].map(|weights| level(weights, sum, 128, 2))
        };
        Self::sampled(width, height, samples.as_chunks().0, luma, chroma)
    }

    /// Planes of full-range YCbCr, whose chroma is averaged.
    fn of_ycbcr(width: usize, height: usize, samples: &[u8]) -> Self {
        const LUMA: i32 = fixed(219.0 / 255.0);
        const CHROMA: i32 = fixed(224.0 / 255.0);
        let luma = |pixel: &[u8; 3]| level([LUMA, 0, 0], pixel.map(i32::from), 16, 0);
        let chroma = |four: [&[u8; 3]; 4]| {
            let sum = |channel: usize| four.iter().map(|pixel| i32::from(pixel[channel]) - 128).sum::<i32>();
            [1, 2].map(|channel| level([CHROMA, 0, 0], [sum(channel), 0, 0], 128, 2))
        };
        Self::sampled(width, height, samples.as_chunks().0, luma, chroma)
    }

    /// Planes of `pixels`, of which `luma` has one level each, and `chroma` two for each two by two.
    fn sampled<P>(
        width: usize,
        height: usize,
        pixels: &[P],
        luma: impl Fn(&P) -> u8,
        chroma: impl Fn([&P; 4]) -> [u8; 2],
    ) -> Self {
        let mut planes = Self::empty(width, height);
        let (across, down) = planes.macroblocks();
        for y in 0..8 * down {
            let rows = [2 * y, 2 * y + 1].map(|y| &pixels[y.min(height - 1) * width..][..width]);
            let [lumas, blues, reds] = &mut planes.planes;
            for row in rows {
                lumas.extend(row.iter().map(&luma));
                lumas.resize(lumas.len().next_multiple_of(16), lumas[lumas.len() - 1]);
            }
            for (upper, lower) in rows[0].chunks(2).zip(rows[1].chunks(2)) {
                let last = upper.len() - 1;
                let [blue, red] = chroma([&upper[0], &upper[last], &lower[0], &lower[last]]);
                blues.push(blue);
                reds.push(red);
            }
            for plane in [blues, reds] {
                plane.resize(8 * across * (y + 1), plane[plane.len() - 1]);
            }
        }
        planes
    }

    /// Gives luma that nobody sees, where `alpha` is 0, the mean of what is seen of its macroblock, or of the one before,
    /// so that it costs little. Chroma needs none of it, as it is weighed by alpha.
    fn smooth_hidden(&mut self, alpha: &[u8]) {
        let (across, down) = self.macroblocks();
        let mut mean = 128;
        for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
            let (width, height) = (self.width, self.height);
            let hidden = |at: usize| {
                let (row, column) = ((16 * y + at / 16).min(height - 1), (16 * x + at % 16).min(width - 1));
                alpha[row * width + column] == 0
            };
            let place = |at: usize| (16 * y + at / 16) * 16 * across + 16 * x + at % 16;
            let seen = (0..256).filter(|&at| !hidden(at)).map(|at| u32::from(self.planes[0][place(at)]));
            let (sum, count) = seen.fold((0, 0), |(sum, count), level| (sum + level, count + 1));
            mean = (sum + count / 2).checked_div(count).unwrap_or(mean);
            (0..256).filter(|&at| hidden(at)).for_each(|at| self.planes[0][place(at)] = mean as u8);
        }
    }
}

/// Four times the mean of four pixels, each weighed by its alpha; where all are transparent, of all alike.
#[inline(always)]
fn mean_of_four(four: [([u8; 3], u8); 4]) -> [i32; 3] {
    let alphas = four.map(|(_, alpha)| i32::from(alpha));
    let total: i32 = alphas.iter().sum();
    let sum = |channel: usize, weights: [i32; 4]| -> i32 {
        four.iter().zip(weights).map(|((rgb, _), weight)| i32::from(rgb[channel]) * weight).sum()
    };
    [0, 1, 2].map(|channel| {
        if alphas == [255; 4] || total == 0 {
            return sum(channel, [1; 4]);
        }
        (4 * sum(channel, alphas) + total / 2) / total
    })
}
