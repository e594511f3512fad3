use super::fuzzing::inflated_in_pieces;
use super::others::by_others;
use super::*;
use crate::Effort;
use crate::deflate::Deflater;
use crate::deflate::tests::{inputs, noise};

/// Streams by name: of every kind of block, and of many ways to find matches.
fn streams() -> impl Iterator<Item = (String, Vec<u8>, Vec<u8>)> {
    inputs().into_iter().flat_map(|(name, bytes)| {
        let ours = [Effort::Balanced, Effort::Small].map(|effort| {
            let mut deflater = Deflater::behind(Vec::new(), effort);
            deflater.write(&bytes);
            (format!("{name}, {effort:?}"), deflater.finish(), bytes.clone())
        });
        let levels = [0, 1, 6, 9].map(|level| {
            let stream = miniz_oxide::deflate::compress_to_vec_zlib(&bytes, level);
            (format!("{name}, level {level}"), stream, bytes.clone())
        });
        ours.into_iter().chain(levels)
    })
}

#[test]
fn every_stream_is_inflated_however_it_comes() {
    for (name, stream, bytes) in streams() {
        assert!(inflated(&stream, bytes.len()).as_ref() == Ok(&bytes), "{name}");
        assert!(bytes.is_empty() || inflated(&stream, bytes.len() - 1).is_err(), "{name}, with less room");
        for piece in [1, 13, 4096, 100_000] {
            assert!(inflated_in_pieces(&stream, piece) == (bytes.clone(), true), "{name}, in pieces of {piece}");
        }
    }
}

#[test]
fn matches_repeat_whatever_is_before_them() {
    let mut seed = 1;
    for distance in 1..40 {
        let mut bytes: Vec<u8> = (0..100).map(|_| noise(&mut seed) as u8).collect();
        for length in 3..=258 {
            bytes.extend((0..50).map(|_| noise(&mut seed) as u8));
            (0..length).for_each(|_| bytes.push(bytes[bytes.len() - distance]));
        }
        let stream = miniz_oxide::deflate::compress_to_vec_zlib(&bytes, 9);
        assert!(inflated(&stream, bytes.len()).as_ref() == Ok(&bytes), "distance {distance}");
    }
}

#[test]
fn what_is_cut_off_is_inflated_up_to_there() {
    for (name, stream, bytes) in streams().filter(|(_, stream, _)| stream.len() > 6) {
        let mut seed = stream.len() as u32;
        for _ in 0..5 {
            let length = noise(&mut seed) as usize % (stream.len() - 4);
            let (part, whole) = inflated_in_pieces(&stream[..length], 1000);
            assert!(!whole && bytes.starts_with(&part), "{name}, the first {length} bytes");
            // A symbol takes 48 bits at most, and a header 300 bytes.
            let (less, _) = inflated_in_pieces(&stream[..length.saturating_sub(700)], 1000);
            assert!(part.len() >= less.len(), "{name}, the first {length} bytes");
        }
        assert!(
            inflated(&stream[..stream.len() - 1], bytes.len()).is_err(),
            "{name}, without the checksum's last byte"
        );
    }
}

#[test]
fn what_is_broken_is_refused_as_by_others() {
    let mut broken = 0;
    for (name, stream, _) in streams().filter(|(_, stream, _)| stream.len() > 6) {
        let mut seed = stream.len() as u32;
        for round in 0..30 {
            let mut stream = [&stream[..], &[0; 8]].concat();
            // At the beginning there are headers, and behind it there are codes.
            let reach = if round % 2 == 0 { stream.len().min(200) } else { stream.len() };
            let at = 2 + noise(&mut seed) as usize % (reach - 2);
            stream[at] ^= 1 << (noise(&mut seed) % 8);
            let (bytes, whole) = inflated_in_pieces(&stream, 5000);
            broken += usize::from(!whole);
            assert!(whole.then_some(bytes) == by_others(&stream), "{name}, a bit of byte {at}");
        }
    }
    assert!(broken > 1000, "{broken}");
}

/// Bits from strings, the first one lowest; blanks do not count.
fn packed(bits: &str) -> Vec<u8> {
    let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
    let bytes = bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |byte, bit| byte << 1 | bit));
    [0x78, 0x01].into_iter().chain(bytes).collect()
}

