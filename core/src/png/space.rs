//! The chunks that say how samples look where there is no ICC profile: gAMA, cHRM, sRGB (PNG 11.3.2).

use png::{ScaledFloat, SourceChromaticities, SrgbRenderingIntent};

/// What those chunks hold; a broken one counts as absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Space {
    /// gAMA, times 100000.
    gamma: Option<u32>,
    /// cHRM: x and y of white, red, green and blue, each times 100000.
    chromaticities: Option<[u32; 8]>,
    /// sRGB: the rendering intent.
    intent: Option<SrgbRenderingIntent>,
    /// Whether there is a cICP chunk, which is not carried.
    pub(crate) coding_points: bool,
}

/// PNG 11.3.2.5.
const fn intent(code: u8) -> Option<SrgbRenderingIntent> {
    match code {
        0 => Some(SrgbRenderingIntent::Perceptual),
        1 => Some(SrgbRenderingIntent::RelativeColorimetric),
        2 => Some(SrgbRenderingIntent::Saturation),
        3 => Some(SrgbRenderingIntent::AbsoluteColorimetric),
        _ => None,
    }
}

impl Space {
    pub(super) fn take(&mut self, kind: [u8; 4], data: &[u8]) {
        match &kind {
            b"gAMA" => self.gamma = data.first_chunk().copied().map(u32::from_be_bytes).filter(|&gamma| gamma > 0),
            b"cHRM" if data.len() == 32 => {
                let words = data.as_chunks::<4>().0.iter().copied().map(u32::from_be_bytes);
                self.chromaticities = words.collect::<Vec<u32>>().try_into().ok();
            }
            b"sRGB" => self.intent = data.first().copied().and_then(intent),
            b"cICP" => self.coding_points = true,
            _ => {}
        }
    }

    /// Puts the same chunks into the header of a result.
    pub(super) fn put(&self, info: &mut png::Info<'_>) {
        let pair =
            |words: &[u32; 8], at| (ScaledFloat::from_scaled(words[at]), ScaledFloat::from_scaled(words[at + 1]));
        info.srgb = self.intent;
        info.source_gamma = self.gamma.map(ScaledFloat::from_scaled);
        info.source_chromaticities = self.chromaticities.map(|words| SourceChromaticities {
            white: pair(&words, 0),
            red: pair(&words, 2),
            green: pair(&words, 4),
            blue: pair(&words, 6),
        });
    }

    /// Whether gAMA or cHRM ask for another look than sRGB's, so that a picture without them would be wrong.
    pub(crate) fn is_not_srgb(&self) -> bool {
        /// sRGB's gamma as encoders round it.
        const SRGB_GAMMA: std::ops::RangeInclusive<u32> = 45000..=46000;
        /// sRGB's white and primaries (PNG 11.3.2.5); encoders round them by some hundreds.
        const SRGB: [u32; 8] = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
        let other_gamma = self.gamma.is_some_and(|gamma| !SRGB_GAMMA.contains(&gamma));
        let is_far = |(a, b): (&u32, &u32)| a.abs_diff(*b) > 500;
        let other_primaries = self.chromaticities.is_some_and(|words| words.iter().zip(&SRGB).any(is_far));
        self.intent.is_none() && (other_gamma || other_primaries)
    }
}
