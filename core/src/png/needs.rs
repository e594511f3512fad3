//! What the pixels of a picture need, and rows with nothing more.
//!
//! Alpha that is opaque everywhere goes, colour that is grey everywhere becomes grey, and a few colours become a palette.
//! Levels of 8-bit grey that 1, 2 or 4 bits hold, too, get no more. All of it keeps each pixel as it is.

use super::encode::Header;
use super::layout::{Kind, pack};
use crate::raster::Model;
use crate::sort::sort;

/// The shape of a picture whose rows come one by one, as bytes: 16-bit samples as pairs of them, the higher one first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) model: Model,
    pub(crate) sixteen: bool,
}

impl Shape {
    /// Bytes of a row.
    pub(super) fn row_bytes(self) -> usize {
        self.width as usize * self.pixel_bytes()
    }

    pub(super) fn pixel_bytes(self) -> usize {
        self.model.channels() << u32::from(self.sixteen)
    }

    /// Pixels of the picture.
    pub(super) fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// What the rows seen so far need.
pub(super) struct Needs {
    shape: Shape,
    alpha: bool,
    color: bool,
    /// The smallest depth for the levels of grey.
    depth: u8,
    /// The colours, as long as a palette holds them.
    colors: Option<Colors>,
}

/// The most colours of a palette.
const MOST: usize = 256;

impl Needs {
    /// Of no rows. Where not `free`, because a profile says how to look at them, colour stays colour, and grey stays grey.
    pub(super) fn new(shape: Shape, free: bool) -> Self {
        let grey = matches!(shape.model, Model::Grey | Model::GreyAlpha);
        // A palette is colour: a profile for grey does not go with it.
        let colors = (!shape.sixteen && (free || !grey)).then(Colors::new);
        Self { shape, alpha: false, color: !free && !grey, depth: if shape.sixteen { 8 } else { 1 }, colors }
    }

    /// Whether no row can change them any more.
    pub(super) fn settled(&self) -> bool {
        let grey = matches!(self.shape.model, Model::Grey | Model::GreyAlpha);
        (self.alpha || !self.shape.model.has_alpha())
            && (self.color || grey)
            && (self.color || self.alpha || self.depth == 8)
            && self.colors.is_none()
    }

    /// Takes in a row.
    pub(super) fn note(&mut self, row: &[u8]) {
        match (self.shape.model, self.shape.sixteen) {
            (Model::Grey, false) => self.note_pixels(row.as_chunks().0, |&[l]| ([l; 3], 255)),
            (Model::GreyAlpha, false) => self.note_pixels(row.as_chunks().0, |&[l, a]| ([l; 3], a)),
            (Model::Rgb | Model::YCbCr, false) => self.note_pixels(row.as_chunks().0, |&rgb| (rgb, 255)),
            (Model::Rgba, false) => self.note_pixels(row.as_chunks().0, |&[r, g, b, a]| ([r, g, b], a)),
            (Model::Grey, true) => {}
            (Model::GreyAlpha, true) => {
                self.alpha |= row.as_chunks().0.iter().any(|&[_, _, a, b]| a & b != 255);
            }
            (Model::Rgb | Model::YCbCr, true) => {
                self.color |= row.as_chunks().0.iter().any(|&[a, b, c, d, e, f]| [a, b] != [c, d] || [a, b] != [e, f]);
            }
            (Model::Rgba, true) => {
                for &[a, b, c, d, e, f, g, h] in row.as_chunks().0 {
                    self.color |= [a, b] != [c, d] || [a, b] != [e, f];
                    self.alpha |= g & h != 255;
                }
            }
        }
    }

    #[inline(always)]
    fn note_pixels<const N: usize>(&mut self, pixels: &[[u8; N]], rgba: impl Fn(&[u8; N]) -> ([u8; 3], u8)) {
        let (mut alpha, mut color) = (255, 0);
        for pixel in pixels {
            let ([r, g, b], a) = rgba(pixel);
            alpha &= a;
            color |= (r ^ g) | (g ^ b);
        }
        self.alpha |= alpha != 255;
        self.color |= color != 0;
        if N <= 2 && self.depth < 8 {
            for pixel in pixels {
                let level = pixel[0];
                let depth = if level.is_multiple_of(255) {
                    1
                } else if level.is_multiple_of(85) {
                    2
                } else if level.is_multiple_of(17) {
                    4
                } else {
                    8
                };
                self.depth = self.depth.max(depth);
            }
        } else if N > 2 {
            self.depth = 8;
        }
        let Some(colors) = &mut self.colors else { return };
        let mut last = None;
        for pixel in pixels {
            if last.replace(pixel) == Some(pixel) {
                continue;
            }
            let ([r, g, b], a) = rgba(pixel);
            if !colors.add([r, g, b, a]) {
                self.colors = None;
                return;
            }
        }
    }

    /// What holds the rows, without a palette.
    pub(super) fn plain(&self) -> Packing<'_> {
        let kind = match (self.color, self.alpha) {
            (false, false) => Kind::Grey,
            (false, true) => Kind::GreyAlpha,
            (true, false) => Kind::Rgb,
            (true, true) => Kind::Rgba,
        };
        let depth = match kind {
            _ if self.shape.sixteen => 16,
            Kind::Grey => self.depth,
            _ => 8,
        };
        Packing { shape: self.shape, header: self.header(kind, depth), colors: None }
    }

