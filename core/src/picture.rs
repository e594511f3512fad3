//! What a decoder hands over: pixels, and what must not be lost with them.

use image::ImageDecoder;

use crate::raster::{Model, Raster, Samples};
use crate::{Error, Format, png};

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
}

impl Origin {
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
    /// Decodes by one of the `image` crate's decoders, whose samples have 8 bits.
    ///
    /// # Errors
    /// Malformed where the decoder refuses the pixels, unsupported where it says so.
    pub(crate) fn read(
        format: Format,
        decoder: impl ImageDecoder,
        profile: Profile,
        origin: Origin,
    ) -> Result<Self, Error> {
        let broken = Error::Malformed { format, reason: "has broken image data" };
        let (width, height) = decoder.dimensions();
        let model = match decoder.color_type() {
            image::ColorType::L8 => Model::Grey,
            image::ColorType::La8 => Model::GreyAlpha,
            image::ColorType::Rgb8 => Model::Rgb,
            image::ColorType::Rgba8 => Model::Rgba,
            _ => return Err(broken),
        };
        let mut bytes = vec![0; usize::try_from(decoder.total_bytes()).map_err(|_| broken)?];
        decoder.read_image(&mut bytes).map_err(|error| match error {
            image::ImageError::Unsupported(_) => {
                Error::UnsupportedFeature { format, feature: "a coding that is not decoded" }
            }
            _ => broken,
        })?;
        let samples = Samples::Eight(bytes);
        let raster = Raster { width: width as usize, height: height as usize, model, samples };
        Ok(Self { raster, profile, origin })
    }
}
