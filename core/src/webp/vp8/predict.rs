//! What is foretold of samples from those above and to the left (RFC 6386, 12).

use crate::lanes::{i16x16, splat, u8x16};

use super::transform::{Lanes, shuffled};

/// How a whole block of 16×16 or 8×8 samples is foretold, in the order of the standard's trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Mode {
    /// The mean of both edges.
    Dc,
    /// The row above, again and again.
    Vertical,
    /// The column to the left, again and again.
    Horizontal,
    /// Left + above − above left.
    TrueMotion,
}

impl Mode {
    /// In the order of the standard's trees.
    pub(super) const ALL: [Self; 4] = [Self::Dc, Self::Vertical, Self::Horizontal, Self::TrueMotion];

    /// The mode of a subblock that stands for it as a neighbour (11.3).
    pub(super) const fn of_subblocks(self) -> u8 {
        match self {
            Self::Dc => 0,
            Self::TrueMotion => 1,
            Self::Vertical => 2,
            Self::Horizontal => 3,
        }
    }
}

/// What lies around a block of `N`×`N` samples.
#[derive(Clone, Debug)]
pub(super) struct Edges<const N: usize> {
    pub(super) above: [u8; N],
    pub(super) left: [u8; N],
    pub(super) corner: u8,
    /// Whether samples above and to the left are any of the picture.
    pub(super) inside: (bool, bool),
}

impl<const N: usize> Edges<N> {
    /// What [`Mode::Dc`] foretells (12.2).
    fn mean(&self) -> u8 {
        let sum = |side: &[u8; N], inside: bool| if inside { side.iter().map(|&s| u32::from(s)).sum() } else { 0 };
        let count = N as u32 * (u32::from(self.inside.0) + u32::from(self.inside.1));
        let sum = sum(&self.above, self.inside.0) + sum(&self.left, self.inside.1);
        (sum + count / 2).checked_div(count).map_or(128, |mean| mean as u8)
    }

    /// Puts what `mode` foretells into the rows of a block.
    #[inline]
    pub(super) fn put<'a>(&self, mode: Mode, rows: impl Iterator<Item = &'a mut [u8; N]>) {
        let mean = if mode == Mode::Dc { self.mean() } else { 0 };
        for (y, row) in rows.enumerate() {
            *row = match mode {
                Mode::Dc => [mean; N],
                Mode::Vertical => self.above,
                Mode::Horizontal => [self.left[y]; N],
                Mode::TrueMotion => {
                    let step = i16::from(self.left[y]) - i16::from(self.corner);
                    self.above.map(|above| (step + i16::from(above)).clamp(0, 255) as u8)
                }
            };
        }
    }

    /// All subblocks, row by row; where there are fewer than 16, they begin at lane `first`, and other lanes are 0.
    #[inline(never)]
    pub(super) fn lanes(&self, mode: Mode, first: usize) -> Lanes {
        let above: [i16x16; 4] = std::array::from_fn(|x| spread::<N>(first, |bx, _| self.above[4 * bx + x]));
        let left: [i16x16; 4] = std::array::from_fn(|y| spread::<N>(first, |_, by| self.left[4 * by + y]));
        let mean = if mode == Mode::Dc { spread::<N>(first, |_, _| self.mean()) } else { i16x16::ZERO };
        let corner = spread::<N>(first, |_, _| self.corner);
        std::array::from_fn(|at| match mode {
            Mode::Dc => mean,
            Mode::Vertical => above[at % 4],
            Mode::Horizontal => left[at / 4],
            Mode::TrueMotion => (left[at / 4] + above[at % 4] - corner).max(i16x16::ZERO).min(splat(255)),
        })
    }
}

/// Lanes of what `level` gives for the column and the row of each subblock.
#[inline(always)]
fn spread<const N: usize>(first: usize, level: impl Fn(usize, usize) -> u8) -> i16x16 {
    let across = N / 4;
    let mut lanes = [0; 16];
    (0..across * across).for_each(|b| lanes[first + b] = i16::from(level(b % across, b / across)));
    i16x16::new(lanes)
}

/// What lies around a subblock: left from the bottom to the top, the corner, above from left to right and four more.
pub(super) type Rim = [u8; 13];

