use std::f64::consts::PI;

use super::{Scale, samples};
use crate::jpeg::forge::Random;
use crate::jpeg::quantization::Table;

/// How far a sample may be from the exact one: rounding, and 0.05 for the arithmetic.
const NEAR: f64 = 0.55;

fn cosine(n: usize, u: usize, x: usize) -> f64 {
    let scale = if u == 0 { 1.0 } else { 2.0 } / n as f64;
    scale.sqrt() * ((2 * x + 1) as f64 * u as f64 * PI / (2 * n) as f64).cos()
}

/// What coefficient `u` counts in sample `x`, from the definition: by the samples of the block, the last real one
/// repeated, their first four coefficients and the half of these.
fn weight(scale: Scale, u: usize, x: usize) -> f64 {
    match scale {
        Scale::Whole => cosine(8, u, x),
        Scale::Half(real) => {
            let repeated = |k: usize| (0..8).map(|y| cosine(8, k, y) * cosine(8, u, y.min(real - 1))).sum::<f64>();
            (0..4).map(|k| cosine(4, k, x) / 2f64.sqrt() * repeated(k)).sum()
        }
    }
}

const SCALES: [Scale; 9] = {
    let mut scales = [Scale::Whole; 9];
    let mut real = 1;
    while real <= 8 {
        scales[real] = Scale::Half(real);
        real += 1;
    }
    scales
};

fn distance(coefficients: &[i16; 64], table: &Table, across: Scale, down: Scale) -> f64 {
    let drawn = samples(coefficients, table, across, down);
    let mut distance = 0_f64;
    for (y, row) in drawn.iter().enumerate().take(down.samples()) {
        let rows: [f64; 8] = std::array::from_fn(|v| weight(down, v, y));
        for (x, &sample) in row.iter().enumerate().take(across.samples()) {
            let columns: [f64; 8] = std::array::from_fn(|u| weight(across, u, x));
            let term = |i: usize| f64::from(coefficients[i]) * f64::from(table[i]) * rows[i / 8] * columns[i % 8];
            let exact = (128.0 + (0..64).map(term).sum::<f64>()).clamp(0.0, 255.0);
            distance = distance.max((f64::from(sample) - exact).abs());
        }
    }
    distance
}

/// Zeros, DC alone, single coefficients, and many of them up to what samples lead to, in all ways.
#[test]
fn samples_are_near_in_all_scales() {
    let mut random = Random::new(6);
    let mut worst = 0_f64;
    for across in SCALES {
        for down in SCALES {
            let mut blocks = vec![[0; 64]];
            for _ in 0..12 {
                let (mut single, mut many, mut flat) = ([0; 64], [0; 64], [0; 64]);
                flat[0] = random.below(2100) as i16 - 1050;
                single[random.below(64)] = random.below(2100) as i16 - 1050;
                many.iter_mut().for_each(|value| *value = random.below(200) as i16 - 100);
                blocks.extend([flat, single, many]);
            }
            for block in &blocks {
                for step in [1, 3] {
                    worst = worst.max(distance(block, &[step; 64], across, down));
                }
            }
        }
    }
    eprintln!("off by {worst} at most");
    assert!(worst <= NEAR, "{worst}");
}

/// Any coefficients at all: no overflow.
#[test]
fn nonsense_saturates() {
    for value in [i16::MIN, i16::MAX] {
        for (across, down) in SCALES.into_iter().flat_map(|across| SCALES.map(|down| (across, down))) {
            samples(&[value; 64], &[65535; 64], across, down);
            let mut checkered = [value; 64];
            checkered.iter_mut().step_by(2).for_each(|other| *other = !value);
            samples(&checkered, &[65535; 64], across, down);
            let mut flat = [0; 64];
            flat[0] = value;
            let level = if value > 0 { 255 } else { 0 };
            assert_eq!(samples(&flat, &[65535; 64], across, down)[0][0], level);
        }
    }
}
