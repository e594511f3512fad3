//! A JPEG file as a row of marker segments (T.81 B.1.1), entropy-coded data skipped.

use super::decode::bytes_before_ff;
use super::malformed;
use super::marker::{APP0, APP15, COM, EOI, RST0, RST7, SOI, SOS, TEM, ends_scan};
use crate::Error;

/// What [`Segments`] say of a source that ends before its first scan does.
pub(super) const CUT: Error = malformed("ends inside a segment");

/// A marker and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    /// The byte behind 0xFF.
    pub(super) marker: u8,
    /// The parameters behind the length field; empty where the marker has none.
    pub(super) payload: &'a [u8],
    /// The entropy-coded data behind a scan header, and all that follows them; empty behind others.
    pub(super) coded: &'a [u8],
}

/// The segments of a file from behind SOI to EOI.
///
/// As libjpeg does, bytes between segments that are no marker are passed over. Where the file ends without
/// EOI, or inside a segment behind a scan, the segments end there, and [`end`](Self::end) stays `None`.
pub(super) struct Segments<'a> {
    source: &'a [u8],
    at: usize,
    /// Where the last marker is.
    marker_at: usize,
    end: Option<usize>,
    behind_scan: bool,
    /// Whether entropy-coded data are still to be passed over.
    in_scan: bool,
}

impl<'a> Segments<'a> {
    /// Starts behind the SOI of `source`.
    pub(super) fn new(source: &'a [u8]) -> Result<Self, Error> {
        match source {
            [0xFF, SOI, ..] => Ok(Self { source, at: 2, marker_at: 0, end: None, behind_scan: false, in_scan: false }),
            _ => Err(malformed("does not start with SOI")),
        }
    }

    /// The offset behind EOI, once it was met.
    pub(super) fn end(&self) -> Option<usize> {
        self.end
    }

    /// The offset of the last segment's marker, its 0xFF.
    pub(super) fn marker_at(&self) -> usize {
        self.marker_at
    }

    /// The next segment; `None` behind EOI or where no marker is left.
    pub(super) fn next(&mut self) -> Result<Option<Segment<'a>>, Error> {
        if self.end.is_some() {
            return Ok(None);
        }
        if std::mem::take(&mut self.in_scan) {
            self.pass_entropy_coded();
        }
        let Some(marker) = self.next_marker() else { return Ok(None) };
        if marker == EOI {
            self.end = Some(self.at);
            return Ok(None);
        }
        if marker == TEM || (RST0..=RST7).contains(&marker) {
            return Ok(Some(Segment { marker, payload: &[], coded: &[] }));
        }
        if marker == SOI {
            return Err(malformed("has a second SOI inside the image"));
        }
        let payload = match self.payload(marker) {
            // What the scans before have given is not lost; whether it is enough, their decoder says.
            Err(_) if self.behind_scan => return Ok(None),
            payload => payload?,
        };
        self.in_scan = marker == SOS;
        self.behind_scan |= self.in_scan;
        let coded = if self.in_scan { &self.source[self.at..] } else { &[] };
        Ok(Some(Segment { marker, payload, coded }))
    }

    /// Moves behind the next marker: an 0xFF, fill bytes 0xFF, then neither 0x00 nor 0xFF.
    fn next_marker(&mut self) -> Option<u8> {
        loop {
            let rest = self.source.get(self.at..)?;
            self.at += rest.iter().position(|&byte| byte == 0xFF)?;
            let fill = self.source[self.at..].iter().take_while(|&&byte| byte == 0xFF).count();
            self.at += fill;
            let marker = *self.source.get(self.at)?;
            self.at += 1;
            if marker != 0 {
                self.marker_at = self.at - 2;
                return Some(marker);
            }
        }
    }

    fn payload(&mut self, marker: u8) -> Result<&'a [u8], Error> {
        let length = self.source.get(self.at..).and_then(|rest| rest.first_chunk()).copied().map(u16::from_be_bytes);
        let length = usize::from(length.ok_or(CUT)?);
        if length < 2 {
            // Of segments that say nothing about the picture libjpeg passes over the length field alone.
            if matches!(marker, APP0..=APP15 | COM) {
                self.at += 2;
                return Ok(&[]);
            }
            return Err(malformed("has a segment shorter than its length field"));
        }
        let payload = self.source.get(self.at + 2..self.at + length).ok_or(CUT)?;
        self.at += length;
        Ok(payload)
    }

    /// Moves to the next marker that ends a scan.
    fn pass_entropy_coded(&mut self) {
        loop {
            self.at += distance_to_ff(&self.source[self.at..]);
            match self.source.get(self.at + 1) {
                Some(0xFF) => self.at += 1,
                Some(&marker) if ends_scan(marker) => return,
                Some(_) => self.at += 2,
                None => break,
            }
        }
        self.at = self.source.len();
    }
}

/// Bytes of `data` before the first 0xFF.
fn distance_to_ff(data: &[u8]) -> usize {
    let (words, tail) = data.as_chunks::<8>();
    for (i, &word) in words.iter().enumerate() {
        let clean = bytes_before_ff(word);
        if clean < 8 {
            return 8 * i + clean;
        }
    }
    8 * words.len() + tail.iter().position(|&byte| byte == 0xFF).unwrap_or(tail.len())
}
