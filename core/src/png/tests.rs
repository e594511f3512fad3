//! Decoding against the crate `png`, and encoding read back by it, on forged files and on those of the corpora.

use std::path::Path;

use super::animation::{AnimationEncoder, Blend, Dispose, FrameControl, Frames};
use super::encode::Header;
use super::*;
use crate::halve::{Kernel, halve as halve_raster};
use crate::raster::Model;

/// A small generator of numbers that look random (Marsaglia, xorshift32).
fn noise(seed: &mut u32) -> u32 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    *seed
}

/// A picture as the crate `png` decodes it, palettes and low depths expanded.
fn reference(source: &[u8]) -> Option<Raster> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(source));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().ok()?;
    let mut bytes = vec![0; reader.output_buffer_size()?];
    let output = reader.next_frame(&mut bytes).ok()?;
    let model = match output.color_type {
        png::ColorType::Grayscale => Model::Grey,
        png::ColorType::GrayscaleAlpha => Model::GreyAlpha,
        png::ColorType::Rgb | png::ColorType::Indexed => Model::Rgb,
        png::ColorType::Rgba => Model::Rgba,
    };
    let samples = if output.bit_depth == png::BitDepth::Sixteen {
        Samples::Sixteen(bytes.as_chunks().0.iter().map(|&pair| u16::from_be_bytes(pair)).collect())
    } else {
        Samples::Eight(bytes)
    };
    Some(Raster { width: output.width as usize, height: output.height as usize, model, samples })
}

/// A picture as we decode it.
fn decoded(source: &[u8]) -> Result<Raster, Error> {
    let head = Head::read(source)?;
    let (mut rows, mut expansion) = (head.rows()?, head.expansion());
    let (mut eight, mut sixteen) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        match expansion.apply(row) {
            decode::Samples::Eight(samples) => eight.extend_from_slice(samples),
            decode::Samples::Sixteen(samples) => sixteen.extend_from_slice(samples),
        }
    }
    rows.finish()?;
    let samples = if head.header.depth == 16 { Samples::Sixteen(sixteen) } else { Samples::Eight(eight) };
    let (width, height) = (head.header.width as usize, head.header.height as usize);
    Ok(Raster { width, height, model: expansion.model, samples })
}

/// As RGBA of 16 bits.
fn flat(raster: &Raster) -> Vec<[u16; 4]> {
    let samples: Vec<u16> = match &raster.samples {
        Samples::Eight(samples) => samples.iter().map(|&sample| u16::from(sample) * 257).collect(),
        Samples::Sixteen(samples) => samples.clone(),
    };
    let pixels = samples.chunks_exact(raster.model.channels());
    let rgba = pixels.map(|pixel| match *pixel {
        [l] => [l, l, l, u16::MAX],
        [l, a] => [l, l, l, a],
        [r, g, b] => [r, g, b, u16::MAX],
        [r, g, b, a] => [r, g, b, a],
        _ => unreachable!(),
    });
    rgba.collect()
}

/// All colour types with their depths (PNG 11.2.1).
const TYPES: [(u8, u8); 15] = [
    (0, 1),
    (0, 2),
    (0, 4),
    (0, 8),
    (0, 16),
    (2, 8),
    (2, 16),
    (3, 1),
    (3, 2),
    (3, 4),
    (3, 8),
    (4, 8),
    (4, 16),
    (6, 8),
    (6, 16),
];

/// A PNG of random bytes in rows of random filters, in chunks of random length.
fn forged(
    width: u32,
    height: u32,
    (color_type, depth): (u8, u8),
    interlace: u8,
    tone: bool,
    seed: &mut u32,
) -> Vec<u8> {
    let mut file = write::SIGNATURE.to_vec();
    let [[w3, w2, w1, w0], [h3, h2, h1, h0]] = [width, height].map(u32::to_be_bytes);
    write::chunk(&mut file, *b"IHDR", &[w3, w2, w1, w0, h3, h2, h1, h0, depth, color_type, 0, 0, interlace]);
    let mut entries = 0;
    if color_type == 3 {
        entries = 1 + noise(seed) as usize % (1 << depth);
        let palette: Vec<u8> = (0..3 * entries).map(|_| noise(seed) as u8).collect();
        write::chunk(&mut file, *b"PLTE", &palette);
    }
    let key = match color_type {
        0 => 2,
        2 => 6,
        3 => 1 + noise(seed) as usize % entries,
        _ => 0,
    };
    if tone && key > 0 {
        // Of a few samples, so that it occurs.
        let data: Vec<u8> = (0..key).map(|i| if color_type == 3 { noise(seed) as u8 } else { [0, 1][i % 2] }).collect();
        write::chunk(&mut file, *b"tRNS", &data);
    }
    const PASSES: [[u32; 4]; 7] =
        [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];
    let passes = if interlace == 1 { &PASSES[..] } else { &[[0, 0, 1, 1]] };
    let mut data = Vec::new();
    for &[x, y, across, down] in passes {
        let size = [width.saturating_sub(x).div_ceil(across), height.saturating_sub(y).div_ceil(down)];
        let bytes = Layout::of(size[0] as usize, color_type, depth).row_bytes();
        for _ in 0..if bytes == 0 { 0 } else { size[1] } {
            data.push((noise(seed) % 5) as u8);
            data.extend((0..bytes).map(|_| [noise(seed) as u8, 1, 0, 0][noise(seed) as usize % 4]));
        }
    }
    let stream = miniz_oxide::deflate::compress_to_vec_zlib(&data, (noise(seed) % 10) as u8);
    let length = 1 + noise(seed) as usize % stream.len();
    stream.chunks(length).for_each(|part| write::chunk(&mut file, *b"IDAT", part));
    write::chunk(&mut file, *b"IEND", &[]);
    file
}

