//! Arrays with the operations of `wide`, as far as they are used, and the same results.

#![expect(non_camel_case_types, reason = "the names are those of `wide`")]

use std::ops::{Add, AddAssign, BitAnd, BitOr, BitOrAssign, BitXor, Mul, Neg, Not, Shl, Shr, Sub};

/// `N` numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lanes<T, const N: usize>([T; N]);

pub(crate) type i16x8 = Lanes<i16, 8>;
pub(crate) type i16x16 = Lanes<i16, 16>;
pub(crate) type u8x16 = Lanes<u8, 16>;
pub(crate) type u16x8 = Lanes<u16, 8>;

impl<T: Copy + Default, const N: usize> Lanes<T, N> {
    #[inline(always)]
    pub(crate) const fn new(lanes: [T; N]) -> Self {
        Self(lanes)
    }

    #[inline(always)]
    pub(crate) const fn to_array(self) -> [T; N] {
        self.0
    }

    #[inline(always)]
    pub(crate) const fn as_array(&self) -> &[T; N] {
        &self.0
    }

    /// What `operation` makes of each lane.
    #[inline(always)]
    fn each(mut self, operation: impl Fn(T) -> T) -> Self {
        if let [lane] = &mut self.0[..] {
            *lane = operation(*lane);
            self
        } else {
            self.each_of_many(operation)
        }
    }

    /// One loop for each operation, however often it is used.
    #[inline(never)]
    fn each_of_many(mut self, operation: impl Fn(T) -> T) -> Self {
        for lane in &mut self.0 {
            *lane = operation(*lane);
        }
        self
    }

    /// What `operation` makes of each lane and that of `others`.
    #[inline(always)]
    fn with(mut self, others: &Self, operation: impl Fn(T, T) -> T) -> Self {
        if let ([lane], [other]) = (&mut self.0[..], &others.0[..]) {
            *lane = operation(*lane, *other);
            self
        } else {
            self.with_many(others, operation)
        }
    }

    #[inline(never)]
    fn with_many(mut self, others: &Self, operation: impl Fn(T, T) -> T) -> Self {
        for (lane, &other) in self.0.iter_mut().zip(&others.0) {
            *lane = operation(*lane, other);
        }
        self
    }
}

/// What kernels compute with: one lane after the other, which needs no memory for what lies between.
pub(crate) type Eight = Lanes<i16, 1>;
pub(crate) type Sixteen = Lanes<i16, 1>;

/// What `kernel` makes of each of eight lanes.
#[inline(always)]
pub(crate) fn eights<const A: usize, const B: usize>(
    lanes: [i16x8; A],
    kernel: impl Fn([Eight; A]) -> [Eight; B],
) -> [i16x8; B] {
    one_by_one(&lanes, kernel)
}

/// What `kernel` makes of each of sixteen lanes.
#[inline(always)]
pub(crate) fn sixteens<const A: usize, const B: usize>(
    lanes: [i16x16; A],
    kernel: impl Fn([Sixteen; A]) -> [Sixteen; B],
) -> [i16x16; B] {
    one_by_one(&lanes, kernel)
}

#[inline(never)]
fn one_by_one<const N: usize, const A: usize, const B: usize>(
    lanes: &[Lanes<i16, N>; A],
    kernel: impl Fn([Lanes<i16, 1>; A]) -> [Lanes<i16, 1>; B],
) -> [Lanes<i16, N>; B] {
    let mut results = [Lanes([0; N]); B];
    for at in 0..N {
        let made = kernel(std::array::from_fn(|i| Lanes([lanes[i].0[at]])));
        results.iter_mut().zip(made).for_each(|(result, Lanes([lane]))| result.0[at] = lane);
    }
    results
}

/// Operators on two vectors, lane by lane.
macro_rules! operators {
    ($($operator:ident $method:ident: $operation:expr;)*) => {
        $(impl<const N: usize> $operator for Lanes<i16, N> {
            type Output = Self;

            #[inline(always)]
            fn $method(self, others: Self) -> Self {
                self.with(&others, $operation)
            }
        })*
    };
}

operators! {
    Add add: i16::wrapping_add;
    Sub sub: i16::wrapping_sub;
    Mul mul: i16::wrapping_mul;
    BitAnd bitand: |a, b| a & b;
    BitOr bitor: |a, b| a | b;
    BitXor bitxor: |a, b| a ^ b;
}

impl<const N: usize> AddAssign for Lanes<i16, N> {
    #[inline(always)]
    fn add_assign(&mut self, others: Self) {
        *self = *self + others;
    }
}

impl<const N: usize> BitOrAssign for Lanes<i16, N> {
    #[inline(always)]
    fn bitor_assign(&mut self, others: Self) {
        *self = *self | others;
    }
}

impl<const N: usize> Neg for Lanes<i16, N> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        self.each(i16::wrapping_neg)
    }
}

impl<const N: usize> Not for Lanes<i16, N> {
    type Output = Self;

    #[inline(always)]
    fn not(self) -> Self {
        self.each(|lane| !lane)
    }
}

impl<const N: usize> Shl<i32> for Lanes<i16, N> {
    type Output = Self;

    #[inline(always)]
    fn shl(self, by: i32) -> Self {
        self.each(|lane| lane << by)
    }
}

impl<const N: usize> Shr<i32> for Lanes<i16, N> {
    type Output = Self;

    #[inline(always)]
    fn shr(self, by: i32) -> Self {
        self.each(|lane| lane >> by)
    }
}

