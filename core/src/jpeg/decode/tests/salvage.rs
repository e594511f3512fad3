//! What is left of damaged files: everything that was not damaged.

use super::{Half, half_of, is_image};
use crate::Error;
use crate::jpeg::corpus::{File, files};
use crate::jpeg::decode::ScanHeader;
use crate::jpeg::forge::{Forge, Process, Random};
use crate::jpeg::header::Header;
use crate::jpeg::marker::{RST0, RST7, SOS, ends_scan};
use crate::jpeg::segment::Segments;

/// A file whose scans have restart intervals of `interval` MCUs.
fn forged(seed: u64, process: Process, factors: &[(usize, usize)], interval: usize) -> Forge {
    let mut forge = Forge::of_shape(process, (130, 77), factors, 5, &mut Random::new(seed));
    forge.scans.iter_mut().for_each(|scan| scan.restart_interval = interval);
    Forge { garbage: Vec::new(), fill: 0, late_height: false, late_tables: false, eoi: true, ..forge }
}

const SHAPES: [&[(usize, usize)]; 4] =
    [&[(1, 1)], &[(2, 2), (1, 1), (1, 1)], &[(1, 1), (1, 1), (1, 1)], &[(3, 1), (1, 1), (2, 1)]];

/// Files of all processes with restart intervals of 3 MCUs.
fn all() -> impl Iterator<Item = (String, Forge)> {
    let processes = [Process::Baseline, Process::Extended, Process::Progressive];
    processes.into_iter().flat_map(|process| {
        let forge = move |(seed, factors): (u64, &[(usize, usize)])| {
            (format!("{process:?} {factors:?}"), forged(seed, process, factors, 3))
        };
        (0..).zip(SHAPES).map(forge)
    })
}

/// A scan of a file: where its restart intervals are, and which blocks they hold.
struct Intervals {
    header: ScanHeader,
    /// First byte and the one behind the last, without the markers between them.
    places: Vec<(usize, usize)>,
}

fn intervals(source: &[u8]) -> Vec<Intervals> {
    let frame = Header::parse(source).unwrap().frame;
    let mut segments = Segments::new(source).unwrap();
    let mut scans = Vec::new();
    while let Some(segment) = segments.next().unwrap() {
        if segment.marker != SOS {
            continue;
        }
        let first = source.len() - segment.coded.len();
        let is_end = |&at: &usize| source[at] == 0xFF && ends_scan(source[at + 1]);
        let behind = (first..source.len() - 1).find(is_end).unwrap_or(source.len());
        let is_marker = |&at: &usize| source[at] == 0xFF && (RST0..=RST7).contains(&source[at + 1]);
        let markers: Vec<usize> = (first..behind - 1).filter(is_marker).collect();
        let starts = [first].into_iter().chain(markers.iter().map(|at| at + 2));
        let places = starts.zip(markers.iter().copied().chain([behind])).collect();
        scans.push(Intervals { header: ScanHeader::parse(segment.payload, &frame).unwrap(), places });
    }
    scans
}

/// How many blocks differ between two halves of a file with the frame of `forge`, those left out for which `excused` of
/// component, column and row.
fn damage(forge: &Forge, sound: &Half, salvaged: &Half, excused: impl Fn(usize, usize, usize) -> bool) -> usize {
    assert_eq!(sound.layout, salvaged.layout);
    let mut damaged = 0;
    for (index, plane) in forge.planes.iter().enumerate() {
        let (sound, salvaged) = (&sound.planes[index], &salvaged.planes[index]);
        assert_eq!((sound.stride, sound.samples.len()), (salvaged.stride, salvaged.samples.len()));
        let blocks = plane.blocks.len();
        for (column, row) in (0..blocks).map(|i| (i % plane.blocks_across, i / plane.blocks_across)) {
            let differs = |y: usize| {
                let columns = 4 * column..(4 * column + 4).min(sound.stride);
                sound.row(y)[columns.clone()] != salvaged.row(y)[columns]
            };
            let rows = 4 * row..(4 * row + 4).min(sound.rows());
            damaged += usize::from(!excused(index, column, row) && rows.into_iter().any(differs));
        }
    }
    damaged
}

