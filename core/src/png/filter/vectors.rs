//! Filtering sixteen bytes at a time: what the loops over bytes do, where they are [written](crate::lanes::ARE_WRITTEN)
//! in vectors.

use wide::{i16x8, u8x16};

use super::{Around, BLOCK};

const LANES: usize = 16;

/// What is left of the row when it is predicted by `filter`.
pub(super) fn differences(around: Around<'_>, filter: u8, to: &mut [u8]) {
    let Around { row, left, above, corner } = around;
    let (whole, rest) = to.as_chunks_mut::<LANES>();
    let count = whole.len();
    let [row, a, b, c] = [row, left, above, corner].map(|bytes| {
        let (whole, rest) = bytes.as_chunks::<LANES>();
        // Behind the end all is 0, and so is what is left of it.
        let mut last = [0; LANES];
        last[..rest.len()].copy_from_slice(rest);
        (&whole[..count], last)
    });
    for (i, to) in whole.iter_mut().enumerate() {
        *to = difference(filter, row.0[i], a.0[i], b.0[i], c.0[i]);
    }
    rest.copy_from_slice(&difference(filter, row.1, a.1, b.1, c.1)[..rest.len()]);
}

#[inline(always)]
fn difference(filter: u8, row: [u8; LANES], a: [u8; LANES], b: [u8; LANES], c: [u8; LANES]) -> [u8; LANES] {
    let (a, b) = (u8x16::new(a), u8x16::new(b));
    let foretold = match filter {
        0 => u8x16::ZERO,
        1 => a,
        2 => b,
        // As `mean` has it.
        3 => (a & b) + ((a ^ b) >> 1),
        _ => paeth(a, b, u8x16::new(c)),
    };
    (u8x16::new(row) - foretold).to_array()
}

/// As the function on bytes has it.
#[inline(always)]
fn paeth(a: u8x16, b: u8x16, c: u8x16) -> u8x16 {
    let (low, high) = (a.min(b), a.max(b));
    let (over, under) = (c.saturating_sub(low), high.saturating_sub(c));
    let is_low = over.simd_ge(under.saturating_add(under));
    let is_high = under.simd_ge(over.saturating_add(over));
    is_low.select(low, is_high.select(high, c))
}

/// How many times four bytes one after the other are those of the pixel before.
pub(super) fn repeated(row: &[u8; BLOCK], left: &[u8; BLOCK]) -> u32 {
    let pairs = row.as_chunks::<LANES>().0.iter().zip(left.as_chunks().0);
    let equal = pairs.rev().fold(0_u64, |equal, (row, left)| {
        equal << LANES | u64::from(u8x16::new(*row).simd_eq(u8x16::new(*left)).to_bitmask())
    });
    (equal & equal >> 1 & equal >> 2 & equal >> 3).count_ones()
}

/// The sum of the sizes of differences, each at most 128.
pub(super) fn size(differences: &[u8; BLOCK]) -> u32 {
    let mut sum = i16x8::ZERO;
    for bytes in differences.as_chunks::<LANES>().0 {
        let bytes = u8x16::new(*bytes);
        let sizes = bytes.min(u8x16::ZERO - bytes);
        let low: i16x8 = wide::bytemuck::cast(u8x16::unpack_low(sizes, u8x16::ZERO));
        let high: i16x8 = wide::bytemuck::cast(u8x16::unpack_high(sizes, u8x16::ZERO));
        sum = sum + low + high;
    }
    sum.to_array().iter().map(|&lane| lane as u32).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that are often those before, often extreme (Marsaglia, xorshift32).
    fn noise(seed: u32, count: usize) -> Vec<u8> {
        let mut state = seed;
        let mut last = 0;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            last = [last, last, (state >> 24) as u8, [0, 255, 1, 128][(state >> 20) as usize & 3]][state as usize & 3];
            last
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn vectors_give_what_bytes_do() {
        for (seed, length) in (1..).zip((0..70).chain([BLOCK; 200])) {
            let [row, left, above, corner] = [0, 1, 2, 3].map(|i| noise(4 * seed + i, length));
            let around = Around { row: &row, left: &left, above: &above, corner: &corner };
            for filter in 0..5 {
                let [mut expected, mut got] = [vec![0; length], vec![0; length]];
                around.differences(filter, &mut expected);
                differences(around, filter, &mut got);
                assert_eq!(got, expected, "filter {filter} of seed {seed}");
                if let Some(differences) = expected.as_array() {
                    assert_eq!(size(differences), around.size(filter), "filter {filter} of seed {seed}");
                }
            }
            if let (Some(row), Some(left)) = (row.as_array(), left.as_array()) {
                assert_eq!(repeated(row, left), around.repeated(), "seed {seed}");
            }
        }
    }
}
