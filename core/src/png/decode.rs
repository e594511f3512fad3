//! PNG in: the chunks before the pixels, and rows of samples.

use super::chunk::{Checked, ImageHeader, next_checked};
use super::inflate::{Data, Inflater};
use super::interlace::deinterlace;
use super::layout::Layout;
use super::malformed;
use super::unfilter::{SLACK, unfilter};
use super::write::SIGNATURE;
use crate::raster::Model;
use crate::{Color, Error};

/// What stands before the pixels, with checked sums.
#[derive(Clone, Debug)]
pub(super) struct Head<'a> {
    pub(super) header: ImageHeader,
    palette: Option<&'a [u8]>,
    transparency: Option<&'a [u8]>,
    /// The data of the chunks about frames: acTL, fcTL.
    pub(super) animation: Option<&'a [u8]>,
    pub(super) control: Option<&'a [u8]>,
    /// The chunks from the first IDAT on.
    pub(super) rest: &'a [u8],
}

impl<'a> Head<'a> {
    /// Reads the chunks of `source` up to the first IDAT.
    ///
    /// # Errors
    /// Malformed where a chunk that is needed is broken, absent or there twice. Broken ones that are not needed count as
    /// absent.
    pub(super) fn read(source: &'a [u8]) -> Result<Self, Error> {
        let mut rest = source.get(SIGNATURE.len()..).unwrap_or_default();
        let first = next_checked(&mut rest)?.filter(|chunk| chunk.sound && chunk.kind == *b"IHDR");
        let header = ImageHeader::parse(first.ok_or(malformed("has a broken IHDR"))?.data)?;
        let mut head = Self { header, palette: None, transparency: None, animation: None, control: None, rest };
        while head.rest.get(4..8) != Some(b"IDAT") {
            let chunk = next_checked(&mut head.rest)?.ok_or(malformed("has no image data"))?;
            head.take(chunk)?;
        }
        if header.color == Color::Palette && head.palette.is_none() {
            return Err(malformed("has no palette"));
        }
        Ok(head)
    }

    fn take(&mut self, Checked { kind, data, sound }: Checked<'a>) -> Result<(), Error> {
        // PNG 5.4: the case of the first letter says whether a chunk may be passed over.
        let needed = kind[0] & 0x20 == 0;
        match &kind {
            _ if needed && !sound => return Err(malformed("has a chunk whose checksum is wrong")),
            b"PLTE" if self.palette.is_none() => self.palette = Some(data),
            _ if needed => return Err(malformed("has a chunk that is out of place or unknown")),
            _ if !sound => {}
            b"tRNS" if self.transparency.is_none() && self.fits(data) => self.transparency = Some(data),
            b"acTL" if self.animation.is_none() => self.animation = Some(data),
            b"fcTL" => self.control = Some(data),
            _ => {}
        }
        Ok(())
    }

    /// Whether `data` of tRNS suit the colour type (PNG 11.3.1.1).
    fn fits(&self, data: &[u8]) -> bool {
        match (self.header.color, self.header.alpha) {
            (Color::Palette, _) => self.palette.is_some_and(|palette| 3 * data.len() <= palette.len()),
            (Color::Grey, false) => data.len() >= 2,
            (Color::Rgb, false) => data.len() >= 6,
            _ => false,
        }
    }

    /// The rows of the still picture.
    pub(super) fn rows(&self) -> Result<Rows<'a>, Error> {
        let Self { header, rest, .. } = self;
        Rows::new(header, header.width, header.height, Data::new(*b"IDAT", rest, 0))
    }

    /// What samples become.
    pub(super) fn expansion(&self) -> Expansion {
        Expansion::new(self)
    }
}

/// Rows of bytes as they are stored, without filters. It holds three of them, or all of an interlaced picture.
pub(super) struct Rows<'a> {
    layout: Layout,
    /// Rows that have not been given.
    left: u32,
    inflater: Inflater<'a>,
    above: Vec<u8>,
    row: Vec<u8>,
    filtered: Vec<u8>,
    /// All rows of an interlaced picture.
    whole: Option<Vec<u8>>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(header: &ImageHeader, width: u32, height: u32, data: Data<'a>) -> Result<Self, Error> {
        let layout = Layout::of(width as usize, header.color_type, header.depth);
        let mut inflater = Inflater::new(data);
        let whole = if header.interlaced { Some(deinterlace(&mut inflater, layout, height as usize)?) } else { None };
        let row = vec![0; if header.interlaced { 0 } else { layout.row_bytes() + SLACK }];
        Ok(Self { layout, left: height, inflater, above: row.clone(), filtered: row.clone(), row, whole })
    }

    /// The next row; `None` behind the last one.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        if let Some(whole) = &self.whole {
            let bytes = self.layout.row_bytes();
            let end = whole.len() - self.left as usize * bytes;
            return Ok(Some(&whole[end - bytes..end]));
        }
        std::mem::swap(&mut self.above, &mut self.row);
        let mut filter = [0];
        self.inflater.fill(&mut filter)?;
        let bytes = self.layout.row_bytes();
        self.inflater.fill(&mut self.filtered[..bytes])?;
        if filter == [0] {
            std::mem::swap(&mut self.row, &mut self.filtered);
        } else {
            unfilter(filter[0], self.layout.pixel_bytes(), &self.above, &self.filtered, &mut self.row)?;
        }
        Ok(Some(&self.row[..bytes]))
    }

    /// Passes over what is left of the data, and gives the chunks behind them and the next sequence number.
    pub(super) fn finish(&mut self) -> Result<(&'a [u8], u32), Error> {
        self.inflater.finish()
    }
}

