//! What proves the oracle: coefficients that were put into a file, and decoders that other people wrote.

use std::f64::consts::PI;

use zune_core::bytestream::ZCursor;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::super::corpus::{File, files};
use super::super::forge::{Forge, Process, Random};
use super::super::libjpeg::tool;
use super::scan::HuffmanCode;
use super::{Component, Picture, decode};

/// Files that the oracle decodes, with what it makes of them; without one of 883 scans that takes it seconds.
fn pictures() -> impl Iterator<Item = (String, Vec<u8>, Picture)> {
    let files = files().into_iter().filter(|file| file.name != "bombs/jpeg-progressive-883-scans-4096.jpg");
    files.filter_map(|File { name, bytes, .. }| decode(&bytes).ok().map(|picture| (name, bytes, picture)))
}

fn is_full_size(picture: &Picture, component: &Component) -> bool {
    (component.width, component.height) == (picture.width, picture.height)
        && picture.components.iter().all(|other| other.h <= component.h && other.v <= component.v)
}

fn largest_difference(ours: &[f64], theirs: impl Iterator<Item = u8>) -> f64 {
    ours.iter().zip(theirs).map(|(ours, theirs)| (ours - f64::from(theirs)).abs()).fold(0.0, f64::max)
}

fn assert_same_coefficients(ours: &Picture, theirs: &Picture, name: &str) {
    assert_eq!((ours.width, ours.height), (theirs.width, theirs.height), "{name}");
    assert_eq!(ours.components.len(), theirs.components.len(), "{name}");
    for (index, (ours, theirs)) in ours.components.iter().zip(&theirs.components).enumerate() {
        assert_eq!((ours.width, ours.height), (theirs.width, theirs.height), "{name}, component {index}");
        assert!(ours.blocks == theirs.blocks, "{name}, component {index}: other coefficients");
        assert!(ours.table == theirs.table, "{name}, component {index}: another quantization table");
    }
}

fn assert_comes_back(forge: &Forge, name: &str) {
    let picture = decode(&forge.bytes()).unwrap_or_else(|error| panic!("{name}: {error}\n{:?}", forge.scans));
    assert_eq!((picture.width, picture.height), (forge.width, forge.height), "{name}");
    assert_eq!(picture.components.len(), forge.planes.len(), "{name}");
    for (index, (component, plane)) in picture.components.iter().zip(&forge.planes).enumerate() {
        assert_eq!((component.h, component.v), (plane.h, plane.v), "{name}, component {index}");
        assert_eq!(component.blocks_across, plane.blocks_across, "{name}, component {index}");
        assert!(component.blocks == plane.blocks, "{name}, component {index}: other coefficients\n{:?}", forge.scans);
        assert!(component.table == plane.table, "{name}, component {index}: another quantization table");
    }
}

#[test]
fn forged_coefficients_come_back() {
    for seed in 0..600 {
        let bits = [3, 6, 10, 15][seed as usize % 4];
        assert_comes_back(&Forge::random(seed, bits), &format!("seed {seed}"));
    }
}

#[test]
fn the_longest_run_of_ended_blocks_comes_back() {
    let mut forge = Forge::of_shape(Process::Progressive, (2048, 1100), &[(1, 1)], 3, &mut Random::new(7));
    forge.planes[0].blocks.iter_mut().for_each(|block| block[1..].fill(0));
    forge.scans.iter_mut().for_each(|scan| scan.restart_interval = 0);
    forge.longest_run = 32767;
    assert!(forge.planes[0].blocks.len() > 32767);
    assert_comes_back(&forge, "a run of 32767");
}

