//! Palette pictures: at most 256 colours, and an index into them for each pixel.

use std::collections::BTreeMap;

use color_quant::NeuQuant;

use crate::raster::{Model, Raster, Samples};

/// A palette picture.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Indexed {
    /// Pixels of a row.
    pub(crate) width: usize,
    /// Red, green, blue and alpha of at most 256 colours, sorted by alpha, so that opaque ones come last.
    pub(crate) colors: Vec<[u8; 4]>,
    /// One index for each pixel, row by row.
    pub(crate) indices: Vec<u8>,
}

/// How many colours a palette holds.
const MOST: usize = 256;

impl Indexed {
    /// `raster` with a palette of its own colours where they are few enough, else of some
    /// 256 that are near them by a self-organising map (Dekker's NeuQuant; plain IEEE arithmetic,
    /// so equal on every machine). Whole transparency is always an entry of its own.
    ///
    /// Gives back how many colours there were before.
    pub(crate) fn of(raster: &Raster) -> (Self, usize) {
        let pixels = rgba(raster);
        let mut colors: BTreeMap<[u8; 4], u8> = pixels.iter().map(|&pixel| (pixel, 0)).collect();
        let found = colors.len();
        let reduction = (found > MOST).then(|| Reduction::of(&pixels));
        let reduced = |color| reduction.as_ref().map_or(color, |reduction| reduction.nearest(color));
        let mut palette: Vec<[u8; 4]> = colors.keys().map(|&color| reduced(color)).collect();
        palette.sort_by_key(|&[r, g, b, alpha]| (alpha, r, g, b));
        palette.dedup();
        for (color, index) in &mut colors {
            *index = palette.iter().position(|&entry| entry == reduced(*color)).unwrap_or(0) as u8;
        }
        let indices = pixels.iter().map(|pixel| colors[pixel]).collect();
        (Self { width: raster.width, colors: palette, indices }, found)
    }
}

/// The wholly transparent colour.
const CLEAR: [u8; 4] = [0; 4];

/// A map from many colours to at most 256.
struct Reduction {
    map: NeuQuant,
    /// Whether no colour but [`CLEAR`] is transparent: then no entry may be, either.
    opaque: bool,
}

impl Reduction {
    fn of(pixels: &[[u8; 4]]) -> Self {
        /// The map learns from about this many pixels, spread over the picture: more cost time and gain little.
        const LESSONS: usize = 200_000;
        let visible: Vec<[u8; 4]> = pixels.iter().copied().filter(|&pixel| pixel != CLEAR).collect();
        let opaque = visible.iter().all(|pixel| pixel[3] == 255);
        let every = (visible.len() / LESSONS).clamp(1, 30) as i32;
        Self { map: NeuQuant::new(every, MOST - 1, visible.as_flattened()), opaque }
    }

    fn nearest(&self, color: [u8; 4]) -> [u8; 4] {
        if color == CLEAR {
            return CLEAR;
        }
        let mut nearest = color;
        self.map.map_pixel(&mut nearest);
        if self.opaque {
            nearest[3] = 255;
        }
        nearest
    }
}

/// Pixels as RGBA; those that are wholly transparent all as the same colour.
fn rgba(raster: &Raster) -> Vec<[u8; 4]> {
    let Samples::Eight(samples) = &raster.samples else { unreachable!("depth is reduced before") };
    let pixels = samples.chunks_exact(raster.model.channels());
    let pixels = pixels.map(|pixel| match (raster.model, pixel) {
        (Model::Grey, &[level]) => [level, level, level, 255],
        (Model::GreyAlpha, &[level, alpha]) => [level, level, level, alpha],
        (Model::Rgb | Model::YCbCr, &[r, g, b]) => [r, g, b, 255],
        (_, &[r, g, b, alpha]) => [r, g, b, alpha],
        _ => unreachable!("a pixel has as many samples as its model has channels"),
    });
    pixels.map(|pixel| if pixel[3] == 0 { CLEAR } else { pixel }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(width: usize, pixels: &[[u8; 4]]) -> Raster {
        let samples = Samples::Eight(pixels.as_flattened().to_vec());
        Raster { width, height: pixels.len() / width, model: Model::Rgba, samples }
    }

    #[test]
    fn few_colours_stay_as_they_are() {
        let pixels = [[1, 2, 3, 255], [9, 9, 9, 0], [1, 2, 3, 255], [4, 5, 6, 128]];
        let (indexed, found) = Indexed::of(&raster(2, &pixels));
        assert_eq!(found, 3);
        assert_eq!(indexed.colors, [[0, 0, 0, 0], [4, 5, 6, 128], [1, 2, 3, 255]]);
        assert_eq!(indexed.indices, [2, 0, 2, 1]);
    }

    #[test]
    fn many_colours_become_256_near_ones() {
        let pixels: Vec<[u8; 4]> = (0..64 * 64u32).map(|i| [(i % 64 * 4) as u8, (i / 64 * 4) as u8, 0, 255]).collect();
        let (indexed, found) = Indexed::of(&raster(64, &pixels));
        assert_eq!(found, 4096);
        assert!(indexed.colors.len() <= 256);
        let distances: Vec<u32> = (pixels.iter().zip(&indexed.indices))
            .map(|(pixel, index)| {
                let near = indexed.colors[usize::from(*index)];
                pixel.iter().zip(near).map(|(&a, b)| u32::from(a.abs_diff(b))).max().unwrap()
            })
            .collect();
        assert!(distances.iter().max() <= Some(&40), "worst {:?}", distances.iter().max());
        assert!(distances.iter().sum::<u32>() / 4096 <= 10, "mean {}", distances.iter().sum::<u32>() / 4096);
    }
}
