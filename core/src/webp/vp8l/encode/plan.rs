//! Which transforms suit a picture.

use super::super::transform::sub;
use super::price::Logs;
use crate::Effort;

/// Transforms that are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Indices in place of colours.
    pub(super) indexed: bool,
    /// Green is taken from red and blue.
    pub(super) green: bool,
    /// Pixels are foretold where that pays.
    pub(super) predicted: bool,
    /// Whether the same pixels come again, so that tiles may be better off if they are not foretold.
    pub(super) repeats: bool,
}

/// What the pixels tell that are not the same as the one to the left or above, which copies stand for.
struct Estimate {
    /// Bits in 1/256: bare, without green, foretold, foretold without green.
    costs: [u64; 4],
    /// How many they are.
    differ: usize,
}

impl Plan {
    /// Plans that are worth a try.
    pub(super) fn all(pixels: &[u32], width: usize, colors: Option<&[u32]>, effort: Effort) -> Vec<Self> {
        let Estimate { costs: [bare, without_green, foretold, foretold_without_green], differ } =
            Estimate::of(pixels, width);
        let predicted = foretold.min(foretold_without_green) < bare.min(without_green);
        let repeats = pixels.len() - differ > pixels.len() / 5;
        let steep = 2 * foretold.min(foretold_without_green) < bare.min(without_green);
        let large = pixels.len() > 1 << 16;
        // Colours that are alike after all are left to the colour transform.
        let green = without_green.min(foretold_without_green) < bare.min(foretold) / 16 * 17;
        let indexed = Self { indexed: true, green: false, predicted: false, repeats: false };
        let direct = Self { indexed: false, green, predicted: true, repeats };
        match (colors, effort) {
            (_, Effort::Fast) if colors.is_none() => vec![Self { repeats: false, predicted, ..direct }],
            (None, Effort::Balanced) => vec![direct],
            (None, _) => vec![direct, Self { green: !green, ..direct }],
            (Some(_), Effort::Fast) if predicted => vec![Self { repeats: false, ..direct }],
            (Some(_), Effort::Balanced) if predicted && large && 2 * differ > pixels.len() => vec![direct],
            (Some(_), Effort::Balanced) if predicted && (8 * differ > pixels.len() || steep || !large) => {
                vec![indexed, direct]
            }
            (Some(_), Effort::Small) => {
                vec![indexed, direct, Self { predicted: true, ..indexed }, Self { predicted: false, ..direct }]
            }
            _ => vec![indexed],
        }
    }

    /// The side of the tiles of transforms in a picture of so many pixels, as a power of two.
    pub(super) fn tile_bits(pixels: usize) -> u32 {
        if pixels < 1 << 22 { 4 } else { 5 }
    }

    /// The side of the tiles that share codes, as a power of two: some thousands of tiles at most.
    pub(super) fn group_bits(pixels: usize) -> u32 {
        (3..9).find(|bits| pixels >> (2 * bits) <= 4096).unwrap_or(9)
    }
}

impl Estimate {
    fn of(pixels: &[u32], width: usize) -> Self {
        let mut counts = vec![[0_u32; 256]; 4 * 4];
        let mut differ = 0;
        let without_green = |pixel: u32| {
            let green = pixel >> 8 & 0xFF;
            sub(pixel, green << 16 | green)
        };
        for at in width + 1..pixels.len() {
            let (pixel, left, above) = (pixels[at], pixels[at - 1], pixels[at - width]);
            if pixel == left || pixel == above {
                continue;
            }
            differ += 1;
            let residue = sub(pixel, left);
            let values = [pixel, without_green(pixel), residue, without_green(residue)];
            for (counts, value) in counts.chunks_exact_mut(4).zip(values) {
                for (counts, byte) in counts.iter_mut().zip(value.to_le_bytes()) {
                    counts[usize::from(byte)] += 1;
                }
            }
        }
        let logs = Logs::new();
        let cost = |i: usize| counts[4 * i..4 * i + 4].iter().map(|counts| logs.entropy(counts)).sum();
        Self { costs: std::array::from_fn(cost), differ }
    }
}
