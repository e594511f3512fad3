//! CRC-32 (PNG 5.5): by the crate `crc32fast`, and in the browser by tables that are made rather than carried.
//!
//! The crate brings 16 KiB of tables, which no compression makes smaller. Those here are half as large and made when they
//! are first used; a processor's instructions for the sum, which the crate has too, are not within reach of wasm.

#[cfg(not(target_family = "wasm"))]
pub(super) use crc32fast::hash;
#[cfg(target_family = "wasm")]
pub(super) use tables::hash;

#[cfg(any(test, target_family = "wasm"))]
mod tables {
    use std::sync::LazyLock;

    /// The polynomial, its highest power first in the lowest bit (ISO 3309, PNG annex D).
    const POLYNOMIAL: u32 = 0xEDB8_8320;

    /// `TABLES[n][byte]` is the checksum of `byte` and `n` zeros behind it, without the inversions at both ends.
    static TABLES: LazyLock<Box<[[u32; 256]; 8]>> = LazyLock::new(|| {
        let mut tables = Box::new([[0; 256]; 8]);
        // By the sums of single bits. Where the bits of each byte are gone through, LLVM (22) knows what that is and puts a
        // table of its own into the module.
        let mut sum = 1;
        for bit in [128, 64, 32, 16, 8, 4, 2, 1] {
            sum = if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ POLYNOMIAL };
            for higher in (0..256).step_by(2 * bit) {
                tables[0][higher | bit] = tables[0][higher] ^ sum;
            }
        }
        for zeros in 1..8 {
            tables[zeros] = tables[zeros - 1].map(|sum| sum >> 8 ^ tables[0][sum as usize & 255]);
        }
        tables
    });

    /// The checksum of `bytes`.
    pub(in super::super) fn hash(bytes: &[u8]) -> u32 {
        let tables = &*TABLES;
        let (eights, rest) = bytes.as_chunks::<8>();
        let mut sum = !0;
        for &[a, b, c, d, e, f, g, h] in eights {
            let [i, j, k, l] = (sum ^ u32::from_le_bytes([a, b, c, d])).to_le_bytes();
            let bytes = [h, g, f, e, l, k, j, i];
            sum = bytes.iter().zip(tables.iter()).fold(0, |sum, (&byte, table)| sum ^ table[usize::from(byte)]);
        }
        for &byte in rest {
            sum = sum >> 8 ^ tables[0][usize::from(sum as u8 ^ byte)];
        }
        !sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_the_same_sum() {
        assert_eq!(tables::hash(b"123456789"), 0xCBF4_3926, "the check value");
        let bytes: Vec<u8> = (0..100_u32).map(|at| (at * at * 31 / 7) as u8).collect();
        for length in 0..bytes.len() {
            assert_eq!(tables::hash(&bytes[..length]), hash(&bytes[..length]), "of {length} bytes");
        }
    }
}
