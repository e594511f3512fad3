//! Image data: the chunks that hold a zlib stream, one behind the other, and what is in it.

use super::chunk::{Checked, next_checked};
use super::malformed;
use crate::{Error, inflate};

/// The data of chunks of one kind that follow each other.
pub(super) struct Data<'a> {
    kind: [u8; 4],
    /// The chunks that come next.
    pub(super) rest: &'a [u8],
    /// The sequence number that the next fdAT has (PNG 11.3.6.3); not looked at in IDAT.
    pub(super) sequence: u32,
}

impl<'a> Data<'a> {
    /// Those of a `kind`, IDAT or fdAT, at the start of `rest`.
    pub(super) fn new(kind: [u8; 4], rest: &'a [u8], sequence: u32) -> Self {
        Self { kind, rest, sequence }
    }

    /// The data of the next chunk; `None` where another kind follows.
    fn next(&mut self) -> Result<Option<&'a [u8]>, Error> {
        let mut rest = self.rest;
        if rest.get(4..8) != Some(&self.kind[..]) {
            return Ok(None);
        }
        let Some(Checked { data, sound: true, .. }) = next_checked(&mut rest)? else {
            return Err(malformed("has image data whose checksum is wrong"));
        };
        self.rest = rest;
        if self.kind == *b"IDAT" {
            return Ok(Some(data));
        }
        let (number, data) = data.split_first_chunk().ok_or(malformed("has frame data without a number"))?;
        if u32::from_be_bytes(*number) != self.sequence {
            return Err(malformed("has frames out of order"));
        }
        self.sequence = self.sequence.wrapping_add(1);
        Ok(Some(data))
    }
}

/// What the zlib stream in image data stands for.
///
/// The checksum at the stream's end is not looked at: each chunk has one of its own.
pub(super) struct Inflater<'a> {
    data: Data<'a>,
    stream: inflate::Inflater,
    /// What of the current chunk has not been read.
    input: &'a [u8],
}

impl<'a> Inflater<'a> {
    pub(super) fn new(data: Data<'a>) -> Self {
        Self { data, stream: inflate::Inflater::new(), input: &[] }
    }

    /// Fills `bytes` with what comes next.
    pub(super) fn fill(&mut self, mut bytes: &mut [u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            if self.stream.ready().is_empty() {
                self.inflate()?;
            }
            let ready = self.stream.ready();
            let count = bytes.len().min(ready.len());
            let (now, later) = bytes.split_at_mut(count);
            now.copy_from_slice(&ready[..count]);
            self.stream.take(count);
            bytes = later;
        }
        Ok(())
    }

    /// Inflates at least a byte; all that was inflated before has been taken.
    fn inflate(&mut self) -> Result<(), Error> {
        while self.stream.ready().is_empty() {
            while self.stream.is_hungry() {
                if self.input.is_empty() {
                    match self.data.next()? {
                        Some(data) => self.input = data,
                        None => self.stream.end_input(),
                    }
                }
                let count = self.stream.feed(self.input);
                self.input = &self.input[count..];
            }
            self.stream.run().map_err(|_| malformed("has broken image data"))?;
            if self.stream.is_done() && self.stream.ready().is_empty() {
                return Err(malformed("has too little image data"));
            }
        }
        Ok(())
    }

    /// Passes over what is left of the data, and gives the chunks behind them and the next sequence number.
    pub(super) fn finish(&mut self) -> Result<(&'a [u8], u32), Error> {
        while self.data.next()?.is_some() {}
        Ok((self.data.rest, self.data.sequence))
    }
}
