//! Pixels against those of `image-webp`, another decoder.

use std::io::Cursor;
use std::path::Path;

use image_webp::{ColorType, EncoderParams, WebPDecoder, WebPEncoder};

use super::*;

/// The pixels of the file `source` by our own way, as RGBA; `None` where it is no still lossless picture.
fn ours(source: &[u8]) -> Option<Result<Vec<u8>, Error>> {
    let at = source.windows(4).position(|kind| kind == b"VP8L")?;
    let length = u32::from_le_bytes(source.get(at + 4..at + 8)?.try_into().ok()?) as usize;
    let data = source.get(at + 8..)?;
    let data = &data[..length.min(data.len())];
    let size = u32::from_le_bytes(data.get(1..5)?.try_into().ok()?);
    let (width, height) = (1 + (size & 0x3FFF) as usize, 1 + (size >> 14 & 0x3FFF) as usize);
    let opaque = if size >> 28 & 1 == 0 { 0xFF00_0000 } else { 0 };
    Some(Picture::read(data.get(HEADER..)?, width, height).map(|picture| {
        let mut pixels = Vec::new();
        picture.rows(|row| {
            pixels.extend(row.iter().flat_map(|&pixel| {
                let [b, g, r, a] = (pixel | opaque).to_le_bytes();
                [r, g, b, a]
            }));
        });
        pixels
    }))
}

/// The same by `image-webp`.
fn theirs(source: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = WebPDecoder::new(Cursor::new(source)).ok()?;
    let mut pixels = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut pixels).ok()?;
    let alpha = decoder.has_alpha();
    Some(if alpha { pixels } else { pixels.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect() })
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "webp"));
    files.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn corpora_have_the_same_pixels() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for (name, source) in [files(&top.join("tests/corpus")), files(&top.join("../../shared/corpus/webp"))].concat() {
        if source.windows(4).any(|kind| kind == b"ANMF" || kind == b"ALPH" || kind == b"VP8 ") {
            continue;
        }
        let (Some(ours), Some(theirs)) = (ours(&source), theirs(&source)) else { continue };
        assert!(ours.as_ref() == Ok(&theirs), "{name}: {:?}", ours.err());
        count += 1;
    }
    assert!(count > 0, "no lossless picture in the corpora");
}

#[test]
fn coded_pictures_come_back() {
    let mut seed = 1u32;
    let mut noise = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    for (width, height) in [(1, 1), (1, 9), (9, 1), (16, 16), (17, 33), (64, 5), (300, 40)] {
        for predicted in [false, true] {
            for (kind, levels) in [("noise", 255), ("steps", 3), ("flat", 0)] {
                let samples: Vec<u8> = (0..width * height * 4).map(|_| noise() & levels).collect();
                let mut file = Vec::new();
                let mut encoder = WebPEncoder::new(&mut file);
                let mut params = EncoderParams::default();
                params.use_predictor_transform = predicted;
                encoder.set_params(params);
                encoder.encode(&samples, width, height, ColorType::Rgba8).unwrap();
                let ours = ours(&file).unwrap();
                assert!(ours.as_ref() == Ok(&samples), "{width}x{height} {kind} {predicted}: {:?}", ours.err());
            }
        }
    }
}

#[test]
fn broken_data_are_an_error() {
    let source = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/badge-lossless.webp")).unwrap();
    for length in 30..source.len() - 2 {
        let _ = ours(&source[..length]);
    }
    for at in 25..source.len() {
        for bit in 0..8 {
            let mut broken = source.clone();
            broken[at] ^= 1 << bit;
            let _ = ours(&broken);
        }
    }
}

#[test]
fn the_first_distances_are_those_of_the_standard() {
    let near = nearby(100);
    assert_eq!(near.len(), 120);
    assert_eq!(near[..12], [100, 1, 101, 99, 200, 2, 201, 199, 102, 98, 202, 198]);
    assert_eq!(near[115..], [508, 707, 693, 608, 708]);
    assert_eq!(nearby(1).iter().min(), Some(&1));
}
