//! Whole files: what other decoders make of them, and that they hold the coefficients that they should.

use crate::lanes::i16x8;
use zune_core::bytestream::ZCursor;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{picture, pictures};
use crate::jpeg::encode::fdct::{self, FRACTION, SCALES};
use crate::jpeg::encode::{Budget, PART_BYTES, Plan, encode};
use crate::jpeg::forge::Random;
use crate::jpeg::header::{Header, NO_DENSITY};
use crate::jpeg::layout::{Layout, Plane, Planes};
use crate::jpeg::libjpeg::tool;
use crate::jpeg::oracle;
use crate::jpeg::quantization::{Kind, Table, ZIGZAG, standard};
use crate::picture::Profile;
use crate::{Color, Effort, Quality};

fn plan(layout: Layout, color: Color, quality: u8) -> Plan {
    let quality = Quality::new(quality).unwrap();
    Plan {
        layout,
        color,
        tables: [Kind::Luminance, Kind::Chrominance].map(|kind| standard(kind, quality)),
        density: NO_DENSITY,
        profile: None,
        effort: Effort::Balanced,
        progressive: false,
        budget: Budget { fixed: 0, allowed: u64::MAX },
    }
}

/// The coefficients of the block of `plane` at (`x`, `y`) in natural order: the forward DCT's integers, each divided by
/// its step. DC goes to the nearest multiple, AC up from 9/16 on; what that adds is rounded to whole units of the
/// transform.
fn naive(plane: &Plane, table: &Table, x: usize, y: usize) -> [f64; 64] {
    let columns = fdct::forward(plane, x, y).map(i16x8::to_array);
    std::array::from_fn(|natural| {
        let (u, v) = (natural % 8, natural / 8);
        let divisor = f64::from(SCALES[8 * u + v]) / f64::from(1 << FRACTION) * f64::from(table[natural]);
        let value = f64::from(columns[u][v]);
        let added = (divisor * if natural == 0 { 128.0 } else { 118.0 } / 256.0).round();
        ((value.abs() + added) / divisor).floor() * value.signum()
    })
}

/// Holds a file's coefficients against those of a naive encoder: the same, but where reciprocals are no exact division.
fn check_coefficients(planes: &Planes, tables: &[Table; 2], color: Color, bytes: &[u8], name: &str) {
    let picture = oracle::decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    let layout = planes.shown();
    assert_eq!((picture.width, picture.height), (layout.width, layout.height), "{name}");
    let mut band = layout.band();
    let (mut same, mut other) = (0, 0);
    for row in 0..layout.mcus().1 {
        planes.copy_band(row, &mut band);
        for (index, (component, plane)) in picture.components.iter().zip(&band).enumerate() {
            let table = &tables[usize::from(index > 0 && color == Color::YCbCr)];
            assert_eq!(&component.table, table, "{name}");
            let first = row * plane.rows() / 8;
            let rows = component.blocks.chunks(component.blocks_across).skip(first).take(plane.rows() / 8);
            for (y, blocks) in rows.enumerate() {
                for (x, block) in blocks.iter().enumerate() {
                    for (found, expected) in block.iter().zip(naive(plane, table, 8 * x, 8 * y)) {
                        let difference = (f64::from(*found) - expected).abs();
                        assert!(difference <= 1.0, "{name}: {found}, not {expected}");
                        if difference == 0.0 { same += 1 } else { other += 1 }
                    }
                }
            }
        }
    }
    assert!(other <= same / 400 + 2, "{name}: {other} coefficients of {} are others", same + other);
}

#[test]
fn files_hold_the_coefficients_of_a_naive_encoder() {
    for (planes, color, quality) in pictures() {
        for (effort, progressive) in [(Effort::Fast, false), (Effort::Balanced, false), (Effort::Balanced, true)] {
            let make = |layout| Plan { effort, progressive, ..plan(layout, color, quality) };
            let (bytes, name) = (encode(&planes, make).unwrap(), format!("{:?} at {quality}", planes.shown()));
            check_coefficients(&planes, &plan(planes.shown(), color, quality).tables, color, &bytes, &name);
        }
    }
}

/// A picture with more symbols than are held: what comes late has codes, too, whether it came early or not.
#[test]
fn late_symbols_have_codes() {
    let random = &mut Random::new(21);
    let layout = Layout { width: 1500, height: 1700, sampling: vec![(1, 1)] };
    let quiet = |y: usize| y < 1480;
    // Small noise first, so that no large coefficients are counted, then black and white.
    let sample =
        |y: usize, random: &mut Random| if quiet(y) { 126 + random.below(5) } else { 255 * random.below(2) } as u8;
    let samples = (0..1500 * 1700).map(|i| sample(i / 1500, random)).collect();
    let planes = Planes::new(layout, vec![Plane { stride: 1500, samples }], 1);
    let bytes = encode(&planes, |layout| plan(layout, Color::Grey, 100)).unwrap();
    let tables = plan(planes.shown(), Color::Grey, 100).tables;
    check_coefficients(&planes, &tables, Color::Grey, &bytes, "late symbols");
}

