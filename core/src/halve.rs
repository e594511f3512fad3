//! The 2:1 kernel: each pixel of the half is the mean of a 2×2 neighbourhood of the whole.
//!
//! ```text
//!   a b     mean = (a + b + c + d + 2) / 4, rounded half up; at an odd right or bottom edge the
//!   c d     missing column or row is the last one again, so a side of 1 stays 1
//! ```
//!
//! Where pixels can be transparent, colours are averaged weighted by alpha, so that the colour of
//! a transparent pixel never bleeds into a visible one; where all four are transparent it is 0.
//! All arithmetic is exact in integers: the same samples on every machine.

use crate::raster::{Model, Raster, Samples};

/// `whole` at half its width and height, odd sides rounded up. Linear in pixels.
pub(crate) fn halve(whole: &Raster) -> Raster {
    let Raster { width, height, model, .. } = *whole;
    let samples = match &whole.samples {
        Samples::Eight(samples) => Samples::Eight(halve_samples(samples, width, model)),
        Samples::Sixteen(samples) => Samples::Sixteen(halve_samples(samples, width, model)),
    };
    Raster { width: width.div_ceil(2), height: height.div_ceil(2), model, samples }
}

/// A sample that the kernel averages.
trait Sample: Copy + Into<u64> + Into<u32> {
    /// The sample of value `mean`, which never passes the largest sample.
    fn from_mean(mean: u64) -> Self;
}

impl Sample for u8 {
    fn from_mean(mean: u64) -> Self {
        mean as Self
    }
}

impl Sample for u16 {
    fn from_mean(mean: u64) -> Self {
        mean as Self
    }
}

fn halve_samples<T: Sample>(samples: &[T], width: usize, model: Model) -> Vec<T> {
    match model {
        Model::Grey => halve_rows::<T, 1>(samples, width, mean_opaque),
        Model::GreyAlpha => halve_rows::<T, 2>(samples, width, mean_by_alpha),
        Model::Rgb | Model::YCbCr => halve_rows::<T, 3>(samples, width, mean_opaque),
        Model::Rgba => halve_rows::<T, 4>(samples, width, mean_by_alpha),
    }
}

/// Applies `mean` to each 2×2 neighbourhood of pixels of `N` samples, `width` pixels a row.
fn halve_rows<T: Sample, const N: usize>(samples: &[T], width: usize, mean: impl Fn([&[T; N]; 4]) -> [T; N]) -> Vec<T> {
    let pixels = samples.as_chunks::<N>().0;
    let mut half = Vec::with_capacity(width.div_ceil(2) * pixels.len().div_ceil(width).div_ceil(2) * N);
    for pair in pixels.chunks(2 * width) {
        let (upper, lower) = pair.split_at(width);
        let lower = if lower.is_empty() { upper } else { lower };
        for (a, c) in upper.chunks(2).zip(lower.chunks(2)) {
            half.extend_from_slice(&mean([&a[0], &a[a.len() - 1], &c[0], &c[c.len() - 1]]));
        }
    }
    half
}

fn mean_opaque<T: Sample, const N: usize>(four: [&[T; N]; 4]) -> [T; N] {
    std::array::from_fn(|i| {
        let sum: u32 = four.iter().map(|pixel| Into::<u32>::into(pixel[i])).sum();
        T::from_mean(u64::from((sum + 2) / 4))
    })
}

fn mean_by_alpha<T: Sample, const N: usize>(four: [&[T; N]; 4]) -> [T; N] {
    let alphas = four.map(|pixel| Into::<u64>::into(pixel[N - 1]));
    let alpha: u64 = alphas.iter().sum();
    std::array::from_fn(|i| {
        if i == N - 1 {
            return T::from_mean((alpha + 2) / 4);
        }
        let weighted: u64 = four.iter().zip(alphas).map(|(pixel, a)| Into::<u64>::into(pixel[i]) * a).sum();
        T::from_mean((weighted + alpha / 2).checked_div(alpha).unwrap_or(0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The obvious way, one sample at a time, in 128-bit integers and rationals.
    fn naive(whole: &Raster) -> Vec<u32> {
        let (w, h, n) = (whole.width, whole.height, whole.model.channels());
        let at = |x: usize, y: usize, c: usize| -> u128 {
            let index = (y.min(h - 1) * w + x.min(w - 1)) * n + c;
            match &whole.samples {
                Samples::Eight(s) => s[index].into(),
                Samples::Sixteen(s) => s[index].into(),
            }
        };
        let mut half = Vec::new();
        for y in (0..h).step_by(2) {
            for x in (0..w).step_by(2) {
                for c in 0..n {
                    let corners = [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)];
                    let weight = |x, y| if whole.model.has_alpha() && c + 1 < n { at(x, y, n - 1) } else { 1 };
                    let total: u128 = corners.iter().map(|&(x, y)| weight(x, y)).sum();
                    let sum: u128 = corners.iter().map(|&(x, y)| at(x, y, c) * weight(x, y)).sum();
                    half.push(if total == 0 { 0 } else { ((2 * sum + total) / (2 * total)) as u32 });
                }
            }
        }
        half
    }

    /// A small generator of numbers that look random (Marsaglia, xorshift32).
    fn noise(seed: &mut u32) -> u32 {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 17;
        *seed ^= *seed << 5;
        *seed
    }

    #[test]
    fn equals_the_naive_way_for_every_shape() {
        let mut seed = 0x9E37_79B9;
        let models = [Model::Grey, Model::GreyAlpha, Model::Rgb, Model::Rgba, Model::YCbCr];
        for width in [1, 2, 3, 7, 8, 9, 15, 16, 17] {
            for height in [1, 2, 3, 8, 9] {
                for model in models {
                    let count = width * height * model.channels();
                    let eight: Vec<u8> =
                        (0..count).map(|_| [0, 255, noise(&mut seed) as u8][noise(&mut seed) as usize % 3]).collect();
                    let sixteen = eight.iter().map(|&s| u16::from(s) << 8 | (noise(&mut seed) as u16 & 255)).collect();
                    for samples in [Samples::Eight(eight), Samples::Sixteen(sixteen)] {
                        let whole = Raster { width, height, model, samples };
                        let half = halve(&whole);
                        assert_eq!((half.width, half.height), (width.div_ceil(2), height.div_ceil(2)));
                        let got: Vec<u32> = match &half.samples {
                            Samples::Eight(s) => s.iter().map(|&s| s.into()).collect(),
                            Samples::Sixteen(s) => s.iter().map(|&s| s.into()).collect(),
                        };
                        assert_eq!(got, naive(&whole), "{width}x{height} {model:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn transparent_colour_does_not_bleed() {
        let whole = Raster {
            width: 2,
            height: 1,
            model: Model::Rgba,
            samples: Samples::Eight(vec![255, 0, 0, 255, 0, 255, 0, 0]),
        };
        assert_eq!(halve(&whole).samples, Samples::Eight(vec![255, 0, 0, 128]));
    }

    #[test]
    fn constant_stays_constant_at_the_ends_of_the_range() {
        for value in [0, 1, 254, 255] {
            let whole = Raster { width: 5, height: 3, model: Model::Grey, samples: Samples::Eight(vec![value; 15]) };
            assert_eq!(halve(&whole).samples, Samples::Eight(vec![value; 6]));
        }
    }
}
