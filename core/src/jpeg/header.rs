//! Everything a JPEG says outside its entropy-coded data, read in one walk over its segments.

use super::decode::ScanHeader;
use super::frame::{self, Frame};
use super::malformed;
use super::marker::{APP0, APP1, APP2, APP13, APP14, APP15, COM, DNL, DQT, SOS};
use super::quantization::{self, Table};
use super::segment::{CUT, Segment, Segments};
use crate::found::Found;
use crate::picture::Profile;
use crate::{Error, Metadata};

/// What the segments of a file say.
#[derive(Debug)]
pub(crate) struct Header {
    pub(super) frame: Frame,
    /// The transform byte of Adobe's APP14 segment: 0 none, 1 YCbCr, 2 YCCK.
    pub(super) adobe_transform: Option<u8>,
    /// JFIF's density, where there is a JFIF segment: unit, two bytes across, two bytes down.
    pub(super) density: Option<[u8; 5]>,
    /// The quantization table of each component in natural order, as it is at the component's first scan.
    pub(super) tables: Vec<Table>,
    /// Scans, at least 1.
    pub(super) scans: u32,
    /// Blocks that all scans visit.
    pub(super) scan_blocks: u64,
    /// The EXIF orientation, 1 to 8.
    pub(super) orientation: u8,
    pub(crate) profile: Profile,
    /// The offset behind EOI; where there is none, of a segment behind a scan that cannot be, or of the end of the file.
    pub(super) end: usize,
    /// Whether there is an EOI.
    pub(crate) ended: bool,
}

impl Header {
    /// Reads all segments of `source`, and finds the metadata in them.
    ///
    /// # Errors
    /// Malformed or unsupported, as far as that shows outside the entropy-coded data.
    pub(super) fn read(source: &[u8]) -> Result<(Self, Found), Error> {
        let (draft, ending) = Draft::read(source)?;
        draft.finish(ending)
    }

    /// Reads all segments of `source`.
    #[cfg(test)]
    pub(super) fn parse(source: &[u8]) -> Result<Self, Error> {
        Self::read(source).map(|(header, _)| header)
    }

