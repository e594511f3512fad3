//! Files against the decoder of `image-webp`, which shares no line with the encoder.

use image_webp::vp8::Vp8Decoder;

use super::*;
use crate::raster::{Model, Raster, Samples};

/// A small generator of numbers that look random (Marsaglia, xorshift32).
fn noise(seed: &mut u32) -> u32 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    *seed
}

/// Asserts that what the encoder takes for the decoder's samples are those.
fn check(name: &str, raster: &Raster, quality: u8, effort: Effort) {
    let (planes, _) = Planes::of(raster);
    let mut segments = segments::Segments::new(&planes, quality);
    // The loop filter comes after all else, and the encoder does not know what it makes.
    segments.filters = [0; 4];
    let (frame, restored) = encode_restored(&planes, &segments, effort);
    let decoded = Vp8Decoder::decode_frame(&frame[..]).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((usize::from(decoded.width), usize::from(decoded.height)), (raster.width, raster.height), "{name}");
    // With the loop filter, for our own decoder.
    same_planes(
        &format!("{name} at {quality}, {effort:?}"),
        &encode(&planes, Quality::new(quality).unwrap(), effort).unwrap(),
    );
    for (plane, (found, wanted)) in [decoded.ybuf, decoded.ubuf, decoded.vbuf].iter().zip(&restored).enumerate() {
        let first = found.iter().zip(wanted).position(|(a, b)| a != b);
        assert_eq!((first, found.len()), (None, wanted.len()), "{name} at {quality}, {effort:?}: plane {plane}");
    }
}

/// Asserts that both decoders give the same samples.
fn same_planes(name: &str, frame: &[u8]) {
    let theirs = Vp8Decoder::decode_frame(frame).unwrap_or_else(|error| panic!("{name}: {error}"));
    let ours = decode::decode(frame).unwrap_or_else(|error| panic!("{name}: {error}"));
    for (plane, (found, wanted)) in ours.planes.iter().zip([theirs.ybuf, theirs.ubuf, theirs.vbuf]).enumerate() {
        let first = found.iter().zip(&wanted).position(|(a, b)| a != b);
        assert_eq!((first, found.len()), (None, wanted.len()), "{name}: plane {plane}, {} across", ours.across);
    }
}

/// The key frame in a file, wherever it stands.
fn frame_of(file: &[u8]) -> Option<&[u8]> {
    let at = file.windows(4).position(|kind| kind == b"VP8 ")?;
    let length = u32::from_le_bytes(*file.get(at + 4..)?.first_chunk()?) as usize;
    file.get(at + 8..)?.get(..length)
}

#[test]
fn every_lossy_file_is_decoded_as_by_others() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut count = 0;
    for folder in ["core/tests/corpus", "../shared/corpus/webp"] {
        let Ok(entries) = std::fs::read_dir(format!("{root}/{folder}")) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let file = std::fs::read(&path).unwrap();
            let frame = frame_of(&file).filter(|_| path.extension().is_some_and(|kind| kind == "webp"));
            let Some(frame) = frame.filter(|frame| Vp8Decoder::decode_frame(*frame).is_ok()) else { continue };
            same_planes(&path.display().to_string(), frame);
            count += 1;
        }
    }
    assert!(count >= 2, "{count} files");
}

fn encode_restored(planes: &Planes, segments: &segments::Segments, effort: Effort) -> (Vec<u8>, [Vec<u8>; 3]) {
    let mut encoder = Encoder::new(planes, segments, effort);
    let (across, down) = planes.macroblocks();
    encoder.seen = Some([256, 64, 64].map(|samples| vec![0; samples * across * down]));
    encoder.run();
    let restored = encoder.seen.take().unwrap();
    (written(planes, segments, encoder).unwrap(), restored)
}

fn picture(width: usize, height: usize, mut pixel: impl FnMut(usize, usize) -> [u8; 3]) -> Raster {
    let pixels = (0..width * height).flat_map(|at| pixel(at % width, at / width));
    Raster { width, height, model: Model::Rgb, samples: Samples::Eight(pixels.collect()) }
}

const EFFORTS: [Effort; 3] = [Effort::Fast, Effort::Balanced, Effort::Small];

#[test]
fn every_size_is_decoded_as_it_was_meant() {
    let mut seed = 1;
    for width in [1, 2, 7, 8, 15, 16, 17, 33, 50] {
        for height in [1, 2, 9, 16, 17, 47] {
            let waves = picture(width, height, |x, y| {
                let grain = noise(&mut seed) % 20;
                [x * x / 3, y * 9, x * y].map(|level| (level as u32 % 220 + grain) as u8)
            });
            for effort in EFFORTS {
                check(&format!("{width}x{height}"), &waves, 1 + (width * height % 100) as u8, effort);
            }
        }
    }
}

#[test]
fn every_quality_is_decoded_as_it_was_meant() {
    let mut seed = 7;
    let noisy = picture(37, 41, |_, _| noise(&mut seed).to_le_bytes()[..3].try_into().unwrap());
    let harsh = picture(40, 24, |_, _| [0, 255].map(|level| [level; 3])[noise(&mut seed) as usize % 2]);
    let colours = picture(40, 24, |_, _| [0, 1, 2].map(|_| [0, 255][noise(&mut seed) as usize % 2]));
    let sloped = picture(48, 40, |x, y| [(x * 5) as u8, (y * 6) as u8, (x + y) as u8]);
    let flat = picture(40, 40, |_, _| [200, 10, 90]);
    let halves = picture(64, 64, |x, y| if x + y / 2 < 50 { [250; 3] } else { [3, 60, 9] });
    for quality in 1..=100 {
        let all = [
            ("noise", &noisy),
            ("harsh", &harsh),
            ("colours", &colours),
            ("slope", &sloped),
            ("flat", &flat),
            ("halves", &halves),
        ];
        for (name, raster) in all {
            check(name, raster, quality, EFFORTS[usize::from(quality % 3)]);
        }
    }
}

#[test]
fn the_quality_is_read_back() {
    let mut seed = 3;
    let noisy = picture(160, 160, |x, y| [(noise(&mut seed) as usize % (1 + x / 2) + y) as u8; 3]);
    let (planes, _) = Planes::of(&noisy);
    for asked in 1..=100 {
        let frame = encode(&planes, Quality::new(asked).unwrap(), Effort::Fast).unwrap();
        let found = quality(&frame);
        assert!(found.abs_diff(asked) <= 5, "{asked}: {found}");
    }
}
