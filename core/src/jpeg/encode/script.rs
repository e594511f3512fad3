//! Scan scripts: in which scans a progressive file sends its coefficients.

use super::held::Held;
use super::progressive::Census;
use super::scan::{Band, Scan};

/// A script that suits most photographs, of so many components: a coarse picture first, then luminance in full, the last
/// bits at the end. The order is that of libjpeg's `jpeg_simple_progression`.
pub(super) fn fixed(components: usize) -> Vec<Scan> {
    let mut script = vec![Scan::dc(0, 1), Scan::ac(0, (1, 5), 0, 2)];
    script.extend((1..components).rev().map(|index| Scan::ac(index, (1, 63), 0, 1)));
    script.extend([Scan::ac(0, (6, 63), 0, 2), Scan::ac(0, (1, 63), 2, 1), Scan::dc(1, 0)]);
    script.extend((0..components).rev().map(|index| Scan::ac(index, (1, 63), 1, 0)));
    script
}

/// The bands that the AC coefficients of a component are sent in where bytes count. The first two coefficients are mostly
/// there, and tell little about where the others are: of all cuts this one is nearly always the best or close to it.
pub(super) const BANDS: [Band; 2] = [(1, 2), (3, 63)];

/// The script that makes `held` smallest, judged by a sample of its blocks. DC comes first.
pub(super) fn smallest(held: &Held, sample: &Held) -> Vec<Scan> {
    let mut script = vec![Scan::dc(0, 0)];
    for (index, component) in held.components.iter().enumerate() {
        let times = component.blocks.len() / sample.components[index].blocks.len();
        let size = |scan: &Scan| Census::of(scan, sample).size(times as u64);
        script.extend(smallest_of(index, &size));
    }
    // All first scans before the first refinement.
    let (first, refinements): (Vec<Scan>, Vec<Scan>) = script.into_iter().partition(|scan| scan.high == 0);
    [first, refinements].concat()
}

/// The scans of component `index` whose sizes have the least sum: all coefficients at once; the bands; the second band
/// without its last bit, or the last two, which follow in scans of their own.
fn smallest_of(index: usize, size: &impl Fn(&Scan) -> u64) -> Vec<Scan> {
    let low = Scan::ac(index, BANDS[0], 0, 0);
    let high = |high, low| Scan::ac(index, BANDS[1], high, low);
    let ways = [
        vec![Scan::ac(index, (1, 63), 0, 0)],
        vec![low, high(0, 0)],
        vec![low, high(0, 1), high(1, 0)],
        vec![low, high(0, 2), high(2, 1), high(1, 0)],
    ];
    ways.into_iter().min_by_key(|way| way.iter().map(size).sum::<u64>()).unwrap_or_default()
}
