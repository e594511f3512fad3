//! The few things that matter in EXIF: how the picture is to be turned, and what it tells about a person.
//!
//! Tags and their numbers are those of CIPA DC-008 (Exif 2.32): tables 4 (first directory), 7 and 8 (of the camera) and
//! 15 (of the position), where no other source is named.

use crate::text::Line;
use crate::tiff::{Directory, SHORT, Tiff, Values};
use crate::{Metadata, Position, Reveals};

/// What an EXIF block says in short. A broken block says nothing: it never fails its image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exif {
    /// Orientation 1 to 8; `None` where it is absent or out of range.
    pub(crate) orientation: Option<u8>,
    /// Whether there is a GPS directory.
    pub(crate) gps: bool,
    /// Whether there is a second directory, which holds a thumbnail.
    pub(crate) thumbnail: bool,
}

const ORIENTATION: u16 = 0x0112;
const EXIF_DIRECTORY: u16 = 0x8769;
const GPS_DIRECTORY: u16 = 0x8825;

impl Exif {
    /// Reads a TIFF block, that is EXIF without the `Exif\0\0` that JPEG puts before it.
    ///
    /// Reads the first directory and no other, so there is no chain of offsets to follow for ever.
    pub(crate) fn parse(block: &[u8]) -> Self {
        let Some(tiff) = Tiff::new(block) else { return Self::default() };
        let first = tiff.first();
        let mut exif = Self { thumbnail: first.next_at() != 0, ..Self::default() };
        for entry in first.entries() {
            match entry.tag {
                ORIENTATION if entry.kind == SHORT && exif.orientation.is_none() => {
                    exif.orientation = u8::try_from(entry.short).ok().filter(|o| (1..=8).contains(o));
                }
                GPS_DIRECTORY => exif.gps = true,
                _ => {}
            }
        }
        exif
    }

    /// What the block gives away, each kind once.
    pub(crate) fn private(self) -> impl Iterator<Item = Metadata> {
        let kinds = [(true, Metadata::Exif), (self.gps, Metadata::Gps), (self.thumbnail, Metadata::Thumbnail)];
        kinds.into_iter().filter_map(|(is_there, kind)| is_there.then_some(kind))
    }
}

/// Adds what a TIFF block tells about a person and is not known yet to `reveals`.
///
/// Four directories are read and no other. Takes a bounded number of walks over each, and looks at a bounded number of
/// bytes for each text.
pub(crate) fn reveal(block: &[u8], reveals: &mut Reveals) {
    let Some(tiff) = Tiff::new(block) else { return };
    let file = tiff.first();
    let camera = file.directory(EXIF_DIRECTORY);
    for &(directory, tag, what) in &TEXTS {
        let directory = if directory == Camera { camera } else { file };
        let Some(line) = directory.values(tag).and_then(|values| line(tag, values)) else { continue };
        let field = match what {
            Taken => &mut reveals.taken,
            Zone => &mut reveals.zone,
            Make => &mut reveals.make,
            Model => &mut reveals.model,
            Lens => &mut reveals.lens,
            Serial => &mut reveals.serial,
            Owner => &mut reveals.owner,
            Artist => &mut reveals.artist,
            Copyright => &mut reveals.copyright,
            Software => &mut reveals.software,
            Description => &mut reveals.description,
            Host => &mut reveals.host,
            Comment => {
                reveals.add_comment(line);
                continue;
            }
        };
        if field.is_none() {
            *field = line.finish();
        }
    }
    reveals.maker += camera.values(MAKER_NOTE).map_or(0, |values| values.bytes.len() as u64);
    reveals.thumbnail += thumbnail_bytes(file.next());
    if reveals.position.is_none() {
        reveals.position = position(file.directory(GPS_DIRECTORY));
    }
}

/// The directories in which texts are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    /// The first one.
    File,
    /// The one of the camera and of the moment.
    Camera,
}
use In::{Camera, File};

/// What a text is.
#[derive(Clone, Copy)]
enum What {
    Taken,
    Zone,
    Make,
    Model,
    Lens,
    Serial,
    Owner,
    Artist,
    Copyright,
    Software,
    Description,
    Host,
    Comment,
}
use What::{Artist, Comment, Copyright, Description, Host, Lens, Make, Model, Owner, Serial, Software, Taken, Zone};

const COPYRIGHT: u16 = 0x8298;
const MAKER_NOTE: u16 = 0x927C;
const USER_COMMENT: u16 = 0x9286;

