//! Prefix codes (RFC 9649, 3.7.2): read as lengths, looked up in tables.

use super::bits::Bits;
use super::{Error, malformed};

/// The longest code.
const MOST_BITS: usize = 15;
/// Bits of the first lookup; longer codes take a second one.
const ROOT_BITS: u32 = 8;
/// Entries of all tables of a picture: 8 MiB, while room for them is doubled 16. Encoders of today come to a fifth of it.
const MOST_ENTRIES: usize = 1 << 21;

/// Tables of all codes of a picture, one behind the other.
///
/// An entry has a symbol in its upper 16 bits and the length of its code below. In a first table an entry of more than
/// [`ROOT_BITS`] stands for all longer codes with that beginning: it has the place of their table, from the start of the
/// first, and the bits that look up in it.
#[derive(Default)]
pub(super) struct Tables {
    entries: Vec<u32>,
}

/// A code among [`Tables`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Code {
    /// Where its table starts.
    start: u32,
    /// How many bits look up in it less those of the number: a mask.
    mask: u32,
}

/// Marks an entry that leads to a second table.
const SECOND: u32 = 0x80;

impl Tables {
    /// The next symbol of `code`. At least 15 bits are ready.
    #[inline]
    pub(super) fn symbol(&self, code: Code, bits: &mut Bits<'_>) -> u32 {
        let next = bits.peek();
        let mut entry = self.entries[(code.start + (next & code.mask)) as usize];
        if entry & SECOND != 0 {
            let mask = (1 << (entry & 15)) - 1;
            entry = self.entries[(code.start + (entry >> 16) + (next >> ROOT_BITS & mask)) as usize];
        }
        bits.skip(entry & 15);
        entry >> 16
    }

    /// Where tables end that were read so far.
    pub(super) const fn mark(&self) -> usize {
        self.entries.len()
    }

    /// Forgets tables behind `mark`.
    pub(super) fn forget(&mut self, mark: usize) {
        self.entries.truncate(mark);
    }

    /// The only symbol of `code`, which takes no bits; `None` where there are several.
    pub(super) fn only_symbol(&self, code: Code) -> Option<u32> {
        (code.mask == 0).then(|| self.entries[code.start as usize] >> 16)
    }

    /// Reads a code for an alphabet of so many symbols.
    ///
    /// # Errors
    /// Malformed where its lengths make no code.
    pub(super) fn read(&mut self, bits: &mut Bits<'_>, alphabet: usize) -> Result<Code, Error> {
        let lengths = if bits.flag() { simple_lengths(bits) } else { self.read_lengths(bits, alphabet)? };
        if lengths.len() > alphabet && lengths[alphabet..].iter().any(|&length| length > 0) {
            return Err(malformed("has a prefix code of a symbol that there is not"));
        }
        self.add(&lengths)
    }

    /// Lengths that are themselves coded (3.7.2.1.2).
    fn read_lengths(&mut self, bits: &mut Bits<'_>, alphabet: usize) -> Result<Vec<u8>, Error> {
        const ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        let broken = malformed("has prefix code lengths that do not fit");
        let mut lengths_of_lengths = [0; 19];
        for &symbol in &ORDER[..4 + bits.read(4) as usize] {
            lengths_of_lengths[symbol] = bits.read(3) as u8;
        }
        let mark = self.entries.len();
        let code = self.add(&lengths_of_lengths)?;
        let mut left = alphabet;
        if bits.flag() {
            let width = 2 + 2 * bits.read(3);
            left = 2 + bits.read(width) as usize;
        }
        if left > alphabet {
            return Err(broken);
        }
        let (mut lengths, mut last) = (Vec::with_capacity(alphabet), 8);
        while lengths.len() < alphabet && left > 0 {
            left -= 1;
            bits.refill();
            let (length, times) = match self.symbol(code, bits) {
                16 => (last, 3 + bits.read(2)),
                17 => (0, 3 + bits.read(3)),
                18 => (0, 11 + bits.read(7)),
                length => (length as u8, 1),
            };
            last = if length > 0 { length } else { last };
            lengths.resize(lengths.len() + times as usize, length);
        }
        self.entries.truncate(mark);
        if lengths.len() > alphabet { Err(broken) } else { Ok(lengths) }
    }

