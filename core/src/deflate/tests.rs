use super::*;

const EFFORTS: [Effort; 3] = [Effort::Fast, Effort::Balanced, Effort::Small];

/// A small generator of numbers that look random (Marsaglia, xorshift32).
pub(crate) fn noise(seed: &mut u32) -> u32 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    *seed
}

fn deflated<'a>(parts: impl Iterator<Item = &'a [u8]>, effort: Effort) -> Vec<u8> {
    deflated_by(Deflater::write, parts, effort)
}

fn deflated_by<'a>(write: fn(&mut Deflater, &[u8]), parts: impl Iterator<Item = &'a [u8]>, effort: Effort) -> Vec<u8> {
    let mut deflater = Deflater::behind(b"before".to_vec(), effort);
    parts.for_each(|part| write(&mut deflater, part));
    let bytes = deflater.finish();
    assert!(bytes.starts_with(b"before"));
    bytes[6..].to_vec()
}

/// Inputs by name.
pub(crate) fn inputs() -> Vec<(String, Vec<u8>)> {
    let mut seed = 0x9E37_79B9;
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    for length in [0, 1, 2, 3, 4, 5, 7, 8, 9, 257, 258, 259, 260, 1000, 32_767, 32_768, 32_769, 70_000, 400_000] {
        all.push((format!("{length} zeros"), vec![0; length]));
        all.push((format!("{length} random bytes"), (0..length).map(|_| noise(&mut seed) as u8).collect()));
        all.push((format!("{length} of few bytes"), (0..length).map(|_| (noise(&mut seed) % 3) as u8).collect()));
        let period = 1 + noise(&mut seed) as usize % 40_000;
        let once: Vec<u8> = (0..period).map(|_| noise(&mut seed) as u8).collect();
        all.push((format!("{length} bytes of period {period}"), once.iter().copied().cycle().take(length).collect()));
    }
    // Skewed: codes as long as there are, and longer before they are limited.
    let mut skewed = Vec::new();
    let (mut a, mut b) = (1, 1);
    for byte in 0..25 {
        skewed.extend(vec![byte * 7; a]);
        (a, b) = (b, a + b);
    }
    for i in (1..skewed.len()).rev() {
        skewed.swap(i, noise(&mut seed) as usize % (i + 1));
    }
    all.push(("Fibonacci's bytes".to_owned(), skewed));
    // Kinds of data one after the other.
    let mixed = all.iter().rev().take(40).flat_map(|(_, bytes)| bytes.iter().take(50_000)).copied().collect();
    all.push(("all kinds".to_owned(), mixed));
    all
}

#[test]
fn what_was_deflated_is_inflated_by_others_too() {
    for (name, bytes) in inputs() {
        let ways: [fn(&mut Deflater, &[u8]); 2] = [Deflater::write, Deflater::write_filtered];
        for (write, effort) in ways.into_iter().flat_map(|write| EFFORTS.map(|effort| (write, effort))) {
            let stream = deflated_by(write, [&bytes[..]].into_iter(), effort);
            assert!(crate::inflate::inflated(&stream, bytes.len()).as_ref() == Ok(&bytes), "{name}, {effort:?}");
            let again = miniz_oxide::inflate::decompress_to_vec_zlib(&stream);
            assert!(again.is_ok_and(|again| again == bytes), "{name}, {effort:?}");
            let most = bytes.len() + bytes.len() / 50 + 64;
            assert!(stream.len() <= most, "{name}, {effort:?}: {} bytes", stream.len());
        }
    }
}

#[test]
fn streams_do_not_depend_on_how_the_bytes_come() {
    for (name, bytes) in inputs().into_iter().filter(|(_, bytes)| bytes.len() > 1000) {
        for effort in [Effort::Fast, Effort::Balanced] {
            let whole = deflated([&bytes[..]].into_iter(), effort);
            let whole_filtered = deflated_by(Deflater::write_filtered, [&bytes[..]].into_iter(), effort);
            for length in [1001, 32_768, 131_072] {
                assert!(deflated(bytes.chunks(length), effort) == whole, "{name} by {length}, {effort:?}");
                let filtered = deflated_by(Deflater::write_filtered, bytes.chunks(length), effort);
                assert!(filtered == whole_filtered, "{name}, filtered, by {length}, {effort:?}");
            }
        }
    }
}

#[test]
fn more_effort_never_takes_many_more_bytes() {
    let (mut fast, mut small) = (0, 0);
    for (name, bytes) in inputs() {
        let [a, b, c] = EFFORTS.map(|effort| deflated([&bytes[..]].into_iter(), effort).len());
        assert!(b <= a + a / 50 + 8 && c <= b + b / 30 + 8, "{name}: {a}, {b}, {c}");
        (fast, small) = (fast + a, small + c);
    }
    assert!(small < fast);
}

#[test]
fn code_lengths_are_optimal_and_within_their_limit() {
    let mut seed = 7;
    for round in 0..200 {
        let symbols = 2 + noise(&mut seed) as usize % 284;
        let spread = 1 + noise(&mut seed) % 24;
        let counts: Vec<u32> = (0..symbols).map(|_| noise(&mut seed) >> (8 + noise(&mut seed) % spread)).collect();
        for longest in [7_u8, 15] {
            if counts.iter().filter(|count| **count > 0).count() > 1 << longest {
                continue;
            }
            let mut lengths = vec![0; symbols];
            code::lengths(&counts, longest, &mut lengths);
            let used: Vec<u8> = lengths.iter().copied().filter(|&length| length > 0).collect();
            assert_eq!(used.len(), counts.iter().filter(|count| **count > 0).count(), "round {round}");
            assert!(used.iter().all(|&length| length <= longest), "round {round}");
            let sum: u64 = used.iter().map(|&length| 1 << (longest - length)).sum();
            assert!(used.len() < 2 || sum == 1 << longest, "round {round}: {sum} of {}", 1 << longest);
            for (a, b) in counts.iter().zip(&lengths).flat_map(|a| counts.iter().zip(&lengths).map(move |b| (a, b))) {
                assert!(a.0 <= b.0 || a.1 <= b.1 || *b.1 == 0, "round {round}: the more frequent, the shorter");
            }
        }
    }
}

#[test]
fn symbols_are_those_of_the_standard() {
    // RFC 1951 3.2.5: the least length or distance of each symbol.
    let lengths = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163];
    let lengths = lengths.into_iter().chain([195, 227, 258]);
    for (symbol, least) in (257..).zip(lengths) {
        assert_eq!(code::length_symbol(least), (symbol, code::length_extra(symbol)), "length {least}");
        assert!(least == 3 || code::length_symbol(least - 1).0 == symbol - 1, "length {least}");
    }
    let distances = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049];
    let distances = distances.into_iter().chain([3073, 4097, 6145, 8193, 12289, 16385, 24577]);
    for (symbol, least) in (0..).zip(distances) {
        assert_eq!(code::distance_symbol(least), (symbol, code::distance_extra(symbol)), "distance {least}");
        assert!(least == 1 || code::distance_symbol(least - 1).0 == symbol - 1, "distance {least}");
    }
    assert_eq!(code::distance_symbol(32768), (29, 13));
}
