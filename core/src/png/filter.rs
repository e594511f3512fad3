//! Filters of rows (PNG 9): what is written is the difference from a prediction, row by row.
//!
//! By [`Strategy::Sparse`], rows stay as they are where many pixels equal the one before, as in what was drawn:
//! repetitions tell more than differences, except in gradients. Else the filter is taken whose differences are the
//! smallest, by a quarter of the row. The other strategies are tried one after the other where time is no matter.

mod vectors;

use super::layout::Layout;
use crate::deflate::literals_cost;
use crate::lanes;

/// How filters are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    /// Always this one.
    Fixed(u8),
    /// By a look at a part of each row.
    Sparse,
    /// The one with the smallest sum of differences.
    Sum,
    /// The one with the lowest entropy of single differences.
    Entropy,
    /// The one with the fewest different pairs of differences.
    Pairs,
}

impl Strategy {
    pub(super) const ALL: [Self; 9] = [
        Self::Sparse,
        Self::Fixed(0),
        Self::Fixed(1),
        Self::Fixed(2),
        Self::Fixed(3),
        Self::Fixed(4),
        Self::Sum,
        Self::Entropy,
        Self::Pairs,
    ];
}

impl Strategy {
    /// What `differences` weigh; the lightest are taken.
    fn weight(self, differences: &[u8]) -> u64 {
        match self {
            Self::Entropy => literals_cost(differences),
            Self::Pairs => {
                let mut seen = vec![0_u64; 1 << 10];
                for pair in differences.windows(2) {
                    let pair = usize::from(u16::from_le_bytes([pair[0], pair[1]]));
                    seen[pair / 64] |= 1 << (pair % 64);
                }
                seen.iter().map(|bits| u64::from(bits.count_ones())).sum()
            }
            _ => differences.iter().map(|&byte| u64::from(size(byte))).sum(),
        }
    }
}

/// Rows that are filtered as they come.
pub(super) struct Filter {
    layout: Layout,
    strategy: Strategy,
    /// A row before and the current one, behind a pixel of zeros each.
    above: Vec<u8>,
    row: Vec<u8>,
    filtered: Vec<u8>,
}

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// Of so many blocks, one is looked at.
const SPARSE: usize = 4;

/// In gradients, bytes that are not those of the pixel before differ from them by less.
const SOFT: u64 = 6;

impl Filter {
    pub(super) fn new(layout: Layout, strategy: Strategy) -> Self {
        let bytes = layout.pixel_bytes() + layout.row_bytes();
        Self { layout, strategy, above: vec![0; bytes], row: vec![0; bytes], filtered: vec![0; 1 + layout.row_bytes()] }
    }

    /// `row` behind its filter type.
    pub(super) fn apply(&mut self, row: &[u8]) -> &[u8] {
        let pixel = self.layout.pixel_bytes();
        std::mem::swap(&mut self.above, &mut self.row);
        self.row[pixel..].copy_from_slice(row);
        let end = self.row.len();
        let around = Around {
            row: &self.row[pixel..],
            left: &self.row[..end - pixel],
            above: &self.above[pixel..],
            corner: &self.above[..end - pixel],
        };
        let (kind, differences) = self.filtered.split_at_mut(1);
        kind[0] = match self.strategy {
            Strategy::Fixed(filter) => filter,
            Strategy::Sparse => around.best(self.layout.channels.is_multiple_of(2)),
            strategy => {
                let weight = |filter: &u8| {
                    around.differences(*filter, differences);
                    strategy.weight(differences)
                };
                (0..5).min_by_key(weight).unwrap_or(0)
            }
        };
        around.differences(kind[0], differences);
        &self.filtered
    }
}

/// A row and its neighbours, all of one length.
#[derive(Clone, Copy)]
struct Around<'a> {
    row: &'a [u8],
    left: &'a [u8],
    above: &'a [u8],
    corner: &'a [u8],
}

