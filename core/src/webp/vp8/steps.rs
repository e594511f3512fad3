//! Quantization: from a quality to steps, and from coefficients to levels.

use crate::lanes::{i16x16, sixteens, splat};

use super::cost::log2;
use super::tables::{AC_STEPS, DC_STEPS, ZIGZAG};
use super::transform::Lanes;

/// The highest quantizer index.
pub(super) const MOST_INDEX: u8 = 127;

/// The quantizer index of a quality, 1 to 100, on libwebp's scale: 127 × (1 − ∛s), where s goes to ½ in a line up to
/// quality 75, and from there to 1. It counts `strength` / 256 times: with more of it, the index is higher.
pub(super) fn index_of(quality: u8, strength: i32) -> u8 {
    let quality = u32::from(quality.min(100));
    // In 1/300.
    let linear = if quality < 75 { 2 * quality } else { 6 * quality - 300 };
    // Logarithms of linear / 300, and of what each index leaves of 127.
    let log2 = |number: u32| i64::from(log2(number, 16));
    let wanted = (log2(linear.max(1)) - log2(300)) * i64::from(strength) / (3 * 256);
    let left = |index: u8| log2(u32::from(MOST_INDEX - index)) - log2(127);
    (0..MOST_INDEX).rev().find(|&index| left(index) >= wanted).unwrap_or(0)
}

/// The quality whose index is the nearest to `index`, the higher one of two.
pub(super) fn quality_of(index: u8) -> u8 {
    (1..=100).rev().min_by_key(|&quality| index_of(quality, 256).abs_diff(index)).unwrap_or(100)
}

/// How one kind of block is quantised.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// Of DC and of AC.
    pub(super) steps: [i16; 2],
    /// Added before dividing, less than half of a step.
    bias: [i16; 2],
    /// 2^16 divided by the steps, rounded up.
    reciprocals: [i16; 2],
    /// By how many bits squares of what is lost are made smaller, so that sums of 16 fit.
    pub(super) shift: u32,
}

/// The largest level that there are extra bits for.
const MOST_LEVEL: i16 = 2047;

impl Steps {
    /// Rounding up where a coefficient has more than 1 − `bias`/256 of a step above a level.
    pub(super) fn new(steps: [u16; 2], bias: [u16; 2]) -> Self {
        let most = u32::from(steps[0].max(steps[1]));
        Self {
            steps: steps.map(|step| step as i16),
            bias: [0, 1].map(|at| (u32::from(steps[at]) * u32::from(bias[at]) / 256) as i16),
            reciprocals: steps.map(|step| (65536_u32.div_ceil(u32::from(step))) as i16),
            shift: (0..6).find(|shift| (6 * most * most) >> shift < 32768).unwrap_or(6),
        }
    }

    /// Steps of luma, of the DC of whole blocks and of chroma, by index and what is added to it for luma's DC, the DC of
    /// whole blocks and their AC, and chroma's two (9.6, 14.1).
    pub(super) fn of_index(index: u8, deltas: [i32; 5]) -> [Self; 3] {
        let at = deltas.map(|delta| (i32::from(index) + delta).clamp(0, 127) as usize);
        let dc = |at: usize| u16::from(DC_STEPS[at]);
        let luma = [dc(at[0]), AC_STEPS[usize::from(index.min(127))]];
        let whole = [2 * dc(at[1]), (AC_STEPS[at[2]] * 155 / 100).max(8)];
        let chroma = [dc(at[3]).min(132), AC_STEPS[at[4]]];
        [Self::new(luma, [108, 100]), Self::new(whole, [96, 108]), Self::new(chroma, [122, 103])]
    }

    /// The magnitudes of the levels of blocks, and for each of them the sum of squares of what is lost, less the lowest
    /// [`shift`](Self::shift) bits. The first `first` coefficients count for nothing.
    #[inline(never)]
    pub(super) fn quantize(&self, coefficients: &Lanes, first: usize) -> (Lanes, i16x16) {
        let mut levels = [i16x16::ZERO; 16];
        let mut lost = i16x16::ZERO;
        for at in first..16 {
            let which = usize::from(at > 0);
            [levels[at], lost] = sixteens([coefficients[at], lost], |[coefficient, lost]| {
                let magnitude = coefficient.abs();
                let raised = magnitude + splat(self.bias[which]);
                let level = raised.mul_keep_high(splat(self.reciprocals[which]));
                let level = level.min(splat(MOST_LEVEL));
                let error = magnitude - level * splat(self.steps[which]);
                [level, lost + ((error * error) >> self.shift)]
            });
        }
        (levels, lost)
    }

    /// The levels of one block in zigzag order, and the sum of squares of what is lost.
    pub(super) fn quantize_block(&self, coefficients: &[i16; 16]) -> ([i16; 16], u32) {
        let mut lost = 0;
        let levels = std::array::from_fn(|k| {
            let at = ZIGZAG[k];
            let which = usize::from(at > 0);
            let magnitude = i32::from(coefficients[at]).abs();
            let level = ((magnitude + i32::from(self.bias[which])) * i32::from(self.reciprocals[which])) >> 16;
            let level = level.min(i32::from(MOST_LEVEL));
            let error = magnitude - level * i32::from(self.steps[which]);
            lost += (error * error) as u32;
            (level * i32::from(coefficients[at]).signum()) as i16
        });
        (levels, lost)
    }

    /// The coefficients that levels in zigzag order stand for.
    #[inline(always)]
    pub(super) fn restore(&self, levels: &[i16; 16]) -> [i16; 16] {
        let mut coefficients = [0; 16];
        for k in 0..16 {
            let at = ZIGZAG[k];
            coefficients[at] = levels[k].wrapping_mul(self.steps[usize::from(at > 0)]);
        }
        coefficients
    }

    /// The coefficients that levels in lanes stand for.
    #[inline(always)]
    pub(super) fn restore_lanes(&self, levels: &Lanes) -> Lanes {
        std::array::from_fn(|at| levels[at] * splat(self.steps[usize::from(at > 0)]))
    }
}
