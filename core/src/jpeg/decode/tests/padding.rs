//! What stands behind the last column and row of a picture is its writer's business: a half must not show it.

use std::f64::consts::PI;

use super::{half_of, planes_of};
use crate::jpeg::forge::{Forge, Process, Random};

/// Sampling factors: grey, 4:4:4, 4:2:0.
const SHAPES: [&[(usize, usize)]; 3] = [&[(1, 1)], &[(1, 1); 3], &[(2, 2), (1, 1), (1, 1)]];

/// The coefficients of T.81 A.3.3 of 8×8 samples, rounded, as at a quantization step of 1.
fn coefficients(samples: &[f64; 64]) -> [i32; 64] {
    let cosine = |u: usize, x: usize| {
        if u == 0 { 0.125f64.sqrt() } else { 0.5 * ((2 * x + 1) as f64 * u as f64 * PI / 16.0).cos() }
    };
    // Rows, then columns.
    let rows: [f64; 64] =
        std::array::from_fn(|i| (0..8).map(|x| (samples[i / 8 * 8 + x] - 128.0) * cosine(i % 8, x)).sum());
    std::array::from_fn(|i| (0..8).map(|y| rows[8 * y + i % 8] * cosine(i / 8, y)).sum::<f64>().round() as i32)
}

/// A file of this shape whose components are `real` of their column and row, with black and white without order behind
/// their last columns and rows.
fn forged(
    process: Process,
    size: (usize, usize),
    factors: &[(usize, usize)],
    real: impl Fn(usize, usize) -> f64,
) -> Vec<u8> {
    let random = &mut Random::new(31);
    let mut forge = Forge::of_shape(process, size, factors, 3, random);
    let (h_max, v_max) = factors.iter().fold((1, 1), |max, &(h, v)| (max.0.max(h), max.1.max(v)));
    for plane in &mut forge.planes {
        let (width, height) = ((size.0 * plane.h).div_ceil(h_max), (size.1 * plane.v).div_ceil(v_max));
        plane.table = [1; 64];
        for (i, block) in plane.blocks.iter_mut().enumerate() {
            let (column, row) = (i % plane.blocks_across * 8, i / plane.blocks_across * 8);
            let samples = std::array::from_fn(|k| {
                let (x, y) = (column + k % 8, row + k / 8);
                if x < width && y < height { real(x, y) } else { [0.0, 255.0][random.below(2)] }
            });
            *block = coefficients(&samples);
        }
    }
    forge.bytes()
}

/// All sizes up to 17 × 17, decoded in all ways: of a flat picture nothing but its level is left.
#[test]
fn padding_leaves_no_trace() {
    for (width, height) in (1..=17).flat_map(|width| (1..=17).map(move |height| (width, height))) {
        for factors in SHAPES {
            for process in [Process::Baseline, Process::Progressive] {
                let source = forged(process, (width, height), factors, |_, _| 90.0);
                let name = format!("{width} × {height}, {factors:?}, {process:?}");
                let (half, lost) = half_of(&source, false).unwrap();
                assert_eq!(lost, 0, "{name}");
                assert_eq!((half.layout.width, half.layout.height), (width.div_ceil(2), height.div_ceil(2)), "{name}");
                let ways = [(false, false), (true, false), (false, true), (true, true)];
                let planes = ways.into_iter().flat_map(|whole| planes_of(&source, whole).unwrap());
                for plane in half.planes.into_iter().chain(planes) {
                    let far = plane.samples.iter().find(|sample| sample.abs_diff(90) > 2);
                    assert_eq!(far, None, "{name}");
                }
            }
        }
    }
}

/// A slope goes on to the last column and row as if there were no padding: each sample of the half is between those that
/// it stands for, but for the ringing of a block.
#[test]
fn slopes_go_on_to_the_sides() {
    for (width, height) in (1..=17).flat_map(|width| (1..=17).map(move |height| (width, height))) {
        let slope = |x: f64, y: f64| 40.0 + 6.0 * x + 4.0 * y;
        let source = forged(Process::Baseline, (width, height), &[(1, 1)], |x, y| slope(x as f64, y as f64));
        let (half, _) = half_of(&source, false).unwrap();
        for (y, row) in half.planes[0].samples.chunks(half.layout.width).enumerate() {
            for (x, &sample) in row.iter().enumerate() {
                // Halfway between two samples, or at the last one.
                let middle = slope((2 * x) as f64 + 0.5, (2 * y) as f64 + 0.5);
                let middle = middle.min(slope((width - 1) as f64, (2 * y) as f64 + 0.5).max(0.0));
                assert!(
                    (f64::from(sample) - middle).abs() < 8.0,
                    "{width} × {height}: {sample} at ({x}, {y}), not {middle}"
                );
            }
        }
    }
}
