//! Photograph or graphic: what a picture is, as far as the choice of a format goes.

use serde::Serialize;

use crate::raster::{Raster, Samples};

/// What a picture is, as far as formats care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Suits {
    /// Its neighbouring pixels differ, or it came with loss: coded with loss, it loses nothing that is seen.
    Photograph,
    /// It has flat areas or few colours: coded without loss, it is small and stays sharp.
    Graphic,
    /// It has samples of 16 bits, which one format keeps.
    Deep,
    /// It moves.
    Animation,
}

impl Suits {
    /// What `half` is, whose source was coded with loss or not.
    pub(crate) fn of(half: &Raster, lossy: bool) -> Self {
        match &half.samples {
            _ if lossy => Self::Photograph,
            Samples::Sixteen(_) => Self::Deep,
            Samples::Eight(samples) if is_flat(half, samples) => Self::Graphic,
            Samples::Eight(_) => Self::Photograph,
        }
    }
}

/// Whether at least three in ten pixels that can be seen are equal to their neighbour on the left.
///
/// Of photographs that is one in twenty or fewer, because sensors have noise; of drawings, screenshots and logos it is
/// eight in ten or more, whatever stands before their flat ground.
fn is_flat(half: &Raster, samples: &[u8]) -> bool {
    let channels = half.model.channels();
    let is_clear = |pixel: &[u8]| half.model.has_alpha() && pixel.ends_with(&[0]);
    let (mut equal, mut seen) = (0u64, 0u64);
    for row in samples.chunks_exact(half.width * channels) {
        let pairs = row.chunks_exact(channels).zip(row.chunks_exact(channels).skip(1));
        for (left, pixel) in pairs.filter(|(_, pixel)| !is_clear(pixel)) {
            equal += u64::from(left == pixel);
            seen += 1;
        }
    }
    10 * equal >= 3 * seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Model;

    fn picture(level: impl Fn(usize) -> u8) -> Raster {
        let samples = Samples::Eight((0..64 * 64).map(level).collect());
        Raster { width: 64, height: 64, model: Model::Grey, samples }
    }

    #[test]
    fn flat_ground_makes_a_graphic() {
        let drawn = picture(|i| if i % 64 < 20 { (i * 7) as u8 } else { 255 });
        let grown = picture(|i| (i * 7) as u8);
        assert_eq!(Suits::of(&drawn, false), Suits::Graphic);
        assert_eq!(Suits::of(&grown, false), Suits::Photograph);
        assert_eq!(Suits::of(&drawn, true), Suits::Photograph, "it has lost already");
    }

    #[test]
    fn what_cannot_be_seen_has_no_say() {
        let samples = (0..64 * 64).flat_map(|i| [(i * 7) as u8, if i % 64 < 20 { 255 } else { 0 }]).collect();
        let cut_out = Raster { width: 64, height: 64, model: Model::GreyAlpha, samples: Samples::Eight(samples) };
        assert_eq!(Suits::of(&cut_out, false), Suits::Photograph);
    }

    #[test]
    fn deep_samples_are_kept() {
        let deep = Raster { width: 2, height: 1, model: Model::Grey, samples: Samples::Sixteen(vec![1, 1]) };
        assert_eq!(Suits::of(&deep, false), Suits::Deep);
    }
}
