//! Rows of a half as they are made, and the file that they become.

use super::decode::{Expansion, Head, Rows, Samples};
use super::encode::{Appearance, Encoder, Indices};
use super::needs::{Needs, Packing, Shape};
use crate::halve::{Halver, Kernel};
use crate::options::Light;
use crate::palette::{self, Histogram, Map};
use crate::raster::{self, Raster};
use crate::{Effort, Error, half};

/// Rows of a picture from top to bottom, as [`Shape`] has them.
pub(super) trait RowSource {
    /// The next row; `None` behind the last one.
    fn next(&mut self) -> Result<Option<&[u8]>, Error>;
}

/// The half of a PNG, row by row.
pub(super) struct Halves<'a> {
    rows: Rows<'a>,
    expansion: Expansion,
    halver: EitherHalver,
    bytes: Vec<u8>,
}

enum EitherHalver {
    Eight(Halver<u8>),
    Sixteen(Halver<u16>),
}

impl<'a> Halves<'a> {
    pub(super) fn of(head: &Head<'a>, light: Light) -> Result<Self, Error> {
        let expansion = head.expansion();
        let (width, model) = (head.header.width as usize, expansion.model);
        // Where there are few levels or colours, at most 16, there shall not be many.
        let few = head.header.depth < 8;
        let kernel = if few { Kernel::Mean } else { Kernel::Sharp };
        let halver = if head.header.depth == 16 {
            EitherHalver::Sixteen(Halver::new(width, model, kernel, light))
        } else {
            EitherHalver::Eight(Halver::new(width, model, kernel, light))
        };
        Ok(Self { rows: head.rows()?, expansion, halver, bytes: Vec::new() })
    }

    pub(super) fn shape(head: &Head<'_>) -> Shape {
        let header = head.header;
        let (width, height) = (half(header.width), half(header.height));
        Shape { width, height, model: head.expansion().model, sixteen: header.depth == 16 }
    }
}

impl RowSource for Halves<'_> {
    fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        loop {
            let Some(row) = self.rows.next()? else {
                self.rows.finish()?;
                return Ok(match &mut self.halver {
                    EitherHalver::Eight(halver) => halver.finish(),
                    EitherHalver::Sixteen(halver) => halver.finish().map(|row| big_endian(row, &mut self.bytes)),
                });
            };
            match (&mut self.halver, self.expansion.apply(row)) {
                (EitherHalver::Eight(halver), Samples::Eight(samples)) => {
                    if let Some(row) = halver.push(samples) {
                        self.bytes.clear();
                        self.bytes.extend_from_slice(row);
                        break;
                    }
                }
                (EitherHalver::Sixteen(halver), Samples::Sixteen(samples)) => {
                    if let Some(row) = halver.push(samples) {
                        big_endian(row, &mut self.bytes);
                        break;
                    }
                }
                _ => unreachable!("rows have one depth"),
            }
        }
        Ok(Some(&self.bytes))
    }
}

/// `samples` as pairs of bytes, the higher one first, in place of what is in `bytes`.
fn big_endian<'a>(samples: &[u16], bytes: &'a mut Vec<u8>) -> &'a [u8] {
    bytes.resize(2 * samples.len(), 0);
    for (pair, sample) in bytes.as_chunks_mut().0.iter_mut().zip(samples) {
        *pair = sample.to_be_bytes();
    }
    bytes
}

/// The rows of a raster.
pub(super) struct RasterRows<'a> {
    raster: &'a Raster,
    at: usize,
    bytes: Vec<u8>,
}

impl<'a> RasterRows<'a> {
    pub(super) fn of(raster: &'a Raster) -> Self {
        Self { raster, at: 0, bytes: Vec::new() }
    }

    pub(super) fn shape(raster: &Raster) -> Shape {
        let sixteen = matches!(raster.samples, raster::Samples::Sixteen(_));
        Shape { width: raster.width as u32, height: raster.height as u32, model: raster.model, sixteen }
    }
}

impl RowSource for RasterRows<'_> {
    fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        let count = self.raster.width * self.raster.model.channels();
        let range = self.at..self.at + count;
        self.at += count;
        Ok(match &self.raster.samples {
            raster::Samples::Eight(samples) => samples.get(range),
            raster::Samples::Sixteen(samples) => samples.get(range).map(|row| big_endian(row, &mut self.bytes)),
        })
    }
}

/// Bytes of rows that are kept while it is found out what they need; of larger halves the rows are made twice.
const KEPT: usize = 5 << 20;

/// The most pixels of a half of which is tried whether it is smaller with a palette; larger ones are.
const TRIED: u64 = 1 << 16;

