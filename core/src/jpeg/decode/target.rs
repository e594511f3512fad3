//! Where the blocks of a component go: a plane of samples, each block four or eight of them wide and high.

use super::idct::{Corners, Steps};
use super::kernel::{self, Scale};
use super::progressive::{Block, ComponentCoefficients};
use crate::jpeg::layout::Plane;
use crate::jpeg::quantization::Table;

/// The blocks of a component, and the plane that takes their samples.
#[derive(Debug)]
pub(super) struct Target {
    across: Side,
    down: Side,
    table: Table,
    steps: Steps,
    /// A whole plane, or a band of one.
    pub(super) plane: Plane,
    /// The row of blocks that the first rows of the plane come from.
    pub(super) first_row: usize,
}

/// The blocks of a component in one dimension.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    /// Samples, at least 1.
    length: usize,
    /// Whether each block gives eight samples, not four.
    whole: bool,
}

impl Side {
    /// A side of `length` samples, that stays as long or is halved.
    pub(super) fn new(length: usize, whole: bool) -> Self {
        Self { length, whole }
    }

    /// Blocks that hold at least one sample of the picture.
    pub(super) fn blocks(self) -> usize {
        self.length.div_ceil(8)
    }

    /// Samples that come out.
    pub(super) fn result(self) -> usize {
        if self.whole { self.length } else { self.length.div_ceil(2) }
    }

    /// Samples that all blocks give.
    pub(super) fn padded(self) -> usize {
        self.blocks() * self.step()
    }

    /// Samples that a block gives.
    fn step(self) -> usize {
        if self.whole { 8 } else { 4 }
    }

    /// Blocks before the first one that needs more than its corner.
    fn plain(self) -> usize {
        if self.whole { 0 } else { self.length / 8 }
    }

    fn scale(self, block: usize) -> Scale {
        if self.whole { Scale::Whole } else { Scale::Half((self.length - 8 * block).min(8)) }
    }
}

impl Target {
    /// The target for a component of these sides; blocks outside `plane` are not to be written.
    pub(super) fn new(across: Side, down: Side, plane: Plane) -> Self {
        let table = [1; 64];
        Self { across, down, steps: Steps::new(&table), table, plane, first_row: 0 }
    }

    /// Sets the quantization table of the blocks to come.
    pub(super) fn set_table(&mut self, table: &Table) {
        (self.table, self.steps) = (*table, Steps::new(table));
    }

    /// Blocks that hold samples of the picture, across and down.
    pub(super) fn blocks(&self) -> (usize, usize) {
        (self.across.blocks(), self.down.blocks())
    }

    /// Samples of the plane that count, across and down.
    pub(super) fn result(&self) -> (usize, usize) {
        (self.across.result(), self.down.result())
    }

    /// The row of samples that the plane begins with.
    pub(super) fn first_sample_row(&self) -> usize {
        self.first_row * self.down.step()
    }

    /// Draws the rows of samples from `first`, the first one of a row of blocks, on; at least `rows` of them.
    pub(super) fn draw(&mut self, first: usize, rows: usize, blocks: &ComponentCoefficients) {
        let step = self.down.step();
        self.first_row = first / step;
        let rows = rows.div_ceil(step);
        if self.plane.samples.len() < rows * step * self.across.padded() {
            self.plane = Plane::new(self.across.padded(), rows * step);
        }
        let mut corners = Corners::new(self.across.plain());
        for y in self.first_row..self.first_row + rows {
            for x in 0..self.across.blocks() {
                match blocks.block(x, y) {
                    Block::Corner(coefficients) => corners.set(x, coefficients),
                    Block::Whole(coefficients) => self.write_whole(x, y, coefficients),
                }
            }
            self.write_corners(y, &corners);
        }
    }

    /// Whether the block at (`x`, `y`) holds samples of the picture.
    #[inline(always)]
    pub(super) fn holds(&self, x: usize, y: usize) -> bool {
        x < self.across.blocks() && y < self.down.blocks()
    }

    /// Whether the corner of the block at (`x`, `y`) is all that is needed of it.
    #[inline(always)]
    pub(super) fn wants_corner(&self, x: usize, y: usize) -> bool {
        x < self.across.plain() && y < self.down.plain()
    }

    /// Blocks across and down, from the first on, whose corner is all that is needed of them.
    pub(super) fn plain(&self) -> (usize, usize) {
        (self.across.plain(), self.down.plain())
    }

    /// Writes the blocks of row `y` of which only the corner is needed.
    pub(super) fn write_corners(&mut self, y: usize, corners: &Corners) {
        if y >= self.down.plain() {
            return;
        }
        let stride = self.plane.stride;
        if let Some(rows) = self.plane.samples.get_mut((y - self.first_row) * 4 * stride..) {
            corners.draw(self.across.plain(), &self.steps, &mut rows[..4 * stride], stride);
        }
    }

    /// Writes the block at (`x`, `y`), given whole in natural order.
    pub(super) fn write_whole(&mut self, x: usize, y: usize, coefficients: &[i16; 64]) {
        let (across, down) = (self.across.scale(x), self.down.scale(y));
        let samples = kernel::samples(coefficients, &self.table, across, down);
        let start = (y - self.first_row) * self.down.step() * self.plane.stride + self.across.step() * x;
        let Some(rows) = self.plane.samples.get_mut(start..) else { return };
        for (row, samples) in rows.chunks_mut(self.plane.stride).zip(&samples[..down.samples()]) {
            let count = across.samples().min(row.len());
            row[..count].copy_from_slice(&samples[..count]);
        }
    }
}
