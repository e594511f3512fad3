//! Vectors of the crate `wide`, and the ways between them.

use wide::i8x16;
pub(crate) use wide::{i16x8, i16x16, u8x16, u16x8};

/// What kernels compute with: all lanes at once.
pub(crate) type Eight = i16x8;
pub(crate) type Sixteen = i16x16;

/// What `kernel` makes of each of eight lanes.
#[inline(always)]
pub(crate) fn eights<const A: usize, const B: usize>(
    lanes: [i16x8; A],
    kernel: impl Fn([Eight; A]) -> [Eight; B],
) -> [i16x8; B] {
    kernel(lanes)
}

/// What `kernel` makes of each of sixteen lanes.
#[inline(always)]
pub(crate) fn sixteens<const A: usize, const B: usize>(
    lanes: [i16x16; A],
    kernel: impl Fn([Sixteen; A]) -> [Sixteen; B],
) -> [i16x16; B] {
    kernel(lanes)
}

/// Sixteen lanes of one value.
///
/// The like of it in `wide` makes an array first: where loops are not unrolled, for a browser, one lane after the other.
#[inline(always)]
pub(crate) fn splat(value: i16) -> i16x16 {
    wide::bytemuck::cast([i16x8::splat(value); 2])
}

/// Eight bytes as numbers.
#[inline(always)]
pub(crate) fn low(bytes: [u8; 8]) -> i16x8 {
    let bytes = wide::bytemuck::cast(wide::u64x2::new([u64::from_le_bytes(bytes), 0]));
    // The like of it in `wide` goes lane by lane in a browser.
    wide::bytemuck::cast(u8x16::unpack_low(bytes, u8x16::ZERO))
}

/// The lower lanes and the upper ones.
#[inline(always)]
pub(crate) fn halves(lanes: i16x16) -> [i16x8; 2] {
    wide::bytemuck::cast(lanes)
}

/// `values` plus `rounding`, times `reciprocals` / 2^16, times `shifts` / 2^16, all without their signs; then with them.
#[inline(always)]
pub(crate) fn divided(values: i16x8, [rounding, reciprocals, shifts]: [&u16x8; 3]) -> [i16x8; 2] {
    let signs: i16x8 = values >> 15;
    let raised: u16x8 = wide::bytemuck::cast(values.abs());
    let quotient = (raised + *rounding).mul_keep_high(*reciprocals).mul_keep_high(*shifts);
    let magnitudes: i16x8 = wide::bytemuck::cast(quotient);
    [magnitudes, (magnitudes ^ signs) - signs]
}

/// A bit for each of two times eight numbers, none of them negative, that is 0.
#[inline(always)]
pub(crate) fn zeros_of_two(low: i16x8, high: i16x8) -> u32 {
    u8x16::narrow_i16x8(low, high).simd_eq(u8x16::ZERO).to_bitmask()
}

/// A bit for each number that is 0.
#[inline(always)]
pub(crate) fn zeros(lanes: i16x16) -> u32 {
    i8x16::from_i16x16_saturate(lanes).simd_eq(i8x16::ZERO).to_bitmask()
}

/// Two times eight bytes as one vector.
#[inline(always)]
pub(crate) fn joined(halves: [[u8; 8]; 2]) -> u8x16 {
    wide::bytemuck::cast(halves)
}

/// A vector as two times eight bytes.
#[inline(always)]
pub(crate) fn parted(lanes: u8x16) -> [[u8; 8]; 2] {
    wide::bytemuck::cast(lanes)
}