    /// Adds the tables of the code whose symbols have these `lengths`, 0 where they do not occur.
    fn add(&mut self, lengths: &[u8]) -> Result<Code, Error> {
        let start = self.entries.len();
        let used = lengths.iter().filter(|&&length| length > 0).count();
        if used == 1 {
            let symbol = lengths.iter().position(|&length| length > 0).unwrap_or_default();
            self.entries.push((symbol as u32) << 16);
            return Ok(Code { start: start as u32, mask: 0 });
        }
        let firsts = first_codes(lengths)?;
        let longest = lengths.iter().copied().max().unwrap_or_default().into();
        let root_bits = ROOT_BITS.min(longest);
        let mask = (1 << root_bits) - 1;
        self.entries.resize(start + (1 << root_bits), 0);
        self.add_second_tables(lengths, firsts, start)?;
        for (reversed, length, symbol) in codes(lengths, firsts) {
            let first = self.entries[start + (reversed & mask) as usize];
            let (table, from, width, bits) = if length > root_bits {
                (start + (first >> 16) as usize, reversed >> root_bits, first & 15, length - root_bits)
            } else {
                (start, reversed, root_bits, length)
            };
            // All that begin with the code mean it.
            for place in (from..1 << width).step_by(1 << bits) {
                // The first lookup's bits are skipped with those of the second.
                self.entries[table + place as usize] = symbol << 16 | length;
            }
        }
        if self.entries.len() > MOST_ENTRIES {
            return Err(super::unsupported("more prefix codes than any encoder makes"));
        }
        Ok(Code { start: start as u32, mask })
    }

    /// Makes room for the codes longer than [`ROOT_BITS`], and entries at `start` that lead there.
    fn add_second_tables(&mut self, lengths: &[u8], firsts: [u32; 16], start: usize) -> Result<(), Error> {
        let mut longest = [0; 1 << ROOT_BITS];
        for (reversed, length, _) in codes(lengths, firsts).filter(|&(_, length, _)| length > ROOT_BITS) {
            let longest = &mut longest[reversed as usize % (1 << ROOT_BITS)];
            *longest = length.max(*longest);
        }
        for (root, &length) in longest.iter().enumerate().filter(|&(_, &length)| length > 0) {
            let place = (self.entries.len() - start) as u32;
            let width = length - ROOT_BITS;
            self.entries[start + root] = place << 16 | SECOND | width;
            self.entries.resize(self.entries.len() + (1 << width), 0);
        }
        Ok(())
    }
}

/// One or two symbols, stated outright (3.7.2.1.1), as lengths.
fn simple_lengths(bits: &mut Bits<'_>) -> Vec<u8> {
    let two = bits.flag();
    let width = if bits.flag() { 8 } else { 1 };
    let mut lengths = vec![0; 256];
    lengths[bits.read(width) as usize] = 1;
    if two {
        lengths[bits.read(8) as usize] = 1;
    }
    lengths
}

/// The first code of each length, where they leave no gap.
fn first_codes(lengths: &[u8]) -> Result<[u32; 16], Error> {
    let mut counts = [0u32; MOST_BITS + 1];
    for &length in lengths.iter().filter(|&&length| length > 0) {
        counts[usize::from(length)] += 1;
    }
    let (mut firsts, mut code) = ([0; 16], 0u32);
    for length in 1..=MOST_BITS {
        code = (code + counts[length - 1]) << 1;
        firsts[length] = code;
    }
    let is_complete = code + counts[MOST_BITS] == 1 << MOST_BITS;
    if is_complete { Ok(firsts) } else { Err(malformed("has prefix codes that leave gaps or overlap")) }
}

/// The code of each symbol, its first bit lowest; its length; the symbol.
fn codes(lengths: &[u8], mut nexts: [u32; 16]) -> impl Iterator<Item = (u32, u32, u32)> {
    let used = lengths.iter().enumerate().filter(|&(_, &length)| length > 0);
    used.map(move |(symbol, &length)| {
        let next = &mut nexts[usize::from(length)];
        let reversed = next.reverse_bits() >> (32 - u32::from(length));
        *next += 1;
        (reversed, length.into(), symbol as u32)
    })
}
