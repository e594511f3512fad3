//! The arithmetic of halving: rows of samples in, one row of half the width out.
//!
//! A row waits [`Split`] into the pixels at even and at odd places, each part with its end pixels once more outside. So
//! whatever the number of channels, a sample's neighbours of the same channel lie at the same place of the other part,
//! or one pixel before or behind it, and every loop here runs over plain slices.

use super::{Kernel, vectors};
use crate::lanes;

/// Weights of the pixels at distance ½, 1½ and 2½ from the middle of a pixel of the half; both sides together sum to 64.
///
/// Between Lanczos-2 at half the resolution, cut to six taps (28, 7, −3), and Lanczos-3 (28, 8, −4): the one of ten
/// neighbours that looked best on photographs and on screenshots for its bytes.
pub(super) const WEIGHTS: [i64; 3] = [29, 7, -4];

/// The sum of all weights is two to the power of this.
pub(super) const SUM_BITS: u32 = 12;

/// What sums of columns of 8-bit samples are kept less.
pub(super) const LESS: i16 = 32 * 255;

/// A sample that is averaged.
pub(crate) trait Sample: Copy + Ord + Default + std::fmt::Debug + Into<u64> {
    /// A sum down a column of six, weighted: −8 to 72 times a sample, less a constant.
    type Tall: Copy + Default + std::fmt::Debug;

    /// The sample of value `value`, which never passes the largest one.
    fn from_value(value: u64) -> Self;

    /// The mean of four, rounded half up.
    fn mean(four: [Self; 4]) -> Self;

    /// The weighted sum of six samples from top to bottom.
    fn tall(six: [Self; 6]) -> Self::Tall;

    /// The weighted sum of six columns' sums from left to right, rounded and kept between `low` and `high`.
    fn settle(six: [Self::Tall; 6], low: Self, high: Self) -> Self;

    /// [`Self::tall`] of as many columns of six rows as fill vectors: how many those are. All slices are of one length.
    fn tall_lanes(_rows: [&[Self]; 6], _sums: &mut [Self::Tall]) -> usize {
        0
    }

    /// [`Self::settle`] of as many samples, between the smallest and the largest of `four`, as fill vectors.
    fn settle_lanes(_six: [&[Self::Tall]; 6], _four: [&[Self]; 4], _half: &mut [Self]) -> usize {
        0
    }
}

/// Samples of the first type; sums of four fit the second, of a column of six the third, of six by six the fourth.
///
/// Sums of columns are kept less the last number, so that sums of two of them fit the third type, too: there are no
/// vectors of 32-bit products before SSE4.1, but such of 16-bit factors.
macro_rules! sample {
    ($sample:ty, $mean:ty, $tall:ty, $sum:ty, $less:expr $(; $($lanes:tt)*)?) => {
        impl Sample for $sample {
            type Tall = $tall;

            fn from_value(value: u64) -> Self {
                value as Self
            }

            #[inline(always)]
            fn mean(four: [Self; 4]) -> Self {
                let [a, b, c, d] = four.map(|sample| sample as $mean);
                ((a + b + c + d + 2) >> 2) as Self
            }

            #[inline(always)]
            fn tall(six: [Self; 6]) -> $tall {
                let [a, b, c, d, e, f] = six.map(|sample| sample as $tall);
                let [near, next, far] = WEIGHTS.map(|weight| weight as $tall);
                near * (c + d) + next * (b + e) + far * (a + f) - $less
            }

            #[inline(always)]
            fn settle([a, b, c, d, e, f]: [$tall; 6], low: Self, high: Self) -> Self {
                let pairs = [c + d, b + e, a + f].map(|pair| pair as $sum);
                let [near, next, far] = WEIGHTS.map(|weight| weight as $sum);
                let sum = near * pairs[0] + next * pairs[1] + far * pairs[2];
                let rounding = (1 << (SUM_BITS - 1)) + (<$sum>::from($less) << (SUM_BITS / 2));
                let rounded = ((sum + rounding) >> SUM_BITS) as $tall;
                rounded.max(low as $tall).min(high as $tall) as Self
            }

            $($($lanes)*)?
        }
    };
}

sample! {
    u8, u16, i16, i32, LESS;

    fn tall_lanes(rows: [&[u8]; 6], sums: &mut [i16]) -> usize {
        if lanes::ARE_WRITTEN { vectors::tall(rows, sums) } else { 0 }
    }

    fn settle_lanes(six: [&[i16]; 6], four: [&[u8]; 4], half: &mut [u8]) -> usize {
        if lanes::ARE_WRITTEN { vectors::settle(six, four, half) } else { 0 }
    }
}
sample!(u16, u32, i32, i32, 0);
sample!(u32, u64, i64, i64, 0);

