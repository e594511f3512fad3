//! APNG (PNG, third edition, 11.3.6): frames in and out. What is on the canvas after each of them is not done here.

use super::chunk::{Checked, next_checked};
use super::decode::{Expansion, Head, Rows, Samples};
use super::encode::{Appearance, Header, Pixels};
use super::inflate::Data;
use super::layout::Kind;
use super::malformed;
use super::write::{chunk, close, open};
use crate::raster::{self, Raster};
use crate::{Effort, Error};

/// What becomes of a frame's area before the next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dispose {
    None = 0,
    Background = 1,
    Previous = 2,
}

/// How a frame comes onto the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blend {
    /// In place of what is there, alpha and all.
    Source = 0,
    /// Over what is there.
    Over = 1,
}

/// What fcTL says of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameControl {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) x: u32,
    pub(crate) y: u32,
    /// Seconds as a fraction; a denominator of 0 means 100.
    pub(crate) delay: (u16, u16),
    pub(crate) dispose: Dispose,
    pub(crate) blend: Blend,
}

impl FrameControl {
    /// Reads the data of fcTL behind its number; the frame lies within a canvas of `width` and `height`.
    fn parse(data: &[u8], width: u32, height: u32) -> Result<Self, Error> {
        let (words, rest) = data.as_chunks::<4>();
        let (&[w, h, x, y, delay], &[dispose, blend]) = (words, rest) else {
            return Err(malformed("has a frame control of the wrong length"));
        };
        let [w, h, x, y] = [w, h, x, y].map(u32::from_be_bytes);
        let inside = |at: u32, side: u32, whole: u32| side > 0 && at.checked_add(side).is_some_and(|end| end <= whole);
        if !inside(x, w, width) || !inside(y, h, height) {
            return Err(malformed("has a frame that leaves the canvas"));
        }
        let dispose = match dispose {
            0 => Dispose::None,
            1 => Dispose::Background,
            2 => Dispose::Previous,
            _ => return Err(malformed("has a frame with an unknown disposal")),
        };
        let blend = match blend {
            0 => Blend::Source,
            1 => Blend::Over,
            _ => return Err(malformed("has a frame with an unknown blending")),
        };
        let [n1, n0, d1, d0] = delay;
        let delay = (u16::from_be_bytes([n1, n0]), u16::from_be_bytes([d1, d0]));
        Ok(Self { width: w, height: h, x, y, delay, dispose, blend })
    }
}

/// The frames of an animated PNG, one after the other. It holds one of them.
pub(crate) struct Frames<'a> {
    head: Head<'a>,
    expansion: Expansion,
    /// The chunks that come next.
    rest: &'a [u8],
    /// The next sequence number.
    sequence: u32,
    /// What fcTL says of the still picture, if that is the first frame.
    first: Option<FrameControl>,
    /// How often they are shown; 0: for ever.
    pub(crate) plays: u32,
}

impl<'a> Frames<'a> {
    /// Of a `source` that is a PNG.
    pub(crate) fn of(source: &'a [u8]) -> Result<Self, Error> {
        let head = Head::read(source)?;
        let (width, height) = (head.header.width, head.header.height);
        let (mut sequence, mut first) = (0, None);
        if let Some(data) = head.control {
            let control = FrameControl::parse(numbered(data, &mut sequence)?, width, height)?;
            if (control.width, control.height) != (width, height) {
                return Err(malformed("has a first frame that does not cover the canvas"));
            }
            first = Some(control);
        }
        let number = |at: usize| {
            let words = head.animation.unwrap_or_default().as_chunks().0;
            words.get(at).map_or(0, |&word| u32::from_be_bytes(word))
        };
        let plays = number(1);
        let expansion = head.expansion();
        let rest = head.rest;
        Ok(Self { head, expansion, rest, sequence, first, plays })
    }

