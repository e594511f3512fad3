//! What the header of an image says.

use serde::Serialize;

use crate::{Format, Reveals};

/// What the header of an image says; nothing was decoded to learn it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Info {
    /// The format, by content.
    pub format: Format,
    /// Pixels across as a viewer shows the picture, that is after [`orientation`](Self::orientation).
    pub width: u32,
    /// Pixels down as a viewer shows the picture.
    pub height: u32,
    /// The EXIF orientation, 1 to 8; 1 where there is none or a broken one.
    pub orientation: u8,
    /// What the samples measure.
    pub color: Color,
    /// Bits of a sample: 1, 2, 4, 8 or 16; of a palette, bits of an entry's components, that is 8.
    pub depth: u8,
    /// Whether pixels can be transparent.
    pub alpha: bool,
    /// Frames of an animation; 1 for a still picture.
    pub frames: u32,
    /// Bytes of the embedded ICC profile as the file holds it (compressed in PNG); 0 where there is none.
    pub profile_bytes: u64,
    /// The quality of a JPEG on libjpeg's scale, or of a lossy WebP on libwebp's, estimated from how it is quantised.
    pub quality: Option<u8>,
    /// Scans of a JPEG: 1 for most, more for a progressive one; 0 for other formats.
    pub scans: u32,
    /// What the file tells besides its picture. Boxed, as it is larger than all the rest.
    pub reveals: Box<Reveals>,
}

impl Info {
    /// Pixels: width times height.
    #[must_use]
    pub const fn pixels(&self) -> u64 {
        self.width as u64 * self.height as u64
    }
}

/// What the samples of a source measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Color {
    /// Grey levels.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Luma and two chroma differences (JPEG, lossy WebP).
    YCbCr,
    /// Four inks, as they are or as YCCK.
    Cmyk,
    /// Indices into a palette of RGB entries.
    Palette,
}
