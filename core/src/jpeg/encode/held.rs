//! The coefficients of a whole half, for what looks at them more than once.

use super::Plan;
use super::fdct::{self, Columns};
use super::quantize::Block;
use crate::jpeg::layout::{Layout, Plane};

/// The blocks of all components: 2⅛ bytes for each sample.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) components: Vec<Component>,
}

/// The blocks of a component.
#[derive(Clone, Debug)]
pub(super) struct Component {
    /// Which tables it has: 0 for those of luminance, 1 for those of chrominance.
    pub(super) kind: usize,
    /// Its blocks in an MCU, across and down.
    pub(super) sampling: (usize, usize),
    /// Blocks of a row, with those that fill the last MCU.
    stride: usize,
    /// Blocks across and down that hold samples.
    size: (usize, usize),
    /// Row by row.
    pub(super) blocks: Vec<Block>,
}

impl Held {
    /// Room for the blocks of what `plan` is for.
    pub(super) fn new(plan: &Plan) -> Self {
        let layout = &plan.layout;
        let (across, down) = layout.mcus();
        let component = |(index, &(h, v)): (usize, &(u8, u8))| {
            let (width, height) = layout.size(index);
            let sampling = (usize::from(h), usize::from(v));
            let stride = across * sampling.0;
            let blocks = Vec::with_capacity(stride * down * sampling.1);
            Component {
                kind: plan.kind(index),
                sampling,
                stride,
                size: (width.div_ceil(8), height.div_ceil(8)),
                blocks,
            }
        };
        Self { components: layout.sampling.iter().enumerate().map(component).collect() }
    }

    /// Bytes that the blocks of `layout` take.
    pub(super) fn bytes(layout: &Layout) -> u64 {
        let (across, down) = layout.mcus();
        let of_mcu: u64 = layout.sampling.iter().map(|&(h, v)| u64::from(h) * u64::from(v)).sum();
        across as u64 * down as u64 * of_mcu * size_of::<Block>() as u64
    }

    /// About `count` blocks of each component, in rows that lie evenly over the picture.
    pub(super) fn sample(&self, count: usize) -> Self {
        Self { components: self.components.iter().map(|component| component.sample(count)).collect() }
    }

    /// Visits the blocks as a scan of all components codes them, MCU by MCU, each with the index of its component.
    pub(super) fn interleaved<'a>(&'a self, mut visit: impl FnMut(usize, &'a Block)) {
        let first = &self.components[0];
        for row in 0..first.blocks.len() / (first.stride * first.sampling.1) {
            for column in 0..first.stride / first.sampling.0 {
                for (index, component) in self.components.iter().enumerate() {
                    component.mcu(row, column).for_each(|block| visit(index, block));
                }
            }
        }
    }
}

impl Component {
    /// Adds the blocks of a band of samples, quantised by `quantize`.
    pub(super) fn push(&mut self, band: &Plane, mut quantize: impl FnMut(&Columns) -> Block) {
        for y in 0..self.sampling.1 {
            self.blocks.extend((0..self.stride).map(|x| quantize(&fdct::forward(band, 8 * x, 8 * y))));
        }
    }

    fn sample(&self, count: usize) -> Self {
        let (across, down) = self.size;
        let every = down.div_ceil((count / across).max(1));
        let blocks: Vec<Block> = self.rows().skip(every / 2).step_by(every).flatten().copied().collect();
        Self { kind: self.kind, sampling: (1, 1), stride: across, size: (across, blocks.len() / across), blocks }
    }

    /// The blocks of the MCU in column `column` of row `row`.
    fn mcu(&self, row: usize, column: usize) -> impl Iterator<Item = &Block> {
        let (h, v) = self.sampling;
        (0..v).flat_map(move |y| &self.blocks[(row * v + y) * self.stride + column * h..][..h])
    }

    /// The blocks as a scan of this component alone codes them: row by row, without what fills MCUs (T.81 A.2.3).
    pub(super) fn rows(&self) -> impl Iterator<Item = &[Block]> {
        self.blocks.chunks_exact(self.stride).take(self.size.1).map(|row| &row[..self.size.0])
    }

    /// The same rows, to be changed.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [Block]> {
        self.blocks.chunks_exact_mut(self.stride).take(self.size.1).map(|row| &mut row[..self.size.0])
    }
}
