//! How far a half in the DCT domain is from halves of all pixels, which another decoder made.
//!
//! The rivals: the mean of two by two pixels, which is a little soft, and Lanczos' filter with three lobes, which is as
//! sharp as it gets. The low-frequency corner of a block is an ideal low-pass filter inside the block, so it is near the
//! latter where neighbouring blocks go on from each other.

use std::f64::consts::PI;

use zune_core::bytestream::ZCursor;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::half_of;
use crate::jpeg::corpus::{files, samples};
use crate::jpeg::encode::tests::file;
use crate::jpeg::forge::Random;
use crate::jpeg::layout::{Layout, Plane, Planes};
use crate::{Color, Effort};

/// The first component of `source` at full size.
fn first_component(source: &[u8]) -> Plane {
    let mut decoder = JpegDecoder::new(ZCursor::new(source));
    decoder.decode_headers().unwrap();
    let stored = decoder.input_colorspace().unwrap();
    decoder.set_options(DecoderOptions::default().jpeg_set_out_colorspace(stored));
    let samples = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    let components = samples.len() / width / height;
    Plane { stride: width, samples: samples.into_iter().step_by(components).collect() }
}

/// The half of a row of samples by a filter of `taps` weights, the first of sample 2 x + `first`; beyond the sides the
/// last sample is repeated.
fn filtered(row: &[f64], first: isize, taps: &[f64]) -> Vec<f64> {
    let sample = |at: isize| row[at.clamp(0, row.len() as isize - 1) as usize];
    let weighted = |x: usize| (2 * x as isize + first..).zip(taps).map(|(at, weight)| sample(at) * weight).sum();
    (0..row.len().div_ceil(2)).map(weighted).collect()
}

/// The half of a plane, filtered across and down.
fn half(plane: &Plane, first: isize, taps: &[f64]) -> Vec<f64> {
    let rows: Vec<Vec<f64>> = plane
        .samples
        .chunks(plane.stride)
        .map(|row| filtered(&row.iter().map(|&sample| sample.into()).collect::<Vec<_>>(), first, taps))
        .collect();
    let width = rows[0].len();
    let columns: Vec<Vec<f64>> =
        (0..width).map(|x| filtered(&rows.iter().map(|row| row[x]).collect::<Vec<_>>(), first, taps)).collect();
    let height = columns[0].len();
    (0..width * height).map(|i| columns[i % width][i / width].clamp(0.0, 255.0)).collect()
}

/// Lanczos' filter with three lobes, at half the size: twelve weights.
fn lanczos() -> Vec<f64> {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
    let weights: Vec<f64> = (0..12).map(|i| (f64::from(i) - 5.5) / 2.0).map(|x| sinc(x) * sinc(x / 3.0)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// Peak signal-to-noise ratio in dB.
fn psnr(found: &Plane, expected: &[f64]) -> f64 {
    assert_eq!(found.samples.len(), expected.len());
    let squares: f64 =
        found.samples.iter().zip(expected).map(|(&found, expected)| (f64::from(found) - expected).powi(2)).sum();
    10.0 * (255.0 * 255.0 * expected.len() as f64 / squares).log10()
}

/// The PSNR of the half of `source` to Lanczos' and to the mean.
fn distances(source: &[u8]) -> (f64, f64) {
    let whole = first_component(source);
    let (found, _) = half_of(source, false).unwrap();
    let found = &found.planes[0];
    (psnr(found, &half(&whole, -5, &lanczos())), psnr(found, &half(&whole, 0, &[0.5; 2])))
}

fn check(name: &str, source: &[u8], at_least: (f64, f64)) {
    let found = distances(source);
    eprintln!("{name}: {:.1} dB to Lanczos' filter, {:.1} dB to the mean", found.0, found.1);
    assert!(found.0 >= at_least.0 && found.1 >= at_least.1, "{name}: {found:?}");
}

#[test]
fn photographs_are_near() {
    for file in samples() {
        check(&file.name, &file.bytes, (42.0, 39.5));
    }
    let small = ["photo-444-q95.jpg", "photo-grey.jpg", "photo-420.jpg"];
    for file in files().iter().filter(|file| small.contains(&file.name.as_str())) {
        check(&file.name, &file.bytes, (47.0, 44.5));
    }
}

/// A grey JPEG at quality 95 of `level` of column and row.
fn drawn(level: impl FnMut((usize, usize)) -> f64) -> Vec<u8> {
    const SIDE: usize = 256;
    let places = (0..SIDE * SIDE).map(|i| (i % SIDE, i / SIDE));
    let samples = places.map(level).map(|level| level.round() as u8).collect();
    let layout = Layout { width: SIDE, height: SIDE, sampling: vec![(1, 1)] };
    let planes = Planes::new(layout, vec![Plane { stride: SIDE, samples }], 1);
    file(&planes, Color::Grey, Effort::Balanced, false, 95)
}

#[test]
fn noise_is_near() {
    let mut random = Random::new(41);
    check("noise", &drawn(|_| random.below(256) as f64), (25.0, 22.0));
}

#[test]
fn flat_places_and_edges_are_near() {
    check("flat", &drawn(|_| 77.0), (f64::INFINITY, f64::INFINITY));
    check("slope", &drawn(|(x, y)| (x + y) as f64 / 2.0), (59.0, 59.0));
    check("edges", &drawn(|(x, y)| if (3 * x + 5 * y) % 97 < 48 { 30.0 } else { 220.0 }), (31.0, 28.5));
    // Waves of 6.3 pixels around a corner.
    check("waves", &drawn(|(x, y)| 128.0 + 100.0 * (x as f64).hypot(y as f64).sin()), (30.0, 27.0));
}
