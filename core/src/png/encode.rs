//! PNG out: rows of samples in, a file out.

use super::filter::{Filter, Strategy};
use super::layout::{Kind, Layout, pack};
use super::space::Space;
use super::write::{SIGNATURE, chunk, close, open};
use crate::Effort;
use crate::deflate::Deflater;
use crate::full::IS_FULL;

/// What says how the samples look.
#[derive(Clone, Copy)]
pub(crate) struct Appearance<'a> {
    pub(crate) profile: Option<&'a [u8]>,
    /// The source's chunks; where there is a profile, only cICP and what belongs to it are written.
    pub(crate) space: &'a Space,
}

/// What the pixels of a PNG are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) kind: Kind,
    /// Bits of a sample: 1, 2, 4, 8, 16, as the kind allows (PNG 11.2.1).
    pub(crate) depth: u8,
}

impl Header {
    /// The layout of rows of so many pixels.
    pub(super) fn layout(&self, width: u32) -> Layout {
        Layout::of(width as usize, self.kind.color_type(), self.depth)
    }

    /// A file up to where the pixels come; `control` is what is put behind its colours.
    pub(super) fn start(&self, appearance: Appearance<'_>, control: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut file = SIGNATURE.to_vec();
        let [[w3, w2, w1, w0], [h3, h2, h1, h0]] = [self.width, self.height].map(u32::to_be_bytes);
        chunk(&mut file, *b"IHDR", &[w3, w2, w1, w0, h3, h2, h1, h0, self.depth, self.kind.color_type(), 0, 0, 0]);
        appearance.write(&mut file);
        control(&mut file);
        if let Kind::Palette(colors) = &self.kind {
            let entries: Vec<u8> = colors.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect();
            chunk(&mut file, *b"PLTE", &entries);
            // Opaque colours at the end need no entry.
            let count = colors.iter().rposition(|color| color[3] < 255).map_or(0, |last| last + 1);
            let alphas: Vec<u8> = colors[..count].iter().map(|color| color[3]).collect();
            if !alphas.is_empty() {
                chunk(&mut file, *b"tRNS", &alphas);
            }
        }
        file
    }
}

impl Appearance<'_> {
    /// PNG 11.3.2: all of these come before PLTE.
    fn write(self, file: &mut Vec<u8>) {
        self.space.write_coding_points(file);
        let Some(profile) = self.profile else {
            self.space.write(file);
            return;
        };
        let at = open(file, *b"iCCP");
        // A name, its end, and the method: deflate.
        file.extend_from_slice(b"icc\0\0");
        let mut deflater = Deflater::behind(std::mem::take(file), Effort::Balanced);
        deflater.write(profile);
        *file = deflater.finish();
        close(file, at);
    }
}

/// A palette PNG of the smallest bit depth that holds its indices, in the making.
pub(super) struct Indices {
    encoder: Encoder,
    depth: u8,
    packed: Vec<u8>,
}

impl Indices {
    /// Of `width` and `height` pixels.
    pub(super) fn begin(
        (width, height): (u32, u32),
        colors: Vec<[u8; 4]>,
        appearance: Appearance<'_>,
        effort: Effort,
    ) -> Self {
        let kind = Kind::Palette(colors);
        let depth = kind.least_depth();
        let encoder = Encoder::new(&Header { width, height, depth, kind }, appearance, effort);
        Self { encoder, depth, packed: Vec::new() }
    }

    /// Adds a row of indices.
    pub(super) fn push(&mut self, indices: &[u8]) {
        self.packed.clear();
        pack(indices, self.depth, &mut self.packed);
        self.encoder.push(&self.packed);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.encoder.finish()
    }
}

/// The pixels of one image in the making: rows in, a zlib stream out.
pub(super) struct Pixels {
    layout: Layout,
    filter: Filter,
    deflater: Deflater,
    /// All rows, where several ways to filter them are tried.
    held: Option<Vec<u8>>,
}

impl Pixels {
    /// Behind `file`, for `height` rows of `layout`.
    pub(super) fn behind(file: Vec<u8>, layout: Layout, height: u32, indexed: bool, effort: Effort) -> Self {
        // PNG 12.7: filters seldom help where samples are indices or less than a byte.
        let strategy = if indexed || layout.depth < 8 { Strategy::Fixed(0) } else { Strategy::Sparse };
        let held =
            (IS_FULL && effort == Effort::Small).then(|| Vec::with_capacity(layout.row_bytes() * height as usize));
        Self { layout, filter: Filter::new(layout, strategy), deflater: Deflater::behind(file, effort), held }
    }

    /// Adds a row of bytes as `layout` has it.
    pub(super) fn push(&mut self, row: &[u8]) {
        match &mut self.held {
            Some(held) => held.extend_from_slice(row),
            None => put(&mut self.deflater, self.filter.apply(row)),
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        if let Some(held) = self.held.take() {
            let rows = || held.chunks_exact(self.layout.row_bytes());
            let tried = Strategy::ALL.map(|strategy| {
                let mut filter = Filter::new(self.layout, strategy);
                let mut deflater = Deflater::behind(Vec::new(), Effort::Balanced);
                rows().for_each(|row| put(&mut deflater, filter.apply(row)));
                (deflater.finish().len(), strategy)
            });
            let best = tried.into_iter().min_by_key(|(bytes, _)| *bytes);
            let mut filter = Filter::new(self.layout, best.map_or(Strategy::Sparse, |(_, strategy)| strategy));
            rows().for_each(|row| put(&mut self.deflater, filter.apply(row)));
        }
        self.deflater.finish()
    }
}

/// Adds a row behind its filter type.
fn put(deflater: &mut Deflater, row: &[u8]) {
    match row {
        [0, ..] => deflater.write(row),
        _ => deflater.write_filtered(row),
    }
}

/// A still PNG in the making.
pub(crate) struct Encoder {
    pixels: Pixels,
    /// Where IDAT begins.
    at: usize,
}

impl Encoder {
    pub(crate) fn new(header: &Header, appearance: Appearance<'_>, effort: Effort) -> Self {
        let mut file = header.start(appearance, |_| {});
        let at = open(&mut file, *b"IDAT");
        let indexed = matches!(header.kind, Kind::Palette(_));
        Self { pixels: Pixels::behind(file, header.layout(header.width), header.height, indexed, effort), at }
    }

    /// Adds a row: samples of 8 bits, of 16 as pairs of bytes, the higher one first, or packed.
    pub(crate) fn push(&mut self, row: &[u8]) {
        self.pixels.push(row);
    }

    /// The file.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut file = self.pixels.finish();
        close(&mut file, self.at);
        chunk(&mut file, *b"IEND", &[]);
        file
    }
}
