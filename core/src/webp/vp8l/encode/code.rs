//! Prefix codes and how they are stated (RFC 9649, 6.2.1).

use crate::deflate::bits::Bits;
use crate::deflate::code::{LONGEST, codes, each_of_run, lengths};

/// A code of an alphabet: the lengths of its symbols, and their codes.
pub(super) struct Code {
    lengths: Vec<u8>,
    codes: Vec<u16>,
    /// Whether there is but one symbol, which takes no bits.
    lone: bool,
}

impl Code {
    /// The best for these `counts`.
    pub(super) fn of(counts: &[u32], longest: u8) -> Self {
        let mut code = Self { lengths: vec![0; counts.len()], codes: vec![0; counts.len()], lone: false };
        lengths(counts, longest, &mut code.lengths);
        codes(&code.lengths, &mut code.codes);
        code.lone = counts.iter().filter(|&&count| count > 0).count() < 2;
        code
    }

    /// The bits of `symbol`, and how many.
    #[inline(always)]
    pub(super) fn bits(&self, symbol: usize) -> (u32, u32) {
        if self.lone { (0, 0) } else { (self.codes[symbol].into(), self.lengths[symbol].into()) }
    }

    /// States the code.
    pub(super) fn write(&self, bits: &mut Bits) {
        let used = |symbol: &usize| self.lengths[*symbol] > 0;
        let mut symbols = (0..self.lengths.len()).filter(used);
        let (first, second, more) = (symbols.next(), symbols.next(), symbols.next());
        let last = second.or(first).unwrap_or(0);
        if more.is_none() && last < 256 {
            let first = first.unwrap_or(0) as u32;
            bits.put(1 | u32::from(second.is_some()) << 1, 2);
            let wide = first > 1;
            bits.put(wide.into(), 1);
            bits.put(first, if wide { 8 } else { 1 });
            if let Some(second) = second {
                bits.put(second as u32, 8);
            }
        } else {
            bits.put(0, 1);
            Stated::of(&self.lengths).write(bits);
        }
    }
}

/// Lengths as they are stated.
struct Stated {
    /// Symbols, each with its extra bits above 8 bits.
    symbols: Vec<u16>,
    counts: [u32; 19],
}

/// The order in which the lengths of the code of lengths come.
pub(in super::super) const ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Extra bits of a symbol.
const fn extra(symbol: usize) -> u32 {
    match symbol {
        16 => 2,
        17 => 3,
        18 => 7,
        _ => 0,
    }
}

impl Stated {
    fn of(lengths: &[u8]) -> Self {
        let mut stated = Self { symbols: Vec::new(), counts: [0; 19] };
        // The length that 16 repeats: the last one that is not 0.
        let mut last = 8;
        let used = lengths.iter().rposition(|&length| length > 0).map_or(0, |at| at + 1);
        for run in lengths[..used].chunk_by(|a, b| a == b) {
            let is_last = run[0] == last;
            if run[0] > 0 {
                last = run[0];
            }
            each_of_run(run[0], run.len(), is_last, |symbol, extra| stated.push(symbol, extra));
        }
        stated
    }

    fn push(&mut self, symbol: usize, extra: usize) {
        self.symbols.push((extra << 8 | symbol) as u16);
        self.counts[symbol] += 1;
    }

    fn write(&self, bits: &mut Bits) {
        const { assert!(LONGEST == 15) };
        let code = Code::of(&self.counts, 7);
        let written = ORDER.iter().rposition(|&symbol| code.lengths[symbol] > 0).map_or(4, |at| 4.max(at + 1));
        bits.put(written as u32 - 4, 4);
        for &symbol in &ORDER[..written] {
            bits.put(code.lengths[symbol].into(), 3);
        }
        // How many symbols follow: zeros behind the last one that is used are left out.
        let over = self.symbols.len() as u32 - 2;
        let pairs = if over < 4 { 1 } else { over.ilog2() / 2 + 1 };
        bits.put(1 | (pairs - 1) << 1, 4);
        bits.put(over, 2 * pairs);
        for &symbol in &self.symbols {
            let (place, more) = (usize::from(symbol & 0xFF), u32::from(symbol >> 8));
            let (word, count) = code.bits(place);
            bits.put(word, count);
            bits.put(more, extra(place));
        }
    }
}