/// A row of samples as `Model` has them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Samples<'a> {
    Eight(&'a [u8]),
    Sixteen(&'a [u16]),
}

/// Makes samples of 8 or 16 bits, and of colours that are transparent such with alpha.
pub(super) struct Expansion {
    pub(super) model: Model,
    width: usize,
    depth: u8,
    /// The colour of each index, alpha last; black where there is none.
    palette: Option<Box<[[u8; 4]; 256]>>,
    /// The samples of the one colour that is transparent, as they are stored.
    key: Option<[u16; 3]>,
    eight: Vec<u8>,
    sixteen: Vec<u16>,
}

impl Expansion {
    fn new(head: &Head<'_>) -> Self {
        let ImageHeader { width, depth, color, alpha, .. } = head.header;
        let model = match (color, alpha || head.transparency.is_some()) {
            (Color::Grey, false) => Model::Grey,
            (Color::Grey, true) => Model::GreyAlpha,
            (_, false) => Model::Rgb,
            (_, true) => Model::Rgba,
        };
        let mut expansion = Self {
            model,
            width: width as usize,
            depth,
            palette: None,
            key: None,
            eight: Vec::new(),
            sixteen: Vec::new(),
        };
        if color == Color::Palette {
            let mut colors = Box::new([[0, 0, 0, 255]; 256]);
            let entries = head.palette.unwrap_or_default().as_chunks::<3>().0;
            for (color, &[r, g, b]) in colors.iter_mut().zip(entries) {
                *color = [r, g, b, 255];
            }
            for (color, &alpha) in colors.iter_mut().zip(head.transparency.unwrap_or_default()) {
                color[3] = alpha;
            }
            expansion.palette = Some(colors);
        } else if let Some(data) = head.transparency {
            // Of depths below 16 only the low byte counts.
            let most = if depth == 16 { u16::MAX } else { 255 };
            let words = data.as_chunks::<2>().0;
            let sample = |i: usize| words.get(i).map_or(0, |&word| u16::from_be_bytes(word) & most);
            expansion.key = Some([sample(0), sample(1), sample(2)]);
        }
        expansion
    }

    /// The samples of a frame of another width.
    pub(super) fn set_width(&mut self, width: u32) {
        self.width = width as usize;
    }

    /// The samples of a `row` of bytes as it is stored.
    pub(super) fn apply<'a>(&'a mut self, row: &'a [u8]) -> Samples<'a> {
        if self.depth == 16 {
            self.sixteen.clear();
            let samples = row.as_chunks::<2>().0.iter().map(|&pair| u16::from_be_bytes(pair));
            match (self.key, self.model) {
                (None, _) => self.sixteen.extend(samples),
                (Some([grey, ..]), Model::GreyAlpha) => {
                    self.sixteen.extend(samples.flat_map(|level| [level, if level == grey { 0 } else { u16::MAX }]));
                }
                (Some(key), _) => {
                    for &[r1, r0, g1, g0, b1, b0] in row.as_chunks::<6>().0 {
                        let [r, g, b] = [[r1, r0], [g1, g0], [b1, b0]].map(u16::from_be_bytes);
                        self.sixteen.extend([r, g, b, if [r, g, b] == key { 0 } else { u16::MAX }]);
                    }
                }
            }
            return Samples::Sixteen(&self.sixteen);
        }
        if self.depth == 8 && self.palette.is_none() && self.key.is_none() {
            return Samples::Eight(row);
        }
        self.eight.clear();
        if let (Some([r, g, b]), Model::Rgba) = (self.key, self.model) {
            let key = [r, g, b].map(|sample| sample as u8);
            let pixels = row.as_chunks::<3>().0.iter();
            self.eight.extend(pixels.flat_map(|&[r, g, b]| [r, g, b, if [r, g, b] == key { 0 } else { 255 }]));
        } else if self.depth == 8 {
            self.extend(row.iter().copied());
        } else {
            let (width, depth) = (self.width, usize::from(self.depth));
            let mask = (1 << depth) - 1;
            let sample = |i: usize| row[i * depth / 8] >> (8 - depth - i * depth % 8) & mask;
            self.extend((0..width).map(sample));
        }
        Samples::Eight(&self.eight)
    }

    /// Adds the pixels whose one sample each, an index or a level, is one of `samples`.
    fn extend(&mut self, samples: impl Iterator<Item = u8>) {
        match (&self.palette, self.model) {
            (Some(palette), Model::Rgba) => self.eight.extend(samples.flat_map(|index| palette[usize::from(index)])),
            (Some(palette), _) => {
                self.eight.extend(samples.flat_map(|index| {
                    let [r, g, b, _] = palette[usize::from(index)];
                    [r, g, b]
                }));
            }
            (None, model) => {
                // The lowest level is 0, the highest 255 (PNG 13.12).
                let scale = if self.depth == 8 { 1 } else { 255 / ((1 << self.depth) - 1) };
                match self.key {
                    Some([key, ..]) if model == Model::GreyAlpha => {
                        let pixel = |level: u8| [level * scale, if u16::from(level) == key { 0 } else { 255 }];
                        self.eight.extend(samples.flat_map(pixel));
                    }
                    _ => self.eight.extend(samples.map(|level| level * scale)),
                }
            }
        }
    }
}
