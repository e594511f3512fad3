//! The transforms of blocks of 4×4 (RFC 6386, 14), many blocks at a time.

use crate::lanes::{Eight, Sixteen, eights, halves, i16x8, i16x16, sixteens, splat, u8x16};

/// Sixteen blocks, one in each lane: first all first samples, row by row.
pub(super) type Lanes = [i16x16; 16];

/// `value` × `factor` / 2^16, for factors from −1/2 to 1/2.
#[inline(always)]
fn scaled(value: Sixteen, factor: i16) -> Sixteen {
    value.mul_keep_high(splat(factor))
}

// 2^16 × (√2·cos(π/8) − 1) and 2^16 × (√2·sin(π/8) − 1), as the inverse has them (14.3).
const COSINE_LESS_1: i16 = 20091;
const SINE_LESS_1: i16 = -30068;

/// The DCT of four samples, which it multiplies by 2.
#[inline(always)]
fn forward_four([a, b, c, d]: [Sixteen; 4]) -> [Sixteen; 4] {
    let (sum, inner) = (a + d, b + c);
    let (outer, middle) = (a - d, b - c);
    let first = outer + scaled(outer, COSINE_LESS_1) + middle + scaled(middle, SINE_LESS_1);
    let third = outer + scaled(outer, SINE_LESS_1) - middle - scaled(middle, COSINE_LESS_1);
    [sum + inner, first, sum - inner, third]
}

/// The coefficients of blocks of differences, each −255 to 255; eight times those of an orthonormal DCT, halved.
#[inline(never)]
pub(super) fn forward(differences: &Lanes) -> Lanes {
    sixteens(*differences, |differences| {
        let mut lanes = differences.map(|lane| lane << 3);
        for x in 0..4 {
            let column = forward_four([lanes[x], lanes[4 + x], lanes[8 + x], lanes[12 + x]]);
            (0..4).for_each(|y| lanes[4 * y + x] = column[y]);
        }
        for row in lanes.as_chunks_mut::<4>().0 {
            *row = forward_four(*row).map(|lane| (lane + splat(8)) >> 4);
        }
        lanes
    })
}

/// The inverse of [`forward_four`] (14.3). The standard has wider numbers, but with what an encoder makes of samples none
/// passes 16 bits.
#[inline(always)]
fn inverse_four([a, b, c, d]: [Sixteen; 4]) -> [Sixteen; 4] {
    let (sum, difference) = (a + c, a - c);
    let first = b + scaled(b, COSINE_LESS_1) + d + scaled(d, SINE_LESS_1);
    let third = b + scaled(b, SINE_LESS_1) - d - scaled(d, COSINE_LESS_1);
    [sum + first, difference + third, difference - third, sum - first]
}

/// What blocks of `coefficients` differ by from what was foretold (14.3).
#[inline(never)]
pub(super) fn inverse(coefficients: &Lanes) -> Lanes {
    sixteens(*coefficients, |mut lanes| {
        for x in 0..4 {
            let column = inverse_four([lanes[x], lanes[4 + x], lanes[8 + x], lanes[12 + x]]);
            (0..4).for_each(|y| lanes[4 * y + x] = column[y]);
        }
        for row in lanes.as_chunks_mut::<4>().0 {
            *row = inverse_four(*row).map(|lane| (lane + splat(4)) >> 3);
        }
        lanes
    })
}

/// Adds the block that `coefficients` stand for to what was `foretold`, 16 samples row by row (14.3, 14.5).
#[inline(never)]
pub(super) fn restored(coefficients: &[i16; 16], foretold: &[u8; 16]) -> [u8; 16] {
    let scaled = |value: Eight, factor: i16| value.mul_keep_high(Eight::splat(factor));
    let four = |[a, b, c, d]: [Eight; 4]| {
        let (sum, difference) = (a + c, a - c);
        let first = b + scaled(b, COSINE_LESS_1) + d + scaled(d, SINE_LESS_1);
        let third = b + scaled(b, SINE_LESS_1) - d - scaled(d, COSINE_LESS_1);
        [sum + first, difference + third, difference - third, sum - first]
    };
    let turned = |[a, b, c, d]: [i16x8; 4]| {
        let [a, b, c, d, ..] = i16x8::transpose([a, b, c, d, i16x8::ZERO, i16x8::ZERO, i16x8::ZERO, i16x8::ZERO]);
        [a, b, c, d]
    };
    let row = |values: &[i16; 4]| i16x8::new([values[0], values[1], values[2], values[3], 0, 0, 0, 0]);
    let rows = [0, 1, 2, 3].map(|y| row(&coefficients.as_chunks::<4>().0[y]));
    let columns = turned(eights(rows, four));
    let rows = turned(eights(columns, |columns| four(columns).map(|column| (column + Eight::splat(4)) >> 3)));
    let mut differences = [0; 16];
    for (four, row) in differences.as_chunks_mut::<4>().0.iter_mut().zip(rows) {
        four.copy_from_slice(&row.as_array()[..4]);
    }
    let foretold: i16x16 = u8x16::new(*foretold).into();
    narrowed(foretold + i16x16::new(differences)).to_array()
}

/// Samples clamped to 0..=255.
#[inline(always)]
pub(super) fn narrowed(samples: i16x16) -> u8x16 {
    let [low, high] = halves(samples);
    u8x16::narrow_i16x8(low, high)
}

/// One round of a shuffle of `N` vectors, 2^n: of the number that says where a sample stands, the highest bit becomes the
/// lowest.
#[inline(always)]
pub(super) fn shuffled<const N: usize>(vectors: [u8x16; N]) -> [u8x16; N] {
    std::array::from_fn(|at| {
        let (first, second) = (vectors[at / 2], vectors[at / 2 + N / 2]);
        if at % 2 == 0 { u8x16::unpack_low(first, second) } else { u8x16::unpack_high(first, second) }
    })
}

/// The Walsh-Hadamard transform of the sixteen DC coefficients of a macroblock, halved.
pub(super) fn forward_dc(dc: &[i16; 16]) -> [i16; 16] {
    let mut block = dc.map(i32::from);
    let four = |[a, b, c, d]: [i32; 4]| {
        let (sum, inner, outer, middle) = (a + d, b + c, a - d, b - c);
        [sum + inner, outer + middle, sum - inner, outer - middle]
    };
    for x in 0..4 {
        let column = four([block[x], block[4 + x], block[8 + x], block[12 + x]]);
        (0..4).for_each(|y| block[4 * y + x] = column[y]);
    }
    block.as_chunks_mut::<4>().0.iter_mut().for_each(|row| *row = four(*row));
    block.map(|value| ((value + i32::from(value > 0)) >> 1) as i16)
}

/// The DC coefficients that `coefficients` stand for (14.3).
pub(super) fn inverse_dc(coefficients: &[i16; 16]) -> [i16; 16] {
    let mut block = coefficients.map(i32::from);
    let four = |[a, b, c, d]: [i32; 4]| {
        let (sum, inner, middle, outer) = (a + d, b + c, b - c, a - d);
        [sum + inner, outer + middle, sum - inner, outer - middle]
    };
    for x in 0..4 {
        let column = four([block[x], block[4 + x], block[8 + x], block[12 + x]]);
        (0..4).for_each(|y| block[4 * y + x] = column[y]);
    }
    block.as_chunks_mut::<4>().0.iter_mut().for_each(|row| *row = four(*row));
    block.map(|value| ((value + 3) >> 3) as i16)
}
