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

    /// Pixels across and down that a sample of component `index` stands for, rounded down.
    fn pixels_of_sample(&self, index: usize) -> (usize, usize) {
        let (h, v) = self.sampling[index];
        let max = max_sampling(self.sampling.iter().copied());
        ((max.0 / h).into(), (max.1 / v).into())
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

    /// The layout with luma as fine as it is and one chroma sample for two by two, where chroma is as fine as luma or
    /// half as fine in each direction; else as it is.
    pub(super) fn quartered(&self) -> Self {
        let (h, v) = max_sampling(self.sampling.iter().copied());
        let fine = |&(ch, cv): &(u8, u8)| [h, 2 * h].contains(&(2 * ch)) && [v, 2 * v].contains(&(2 * cv));
        let mut sampling = self.sampling.clone();
        if sampling.len() > 1 && sampling[0] == (h, v) && sampling[1..].iter().all(fine) {
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
    /// As the planes are stored.
    layout: Layout,
    /// Each as large as its component.
    planes: Vec<Plane>,
    /// How a viewer is to turn them: an EXIF orientation, 1 to 8.
    orientation: u8,
}

impl Planes {
    /// Planes of these samples.
    pub(super) fn new(layout: Layout, planes: Vec<Plane>, orientation: u8) -> Self {
        Self { layout, planes, orientation }
    }

    /// Planes that have no rows yet.
    pub(super) fn empty(layout: Layout, orientation: u8) -> Self {
        let plane = |index| {
            let (width, height) = layout.size(index);
            Plane { stride: width, samples: Vec::with_capacity(width * height) }
        };
        Self::new(layout.clone(), (0..layout.sampling.len()).map(plane).collect(), orientation)
    }

    /// The layout as a viewer shows it.
    pub(super) fn shown(&self) -> Layout {
        if self.orientation >= 5 { self.layout.transposed() } else { self.layout.clone() }
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

    /// Fills `band` with row `row` of MCUs as a viewer shows them, padded.
    pub(super) fn copy_band(&self, row: usize, band: &mut [Plane]) {
        for (plane, band) in self.planes.iter().zip(band) {
            let transposed = self.orientation >= 5;
            let (width, height) = if transposed { (plane.rows(), plane.stride) } else { (plane.stride, plane.rows()) };
            let first = row * band.rows();
            let rows = (height - first).min(band.rows());
            if transposed {
                plane.copy_columns(first, rows, self.orientation, band);
            } else {
                plane.copy_rows(first, rows, self.orientation, band);
            }
            band.pad(width, rows);
        }
    }

    /// The planes at the sizes of `layout`, each sample the mean of those that it stands for: whole numbers of them.
    pub(super) fn reduced(self, layout: Layout) -> Self {
        let reduce = |(index, plane): (usize, Plane)| {
            let (new, old) = (layout.pixels_of_sample(index), self.layout.pixels_of_sample(index));
            plane.reduced(new.0 / old.0, new.1 / old.1)
        };
        let planes = self.planes.into_iter().enumerate().map(reduce).collect();
        Self { layout, planes, orientation: self.orientation }
    }
}

impl Plane {
    /// The plane with one sample for each `across` × `down`, or what is left of them at the sides.
    fn reduced(self, across: usize, down: usize) -> Self {
        if (across, down) == (1, 1) {
            return self;
        }
        let (width, height) = (self.stride.div_ceil(across), self.rows().div_ceil(down));
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

    /// Fills `band` with the shown rows from `first` on, which are rows of the plane: as they are, mirrored (2), turned
    /// by 180° (3) or upside down (4).
    fn copy_rows(&self, first: usize, rows: usize, orientation: u8, band: &mut Self) {
        for (y, to) in (first..first + rows).zip(band.samples.chunks_exact_mut(band.stride)) {
            let y = if matches!(orientation, 3 | 4) { self.rows() - 1 - y } else { y };
            let to = &mut to[..self.stride];
            to.copy_from_slice(self.row(y));
            if matches!(orientation, 2 | 3) {
                to.reverse();
            }
        }
    }

    /// Fills `band` with the shown rows from `first` on, which are columns of the plane: from the right where they were
    /// turned anticlockwise (7, 8), each from the bottom where it was turned clockwise (6, 7).
    fn copy_columns(&self, first: usize, rows: usize, orientation: u8, band: &mut Self) {
        let (mirrored, flipped) = (matches!(orientation, 7 | 8), matches!(orientation, 6 | 7));
        let left = if mirrored { self.stride - first - rows } else { first };
        for (y, row) in self.samples.chunks_exact(self.stride).enumerate() {
            let x = if flipped { self.rows() - 1 - y } else { y };
            let to = band.samples[x..].iter_mut().step_by(band.stride);
            let column = &row[left..left + rows];
            if mirrored {
                column.iter().rev().zip(to).for_each(|(&sample, to)| *to = sample);
            } else {
                column.iter().zip(to).for_each(|(&sample, to)| *to = sample);
            }
        }
    }
}

#[cfg(test)]
mod tests;
