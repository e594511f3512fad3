use super::{Counts, definition};
use crate::jpeg::forge::Random;
use crate::jpeg::huffman::{Class, Definition, annex_k};

/// The bits that `definition` takes for `counts`. It is checked on the way: exactly the symbols that occur have codes, no
/// code begins another one, none is all ones.
fn cost(definition: &Definition, counts: &Counts) -> u64 {
    let codes = definition.codes().unwrap();
    let mut used: Vec<u8> = codes.iter().map(|code| code.symbol).collect();
    used.sort_unstable();
    let occurring: Vec<u8> = (0..=255).filter(|&symbol| counts[usize::from(symbol)] > 0).collect();
    assert_eq!(used, occurring);
    assert!(codes.iter().all(|code| code.length <= 16 && code.code + 1 < 1 << code.length), "all ones");
    // Codes as ranges of all 16-bit words: they ascend, and each begins behind the one before.
    let mut end = 0;
    for code in &codes {
        let start = code.code << (16 - code.length);
        assert!(start >= end, "a code begins another one");
        end = start + (1 << (16 - code.length));
    }
    codes.iter().map(|code| u64::from(code.length) * u64::from(counts[usize::from(code.symbol)])).sum()
}

/// The fewest bits that any code of at most 16 bits with none of all ones takes, by package-merge (Larmore and Hirschberg,
/// J. ACM 37, 1990): 16 times, all symbols and the pairs of the round before, in order; each of the cheapest 2 n − 2 of
/// the last round costs a bit of each symbol in it.
fn fewest_bits(counts: &Counts) -> u64 {
    // The code of all ones goes to one more symbol that never occurs.
    let leaves: Vec<u64> = counts.iter().map(|&count| u64::from(count)).filter(|&count| count > 0).chain([0]).collect();
    let mut packages: Vec<u64> = Vec::new();
    for _ in 0..16 {
        let pairs: Vec<u64> = packages.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect();
        packages = leaves.iter().copied().chain(pairs).collect();
        packages.sort_unstable();
    }
    packages[..2 * leaves.len() - 2].iter().sum()
}

/// Counts of up to `symbols` symbols, some far more often than others: up to 2^`bits` times.
fn counts(symbols: usize, bits: usize, random: &mut Random) -> Counts {
    let mut counts = [0; 256];
    for _ in 0..symbols {
        let bits = random.below(bits + 1);
        counts[random.below(256)] = 1 + random.below(1 << bits) as u32;
    }
    counts
}

#[test]
fn codes_are_the_shortest_there_are() {
    let random = &mut Random::new(11);
    for symbols in 1..300 {
        let counts = counts(symbols, 6, random);
        assert_eq!(cost(&definition(&counts), &counts), fewest_bits(&counts), "{symbols} symbols");
    }
}

/// Where codes would be longer than 16 bits the procedure of K.2 is not the best there is, but next to it.
#[test]
fn limited_codes_are_hardly_longer() {
    let random = &mut Random::new(13);
    for symbols in 1..300 {
        let counts = counts(symbols, 20, random);
        let (found, fewest) = (cost(&definition(&counts), &counts), fewest_bits(&counts));
        assert!(found >= fewest && found <= fewest + fewest / 1000, "{found} bits instead of {fewest}");
    }
}

/// One symbol has a code of one bit that is not 1; 256 alike have eight bits and one of them nine, or so.
#[test]
fn few_and_many_symbols_have_codes() {
    for symbol in [0, 17, 255] {
        let mut counts = [0; 256];
        counts[symbol] = 5;
        assert_eq!(definition(&counts).counts, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(cost(&definition(&counts), &counts), 5);
    }
    for count in [1, 1000, u32::MAX] {
        assert_eq!(cost(&definition(&[count; 256]), &[count; 256]), fewest_bits(&[count; 256]));
    }
    assert!(definition(&[0; 256]).symbols.is_empty());
}

/// Fibonacci's numbers make the longest codes: 46 symbols would have up to 46 bits.
#[test]
fn no_code_is_longer_than_16_bits() {
    for symbols in 2..=46 {
        let mut counts = [0; 256];
        let (mut a, mut b) = (1_u32, 1_u32);
        for count in &mut counts[..symbols] {
            *count = a;
            (a, b) = (b, a.saturating_add(b));
        }
        let (found, fewest) = (cost(&definition(&counts), &counts), fewest_bits(&counts));
        assert!(found <= fewest + fewest / 200, "{symbols} symbols: {found} bits instead of {fewest}");
    }
}

/// No table that is made for counts is worse than the one that T.81 K.3 has for all pictures.
#[test]
fn tables_are_no_worse_than_those_of_annex_k() {
    let random = &mut Random::new(12);
    for class in [Class::Dc, Class::Ac] {
        for chrominance in [false, true] {
            let standard = annex_k(class, chrominance);
            let codes = standard.codes().unwrap();
            for _ in 0..100 {
                let mut counts = [0; 256];
                for code in &codes {
                    // About as often as the standard's table expects, or not at all.
                    let expected = 1 << (17 - code.length);
                    let most = expected * random.below(3);
                    counts[usize::from(code.symbol)] = random.below(1 + most) as u32;
                }
                let of_standard: u64 =
                    codes.iter().map(|c| u64::from(c.length) * u64::from(counts[usize::from(c.symbol)])).sum();
                assert!(cost(&definition(&counts), &counts) <= of_standard);
            }
        }
    }
}
