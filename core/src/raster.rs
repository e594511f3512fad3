//! Interleaved pixels in memory: turning them upright, and changing what their samples measure.

use crate::color::rgb_from_ycbcr;

/// Interleaved pixels: rows from top to bottom, without padding between them.
///
/// Alpha, where there is one, is the last channel and straight (not premultiplied).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raster {
    /// Pixels across, at least 1.
    pub(crate) width: usize,
    /// Pixels down, at least 1.
    pub(crate) height: usize,
    /// What a pixel's samples measure.
    pub(crate) model: Model,
    /// `width * height * model.channels()` of them.
    pub(crate) samples: Samples,
}

/// What the samples of a pixel measure, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    /// Full-range BT.601, as JFIF has it.
    YCbCr,
}

impl Model {
    /// Samples of a pixel.
    pub(crate) const fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb | Self::YCbCr => 3,
            Self::Rgba => 4,
        }
    }

    /// The model without alpha; `None` where it has none.
    const fn without_alpha(self) -> Option<Self> {
        match self {
            Self::GreyAlpha => Some(Self::Grey),
            Self::Rgba => Some(Self::Rgb),
            _ => None,
        }
    }

    /// Whether the last channel is alpha.
    pub(crate) const fn has_alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }
}

/// The samples of a raster, 8 or 16 bits each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Samples {
    Eight(Vec<u8>),
    Sixteen(Vec<u16>),
}

impl Raster {
    /// The raster as a viewer shows it, given its EXIF orientation (1 to 8; others count as 1).
    ///
    /// ```text
    /// 1 as it is          2 mirrored left-right    3 turned by 180°         4 mirrored top-bottom
    /// 5 transposed        6 turned clockwise       7 transposed the other   8 turned anticlockwise
    /// ```
    pub(crate) fn upright(self, orientation: u8) -> Self {
        if !(2..=8).contains(&orientation) {
            return self;
        }
        let Self { width, height, model, samples } = self;
        let grid = Grid { width, height, channels: model.channels(), orientation };
        let samples = match samples {
            Samples::Eight(samples) => Samples::Eight(grid.turn(&samples)),
            Samples::Sixteen(samples) => Samples::Sixteen(grid.turn(&samples)),
        };
        let (width, height) = if orientation >= 5 { (height, width) } else { (width, height) };
        Self { width, height, model, samples }
    }
}

impl Raster {
    /// Without its alpha channel, where every pixel is opaque.
    pub(crate) fn without_opaque_alpha(self) -> Self {
        let channels = self.model.channels();
        let opaque = match &self.samples {
            Samples::Eight(samples) => samples.chunks_exact(channels).all(|pixel| pixel[channels - 1] == u8::MAX),
            Samples::Sixteen(samples) => samples.chunks_exact(channels).all(|pixel| pixel[channels - 1] == u16::MAX),
        };
        let Some(model) = self.model.without_alpha().filter(|_| opaque) else { return self };
        let samples = match self.samples {
            Samples::Eight(samples) => Samples::Eight(without_last(&samples, channels)),
            Samples::Sixteen(samples) => Samples::Sixteen(without_last(&samples, channels)),
        };
        Self { model, samples, ..self }
    }

    /// With 8-bit samples, 16-bit ones rounded to the nearest, and whether there were any.
    pub(crate) fn with_eight_bits(self) -> (Self, bool) {
        match self.samples {
            Samples::Eight(_) => (self, false),
            Samples::Sixteen(samples) => {
                // 65535 / 255 = 257, so adding half of it before dividing rounds to the nearest.
                let eight = samples.iter().map(|&sample| ((u32::from(sample) + 128) / 257) as u8).collect();
                (Self { samples: Samples::Eight(eight), ..self }, true)
            }
        }
    }

    /// With RGB in place of YCbCr, else as it is.
    pub(crate) fn into_rgb(self) -> Self {
        match (self.model, self.samples) {
            (Model::YCbCr, Samples::Eight(samples)) => {
                let rgb = samples.as_chunks::<3>().0.iter().flat_map(|&pixel| rgb_from_ycbcr(pixel)).collect();
                Self { model: Model::Rgb, samples: Samples::Eight(rgb), ..self }
            }
            (_, samples) => Self { samples, ..self },
        }
    }

    /// Blended onto `background` (red, green, blue), without alpha. It has 8-bit samples; grey becomes RGB.
    pub(crate) fn flattened(self, background: [u8; 3]) -> Self {
        let Samples::Eight(samples) = &self.samples else { unreachable!("depth is reduced before") };
        let blend = |[r, g, b]: [u8; 3], alpha: u8| {
            let alpha = u32::from(alpha);
            let over = |front: u8, back: u8| (u32::from(front) * alpha + u32::from(back) * (255 - alpha) + 127) / 255;
            [over(r, background[0]), over(g, background[1]), over(b, background[2])].map(|level| level as u8)
        };
        let rgb = match self.model {
            Model::GreyAlpha => samples.as_chunks::<2>().0.iter().flat_map(|&[l, a]| blend([l; 3], a)).collect(),
            Model::Rgba => samples.as_chunks::<4>().0.iter().flat_map(|&[r, g, b, a]| blend([r, g, b], a)).collect(),
            _ => return self,
        };
        Self { model: Model::Rgb, samples: Samples::Eight(rgb), ..self }
    }

