//! Lossy WebP: what comes with loss goes with loss, and no finer.

use halver::{Coding, Color, Decision, Effort, Format, Options, Quality, Target, probe};

use crate::corpus::{half_pixels, half_with, mean_difference};

fn at(quality: u8) -> Options {
    Options { quality: Quality::new(quality).unwrap(), ..Options::default() }
}

fn decoded(bytes: &[u8]) -> image::RgbaImage {
    image::load_from_memory(bytes).unwrap().to_rgba8()
}

#[test]
fn loss_stays_loss_and_what_has_none_gets_none() {
    for (name, color) in [
        ("photo-lossy.webp", Color::YCbCr),
        ("badge-lossy.webp", Color::YCbCr),
        ("photo-420.jpg", Color::YCbCr),
        ("badge-lossless.webp", Color::Rgb),
        ("photo.png", Color::Rgb),
    ] {
        let options = Options { format: Some(Target::WebP), ..Options::default() };
        let info = probe(&half_with(name, &options).bytes).unwrap();
        assert_eq!((info.format, info.color), (Format::WebP, color), "{name}");
        for (webp, color) in [(Coding::Lossy, Color::YCbCr), (Coding::Lossless, Color::Rgb)] {
            let chosen = half_with(name, &Options { webp, ..options.clone() });
            assert_eq!(probe(&chosen.bytes).unwrap().color, color, "{name}, {webp:?}");
        }
    }
}

#[test]
fn a_lossy_webp_is_never_encoded_finer_than_its_source() {
    for name in ["photo-lossy.webp", "badge-lossy.webp"] {
        for asked in [1, 30, 60, 80, 100] {
            let half = half_with(name, &at(asked));
            let source = half.source.quality.unwrap();
            let limited = half.decisions.iter().find_map(|decision| match decision {
                Decision::QualityLimited { asked, used } => Some((*asked, *used)),
                _ => None,
            });
            assert_eq!(limited, (asked > source).then_some((asked, source)), "{name} at {asked}");
            let used = probe(&half.bytes).unwrap().quality.unwrap();
            assert!(used.abs_diff(asked.min(source)) <= 6, "{name} at {asked}: {used}, of {source}");
        }
    }
}

#[test]
fn planes_and_pixels_make_the_same_picture() {
    for effort in [Effort::Fast, Effort::Balanced, Effort::Small] {
        let half = half_with("photo-lossy.webp", &Options { effort, ..at(100) });
        let difference = mean_difference(&decoded(&half.bytes), &half_pixels("photo-lossy.webp"));
        assert!(difference < 4.0, "{effort:?}: {difference}");
    }
}

#[test]
fn alpha_is_kept_without_loss() {
    let wanted = half_pixels("badge-lossy.webp");
    let half = half_with("badge-lossy.webp", &Options::default());
    assert!(probe(&half.bytes).unwrap().alpha);
    let found = decoded(&half.bytes);
    assert_eq!(found.dimensions(), wanted.dimensions());
    for (x, y, pixel) in found.enumerate_pixels() {
        assert_eq!(pixel.0[3], wanted.get_pixel(x, y).0[3], "{x}, {y}");
    }
}
