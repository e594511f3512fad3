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
///
/// Bits are first put together as they are, then copied with a zero stuffed behind each 0xFF (T.81 F.1.2.3).
#[derive(Debug)]
pub(super) struct BitWriter {
    /// The file so far.
    pub(super) bytes: Vec<u8>,
    plain: Box<Plain>,
    bits: PendingBits,
}

/// Bytes without stuffing.
pub(super) type Plain = [u8; PLAIN + 8];

/// Bytes that are put together before they are copied.
const PLAIN: usize = 8 << 10;

/// Bytes that a baseline block takes at most: 64 symbols of 16 + 11 bits, and what is pending.
const BLOCK_BYTES: usize = 64 * 27 / 8 + 8;

impl BitWriter {
    /// Goes on behind `bytes`.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, plain: Box::new([0; PLAIN + 8]), bits: PendingBits::default() }
    }

    /// Makes room for about so many bytes, by growing a quarter where there is too little.
    pub(super) fn reserve(&mut self, bytes: usize) {
        if self.bytes.capacity() - self.bytes.len() < bytes {
            self.bytes.reserve_exact(bytes.max(self.bytes.len() / 4));
        }
    }

    /// Adds the blocks that `next` puts until it says that there are no more. The bits stay in registers meanwhile.
    #[inline(always)]
    pub(super) fn put_blocks(&mut self, mut next: impl FnMut(PendingBits, &mut Plain) -> (PendingBits, bool)) {
        let mut more = true;
        while more {
            let mut bits = self.bits;
            while more && bits.used < PLAIN - BLOCK_BYTES {
                (bits, more) = next(bits, &mut self.plain);
            }
            self.bits = bits;
            self.stuff();
        }
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
        self.bits.put_bits(bits, count, &mut self.plain);
        if self.bits.used >= PLAIN - 8 {
            self.stuff();
        }
    }

    /// Copies the whole bytes that were put together.
    fn stuff(&mut self) {
        let mut rest = &self.plain[..self.bits.used];
        while let Some(at) = rest.iter().position(|&byte| byte == 0xFF) {
            let (clean, behind) = rest.split_at(at + 1);
            self.bytes.extend_from_slice(clean);
            self.bytes.push(0);
            rest = behind;
        }
        self.bytes.extend_from_slice(rest);
        self.bits.used = 0;
    }

    /// Fills the last byte with ones (T.81 F.1.2.3) and gives all bytes back.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let missing = (8 - self.bits.count) % 8;
        self.put_bits((1 << missing) - 1, missing);
        self.stuff();
        self.bytes
    }
}

/// Bits that are no whole byte yet, and where it will stand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PendingBits {
    /// The bits, in the highest places.
    word: u64,
    /// How many, at most 7.
    count: u32,
    /// Bytes before them.
    used: usize,
}

impl PendingBits {
    /// Adds a symbol and the bits behind it, as many as its lowest four bits say.
    #[inline(always)]
    pub(super) fn put(&mut self, table: &CodeTable, symbol: u8, bits: u32, plain: &mut Plain) {
        let entry = table.codes[usize::from(symbol)];
        let size = u32::from(symbol & 15);
        self.put_bits(entry >> 8 << size | bits, (entry & 0xFF) + size, plain);
    }

    /// Adds the lowest `count` bits of `bits`, at most 32; the others are zero.
    #[inline(always)]
    fn put_bits(&mut self, bits: u32, count: u32, plain: &mut Plain) {
        let count = self.count + count;
        self.word |= u64::from(bits) << 1 << (63 - count);
        if let Some(room) = plain.get_mut(self.used..).and_then(|room| room.first_chunk_mut()) {
            *room = self.word.to_be_bytes();
        }
        self.used += (count / 8) as usize;
        self.word <<= count & !7;
        self.count = count & 7;
    }
}
