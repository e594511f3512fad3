use super::*;
use crate::noise::Noise;

const MODELS: [Model; 5] = [Model::Grey, Model::GreyAlpha, Model::Rgb, Model::Rgba, Model::YCbCr];
const KERNELS: [Kernel; 2] = [Kernel::Mean, Kernel::Sharp];
const LIGHTS: [Light; 2] = [Light::Encoded, Light::Linear];

impl Noise {
    /// Samples that are often extreme, and often those before again; the left third may be transparent.
    fn raster(&mut self, width: usize, height: usize, model: Model, sixteen: bool) -> Raster {
        let (channels, most) = (model.channels(), if sixteen { 65535 } else { 255 });
        let mut samples: Vec<u32> = Vec::new();
        for i in 0..width * height * channels {
            let is_alpha = model.has_alpha() && i % channels == channels - 1;
            let any = self.next() % (most + 1);
            samples.push(match self.next() % 8 {
                _ if is_alpha && i / channels % width > width / 3 => most,
                0 => 0,
                1 => most,
                2..5 if i >= channels => samples[i - channels],
                _ => any,
            });
        }
        let samples = if sixteen {
            Samples::Sixteen(samples.iter().map(|&sample| sample as u16).collect())
        } else {
            Samples::Eight(samples.iter().map(|&sample| sample as u8).collect())
        };
        Raster { width, height, model, samples }
    }

    /// Rasters of all shapes that matter.
    fn rasters(&mut self) -> Vec<Raster> {
        let mut rasters = Vec::new();
        for width in [1, 2, 3, 7, 8, 9, 15, 16, 17] {
            for height in [1, 2, 3, 4, 5, 8, 9] {
                for model in MODELS {
                    for sixteen in [false, true] {
                        rasters.push(self.raster(width, height, model, sixteen));
                    }
                }
            }
        }
        rasters
    }
}

fn numbers(raster: &Raster) -> Vec<u32> {
    match &raster.samples {
        Samples::Eight(samples) => samples.iter().map(|&sample| sample.into()).collect(),
        Samples::Sixteen(samples) => samples.iter().map(|&sample| sample.into()).collect(),
    }
}

fn most(raster: &Raster) -> u32 {
    if matches!(raster.samples, Samples::Eight(_)) { 255 } else { 65535 }
}

/// The definition, one sample at a time, in `f64`.
struct Oracle<'a> {
    whole: &'a Raster,
    /// Samples, or their light, from 0 to 1.
    samples: Vec<f64>,
}

impl<'a> Oracle<'a> {
    fn new(whole: &'a Raster, light: Light) -> Self {
        let channels = whole.model.channels();
        let srgb = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        let value = |(i, sample): (usize, &u32)| {
            let value = f64::from(*sample) / f64::from(most(whole));
            let is_alpha = whole.model.has_alpha() && i % channels == channels - 1;
            if light == Light::Linear && !is_alpha { srgb(value) } else { value }
        };
        Self { whole, samples: numbers(whole).iter().enumerate().map(value).collect() }
    }

    fn at(&self, x: isize, y: isize, channel: usize) -> f64 {
        let (width, height) = (self.whole.width as isize, self.whole.height as isize);
        let pixel = y.clamp(0, height - 1) * width + x.clamp(0, width - 1);
        self.samples[pixel as usize * self.whole.model.channels() + channel]
    }