/// Forged files by name.
fn each_forged(mut each: impl FnMut(&str, &[u8])) {
    let mut seed = 0x9E37_79B9;
    for kind in TYPES {
        for (interlace, tone) in [(0, false), (0, true), (1, false), (1, true)] {
            let sizes = (1..18).map(|side| (side, 18 - side)).chain([(1, 1), (300, 3), (3, 300), (64, 64)]);
            for (width, height) in sizes {
                let file = forged(width, height, kind, interlace, tone, &mut seed);
                let [name, keyed] =
                    [if interlace == 1 { "interlaced" } else { "" }, if tone { "with tRNS" } else { "" }];
                each(&format!("{width}x{height} {kind:?} {name} {keyed}"), &file);
            }
        }
    }
}

/// The PNGs of our corpus and, where it stands beside the checkout, of the developers'.
fn each_found(mut each: impl FnMut(&str, &[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/corpus", "../../shared/corpus/png", "../../shared/corpus/icc", "../../shared/corpus/broken"];
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let source = std::fs::read(&path).unwrap();
            if source.starts_with(&write::SIGNATURE) {
                each(&path.display().to_string(), &source);
            }
        }
    }
}

#[test]
fn every_kind_of_file_is_decoded_as_by_another() {
    let mut count = 0;
    each_forged(|name, file| {
        let expected = reference(file).unwrap_or_else(|| panic!("{name}"));
        assert!(decoded(file).as_ref() == Ok(&expected), "{name}");
        count += 1;
    });
    each_found(|name, file| {
        // A file that its survey refuses is never decoded; in one the other crate panics.
        if survey(file).is_err() {
            return;
        }
        let (ours, expected) = (decoded(file).ok(), reference(file));
        assert!(ours == expected, "{name}: {:?}, {:?}", ours.is_some(), expected.is_some());
        count += 1;
    });
    assert!(count > 1000, "only {count} files");
}

#[test]
fn halves_have_the_pixels_of_the_halved_raster() {
    let options = |effort| Options { effort, ..Options::default() };
    let mut check = |name: &str, file: &[u8]| {
        let Some(whole) = reference(file) else { return };
        let head = Head::read(file).unwrap();
        let (few, palette) = (head.header.depth < 8, head.header.color == Color::Palette);
        let kernel = if few { Kernel::Mean } else { Kernel::Sharp };
        let expected = halve_raster(&whole, kernel, Light::Encoded);
        let appearance = Appearance { profile: None, space: &Space::default() };
        for effort in [Effort::Fast, Effort::Balanced, Effort::Small] {
            let (bytes, reduced) = halve(file, appearance, &options(effort)).unwrap();
            let half = reference(&bytes).unwrap_or_else(|| panic!("{name}, {effort:?}"));
            assert!(reduced.is_some() || flat(&half) == flat(&expected), "{name}, {effort:?}");
            assert!(decoded(&bytes) == Ok(half), "{name}, {effort:?}");
            let from_raster = if palette {
                let (indexed, fewer) = Indexed::of(&expected.clone().into_rgb());
                assert_eq!(reduced, fewer.then_some(indexed.colors.len() as u32), "{name}");
                encode_indexed(&indexed, appearance, effort)
            } else {
                encode(&expected, appearance, effort).unwrap()
            };
            assert!(from_raster == bytes, "{name}, {effort:?}: from the raster");
        }
    };
    each_forged(&mut check);
    each_found(|name, file| {
        if survey(file).is_ok() && !name.contains("broken") {
            check(name, file);
        }
    });
}

/// A picture of a `model` whose pixel at `(x, y)` is `pixel(x, y)`.
fn drawn(model: Model, side: usize, pixel: impl Fn(usize, usize) -> Vec<u8>) -> Raster {
    let samples = (0..side * side).flat_map(|i| pixel(i % side, i / side)).collect();
    Raster { width: side, height: side, model, samples: Samples::Eight(samples) }
}

