//! Samples as light: sRGB's transfer curve (IEC 61966-2-1) in integers, both ways.
//!
//! ```text
//! light = c / 12.92                       c = level / 255, up to 0.04045
//!         ((c + 0.055) / 1.055) ^ 2.4     above
//! ```
//!
//! The curve's 256 values for 8-bit samples stand here; between them, for 16-bit samples, it runs straight, which is off
//! by less than one half of a 65535th. Other curves (Display P3 has the same, Adobe RGB does not) are taken for this one.

use super::kernel::Sample;
use crate::raster::Model;

/// Light for each level, times 2²⁴ and rounded.
#[rustfmt::skip]
const LIGHT: [u32; 256] = [
    0, 5092, 10185, 15277, 20369, 25462, 30554, 35646, 40739, 45831, 50923, 56146, 61682, 67524, 73676, 80144, 86931,
    94043, 101483, 109255, 117364, 125813, 134607, 143749, 153244, 163095, 173306, 183880, 194821, 206133, 217819,
    229883, 242327, 255157, 268373, 281981, 295983, 310382, 325182, 340386, 355996, 372016, 388449, 405298, 422565,
    440255, 458369, 476910, 495881, 515286, 535127, 555406, 576126, 597291, 618902, 640963, 663476, 686443, 709868,
    733752, 758099, 782910, 808189, 833938, 860159, 886854, 914027, 941680, 969814, 998433, 1027538, 1057133, 1087218,
    1117798, 1148873, 1180447, 1212520, 1245097, 1278179, 1311767, 1345865, 1380475, 1415598, 1451237, 1487394, 1524071,
    1561270, 1598994, 1637244, 1676023, 1715332, 1755173, 1795550, 1836463, 1877915, 1919907, 1962442, 2005522, 2049149,
    2093324, 2138049, 2183328, 2229161, 2275550, 2322497, 2370005, 2418074, 2466708, 2515908, 2565675, 2616012, 2666920,
    2718402, 2770458, 2823092, 2876304, 2930097, 2984472, 3039432, 3094977, 3151110, 3207832, 3265145, 3323052, 3381553,
    3440650, 3500346, 3560641, 3621538, 3683038, 3745144, 3807855, 3871176, 3935106, 3999648, 4064803, 4130573, 4196960,
    4263965, 4331589, 4399836, 4468706, 4538200, 4608321, 4679069, 4750448, 4822457, 4895099, 4968376, 5042288, 5116838,
    5192027, 5267856, 5344328, 5421443, 5499204, 5577611, 5656667, 5736372, 5816729, 5897738, 5979402, 6061722, 6144699,
    6228335, 6312631, 6397589, 6483210, 6569496, 6656448, 6744068, 6832357, 6921317, 7010948, 7101253, 7192233, 7283889,
    7376223, 7469237, 7562930, 7657306, 7752366, 7848110, 7944540, 8041658, 8139465, 8237963, 8337152, 8437035, 8537612,
    8638885, 8740855, 8843524, 8946893, 9050964, 9155737, 9261215, 9367397, 9474287, 9581885, 9690192, 9799210, 9908940,
    10019383, 10130542, 10242416, 10355008, 10468318, 10582349, 10697100, 10812575, 10928773, 11045697, 11163346,
    11281724, 11400831, 11520668, 11641236, 11762538, 11884573, 12007344, 12130852, 12255098, 12380082, 12505807,
    12632274, 12759484, 12887438, 13016137, 13145583, 13275776, 13406719, 13538412, 13670857, 13804054, 13938006,
    14072712, 14208175, 14344396, 14481375, 14619114, 14757615, 14896878, 15036905, 15177696, 15319253, 15461578,
    15604671, 15748533, 15893166, 16038571, 16184750, 16331702, 16479430, 16627934, 16777216,
];

/// For each of 256 equal steps of light, the level at its lower end.
const LEVELS: [u8; 257] = {
    let mut levels = [255; 257];
    let (mut step, mut level) = (0, 0);
    while step < 256 {
        while LIGHT[level + 1] <= (step as u32) << 16 {
            level += 1;
        }
        levels[step] = level as u8;
        step += 1;
    }
    levels
};