/// A row of the whole as it waits for the rows below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Split<S> {
    /// The pixels at even places, then those at odd ones; each part with its first and last pixel twice.
    samples: Vec<S>,
    /// For each pixel of the half the lower alpha of its two pixels of this row, ends twice; empty without alpha.
    alphas: Vec<S>,
}

impl<S: Sample> Split<S> {
    /// Takes `row`, of pixels of `channels` samples.
    pub(super) fn fill(&mut self, row: &[S], channels: usize) {
        let half = row.len().div_ceil(2 * channels);
        self.samples.resize(2 * (half + 2) * channels, S::default());
        // The compiler knows what to do with pixels of a fixed length; where samples are long it matters less.
        match channels {
            1 if size_of::<S>() == 1 => self.split_fixed::<1, 2>(row),
            3 if size_of::<S>() <= 2 => self.split_fixed::<3, 6>(row),
            4 if size_of::<S>() == 1 => self.split_fixed::<4, 8>(row),
            _ => self.split(row, channels),
        }
        self.repeat_ends(row, channels);
        if channels.is_multiple_of(2) {
            let (even, odd) = self.samples.split_at(self.samples.len() / 2);
            let pixels = even.chunks_exact(channels).zip(odd.chunks_exact(channels));
            self.alphas.clear();
            self.alphas.extend(pixels.map(|(even, odd)| even[channels - 1].min(odd[channels - 1])));
        }
    }

    /// Splits the pairs of `row`, pixels of `channels` samples.
    fn split(&mut self, row: &[S], channels: usize) {
        let (even, odd) = self.parts_mut();
        let parts = even.chunks_exact_mut(channels).zip(odd.chunks_exact_mut(channels)).skip(1);
        for ((even, odd), pair) in parts.zip(row.chunks_exact(2 * channels)) {
            even.copy_from_slice(&pair[..channels]);
            odd.copy_from_slice(&pair[channels..]);
        }
    }

    /// The same for pixels of `N` samples, pairs of them having `PAIR`.
    fn split_fixed<const N: usize, const PAIR: usize>(&mut self, row: &[S]) {
        let (even, odd) = self.parts_mut();
        let pairs = row.as_chunks::<PAIR>().0;
        // One length for all, so that one counter does.
        let count = pairs.len();
        let (even, odd) = (&mut even.as_chunks_mut::<N>().0[1..=count], &mut odd.as_chunks_mut::<N>().0[1..=count]);
        for i in 0..count {
            even[i] = std::array::from_fn(|channel| pairs[i][channel]);
            odd[i] = std::array::from_fn(|channel| pairs[i][N + channel]);
        }
    }

    /// Puts the pixels at the ends of `row` where they stand for those outside.
    fn repeat_ends(&mut self, row: &[S], channels: usize) {
        let (even, odd) = self.parts_mut();
        let behind = even.len() - channels;
        let (first, last) = (&row[..channels], &row[row.len() - channels..]);
        even[..channels].copy_from_slice(first);
        odd[..channels].copy_from_slice(first);
        even[behind..].copy_from_slice(last);
        odd[behind..].copy_from_slice(last);
        if !row.len().is_multiple_of(2 * channels) {
            even[behind - channels..behind].copy_from_slice(last);
            odd[behind - channels..behind].copy_from_slice(last);
        }
    }

    fn parts_mut(&mut self) -> (&mut [S], &mut [S]) {
        let length = self.samples.len() / 2;
        self.samples.split_at_mut(length)
    }

    /// The parts of even and odd places.
    fn parts(&self) -> (&[S], &[S]) {
        self.samples.split_at(self.samples.len() / 2)
    }
}

/// Room to work in, kept from row to row.
#[derive(Debug, Default)]
pub(super) struct Room<S: Sample> {
    /// The sums of columns.
    sums: Vec<S::Tall>,
    /// The lowest alphas of columns.
    lowest: Vec<S>,
}

/// What rows are and how they are halved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<S> {
    pub(super) kernel: Kernel,
    /// Samples of a pixel.
    pub(super) channels: usize,
    /// The alpha of an opaque pixel.
    pub(super) opaque: S,
}

impl<S: Sample> Shape<S> {
    /// Writes the row of `half` in the middle of `rows`.
    pub(super) fn halve(&self, rows: &[&Split<S>], room: &mut Room<S>, half: &mut [S]) {
        let middle = rows.len() / 2;
        let pair = [rows[middle - 1], rows[middle]];
        match (self.kernel, rows) {
            (Kernel::Sharp, &[a, b, c, d, e, f]) => {
                sum_columns([a, b, c, d, e, f], &mut room.sums);
                self.sharpen(pair, &room.sums, half);
            }
            _ => self.average(pair, half),
        }
        if self.channels.is_multiple_of(2) {
            self.mend(rows, pair, &mut room.lowest, half);
        }
    }

