//! Palette pictures: at most 256 colours, and an index into them for each pixel.
//!
//! Pictures of few colours keep them. Others are reduced by median cut (Heckbert 1982) over a histogram:
//!
//! 1. Each pixel falls into one of 2¹⁸ bins: five bits of red, green and blue, three of alpha. Whole opacity has an
//!    alpha class of its own, so that no opaque pixel is ever averaged with a translucent one.
//! 2. The filled bins start as one box for each of these two kinds. The box with the most pixels times its longest
//!    side is cut at the median along that side, until there are as many boxes as entries.
//! 3. An entry is the mean of its box's pixels; a bin takes the entry nearest to its own mean.
//!
//! All of it in integers: the same palette on every machine. Linear in pixels; the histogram is 10 MiB whatever the size.

use crate::raster::{Model, Raster, Samples};

/// Red, green, blue, alpha.
type Color = [u8; 4];

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
const MOST: usize = 256;

/// The wholly transparent colour.
const CLEAR: Color = [0; 4];

impl Indexed {
    /// `raster`, which has 8-bit samples and is not YCbCr, with a palette; and whether colours had to be reduced.
    pub(crate) fn of(raster: &Raster) -> (Self, bool) {
        let width = raster.width;
        match few_colors(raster) {
            Some(ranks) => {
                let index = |pixel| ranks.binary_search(&rank(pixel)).unwrap_or_default() as u8;
                let indices = pixels(raster).map(index).collect();
                (Self { width, colors: ranks.into_iter().map(color_of).collect(), indices }, false)
            }
            None => {
                let reduction = Reduction::of(raster);
                let indices = pixels(raster).map(|pixel| reduction.index(pixel)).collect();
                (Self { width, colors: reduction.palette, indices }, true)
            }
        }
    }
}

/// Pixels as RGBA; those that are wholly transparent all as [`CLEAR`].
fn pixels(raster: &Raster) -> impl Iterator<Item = Color> {
    let Samples::Eight(samples) = &raster.samples else { unreachable!("depth is reduced before") };
    let model = raster.model;
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

/// The colours of `raster`, as sorted ranks; `None` where there are more than 256.
fn few_colors(raster: &Raster) -> Option<Vec<u64>> {
    let mut ranks = Vec::with_capacity(MOST);
    let mut last = None;
    for pixel in pixels(raster) {
        if last.replace(pixel) == Some(pixel) {
            continue;
        }
        if let Err(place) = ranks.binary_search(&rank(pixel)) {
            if ranks.len() == MOST {
                return None;
            }
            ranks.insert(place, rank(pixel));
        }
    }
    Some(ranks)
}

/// Pixels of one bin: how many, and the sums of their components.
#[derive(Clone, Copy, Default)]
struct Bin {
    count: u64,
    sums: [u64; 4],
}

impl Bin {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum += more;
        }
    }

    /// The mean colour, rounded; of no pixels, black.
    fn mean(&self) -> Color {
        self.sums.map(|sum| ((2 * sum + self.count).checked_div(2 * self.count)).unwrap_or(0) as u8)
    }
}

/// The bin of a colour that is not [`CLEAR`].
fn bin_of([r, g, b, alpha]: Color) -> usize {
    let class = if alpha == 255 { 7 } else { usize::from(alpha) * 7 / 255 };
    class << 15 | usize::from(r >> 3) << 10 | usize::from(g >> 3) << 5 | usize::from(b >> 3)
}

/// A map from many colours to at most 256.
struct Reduction {
    palette: Vec<Color>,
    /// The index for each bin.
    indices: Vec<u8>,
    /// The index of [`CLEAR`], where it occurs.
    clear: u8,
}

impl Reduction {
    fn of(raster: &Raster) -> Self {
        let mut histogram = vec![Bin::default(); 1 << 18];
        let mut has_clear = false;
        for pixel in pixels(raster) {
            if pixel == CLEAR {
                has_clear = true;
            } else {
                histogram[bin_of(pixel)].add(&Bin { count: 1, sums: pixel.map(u64::from) });
            }
        }
        let filled: Vec<(usize, Bin)> = histogram.into_iter().enumerate().filter(|(_, bin)| bin.count > 0).collect();
        let (opaque, translucent) = filled.iter().map(|(_, bin)| *bin).partition(|bin| bin.mean()[3] == 255);
        let boxes = median_cut([opaque, translucent], MOST - usize::from(has_clear));
        let mut ranks: Vec<u64> = boxes.iter().map(Bin::mean).chain(has_clear.then_some(CLEAR)).map(rank).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let palette: Vec<Color> = ranks.into_iter().map(color_of).collect();
        let clear = palette.iter().position(|&color| color == CLEAR).unwrap_or(0) as u8;
        let mut indices = vec![0; 1 << 18];
        for (at, bin) in filled {
            indices[at] = nearest(&palette, bin.mean());
        }
        Self { palette, indices, clear }
    }

