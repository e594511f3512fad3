//! What a decoder hands over: pixels, and what must not be lost with them.

use image::ImageDecoder;

use crate::raster::{Model, Raster, Samples};
use crate::{Decision, Error, Format, Quality, png};

/// A decoded picture.
#[derive(Debug)]
pub(crate) struct Picture {
    /// The pixels as stored, not yet upright.
    pub(crate) raster: Raster,
    /// The profile that describes the samples.
    pub(crate) profile: Profile,
    /// What was decided while decoding.
    pub(crate) decisions: Vec<Decision>,
    /// Whether the source was a palette image.
    pub(crate) palette: bool,
    /// Whether the source was lossy WebP.
    pub(crate) lossy_webp: bool,
    /// The colour space chunks of a PNG source.
    pub(crate) png_space: png::Space,
    /// What a JPEG encoder should know of a source that was a JPEG.
    pub(crate) jpeg: Option<JpegTraits>,
}

/// What a JPEG encoder should know of a source that was a JPEG.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JpegTraits {
    /// Quality that the first component's quantization table stands for.
    pub(crate) luminance: Option<Quality>,
    /// Quality that the second component's quantization table stands for.
    pub(crate) chrominance: Option<Quality>,
    /// Luma samples for one chroma sample, across and down; `None` for grey.
    pub(crate) sampling: Option<(u8, u8)>,
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
    /// Decodes by one of the `image` crate's decoders. `profiled` says whether the walk met a profile.
    ///
    /// # Errors
    /// Malformed where the decoder refuses the pixels.
    pub(crate) fn read(format: Format, mut decoder: impl ImageDecoder, profiled: bool) -> Result<Self, Error> {
        let broken = Error::Malformed { format, reason: "has broken image data" };
        let profile = match decoder.icc_profile() {
            Ok(Some(bytes)) => Profile::Present(bytes),
            _ if profiled => Profile::Broken("it cannot be decompressed within bounds"),
            _ => Profile::Absent,
        };
        let (width, height) = decoder.dimensions();
        let color = decoder.color_type();
        let (model, deep) = match color {
            image::ColorType::L8 => (Model::Grey, false),
            image::ColorType::La8 => (Model::GreyAlpha, false),
            image::ColorType::Rgb8 => (Model::Rgb, false),
            image::ColorType::Rgba8 => (Model::Rgba, false),
            image::ColorType::L16 => (Model::Grey, true),
            image::ColorType::La16 => (Model::GreyAlpha, true),
            image::ColorType::Rgb16 => (Model::Rgb, true),
            image::ColorType::Rgba16 => (Model::Rgba, true),
            _ => return Err(broken),
        };
        let mut bytes = vec![0; usize::try_from(decoder.total_bytes()).map_err(|_| broken)?];
        decoder.read_image(&mut bytes).map_err(|_| broken)?;
        let samples = if deep {
            Samples::Sixteen(bytes.as_chunks::<2>().0.iter().map(|&pair| u16::from_ne_bytes(pair)).collect())
        } else {
            Samples::Eight(bytes)
        };
        let raster = Raster { width: width as usize, height: height as usize, model, samples };
        Ok(Self {
            raster,
            profile,
            decisions: vec![],
            palette: false,
            lossy_webp: false,
            jpeg: None,
            png_space: png::Space::default(),
        })
    }
}
