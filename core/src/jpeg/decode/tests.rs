//! The decoder against the oracle, which decodes bit by bit and transforms in `f64`.

mod bounds;
mod padding;
mod salvage;

use super::{decode_half, decode_planes, half_layout};
use crate::Error;
use crate::jpeg::corpus::{File, files, samples};
use crate::jpeg::forge::{Forge, Process, Random};
use crate::jpeg::header::Header;
use crate::jpeg::layout::{Layout, Plane};
use crate::jpeg::oracle::{self, Picture};

/// How far a sample may be from the exact one: rounding, and 0.3 for the arithmetic.
const NEAR: f64 = 0.8;

/// A half, each component's samples in a plane of their number.
#[derive(Clone, Debug, PartialEq)]
struct Half {
    layout: Layout,
    planes: Vec<Plane>,
}

/// The half of `source`, and how many blocks were lost.
fn half_of(source: &[u8], salvage: bool) -> Result<(Half, u64), Error> {
    let header = Header::parse(source)?;
    let layout = half_layout(&header);
    let size = |index| layout.size(index);
    let mut planes: Vec<Plane> =
        (0..layout.sampling.len()).map(|index| Plane { stride: size(index).0, samples: Vec::new() }).collect();
    let lost = decode_half(&source[..header.end], &header, salvage, &mut |band| {
        for (index, (plane, rows)) in planes.iter_mut().zip(band).enumerate() {
            let (width, height) = size(index);
            let (h, v) = layout.sampling[index];
            assert_eq!((rows.stride, rows.rows()), (8 * usize::from(h) * layout.mcus().0, 8 * usize::from(v)));
            let count = rows.rows().min(height - plane.rows());
            for y in 0..rows.rows() {
                let row = rows.row(y.min(count - 1));
                assert!(row[width..].iter().all(|&sample| sample == row[width - 1]), "padding");
                assert!(y < count || rows.row(y) == row, "padding");
            }
            plane.samples.extend((0..count).flat_map(|y| &rows.row(y)[..width]));
        }
        Ok(())
    })?;
    Ok((Half { layout, planes }, lost))
}

fn planes_of(source: &[u8], whole: (bool, bool)) -> Result<Vec<Plane>, Error> {
    let header = Header::parse(source)?;
    let whole = vec![whole; header.frame.components.len()];
    Ok(decode_planes(&source[..header.end], &header, &whole, false)?.0)
}

/// The largest sum of a block's dequantised coefficients that is far from all bounds of 16-bit arithmetic: 4095 divided
/// by (√2 cos(π/8))², and some room.
const TAME: i32 = 2300;

/// A forged file whose blocks are tame, as those of pictures are. Others are decoded, but to whatever saturates.
fn tame(mut forge: Forge) -> Forge {
    for plane in &mut forge.planes {
        plane.table = plane.table.map(|step| step.min(500));
        for block in &mut plane.blocks {
            while !is_tame(block, &plane.table) {
                block.iter_mut().for_each(|value| *value /= 2);
            }
        }
    }
    forge
}

fn is_tame(block: &[i32; 64], table: &[u16; 64]) -> bool {
    block.iter().zip(table).map(|(value, &step)| value.abs() * i32::from(step)).sum::<i32>() <= TAME
}

/// How far `plane` is from the `width` × `height` samples `expected`, at most. One sample more across or down repeats the
/// last one.
fn distance(plane: &Plane, expected: &[f64], (width, height): (usize, usize), name: &str) -> f64 {
    assert_eq!(expected.len(), width * height, "{name}");
    let (across, down) = (plane.stride, plane.rows());
    assert!(across == width || across == width + 1, "{name}: {across} columns instead of {width}");
    assert!(down == height || down == height + 1, "{name}: {down} rows instead of {height}");
    let mut distance = 0_f64;
    for (y, row) in plane.samples.chunks(across).enumerate() {
        for (x, &sample) in row.iter().enumerate() {
            let exact = expected[y.min(height - 1) * width + x.min(width - 1)];
            distance = distance.max((f64::from(sample) - exact).abs());
        }
    }
    distance
}