    fn index(&self, pixel: Color) -> u8 {
        if pixel == CLEAR { self.clear } else { self.indices[bin_of(pixel)] }
    }
}

/// The entry nearest to `color`: an opaque one for an opaque colour, a translucent one for others.
fn nearest(palette: &[Color], color: Color) -> u8 {
    let distance = |entry: &Color| -> u32 {
        let squares = entry.iter().zip(color).map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2));
        squares.sum::<u32>() + if (entry[3] == 255) == (color[3] == 255) { 0 } else { 1 << 20 }
    };
    let entries = palette.iter().enumerate().filter(|(_, entry)| **entry != CLEAR);
    entries.min_by_key(|(_, entry)| distance(entry)).map_or(0, |(index, _)| index as u8)
}

/// At most `most` boxes of the bins of both `kinds`, each box as the sum of its bins.
fn median_cut(kinds: [Vec<Bin>; 2], most: usize) -> Vec<Bin> {
    let mut boxes: Vec<Vec<Bin>> = kinds.into_iter().filter(|bins| !bins.is_empty()).collect();
    let mut weights: Vec<u64> = boxes.iter().map(|bins| weight(bins)).collect();
    while boxes.len() < most {
        let Some((1.., i)) = weights.iter().enumerate().map(|(i, &weight)| (weight, i)).max() else { break };
        let upper = cut(&mut boxes[i]);
        weights[i] = weight(&boxes[i]);
        weights.push(weight(&upper));
        boxes.push(upper);
    }
    let sum = |bins: &Vec<Bin>| {
        bins.iter().fold(Bin::default(), |mut sum, bin| {
            sum.add(bin);
            sum
        })
    };
    boxes.iter().map(sum).collect()
}

/// How much the box of `bins` wants to be cut: its pixels times its longest side; 0 where it is a single colour.
fn weight(bins: &[Bin]) -> u64 {
    u64::from(longest_side(bins).0) * bins.iter().map(|bin| bin.count).sum::<u64>()
}

/// The length of the longest side of the box around `bins`, and its axis.
fn longest_side(bins: &[Bin]) -> (u8, usize) {
    let (mut low, mut high) = ([255; 4], [0; 4]);
    for mean in bins.iter().map(Bin::mean) {
        for axis in 0..4 {
            low[axis] = mean[axis].min(low[axis]);
            high[axis] = mean[axis].max(high[axis]);
        }
    }
    (0..4).map(|axis| (high[axis].saturating_sub(low[axis]), axis)).max().unwrap_or_default()
}

/// Cuts `bins` at the median along their longest side; both parts keep at least one bin.
fn cut(bins: &mut Vec<Bin>) -> Vec<Bin> {
    let (_, axis) = longest_side(bins);
    sort_along(bins, axis);
    let half = bins.iter().map(|bin| bin.count).sum::<u64>() / 2;
    let mut below = 0;
    let median = bins.iter().position(|bin| {
        below += bin.count;
        below > half
    });
    bins.split_off(median.unwrap_or(0).clamp(1, bins.len() - 1))
}

/// Sorts `bins`, of which there are at most 2¹⁸, by their mean colours, by `axis` first; equal ones stay in their order.
fn sort_along(bins: &mut Vec<Bin>, axis: usize) {
    const INDEX_BITS: u32 = 18;
    let key = |(index, bin): (usize, &Bin)| {
        let mean = bin.mean();
        let color = u64::from(mean[axis]) << 32 | u64::from(u32::from_be_bytes(mean));
        color << INDEX_BITS | index as u64
    };
    let mut keys: Vec<u64> = bins.iter().enumerate().map(key).collect();
    keys.sort_unstable();
    *bins = keys.into_iter().map(|key| bins[key as usize & ((1 << INDEX_BITS) - 1)]).collect();
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
    fn many_colours_become_256_near_ones() {
        let pixels: Vec<Color> = (0..64 * 64u32).map(|i| [(i % 64 * 4) as u8, (i / 64 * 4) as u8, 0, 255]).collect();
        let (indexed, reduced) = Indexed::of(&raster(64, &pixels));
        assert!(reduced);
        assert!((200..=256).contains(&indexed.colors.len()), "{}", indexed.colors.len());
        for (pixel, index) in pixels.iter().zip(&indexed.indices) {
            let near = indexed.colors[usize::from(*index)];
            let distance = pixel.iter().zip(near).map(|(&a, b)| a.abs_diff(b)).max();
            assert!(distance <= Some(16), "{pixel:?} became {near:?}");
        }
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
}
