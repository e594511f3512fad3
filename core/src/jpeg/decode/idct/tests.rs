use std::f64::consts::PI;

use super::{Corners, LIMIT, Steps};
use crate::Quality;
use crate::jpeg::forge::Random;
use crate::jpeg::quantization::{Kind, Table, standard};

/// How far a sample may be from the exact one: rounding, and 0.2 for the arithmetic.
const NEAR: f64 = 0.7;

/// The samples of blocks side by side, row by row; the plane is two samples wider than they are.
fn draw(corners: &[[i16; 16]], table: &Table) -> Vec<[u8; 16]> {
    let mut row = Corners::new(corners.len());
    corners.iter().enumerate().for_each(|(x, corner)| row.set(x, corner));
    let stride = 4 * corners.len() + 2;
    let mut samples = vec![77; 4 * stride];
    row.draw(corners.len(), &Steps::new(table), &mut samples, stride);
    assert!(samples.chunks(stride).all(|row| row[stride - 2..] == [77; 2]), "drawn too wide");
    (0..corners.len()).map(|x| std::array::from_fn(|i| samples[i / 4 * stride + 4 * x + i % 4])).collect()
}

/// Sample i of the half of a block, from its definition, clamped.
fn exact(corner: &[i16; 16], table: &Table, i: usize) -> f64 {
    let cosine = |u: usize, x: usize| {
        if u == 0 { 0.5 } else { 0.5f64.sqrt() * ((2 * x + 1) as f64 * u as f64 * PI / 8.0).cos() }
    };
    let term = |k: usize| {
        let value = f64::from(corner[k]) * f64::from(table[k / 4 * 8 + k % 4]);
        value / 2.0 * cosine(k / 4, i / 4) * cosine(k % 4, i % 4)
    };
    (128.0 + (0..16).map(term).sum::<f64>()).clamp(0.0, 255.0)
}

fn distance(corners: &[[i16; 16]], table: &Table) -> f64 {
    let samples = draw(corners, table);
    let each = corners
        .iter()
        .zip(samples)
        .flat_map(|(corner, samples)| (0..16).map(move |i| (f64::from(samples[i]) - exact(corner, table, i)).abs()));
    each.fold(0.0, f64::max)
}

#[test]
fn blocks_of_zeros_are_mid_grey() {
    for count in 0..10 {
        assert!(draw(&vec![[0; 16]; count], &[1; 64]).iter().all(|block| *block == [128; 16]));
    }
}

/// DC alone: all values, several steps. What is beyond all pictures is black or white.
#[test]
fn flat_blocks_are_exact() {
    for step in [1, 2, 3, 16, 99, 255, 1000, 4095, 40_000] {
        for value in i16::MIN..=i16::MAX {
            if value.unsigned_abs() > 5000 && value % 97 != 0 {
                continue;
            }
            let mut corner = [0; 16];
            corner[0] = value;
            let [block] = draw(&[corner], &[step; 64])[..] else { panic!() };
            let level = (i64::from(value) * i64::from(step) + 1028) >> 3;
            assert_eq!(block, [level.clamp(0, 255) as u8; 16], "{value} times {step}");
        }
    }
}

/// Each coefficient alone, up to where the transform no longer tells values apart.
#[test]
fn single_coefficients_are_near() {
    let mut worst = 0_f64;
    for k in 1..16 {
        for value in -(LIMIT as i16)..=LIMIT as i16 {
            let mut corner = [0; 16];
            corner[k] = value;
            worst = worst.max(distance(&[corner], &[1; 64]));
        }
    }
    eprintln!("off by {worst} at most");
    assert!(worst <= NEAR, "{worst}");
}

/// The corner of a block of samples as an encoder quantises it.
fn quantised(samples: &[u8; 64], table: &Table) -> [i16; 16] {
    let cosine = |u: usize, x: usize| {
        if u == 0 { 0.125f64.sqrt() } else { 0.5 * ((2 * x + 1) as f64 * u as f64 * PI / 16.0).cos() }
    };
    std::array::from_fn(|k| {
        let (v, u) = (k / 4, k % 4);
        let term = |i: usize| (f64::from(samples[i]) - 128.0) * cosine(v, i / 8) * cosine(u, i % 8);
        ((0..64).map(term).sum::<f64>() / f64::from(table[8 * v + u])).round() as i16
    })
}

/// What samples can lead to, at every quality: noise, black and white without order, edges, single bright samples.
#[test]
fn blocks_of_samples_are_near() {
    let mut random = Random::new(4);
    let (mut worst, mut total, mut count) = (0_f64, 0.0, 0.0);
    for quality in (1..=100).filter_map(Quality::new) {
        let kind = if random.once_in(2) { Kind::Luminance } else { Kind::Chrominance };
        let table = standard(kind, quality);
        for style in 0..40 {
            let (a, b, c) = (random.below(17), random.below(17), random.below(33));
            let mut samples = [0; 64];
            for (i, sample) in samples.iter_mut().enumerate() {
                *sample = match style % 4 {
                    0 => random.below(256) as u8,
                    1 => 255 * random.below(2) as u8,
                    2 => 255 * u8::from(a * (i / 8) + b * (i % 8) > 4 * c),
                    _ => 255 * u8::from(i == a * 3),
                };
            }
            let corner = quantised(&samples, &table);
            let [drawn] = draw(&[corner], &table)[..] else { panic!() };
            for (i, &sample) in drawn.iter().enumerate() {
                let error = f64::from(sample) - exact(&corner, &table, i);
                worst = worst.max(error.abs());
                total += error;
                count += 1.0;
            }
        }
    }
    eprintln!("off by {worst} at most, by {} on average", total / count);
    assert!(worst <= NEAR, "{worst}");
    assert!((total / count).abs() < 0.02, "the mean is off by {}", total / count);
}

/// Whatever the data: no overflow, and neighbours do not touch.
#[test]
fn any_coefficients_give_the_same_alone_and_in_a_row() {
    let mut random = Random::new(5);
    for _ in 0..300 {
        let table: Table = std::array::from_fn(|_| 1 + random.below(65535) as u16);
        let corner = |random: &mut Random| std::array::from_fn(|_| random.below(65536) as u16 as i16);
        let corners: Vec<[i16; 16]> = (0..1 + random.below(9)).map(|_| corner(&mut random)).collect();
        let alone: Vec<[u8; 16]> = corners.iter().map(|&corner| draw(&[corner], &table)[0]).collect();
        assert_eq!(draw(&corners, &table), alone);
    }
}