/// What each of the ten modes foretells of a subblock, row by row, in the order of 11.2: DC, true motion, vertical, horizontal,
/// six diagonals; what lies behind is 0.
pub(super) type Foretold = [[u8; 16]; 16];

/// Means along a rim: of three samples, and of each with the next one. At the ends, the last one counts twice.
struct Means {
    three: [u8; 13],
    two: [u8; 12],
}

impl Means {
    #[inline(always)]
    fn of(rim: &Rim) -> Self {
        let wide = rim.map(u16::from);
        let three = |at: usize| (wide[at.max(1) - 1] + 2 * wide[at] + wide[(at + 1).min(12)] + 2) >> 2;
        let two = |at: usize| (wide[at] + wide[at + 1] + 1) >> 1;
        Self { three: std::array::from_fn(|at| three(at) as u8), two: std::array::from_fn(|at| two(at) as u8) }
    }
}

/// A subblock whose rows are parts of a line of samples, each from one of `starts` on.
#[inline(always)]
fn of_line(line: &[u8], starts: [usize; 4]) -> [u8; 16] {
    let mut samples = [0; 16];
    for (row, start) in samples.as_chunks_mut::<4>().0.iter_mut().zip(starts) {
        row.copy_from_slice(&line[start..start + 4]);
    }
    samples
}

/// What mode `mode` foretells of a subblock that `rim` lies around (12.3).
#[inline]
fn by_mode(mode: usize, rim: &Rim, Means { three, two }: &Means) -> [u8; 16] {
    match mode {
        0 => {
            let sum: u16 = rim[0..4].iter().chain(&rim[5..9]).map(|&sample| u16::from(sample)).sum();
            [((sum + 4) >> 3) as u8; 16]
        }
        1 => std::array::from_fn(|at| {
            let sum = i16::from(rim[3 - at / 4]) - i16::from(rim[4]) + i16::from(rim[5 + at % 4]);
            sum.clamp(0, 255) as u8
        }),
        2 => of_line(three, [5; 4]),
        3 => std::array::from_fn(|at| three[3 - at / 4]),
        4 => of_line(three, [6, 7, 8, 9]),
        5 => of_line(three, [4, 3, 2, 1]),
        6 => {
            let even = [three[3], two[4], two[5], two[6], two[7]];
            let odd = [three[2], three[4], three[5], three[6], three[7]];
            of_line([even, odd].as_flattened(), [1, 6, 0, 5])
        }
        7 => {
            let first = [two[5], two[6], two[7], two[8], three[6], three[7], three[8], three[9]];
            let second = [two[6], two[7], two[8], three[10], three[7], three[8], three[9], three[11]];
            of_line([first, second].as_flattened(), [0, 4, 8, 12])
        }
        8 => {
            let down = [two[0], three[1], two[1], three[2], two[2], three[3], two[3], three[4], three[5], three[6]];
            of_line(&down, [6, 4, 2, 0])
        }
        _ => {
            let up = [two[2], three[2], two[1], three[1], two[0], three[0], rim[0], rim[0], rim[0], rim[0]];
            of_line(&up, [0, 2, 4, 6])
        }
    }
}

/// What `mode` foretells of a subblock that `rim` lies around.
#[inline]
pub(super) fn one_mode(mode: u8, rim: &Rim) -> [u8; 16] {
    by_mode(mode.into(), rim, &Means::of(rim))
}

/// What each mode foretells of a subblock that `rim` lies around.
#[inline(never)]
pub(super) fn all_modes(rim: &Rim) -> Foretold {
    let means = Means::of(rim);
    let mut modes = [[0; 16]; 16];
    macro_rules! tell { ($($mode:literal)*) => { $(modes[$mode] = by_mode($mode, rim, &means);)* } }
    tell!(0 1 2 3 4 5 6 7 8 9);
    modes
}

/// The samples of all modes, one in each lane.
#[inline(never)]
pub(super) fn mode_lanes(foretold: &Foretold) -> Lanes {
    let modes = foretold.map(u8x16::new);
    shuffled(shuffled(shuffled(shuffled(modes)))).map(i16x16::from)
}
