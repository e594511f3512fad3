//! What every file must be, whatever was asked for.

mod files;

use super::{Budget, Plan, encode};
use crate::jpeg::forge::Random;
use crate::jpeg::header::NO_DENSITY;
use crate::jpeg::layout::{Layout, Plane, Planes};
use crate::jpeg::oracle;
use crate::jpeg::quantization::{Kind, standard};
use crate::{Color, Effort, Quality};

/// Sampling factors of a picture's components.
const SAMPLINGS: [&[(u8, u8)]; 7] = [
    &[(1, 1)],
    &[(1, 1), (1, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1)],
    &[(2, 1), (1, 1), (1, 1)],
    &[(3, 1), (1, 1), (1, 1)],
    &[(1, 2), (1, 1), (1, 2)],
    &[(1, 1), (2, 2), (1, 3)],
];

/// A picture of flat places, slopes, noise and edges that look random.
fn picture(width: usize, height: usize, sampling: &[(u8, u8)], random: &mut Random) -> Planes {
    let layout = Layout { width, height, sampling: sampling.to_vec() };
    let plane = |index| {
        let (width, height) = layout.size(index);
        let texture: Vec<[usize; 4]> =
            (0..width.div_ceil(8)).map(|_| [256, 1 + random.below(40), 30, 2].map(|end| random.below(end))).collect();
        let sample = |(x, y): (usize, usize)| {
            let [level, noise, slope, kind] = texture[x / 8];
            let edge = if kind == 1 && (x + y) % 11 > 6 { 160 } else { 0 };
            (level + random.below(noise + 1) + y * slope + edge).min(255) as u8
        };
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Plane { stride: width, samples: places.map(sample).collect() }
    };
    let planes = (0..sampling.len()).map(plane).collect();
    Planes::new(layout, planes, 1)
}

/// The file of `planes` at `quality`.
pub(in crate::jpeg) fn file(planes: &Planes, color: Color, effort: Effort, progressive: bool, quality: u8) -> Vec<u8> {
    let quality = Quality::new(quality).unwrap();
    let plan = |layout| Plan {
        layout,
        color,
        tables: [Kind::Luminance, Kind::Chrominance].map(|kind| standard(kind, quality)),
        density: NO_DENSITY,
        profile: None,
        effort,
        progressive,
        budget: Budget { fixed: 0, allowed: u64::MAX },
    };
    encode(planes, plan).unwrap()
}

/// Pictures of many sizes and layouts, each with a quality.
fn pictures() -> impl Iterator<Item = (Planes, Color, u8)> {
    let mut random = Random::new(81);
    let sides = [(1, 1), (8, 8), (9, 7), (17, 33), (70, 41), (160, 120)];
    let all = SAMPLINGS.into_iter().flat_map(move |sampling| sides.map(|side| (sampling, side)));
    all.map(move |(sampling, (width, height))| {
        let color = match sampling.len() {
            1 => Color::Grey,
            _ if random.once_in(4) => Color::Rgb,
            _ => Color::YCbCr,
        };
        (picture(width, height, sampling, &mut random), color, 1 + random.below(100) as u8)
    })
}

#[test]
fn progressive_scans_send_the_same_coefficients() {
    for (planes, color, quality) in pictures() {
        let [baseline, progressive] = [false, true]
            .map(|progressive| oracle::decode(&file(&planes, color, Effort::Balanced, progressive, quality)).unwrap());
        for (one, other) in baseline.components.iter().zip(&progressive.components) {
            assert_eq!(one.blocks, other.blocks, "{:?}, quality {quality}", planes.shown());
        }
    }
}

#[test]
fn small_files_have_no_larger_coefficients() {
    for (planes, color, quality) in pictures() {
        let [balanced, small] = [Effort::Balanced, Effort::Small]
            .map(|effort| oracle::decode(&file(&planes, color, effort, false, quality)).unwrap());
        for (balanced, small) in balanced.components.iter().zip(&small.components) {
            for (balanced, small) in balanced.blocks.iter().zip(&small.blocks) {
                assert_eq!(balanced[0], small[0]);
                balanced.iter().zip(small).skip(1).for_each(|(&balanced, &small)| check_level(small, balanced));
            }
        }
    }
}

/// `small` is 0 or a little less than what was rounded to `balanced`: of the same category or one below. Rounding up
/// begins earlier for it, but at first not from 0.
fn check_level(small: i32, balanced: i32) {
    let category = |value: i32| 32 - value.abs().leading_zeros();
    let lessened = small.signum() == balanced.signum()
        && small.abs() <= balanced.abs() + 1
        && category(small) + 1 >= category(balanced);
    assert!(small == 0 || lessened, "{small} for {balanced}");
}

#[test]
fn small_files_are_smaller() {
    let (mut balanced, mut small) = (0, 0);
    for (planes, color, _) in pictures() {
        let sizes = [(Effort::Balanced, true), (Effort::Small, false)]
            .map(|(effort, progressive)| file(&planes, color, effort, progressive, 80).len());
        assert!(sizes[1] <= sizes[0], "{sizes:?} bytes: {:?}", planes.shown());
        (balanced, small) = (balanced + sizes[0], small + sizes[1]);
    }
    assert!(small < balanced * 9 / 10, "{small} bytes, balanced {balanced}");
}
