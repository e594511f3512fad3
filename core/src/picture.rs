//! What a decoder hands over: pixels, and what must not be lost with them.

use crate::halve::{Kernel, halve};
use crate::options::Light;
use crate::png;
use crate::raster::Raster;

/// A decoded picture.
#[derive(Debug)]
pub(crate) struct Picture {
    /// The pixels as stored, not yet upright.
    pub(crate) raster: Raster,
    /// The profile that describes the samples.
    pub(crate) profile: Profile,
    /// What else an encoder should know.
    pub(crate) origin: Origin,
}

/// What an encoder should know of the format a picture came in.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    Jpeg {
        /// What keeps a JPEG from being encoded finer than its source.
        traits: Box<JpegTraits>,
        /// Whether the samples were inks, and are now RGB.
        inks: bool,
    },
    Png {
        palette: bool,
        space: png::Space,
    },
    WebP {
        lossy: bool,
    },
    Gif,
    Bmp {
        palette: bool,
    },
}

impl Origin {
    /// Whether the source had a palette.
    pub(crate) const fn has_palette(&self) -> bool {
        matches!(self, Self::Png { palette: true, .. } | Self::Gif | Self::Bmp { palette: true })
    }

    /// Whether the source was coded with loss.
    pub(crate) const fn is_lossy(&self) -> bool {
        matches!(self, Self::Jpeg { .. } | Self::WebP { lossy: true })
    }
}

/// What a JPEG encoder should know of a source that was a JPEG.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JpegTraits {
    /// The first component's quantization table, row by row.
    pub(crate) luminance: Option<[u16; 64]>,
    /// The second component's.
    pub(crate) chrominance: Option<[u16; 64]>,
    /// Luma samples for one chroma sample, across and down; `None` for grey.
    pub(crate) sampling: Option<(u8, u8)>,
    /// JFIF's density: unit, two bytes across, two bytes down.
    pub(crate) density: [u8; 5],
}

/// An embedded ICC profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// There is none.
    Absent,
    /// Its bytes, not yet checked.
    Present(Vec<u8>),
    /// There is one that cannot be read, and why.
    Broken(&'static str),
}

impl Profile {
    /// Its length in bytes; 0 where there is none that can be read.
    pub(crate) fn len(&self) -> u64 {
        if let Self::Present(bytes) = self { bytes.len() as u64 } else { 0 }
    }
}

impl Picture {
    /// The picture at half its width and height.
    pub(crate) fn half(self, light: Light) -> Self {
        // The mean makes fewest new colours, so that a palette has room for them.
        let kernel = if self.origin.has_palette() { Kernel::Mean } else { Kernel::Sharp };
        Self { raster: halve(&self.raster, kernel, light), ..self }
    }
}