#[test]
fn no_more_is_written_than_the_pixels_need() {
    let hash = |x: usize, y: usize| (x * 73 + y * 151 + x * y * 7) as u8;
    let kind = |raster: &Raster| {
        let appearance = Appearance { profile: None, space: &Space::default() };
        let bytes = encode(raster, appearance, Effort::Balanced).unwrap();
        let header = Head::read(&bytes).unwrap().header;
        assert!(flat(&reference(&bytes).unwrap()) == flat(raster));
        (header.color_type, header.depth)
    };
    let side = 300;
    for (name, raster, expected) in [
        ("opaque grey", drawn(Model::Rgba, side, |x, y| [[hash(x, y); 3].to_vec(), vec![255]].concat()), (0, 8)),
        ("grey with alpha", drawn(Model::Rgba, side, |x, y| vec![x as u8, x as u8, x as u8, hash(y, x)]), (4, 8)),
        ("opaque", drawn(Model::Rgba, side, |x, y| vec![hash(x, y), x as u8, y as u8, 255]), (2, 8)),
        ("all", drawn(Model::Rgba, side, |x, y| vec![hash(x, y), x as u8, y as u8, (x / 2) as u8]), (6, 8)),
        ("four colours", drawn(Model::Rgb, side, |x, y| vec![(x % 2 * 9) as u8, (y % 2 * 7) as u8, 3]), (3, 2)),
        ("bilevel", drawn(Model::Grey, side, |x, y| vec![hash(x, y) % 2 * 255]), (0, 1)),
        ("five levels", drawn(Model::Grey, side, |x, y| vec![[0, 64, 128, 191, 255][hash(x, y) as usize % 5]]), (3, 4)),
        ("sixteen levels", drawn(Model::Grey, side, |x, y| vec![hash(x, y) % 16 * 17]), (0, 4)),
        ("many levels", drawn(Model::Grey, side, |x, y| vec![hash(x, y)]), (0, 8)),
    ] {
        assert_eq!(kind(&raster), expected, "{name}");
    }
}

#[test]
fn frames_come_back_as_they_went() {
    let mut seed = 5;
    for (kind, depth) in [
        (Kind::Rgba, 8),
        (Kind::Rgb, 8),
        (Kind::GreyAlpha, 16),
        (Kind::Palette(vec![[1, 2, 3, 0], [4, 5, 6, 9], [7, 8, 9, 255]]), 2),
    ] {
        let header = Header { width: 20, height: 10, kind, depth };
        let appearance = Appearance { profile: None, space: &Space::default() };
        for effort in [Effort::Fast, Effort::Small] {
            let mut encoder = AnimationEncoder::new(header.clone(), appearance, 3, 7, effort);
            let mut controls = Vec::new();
            for (i, (width, height, x, y)) in [(20, 10, 0, 0), (3, 4, 5, 6), (1, 1, 19, 9)].into_iter().enumerate() {
                let dispose = [Dispose::None, Dispose::Background, Dispose::Previous][i];
                let blend = [Blend::Source, Blend::Over][i % 2];
                let control = FrameControl { width, height, x, y, delay: (i as u16, 100), dispose, blend };
                let bytes = header.layout(width).row_bytes();
                let rows: Vec<Vec<u8>> =
                    (0..height).map(|_| (0..bytes).map(|_| noise(&mut seed) as u8 & 0xAA).collect()).collect();
                encoder.frame(control, rows.iter().map(|row| &row[..]));
                controls.push(control);
            }
            let file = encoder.finish();
            assert_eq!(survey(&file).unwrap().info.frames, 3);
            let mut decoder = png::Decoder::new(std::io::Cursor::new(&file));
            decoder.set_transformations(png::Transformations::EXPAND);
            let mut reader = decoder.read_info().unwrap();
            let mut frames = Frames::of(&file).unwrap();
            assert_eq!(frames.plays, 7);
            for control in controls {
                let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
                let output = reader.next_frame(&mut bytes).unwrap();
                bytes.truncate(output.buffer_size());
                let (found, raster) = frames.next().unwrap().unwrap();
                assert_eq!(found, control);
                let samples: Vec<u8> = match raster.samples {
                    Samples::Eight(samples) => samples,
                    Samples::Sixteen(samples) => samples.iter().flat_map(|sample| sample.to_be_bytes()).collect(),
                };
                assert!(samples == bytes, "{header:?} {control:?}");
            }
            assert!(frames.next().unwrap().is_none());
            assert!(fails_in_part(&file), "{header:?}");
        }
    }
}

/// Whether frames of `file` cut short or with a bit turned are an error or fewer, never a panic.
fn fails_in_part(file: &[u8]) -> bool {
    let count = |file: &[u8]| {
        let mut frames = Frames::of(file)?;
        let mut count = 0;
        while frames.next()?.is_some() {
            count += 1;
        }
        Ok::<_, Error>(count)
    };
    let bits = (0..file.len() * 8).step_by(5).all(|bit| {
        let mut broken = file.to_vec();
        broken[bit / 8] ^= 1 << (bit % 8);
        count(&broken).is_ok_and(|count| count <= 3) || count(&broken).is_err()
    });
    bits && (0..file.len() - 24).all(|length| !count(&file[..length]).is_ok_and(|count| count >= 3))
}
