//! The chunks that say how samples look: cICP, and where there is no ICC profile gAMA, cHRM, sRGB (PNG 11.3.2).

use super::write::chunk;

/// What those chunks hold; a broken one counts as absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Space {
    /// gAMA, times 100000.
    gamma: Option<u32>,
    /// cHRM: x and y of white, red, green and blue, each times 100000.
    chromaticities: Option<[u32; 8]>,
    /// sRGB: the rendering intent, 0 to 3.
    intent: Option<u8>,
    /// cICP: primaries, transfer function, matrix (0: RGB), whether the range is full. It goes before all else.
    coding_points: Option<[u8; 4]>,
    /// mDCV and cLLI: what the display had that the picture was made on, and how bright it is. They go with cICP.
    mastering: Option<[u8; 24]>,
    light_level: Option<[u8; 8]>,
}

impl Space {
    /// Takes a chunk of a sound checksum; of several of a kind, the first that is not broken.
    pub(super) fn take(&mut self, kind: [u8; 4], data: &[u8]) {
        match &kind {
            b"gAMA" => {
                let gamma = data.try_into().ok().map(u32::from_be_bytes).filter(|&gamma| gamma > 0);
                self.gamma = self.gamma.or(gamma);
            }
            b"cHRM" => {
                let words = |data: [u8; 32]| std::array::from_fn(|i| u32::from_be_bytes(data.as_chunks().0[i]));
                self.chromaticities = self.chromaticities.or(data.try_into().ok().map(words));
            }
            b"sRGB" => self.intent = self.intent.or(data.first().copied().filter(|&intent| intent < 4)),
            b"cICP" => {
                let points = data.try_into().ok().filter(|&[_, _, matrix, range]: &[u8; 4]| matrix == 0 && range < 2);
                self.coding_points = self.coding_points.or(points);
            }
            b"mDCV" => self.mastering = self.mastering.or(data.try_into().ok()),
            b"cLLI" => self.light_level = self.light_level.or(data.try_into().ok()),
            _ => {}
        }
    }

    /// Whether a picture without the chunks would look wrong, with or without a profile. Only cICP goes before one.
    pub(crate) fn counts(&self, profiled: bool) -> bool {
        if profiled { self.coding_points.is_some() } else { self.is_not_srgb() }
    }

    /// Writes what stands beside a profile, too: cICP and what belongs to it.
    pub(super) fn write_coding_points(&self, file: &mut Vec<u8>) {
        let Some(points) = self.coding_points else { return };
        chunk(file, *b"cICP", &points);
        self.mastering.iter().for_each(|data| chunk(file, *b"mDCV", data));
        self.light_level.iter().for_each(|data| chunk(file, *b"cLLI", data));
    }

    /// Writes the chunks that count where there is no profile.
    pub(super) fn write(&self, file: &mut Vec<u8>) {
        self.intent.iter().for_each(|&intent| chunk(file, *b"sRGB", &[intent]));
        self.gamma.iter().for_each(|gamma| chunk(file, *b"gAMA", &gamma.to_be_bytes()));
        let words = self.chromaticities.iter();
        words.for_each(|words| chunk(file, *b"cHRM", words.map(u32::to_be_bytes).as_flattened()));
    }

    /// Whether the chunks ask for another look than sRGB's, so that a picture without them would be wrong.
    fn is_not_srgb(&self) -> bool {
        /// sRGB's gamma as encoders round it.
        const SRGB_GAMMA: std::ops::RangeInclusive<u32> = 45000..=46000;
        /// sRGB's white and primaries (PNG 11.3.2.5); encoders round them by some hundreds.
        const SRGB: [u32; 8] = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
        /// sRGB in cICP (PNG 11.3.2.6): BT.709's primaries, sRGB's transfer function, RGB, full range.
        const SRGB_POINTS: [u8; 4] = [1, 13, 0, 1];
        if let Some(points) = self.coding_points {
            return points != SRGB_POINTS;
        }
        let other_gamma = self.gamma.is_some_and(|gamma| !SRGB_GAMMA.contains(&gamma));
        let is_far = |(a, b): (&u32, &u32)| a.abs_diff(*b) > 500;
        let other_primaries = self.chromaticities.is_some_and(|words| words.iter().zip(&SRGB).any(is_far));
        self.intent.is_none() && (other_gamma || other_primaries)
    }
}
