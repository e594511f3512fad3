//! Coefficients against those that files were forged from, and against scans written bit by bit.

use super::super::{Picture, Side};
use super::*;
use crate::jpeg::decode::scan::Selector;
use crate::jpeg::forge::{Forge, Process, Random};
use crate::jpeg::frame::Component;
use crate::jpeg::header::Header;
use crate::jpeg::layout::Plane;
use crate::jpeg::marker::{DHT, DQT, DRI, RST0};
use crate::jpeg::quantization::ZIGZAG;
use crate::jpeg::segment::Segment;

fn decode(source: &[u8], whole: &[(bool, bool)]) -> Result<Picture, Error> {
    Picture::decode(source, &Header::parse(source)?, whole, false)
}

/// Compares all that is held, of components wanted whole or half, with what the file was made from.
fn assert_comes_back(forge: &Forge, whole: &[(bool, bool)], name: &str) {
    let picture = decode(&forge.bytes(), whole).unwrap_or_else(|error| panic!("{name}: {error}"));
    let coefficients = picture.coefficients.as_ref().unwrap_or_else(|| panic!("{name} is not progressive"));
    for (index, plane) in forge.planes.iter().enumerate() {
        for (place, expected) in plane.blocks.iter().enumerate() {
            let (x, y) = (place % plane.blocks_across, place / plane.blocks_across);
            let expected = expected.map(|value| value as i16);
            let wants_corner = picture.targets[index].wants_corner(x, y);
            let same = match coefficients.component(index).block(x, y) {
                Block::Corner(corner) => wants_corner && (0..16).all(|i| corner[i] == expected[i / 4 * 8 + i % 4]),
                Block::Whole(block) => !wants_corner && *block == expected,
            };
            assert!(same, "{name}: component {index}, block {x}, {y}");
        }
    }
}

#[test]
fn forged_coefficients_come_back() {
    let mut count = 0;
    for seed in 0..600 {
        let forge = Forge::random(seed, [3, 6, 10, 14][seed as usize % 4]);
        if forge.process == Process::Progressive && forge.planes.len() != 2 {
            let random = &mut Random::new(seed);
            let mut whole = || (random.once_in(3), random.once_in(3));
            let whole: Vec<_> = forge.planes.iter().map(|_| whole()).collect();
            assert_comes_back(&forge, &whole, &format!("seed {seed}, whole {whole:?}"));
            count += 1;
        }
    }
    assert!(count > 200, "only {count} progressive files");
}

#[test]
fn runs_of_blocks_go_on_in_the_next_row() {
    let mut forge = Forge::of_shape(Process::Progressive, (2044, 1100), &[(1, 1)], 3, &mut Random::new(7));
    forge.planes[0].blocks.iter_mut().skip(1).for_each(|block| block[1..].fill(0));
    forge.scans.iter_mut().for_each(|scan| scan.restart_interval = 0);
    forge.longest_run = 32764;
    assert_comes_back(&forge, &[(false, false)], "runs of 32764 blocks");
}

#[test]
fn a_file_without_eoi_is_whole_with_its_last_bit() {
    for seed in 0..200 {
        let mut forge = Forge { eoi: false, garbage: Vec::new(), ..Forge::random(seed, 6) };
        let whole = vec![(false, false); forge.planes.len()];
        if forge.process != Process::Progressive || forge.planes.len() == 2 || forge.scans.len() < 2 {
            continue;
        }
        assert!(decode(&forge.bytes(), &whole).is_ok(), "seed {seed}");
        forge.scans.pop();
        let cut = decode(&forge.bytes(), &whole).err();
        assert_eq!(cut, Some(malformed("ends before its last scan")), "seed {seed}");
        forge.eoi = true;
        assert!(decode(&forge.bytes(), &whole).is_ok(), "seed {seed}");
    }
}

/// A grey picture of four blocks side by side, whose scans are written by hand.
struct Hand {
    frame: Frame,
    tables: Tables,
    targets: Vec<Target>,
    coefficients: Coefficients,
}

