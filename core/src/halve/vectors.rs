//! Halving 8-bit samples, eight at a time: what the module `kernel` does, where it is [written](crate::lanes::ARE_WRITTEN)
//! in vectors.

use wide::{i16x8, u8x16, u64x2};

use super::kernel::{LESS, SUM_BITS, WEIGHTS};

const LANES: usize = 8;

/// As many bits as the weights of a row sum to.
const LOW_BITS: u32 = SUM_BITS / 2;

/// The sums down so many columns of six rows as whole vectors hold, and how many. All slices are of one length.
pub(super) fn tall(rows: [&[u8]; 6], sums: &mut [i16]) -> usize {
    let sums = sums.as_chunks_mut::<LANES>().0;
    let count = sums.len();
    let [a, b, c, d, e, f] = rows.map(|row| &row.as_chunks::<LANES>().0[..count]);
    for i in 0..count {
        let sum = weighted(pairs([low(a[i]), low(b[i]), low(c[i]), low(d[i]), low(e[i]), low(f[i])]));
        sums[i] = (sum - i16x8::splat(LESS)).to_array();
    }
    count * LANES
}

/// So many samples of `half` as whole vectors hold, and how many: the sums of six columns' sums, no less than the smallest
/// of `four` and no more than the largest. All slices are of one length.
pub(super) fn settle(six: [&[i16]; 6], four: [&[u8]; 4], half: &mut [u8]) -> usize {
    let half = half.as_chunks_mut::<LANES>().0;
    let count = half.len();
    let [a, b, c, d, e, f] = six.map(|sums| &sums.as_chunks::<LANES>().0[..count]);
    let [p, q, r, s] = four.map(|part| &part.as_chunks::<LANES>().0[..count]);
    for i in 0..count {
        let rounded = rounded(pairs([
            i16x8::new(a[i]),
            i16x8::new(b[i]),
            i16x8::new(c[i]),
            i16x8::new(d[i]),
            i16x8::new(e[i]),
            i16x8::new(f[i]),
        ]));
        let [p, q, r, s] = [low(p[i]), low(q[i]), low(r[i]), low(s[i])];
        let kept = rounded.max(p.min(q).min(r.min(s))).min(p.max(q).max(r.max(s)));
        half[i].copy_from_slice(&u8x16::narrow_i16x8(kept, kept).to_array()[..LANES]);
    }
    count * LANES
}

/// Eight bytes as numbers.
#[inline(always)]
fn low(bytes: [u8; LANES]) -> i16x8 {
    let bytes = wide::bytemuck::cast(u64x2::new([u64::from_le_bytes(bytes), 0]));
    wide::bytemuck::cast(u8x16::unpack_low(bytes, u8x16::ZERO))
}

/// Sums of two that have one weight.
#[inline(always)]
fn pairs([a, b, c, d, e, f]: [i16x8; 6]) -> [i16x8; 3] {
    [c + d, b + e, a + f]
}

/// The sum of three, each times its weight.
#[inline(always)]
fn weighted([near, next, far]: [i16x8; 3]) -> i16x8 {
    let [n, x, f] = WEIGHTS.map(|weight| i16x8::splat(weight as i16));
    near * n + next * x + far * f
}

/// The weighted sum of three pairs of columns' sums, rounded.
///
/// It has 23 bits. Its terms' bits above the lowest six make one sum, the lowest six another: each has 16, and what the
/// second passes on to the first is exact.
#[inline(always)]
fn rounded(pairs: [i16x8; 3]) -> i16x8 {
    let above = weighted(pairs.map(|pair| pair >> LOW_BITS));
    let below = weighted(pairs.map(|pair| pair & i16x8::splat((1 << LOW_BITS) - 1)));
    // One half of what is shifted out, and what the sums of columns were kept less, times the sum of a row's weights.
    let rounding = (1 << (SUM_BITS - 1 - LOW_BITS)) + LESS;
    (above + (below >> LOW_BITS) + i16x8::splat(rounding)) >> (SUM_BITS - LOW_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::halve::kernel::Sample;

    /// Bytes that are often 0 or 255 (Marsaglia, xorshift32).
    fn noise(seed: usize, count: usize) -> Vec<u8> {
        let mut state = seed as u32;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            [0, 255, (state >> 24) as u8][state as usize % 3]
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn vectors_give_what_samples_do() {
        for seed in 1..400 {
            let count = seed % 40;
            let rows = [1, 2, 3, 4, 5, 6].map(|i| noise(1000 * i + seed, 6 * count));
            let expected: Vec<i16> =
                (0..6 * count).map(|i| <u8 as Sample>::tall(std::array::from_fn(|row| rows[row][i]))).collect();
            let mut sums = vec![0; 6 * count];
            let done = tall(rows.each_ref().map(|row| &row[..]), &mut sums);
            assert_eq!((done, &sums[..done]), (6 * count / LANES * LANES, &expected[..done]), "seed {seed}");

            let six = [0, 1, 2, 3, 4, 5].map(|column| &expected[column * count..][..count]);
            let four = [0, 1, 2, 3].map(|part| &rows[part][..count]);
            let mut half = vec![0; count];
            let done = settle(six, four, &mut half);
            assert_eq!(done, count / LANES * LANES);
            for (i, &got) in half[..done].iter().enumerate() {
                let four = four.map(|part| part[i]);
                let (low, high) = (four.into_iter().min().unwrap(), four.into_iter().max().unwrap());
                assert_eq!(got, u8::settle(six.map(|column| column[i]), low, high), "sample {i} of seed {seed}");
                assert_eq!(rounded_alone(six.map(|column| column[i])), exact(six.map(|column| column[i])));
            }
        }
    }

    /// A sum across before it is bounded.
    fn rounded_alone(six: [i16; 6]) -> i16 {
        rounded(pairs(six.map(i16x8::splat))).to_array()[0]
    }

    fn exact([a, b, c, d, e, f]: [i16; 6]) -> i16 {
        let [near, next, far] = [(c, d), (b, e), (a, f)].map(|(x, y)| i64::from(x) + i64::from(y));
        let sum = WEIGHTS[0] * near + WEIGHTS[1] * next + WEIGHTS[2] * far + i64::from(LESS) * (1 << LOW_BITS);
        ((sum + (1 << (SUM_BITS - 1))) >> SUM_BITS) as i16
    }
}