#[test]
fn no_sequential_file_may_be_cut() {
    let mut count = 0;
    for seed in 0..60 {
        let forge = Forge { eoi: false, ..Forge::random(seed, 8) };
        let bytes = forge.bytes();
        let near_the_end = bytes.len().saturating_sub(100)..bytes.len();
        for length in (0..bytes.len()).step_by(53).chain(near_the_end) {
            let whole = decode(&bytes[..length]).is_ok();
            assert!(!whole || forge.process == Process::Progressive, "seed {seed}, {length} of {} bytes", bytes.len());
        }
        count += usize::from(forge.process != Process::Progressive);
    }
    assert!(count > 20, "only {count} sequential files");
}

/// T.81 C.2: there are two codes of one bit; of four with two bits none is left for longer ones.
#[test]
fn codes_fit_their_lengths() {
    let code = |counts: [u8; 2]| {
        let mut table = [0; 24];
        table[..2].copy_from_slice(&counts);
        HuffmanCode::new(&table).is_ok()
    };
    assert_eq!([[2, 0], [1, 2], [0, 4]].map(code), [true; 3]);
    assert_eq!([[3, 0], [1, 3], [0, 5], [2, 1]].map(code), [false; 4]);
}

/// A second 0xFF before a stuffed zero is a fill byte where no marker stands (T.81 B.1.1.2). libjpeg-turbo's slow
/// reader passes over it, its fast one leaves wrong coefficients behind, so there is no right answer.
#[test]
fn fill_bytes_before_stuffed_zeros_are_refused() {
    let mut count = 0;
    for seed in 0..40 {
        let bytes = Forge { garbage: Vec::new(), ..Forge::random(seed, 10) }.bytes();
        if let Some(at) = bytes.windows(2).rposition(|pair| pair == [0xFF, 0]) {
            let mut filled = bytes.clone();
            filled.insert(at, 0xFF);
            assert!(decode(&bytes).is_ok() && decode(&filled).is_err(), "seed {seed}");
            count += 1;
        }
    }
    assert!(count > 20, "only {count} files with stuffed zeros");
}

#[test]
fn other_processes_are_refused() {
    let forge = Forge { fill: 0, ..Forge::random(5, 4) };
    let bytes = forge.bytes();
    let frame = bytes.windows(2).position(|pair| pair == [0xFF, forge.process as u8]).unwrap();
    for marker in (0xC3..=0xCF).chain([0xDE, 0xDF, 0xF7]) {
        let mut other = bytes.clone();
        other[frame + 1] = marker;
        assert!(decode(&other).is_err(), "{marker:#X}");
    }
    let mut deep = bytes.clone();
    deep[frame + 4] = 12;
    assert!(decode(&bytes).is_ok() && decode(&deep).is_err());
}

#[test]
fn binding_verdicts_hold() {
    let mut count = 0;
    for File { name, bytes, verdict } in files() {
        if let Some(sound) = verdict {
            let found = decode(&bytes);
            assert_eq!(found.is_ok(), sound, "{name}: {:?}", found.err());
            count += 1;
        }
    }
    eprintln!("{count} binding verdicts");
}

#[test]
fn samples_are_those_of_zune_jpeg() {
    let mut count = 0;
    // Of a file of several sequential scans with subsampled chroma, zune-jpeg 0.5.15 decodes little, so those
    // without subsampling are compared.
    for (name, bytes, picture) in
        pictures().filter(|(_, _, picture)| picture.components.iter().all(|component| is_full_size(picture, component)))
    {
        let options = DecoderOptions::default().set_max_width(65535).set_max_height(65535).jpeg_set_max_scans(1000);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&bytes), options);
        if decoder.decode_headers().is_err() {
            continue;
        }
        let stored = decoder.input_colorspace().unwrap();
        decoder.set_options(options.jpeg_set_out_colorspace(stored));
        let Ok(samples) = decoder.decode() else { continue };
        for (index, component) in picture.components.iter().enumerate() {
            let theirs = samples.iter().skip(index).step_by(picture.components.len()).copied();
            assert_eq!(theirs.len(), picture.width * picture.height, "{name}");
            let difference = largest_difference(&component.whole(), theirs);
            assert!(difference < 2.0, "{name}, component {index}: off by {difference}");
            count += 1;
        }
    }
    eprintln!("{count} components compared with zune-jpeg");
    assert!(count > 20, "only {count} components compared");
}