    /// A sample of the half, from 0 to 1.
    fn half(&self, kernel: Kernel, x: isize, y: isize, channel: usize) -> f64 {
        let model = self.whole.model;
        let reach = if kernel == Kernel::Sharp { -2..4 } else { 0..2 };
        let seen = |reach: std::ops::Range<isize>| {
            let rows = reach.clone();
            rows.flat_map(move |down| reach.clone().map(move |across| (across, down)))
        };
        let alpha = |across, down| {
            if model.has_alpha() { self.at(2 * x + across, 2 * y + down, model.channels() - 1) } else { 1.0 }
        };
        let four = |weight: &dyn Fn(isize, isize) -> f64| {
            let total: f64 = seen(0..2).map(|(i, j)| weight(i, j)).sum();
            let sum: f64 = seen(0..2).map(|(i, j)| weight(i, j) * self.at(2 * x + i, 2 * y + j, channel)).sum();
            if total == 0.0 { 0.0 } else { sum / total }
        };
        if seen(reach).any(|(i, j)| alpha(i, j) < 1.0) {
            return if channel + 1 == model.channels() { four(&|_, _| 1.0) } else { four(&alpha) };
        }
        if kernel == Kernel::Mean {
            return four(&|_, _| 1.0);
        }
        let taps = [-4.0, 7.0, 29.0, 29.0, 7.0, -4.0];
        let weighted = |(i, j): (isize, isize)| {
            taps[(i + 2) as usize] * taps[(j + 2) as usize] * self.at(2 * x + i, 2 * y + j, channel)
        };
        let sum = seen(-2..4).map(weighted).sum::<f64>() / 4096.0;
        let nearest: Vec<f64> = seen(0..2).map(|(i, j)| self.at(2 * x + i, 2 * y + j, channel)).collect();
        let (low, high) =
            (nearest.iter().fold(1.0, |a: f64, &b| a.min(b)), nearest.iter().fold(0.0, |a: f64, &b| a.max(b)));
        sum.clamp(low, high)
    }
}

#[test]
fn halves_are_those_of_the_oracle() {
    for whole in Noise(0x9E37_79B9).rasters() {
        for (kernel, light) in KERNELS.into_iter().flat_map(|kernel| LIGHTS.map(|light| (kernel, light))) {
            let half = halve(&whole, kernel, light);
            assert_eq!((half.width, half.height), (whole.width.div_ceil(2), whole.height.div_ceil(2)));
            let oracle = Oracle::new(&whole, light);
            let (channels, most) = (whole.model.channels(), f64::from(most(&whole)));
            let encoded = |c: f64| if c <= 0.003_130_8 { c * 12.92 } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
            for (i, got) in numbers(&half).into_iter().enumerate() {
                let (pixel, channel) = (i / channels, i % channels);
                let (x, y) = ((pixel % half.width) as isize, (pixel / half.width) as isize);
                let is_alpha = whole.model.has_alpha() && channel + 1 == channels;
                let exact = oracle.half(kernel, x, y, channel);
                let exact = if light == Light::Linear && !is_alpha { encoded(exact) } else { exact } * most;
                // Where alpha rounds to nothing, so do colours. Straight lines between the curve's levels cost light at
                // 16 bits up to half a step of light, which is 6.5 steps of a dark sample.
                let hidden = whole.model.has_alpha() && oracle.half(kernel, x, y, channels - 1) * most < 0.5;
                let bound = if light == Light::Linear && !is_alpha { 0.51 + 7.0 * most / 65535.0 } else { 0.5 + 1e-6 };
                let off = if hidden { f64::from(got) } else { (f64::from(got) - exact).abs() };
                assert!(off <= bound, "{whole:?} {kernel:?} {light:?}: sample {i} is {got}, not {exact}");
            }
        }
    }
}

