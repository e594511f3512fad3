//! Everything a JPEG says outside its entropy-coded data, read in one walk over its segments.

use super::frame::{self, Frame};
use super::marker::{APP0, APP1, APP2, APP13, APP14, APP15, COM, DNL, DQT, SOS};
use super::quantization::{Table, ZIGZAG};
use super::segment::{Segment, Segments};
use super::{malformed, unsupported};
use crate::exif::Exif;
use crate::picture::Profile;
use crate::{Error, Metadata};

/// What the segments of a file say.
#[derive(Debug)]
pub(crate) struct Header {
    pub(super) frame: Frame,
    /// The transform byte of Adobe's APP14 segment: 0 none, 1 YCbCr, 2 YCCK.
    pub(super) adobe_transform: Option<u8>,
    /// Whether there is a JFIF segment.
    pub(super) jfif: bool,
    /// Quantization tables in natural order, the first definition of each.
    pub(super) tables: [Option<Table>; 4],
    /// Scans, at least 1.
    pub(super) scans: u32,
    pub(super) exif: Exif,
    pub(super) profile: Profile,
    /// Private metadata that is there, sorted, each kind once.
    pub(super) private: Vec<Metadata>,
    /// The offset behind EOI.
    pub(super) end: usize,
}

impl Header {
    /// Reads all segments of `source`.
    ///
    /// # Errors
    /// Malformed or unsupported, as far as that shows outside the entropy-coded data.
    pub(crate) fn parse(source: &[u8]) -> Result<Self, Error> {
        let mut segments = Segments::new(source)?;
        let mut draft = Draft::default();
        while let Some(segment) = segments.next()? {
            draft.take(segment)?;
        }
        let mut header = draft.finish()?;
        // The decoder fills a last row that is cut with grey and says nothing, so a file whose end is
        // missing is refused as a whole, as sharp and Pillow do.
        header.end = segments.end().ok_or(malformed("ends before EOI: it was cut short"))?;
        Ok(header)
    }
}

/// A header in the making.
#[derive(Default)]
struct Draft<'a> {
    frame: Option<Frame>,
    adobe_transform: Option<u8>,
    jfif: bool,
    tables: [Option<Table>; 4],
    scans: u32,
    exif: Option<Exif>,
    profile_parts: Vec<&'a [u8]>,
    private: Vec<Metadata>,
    number_of_lines: bool,
}

impl<'a> Draft<'a> {
    fn take(&mut self, segment: Segment<'a>) -> Result<(), Error> {
        let Segment { marker, payload, .. } = segment;
        match marker {
            DQT => self.take_tables(payload)?,
            SOS => self.take_scan(payload)?,
            DNL => self.number_of_lines = true,
            COM => self.note(Metadata::Text),
            APP0..=APP15 => self.take_application(marker, payload),
            _ if frame::is_sof(marker) => {
                if self.frame.is_some() {
                    return Err(malformed("has two frame headers"));
                }
                self.frame = Some(Frame::parse(marker, payload)?);
            }
            _ => {}
        }
        Ok(())
    }

    /// DQT, T.81 B.2.4.1: several tables of 8-bit or 16-bit steps in zigzag order.
    fn take_tables(&mut self, mut payload: &[u8]) -> Result<(), Error> {
        while let [selector, rest @ ..] = payload {
            let bytes = if selector >> 4 == 0 { 64 } else { 128 };
            let (steps, rest) = rest.split_at_checked(bytes).ok_or(malformed("has a quantization table cut short"))?;
            let slot = self.tables.get_mut(usize::from(selector & 15));
            let slot = slot.ok_or(malformed("defines a quantization table outside 0 to 3"))?;
            slot.get_or_insert_with(|| natural_order(steps));
            payload = rest;
        }
        Ok(())
    }

    /// SOS, T.81 B.2.3: the components of a scan, each of which the frame must have.
    fn take_scan(&mut self, payload: &[u8]) -> Result<(), Error> {
        let frame = self.frame.as_ref().ok_or(malformed("has a scan before its frame header"))?;
        let [count, rest @ ..] = payload else { return Err(malformed("has a scan header cut short")) };
        let count = usize::from(*count);
        if !(1..=4).contains(&count) || rest.len() != 2 * count + 3 {
            return Err(malformed("has a scan header of the wrong length"));
        }
        let mut blocks = 0;
        for selector in rest[..2 * count].chunks_exact(2) {
            let component = frame.components.iter().find(|component| component.id == selector[0]);
            let component = component.ok_or(malformed("has a scan of a component that its frame lacks"))?;
            blocks += component.h * component.v;
        }
        if count > 1 && blocks > 10 {
            return Err(malformed("has more than ten blocks in an MCU"));
        }
        self.scans += 1;
        Ok(())
    }

