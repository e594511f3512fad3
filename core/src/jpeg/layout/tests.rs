use super::{Layout, Plane, Planes};
use crate::jpeg::forge::Random;
use crate::raster::{Model, Raster, Samples};

/// Planes of noise in this layout.
fn noise(layout: &Layout, random: &mut Random) -> Vec<Plane> {
    let plane = |index| {
        let (width, height) = layout.size(index);
        Plane { stride: width, samples: (0..width * height).map(|_| random.below(256) as u8).collect() }
    };
    (0..layout.sampling.len()).map(plane).collect()
}

/// The planes as they are shown, put together from their bands, each of which repeats its last row and column.
fn shown(planes: &Planes) -> Vec<Plane> {
    let layout = planes.shown();
    let size = |index| layout.size(index);
    let mut shown: Vec<Plane> =
        (0..layout.sampling.len()).map(|index| Plane { stride: size(index).0, samples: Vec::new() }).collect();
    let mut band = layout.band();
    for row in 0..layout.mcus().1 {
        // What a band held before must not show.
        band.iter_mut().for_each(|band| band.samples.fill(77));
        planes.copy_band(row, &mut band);
        for (index, (plane, band)) in shown.iter_mut().zip(&band).enumerate() {
            let (width, height) = size(index);
            let count = band.rows().min(height - plane.rows());
            for y in 0..band.rows() {
                let last = band.row(y.min(count - 1));
                assert_eq!(band.row(y)[..width], last[..width]);
                assert!(band.row(y)[width..].iter().all(|&sample| sample == last[width - 1]));
            }
            plane.samples.extend((0..count).flat_map(|y| &band.row(y)[..width]));
        }
    }
    shown
}

const SAMPLINGS: [&[(u8, u8)]; 6] = [
    &[(1, 1)],
    &[(1, 1), (1, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1)],
    &[(2, 1), (1, 1), (1, 1)],
    &[(3, 1), (1, 1), (2, 1)],
    &[(1, 1), (2, 2), (1, 4)],
];

const SIDES: [usize; 11] = [1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 70];

/// All samplings with several sizes each.
fn layouts() -> impl Iterator<Item = Layout> {
    let sizes = SIDES.into_iter().flat_map(|width| SIDES.map(|height| (width, height)));
    sizes.flat_map(|(width, height)| SAMPLINGS.map(|sampling| Layout { width, height, sampling: sampling.to_vec() }))
}

#[test]
fn planes_are_turned_as_rasters_are() {
    let random = &mut Random::new(1);
    for layout in layouts() {
        let planes = noise(&layout, random);
        for orientation in 1..=8 {
            let turned = shown(&Planes::new(layout.clone(), planes.clone(), orientation));
            for (plane, turned) in planes.iter().zip(turned) {
                let (width, height) = (plane.stride, plane.rows());
                let samples = Samples::Eight(plane.samples.clone());
                let expected = Raster { width, height, model: Model::Grey, samples }.upright(orientation);
                assert_eq!((turned.stride, turned.rows()), (expected.width, expected.height), "{layout:?}");
                assert_eq!(Samples::Eight(turned.samples), expected.samples, "{layout:?}, orientation {orientation}");
            }
        }
    }
}

#[test]
fn bands_come_back_as_planes() {
    let random = &mut Random::new(2);
    for layout in layouts() {
        let whole = Planes::new(layout.clone(), noise(&layout, random), 1);
        let mut again = Planes::empty(layout.clone(), 1);
        let mut band = layout.band();
        for row in 0..layout.mcus().1 {
            whole.copy_band(row, &mut band);
            again.push(&band.iter().collect::<Vec<_>>());
        }
        assert!(whole == again, "{layout:?}");
    }
}

/// The sampling that becomes of each where chroma is to be a quarter.
#[test]
fn chroma_becomes_a_quarter_where_it_is_more() {
    let quarter = [(2, 2), (1, 1), (1, 1)];
    for (sampling, expected) in [
        ([(1, 1), (1, 1), (1, 1)], quarter),
        ([(2, 2), (2, 2), (2, 2)], quarter),
        ([(2, 1), (1, 1), (1, 1)], quarter),
        ([(1, 2), (1, 1), (1, 1)], quarter),
        ([(2, 2), (2, 1), (1, 2)], quarter),
        (quarter, quarter),
        ([(4, 1), (1, 1), (1, 1)], [(4, 1), (1, 1), (1, 1)]),
        ([(4, 2), (1, 1), (1, 1)], [(4, 2), (1, 1), (1, 1)]),
        // Coarser already in one direction: there would be more in it.
        ([(3, 1), (1, 1), (1, 1)], [(3, 1), (1, 1), (1, 1)]),
        ([(3, 2), (2, 1), (2, 1)], [(3, 2), (2, 1), (2, 1)]),
        ([(1, 1), (2, 2), (2, 2)], [(1, 1), (2, 2), (2, 2)]),
    ] {
        let layout = Layout { width: 31, height: 17, sampling: sampling.to_vec() };
        assert_eq!(layout.quartered().sampling, expected, "{sampling:?}");
    }
}

/// Holds `planes` in `layout`, reduced to `coarser`, against means of so many samples of each component.
fn check_means(layout: &Layout, coarser: &Layout, counts: &[(usize, usize)], planes: &[Plane]) {
    let reduced = shown(&Planes::new(layout.clone(), planes.to_vec(), 1).reduced(coarser.clone()));
    for (index, ((plane, reduced), &(across, down))) in planes.iter().zip(&reduced).zip(counts).enumerate() {
        let (width, height) = coarser.size(index);
        assert_eq!((reduced.stride, reduced.rows()), (width, height), "{layout:?}");
        for (i, &sample) in reduced.samples.iter().enumerate() {
            let (x, y) = (i % width * across, i / width * down);
            let columns = x..(x + across).min(plane.stride);
            let rows = y..(y + down).min(plane.rows());
            let covered: Vec<f64> =
                rows.flat_map(|y| plane.row(y)[columns.clone()].iter().map(|&sample| f64::from(sample))).collect();
            let mean = covered.iter().sum::<f64>() / covered.len() as f64;
            assert!((f64::from(sample) - mean).abs() <= 0.5, "{layout:?}, component {index}");
        }
    }
}

#[test]
fn reduced_samples_are_means() {
    let random = &mut Random::new(3);
    for (width, height) in SIDES.into_iter().flat_map(|width| SIDES.map(|height| (width, height))) {
        for (sampling, chroma) in [
            ([(1, 1), (1, 1), (1, 1)], [(2, 2), (2, 2)]),
            ([(2, 1), (1, 1), (1, 1)], [(1, 2), (1, 2)]),
            ([(2, 2), (2, 1), (1, 2)], [(2, 1), (1, 2)]),
            ([(2, 2), (1, 1), (1, 1)], [(1, 1), (1, 1)]),
            ([(3, 1), (1, 1), (1, 1)], [(1, 1), (1, 1)]),
        ] {
            let layout = Layout { width, height, sampling: sampling.to_vec() };
            let counts = [(1, 1), chroma[0], chroma[1]];
            check_means(&layout, &layout.quartered(), &counts, &noise(&layout, random));
        }
        for luma in [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (4, 2), (2, 4)] {
            let layout = |luma| Layout { width, height, sampling: vec![luma, (1, 1), (1, 1)] };
            let count = (usize::from(luma.0), usize::from(luma.1));
            check_means(&layout((1, 1)), &layout(luma), &[(1, 1), count, count], &noise(&layout((1, 1)), random));
        }
    }
}