/// All layouts, sizes and efforts, with a profile of several segments: other decoders have nothing to complain about.
#[test]
fn other_decoders_do_not_complain() {
    let random = &mut Random::new(22);
    let profile: Vec<u8> = (0..200_000).map(|_| random.below(256) as u8).collect();
    let (mut by_djpeg, mut by_zune) = (0, 0);
    for (number, (planes, color, quality)) in pictures().enumerate() {
        let all = [Effort::Fast, Effort::Balanced, Effort::Small].into_iter().flat_map(|e| [(e, false), (e, true)]);
        for (effort, progressive) in all {
            let profile = (number % 5 == 0).then(|| profile.clone());
            let expected = profile.clone().map_or(Profile::Absent, Profile::Present);
            let make = |layout| Plan { effort, progressive, profile, ..plan(layout, color, quality) };
            let bytes = encode(&planes, make).unwrap();
            let name = format!("{:?} {color:?} at {quality}, {effort:?}, progressive {progressive}", planes.shown());
            let header = Header::parse(&bytes).unwrap();
            assert!(header.profile == expected && header.ended && header.end == bytes.len(), "{name}");
            assert_eq!(header.color(), color, "{name}");
            by_zune += usize::from(is_decoded_by_zune(&planes.shown(), &bytes, &name));
            if let Some(answer) = tool("djpeg", &["-pnm"], &bytes) {
                // No sampling but whole multiples: what only a source that has it leads to.
                let fractional = answer.as_ref().is_err_and(|error| error.contains("Fractional sampling"));
                let max = planes.shown().sampling.iter().fold((1, 1), |max, &(h, v)| (max.0.max(h), max.1.max(v)));
                let whole = planes.shown().sampling.iter().all(|&(h, v)| max.0 % h == 0 && max.1 % v == 0);
                assert!(answer.is_ok() || fractional && !whole, "{name}: {:?}", answer.err());
                by_djpeg += usize::from(!fractional);
            }
        }
    }
    eprintln!("{by_djpeg} files decoded by djpeg, {by_zune} by zune-jpeg");
    assert!(by_zune > 100, "only {by_zune} files");
}

/// Whether zune-jpeg decodes such files at all; where it does, it must be to the oracle's samples.
fn is_decoded_by_zune(layout: &Layout, bytes: &[u8], name: &str) -> bool {
    let common = [(1, 1), (2, 1), (1, 2), (2, 2)].contains(&layout.sampling[0]);
    if !common || layout.sampling[1..].iter().any(|&factors| factors != (1, 1)) {
        return false;
    }
    let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
    decoder.decode_headers().unwrap_or_else(|error| panic!("{name}: {error}"));
    let stored = decoder.input_colorspace().unwrap();
    decoder.set_options(DecoderOptions::default().jpeg_set_out_colorspace(stored).set_strict_mode(true));
    let samples = decoder.decode().unwrap_or_else(|error| panic!("{name}: {error}"));
    let picture = oracle::decode(bytes).unwrap();
    let first = samples.iter().step_by(picture.components.len());
    assert_eq!(first.len(), layout.width * layout.height, "{name}");
    let exact = picture.components[0].whole();
    assert!(first.zip(exact).all(|(&found, exact)| (f64::from(found) - exact).abs() < 2.0), "{name}");
    true
}

#[test]
fn what_a_plan_says_is_in_the_file() {
    let random = &mut Random::new(23);
    let planes = picture(33, 17, &[(2, 1), (1, 1), (1, 1)], random);
    for density in [NO_DENSITY, [1, 1, 44, 0, 72], [2, 0, 118, 0, 0]] {
        for length in [0, 1, 65_519, 65_520, 500_000, 255 * PART_BYTES] {
            let profile = Some(vec![7; length]);
            let make = |layout| Plan { density, profile, ..plan(layout, Color::YCbCr, 77) };
            let bytes = encode(&planes, make).unwrap();
            let header = Header::parse(&bytes).unwrap();
            assert_eq!(header.density, Some(density));
            let expected = if length == 0 { Profile::Absent } else { Profile::Present(vec![7; length]) };
            assert!(header.profile == expected, "{length} bytes");
            assert_eq!((header.frame.width, header.frame.height), (33, 17));
            let factors: Vec<_> = header.frame.components.iter().map(|c| (c.h, c.v)).collect();
            assert_eq!(factors, [(2, 1), (1, 1), (1, 1)]);
            for (index, kind) in [(0, Kind::Luminance), (1, Kind::Chrominance), (2, Kind::Chrominance)] {
                assert_eq!(header.component_table(index), Some(&standard(kind, Quality::new(77).unwrap())));
            }
        }
    }
}

/// Coefficients in zigzag order of figure 5 and those in natural order name the same places.
#[test]
fn zigzag_is_the_oracles() {
    assert_eq!(ZIGZAG.map(usize::from), oracle::NATURAL);
}