    fn take_application(&mut self, marker: u8, payload: &'a [u8]) {
        const EXIF: &[u8] = b"Exif\0\0";
        const ICC: &[u8] = b"ICC_PROFILE\0";
        match marker {
            APP0 if payload.starts_with(b"JFIF\0") => self.jfif = true,
            APP0 if payload.starts_with(b"JFXX\0") => self.note(Metadata::Thumbnail),
            APP1 if payload.starts_with(EXIF) => self.take_exif(&payload[EXIF.len()..]),
            APP1 if payload.starts_with(b"http://ns.adobe.com/x") => self.note(Metadata::Xmp),
            // A count of parts is one byte, so of more than 256 one is too many.
            APP2 if payload.starts_with(ICC) && self.profile_parts.len() <= 256 => {
                self.profile_parts.push(&payload[ICC.len()..]);
            }
            APP2 if payload.starts_with(ICC) => {}
            APP13 if payload.starts_with(b"Photoshop") => self.note(Metadata::Iptc),
            APP14 if payload.starts_with(b"Adobe") && payload.len() >= 12 => {
                self.adobe_transform = Some(payload[11]);
            }
            _ => self.note(Metadata::Application),
        }
    }

    /// Where there are several EXIF segments, the first counts.
    fn take_exif(&mut self, block: &[u8]) {
        let exif = Exif::parse(block);
        exif.private().for_each(|kind| self.note(kind));
        self.exif.get_or_insert(exif);
    }

    /// Notes a kind of private metadata, each once.
    fn note(&mut self, kind: Metadata) {
        if !self.private.contains(&kind) {
            self.private.push(kind);
        }
    }

    fn finish(mut self) -> Result<Header, Error> {
        let frame = self.frame.ok_or(malformed("has no frame header"))?;
        if self.scans == 0 {
            return Err(malformed("has no scan"));
        }
        if frame.height == 0 {
            return Err(if self.number_of_lines {
                unsupported("its height behind the first scan (DNL)")
            } else {
                malformed("is 0 pixels high")
            });
        }
        for component in &frame.components {
            if self.tables[usize::from(component.table)].is_none() {
                return Err(malformed("lacks a quantization table"));
            }
        }
        self.private.sort();
        Ok(Header {
            frame,
            adobe_transform: self.adobe_transform,
            jfif: self.jfif,
            tables: self.tables,
            scans: self.scans,
            exif: self.exif.unwrap_or_default(),
            profile: join_profile(&self.profile_parts),
            private: self.private,
            end: 0,
        })
    }
}

fn natural_order(steps: &[u8]) -> Table {
    let mut table = [1; 64];
    let wide = steps.len() == 128;
    for (i, &natural) in ZIGZAG.iter().enumerate() {
        let step = if wide { u16::from_be_bytes([steps[2 * i], steps[2 * i + 1]]) } else { steps[i].into() };
        table[usize::from(natural)] = step.max(1);
    }
    table
}

/// The profile in APP2 parts (ICC.1:2022 B.4): each starts with its number from 1 and their count.
fn join_profile(parts: &[&[u8]]) -> Profile {
    if parts.is_empty() {
        return Profile::Absent;
    }
    let mut slots: Vec<Option<&[u8]>> = vec![None; parts.len()];
    for part in parts {
        let [number, count, data @ ..] = part else { return Profile::Broken("it has a part cut short") };
        if usize::from(*count) != parts.len() {
            return Profile::Broken("it does not have the number of parts it states");
        }
        match usize::from(*number).checked_sub(1).and_then(|index| slots.get_mut(index)) {
            Some(slot @ None) => *slot = Some(data),
            _ => return Profile::Broken("its parts are not numbered from one up"),
        }
    }
    Profile::Present(slots.into_iter().flatten().collect::<Vec<_>>().concat())
}