/// A level of 16 bits for one of 8: 255 × 257 = 65535.
const DEEP: u32 = 257;

/// A sample that stands for light.
pub(crate) trait Lit: Sample + Into<u32> {
    /// The largest sample, which alpha has where a pixel is opaque.
    const MOST: Self;

    /// The light of this sample, 0 to 2²⁴.
    fn light(self) -> u32;

    /// The sample nearest to a level of 16 bits.
    fn from_deep(level: u32) -> Self;
}

impl Lit for u8 {
    const MOST: Self = Self::MAX;

    fn light(self) -> u32 {
        LIGHT[usize::from(self)]
    }

    fn from_deep(level: u32) -> Self {
        ((level + DEEP / 2) / DEEP) as Self
    }
}

impl Lit for u16 {
    const MOST: Self = Self::MAX;

    fn light(self) -> u32 {
        let (level, rest) = (u32::from(self) / DEEP, u32::from(self) % DEEP);
        let lower = LIGHT[level as usize];
        let rise = LIGHT[(level + 1).min(255) as usize] - lower;
        lower + (rise * rest + DEEP / 2) / DEEP
    }

    fn from_deep(level: u32) -> Self {
        level as Self
    }
}

/// The level of 16 bits nearest to `light`, which is at most 2²⁴.
fn deep_level(light: u32) -> u32 {
    let mut level = usize::from(LEVELS[(light >> 16) as usize]);
    while level < 255 && LIGHT[level + 1] <= light {
        level += 1;
    }
    let lower = LIGHT[level];
    let rise = (LIGHT[(level + 1).min(255)] - lower).max(1);
    level as u32 * DEEP + ((light - lower) * DEEP + rise / 2) / rise
}

/// Writes the light of `row` to `lit`; alpha stays as it is.
pub(super) fn lighten<S: Lit>(row: &[S], model: Model, lit: &mut Vec<u32>) {
    lit.clear();
    lit.extend(row.iter().map(|sample| sample.light()));
    copy_alpha(row, lit, model, Into::into);
}

/// Writes the samples of light `lit` to `row`.
pub(super) fn darken<S: Lit>(lit: &[u32], model: Model, row: &mut [S]) {
    for (sample, &light) in row.iter_mut().zip(lit) {
        *sample = S::from_deep(deep_level(light));
    }
    copy_alpha(lit, row, model, |alpha| S::from_value(alpha.into()));
}

/// Copies the alpha of pixels of `model`, if they have one.
fn copy_alpha<S: Copy, T>(from: &[S], to: &mut [T], model: Model, convert: impl Fn(S) -> T) {
    if model.has_alpha() {
        let channels = model.channels();
        for (from, to) in from.chunks_exact(channels).zip(to.chunks_exact_mut(channels)) {
            to[channels - 1] = convert(from[channels - 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn srgb(c: f64) -> f64 {
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    }

    #[test]
    fn table_is_the_curve() {
        for (level, light) in LIGHT.into_iter().enumerate() {
            let exact = srgb(level as f64 / 255.0) * f64::from(1 << 24);
            assert_eq!(light, exact.round() as u32, "level {level}");
        }
    }

    #[test]
    fn between_its_levels_the_curve_is_near() {
        for sample in 0..=u16::MAX {
            let exact = srgb(f64::from(sample) / 65535.0);
            let off = (f64::from(sample.light()) / f64::from(1 << 24) - exact).abs();
            assert!(off * 65535.0 < 0.5, "{sample} is off by {off}");
        }
    }

    #[test]
    fn every_sample_comes_back() {
        for sample in 0..=u16::MAX {
            assert_eq!(u16::from_deep(deep_level(sample.light())), sample);
        }
        for sample in 0..=u8::MAX {
            assert_eq!(u8::from_deep(deep_level(sample.light())), sample);
        }
    }
}
