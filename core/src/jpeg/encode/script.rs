//! Scan scripts: in which scans a progressive file sends its coefficients.

use super::progressive::Scan;

/// A script that suits most photographs, of so many components: a coarse picture first, then luminance in full, the last
/// bits at the end. The order is that of libjpeg's `jpeg_simple_progression`.
pub(super) fn fixed(components: usize) -> Vec<Scan> {
    let dc = |high, low| Scan { component: None, band: (0, 0), high, low };
    let ac = |index, band, high, low| Scan { component: Some(index), band, high, low };
    let mut script = vec![dc(0, 1), ac(0, (1, 5), 0, 2)];
    script.extend((1..components).rev().map(|index| ac(index, (1, 63), 0, 1)));
    script.extend([ac(0, (6, 63), 0, 2), ac(0, (1, 63), 2, 1), dc(1, 0)]);
    script.extend((0..components).rev().map(|index| ac(index, (1, 63), 1, 0)));
    script
}
