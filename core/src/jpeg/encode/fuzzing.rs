//! The forward transform, for the fuzz target that holds it against its definition.

use super::fdct::{FRACTION, SCALES, forward};
use crate::jpeg::layout::Plane;

/// The coefficients of T.81 A.3.3 of a block of samples, both row by row.
#[must_use]
pub fn forward_block(samples: &[u8; 64]) -> [f64; 64] {
    let columns = forward(&Plane { stride: 8, samples: samples.to_vec() }, 0, 0);
    std::array::from_fn(|i| {
        let (v, u) = (i / 8, i % 8);
        let divisor = f64::from(SCALES[8 * u + v]) / f64::from(1_u32 << FRACTION);
        f64::from(columns[u].to_array()[v]) / divisor
    })
}