/// The texts that are read, and what each is. Of several for one field the first counts.
static TEXTS: [(In, u16, What); 24] = [
    (File, 0x010E, Description),
    (File, 0x010F, Make),
    (File, 0x0110, Model),
    (File, 0x0131, Software),
    (File, 0x013B, Artist),
    (File, 0x013C, Host), // HostComputer, of TIFF 6.0
    (File, COPYRIGHT, Copyright),
    (File, 0x9C9B, Description), // XPTitle: these five are those of Windows
    (File, 0x9C9C, Comment),     // XPComment
    (File, 0x9C9D, Artist),      // XPAuthor
    (File, 0x9C9E, Comment),     // XPKeywords
    (File, 0x9C9F, Comment),     // XPSubject
    (Camera, 0x9003, Taken),     // DateTimeOriginal
    (Camera, 0x9004, Taken),     // DateTimeDigitized
    (File, 0x0132, Taken),       // DateTime: of the last change
    (Camera, 0x9011, Zone),      // OffsetTimeOriginal
    (Camera, 0x9012, Zone),      // OffsetTimeDigitized
    (Camera, 0x9010, Zone),      // OffsetTime
    (Camera, USER_COMMENT, Comment),
    (Camera, 0xA430, Owner),  // CameraOwnerName
    (Camera, 0xA431, Serial), // BodySerialNumber
    (Camera, 0xA434, Lens),   // LensModel
    (Camera, 0xA435, Serial), // LensSerialNumber
    (File, 0xC62F, Serial),   // CameraSerialNumber, of DNG
];

/// The text of an entry. `None` where it is unknown, which writers say by blanks and, of a time, by zeros.
#[inline(never)]
fn line(tag: u16, values: Values<'_>) -> Option<Line> {
    let mut text = values.text()?;
    let mut line = Line::default();
    let has_digit_from = |least| text.iter().any(|byte| (least..=b'9').contains(byte));
    match tag {
        0x0132 | 0x9003 | 0x9004 => {
            if !has_digit_from(b'1') {
                return None;
            }
            // EXIF has colons in a date, which nobody else has.
            if let &[y3, y2, y1, y0, b':', m1, m0, b':', ref rest @ ..] = text {
                line.push(&[y3, y2, y1, y0, b'-', m1, m0, b'-']);
                text = rest;
            }
        }
        0x9010..=0x9012 if !has_digit_from(b'0') => return None,
        0x9C9B..=0x9C9F => {
            line.push_utf16(text, false);
            return Some(line);
        }
        USER_COMMENT => {
            let (coding, behind) = text.split_at_checked(8)?;
            if coding == b"UNICODE\0" {
                line.push_utf16(behind, values.tiff.big_endian);
                return Some(line);
            }
            text = behind;
        }
        _ => {}
    }
    // Behind the zero that ends a text cameras leave what was there before. A copyright has one between a photographer
    // and an editor.
    if tag != COPYRIGHT {
        text = text.split(|&byte| byte == 0).next()?;
    }
    line.push(text);
    Some(line)
}

/// Bytes of the thumbnail that the second directory describes, as far as they lie in the block: a JPEG, or a strip of
/// pixels.
fn thumbnail_bytes(second: Directory<'_>) -> u64 {
    // JPEGInterchangeFormat or StripOffsets; JPEGInterchangeFormatLength or StripByteCounts.
    let [at, length] =
        [[0x0201, 0x0111], [0x0202, 0x0117]].map(|tags| tags.into_iter().find_map(|tag| second.number(tag)));
    if let (Some(at), Some(length)) = (at, length) { second.tiff.bytes_there(at, length) } else { 0 }
}

/// GPSLatitudeRef and GPSLatitude (1, 2), GPSLongitudeRef and GPSLongitude (3, 4), GPSAltitudeRef and GPSAltitude (5, 6).
fn position(gps: Directory<'_>) -> Option<Position> {
    let latitude = angle(gps, 1, *b"NS", 90)?;
    let longitude = angle(gps, 3, *b"EW", 180)?;
    Some(Position { latitude, longitude, altitude: altitude(gps) })
}

/// Millionths of a degree, at most `most` degrees either way: `tag` holds a letter that says which way, the one behind it
/// degrees, minutes and seconds.
fn angle(gps: Directory<'_>, tag: u16, [positive, negative]: [u8; 2], most: u64) -> Option<i32> {
    let is_negative = match gps.values(tag)?.bytes.first()?.to_ascii_uppercase() {
        letter if letter == positive => false,
        letter if letter == negative => true,
        _ => return None,
    };
    let values = gps.values(tag + 1)?;
    values.fraction(0)?;
    // Billionths: a numerator times 10⁹ has 62 bits.
    let mut billionths = 0;
    let mut parts = 1;
    for index in 0..(values.bytes.len() / 8).min(3) {
        let (numerator, denominator) = values.fraction(index)?;
        billionths += match (numerator, denominator) {
            // Some writers give no seconds so, and nothing at all likewise.
            (0, 0) if index > 0 => 0,
            _ => (u64::from(numerator) * 1_000_000_000).checked_div(u64::from(denominator) * parts)?,
        };
        parts *= 60;
    }
    let millionths = (billionths + 500) / 1000;
    let degrees = i32::try_from(millionths).ok().filter(|_| millionths <= most * 1_000_000)?;
    Some(if is_negative { -degrees } else { degrees })
}

/// Millimetres above the sea.
fn altitude(gps: Directory<'_>) -> Option<i32> {
    let (numerator, denominator) = gps.values(6)?.fraction(0)?;
    let millimetres = (u64::from(numerator) * 1000).checked_div(denominator.into())?;
    let millimetres = i32::try_from(millimetres).ok()?;
    // Exif 3.0 counts from the ellipsoid with 2 and 3.
    let is_below = gps.number(5).is_some_and(|reference| reference & 1 != 0);
    Some(if is_below { -millimetres } else { millimetres })
}

#[cfg(test)]
mod tests;