/// Whether restart interval `interval`, of three MCUs, of a scan holds the block of component `index` at (`column`, `row`).
fn holds(forge: &Forge, scan: &ScanHeader, interval: usize, (index, column, row): (usize, usize, usize)) -> bool {
    if scan.components.iter().all(|selector| selector.index != index) {
        return false;
    }
    let plane = &forge.planes[index];
    let mcu = if scan.components.len() == 1 {
        row * plane.blocks_across + column
    } else {
        let h_max = forge.planes.iter().map(|plane| plane.h).max().unwrap();
        row / plane.v * forge.width.div_ceil(8 * h_max) + column / plane.h
    };
    mcu / 3 == interval
}

/// The half of a sound file, of which nothing is lost.
fn sound_half(bytes: &[u8]) -> Half {
    let (sound, lost) = half_of(bytes, true).unwrap();
    assert_eq!((&sound, lost), (&half_of(bytes, false).unwrap().0, 0));
    sound
}

/// Holds a damaged file against the sound one: strictly decoded it is broken, salvaged it lacks only restart intervals
/// `lost` of the scan `header`.
fn check(name: &str, (forge, sound): (&Forge, &Half), broken: &[u8], header: &ScanHeader, lost: &[usize]) {
    let strict = half_of(broken, false);
    assert!(matches!(strict, Err(Error::Malformed { .. })), "{name}: {:?}", strict.map(|half| half.1));
    let (salvaged, blocks) = half_of(broken, true).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(blocks > 0, "{name}: nothing is said to be lost");
    let excused =
        |index, column, row| lost.iter().any(|&interval| holds(forge, header, interval, (index, column, row)));
    assert_eq!(damage(forge, sound, &salvaged, excused), 0, "{name}: sound blocks differ");
}

#[test]
fn a_missing_marker_costs_an_interval() {
    for (name, forge) in all() {
        let bytes = forge.bytes();
        let sound = (&forge, &sound_half(&bytes));
        for (scan, Intervals { header, places }) in intervals(&bytes).iter().enumerate() {
            for interval in (1..places.len()).step_by(5).chain([places.len() - 1]).filter(|&i| i > 0) {
                let mut broken = bytes.clone();
                broken.drain(places[interval].0 - 2..places[interval].0);
                check(&format!("{name}, RST {interval} of scan {scan}"), sound, &broken, header, &[interval]);
            }
        }
    }
}

#[test]
fn swapped_and_mangled_markers_cost_nothing() {
    for (name, forge) in all() {
        let bytes = forge.bytes();
        let sound = (&forge, &sound_half(&bytes));
        for (scan, Intervals { header, places }) in intervals(&bytes).iter().enumerate() {
            let others: Vec<usize> = (1..places.len().saturating_sub(4)).step_by(7).collect();
            for interval in others {
                let (this, next) = (places[interval].0 - 1, places[interval + 1].0 - 1);
                let mut swapped = bytes.clone();
                swapped.swap(this, next);
                check(&format!("{name}, RST {interval} of scan {scan} swapped"), sound, &swapped, header, &[]);
                for bit in 0..3 {
                    let mut mangled = bytes.clone();
                    mangled[this] ^= 1 << bit;
                    check(&format!("{name}, RST {interval} of scan {scan}, bit {bit}"), sound, &mangled, header, &[]);
                }
            }
        }
    }
}

/// A marker that does not belong there ends its interval, and no other.
#[test]
fn a_marker_too_many_costs_an_interval() {
    for (name, forge) in all() {
        let bytes = forge.bytes();
        let sound = (&forge, &sound_half(&bytes));
        for (scan, Intervals { header, places }) in intervals(&bytes).iter().enumerate() {
            for interval in (0..places.len().saturating_sub(4)).step_by(9) {
                for number in (scan as u8 % 2..8).step_by(2) {
                    let mut broken = bytes.clone();
                    let at = places[interval].0;
                    broken.splice(at..at, [0xFF, RST0 + number]);
                    let name = format!("{name}, RST{number} in interval {interval} of scan {scan}");
                    check(&name, sound, &broken, header, &[interval]);
                }
            }
        }
    }
}

