//! Bytes of a JPEG file: marker segments, and entropy-coded bits with their stuffing.

use super::optimal::Counts;
use crate::jpeg::huffman::{Class, Definition};
use crate::jpeg::marker::{DHT, SOI};

/// A file in the making.
#[derive(Debug, Default)]
pub(super) struct Segments {
    pub(super) bytes: Vec<u8>,
}

impl Segments {
    /// A file that holds SOI.
    pub(super) fn new() -> Self {
        Self { bytes: vec![0xFF, SOI] }
    }

    /// Adds the segment `marker` with these parameters, at most 65533 bytes.
    pub(super) fn put(&mut self, marker: u8, parameters: &[u8]) {
        debug_assert!(parameters.len() <= 65533);
        self.bytes.extend([0xFF, marker]);
        self.bytes.extend((parameters.len() as u16 + 2).to_be_bytes());
        self.bytes.extend_from_slice(parameters);
    }

    /// Adds a DHT segment with one table.
    pub(super) fn put_huffman(&mut self, class: Class, destination: u8, definition: &Definition) {
        let class = if class == Class::Dc { 0 } else { 0x10 };
        self.put(DHT, &[&[class | destination][..], &definition.counts, &definition.symbols].concat());
    }
}

/// From symbols to codes.
#[derive(Clone, Debug)]
pub(super) struct CodeTable {
    /// By symbol: the code × 256 + its length. A symbol without a code has 0, so that nothing is written for it.
    codes: Box<[u32; 256]>,
}

impl CodeTable {
    /// The codes of `definition`, which are sound.
    pub(super) fn new(definition: &Definition) -> Self {
        let mut codes = Box::new([0; 256]);
        for code in definition.codes().unwrap_or_default() {
            codes[usize::from(code.symbol)] = code.code << 8 | code.length;
        }
        Self { codes }
    }

    /// Bits of the codes of so many symbols.
    pub(super) fn bits(&self, counts: &Counts) -> u64 {
        self.codes.iter().zip(counts).map(|(code, &count)| u64::from(code & 0xFF) * u64::from(count)).sum()
    }
}

impl Default for CodeTable {
    /// A table without codes.
    fn default() -> Self {
        Self { codes: Box::new([0; 256]) }
    }
}

/// Entropy-coded data in the making.
#[derive(Debug)]
pub(super) struct BitWriter {
    pub(super) bytes: Vec<u8>,
    bits: PendingBits,
}

impl BitWriter {
    /// Goes on behind `bytes`.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, bits: PendingBits::default() }
    }

    /// Makes room for about so many bytes, by growing a quarter where there is too little.
    pub(super) fn reserve(&mut self, bytes: usize) {
        if self.bytes.capacity() - self.bytes.len() < bytes {
            self.bytes.reserve_exact(bytes.max(self.bytes.len() / 4));
        }
    }

    /// Adds all that `write` puts: the bits stay in registers while it does.
    pub(super) fn with_bits(&mut self, write: impl FnOnce(PendingBits, &mut Vec<u8>) -> PendingBits) {
        self.bits = write(self.bits, &mut self.bytes);
    }

    /// Adds a symbol and `count` bits behind it, at most 14.
    #[inline(always)]
    pub(super) fn put_symbol(&mut self, table: &CodeTable, symbol: u8, bits: u32, count: u32) {
        let entry = table.codes[usize::from(symbol)];
        self.put_bits(entry >> 8 << count | bits, (entry & 0xFF) + count);
    }

    /// Adds the lowest `count` bits of `bits`, at most 32; the others are zero.
    #[inline(always)]
    pub(super) fn put_bits(&mut self, bits: u32, count: u32) {
        self.bits.put_bits(bits, count, &mut self.bytes);
    }

    /// Fills the last byte with ones (T.81 F.1.2.3) and gives all bytes back.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let missing = (8 - self.bits.count % 8) % 8;
        self.bits.put_bits((1 << missing) - 1, missing, &mut self.bytes);
        while self.bits.count > 0 {
            self.bits.count -= 8;
            push_byte((self.bits.word >> self.bits.count) as u8, &mut self.bytes);
        }
        self.bytes
    }
}

/// Bits that are not yet written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PendingBits {
    /// The bits, in the lowest places.
    word: u64,
    /// How many, at most 31.
    count: u32,
}

impl PendingBits {
    /// Adds a symbol and the bits behind it, as many as its lowest four bits say.
    #[inline(always)]
    pub(super) fn put(&mut self, table: &CodeTable, symbol: u8, bits: u32, bytes: &mut Vec<u8>) {
        let entry = table.codes[usize::from(symbol)];
        let size = u32::from(symbol & 15);
        self.put_bits(entry >> 8 << size | bits, (entry & 0xFF) + size, bytes);
    }

    /// Adds the lowest `count` bits of `bits`, at most 32; the others are zero.
    #[inline(always)]
    pub(super) fn put_bits(&mut self, bits: u32, count: u32, bytes: &mut Vec<u8>) {
        self.word = self.word << count | u64::from(bits);
        self.count += count;
        if self.count >= 32 {
            self.count -= 32;
            push_word((self.word >> self.count) as u32, bytes);
        }
    }
}

/// Writes 32 bits, with a zero stuffed behind each 0xFF (T.81 F.1.2.3).
#[inline(always)]
fn push_word(word: u32, bytes: &mut Vec<u8>) {
    const LOW: u32 = 0x0101_0101;
    // Adding one carries out of a byte that is 0xFF, and only then clears its highest bit, or that of one above it.
    if word & !word.wrapping_add(LOW) & (LOW << 7) == 0 {
        bytes.extend_from_slice(&word.to_be_bytes());
    } else {
        word.to_be_bytes().into_iter().for_each(|byte| push_byte(byte, bytes));
    }
}

fn push_byte(byte: u8, bytes: &mut Vec<u8>) {
    bytes.push(byte);
    if byte == 0xFF {
        bytes.push(0);
    }
}