/// What gives the rows of a picture from the first one on.
type Open<'o, 'a> = &'o dyn Fn() -> Result<Box<dyn RowSource + 'a>, Error>;

/// Rows that are looked at before they are written: kept while they are few, else made again.
struct Twice<'o, 'a> {
    open: Open<'o, 'a>,
    row_bytes: usize,
    /// There is none only while others are opened.
    rows: Option<Box<dyn RowSource + 'a>>,
    kept: Vec<u8>,
    overflow: bool,
    ended: bool,
}

impl<'o, 'a> Twice<'o, 'a> {
    fn of(open: Open<'o, 'a>, shape: Shape) -> Result<Self, Error> {
        let row_bytes = shape.row_bytes();
        let kept = Vec::with_capacity(KEPT.min(row_bytes.saturating_mul(shape.height as usize)));
        Ok(Self { open, row_bytes, rows: Some(open()?), kept, overflow: false, ended: false })
    }

    /// The next row, for the first time.
    fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        let Some(row) = self.rows.as_mut().map_or(Ok(None), |rows| rows.next())? else {
            self.ended = true;
            return Ok(None);
        };
        self.overflow |= self.kept.len() + row.len() > KEPT;
        if self.overflow {
            self.kept = Vec::new();
        } else {
            self.kept.extend_from_slice(row);
        }
        Ok(Some(row))
    }

    /// Hands all rows to `each`, those that have come, too. Where all were kept, it can be asked again.
    fn all(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        if std::mem::take(&mut self.overflow) {
            // An interlaced picture is held whole: one at a time.
            self.rows = None;
            (self.rows, self.ended) = (Some((self.open)()?), false);
        }
        self.kept.chunks_exact(self.row_bytes).for_each(&mut *each);
        while !self.ended
            && let Some(row) = self.rows.as_mut().map_or(Ok(None), |rows| rows.next())?
        {
            each(row);
        }
        Ok(())
    }
}

/// The rows that `open` gives, in the kind that holds them and no more. The bytes depend on the rows alone.
///
/// `free`: whether colour may become grey, and grey a palette, because no profile says how to look at it.
pub(super) fn encode(
    open: Open<'_, '_>,
    shape: Shape,
    free: bool,
    appearance: Appearance<'_>,
    effort: Effort,
) -> Result<Vec<u8>, Error> {
    let mut rows = Twice::of(open, shape)?;
    let mut needs = Needs::new(shape, free);
    while !needs.settled()
        && let Some(row) = rows.next()?
    {
        needs.note(row);
    }
    needs.finish();
    let plain = needs.plain();
    let Some(indexed) = needs.indexed() else {
        return write(&plain, appearance, effort, &mut rows);
    };
    if shape.pixels() > TRIED {
        return write(&indexed, appearance, effort, &mut rows);
    }
    // All of it is kept: a palette may be there only where no row was passed over.
    let [plain, indexed] =
        [write(&plain, appearance, effort, &mut rows)?, write(&indexed, appearance, effort, &mut rows)?];
    Ok(if indexed.len() < plain.len() { indexed } else { plain })
}

/// The rows that `open` gives, of 8-bit samples, with a palette; and how many colours it has, if there were more.
pub(super) fn encode_indexed(
    open: Open<'_, '_>,
    shape: Shape,
    appearance: Appearance<'_>,
    effort: Effort,
) -> Result<(Vec<u8>, Option<u32>), Error> {
    let mut rows = Twice::of(open, shape)?;
    let mut histogram = Histogram::fine();
    while let Some(row) = rows.next()? {
        palette::pixels(shape.model, row).for_each(|pixel| histogram.add(pixel));
    }
    histogram.finish();
    let (colors, reduced) = histogram.palette(palette::MOST);
    let reduced = reduced.then_some(colors.len() as u32);
    let mut map = Map::onto(&colors);
    let mut encoder = Indices::begin((shape.width, shape.height), colors, appearance, effort);
    let mut indices = Vec::new();
    rows.all(&mut |row| {
        indices.clear();
        indices.extend(palette::pixels(shape.model, row).map(|pixel| map.index(pixel)));
        encoder.push(&indices);
    })?;
    Ok((encoder.finish(), reduced))
}

fn write(
    packing: &Packing<'_>,
    appearance: Appearance<'_>,
    effort: Effort,
    rows: &mut Twice<'_, '_>,
) -> Result<Vec<u8>, Error> {
    let mut encoder = Encoder::new(&packing.header, appearance, effort);
    let mut packed = Vec::new();
    rows.all(&mut |row| {
        packing.pack(row, &mut packed);
        encoder.push(&packed);
    })?;
    Ok(encoder.finish())
}
