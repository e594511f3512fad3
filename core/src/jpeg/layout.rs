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

    /// The layout with luma as fine as it is and one chroma sample for two by two, unless chroma is coarser already.
    pub(super) fn quartered(&self) -> Self {
        let (h, v) = max_sampling(self.sampling.iter().copied());
        let mut sampling = self.sampling.clone();
        if sampling[1..].iter().any(|&(ch, cv)| 4 * ch * cv > h * v) && sampling[0] == (h, v) {
            sampling.fill((1, 1));
            sampling[0] = (2, 2);
        }
        Self { sampling, ..*self }
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

/// All samples of a half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planes {
    pub(super) layout: Layout,
    /// Each as large as its component.
    pub(super) planes: Vec<Plane>,
}

impl Planes {
    /// Planes that have no rows yet.
    pub(super) fn new(layout: Layout) -> Self {
        let plane = |index| {
            let (width, height) = layout.size(index);
            Plane { stride: width, samples: Vec::with_capacity(width * height) }
        };
        let planes = (0..layout.sampling.len()).map(plane).collect();
        Self { layout, planes }
    }

    /// Adds the rows of a row of MCUs, without what pads them.
    pub(super) fn push(&mut self, band: &[&Plane]) {
        for (index, (plane, rows)) in self.planes.iter_mut().zip(band).enumerate() {
            let missing = self.layout.size(index).1 - plane.rows();
            for row in rows.samples.chunks_exact(rows.stride).take(missing) {
                plane.samples.extend_from_slice(&row[..plane.stride]);
            }
        }
    }

    /// Fills `band` with row `row` of MCUs, padded.
    pub(super) fn copy_band(&self, row: usize, band: &mut [Plane]) {
        for (plane, band) in self.planes.iter().zip(band) {
            let first = row * band.rows();
            let rows = (plane.rows() - first).min(band.rows());
            for (y, to) in band.samples.chunks_exact_mut(band.stride).take(rows).enumerate() {
                to[..plane.stride].copy_from_slice(plane.row(first + y));
            }
            band.pad(plane.stride, rows);
        }
    }

    /// The planes at the sizes of `layout`, each sample the mean of those that it stands for.
    pub(super) fn reduced(self, layout: Layout) -> Self {
        let planes = self.planes.into_iter().enumerate().map(|(index, plane)| plane.reduced(layout.size(index))).collect();
        Self { layout, planes }
    }

    /// The planes as a viewer shows them, given their EXIF orientation, 1 to 8.
    pub(super) fn upright(self, orientation: u8) -> Self {
        let layout = if orientation >= 5 { self.layout.transposed() } else { self.layout };
        let planes = self.planes.into_iter().map(|plane| plane.upright(orientation)).collect();
        Self { layout, planes }
    }
}

impl Plane {
    /// The plane at `width` × `height`, which are at most its own.
    fn reduced(self, (width, height): (usize, usize)) -> Self {
        let (across, down) = (self.stride.div_ceil(width), self.rows().div_ceil(height));
        if (across, down) == (1, 1) {
            return self;
        }
        let mut samples = Vec::with_capacity(width * height);
        for rows in self.samples.chunks(down * self.stride) {
            for x in 0..width {
                let columns = x * across..((x + 1) * across).min(self.stride);
                let covered = rows.chunks_exact(self.stride).flat_map(|row| &row[columns.clone()]);
                let (sum, count) = covered.fold((0, 0), |(sum, count), &sample| (sum + u32::from(sample), count + 1));
                samples.push(((sum + count / 2) / count) as u8);
            }
        }
        Self { stride: width, samples }
    }

    /// The plane as a viewer shows it, given its EXIF orientation.
    fn upright(self, orientation: u8) -> Self {
        match orientation {
            2 => self.mirrored(),
            3 => Self { samples: self.samples.iter().rev().copied().collect(), ..self },
            4 => self.flipped(),
            5 => self.transposed(),
            6 => self.flipped().transposed(),
            7 => self.transposed().mirrored().flipped(),
            8 => self.transposed().flipped(),
            _ => self,
        }
    }

    /// Left and right exchanged.
    fn mirrored(mut self) -> Self {
        self.samples.chunks_exact_mut(self.stride).for_each(<[u8]>::reverse);
        self
    }

    /// Top and bottom exchanged.
    fn flipped(mut self) -> Self {
        let rows = self.rows();
        let (top, bottom) = self.samples.split_at_mut(rows / 2 * self.stride);
        for (upper, lower) in top.chunks_exact_mut(self.stride).zip(bottom.rchunks_exact_mut(self.stride)) {
            upper.swap_with_slice(lower);
        }
        self
    }

    /// Rows and columns exchanged.
    fn transposed(self) -> Self {
        /// Samples of a side of what is exchanged at once, so that both sides stay in the cache.
        const TILE: usize = 32;
        let (width, height) = (self.stride, self.rows());
        let mut samples = vec![0; width * height];
        for top in (0..height).step_by(TILE) {
            for left in (0..width).step_by(TILE) {
                for x in left..(left + TILE).min(width) {
                    let column = &mut samples[x * height..][top..(top + TILE).min(height)];
                    for (sample, y) in column.iter_mut().zip(top..) {
                        *sample = self.samples[y * width + x];
                    }
                }
            }
        }
        Self { stride: height, samples }
    }
}