    /// What holds the rows with a palette, where there is one and it is not plainly more.
    pub(super) fn indexed(&self) -> Option<Packing<'_>> {
        let colors = self.colors.as_ref()?;
        let kind = Kind::Palette(colors.sorted.clone());
        let (depth, plain) = (kind.least_depth(), self.plain().header);
        let bits = plain.layout(8).row_bytes();
        // As many bits a pixel need no palette.
        (bits > usize::from(depth)).then(|| Packing {
            shape: self.shape,
            header: self.header(kind, depth),
            colors: Some(colors),
        })
    }

    fn header(&self, kind: Kind, depth: u8) -> Header {
        Header { width: self.shape.width, height: self.shape.height, kind, depth }
    }

    /// Ends the taking in of rows.
    pub(super) fn finish(&mut self) {
        if let Some(colors) = &mut self.colors {
            colors.sort();
        }
    }
}

/// How rows are made ready for the encoder.
pub(super) struct Packing<'a> {
    shape: Shape,
    pub(super) header: Header,
    colors: Option<&'a Colors>,
}

impl Packing<'_> {
    /// `row` as the header says, in place of what is in `packed`.
    pub(super) fn pack(&self, row: &[u8], packed: &mut Vec<u8>) {
        packed.clear();
        let depth = self.header.depth;
        if let Some(colors) = self.colors {
            let mut indices = Vec::with_capacity(self.shape.width as usize);
            colors.map(self.shape.model, row, &mut indices);
            pack(&indices, depth, packed);
            return;
        }
        let bytes = self.shape.pixel_bytes();
        let kept = self.header.layout(1).pixel_bytes();
        match (depth, &self.header.kind, self.shape.model) {
            (1 | 2 | 4, ..) => {
                let scale = 255 / ((1 << depth) - 1);
                let levels: Vec<u8> = row.chunks_exact(bytes).map(|pixel| pixel[0] / scale).collect();
                pack(&levels, depth, packed);
            }
            // Grey with alpha out of colour: the first and the last sample.
            (_, Kind::GreyAlpha, Model::Rgba) => {
                let sample = kept / 2;
                for pixel in row.chunks_exact(bytes) {
                    packed.extend_from_slice(&pixel[..sample]);
                    packed.extend_from_slice(&pixel[bytes - sample..]);
                }
            }
            _ if bytes == kept => packed.extend_from_slice(row),
            _ if (bytes, kept) == (4, 3) => packed.extend(row.as_chunks().0.iter().flat_map(|&[r, g, b, _]| [r, g, b])),
            _ => row.chunks_exact(bytes).for_each(|pixel| packed.extend_from_slice(&pixel[..kept])),
        }
    }
}

/// At most 256 colours.
struct Colors {
    /// A colour, or nothing where the number is 0; else the number is one more than its index.
    slots: Box<[([u8; 4], u16); SLOTS]>,
    count: usize,
    sorted: Vec<[u8; 4]>,
}

const SLOTS: usize = 1024;

impl Colors {
    fn new() -> Self {
        Self { slots: Box::new([([0; 4], 0); SLOTS]), count: 0, sorted: Vec::new() }
    }

    /// The slot of a `color`, or the empty one where it belongs.
    #[inline(always)]
    fn slot(&self, color: [u8; 4]) -> usize {
        let mut slot = (u32::from_le_bytes(color).wrapping_mul(0x9E37_79B1) >> 22) as usize;
        while self.slots[slot].1 > 0 && self.slots[slot].0 != color {
            slot = (slot + 1) % SLOTS;
        }
        slot
    }

    /// Adds a colour; whether a palette holds it.
    fn add(&mut self, color: [u8; 4]) -> bool {
        let slot = self.slot(color);
        if self.slots[slot].1 > 0 {
            return true;
        }
        self.count += 1;
        self.slots[slot] = (color, 1);
        self.count <= MOST
    }

    /// Gives each colour its index: those with the least alpha first.
    fn sort(&mut self) {
        let filled = self.slots.iter().filter(|slot| slot.1 > 0);
        let mut ranks: Vec<u64> = filled.map(|&([r, g, b, a], _)| u32::from_be_bytes([a, r, g, b]).into()).collect();
        sort(&mut ranks);
        for (index, rank) in ranks.into_iter().enumerate() {
            let [a, r, g, b] = (rank as u32).to_be_bytes();
            self.sorted.push([r, g, b, a]);
            let slot = self.slot([r, g, b, a]);
            self.slots[slot].1 = index as u16 + 1;
        }
    }

    fn map(&self, model: Model, row: &[u8], indices: &mut Vec<u8>) {
        let mut last = ([0; 4], self.slots[self.slot([0; 4])].1);
        let mut index = |color: [u8; 4]| {
            if color != last.0 {
                last = self.slots[self.slot(color)];
                last.0 = color;
            }
            last.1.saturating_sub(1) as u8
        };
        match model {
            Model::Grey => indices.extend(row.iter().map(|&l| index([l, l, l, 255]))),
            Model::GreyAlpha => indices.extend(row.as_chunks().0.iter().map(|&[l, a]| index([l, l, l, a]))),
            Model::Rgb | Model::YCbCr => {
                indices.extend(row.as_chunks().0.iter().map(|&[r, g, b]| index([r, g, b, 255])))
            }
            Model::Rgba => indices.extend(row.as_chunks().0.iter().map(|&color| index(color))),
        }
    }
}