impl Around<'_> {
    /// What is left of the row when it is predicted by `filter`.
    fn differences(self, filter: u8, to: &mut [u8]) {
        if lanes::ARE_WRITTEN {
            return vectors::differences(self, filter, to);
        }
        let Self { row, left, above, corner } = self;
        let to = to.iter_mut().zip(row);
        match filter {
            0 => to.for_each(|(to, row)| *to = *row),
            1 => to.zip(left).for_each(|((to, row), left)| *to = row.wrapping_sub(*left)),
            2 => to.zip(above).for_each(|((to, row), above)| *to = row.wrapping_sub(*above)),
            3 => to.zip(left).zip(above).for_each(|(((to, row), a), b)| *to = row.wrapping_sub(mean(*a, *b))),
            _ => {
                let all = to.zip(left).zip(above).zip(corner);
                all.for_each(|((((to, row), a), b), c)| *to = row.wrapping_sub(paeth(*a, *b, *c)));
            }
        }
    }

    /// The filter for the row of a picture with or without alpha.
    fn best(self, alpha: bool) -> u8 {
        // A row of a few blocks is looked at as a whole.
        let step = if self.row.len() < 16 * BLOCK { BLOCK } else { SPARSE * BLOCK };
        let mut sizes = [0_u64; 5];
        let (mut equal, mut seen) = (0, 0);
        for at in (0..self.row.len()).step_by(step) {
            let block = self.block(at);
            equal += block.repeated();
            seen += block.row.len() as u32;
            for (filter, size) in (0..).zip(&mut sizes) {
                *size += u64::from(block.size(filter));
            }
        }
        // Gradients repeat pixels, too, but go up and down by little. What is partly clear was drawn.
        let rest = seen - equal;
        let gradient = !alpha && rest > seen / 8 && sizes[1] < SOFT * u64::from(rest);
        if equal >= seen / 4 && !gradient {
            return 0;
        }
        let least = (0..).zip(sizes).min_by_key(|&(filter, size)| (size, filter));
        least.map_or(0, |(filter, _)| filter)
    }

    fn block(self, at: usize) -> Self {
        let range = at..self.row.len().min(at + BLOCK);
        Self {
            row: &self.row[range.clone()],
            left: &self.left[range.clone()],
            above: &self.above[range.clone()],
            corner: &self.corner[range],
        }
    }

    /// How many times four bytes one after the other are those of the pixel before.
    fn repeated(self) -> u32 {
        if let (true, Some(row), Some(left)) = (lanes::ARE_WRITTEN, self.row.as_array(), self.left.as_array()) {
            return vectors::repeated(row, left);
        }
        let mut equal = [0; BLOCK + 3];
        for ((equal, row), left) in equal.iter_mut().zip(self.row).zip(self.left) {
            *equal = u8::from(row == left);
        }
        (0..BLOCK).map(|i| equal[i] & equal[i + 1] & equal[i + 2] & equal[i + 3]).sum::<u8>().into()
    }

    /// The sum of the differences' sizes.
    fn size(self, filter: u8) -> u32 {
        let mut differences = [0; BLOCK];
        self.differences(filter, &mut differences[..self.row.len()]);
        if lanes::ARE_WRITTEN {
            return vectors::size(&differences);
        }
        // At most 64 times 128; those behind the row are 0.
        differences.iter().map(|&byte| u16::from(size(byte))).sum::<u16>().into()
    }
}

/// The mean, rounded down.
#[inline(always)]
const fn mean(a: u8, b: u8) -> u8 {
    // What both have, and half of where they differ: in eight bits.
    (a & b) + ((a ^ b) >> 1)
}

/// The one of left, above and upper left that is nearest to left + above − upper left (PNG 9.4).
///
/// Of left and above, `low` is the smaller one. The corner is nearest where it lies between them, and neither of its
/// distances from them is twice the other one or more. All of it in eight bits.
#[inline(always)]
fn paeth(a: u8, b: u8, c: u8) -> u8 {
    let (low, high) = (a.min(b), a.max(b));
    let (over, under) = (c.saturating_sub(low), high.saturating_sub(c));
    if over >= under.saturating_add(under) {
        low
    } else if under >= over.saturating_add(over) {
        high
    } else {
        c
    }
}

/// How far a difference is from 0, either way round.
#[inline(always)]
fn size(difference: u8) -> u8 {
    difference.min(difference.wrapping_neg())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_are_those_of_the_standard() {
        for (a, b, c) in (0..=255)
            .flat_map(|a| (0..=255).map(move |b| (a, b)))
            .flat_map(|(a, b)| [0, 1, 2, 100, 127, 128, 200, 254, 255, a, b].map(move |c| (a, b, c)))
        {
            let [x, y, z] = [a, b, c].map(i32::from);
            let estimate = x + y - z;
            let nearest = [x, y, z].into_iter().min_by_key(|level| (estimate - level).abs()).unwrap();
            assert_eq!(i32::from(paeth(a, b, c)), nearest, "{a} {b} {c}");
            assert_eq!(i32::from(mean(a, b)), (x + y) / 2, "{a} {b}");
        }
    }

    /// The filters that [`Strategy::Sparse`] takes for rows of `pixel(x, y)`, from the second on.
    fn filters<const N: usize>(pixel: impl Fn(usize, usize) -> [u8; N]) -> Vec<u8> {
        const WIDTH: usize = 1500;
        let color_type = [0, 4, 2, 6][N - 1];
        let mut filter = Filter::new(Layout::of(WIDTH, color_type, 8), Strategy::Sparse);
        let row = |y| -> Vec<u8> { (0..WIDTH).flat_map(|x| pixel(x, y)).collect() };
        (0..9).map(|y| filter.apply(&row(y))[0]).skip(1).collect()
    }

    #[test]
    fn gradients_are_filtered_and_screens_are_not() {
        // Three of four pixels are those on their left.
        let gradient = |x: usize, y: usize| ((x + y) / 4 % 256) as u8;
        let screen = |x: usize, y: usize| ((x + y) / 4 * 97 % 256) as u8;
        assert!(filters(|x, y| [gradient(x, y); 1]).iter().all(|&filter| filter > 0), "grey gradient");
        assert!(filters(|x, y| [gradient(x, y); 3]).iter().all(|&filter| filter > 0), "gradient");
        assert!(filters(|x, y| [gradient(x, y); 4]).iter().all(|&filter| filter == 0), "gradient with alpha");
        assert!(filters(|x, y| [screen(x, y); 3]).iter().all(|&filter| filter == 0), "screen");
        assert!(filters(|_, _| [7_u8; 3]).iter().all(|&filter| filter == 0), "nothing but one colour");
    }
}