    /// With each pixel wholly opaque or wholly transparent, and whether any was in between. It has 8-bit samples.
    pub(crate) fn with_hard_alpha(mut self) -> (Self, bool) {
        let mut hardened = false;
        if let (true, Samples::Eight(samples)) = (self.model.has_alpha(), &mut self.samples) {
            let channels = self.model.channels();
            for alpha in samples.iter_mut().skip(channels - 1).step_by(channels) {
                hardened |= !matches!(alpha, 0 | 255);
                *alpha = if *alpha < 128 { 0 } else { 255 };
            }
        }
        (self, hardened)
    }
}

/// `samples` without the last channel of each pixel.
fn without_last<T: Copy>(samples: &[T], channels: usize) -> Vec<T> {
    samples.chunks_exact(channels).flat_map(|pixel| &pixel[..channels - 1]).copied().collect()
}

/// The shape of a raster as stored, and how it is to be turned.
struct Grid {
    width: usize,
    height: usize,
    channels: usize,
    orientation: u8,
}

impl Grid {
    /// `stored` in the order in which a viewer shows it.
    fn turn<T: Copy>(&self, stored: &[T]) -> Vec<T> {
        let (across, down) = if self.orientation >= 5 { (self.height, self.width) } else { (self.width, self.height) };
        let mut shown = Vec::with_capacity(stored.len());
        for y in 0..down {
            for x in 0..across {
                let at = self.stored_index(x, y) * self.channels;
                shown.extend_from_slice(&stored[at..at + self.channels]);
            }
        }
        shown
    }

    /// Where the pixel shown at (`x`, `y`) is stored, counted in pixels.
    fn stored_index(&self, x: usize, y: usize) -> usize {
        let (right, bottom) = (self.width - 1, self.height - 1);
        let (column, row) = match self.orientation {
            2 => (right - x, y),
            3 => (right - x, bottom - y),
            4 => (x, bottom - y),
            5 => (y, x),
            6 => (y, bottom - x),
            7 => (right - y, bottom - x),
            8 => (right - y, x),
            _ => (x, y),
        };
        row * self.width + column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgba(pixels: &[[u8; 4]]) -> Raster {
        let samples = Samples::Eight(pixels.as_flattened().to_vec());
        Raster { width: pixels.len(), height: 1, model: Model::Rgba, samples }
    }

    #[test]
    fn opaque_alpha_goes_and_other_alpha_stays() {
        let opaque = rgba(&[[1, 2, 3, 255], [4, 5, 6, 255]]).without_opaque_alpha();
        assert_eq!((opaque.model, opaque.samples), (Model::Rgb, Samples::Eight(vec![1, 2, 3, 4, 5, 6])));
        let other = rgba(&[[1, 2, 3, 255], [4, 5, 6, 254]]);
        assert_eq!(other.clone().without_opaque_alpha(), other);
    }

    #[test]
    fn depth_is_reduced_to_the_nearest() {
        let samples = Samples::Sixteen(vec![0, 128, 129, 32767, 65406, 65407, 65535]);
        let deep = Raster { width: 7, height: 1, model: Model::Grey, samples };
        let (eight, reduced) = deep.with_eight_bits();
        assert!(reduced);
        assert_eq!(eight.samples, Samples::Eight(vec![0, 0, 1, 127, 254, 255, 255]));
    }

    #[test]
    fn transparency_is_blended_or_hardened() {
        let pixels = rgba(&[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]);
        let white = pixels.clone().flattened([255; 3]);
        assert_eq!(white.samples, Samples::Eight(vec![200, 100, 0, 255, 255, 255, 244, 224, 204]));
        let (hard, hardened) = pixels.with_hard_alpha();
        assert!(hardened);
        assert_eq!(hard.samples, rgba(&[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 0]]).samples);
    }

    /// The letter F stored so that a viewer who obeys the orientation sees it upright.
    #[test]
    fn every_orientation_shows_the_same_picture() {
        let upright = [[1, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 0]];
        let stored: [&[&[u8]]; 8] = [
            &[&[1, 1, 1], &[1, 0, 0], &[1, 1, 0], &[1, 0, 0]],
            &[&[1, 1, 1], &[0, 0, 1], &[0, 1, 1], &[0, 0, 1]],
            &[&[0, 0, 1], &[0, 1, 1], &[0, 0, 1], &[1, 1, 1]],
            &[&[1, 0, 0], &[1, 1, 0], &[1, 0, 0], &[1, 1, 1]],
            &[&[1, 1, 1, 1], &[1, 0, 1, 0], &[1, 0, 0, 0]],
            &[&[1, 0, 0, 0], &[1, 0, 1, 0], &[1, 1, 1, 1]],
            &[&[0, 0, 0, 1], &[0, 1, 0, 1], &[1, 1, 1, 1]],
            &[&[1, 1, 1, 1], &[0, 1, 0, 1], &[0, 0, 0, 1]],
        ];
        for (orientation, rows) in (1..=8).zip(stored) {
            let raster = Raster {
                width: rows[0].len(),
                height: rows.len(),
                model: Model::Grey,
                samples: Samples::Eight(rows.concat()),
            };
            let turned = raster.upright(orientation);
            assert_eq!((turned.width, turned.height), (3, 4), "orientation {orientation}");
            assert_eq!(turned.samples, Samples::Eight(upright.concat()), "orientation {orientation}");
        }
    }
}