#[test]
fn constant_stays_constant() {
    for model in MODELS {
        for (kernel, light) in KERNELS.into_iter().flat_map(|kernel| LIGHTS.map(|light| (kernel, light))) {
            for value in 0..=255_u8 {
                let eight = Samples::Eight([value; 7 * 5 * 4][..7 * 5 * model.channels()].to_vec());
                let deep = u16::from(value) << 8 | u16::from(value) ^ 0x5A;
                let sixteen = Samples::Sixteen([deep; 7 * 5 * 4][..7 * 5 * model.channels()].to_vec());
                for samples in [eight, sixteen] {
                    let whole = Raster { width: 7, height: 5, model, samples };
                    let half = numbers(&halve(&whole, kernel, light));
                    let only = numbers(&whole)[0];
                    assert!(
                        half.iter().all(|&sample| sample == only),
                        "{only} {model:?} {kernel:?} {light:?}: {half:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn no_opaque_sample_leaves_the_range_of_its_four() {
    for whole in Noise(1).rasters().into_iter().filter(|whole| !whole.model.has_alpha()) {
        let (samples, channels) = (numbers(&whole), whole.model.channels());
        for light in LIGHTS {
            let half = halve(&whole, Kernel::Sharp, light);
            for (i, got) in numbers(&half).into_iter().enumerate() {
                let (x, y) = (i / channels % half.width * 2, i / channels / half.width * 2);
                let at = |x: usize, y: usize| {
                    let pixel = y.min(whole.height - 1) * whole.width + x.min(whole.width - 1);
                    samples[pixel * channels + i % channels]
                };
                let four = [at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)];
                let range = four.into_iter().min()..=four.into_iter().max();
                assert!(range.contains(&Some(got)), "{whole:?} {light:?}: sample {i} is {got}, not in {range:?}");
            }
        }
    }
}

#[test]
fn turning_even_sides_and_halving_commute() {
    for whole in Noise(2).rasters().into_iter().filter(|whole| whole.width % 2 == 0 && whole.height % 2 == 0) {
        for (kernel, light) in KERNELS.into_iter().flat_map(|kernel| LIGHTS.map(|light| (kernel, light))) {
            for orientation in 2..=8 {
                let turned = halve(&whole.clone().upright(orientation), kernel, light);
                assert_eq!(turned, halve(&whole, kernel, light).upright(orientation), "{whole:?} {kernel:?} {light:?}");
            }
        }
    }
}

#[test]
fn colours_of_transparent_pixels_do_not_show() {
    for whole in Noise(3).rasters().into_iter().filter(|whole| whole.model.has_alpha()) {
        let channels = whole.model.channels();
        let mut other = whole.clone();
        match &mut other.samples {
            Samples::Eight(samples) => hide::<u8>(samples, channels, 99),
            Samples::Sixteen(samples) => hide::<u16>(samples, channels, 9999),
        }
        for (kernel, light) in KERNELS.into_iter().flat_map(|kernel| LIGHTS.map(|light| (kernel, light))) {
            assert_eq!(halve(&whole, kernel, light), halve(&other, kernel, light), "{whole:?} {kernel:?} {light:?}");
        }
    }
}

/// Gives each wholly transparent pixel another colour.
fn hide<S: Lit>(samples: &mut [S], channels: usize, level: S) {
    for pixel in samples.chunks_exact_mut(channels).filter(|pixel| pixel[channels - 1] == S::default()) {
        pixel[..channels - 1].fill(level);
    }
}

#[test]
fn transparent_colour_does_not_bleed() {
    let samples = Samples::Eight(vec![255, 0, 0, 255, 0, 255, 0, 0]);
    let whole = Raster { width: 2, height: 1, model: Model::Rgba, samples };
    for kernel in KERNELS {
        assert_eq!(halve(&whole, kernel, Light::Encoded).samples, Samples::Eight(vec![255, 0, 0, 128]));
    }
}

#[test]
fn opaque_alpha_changes_no_colour() {
    for whole in Noise(4).rasters().into_iter().filter(|whole| whole.model == Model::Rgb) {
        let with_alpha =
            |samples: &[u32], most| samples.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], most]).collect();
        let opaque: Vec<u32> = with_alpha(&numbers(&whole), most(&whole));
        let samples = match whole.samples {
            Samples::Eight(_) => Samples::Eight(opaque.iter().map(|&sample| sample as u8).collect()),
            Samples::Sixteen(_) => Samples::Sixteen(opaque.iter().map(|&sample| sample as u16).collect()),
        };
        let opaque = Raster { model: Model::Rgba, samples, ..whole };
        for (kernel, light) in KERNELS.into_iter().flat_map(|kernel| LIGHTS.map(|light| (kernel, light))) {
            let half = halve(&opaque, kernel, light).without_opaque_alpha();
            assert_eq!(half, halve(&whole, kernel, light), "{whole:?} {kernel:?} {light:?}");
        }
    }
}

#[test]
fn rows_come_as_soon_as_they_can() {
    for (kernel, waits) in [(Kernel::Mean, 2), (Kernel::Sharp, 4)] {
        for height in 1..12 {
            let mut halver = Halver::<u8>::new(3, Model::Grey, kernel, Light::Encoded);
            let pushed: Vec<bool> = (0..height).map(|_| halver.push(&[1, 2, 3]).is_some()).collect();
            let expected: Vec<bool> = (1..=height).map(|rows| rows >= waits && rows % 2 == 0).collect();
            assert_eq!(pushed, expected, "{kernel:?}, {height} rows");
            let left = std::iter::from_fn(|| halver.finish().map(|_| ())).count();
            let given = pushed.iter().filter(|given| **given).count();
            assert_eq!(given + left, (height as usize).div_ceil(2), "{kernel:?}, {height} rows");
        }
    }
}
