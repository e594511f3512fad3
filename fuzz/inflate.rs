//! Streams of all kinds, with bits that are wrong or without: what they stand for by `fdeflate` and
//! `miniz_oxide`, in whatever pieces they come, and broken where either of them says so.
#![no_main]

#[path = "../core/src/inflate/others.rs"]
mod others;

use arbitrary::Arbitrary;
use halver::inflated_in_pieces;
use libfuzzer_sys::fuzz_target;
use miniz_oxide::deflate::compress_to_vec_zlib;
use others::by_others;

#[derive(Arbitrary, Debug)]
struct Input {
    /// Made longer: what is read at two places at once is longer than what a fuzzer tries.
    bytes: Vec<u8>,
    times: u8,
    /// The level of compression; the bytes are a stream already, where there is none.
    level: Option<u8>,
    wrong: Vec<(u16, u8)>,
    piece: u16,
}

impl Input {
    fn stream(&self) -> Vec<u8> {
        let Some(level) = self.level else { return [&[0x78, 0x01], &self.bytes[..]].concat() };
        let mut state = 1_u32;
        let mut bytes = Vec::new();
        for round in 0..=self.times {
            for &byte in &self.bytes {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                bytes.push(byte.wrapping_add((state >> 24) as u8 & round));
            }
        }
        let mut stream = compress_to_vec_zlib(&bytes, level % 11);
        for &(at, mask) in &self.wrong {
            if let Some(byte) = stream[2..].get_mut(usize::from(at)) {
                *byte ^= mask;
            }
        }
        stream
    }
}

fuzz_target!(|input: Input| {
    let stream = [input.stream(), vec![0; 8]].concat();
    let (bytes, whole) = inflated_in_pieces(&stream, 1 + usize::from(input.piece));
    assert!(whole.then_some(bytes) == by_others(&stream));
});
