//! CRC-32 as PNG and gzip have it, behind the interface of the crate `crc32fast`, whose place it takes.
//!
//! The original carries 16 KiB of tables, which no compression makes smaller: an eighth of what a browser should have to
//! load. Here they are half as large and made when they are first used. It is the same code on every processor.

mod table;

use table::TABLES;

/// The checksum of the bytes seen so far.
#[derive(Clone, Debug, Default)]
pub struct Hasher {
    sum: u32,
    length: u64,
}

impl Hasher {
    /// Of no bytes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        let tables = &*TABLES;
        let (eights, rest) = bytes.as_chunks::<8>();
        let mut sum = !self.sum;
        for &[a, b, c, d, e, f, g, h] in eights {
            let [i, j, k, l] = (sum ^ u32::from_le_bytes([a, b, c, d])).to_le_bytes();
            let bytes = [h, g, f, e, l, k, j, i];
            sum = bytes.iter().zip(tables.iter()).fold(0, |sum, (&byte, table)| sum ^ table[usize::from(byte)]);
        }
        for &byte in rest {
            sum = sum >> 8 ^ tables[0][usize::from(sum as u8 ^ byte)];
        }
        self.sum = !sum;
        self.length += bytes.len() as u64;
    }

    /// The checksum.
    #[must_use]
    pub fn finalize(self) -> u32 {
        self.sum
    }

    /// Forgets all bytes.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Takes in the bytes that `other` has seen, in time linear in their number.
    pub fn combine(&mut self, other: &Self) {
        let shifted = (0..other.length).fold(self.sum, |sum, _| sum >> 8 ^ TABLES[0][usize::from(sum as u8)]);
        self.sum = shifted ^ other.sum;
        self.length += other.length;
    }
}

/// The checksum of `bytes`.
#[must_use]
pub fn hash(bytes: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(bytes);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, bit by bit.
    fn bitwise(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |sum, &byte| {
            (0..8).fold(sum ^ u32::from(byte), |sum, _| if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ 0xEDB8_8320 })
        })
    }

    #[test]
    fn meets_the_check_value() {
        assert_eq!(hash(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn meets_the_definition_whole_in_parts_and_combined() {
        let bytes: Vec<u8> = (0..1000_u32).map(|i| ((i * i) >> 3) as u8).collect();
        for length in [0, 1, 2, 7, 8, 9, 15, 16, 17, 1000] {
            let expected = bitwise(&bytes[..length]);
            assert_eq!(hash(&bytes[..length]), expected, "{length} bytes");
            let (head, tail) = bytes[..length].split_at(length / 3);
            let (mut parts, mut behind) = (Hasher::new(), Hasher::new());
            parts.update(head);
            behind.update(tail);
            let mut combined = parts.clone();
            combined.combine(&behind);
            parts.update(tail);
            assert_eq!(parts.finalize(), expected, "{length} bytes in two parts");
            assert_eq!(combined.finalize(), expected, "{length} bytes, sums combined");
        }
    }
}