    /// Reads the segments of a file that begins with `head`; `None` where its first scan lies behind that.
    ///
    /// # Errors
    /// As [`read`](Self::read) of the whole file.
    pub(super) fn read_head(head: &[u8]) -> Result<Option<(Self, Found)>, Error> {
        match Draft::read(head) {
            // What is lacking may come.
            Ok((draft, ending)) if !ending.marked => Ok(draft.finish(ending).ok()),
            Ok((draft, ending)) => draft.finish(ending).map(Some),
            Err(CUT) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether one sequential scan gives all components, so that rows are whole one after the other.
    pub(super) fn is_one_scan(&self) -> bool {
        !self.frame.progressive && self.scans == 1 && self.scan_blocks == self.frame.blocks()
    }
}

/// A header in the making.
#[derive(Default)]
struct Draft<'a> {
    frame: Option<Frame>,
    adobe_transform: Option<u8>,
    density: Option<[u8; 5]>,
    /// Quantization tables, the last definition of each.
    tables: [Option<Table>; 4],
    /// Those of the components that had a scan.
    component_tables: [Option<Table>; 4],
    /// For each scan, a bit for each component of the frame.
    scans: Vec<u8>,
    found: Found,
    profile_parts: Vec<&'a [u8]>,
    number_of_lines: Option<u16>,
}

/// Where the segments of a file end.
struct Ending {
    /// See [`Header::end`].
    at: usize,
    /// Whether by an EOI.
    marked: bool,
}

impl<'a> Draft<'a> {
    /// Reads all segments of `source`.
    fn read(source: &'a [u8]) -> Result<(Self, Ending), Error> {
        let mut segments = Segments::new(source)?;
        let mut draft = Self::default();
        let mut end = source.len();
        loop {
            let taken = segments.next().and_then(|segment| segment.map(|segment| draft.take(segment)).transpose());
            match taken {
                Ok(Some(())) => {}
                Ok(None) => break,
                // What the scans before have given is not lost; whether it is enough, their decoder says.
                Err(_) if !draft.scans.is_empty() => {
                    end = segments.marker_at();
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok((draft, Ending { at: segments.end().unwrap_or(end), marked: segments.end().is_some() }))
    }

    fn take(&mut self, segment: Segment<'a>) -> Result<(), Error> {
        let Segment { marker, payload, .. } = segment;
        match marker {
            DQT => self.take_tables(payload)?,
            SOS => self.take_scan(payload)?,
            DNL if self.scans.len() == 1 => {
                let lines = payload.try_into().map_err(|_| malformed("has a DNL segment of the wrong length"))?;
                self.number_of_lines.get_or_insert(u16::from_be_bytes(lines));
            }
            COM => self.found.comment(b"", payload),
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

    fn take_tables(&mut self, mut payload: &[u8]) -> Result<(), Error> {
        while !payload.is_empty() {
            let (destination, table, rest) = quantization::parse(payload)?;
            self.tables[destination] = Some(table);
            payload = rest;
        }
        Ok(())
    }

    fn take_scan(&mut self, payload: &[u8]) -> Result<(), Error> {
        let frame = self.frame.as_ref().ok_or(malformed("has a scan before its frame header"))?;
        let scan = ScanHeader::parse(payload, frame)?;
        for selector in &scan.components {
            let table = self.tables[usize::from(frame.components[selector.index].table)];
            let table = table.ok_or(malformed("lacks a quantization table"))?;
            self.component_tables[selector.index].get_or_insert(table);
        }
        self.scans.push(scan.components.iter().fold(0, |set, selector| set | 1 << selector.index));
        Ok(())
    }

    fn take_application(&mut self, marker: u8, payload: &'a [u8]) {
        const EXIF: &[u8] = b"Exif\0\0";
        const ICC: &[u8] = b"ICC_PROFILE\0";
        // Bytes before the thumbnail that either may have (JFIF 1.02: version, density, its two sides; a code).
        const JFIF_HEADER: usize = 14;
        const JFXX_HEADER: usize = 6;
        match marker {
            APP0 if payload.starts_with(b"JFIF\0") => {
                // Some writers cut the segment short; it still says that the colours are YCbCr.
                let density = payload.get(7..12).and_then(|bytes| bytes.try_into().ok()).unwrap_or(NO_DENSITY);
                self.density.get_or_insert(density);
                self.found.thumbnail(payload.len().saturating_sub(JFIF_HEADER));
            }
            APP0 if payload.starts_with(b"JFXX\0") => {
                self.found.note(Metadata::Thumbnail);
                self.found.thumbnail(payload.len().saturating_sub(JFXX_HEADER));
            }
            APP1 if payload.starts_with(EXIF) => self.found.exif(payload),
            APP1 if payload.starts_with(b"http://ns.adobe.com/x") => {
                let name = payload.iter().take_while(|&&byte| byte != 0).count();
                self.found.xmp(payload.len().saturating_sub(name + 1));
            }
            // A count of parts is one byte, so of more than 256 one is too many.
            APP2 if payload.starts_with(ICC) && self.profile_parts.len() <= 256 => {
                self.profile_parts.push(&payload[ICC.len()..]);
            }
            APP2 if payload.starts_with(ICC) => {}
            APP13 if payload.starts_with(b"Photoshop") => self.found.photoshop(payload),
            APP14 if payload.starts_with(b"Adobe") && payload.len() >= 12 => {
                self.adobe_transform = Some(payload[11]);
            }
            _ => self.found.application(payload.len()),
        }
    }

    fn finish(self, ending: Ending) -> Result<(Header, Found), Error> {
        let mut frame = self.frame.ok_or(malformed("has no frame header"))?;
        if self.scans.is_empty() {
            return Err(malformed("has no scan"));
        }
        if frame.height == 0 {
            frame.height = self.number_of_lines.unwrap_or(0);
        }
        if frame.height == 0 {
            return Err(malformed("is 0 pixels high"));
        }
        let mut tables = Vec::new();
        for (component, table) in frame.components.iter().zip(self.component_tables) {
            let table = table.or(self.tables[usize::from(component.table)]);
            tables.push(table.ok_or(malformed("lacks a quantization table"))?);
        }
        let header = Header {
            scan_blocks: self.scans.iter().map(|&set| frame.scan_blocks(set)).sum(),
            frame,
            adobe_transform: self.adobe_transform,
            density: self.density,
            tables,
            scans: self.scans.len() as u32,
            orientation: self.found.orientation(),
            profile: join_profile(&self.profile_parts),
            end: ending.at,
            ended: ending.marked,
        };
        Ok((header, self.found))
    }
}

/// JFIF's density where none is known: square pixels, no unit.
pub(super) const NO_DENSITY: [u8; 5] = [0, 0, 1, 0, 1];

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
