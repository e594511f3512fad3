//! Quantization tables: the standard ones at a quality, and the quality that a table stands for.
//!
//! "Quality" is libjpeg's scale: the tables of T.81 Annex K times 50 / q below 50, times
//! 2 − q / 50 from there on.

use super::malformed;
use crate::{Error, Quality};

/// 64 quantization steps in natural order (row by row), 1 to 65535 each.
pub(super) type Table = [u16; 64];

/// T.81 table K.1, luminance.
const LUMINANCE: Table = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
];

/// T.81 table K.2, chrominance.
const CHROMINANCE: Table = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99,
];

/// Steps of luminance at quality 50 by u + v. Found by descent, one step at a time, on the bytes of halves of photographs
/// at equal SSIMULACRA2; that is flat around the least, so that neighbours within a tenth are as good.
const TUNED_LUMINANCE: [u16; 15] = [7, 10, 23, 31, 31, 34, 39, 47, 57, 69, 84, 103, 103, 103, 103];

/// The same of chrominance.
const TUNED_CHROMINANCE: [u16; 15] = [7, 13, 23, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27];

/// Natural index of each coefficient in zigzag order (T.81 figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// Reads one table of a DQT segment (T.81 B.2.4.1): its destination 0 to 3, itself, and what follows.
///
/// A step of 0 counts as 1: it divides nothing here, and files that have one still show a picture elsewhere.
pub(super) fn parse(payload: &[u8]) -> Result<(usize, Table, &[u8]), Error> {
    let short = malformed("has a quantization table cut short");
    let [selector, rest @ ..] = payload else { return Err(short) };
    let wide = selector >> 4 != 0;
    let (steps, rest) = rest.split_at_checked(if wide { 128 } else { 64 }).ok_or(short)?;
    let destination = usize::from(selector & 15);
    if destination > 3 {
        return Err(malformed("defines a quantization table outside 0 to 3"));
    }
    let mut table = [1; 64];
    for (i, &natural) in ZIGZAG.iter().enumerate() {
        let step = if wide { u16::from_be_bytes([steps[2 * i], steps[2 * i + 1]]) } else { steps[i].into() };
        table[usize::from(natural)] = step.max(1);
    }
    Ok((destination, table, rest))
}

/// Which of the two standard tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Luminance,
    Chrominance,
}

/// The standard table at `quality`, steps 1 to 255 as baseline wants them.
pub(super) fn standard(kind: Kind, quality: Quality) -> Table {
    let base = match kind {
        Kind::Luminance => &LUMINANCE,
        Kind::Chrominance => &CHROMINANCE,
    };
    base.map(|step| scaled(step.into(), quality))
}

/// The table at `quality` for the fewest bytes at equal looks, but no step below that of `finest` or 255. What it makes
/// looks no worse than with the standard one at the same number: finer where surfaces shade off, coarser in texture.
pub(super) fn tuned(kind: Kind, quality: Quality, finest: &Table) -> Table {
    let steps = match kind {
        Kind::Luminance => &TUNED_LUMINANCE,
        Kind::Chrominance => &TUNED_CHROMINANCE,
    };
    let step = |i: usize| scaled(steps[i / 8 + i % 8].into(), quality).max(finest[i].min(255));
    std::array::from_fn(step)
}

/// `step`, which is that of quality 50, at `quality`.
fn scaled(step: u32, quality: Quality) -> u16 {
    let quality = u32::from(quality.value());
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    ((step * percent + 50) / 100).clamp(1, 255) as u16
}

/// The highest quality at which the standard table is nowhere finer *on the whole* than `source`: the
/// sum of its steps is at least the sum of the source's. Exact for tables that libjpeg made.
pub(super) fn quality_of(kind: Kind, source: &Table) -> Quality {
    let sum = |table: &Table| table.iter().map(|&step| u32::from(step)).sum::<u32>();
    let wanted = sum(source);
    let mut best = Quality::MIN;
    for quality in (1..=100).filter_map(Quality::new) {
        if sum(&standard(kind, quality)) >= wanted {
            best = quality;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_tables_give_their_quality_back() {
        for kind in [Kind::Luminance, Kind::Chrominance] {
            for quality in (1..=100).filter_map(Quality::new) {
                let table = standard(kind, quality);
                let found = quality_of(kind, &table);
                assert_eq!(standard(kind, found), table, "{kind:?} at {quality}: found {found}");
            }
        }
    }

    #[test]
    fn quality_50_is_the_table_of_the_standard() {
        let fifty = Quality::new(50).unwrap();
        assert_eq!(standard(Kind::Luminance, fifty), LUMINANCE);
        assert_eq!(standard(Kind::Chrominance, fifty), CHROMINANCE);
    }

    #[test]
    fn no_tuned_step_is_finer_than_that_of_the_source() {
        let source = std::array::from_fn(|i| (i as u16 * 37) % 300 + 1);
        for kind in [Kind::Luminance, Kind::Chrominance] {
            for quality in (1..=100).filter_map(Quality::new) {
                let table = tuned(kind, quality, &source);
                assert!(
                    table.iter().zip(&source).all(|(&step, &finest)| step >= finest.min(255)),
                    "{kind:?} at {quality}"
                );
                assert_eq!(tuned(kind, quality, &table), table);
            }
        }
    }

    #[test]
    fn coarser_sources_never_raise_the_quality() {
        let doubled = standard(Kind::Luminance, Quality::default()).map(|step| step * 2);
        assert!(quality_of(Kind::Luminance, &doubled) < Quality::default());
        assert_eq!(quality_of(Kind::Luminance, &[65535; 64]), Quality::MIN);
    }
}
