//! The alpha plane of a lossy image (RFC 9649, 2.7.1.2): filtered, and coded as the green of a lossless one.

use super::malformed;
use super::vp8l::{Picture, encode};
use crate::{Effort, Error};

/// How a level is foretold from its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    None,
    /// By the level to the left.
    Horizontal,
    /// By the level above.
    Vertical,
    /// By left + above − above left, clamped.
    Gradient,
}

impl Filter {
    const ALL: [Self; 4] = [Self::None, Self::Horizontal, Self::Vertical, Self::Gradient];

    /// Makes levels of what they differ by, `width` a row: the other way than [`residue`](Self::residue).
    fn restore(self, levels: &mut [u8], width: usize) {
        if self == Self::None {
            return;
        }
        for at in 0..levels.len() {
            let foretold = self.foretold(levels, at, width);
            levels[at] = levels[at].wrapping_add(foretold);
        }
    }

    /// What `levels`, `width` a row, differ by from what is foretold, modulo 256. In the first row that is the level to
    /// the left, in the first column the one above, and for the first of all 0.
    fn residue(self, levels: &[u8], width: usize) -> Vec<u8> {
        levels.iter().enumerate().map(|(at, level)| level.wrapping_sub(self.foretold(levels, at, width))).collect()
    }

    /// What is foretold of the level `at` from those before it.
    fn foretold(self, levels: &[u8], at: usize, width: usize) -> u8 {
        match (self, !at.is_multiple_of(width), at >= width) {
            (Self::None, ..) | (_, false, false) => 0,
            (Self::Horizontal, true, _) | (_, true, false) => levels[at - 1],
            (Self::Vertical, _, true) | (_, false, true) => levels[at - width],
            (Self::Gradient, true, true) => {
                let [left, above, corner] = [at - 1, at - width, at - width - 1].map(|at| i32::from(levels[at]));
                (left + above - corner).clamp(0, 255) as u8
            }
        }
    }
}

/// The levels in a chunk `ALPH` of a picture of this size, row by row.
///
/// # Errors
/// Malformed where the data are broken or end early.
pub(super) fn levels(plane: &[u8], width: usize, height: usize) -> Result<Vec<u8>, Error> {
    let [head, data @ ..] = plane else { return Err(malformed("has an empty alpha plane")) };
    let mut levels = match head & 3 {
        0 => data.get(..width * height).ok_or(malformed("ends inside its alpha plane"))?.to_vec(),
        1 => {
            let mut levels = Vec::with_capacity(width * height);
            Picture::read(data, width, height)?.rows(|row| levels.extend(row.iter().map(|&pixel| (pixel >> 8) as u8)));
            levels
        }
        _ => return Err(malformed("has an alpha plane in an unknown coding")),
    };
    Filter::ALL[usize::from(head >> 2 & 3)].restore(&mut levels, width);
    Ok(levels)
}

/// What a chunk `ALPH` holds for `levels`, `width` a row: the smallest of what the filters make, or the levels as they
/// are. `None` where all are opaque.
pub(super) fn plane(levels: &[u8], width: usize, effort: Effort) -> Option<Vec<u8>> {
    if levels.iter().all(|&level| level == u8::MAX) {
        return None;
    }
    let weights = Filter::ALL.map(|filter| weight(&filter.residue(levels, width)));
    let best = (0..weights.len()).min_by_key(|&at| weights[at]).unwrap_or(0);
    let residue = Filter::ALL[best].residue(levels, width);
    let coded = encode(residue.iter().map(|&level| u32::from(level) << 8).collect(), width, effort);
    Some(if coded.len() < levels.len() {
        // Two bits each, from the lowest: lossless coding, and the filter.
        [&[1 | (best as u8) << 2][..], &coded].concat()
    } else {
        [&[0][..], levels].concat()
    })
}

/// How many bits so many differences take, about: those that differ from the one before, weighed by how rare they are.
fn weight(residue: &[u8]) -> u64 {
    let mut counts = [0_u32; 256];
    let mut last = 0;
    for &byte in residue {
        // Runs cost next to nothing.
        counts[usize::from(byte)] += u32::from(byte != last || byte != 0);
        last = byte;
    }
    let total: u32 = counts.iter().sum();
    counts.iter().map(|&count| u64::from(count) * u64::from((total / count.max(1)).max(1).ilog2() + 1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_can_be_undone() {
        for width in [1, 2, 7, 16] {
            let levels: Vec<u8> = (0..width * 9).map(|at| (at * at * 31 / 7) as u8).collect();
            for filter in Filter::ALL {
                let mut restored = filter.residue(&levels, width);
                filter.restore(&mut restored, width);
                assert_eq!(restored, levels, "{filter:?} {width}");
            }
        }
    }

    #[test]
    fn a_plane_is_no_larger_than_its_levels() {
        let mut seed = 1_u32;
        let noise: Vec<u8> = (0..64 * 64)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        assert_eq!(plane(&noise, 64, Effort::Fast).unwrap().len(), 1 + noise.len());
        let flat = plane(&[7; 64 * 64], 64, Effort::Fast).unwrap();
        assert!(flat.len() < 64, "{flat:?}");
        assert_eq!(plane(&[255; 64], 8, Effort::Fast), None);
    }
}
