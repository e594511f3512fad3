//! What a byte does to a checksum, by how many bytes follow it.

use std::sync::LazyLock;

/// The polynomial, its highest power first in the lowest bit (ISO 3309, PNG annex D).
const POLYNOMIAL: u32 = 0xEDB8_8320;

/// `TABLES[n][byte]` is the checksum of `byte` and `n` zeros behind it, without the inversions at both ends.
pub(crate) static TABLES: LazyLock<Box<[[u32; 256]; 8]>> = LazyLock::new(|| {
    let mut tables = Box::new([[0; 256]; 8]);
    for byte in 0..256 {
        let step = |sum: u32, _| if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ POLYNOMIAL };
        tables[0][byte] = (0..8).fold(byte as u32, step);
    }
    for zeros in 1..8 {
        tables[zeros] = tables[zeros - 1].map(|sum| sum >> 8 ^ tables[0][sum as usize & 255]);
    }
    tables
});
