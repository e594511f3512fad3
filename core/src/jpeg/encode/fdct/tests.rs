use std::f64::consts::PI;
use std::ops::{Add, Sub};

use super::{Columns, FRACTION, SCALE_BITS, SCALES, Value, forward, pass};
use crate::jpeg::forge::Random;
use crate::jpeg::layout::Plane;
use crate::lanes::i16x8;

/// A number as all samples of a block make it: each by its weight, and an error of its own.
#[derive(Clone, Copy)]
struct Form {
    weights: [f64; 64],
    /// The most that rounding has added or taken so far.
    error: f64,
}

impl Form {
    /// A sample as the transform takes it, −128 to 127 and scaled.
    fn sample(i: usize) -> Self {
        let mut weights = [0.0; 64];
        weights[i] = f64::from(1 << SCALE_BITS);
        Self { weights, error: 0.0 }
    }

    /// The largest amount that it can have.
    fn bound(&self) -> f64 {
        128.0 * self.weights.iter().map(|weight| weight.abs()).sum::<f64>() + self.error
    }

    fn checked(self) -> Self {
        assert!(self.bound() < 32768.0, "a sum of up to {}", self.bound());
        self
    }

    fn mapped(self, other: Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        let weights = std::array::from_fn(|i| combine(self.weights[i], other.weights[i]));
        Self { weights, error: self.error + other.error }.checked()
    }
}

impl Add for Form {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.mapped(other, |a, b| a + b)
    }
}

impl Sub for Form {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.mapped(other, |a, b| a - b)
    }
}

impl Value for Form {
    fn times(self, factor: f64) -> Self {
        assert!(self.bound() + 2.0 < 32768.0, "up to {}, and two more", self.bound());
        // The factor is rounded to 16 bits of fraction, the product by less than 1.
        let error = self.error * factor + self.bound() / f64::from(1 << 17) + 1.0;
        Self { weights: self.weights.map(|weight| weight * factor), error }.checked()
    }
}

/// The transform of a block of forms: (u, v) at `8 u + v`.
fn transform_of_forms() -> Vec<Form> {
    let columns: [[Form; 8]; 8] = std::array::from_fn(|x| pass(std::array::from_fn(|y| Form::sample(8 * y + x))));
    let rows: [[Form; 8]; 8] = std::array::from_fn(|v| pass(std::array::from_fn(|x| columns[x][v])));
    (0..64).map(|i| rows[i % 8][i / 8]).collect()
}

fn cosine(u: usize, x: usize) -> f64 {
    if u == 0 { 0.125f64.sqrt() } else { 0.5 * ((2 * x + 1) as f64 * u as f64 * PI / 16.0).cos() }
}

/// Every sum of every step stays in 16 bits, whatever the samples: [`Form::checked`] looks at each. And what comes out
/// are the coefficients of T.81 A.3.3, scaled as `SCALES` says.
#[test]
fn no_sum_overflows_and_weights_are_those_of_the_standard() {
    let mut largest = 0_f64;
    for (i, form) in transform_of_forms().iter().enumerate() {
        largest = largest.max(form.bound());
        let scale = f64::from(SCALES[i]) / f64::from(1 << FRACTION);
        for (k, weight) in form.weights.iter().enumerate() {
            let expected = scale * cosine(i / 8, k % 8) * cosine(i % 8, k / 8);
            assert!((weight - expected).abs() < 1e-3, "coefficient {i}, sample {k}: {weight}, not {expected}");
        }
    }
    eprintln!("coefficients of up to {largest}");
    assert!(largest > 16_384.0, "another bit of fraction would fit: {largest}");
}

/// The coefficients of a block, scaled as those of T.81, (u, v) at `8 u + v`.
fn transform(samples: &[u8; 64]) -> [f64; 64] {
    let columns: Columns = forward(&Plane { stride: 8, samples: samples.to_vec() }, 0, 0);
    let columns = columns.map(i16x8::to_array);
    std::array::from_fn(|i| f64::from(columns[i / 8][i % 8]) / f64::from(SCALES[i]) * f64::from(1 << FRACTION))
}

fn exact(samples: &[u8; 64]) -> [f64; 64] {
    let term = |i: usize, k: usize| (f64::from(samples[k]) - 128.0) * cosine(i / 8, k % 8) * cosine(i % 8, k / 8);
    std::array::from_fn(|i| (0..64).map(|k| term(i, k)).sum())
}

/// The samples that make each coefficient as large and as small as it can be.
#[test]
fn extreme_blocks_do_not_wrap() {
    for form in transform_of_forms() {
        for sign in [1.0, -1.0] {
            let samples = form.weights.map(|weight| if weight * sign > 0.0 { 255 } else { 0 });
            for (i, (found, exact)) in transform(&samples).into_iter().zip(exact(&samples)).enumerate() {
                assert!((found - exact).abs() < 2.5, "coefficient {i}: {found}, not {exact}");
            }
        }
    }
}

/// The error, in units of T.81's coefficients: half of what rounding of the samples or, at a step of 1, of coefficients
/// does, whose rms is 0.29; hardly any on average; 2.5 at most, where black and white have no order.
#[test]
fn coefficients_are_near() {
    let mut random = Random::new(8);
    let (mut worst, mut squares, mut total, mut count) = (0_f64, 0.0, [0.0; 64], 0.0);
    for style in 0..20_000 {
        let (mean, spread) = (random.below(256) as i32, 1 + random.below(300));
        let mut samples = [0; 64];
        for (i, sample) in samples.iter_mut().enumerate() {
            let noise = random.below(spread) as i32 - spread as i32 / 2;
            *sample = match style % 3 {
                0 => (mean + noise).clamp(0, 255) as u8,
                1 => (mean + noise / 8 + (i as i32 / 8 - 4) * (spread as i32 / 16)).clamp(0, 255) as u8,
                _ => 255 * random.below(2) as u8,
            };
        }
        for (i, (found, exact)) in transform(&samples).into_iter().zip(exact(&samples)).enumerate() {
            let error = found - exact;
            worst = worst.max(error.abs());
            squares += error * error;
            total[i] += error;
        }
        count += 1.0;
    }
    let rms = (squares / count / 64.0).sqrt();
    let bias = total.map(|total| total / count);
    let worst_bias = bias.iter().fold(0_f64, |worst, bias| worst.max(bias.abs()));
    eprintln!("off by {worst} at most, rms {rms}, bias up to {worst_bias}");
    assert!(worst < 2.5 && rms < 0.16 && worst_bias < 0.15, "{worst}, rms {rms}, bias {bias:?}");
}

#[test]
fn flat_blocks_are_exact() {
    for level in 0..=255 {
        let found = transform(&[level; 64]);
        assert_eq!(found[0], 8.0 * (f64::from(level) - 128.0));
        assert!(found[1..].iter().all(|&value| value == 0.0), "{level}: {found:?}");
    }
}
