//! The 2:1 kernel: each pixel of the half stands for 2×2 pixels of the whole.
//!
//! ```text
//!   · · · · · ·     Mean    (a + b + c + d + 2) / 4
//!   · · · · · ·     Sharp   all 36, weighted −4 7 29 29 7 −4 across and down; then no less than the least
//!   · · a b · ·             of a b c d, no more than the most
//!   · · c d · ·
//!   · · · · · ·     rounded half up; beyond the edges, and where a side is odd, the last pixel is there again,
//!   · · · · · ·     so a side of 1 stays 1
//! ```
//!
//! Six taps see what two do not: fine lines do not become moiré. The bound keeps what longer filters lose: no rings
//! beside letters, and what is flat stays flat. Why these two: `ARCHITECTURE.md`, "Halving pixels".
//!
//! A pixel that sees one that is not opaque becomes the mean of its four, colours weighted by alpha: the colour of a
//! transparent pixel never bleeds into a visible one. All arithmetic is exact in integers: the same samples everywhere.

mod kernel;
mod light;
#[cfg(test)]
mod tests;
mod vectors;

use crate::options::Light;
use crate::raster::{Model, Raster, Samples};
use kernel::{Room, Sample, Shape, Split};

pub(crate) use light::Lit;

/// `whole` at half its width and height, odd sides rounded up. Linear in pixels.
pub(crate) fn halve(whole: &Raster, kernel: Kernel, light: Light) -> Raster {
    let Raster { width, height, model, .. } = *whole;
    let samples = match &whole.samples {
        Samples::Eight(samples) => Samples::Eight(halve_samples(samples, Halver::new(width, model, kernel, light))),
        Samples::Sixteen(samples) => Samples::Sixteen(halve_samples(samples, Halver::new(width, model, kernel, light))),
    };
    Raster { width: width.div_ceil(2), height: height.div_ceil(2), model, samples }
}

fn halve_samples<S: Lit>(samples: &[S], mut halver: Halver<S>) -> Vec<S> {
    let rows = samples.chunks_exact(halver.row_length);
    let mut half = Vec::with_capacity(halver.half.len() * rows.len().div_ceil(2));
    for row in rows {
        half.extend_from_slice(halver.push(row).unwrap_or_default());
    }
    while let Some(row) = halver.finish() {
        half.extend_from_slice(row);
    }
    half
}

/// Which pixels of the whole make one of the half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Two by two, all alike: few new colours, for pictures with palettes.
    Mean,
    /// Six by six.
    Sharp,
}

impl Kernel {
    /// The most rows of the whole that any sees.
    const MOST_ROWS: usize = 6;

    /// How many rows of the whole it sees.
    const fn rows(self) -> usize {
        match self {
            Self::Mean => 2,
            Self::Sharp => 6,
        }
    }
}

/// Halves a picture row by row. It holds as many rows as its kernel sees.
#[derive(Debug)]
pub(crate) struct Halver<S: Lit> {
    /// Samples of a row of the whole.
    row_length: usize,
    model: Model,
    work: Work<S>,
    /// A row of the half.
    half: Vec<S>,
}

/// What is averaged.
#[derive(Debug)]
enum Work<S: Lit> {
    Encoded(Rows<S>),
    /// Light, and a row of the whole and of the half as such.
    Linear(Rows<u32>, Vec<u32>),
}

impl<S: Lit> Halver<S> {
    /// For rows of `width` pixels, at least 1, of `model`.
    pub(crate) fn new(width: usize, model: Model, kernel: Kernel, light: Light) -> Self {
        let channels = model.channels();
        let length = width.div_ceil(2) * channels;
        let work = match light {
            Light::Encoded => Work::Encoded(Rows::new(Shape { kernel, channels, opaque: S::MOST }, length)),
            Light::Linear => {
                Work::Linear(Rows::new(Shape { kernel, channels, opaque: S::MOST.into() }, length), Vec::new())
            }
        };
        Self { row_length: width * channels, model, work, half: vec![S::default(); length] }
    }

    /// Takes the next row of the whole, and gives the next one of the half if that completes it.
    pub(crate) fn push(&mut self, row: &[S]) -> Option<&[S]> {
        match &mut self.work {
            Work::Encoded(rows) => rows.push(row),
            Work::Linear(rows, lit) => {
                light::lighten(row, self.model, lit);
                let half = rows.push(lit)?;
                light::darken(half, self.model, &mut self.half);
                Some(&self.half)
            }
        }
    }

    /// Behind the last row of the whole, gives the rows of the half that are left, one at each call.
    pub(crate) fn finish(&mut self) -> Option<&[S]> {
        match &mut self.work {
            Work::Encoded(rows) => rows.finish(),
            Work::Linear(rows, _) => {
                let half = rows.finish()?;
                light::darken(half, self.model, &mut self.half);
                Some(&self.half)
            }
        }
    }
}

/// The rows of the whole that the kernel still needs, and the row of the half that it made last.
#[derive(Debug)]
struct Rows<S: Sample> {
    shape: Shape<S>,
    /// The last rows of the whole; row `y` is at `y` modulo their number.
    splits: Vec<Split<S>>,
    /// Rows of the whole that have come.
    taken: usize,
    /// Rows of the half that have been given.
    given: usize,
    room: Room<S>,
    half: Vec<S>,
}

impl<S: Sample> Rows<S> {
    /// For a half of rows of `length` samples.
    fn new(shape: Shape<S>, length: usize) -> Self {
        let splits = vec![Split::default(); shape.kernel.rows()];
        Self { shape, splits, taken: 0, given: 0, room: Room::default(), half: vec![S::default(); length] }
    }

    fn push(&mut self, row: &[S]) -> Option<&[S]> {
        let place = self.taken % self.splits.len();
        self.splits[place].fill(row, self.shape.channels);
        self.taken += 1;
        // The row of the half between rows 2y and 2y + 1 sees as many above as below.
        let below = self.splits.len() / 2 + 1;
        (self.taken >= 2 * self.given + below).then(|| self.next())
    }

    fn finish(&mut self) -> Option<&[S]> {
        (2 * self.given < self.taken).then(|| self.next())
    }

    /// The next row of the half; beyond the edges, the first and the last row of the whole are there again.
    fn next(&mut self) -> &[S] {
        let (count, last) = (self.splits.len(), self.taken - 1);
        let top = 2 * self.given + 1;
        let row = |i: usize| &self.splits[(top + i).saturating_sub(count / 2).min(last) % count];
        let seen: [_; Kernel::MOST_ROWS] = std::array::from_fn(row);
        self.shape.halve(&seen[..count], &mut self.room, &mut self.half);
        self.given += 1;
        &self.half
    }
}
