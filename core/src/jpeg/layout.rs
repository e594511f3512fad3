//! Where the samples of a half lie: planes, each its own component's, in the rhythm of MCUs.

use super::frame::{max_sampling, scaled};

/// The planes of an image, how large they are, and how they share an MCU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Pixels across.
    pub(super) width: usize,
    /// Pixels down.
    pub(super) height: usize,
    /// Horizontal and vertical sampling factor of each component, 1 to 4.
    pub(super) sampling: Vec<(u8, u8)>,
}

impl Layout {
    /// Samples of component `index` across and down.
    pub(super) fn size(&self, index: usize) -> (usize, usize) {
        let (h, v) = self.sampling[index];
        let max = max_sampling(self.sampling.iter().copied());
        (scaled(self.width, h, max.0), scaled(self.height, v, max.1))
    }

    /// MCUs across and down.
    pub(super) fn mcus(&self) -> (usize, usize) {
        let (h, v) = max_sampling(self.sampling.iter().copied());
        (self.width.div_ceil(8 * usize::from(h)), self.height.div_ceil(8 * usize::from(v)))
    }

    /// Empty planes that hold one row of MCUs each.
    pub(super) fn band(&self) -> Vec<Plane> {
        let across = self.mcus().0;
        let plane = |&(h, v): &(u8, u8)| Plane::new(across * 8 * usize::from(h), 8 * usize::from(v));
        self.sampling.iter().map(plane).collect()
    }

    /// The layout of the picture with rows and columns exchanged.
    pub(super) fn transposed(&self) -> Self {
        let sampling = self.sampling.iter().map(|&(h, v)| (v, h)).collect();
        Self { width: self.height, height: self.width, sampling }
    }
}

/// Samples of one component, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plane {
    /// Samples of a row.
    pub(super) stride: usize,
    pub(super) samples: Vec<u8>,
}

impl Plane {
    /// A plane of mid-grey.
    pub(super) fn new(stride: usize, rows: usize) -> Self {
        Self { stride, samples: vec![128; stride * rows] }
    }

    /// Rows of the plane.
    pub(super) fn rows(&self) -> usize {
        self.samples.len() / self.stride
    }

    /// Row `y`.
    pub(super) fn row(&self, y: usize) -> &[u8] {
        &self.samples[y * self.stride..][..self.stride]
    }

    /// Repeats the last of the `width` × `height` samples that count over the rest of the plane.
    pub(super) fn pad(&mut self, width: usize, height: usize) {
        for row in self.samples.chunks_exact_mut(self.stride).take(height) {
            let last = row[width - 1];
            row[width..].fill(last);
        }
        let last = (height - 1) * self.stride..height * self.stride;
        for y in height..self.rows() {
            self.samples.copy_within(last.clone(), y * self.stride);
        }
    }
}