#[test]
fn luminance_is_that_of_djpeg() {
    let mut count = 0;
    for (name, bytes, picture) in pictures() {
        let color = crate::probe(&bytes).map(|info| info.color);
        let has_luminance = matches!(color, Ok(crate::Color::Grey | crate::Color::YCbCr));
        if !has_luminance || !is_full_size(&picture, &picture.components[0]) {
            continue;
        }
        let Some(answer) = tool("djpeg", &["-dct", "float", "-grayscale", "-pnm"], &bytes) else { return };
        let Ok(image) = answer else { continue };
        let samples = &image[image.len() - picture.width * picture.height..];
        let difference = largest_difference(&picture.components[0].whole(), samples.iter().copied());
        assert!(difference < 1.0, "{name}: off by {difference}");
        count += 1;
    }
    eprintln!("{count} files compared with djpeg");
    assert!(count > 10, "only {count} files compared");
}

/// Quantization tables that change between scans, restart markers behind fill bytes, and all the rest, as samples.
#[test]
fn djpeg_understands_forged_files() {
    let mut count = 0;
    for seed in 2000..2300 {
        let plain = Forge { garbage: Vec::new(), late_height: false, eoi: true, ..Forge::random(seed, 2) };
        let mut forge = Forge { late_tables: true, ..plain };
        for (slot, plane) in forge.planes.iter_mut().enumerate() {
            plane.table = std::array::from_fn(|i| 1 + ((i + slot) % 5) as u16);
        }
        let picture = decode(&forge.bytes()).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        if !matches!(picture.components.len(), 1 | 3) || !is_full_size(&picture, &picture.components[0]) {
            continue;
        }
        let answer = tool("djpeg", &["-dct", "float", "-grayscale", "-pnm"], &forge.bytes());
        let Some(answer) = answer else { return };
        let image = answer.unwrap_or_else(|error| panic!("seed {seed}: {error}\n{:?}", forge.scans));
        let samples = &image[image.len() - picture.width * picture.height..];
        let difference = largest_difference(&picture.components[0].whole(), samples.iter().copied());
        assert!(difference < 1.0, "seed {seed}: off by {difference}\n{:?}", forge.scans);
        count += 1;
    }
    eprintln!("{count} forged files compared with djpeg");
    assert!(count > 50, "only {count} files compared");
}

/// A file recoded by jpegtran holds the same coefficients, so two of libjpeg's processes vouch for each other's here.
#[test]
fn coefficients_survive_jpegtran() {
    let mut count = 0;
    for (name, bytes, picture) in pictures() {
        for arguments in [&["-progressive"][..], &["-optimize", "-restart", "3B"]] {
            let Some(answer) = tool("jpegtran", arguments, &bytes) else { return };
            let Ok(recoded) = answer else { continue };
            let recoded = decode(&recoded).unwrap_or_else(|error| panic!("{name} {arguments:?}: {error}"));
            assert_same_coefficients(&recoded, &picture, &name);
            count += 1;
        }
    }
    eprintln!("{count} files recoded");
    assert!(count > 20, "only {count} files recoded");
}

