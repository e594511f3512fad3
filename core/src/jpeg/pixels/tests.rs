use super::{Between, decode};
use crate::jpeg::encode::tests::file;
use crate::jpeg::header::Header;
use crate::jpeg::layout::{Layout, Plane, Planes};
use crate::raster::{Model, Samples};
use crate::{Color, Effort};

/// A level at a place of a picture, in parts of its sides: a slope for each component.
fn level(component: usize, x: f64, y: f64) -> f64 {
    match component {
        0 => 60.0 + 100.0 * x + 30.0 * y,
        1 => 160.0 - 80.0 * x,
        _ => 90.0 + 70.0 * y,
    }
}

/// Slopes come out as they are whatever the sampling: every component is as far to the right and down as the others.
#[test]
fn components_lie_on_each_other() {
    let samplings: [&[(u8, u8)]; 9] = [
        &[(1, 1)],
        &[(1, 1); 3],
        &[(2, 2), (1, 1), (1, 1)],
        &[(2, 1), (1, 1), (1, 1)],
        &[(1, 2), (1, 1), (1, 1)],
        &[(4, 1), (1, 1), (1, 1)],
        &[(3, 1), (1, 1), (2, 1)],
        &[(1, 1), (2, 2), (1, 2)],
        &[(2, 3), (1, 1), (1, 2)],
    ];
    for sampling in samplings {
        for (width, height) in [(96, 96), (97, 95), (161, 47)] {
            let layout = Layout { width, height, sampling: sampling.to_vec() };
            let h_max = sampling.iter().map(|factors| factors.0).max().unwrap();
            let v_max = sampling.iter().map(|factors| factors.1).max().unwrap();
            let plane = |index| {
                let (across, down) = layout.size(index);
                let (h, v) = sampling[index];
                // Pixels that a sample stands for.
                let (wide, high) = (f64::from(h_max) / f64::from(h), f64::from(v_max) / f64::from(v));
                let place = |i: usize, pixels: f64, side: usize| (i as f64 + 0.5) * pixels / side as f64;
                let sample = |i: usize| level(index, place(i % across, wide, width), place(i / across, high, height));
                Plane { stride: across, samples: (0..across * down).map(|i| sample(i).round() as u8).collect() }
            };
            let planes = (0..sampling.len()).map(plane).collect();
            let color = if sampling.len() == 1 { Color::Grey } else { Color::YCbCr };
            let planes = Planes::new(layout.clone(), planes, 1);
            let source = file(&planes, color, Effort::Fast, false, 100);
            let (picture, lost) = decode(&source, &Header::parse(&source).unwrap(), false).unwrap();
            let raster = picture.raster;
            assert_eq!((raster.width, raster.height, lost), (width.div_ceil(2), height.div_ceil(2), 0));
            assert_eq!(raster.model, if sampling.len() == 1 { Model::Grey } else { Model::YCbCr });
            let Samples::Eight(samples) = raster.samples else { panic!() };
            for (i, &sample) in samples.iter().enumerate() {
                let (component, pixel) = (i % sampling.len(), i / sampling.len());
                let (x, y) = (pixel % raster.width, pixel / raster.width);
                let place = |i: usize, side: usize| (2.0 * i as f64 + 1.0) / side as f64;
                let expected = level(component, place(x, width), place(y, height));
                // A slope is not quite one beyond the last sample of a coarse component.
                let at_side = x < 2 || y < 2 || x + 3 > raster.width || y + 3 > raster.height;
                let bound = if at_side { 6.0 } else { 2.5 };
                let far = (f64::from(sample) - expected).abs();
                assert!(far <= bound, "{layout:?}, component {component} at ({x}, {y}): {sample}, not {expected}");
            }
        }
    }
}

/// Places between samples: at the same centres, never outside, in order.
#[test]
fn places_between_samples_are_in_order() {
    for from in 1..40 {
        for to in from..80 {
            let places: Vec<f64> = (0..to)
                .map(|at| Between::new(at, to, from))
                .inspect(|between| assert!(between.first < from && between.second < from && between.distance < 256))
                .map(|between| between.first as f64 + f64::from(between.distance) / 256.0)
                .collect();
            assert!(places.is_sorted());
            for (at, place) in places.iter().enumerate() {
                let exact = (at as f64 + 0.5) * from as f64 / to as f64 - 0.5;
                assert!((place - exact.max(0.0)).abs() < 0.01, "{at} of {to} in {from}");
            }
        }
    }
}