    /// Pixels of the canvas, across and down.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.head.header.width, self.head.header.height)
    }

    /// The next frame: where it goes, and its pixels, with alpha where any frame has it; `None` behind the last one.
    ///
    /// # Errors
    /// Malformed where chunks are out of order or broken.
    pub(crate) fn next(&mut self) -> Result<Option<(FrameControl, Raster)>, Error> {
        if let Some(control) = self.first.take() {
            return self.decode(control, *b"IDAT").map(Some);
        }
        let (width, height) = (self.head.header.width, self.head.header.height);
        let mut control = None;
        loop {
            match (self.rest.get(4..8), control) {
                (None | Some(b"IEND"), _) => return Ok(None),
                (Some(b"fdAT"), Some(control)) => return self.decode(control, *b"fdAT").map(Some),
                _ => {}
            }
            match next_checked(&mut self.rest)? {
                Some(Checked { kind, sound: false, .. }) if matches!(&kind, b"fcTL" | b"fdAT") => {
                    return Err(malformed("has a frame whose checksum is wrong"));
                }
                Some(Checked { kind, data, .. }) if kind == *b"fcTL" => {
                    control = Some(FrameControl::parse(numbered(data, &mut self.sequence)?, width, height)?);
                }
                Some(Checked { kind, .. }) if kind == *b"fdAT" => return Err(malformed("has frames out of order")),
                _ => {}
            }
        }
    }

    fn decode(&mut self, control: FrameControl, kind: [u8; 4]) -> Result<(FrameControl, Raster), Error> {
        let FrameControl { width, height, .. } = control;
        let data = Data::new(kind, self.rest, self.sequence);
        let mut rows = Rows::new(&self.head.header, width, height, data)?;
        self.expansion.set_width(width);
        let count = width as usize * height as usize * self.expansion.model.channels();
        let (deep, shallow) = if self.head.header.depth == 16 { (count, 0) } else { (0, count) };
        let (mut eight, mut sixteen) = (Vec::with_capacity(shallow), Vec::with_capacity(deep));
        while let Some(row) = rows.next()? {
            match self.expansion.apply(row) {
                Samples::Eight(samples) => eight.extend_from_slice(samples),
                Samples::Sixteen(samples) => sixteen.extend_from_slice(samples),
            }
        }
        (self.rest, self.sequence) = rows.finish()?;
        let samples =
            if sixteen.is_empty() { raster::Samples::Eight(eight) } else { raster::Samples::Sixteen(sixteen) };
        Ok((control, Raster { width: width as usize, height: height as usize, model: self.expansion.model, samples }))
    }
}

/// The data behind the next `sequence` number.
fn numbered<'a>(data: &'a [u8], sequence: &mut u32) -> Result<&'a [u8], Error> {
    match data.split_first_chunk() {
        Some((number, data)) if u32::from_be_bytes(*number) == *sequence => {
            *sequence += 1;
            Ok(data)
        }
        _ => Err(malformed("has frames out of order")),
    }
}

/// An animated PNG in the making, whose first frame is its still picture, too.
pub(crate) struct AnimationEncoder {
    file: Vec<u8>,
    header: Header,
    effort: Effort,
    /// The next sequence number of fcTL and fdAT.
    sequence: u32,
}

impl AnimationEncoder {
    /// Of so many `frames`, shown `plays` times (0: for ever). All frames are of the header's kind and depth.
    pub(crate) fn new(header: Header, appearance: Appearance<'_>, frames: u32, plays: u32, effort: Effort) -> Self {
        let file = header.start(appearance, |file| {
            chunk(file, *b"acTL", [frames.to_be_bytes(), plays.to_be_bytes()].as_flattened());
        });
        Self { file, header, effort, sequence: 0 }
    }

    /// Adds a frame: the first covers the canvas, all lie within it. The `rows` are as [`Encoder`](super::Encoder)
    /// takes them.
    pub(crate) fn frame<'a>(&mut self, control: FrameControl, rows: impl Iterator<Item = &'a [u8]>) {
        self.control(control);
        let mut file = std::mem::take(&mut self.file);
        let first = self.sequence == 1;
        let at = open(&mut file, if first { *b"IDAT" } else { *b"fdAT" });
        if !first {
            file.extend_from_slice(&self.next());
        }
        let indexed = matches!(self.header.kind, Kind::Palette(_));
        let mut pixels = Pixels::behind(file, self.header.layout(control.width), control.height, indexed, self.effort);
        rows.for_each(|row| pixels.push(row));
        self.file = pixels.finish();
        close(&mut self.file, at);
    }

    /// Bytes of the file so far.
    pub(crate) fn written(&self) -> usize {
        self.file.len()
    }

    /// The file.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        chunk(&mut self.file, *b"IEND", &[]);
        self.file
    }

    fn control(&mut self, control: FrameControl) {
        let FrameControl { width, height, x, y, delay: (number, denominator), dispose, blend } = control;
        let mut data = self.next().to_vec();
        data.extend([width, height, x, y].map(u32::to_be_bytes).as_flattened());
        data.extend([number, denominator].map(u16::to_be_bytes).as_flattened());
        data.extend([dispose as u8, blend as u8]);
        chunk(&mut self.file, *b"fcTL", &data);
    }

    fn next(&mut self) -> [u8; 4] {
        let number = self.sequence;
        self.sequence += 1;
        number.to_be_bytes()
    }
}