/// libjpeg reads in forged files what we put into them.
#[test]
fn jpegtran_understands_forged_files() {
    let scans = std::env::temp_dir().join(format!("halver-oracle-{}.scans", std::process::id()));
    let mut count = 0;
    for seed in 1000..1200 {
        let plain = Forge { garbage: Vec::new(), late_height: false, eoi: true, ..Forge::random(seed, 10) };
        let forge = Forge { late_tables: false, ..plain }; // jpegtran refuses to merge two tables of one number
        let one_each: String = (0..forge.planes.len()).map(|plane| format!("{plane};\n")).collect();
        std::fs::write(&scans, one_each).unwrap();
        let arguments = ["-optimize", "-scans", scans.to_str().unwrap()];
        let Some(answer) = tool("jpegtran", &arguments, &forge.bytes()) else { break };
        let recoded = answer.unwrap_or_else(|error| panic!("seed {seed}: {error}\n{:?}", forge.scans));
        let recoded = decode(&recoded).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        for (index, (component, plane)) in recoded.components.iter().zip(&forge.planes).enumerate() {
            assert!(component.blocks == plane.blocks, "seed {seed}, component {index}\n{:?}", forge.scans);
            assert!(component.table == plane.table, "seed {seed}, component {index}: another table");
        }
        count += 1;
    }
    std::fs::remove_file(&scans).unwrap();
    eprintln!("{count} forged files recoded");
}

/// A component with one block and its first `width` × `height` samples.
fn block_of(width: usize, height: usize, random: &mut Random) -> Component {
    let mut block = random.block(4);
    block.iter_mut().for_each(|value| *value += random.below(5) as i32 - 2);
    Component { h: 1, v: 1, width, height, blocks_across: 1, blocks: vec![block], table: [1; 64] }
}

/// The half of a block is its series of cosines, up to the fourth, looked up halfway between two samples.
#[test]
fn halves_lie_between_samples() {
    let component = block_of(8, 8, &mut Random::new(1));
    let wave = |u: usize, x: usize| {
        let scale = if u == 0 { 0.125f64 } else { 0.25 };
        scale.sqrt() * ((2.0 * (2.0 * x as f64 + 0.5) + 1.0) * u as f64 * PI / 16.0).cos()
    };
    for (i, half) in component.half().into_iter().enumerate() {
        let term =
            |k: usize| f64::from(component.blocks[0][8 * (k / 4) + k % 4]) * wave(k / 4, i / 4) * wave(k % 4, i % 4);
        let expected = 128.0 + (0..16).map(term).sum::<f64>();
        assert!((half - expected).abs() < 1e-9, "sample {i}: {half}, not {expected}");
    }
}

/// What an encoder put behind the last column and row does not show: each half is made of real samples alone. Along
/// one axis of n samples, the weight of sample x in half i is Σ cos₄(u, i) / √2 · cos₈(u, y) over u < 4 and over all
/// y that x stands for, which are itself and, at the end, the padding.
#[test]
fn halves_are_made_of_real_samples() {
    fn cosine(n: usize, u: usize, x: usize) -> f64 {
        let scale = if u == 0 { 1.0 } else { 2.0 } / n as f64;
        scale.sqrt() * ((2 * x + 1) as f64 * u as f64 * PI / (2 * n) as f64).cos()
    }
    fn weight(n: usize, i: usize, x: usize) -> f64 {
        let stands_for = (0..8).filter(|y| x == *y.min(&(n - 1)));
        let term = |y: usize| (0..4).map(|u| cosine(4, u, i) / 2f64.sqrt() * cosine(8, u, y)).sum::<f64>();
        stands_for.map(term).sum()
    }
    for (width, height) in (1..=8).flat_map(|width| (1..=8).map(move |height| (width, height))) {
        let component = block_of(width, height, &mut Random::new((8 * width + height) as u64));
        let (half, whole) = (component.half(), component.whole());
        assert_eq!((half.len(), whole.len()), (width.div_ceil(2) * height.div_ceil(2), width * height));
        for (i, half) in half.into_iter().enumerate() {
            let (column, row) = (i % width.div_ceil(2), i / width.div_ceil(2));
            let term = |(i, sample)| sample * weight(width, column, i % width) * weight(height, row, i / width);
            let expected: f64 = whole.iter().enumerate().map(term).sum();
            assert!((half - expected).abs() < 1e-9, "{width}×{height}, sample {i}: {half}, not {expected}");
        }
    }
}