/// How far the half of `source` is from `picture`'s, at most.
fn half_distance(source: &[u8], picture: &Picture, name: &str) -> f64 {
    let (half, lost) = half_of(source, false).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(lost, 0, "{name}");
    assert_eq!(half.planes.len(), picture.components.len(), "{name}");
    let each = half.planes.iter().zip(&picture.components).enumerate().map(|(index, (plane, component))| {
        let size = (component.width.div_ceil(2), component.height.div_ceil(2));
        distance(plane, &component.half(), size, &format!("{name}, component {index}"))
    });
    each.fold(0.0, f64::max)
}

/// How far the samples of `source` at full size are from `picture`'s, at most.
fn whole_distance(source: &[u8], picture: &Picture, name: &str) -> f64 {
    let planes = planes_of(source, (true, true)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let each = planes.iter().zip(&picture.components).map(|(plane, component)| {
        let size = (component.width, component.height);
        assert_eq!((plane.stride, plane.rows()), size, "{name}");
        distance(plane, &component.whole(), size, name)
    });
    each.fold(0.0, f64::max)
}

/// Files that the decoder takes and the oracle refuses.
const TOLERATED: [(&str, &str); 3] = [
    ("broken/afl-jpeg-000318.jpg", "all scans are whole; the segment behind them that is cut short adds nothing"),
    (
        "broken/jpeg-length-0.jpg",
        "libjpeg passes over the length of an application segment that is too small to be one",
    ),
    ("broken/jpeg-no-dht.jpg", "motion JPEG leaves out the tables of T.81 K.3, and libjpeg-turbo puts them in"),
];

#[test]
fn halves_of_the_corpus_are_the_oracles() {
    let (mut count, mut worst, mut wrong) = (0, 0_f64, Vec::new());
    for File { name, bytes, .. } in files() {
        if name == "bombs/jpeg-progressive-883-scans-4096.jpg" {
            continue; // The oracle takes seconds.
        }
        match (oracle::decode(&bytes), half_of(&bytes, false)) {
            (Ok(picture), Ok(_)) => {
                let distance = half_distance(&bytes, &picture, &name);
                if distance > NEAR {
                    wrong.push(format!("{name}: off by {distance}"));
                }
                worst = worst.max(distance);
                count += 1;
            }
            (Err(_), Err(_)) => {}
            (Err(error), Ok(_)) => {
                let tolerated = TOLERATED.iter().any(|&(tolerated, _)| name == tolerated);
                if !tolerated {
                    wrong.push(format!("{name}: decoded in spite of: {error}"));
                }
            }
            (Ok(_), Err(error)) => wrong.push(format!("{name}: {error}")),
        }
    }
    eprintln!("{count} files, off by {worst} at most");
    assert!(wrong.is_empty(), "{} files:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 15, "only {count} files");
}

#[test]
fn whole_samples_of_the_corpus_are_the_oracles() {
    let mut count = 0;
    // Those of orientations and profiles are coded alike.
    let coded =
        files().into_iter().filter(|file| !file.name.starts_with("orientation/") && !file.name.starts_with("icc/"));
    for File { name, bytes, .. } in coded.filter(|file| file.bytes.len() < 100_000) {
        let Ok(picture) = oracle::decode(&bytes) else { continue };
        if half_of(&bytes, false).is_err() || picture.width * picture.height > 40_000 {
            continue;
        }
        let distance = whole_distance(&bytes, &picture, &name);
        assert!(distance <= NEAR, "{name}: off by {distance}");
        count += 1;
    }
    assert!(count > 15, "only {count} files");
}

#[test]
fn halves_of_photographs_are_the_oracles() {
    for File { name, bytes, .. } in samples() {
        let distance = half_distance(&bytes, &oracle::decode(&bytes).unwrap(), &name);
        eprintln!("{name}: off by {distance} at most");
        assert!(distance <= NEAR, "{name}: off by {distance}");
    }
}

/// Whether a frame of so many components is an image to the decoder.
fn is_image(forge: &Forge) -> bool {
    forge.planes.len() != 2
}

#[test]
fn halves_of_forged_files_are_the_oracles() {
    let (mut counts, mut worst) = ([0; 2], 0_f64);
    for seed in 0..500 {
        let forge = tame(Forge::random(seed, [2, 3, 5, 10][seed as usize % 4]));
        let (name, bytes) = (format!("seed {seed}"), forge.bytes());
        if !is_image(&forge) {
            assert!(matches!(half_of(&bytes, false), Err(Error::UnsupportedFeature { .. })), "{name}");
            continue;
        }
        let picture = oracle::decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let distance = half_distance(&bytes, &picture, &name);
        assert!(distance <= NEAR, "{name}: off by {distance}\n{:?}", forge.scans);
        worst = worst.max(distance);
        counts[usize::from(forge.process == Process::Progressive)] += 1;
    }
    eprintln!("{counts:?} files, off by {worst} at most");
    assert!(counts.iter().all(|&count| count > 150), "only {counts:?}");
}

#[test]
fn whole_samples_of_forged_files_are_the_oracles() {
    let mut worst = 0_f64;
    for seed in 600..700 {
        let forge = tame(Forge::random(seed, [2, 3, 5, 10][seed as usize % 4]));
        let (name, bytes) = (format!("seed {seed}"), forge.bytes());
        if is_image(&forge) {
            let distance = whole_distance(&bytes, &oracle::decode(&bytes).unwrap(), &name);
            assert!(distance <= NEAR, "{name}: off by {distance}\n{:?}", forge.scans);
            worst = worst.max(distance);
        }
    }
    eprintln!("off by {worst} at most");
}

/// Broken files: of those that the oracle takes too, the halves are the oracle's; of the others it is known why.
#[test]
fn broken_files_are_the_oracles_to_refuse() {
    let (mut same, mut refused) = (0, 0);
    for seed in 0..5000 {
        let random = &mut Random::new(seed);
        let forge = tame(Forge::random(seed % 250, 5));
        if !is_image(&forge) {
            continue;
        }
        let (name, mut bytes) = (format!("seed {seed}"), forge.bytes());
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => bytes.truncate(at),
            1 => drop(bytes.splice(at..(at + random.below(9)).min(bytes.len()), [0x5A; 3])),
            _ => bytes[at] ^= 1 << random.below(8),
        }
        match (oracle::decode(&bytes), half_of(&bytes, false)) {
            (Ok(picture), Ok(_)) => {
                let mut components = picture.components.iter();
                if components.all(|component| component.blocks.iter().all(|block| is_tame(block, &component.table))) {
                    let distance = half_distance(&bytes, &picture, &name);
                    assert!(distance <= NEAR, "{name}: off by {distance}");
                    same += 1;
                }
            }
            (Err(_), Err(_)) => refused += 1,
            // A step of 0 counts as 1; each precision but 0 stands for 16 bits, as in libjpeg.
            (Err("a broken quantization table" | "DQT cut short"), Ok(_)) => {}
            // Scans that give everything are enough, whatever is cut short behind them.
            (Err("file ends inside a segment" | "a segment's length is wrong"), Ok(_)) => {}
            // The oracle does not ask for scans that refine a picture, nor whether symbols that never come can be.
            (Ok(_), Err(Error::Malformed { reason, .. })) => {
                let known = ["ends before its last scan", "has a Huffman table with a category over 15"];
                assert!(known.contains(&reason), "{name}: {reason}");
            }
            (oracle, engine) => panic!("{name}: {:?} and {:?}", oracle.err(), engine.err()),
        }
    }
    eprintln!("{same} decoded, {refused} refused");
    assert!(same > 1000 && refused > 1000, "{same} decoded, {refused} refused");
}