impl Hand {
    /// With a restart marker behind each `interval` of blocks. The codes of AC scans:
    ///
    /// | code  | symbol |
    /// |-------|--------|
    /// | 00    | a coefficient of one bit |
    /// | 01    | no more in this block |
    /// | 10    | a zero, then a coefficient of one bit |
    /// | 110   | sixteen zeros |
    /// | 1110  | no more in this block and one or two behind it, by the next bit |
    /// | 11110 | a coefficient of two bits |
    fn new(interval: u8) -> Self {
        let mut tables = Tables::default();
        let mut codes = vec![0x10, 0, 3, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        codes.extend([0x01, 0x00, 0x11, 0xF0, 0x10, 0x02]);
        let quantization = [&[0][..], &[1; 64]].concat();
        for (marker, payload) in [(DHT, &codes[..]), (DQT, &quantization), (DRI, &[0, interval])] {
            tables.take(&Segment { marker, payload, coded: &[] }).unwrap();
        }
        let components = vec![Component { id: 1, h: 1, v: 1, table: 0 }];
        let frame = Frame { progressive: true, width: 32, height: 8, components };
        let targets = vec![Target::new(Side::new(32, false), Side::new(8, false), Plane::new(16, 4))];
        let coefficients = Coefficients::new(&targets);
        Self { frame, tables, targets, coefficients }
    }

    /// Adds a scan of coefficients `start` to `end`, and says how many blocks were lost.
    fn scan(
        &mut self,
        (start, end): (usize, usize),
        (high, low): (u32, u32),
        coded: &[u8],
        salvage: bool,
    ) -> Result<u64, Error> {
        let header = ScanHeader { components: vec![Selector { index: 0, dc: 0, ac: 0 }], start, end, high, low };
        self.coefficients.scan(&header, &self.frame, &self.tables, coded, &mut self.targets, salvage)
    }

    /// The first six coefficients in zigzag order of block `x`.
    fn block(&self, x: usize) -> [i16; 6] {
        let Block::Corner(corner) = self.coefficients.component(0).block(x, 0) else { panic!("block {x} is whole") };
        std::array::from_fn(|k| corner[usize::from(ZIGZAG[k] / 8 * 4 + ZIGZAG[k] % 8)])
    }
}

/// The bits as bytes, filled up with ones.
fn bits(text: &str) -> Vec<u8> {
    let mut bits: Vec<u8> = text.bytes().filter(|&byte| byte != b' ').map(|byte| byte - b'0').collect();
    bits.resize(bits.len().next_multiple_of(8), 1);
    let bytes = bits.chunks(8).map(|byte| byte.iter().fold(0, |value, bit| value << 1 | bit));
    bytes.flat_map(|byte| if byte == 0xFF { vec![0xFF, 0] } else { vec![byte] }).collect()
}

#[test]
fn scans_add_to_each_other() {
    let mut hand = Hand::new(0);
    // 1 and, behind a zero, −1; two blocks of nothing; 3 (in two bits).
    let first = bits("00 1 10 0 01  1110 0  11110 11 01");
    assert_eq!(hand.scan((1, 5), (0, 1), &first, false), Ok(0));
    assert_eq!([0, 1, 2, 3].map(|x| hand.block(x)), [[0, 2, 0, -2, 0, 0], [0; 6], [0; 6], [0, 6, 0, 0, 0, 0]]);
    // Between them 1, after a correction bit for the one before it, 1; then one for the one behind it, 1. In the
    // second block −1, in the last two nothing, and a correction bit, 0.
    let second = bits("00 1 1 01 1  10 0 01  1110 0 0");
    assert_eq!(hand.scan((1, 5), (1, 0), &second, false), Ok(0));
    let expected = [[0, 3, 1, -3, 0, 0], [0, 0, -1, 0, 0, 0], [0; 6], [0, 6, 0, 0, 0, 0]];
    assert_eq!([0, 1, 2, 3].map(|x| hand.block(x)), expected);
    // DC differences 1, −1, 0 and 2, at bit position 1; then their last bits.
    assert_eq!(hand.scan((0, 0), (0, 1), &bits("010 1  010 0  00  011 10"), false), Ok(0));
    assert_eq!(hand.scan((0, 0), (1, 0), &bits("1 0 1 1"), false), Ok(0));
    assert_eq!([0, 1, 2, 3].map(|x| hand.block(x)[0]), [3, 0, 1, 5]);
    assert!(!hand.coefficients.are_complete());
    assert_eq!(hand.scan((6, 63), (0, 0), &bits("01 01 01 01"), false), Ok(0));
    assert!(hand.coefficients.are_complete());
}

#[test]
fn a_block_may_be_nothing_but_corrections() {
    let mut hand = Hand::new(0);
    hand.targets = vec![Target::new(Side::new(32, true), Side::new(8, true), Plane::new(32, 8))];
    hand.coefficients = Coefficients::new(&hand.targets);
    let first = format!("{} 1110 1 01", "00 1".repeat(63));
    assert_eq!(hand.scan((1, 63), (0, 1), &bits(&first), false), Ok(0));
    // Of the 63 bits those of coefficients with an even number are set.
    let second = format!("01 0 {} 01 01 01", "10".repeat(31));
    assert_eq!(hand.scan((1, 63), (1, 0), &bits(&second), false), Ok(0));
    let Block::Whole(block) = hand.coefficients.component(0).block(0, 0) else { panic!("a corner") };
    for k in 1..64 {
        assert_eq!(block[usize::from(ZIGZAG[k])], if k % 2 == 0 { 3 } else { 2 }, "coefficient {k}");
    }
}

#[test]
fn broken_codes_are_refused() {
    const FIRST: (u32, u32) = (0, 0);
    const LATER: (u32, u32) = (1, 0);
    let broken = [
        ((1, 2), FIRST, "10 1 10 1", "a coefficient behind the band"),
        ((1, 15), FIRST, "110 01", "sixteen zeros where there is room for fifteen"),
        ((1, 63), FIRST, "111110", "no code"),
        ((1, 1), LATER, "10 1", "a coefficient behind the band"),
        ((1, 15), LATER, "110 01", "sixteen zeros where there is room for fifteen"),
        ((1, 63), LATER, "11110 11", "two bits at once"),
        ((1, 63), LATER, "111110", "no code"),
        ((0, 0), FIRST, "111111111", "no code"),
    ];
    for (band, bit, text, name) in broken {
        let result = Hand::new(0).scan(band, bit, &bits(text), false);
        assert_eq!(result, Err(malformed("has broken Huffman codes")), "{name}, in {band:?} at {bit:?}");
    }
    let fifteen_bits = "111111110 111111111111111 ".repeat(2);
    let result = Hand::new(0).scan((0, 0), (0, 13), &bits(&fifteen_bits), false);
    assert!(matches!(result, Err(Error::Malformed { .. })), "{result:?}");
}

#[test]
fn data_that_end_early_are_refused() {
    for (band, bit) in [((0, 0), (0, 0)), ((0, 0), (1, 0)), ((1, 63), (0, 0)), ((1, 63), (1, 0))] {
        let result = Hand::new(0).scan(band, bit, &[], false);
        assert_eq!(result, Err(malformed("ends inside the image data")), "{band:?} at {bit:?}");
    }
}

/// DC differences 1 in each of four intervals, and what stands between them.
fn intervals(markers: [Option<u8>; 3]) -> Vec<u8> {
    let mut coded = bits("010 1");
    for marker in markers {
        coded.extend(marker.into_iter().flat_map(|m| [0xFF, RST0 + m]));
        coded.extend(bits("010 1"));
    }
    coded
}

#[test]
fn restart_markers_must_be_there() {
    let problems = [
        ([Some(0), Some(1), Some(2)], None),
        ([Some(0), Some(2), Some(1)], Some("has restart markers out of order")),
        ([Some(0), Some(1), None], Some("lacks a restart marker")),
    ];
    for (markers, problem) in problems {
        let mut hand = Hand::new(1);
        let result = hand.scan((0, 0), (0, 0), &intervals(markers), false);
        assert_eq!(result, problem.map_or(Ok(0), |reason| Err(malformed(reason))), "{markers:?}");
        let reached = if problem.is_some() { 0 } else { 1 };
        assert_eq!(hand.block(3)[0], reached, "{markers:?}");
    }
}

#[test]
fn what_is_broken_ends_at_a_restart_marker() {
    let dc = |coded: &[u8]| {
        let mut hand = Hand::new(1);
        let lost = hand.scan((0, 0), (0, 0), coded, true);
        (lost, [0, 1, 2, 3].map(|x| hand.block(x)[0]))
    };
    assert_eq!(dc(&intervals([Some(0), Some(1), Some(2)])), (Ok(0), [1, 1, 1, 1]));
    assert_eq!(dc(&intervals([Some(0), None, Some(2)])), (Ok(1), [1, 1, 0, 1]));
    assert_eq!(dc(&intervals([Some(0), None, None])), (Ok(2), [1, 1, 0, 0]));
    // An interval of no data, one of no code, and a file that ends in the third.
    assert_eq!(dc(&[0x5F, 0xFF, RST0, 0xFF, RST0 + 1, 0x5F, 0xFF, RST0 + 2, 0x5F]), (Ok(1), [1, 0, 1, 1]));
    assert_eq!(dc(&[0x5F, 0xFF, RST0, 0xFF, 0, 0xFF, 0, 0xFF, RST0 + 1, 0x5F, 0xFF, RST0 + 2, 0x5F]).1, [1, 0, 1, 1]);
    assert_eq!(dc(&[0x5F, 0xFF, RST0, 0x5F, 0xFF, RST0 + 1]), (Ok(2), [1, 1, 0, 0]));
}

#[test]
fn a_run_ends_at_a_restart_marker() {
    let mut hand = Hand::new(2);
    // No more in this block and the next two, of which one is behind the marker and has a coefficient.
    let coded = [bits("1110 1"), vec![0xFF, RST0], bits("00 1 01  01")].concat();
    assert_eq!(hand.scan((1, 63), (0, 0), &coded, false), Ok(0));
    assert_eq!([0, 1, 2, 3].map(|x| hand.block(x)[1]), [0, 0, 1, 0]);
}

#[test]
fn a_scan_without_markers_is_kept_up_to_what_is_broken() {
    let mut hand = Hand::new(0);
    let coded = bits("00 1 01  00 0 01  111110");
    assert_eq!(hand.scan((1, 63), (0, 0), &coded, true), Ok(2));
    assert_eq!([0, 1, 2, 3].map(|x| hand.block(x)[1]), [1, -1, 0, 0]);
}
