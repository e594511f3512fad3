//! Palette pictures: at most 256 colours, and an index into them for each pixel.
//!
//! Pictures of few colours keep them. Of others, a [`Histogram`] gathers the colours, [`cut`] finds the entries, and
//! a [`Map`] says for each colour which entry stands for it: always the nearest, so that equal colours stay equal, within
//! a picture and from one frame of an animation to the next.
//!
//! All of it in integers: the same palette on every machine. Linear in pixels.

mod cut;
mod feature;
mod histogram;
mod map;

use crate::raster::{Model, Raster, Samples};

pub(crate) use histogram::Histogram;
pub(crate) use map::{CHOICES, Map};

/// Red, green, blue, alpha.
pub(crate) type Color = [u8; 4];

/// A palette picture.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Indexed {
    /// Pixels of a row.
    pub(crate) width: usize,
    /// At most 256 colours, sorted by alpha, so that opaque ones come last.
    pub(crate) colors: Vec<Color>,
    /// One index for each pixel, row by row.
    pub(crate) indices: Vec<u8>,
}

/// How many colours a palette holds.
pub(crate) const MOST: usize = 256;

/// The wholly transparent colour.
const CLEAR: Color = [0; 4];

impl Indexed {
    /// `raster`, which has 8-bit samples and is not YCbCr, with a palette; and whether colours had to be reduced.
    pub(crate) fn of(raster: &Raster) -> (Self, bool) {
        let Samples::Eight(samples) = &raster.samples else { unreachable!("depth is reduced before") };
        let mut histogram = Histogram::fine();
        pixels(raster.model, samples).for_each(|pixel| histogram.add(pixel));
        histogram.finish();
        let (colors, reduced) = histogram.palette(MOST);
        let mut map = Map::onto(&colors);
        let indices = pixels(raster.model, samples).map(|pixel| map.index(pixel)).collect();
        (Self { width: raster.width, colors, indices }, reduced)
    }
}

/// Pixels of `model`, which is not YCbCr, as RGBA; those that are wholly transparent all as [`CLEAR`].
pub(crate) fn pixels(model: Model, samples: &[u8]) -> impl Iterator<Item = Color> {
    samples.chunks_exact(model.channels()).map(move |pixel| match (model, pixel) {
        (_, [.., 0]) if model.has_alpha() => CLEAR,
        (Model::Grey, &[level]) => [level, level, level, 255],
        (Model::GreyAlpha, &[level, alpha]) => [level, level, level, alpha],
        (Model::Rgba, &[r, g, b, alpha]) => [r, g, b, alpha],
        (_, &[r, g, b]) => [r, g, b, 255],
        _ => unreachable!("a pixel has as many samples as its model has channels"),
    })
}

/// A colour as the number by which palettes are sorted: by alpha first.
fn rank([r, g, b, alpha]: Color) -> u64 {
    u32::from_be_bytes([alpha, r, g, b]).into()
}

/// The colour of such a number.
fn color_of(rank: u64) -> Color {
    let [alpha, r, g, b] = (rank as u32).to_be_bytes();
    [r, g, b, alpha]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(width: usize, pixels: &[Color]) -> Raster {
        let samples = Samples::Eight(pixels.as_flattened().to_vec());
        Raster { width, height: pixels.len() / width, model: Model::Rgba, samples }
    }

    #[test]
    fn few_colours_stay_as_they_are() {
        let pixels = [[1, 2, 3, 255], [9, 9, 9, 0], [1, 2, 3, 255], [4, 5, 6, 128]];
        let (indexed, reduced) = Indexed::of(&raster(2, &pixels));
        assert!(!reduced);
        assert_eq!(indexed.colors, [[0, 0, 0, 0], [4, 5, 6, 128], [1, 2, 3, 255]]);
        assert_eq!(indexed.indices, [2, 0, 2, 1]);
    }

    #[test]
    fn colours_that_hardly_show_stay_apart_where_there_are_few() {
        let pixels: Vec<Color> = (0..=255).map(|i| [i, 255 - i, 7, 1 + i / 128]).collect();
        let (indexed, reduced) = Indexed::of(&raster(16, &pixels));
        assert!(!reduced);
        for (pixel, &index) in pixels.iter().zip(&indexed.indices) {
            assert_eq!(indexed.colors[usize::from(index)], *pixel);
        }
    }

    #[test]
    fn many_colours_become_256_near_ones() {
        let pixels: Vec<Color> = (0..64 * 64u32).map(|i| [(i % 64 * 4) as u8, (i / 64 * 4) as u8, 0, 255]).collect();
        let (indexed, reduced) = Indexed::of(&raster(64, &pixels));
        assert!(reduced);
        assert!((200..=256).contains(&indexed.colors.len()), "{}", indexed.colors.len());
        for (pixel, index) in pixels.iter().zip(&indexed.indices) {
            let near = indexed.colors[usize::from(*index)];
            let distance = pixel.iter().zip(near).map(|(&a, b)| a.abs_diff(b)).max();
            assert!(distance <= Some(24), "{pixel:?} became {near:?}");
        }
    }

    #[test]
    fn a_colour_of_large_areas_stays_itself() {
        let mut pixels: Vec<Color> =
            (0..64 * 64u32).map(|i| [(i % 64 * 4) as u8, (i / 64 * 4) as u8, 99, 255]).collect();
        pixels.extend([[121, 53, 98, 255]; 64 * 64]);
        let (indexed, reduced) = Indexed::of(&raster(64, &pixels));
        assert!(reduced);
        assert_eq!(indexed.colors[usize::from(indexed.indices[64 * 64])], [121, 53, 98, 255]);
    }

    #[test]
    fn opaque_stays_opaque_and_clear_stays_clear() {
        let pixels: Vec<Color> = (0..96 * 96u32)
            .map(|i| {
                let alpha = [255, 0, 254, (i % 251) as u8][i as usize % 4];
                [(i % 96 * 2) as u8, (i / 96 * 2) as u8, (i % 7 * 30) as u8, alpha]
            })
            .collect();
        let (indexed, _) = Indexed::of(&raster(96, &pixels));
        assert!(indexed.colors.len() <= 256);
        for (pixel, index) in pixels.iter().zip(&indexed.indices) {
            let near = indexed.colors[usize::from(*index)];
            assert_eq!(pixel[3] == 255, near[3] == 255, "{pixel:?} became {near:?}");
            assert_eq!(pixel[3] == 0, near == CLEAR, "{pixel:?} became {near:?}");
        }
    }

    #[test]
    fn the_map_takes_the_nearest() {
        let mut seed = 9_u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        let mut colors: Vec<Color> = (0..200).map(|_| [noise(), noise(), noise(), 255]).collect();
        colors.sort_unstable_by_key(|&color| rank(color));
        let mut map = Map::onto(&colors);
        for _ in 0..20_000 {
            let color = [noise(), noise(), noise(), 255];
            let distance = |entry: Color| feature::distance(&feature::of(entry), &feature::of(color));
            let nearest = colors.iter().map(|&entry| distance(entry)).min().unwrap();
            assert_eq!(distance(colors[usize::from(map.index(color))]), nearest, "{color:?}");
        }
    }
}
