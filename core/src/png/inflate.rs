//! Image data: the chunks that hold a zlib stream, one behind the other, and what is in it.

use fdeflate::Decompressor;

use super::chunk::{Checked, next_checked};
use super::malformed;
use crate::Error;

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

/// What the zlib stream in image data stands for, bit by bit. It holds 160 KiB.
///
/// The checksum at the stream's end is not looked at: each chunk has one of its own.
pub(super) struct Inflater<'a> {
    data: Data<'a>,
    stream: Decompressor,
    /// What of the current chunk has not been read.
    input: &'a [u8],
    /// Whether the last chunk was the last one.
    ended: bool,
    /// What was inflated: 32 KiB that the stream may point back to, and what is new.
    window: Box<[u8]>,
    taken: usize,
    filled: usize,
}

/// Bytes that the stream may point back to (RFC 1951 2).
const REACH: usize = 1 << 15;

const WINDOW: usize = 5 * REACH;

impl<'a> Inflater<'a> {
    pub(super) fn new(data: Data<'a>) -> Self {
        let mut stream = Decompressor::new();
        stream.ignore_adler32();
        Self { data, stream, input: &[], ended: false, window: vec![0; WINDOW].into(), taken: 0, filled: 0 }
    }

    /// Fills `bytes` with what comes next.
    pub(super) fn fill(&mut self, mut bytes: &mut [u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            if self.taken == self.filled {
                self.inflate()?;
            }
            let count = bytes.len().min(self.filled - self.taken);
            let (now, later) = bytes.split_at_mut(count);
            now.copy_from_slice(&self.window[self.taken..self.taken + count]);
            self.taken += count;
            bytes = later;
        }
        Ok(())
    }

    /// Inflates at least a byte; all that was inflated before has been taken.
    fn inflate(&mut self) -> Result<(), Error> {
        if self.filled == WINDOW {
            self.window.copy_within(WINDOW - REACH.., 0);
            (self.taken, self.filled) = (REACH, REACH);
        }
        while self.filled == self.taken {
            if self.input.is_empty() && !self.ended {
                match self.data.next()? {
                    Some(data) => self.input = data,
                    None => self.ended = true,
                }
            }
            let read = self.stream.read(self.input, &mut self.window, self.filled, self.ended);
            let (read, written) = read.map_err(|_| malformed("has broken image data"))?;
            if written == 0 && (self.ended || self.stream.is_done()) {
                return Err(malformed("has too little image data"));
            }
            self.input = &self.input[read..];
            self.filled += written;
        }
        Ok(())
    }

    /// Passes over what is left of the data, and gives the chunks behind them and the next sequence number.
    pub(super) fn finish(&mut self) -> Result<(&'a [u8], u32), Error> {
        while self.data.next()?.is_some() {}
        Ok((self.data.rest, self.data.sequence))
    }
}