/// A block whose codes say literals, but whose bits, behind some `literals` of two bits, are matches of 258 bytes in four
/// bits; read from a wrong bit on, they are literals for ever. Before it the stream stands for `before` bytes, some 200,000.
fn one_reader_is_fast_the_other_astray(before: usize, literals: usize) -> Vec<u8> {
    let match_by_fixed_codes = "11000101 00000";
    let mut bits = format!("0 10 00110000 {} 0000000", match_by_fixed_codes.repeat(800));
    let stored = before - 1 - 800 * 258;
    bits += "0 00";
    let count = bits.bytes().filter(|bit| *bit != b' ').count();
    bits += &"0".repeat(count.next_multiple_of(8) - count);
    for word in [stored, !stored & 0xFFFF] {
        (0..16).for_each(|bit| bits.push(if word >> bit & 1 == 1 { '1' } else { '0' }));
    }
    bits += &"01011000".repeat(stored);
    // Lengths 0, 1, 2, 3, 4 and what is repeated have three bits each; those of symbols 0 and 1 are 2, of 2, 3 and 285 3, of
    // 4 and 256 4, and both distances have one bit.
    bits += "1 01 10111 10000 0111";
    bits += "110 110 110 110 000 000 000 000 000 000 000 110 000 110 000 110 000 110";
    bits += "010 010 011 011 100 111 1111111 111 0110011 100 111 1000100 011 001 001";
    bits += "100";
    bits += &"00".repeat(literals);
    bits += &"110 1".repeat(9000);
    packed(&(bits + "1111"))
}

#[test]
fn however_far_one_reader_goes_there_is_room() {
    let others = |stream: &[u8]| miniz_oxide::inflate::decompress_to_vec(&stream[2..]).unwrap_or_default();
    for before in [221_184, 221_183, 221_170, 221_100, 220_000] {
        for literals in (8101..8241).step_by(2) {
            let stream = one_reader_is_fast_the_other_astray(before, literals);
            let expected = others(&stream);
            let (bytes, whole) = inflated_in_pieces(&stream, 1 << 16);
            assert!(
                whole && bytes == expected,
                "{} of {} bytes, {before} bytes before, {literals} literals",
                bytes.len(),
                expected.len()
            );
        }
    }
}

#[test]
fn what_the_standard_forbids_is_refused() {
    let wrong: [(&str, Vec<u8>); 12] = [
        ("nothing", vec![]),
        ("another method", vec![0x77, 0x05, 3, 0]),
        ("a window too large", vec![0x88, 0x1C, 3, 0]),
        ("a dictionary", vec![0x78, 0x20, 3, 0]),
        ("a wrong check of the header", vec![0x78, 0x02, 3, 0]),
        ("a reserved block", packed("1 11 0000000000000")),
        ("a stored block of two lengths", vec![0x78, 0x01, 1, 1, 0, 0xFF, 0xFF, 0]),
        ("a distance without anything before it", packed("1 10 0000001 00000 0000000")),
        ("symbol 286", packed("1 10 11000110 0000000")),
        ("distance 30", packed("1 10 00110000 0000001 11110 0000000")),
        ("287 literals", packed("1 01 01111 00000 0000")),
        ("31 distances", packed("1 01 00000 01111 0000")),
    ];
    for (name, stream) in wrong {
        let stream = [stream, vec![0; 100]].concat();
        assert!(!inflated_in_pieces(&stream, 3).1, "{name}");
    }
    // The same code, rightly: a literal, it three times more, and the end.
    assert_eq!(inflated_in_pieces(&packed("1 10 00110000 0000001 00000 0000000"), 3), (vec![0; 4], true));
}

#[test]
fn codes_are_whole() {
    let lengths = |literals: &[(usize, u8)], distances: &[u8]| {
        let mut all = [0; 286];
        literals.iter().for_each(|&(symbol, length)| all[symbol] = length);
        Tables::new().set(&all, distances)
    };
    let two = [(65, 1), (256, 1)];
    for (name, literals, distances, right) in [
        ("two literals, no distance", &two[..], &[0; 30][..], true),
        ("two literals, one distance", &two, &[0, 1], true),
        ("one distance of two bits", &two, &[0, 2], false),
        ("three distances of one bit", &two, &[1, 1, 1], false),
        ("distances with a gap", &two, &[1, 2], false),
        ("one literal", &two[1..], &[0], false),
        ("three literals of one bit", &[(65, 1), (66, 1), (256, 1)], &[0], false),
        ("literals with a gap", &[(65, 1), (66, 3), (256, 3)], &[0], false),
    ] {
        assert_eq!(lengths(literals, distances).is_ok(), right, "{name}");
    }
    // The longest codes there are, of which as many as can be stand behind one entry each.
    let deep: Vec<(usize, u8)> = (0..14).map(|i| (i, i as u8 + 1)).chain([(256, 15), (257, 15)]).collect();
    assert!(lengths(&deep, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15]).is_ok());
}
