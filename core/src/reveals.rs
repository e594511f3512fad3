//! What a file tells about a person besides its picture.

use serde::Serialize;

use crate::text::Line;

/// What a file tells about a person, or could, besides its picture: where, when, with what and by whom it was taken.
///
/// Texts are those of EXIF (CIPA DC-008, Exif 2.32) unless said otherwise: one line of at most 200 characters, without
/// control characters. What is broken, blank or beyond belief is taken for absent. In JSON, absent fields are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reveals {
    /// Where the camera was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// When the picture was taken, else digitized, else changed, by the camera's clock: `2024-05-01 10:11:12`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// How far that clock was from UTC: `+02:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Who made the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// The camera's model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The lens's model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lens: Option<String>,
    /// The serial number of the camera's body, else of its lens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Who owns the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Who took the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artist: Option<String>,
    /// Who holds the rights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copyright: Option<String>,
    /// The programs that made the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    /// The picture's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The computer that made the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Bytes of small copies of the picture, which may show what was cropped or covered later.
    #[serde(skip_serializing_if = "is_zero")]
    pub thumbnail: u64,
    /// Bytes of XMP packets.
    #[serde(skip_serializing_if = "is_zero")]
    pub xmp: u64,
    /// Bytes of IPTC records.
    #[serde(skip_serializing_if = "is_zero")]
    pub iptc: u64,
    /// The first five comments, of EXIF and of the file's own format; a PNG's behind its keyword and a colon. Of a
    /// compressed one the keyword stands alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<String>,
    /// Bytes of the camera maker's notes.
    #[serde(skip_serializing_if = "is_zero")]
    pub maker: u64,
    /// Bytes of segments and chunks of applications, profiles aside.
    #[serde(skip_serializing_if = "is_zero")]
    pub application: u64,
    /// Bytes behind the end of the image: a second picture, a video.
    #[serde(skip_serializing_if = "is_zero")]
    pub trailing: u64,
}

impl Reveals {
    /// Adds a comment, unless it is blank or there are enough.
    #[inline(never)]
    pub(crate) fn add_comment(&mut self, line: Line) {
        const MOST_COMMENTS: usize = 5;
        if self.comments.len() < MOST_COMMENTS {
            self.comments.extend(line.finish());
        }
    }
}

fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

/// A place on earth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Position {
    /// Millionths of a degree, from -90 000 000 in the south to 90 000 000 in the north.
    pub latitude: i32,
    /// Millionths of a degree, from -180 000 000 in the west to 180 000 000 in the east.
    pub longitude: i32,
    /// Millimetres above the sea; below it negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altitude: Option<i32>,
}