/// Whatever happens to the bytes of an interval, others stay what they are.
#[test]
fn damage_stays_in_its_interval() {
    let (mut strict, mut noticed, mut count) = (0, 0, 0);
    for (name, forge) in all() {
        let bytes = forge.bytes();
        let sound = sound_half(&bytes);
        let random = &mut Random::new(99);
        for (scan, Intervals { header, places }) in intervals(&bytes).iter().enumerate() {
            for _ in 0..12 {
                let interval = random.below(places.len());
                let (first, behind) = places[interval];
                if first == behind {
                    continue;
                }
                let mut broken = bytes.clone();
                for _ in 0..1 + random.below(3) {
                    broken[first + random.below(behind - first)] = random.below(255) as u8;
                }
                // A marker among the data is another matter.
                if broken[first - 1..behind + 1].windows(2).any(|pair| pair[0] == 0xFF && !matches!(pair[1], 0..0xC0)) {
                    continue;
                }
                let (salvaged, lost) = half_of(&broken, true).unwrap_or_else(|error| panic!("{name}: {error}"));
                let excused = |index, column, row| holds(&forge, header, interval, (index, column, row));
                let damaged = damage(&forge, &sound, &salvaged, excused);
                assert_eq!(damaged, 0, "{name}, interval {interval} of scan {scan}");
                assert_eq!(half_of(&broken, false).is_err(), lost > 0, "{name}, interval {interval} of scan {scan}");
                noticed += usize::from(lost > 0);
                strict += usize::from(half_of(&broken, false).is_ok());
                count += 1;
            }
        }
    }
    eprintln!("{count} damaged, {noticed} noticed, {strict} decoded strictly");
    assert!(count > 200 && noticed > count / 3, "{noticed} noticed of {count}");
}

/// Of a sequential file without restart markers, cut anywhere, the blocks that are not there are counted, and mid-grey:
/// nothing shows of one that is there in part.
#[test]
fn lost_blocks_are_grey() {
    let forge = forged(7, Process::Baseline, SHAPES[0], 0);
    let bytes = forge.bytes();
    let sound = sound_half(&bytes);
    let (first, behind) = intervals(&bytes)[0].places[0];
    let blocks = &forge.planes[0].blocks;
    for length in first..behind - 1 {
        let (salvaged, lost) = half_of(&bytes[..length], true).unwrap();
        let kept = blocks.len() - lost as usize;
        for place in 0..blocks.len() {
            let (column, row) = (place % forge.planes[0].blocks_across, place / forge.planes[0].blocks_across);
            for y in 4 * row..(4 * row + 4).min(sound.planes[0].rows()) {
                let columns = 4 * column..(4 * column + 4).min(sound.planes[0].stride);
                let samples = &salvaged.planes[0].row(y)[columns.clone()];
                if place < kept {
                    assert_eq!(samples, &sound.planes[0].row(y)[columns], "block {place}, cut at {length}");
                } else {
                    assert!(samples.iter().all(|&sample| sample == 128), "block {place} of {kept}, cut at {length}");
                }
            }
        }
    }
}