impl<const N: usize> Shr<u32> for Lanes<i16, N> {
    type Output = Self;

    #[inline(always)]
    fn shr(self, by: u32) -> Self {
        self >> by.cast_signed()
    }
}

impl<const N: usize> Lanes<i16, N> {
    pub(crate) const ZERO: Self = Self([0; N]);
    pub(crate) const ONE: Self = Self([1; N]);

    #[inline(always)]
    pub(crate) fn splat(value: i16) -> Self {
        Self([value; N])
    }

    #[inline(always)]
    pub(crate) fn abs(self) -> Self {
        self.each(i16::wrapping_abs)
    }

    #[inline(always)]
    pub(crate) fn min(self, others: Self) -> Self {
        self.with(&others, i16::min)
    }

    #[inline(always)]
    pub(crate) fn max(self, others: Self) -> Self {
        self.with(&others, i16::max)
    }

    #[inline(always)]
    pub(crate) fn saturating_add(self, others: Self) -> Self {
        self.with(&others, i16::saturating_add)
    }

    #[inline(always)]
    pub(crate) fn saturating_sub(self, others: Self) -> Self {
        self.with(&others, i16::saturating_sub)
    }

    #[inline(always)]
    pub(crate) fn mul_keep_high(self, others: Self) -> Self {
        self.with(&others, |a, b| ((i32::from(a) * i32::from(b)) >> 16) as i16)
    }

    #[inline(always)]
    pub(crate) fn simd_gt(self, others: Self) -> Self {
        self.with(&others, |a, b| -i16::from(a > b))
    }
}

impl i16x8 {
    #[inline(never)]
    pub(crate) fn transpose(rows: [Self; 8]) -> [Self; 8] {
        std::array::from_fn(|x| Self(std::array::from_fn(|y| rows[y].0[x])))
    }
}

impl From<u8x16> for i16x16 {
    #[inline(never)]
    fn from(bytes: u8x16) -> Self {
        Self(bytes.0.map(i16::from))
    }
}

impl u8x16 {
    pub(crate) const ZERO: Self = Self([0; 16]);

    #[inline(never)]
    pub(crate) fn narrow_i16x8(low: i16x8, high: i16x8) -> Self {
        let narrow = |lane: i16| lane.clamp(0, 255) as u8;
        Self(std::array::from_fn(|at| narrow(if at < 8 { low.0[at] } else { high.0[at - 8] })))
    }

    #[inline(always)]
    pub(crate) fn unpack_low(first: Self, second: Self) -> Self {
        first.unpacked(&second, 0)
    }

    #[inline(always)]
    pub(crate) fn unpack_high(first: Self, second: Self) -> Self {
        first.unpacked(&second, 8)
    }

    /// Eight lanes of both from `start` on, by turns.
    #[inline(never)]
    fn unpacked(&self, second: &Self, start: usize) -> Self {
        std::array::from_fn::<_, 8, _>(|at| [self.0[start + at], second.0[start + at]])
            .as_flattened()
            .first_chunk()
            .map_or(Self::ZERO, |lanes| Self(*lanes))
    }
}

impl u16x8 {
    pub(crate) const ZERO: Self = Self([0; 8]);
}

/// Lanes of one value.
#[inline(always)]
pub(crate) fn splat<const N: usize>(value: i16) -> Lanes<i16, N> {
    Lanes::splat(value)
}

/// Eight bytes as numbers.
pub(crate) fn low(bytes: [u8; 8]) -> i16x8 {
    Lanes(bytes.map(i16::from))
}

/// The lower lanes and the upper ones.
pub(crate) fn halves(lanes: i16x16) -> [i16x8; 2] {
    [0, 8].map(|start| Lanes(std::array::from_fn(|at| lanes.0[start + at])))
}

/// `values` plus `rounding`, times `reciprocals` / 2^16, times `shifts` / 2^16, all without their signs; then with them.
#[inline(never)]
pub(crate) fn divided(values: i16x8, [rounding, reciprocals, shifts]: [&u16x8; 3]) -> [i16x8; 2] {
    let mut results = [i16x8::ZERO; 2];
    for (at, value) in values.0.into_iter().enumerate() {
        let times = |value: u16, factor: u16| ((u32::from(value) * u32::from(factor)) >> 16) as u16;
        let raised = value.unsigned_abs().wrapping_add(rounding.0[at]);
        let quotient = times(times(raised, reciprocals.0[at]), shifts.0[at]).cast_signed();
        results[0].0[at] = quotient;
        results[1].0[at] = if value < 0 { quotient.wrapping_neg() } else { quotient };
    }
    results
}

/// A bit for each of two times eight numbers, none of them negative, that is 0.
#[inline(never)]
pub(crate) fn zeros_of_two(low: i16x8, high: i16x8) -> u32 {
    low.0.iter().chain(&high.0).rev().fold(0, |bits, &lane| bits << 1 | u32::from(lane == 0))
}

/// A bit for each number that is 0.
pub(crate) fn zeros(lanes: i16x16) -> u32 {
    let [low, high] = halves(lanes);
    zeros_of_two(low, high)
}

/// Two times eight bytes as one vector.
pub(crate) fn joined(halves: [[u8; 8]; 2]) -> u8x16 {
    Lanes(std::array::from_fn(|at| halves[at / 8][at % 8]))
}

/// A vector as two times eight bytes.
pub(crate) fn parted(lanes: u8x16) -> [[u8; 8]; 2] {
    [0, 8].map(|start| std::array::from_fn(|at| lanes.0[start + at]))
}
