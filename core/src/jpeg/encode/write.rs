//! Bytes of a JPEG file: marker segments, and entropy-coded bits with their stuffing.

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
}

/// Entropy-coded data in the making.
#[derive(Debug)]
pub(super) struct BitWriter {
    pub(super) bytes: Vec<u8>,
    /// Bits not yet written, in the lowest places.
    word: u64,
    /// How many, at most 63.
    count: u32,
}

impl BitWriter {
    /// Goes on behind `bytes`.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, word: 0, count: 0 }
    }

    /// Makes room for about so many bytes, by growing a quarter where there is too little.
    pub(super) fn reserve(&mut self, bytes: usize) {
        if self.bytes.capacity() - self.bytes.len() < bytes {
            self.bytes.reserve_exact(bytes.max(self.bytes.len() / 4));
        }
    }

    /// Adds a symbol and the bits behind it, as many as its lowest four bits say.
    #[inline(always)]
    pub(super) fn put(&mut self, table: &CodeTable, symbol: u8, bits: u32) {
        let entry = table.codes[usize::from(symbol)];
        let size = u32::from(symbol & 15);
        self.put_bits(entry >> 8 << size | bits, (entry & 0xFF) + size);
    }

    /// Adds the lowest `count` bits of `bits`, at most 32; the others are zero.
    #[inline(always)]
    pub(super) fn put_bits(&mut self, bits: u32, count: u32) {
        if self.count + count > 64 {
            self.flush_word();
        }
        self.word = self.word << count | u64::from(bits);
        self.count += count;
    }

    /// Writes whole bytes, so that at most seven bits are left.
    fn flush_word(&mut self) {
        let whole = self.count / 8;
        let left = self.count % 8;
        let bytes = (self.word << (64 - self.count)).to_be_bytes();
        let bytes = &bytes[..whole as usize];
        if bytes.contains(&0xFF) {
            for &byte in bytes {
                self.bytes.push(byte);
                if byte == 0xFF {
                    self.bytes.push(0);
                }
            }
        } else {
            self.bytes.extend_from_slice(bytes);
        }
        self.count = left;
    }

    /// Fills the last byte with ones (T.81 F.1.2.3) and gives all bytes back.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let missing = (8 - self.count % 8) % 8;
        self.put_bits((1 << missing) - 1, missing);
        if self.count > 0 {
            self.flush_word();
        }
        self.bytes
    }
}