    /// The six sums of columns around each sample, weighted in their turn.
    fn sharpen(&self, pair: [&Split<S>; 2], sums: &[S::Tall], half: &mut [S]) {
        let count = half.len();
        let (even, odd) = sums.split_at(sums.len() / 2);
        let [a, c, e] = [0, 1, 2].map(|pixel| &even[pixel * self.channels..][..count]);
        let [b, d, f] = [0, 1, 2].map(|pixel| &odd[pixel * self.channels..][..count]);
        let [p, q, r, s] = self.middles(pair, count);
        let done = S::settle_lanes([a, b, c, d, e, f], [p, q, r, s], half);
        for i in done..count {
            let low = p[i].min(q[i]).min(r[i].min(s[i]));
            let high = p[i].max(q[i]).max(r[i].max(s[i]));
            half[i] = S::settle([a[i], b[i], c[i], d[i], e[i], f[i]], low, high);
        }
    }

    /// The means of two by two samples.
    fn average(&self, pair: [&Split<S>; 2], half: &mut [S]) {
        let [p, q, r, s] = self.middles(pair, half.len());
        for (i, sample) in half.iter_mut().enumerate() {
            *sample = S::mean([p[i], q[i], r[i], s[i]]);
        }
    }

    /// The four samples that each of `count` samples of the half stands for.
    fn middles<'a>(&self, [upper, lower]: [&'a Split<S>; 2], count: usize) -> [&'a [S]; 4] {
        let [(a, b), (c, d)] = [upper.parts(), lower.parts()];
        [a, b, c, d].map(|part| &part[self.channels..][..count])
    }

    /// Gives the pixels of `half` that saw one that is not opaque the mean of their four, weighted by alpha.
    fn mend(&self, rows: &[&Split<S>], pair: [&Split<S>; 2], lowest: &mut Vec<S>, half: &mut [S]) {
        lowest.clear();
        lowest.extend_from_slice(&rows[0].alphas);
        for row in &rows[1..] {
            lowest.iter_mut().zip(&row.alphas).for_each(|(lowest, alpha)| *lowest = (*lowest).min(*alpha));
        }
        if lowest.iter().fold(self.opaque, |least, &alpha| least.min(alpha)) == self.opaque {
            return;
        }
        let four = self.middles(pair, half.len());
        for ((x, pixel), around) in half.chunks_exact_mut(self.channels).enumerate().zip(lowest.array_windows::<3>()) {
            let seen = if self.kernel == Kernel::Sharp { &around[..] } else { &around[1..2] };
            if seen.iter().any(|&alpha| alpha < self.opaque) {
                average_by_alpha(four.map(|part| &part[x * self.channels..][..self.channels]), pixel);
            }
        }
    }
}

/// The sums down the columns of six rows.
fn sum_columns<S: Sample>(rows: [&Split<S>; 6], sums: &mut Vec<S::Tall>) {
    let [a, b, c, d, e, f] = rows.map(|row| &row.samples[..]);
    let count = a.len();
    sums.resize(count, S::Tall::default());
    let (b, c, d, e, f) = (&b[..count], &c[..count], &d[..count], &e[..count], &f[..count]);
    let sums = &mut sums[..count];
    let done = S::tall_lanes([a, b, c, d, e, f], sums);
    for i in done..count {
        sums[i] = S::tall([a[i], b[i], c[i], d[i], e[i], f[i]]);
    }
}

/// Makes `mean` that of four pixels whose last sample is alpha: 0 all over where its alpha is.
fn average_by_alpha<S: Sample>(four: [&[S]; 4], mean: &mut [S]) {
    let Some((alpha, colors)) = mean.split_last_mut() else { return };
    let alphas = four.map(|pixel| pixel[colors.len()].into());
    let total: u64 = alphas.iter().sum();
    *alpha = S::from_value((total + 2) / 4);
    let is_clear = *alpha == S::default();
    for (i, color) in colors.iter_mut().enumerate() {
        let weighted: u64 = four.iter().zip(alphas).map(|(pixel, alpha)| pixel[i].into() * alpha).sum();
        *color = if is_clear { S::default() } else { S::from_value(quotient(weighted + total / 2, total)) };
    }
}

/// `sum / count`, by the division of 32 bits where it will do, which takes half the time.
fn quotient(sum: u64, count: u64) -> u64 {
    match (u32::try_from(sum), u32::try_from(count)) {
        (Ok(sum), Ok(count)) => (sum / count).into(),
        _ => sum / count,
    }
}