/// Damage that makes a marker of entropy-coded data, which nothing can come of, costs what follows it and no more.
#[test]
fn a_marker_among_the_data_ends_them() {
    for (name, forge) in all() {
        let bytes = forge.bytes();
        let scans = intervals(&bytes);
        let place = scans[0].places[scans[0].places.len() / 2];
        // SOF0, DHT, SOI, SOS, DQT, with a length that there is room for.
        for marker in [0xC0, 0xC4, 0xD8, 0xDA, 0xDB] {
            let mut broken = bytes.clone();
            broken.splice(place.0..place.0, [0xFF, marker, 0, 4, 0xFE, 0xFE]);
            let name = format!("{name}, {marker:X}");
            assert!(half_of(&broken, false).is_err(), "{name}");
            let (salvaged, lost) = half_of(&broken, true).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(lost > 0, "{name}");
            let excused = |index, column, row| {
                let other = |scan: &Intervals| {
                    (0..scan.places.len()).any(|i| holds(&forge, &scan.header, i, (index, column, row)))
                };
                scans[1..].iter().any(other)
                    || (scans[0].places.len() / 2..scans[0].places.len())
                        .any(|i| holds(&forge, &scans[0].header, i, (index, column, row)))
            };
            assert_eq!(damage(&forge, &sound_half(&bytes), &salvaged, excused), 0, "{name}");
        }
    }
}

/// What lies before a cut stays: all of a sequential scan, and what earlier scans said.
#[test]
fn what_comes_before_a_cut_stays() {
    for (name, forge) in all() {
        let bytes = forge.bytes();
        let sound = sound_half(&bytes);
        let scans = intervals(&bytes);
        for tenth in 1..10 {
            let length = bytes.len() * tenth / 10;
            let Some((first, _)) = scans[0].places.first().filter(|place| place.0 < length) else { continue };
            assert!(half_of(&bytes[..length], false).is_err(), "{name} cut at {tenth} tenths");
            let salvaged = half_of(&bytes[..length], true);
            let (salvaged, lost) = salvaged.unwrap_or_else(|error| panic!("{name}, {tenth}, {first}: {error}"));
            assert!(lost > 0, "{name} cut at {tenth} tenths");
            let excused = |index, column, row| {
                let cut = |(interval, place): (usize, &(usize, usize))| (place.1 > length).then_some(interval);
                scans.iter().any(|scan| {
                    let mut cut = scan.places.iter().enumerate().filter_map(cut);
                    cut.any(|interval| holds(&forge, &scan.header, interval, (index, column, row)))
                })
            };
            assert_eq!(damage(&forge, &sound, &salvaged, excused), 0, "{name} cut at {tenth} tenths");
        }
    }
}

/// Files without restart markers as well: a cut file gives a picture of its size, mid-grey where it has no data.
#[test]
fn cut_files_of_the_corpus_give_pictures_of_their_size() {
    let mut count = 0;
    for File { name, bytes, .. } in files().iter().filter(|file| file.bytes.len() < 30_000) {
        let Ok((sound, 0)) = half_of(bytes, false) else { continue };
        assert_eq!(half_of(bytes, true).unwrap(), (sound.clone(), 0), "{name}");
        let scans = intervals(bytes);
        let (first, behind) = (scans[0].places[0].0, scans.last().unwrap().places.last().unwrap().1);
        for tenth in 0..10 {
            let length = first + (behind - first) * tenth / 10;
            let Ok((salvaged, lost)) = half_of(&bytes[..length], true) else {
                assert!(name == "broken/jpeg-dnl.jpg", "{name} cut at {tenth} tenths");
                continue;
            };
            assert!(lost > 0, "{name} cut at {tenth} tenths");
            assert!(half_of(&bytes[..length], false).is_err(), "{name} cut at {tenth} tenths");
            assert_eq!(salvaged.layout, sound.layout, "{name} cut at {tenth} tenths");
            count += 1;
        }
    }
    assert!(count > 100, "only {count} cuts");
}

/// Any damage at all: a picture of the size in the header, or an error.
#[test]
fn salvage_returns() {
    let mut count = 0;
    for seed in 0..3000 {
        let random = &mut Random::new(seed);
        let forge = Forge::random(seed % 250, 5);
        let mut bytes = forge.bytes();
        if !is_image(&forge) {
            continue;
        }
        for _ in 0..1 + random.below(20) {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        if let Ok((half, _)) = half_of(&bytes, true) {
            for (index, plane) in half.planes.iter().enumerate() {
                assert_eq!((plane.stride, plane.rows()), half.layout.size(index), "seed {seed}");
            }
            count += 1;
        }
    }
    assert!(count > 300, "only {count} salvaged");
}
