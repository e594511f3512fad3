//! WebP (RFC 9649): chunks, lossy and lossless images, animations.

mod alpha;
mod chunk;
mod container;
mod frame;
mod image;
mod lossless;
mod movie;
mod vp8;
mod vp8l;

use crate::options::Light;
use crate::picture::{Origin, Picture, Profile};
use crate::raster::Raster;
use crate::survey::{Survey, shown};
use crate::{Color, Effort, Error, Format, Info, Quality, full, half};

use chunk::Chunks;
use container::{Coded, Data};
pub(crate) use frame::reel;
use lossless::lossless;
pub(crate) use movie::Movie;

const fn malformed(reason: &'static str) -> Error {
    Error::Malformed { format: Format::WebP, reason }
}

fn unsupported(feature: &'static str) -> Error {
    Error::UnsupportedFeature { format: Format::WebP, feature }
}

/// The longest side that VP8 can state; VP8L could state one pixel more, but decoders and encoders know no more than this.
const MOST_SIDE: u32 = 16383;

/// What the chunks of `source` say.
pub(crate) fn survey(source: &[u8]) -> Result<Survey, Error> {
    Chunks::walk(source).map(surveyed)
}

/// What the chunks up to the image data's say in a source of `source_bytes` that begins with `head`; `None` where those
/// lie behind that.
///
/// Metadata lie behind the image data and are not seen.
pub(crate) fn survey_head(head: &[u8], source_bytes: u64) -> Result<Option<Survey>, Error> {
    Chunks::walk_head(head, source_bytes).map(|chunks| chunks.map(surveyed))
}

fn surveyed(chunks: Chunks<'_>) -> Survey {
    let (stored_width, stored_height) = chunks.size();
    let (orientation, private, reveals) = chunks.found.finish();
    let (width, height) = shown(stored_width, stored_height, orientation);
    let info = Info {
        format: Format::WebP,
        width,
        height,
        orientation,
        color: if chunks.lossy { Color::YCbCr } else { Color::Rgb },
        depth: 8,
        alpha: chunks.alpha,
        frames: chunks.frames.max(1),
        profile_bytes: chunks.profile.map_or(0, |profile| profile.len() as u64),
        quality: chunks.quality,
        scans: 0,
        reveals,
    };
    // Of a lossy picture 1.5 bytes a pixel, and one of alpha, which takes four while it is decoded; of a lossless one four,
    // and the parameters of its transforms. While frames of an animation are decoded, there is the canvas, too, and
    // a frame as four bytes a pixel.
    let opaque_still = chunks.lossy && !chunks.alpha && !chunks.animated;
    let pixel_bytes = if opaque_still {
        2
    } else if chunks.animated {
        16
    } else {
        6
    };
    // Tables of prefix codes: there are no more than the file's bytes make room for.
    let tables = if opaque_still { 0 } else { (chunks.end as u64).saturating_mul(256).min(16 << 20) };
    let decode_bytes = info.pixels().saturating_mul(pixel_bytes).saturating_add(tables);
    Survey {
        jpeg: None,
        scan_blocks: 0,
        moved_pixels: 0,
        decode_bytes,
        private,
        animated: chunks.animated,
        end: chunks.end,
        info,
    }
}

/// What must not be lost with the pixels of `source`.
pub(crate) fn origin(source: &[u8]) -> Result<(Profile, Origin), Error> {
    let chunks = Chunks::walk(source)?;
    let profile = chunks.profile.map_or(Profile::Absent, |bytes| Profile::Present(bytes.to_vec()));
    Ok((profile, Origin::WebP { lossy: chunks.lossy }))
}

/// The half of `source`, a still picture, and what it came with.
pub(crate) fn decode(source: &[u8], light: Light) -> Result<Picture, Error> {
    let (profile, origin) = origin(source)?;
    let image = Chunks::walk(source)?.still().ok_or(malformed("has no image"))?;
    Ok(Picture { raster: image.half(light)?, profile, origin })
}

/// Whether the half of a surveyed file can be made of its planes: where it is a still picture with loss, opaque and upright.
pub(crate) fn keeps_planes(survey: &Survey) -> bool {
    let info = &survey.info;
    let lossy = info.format == Format::WebP && info.quality.is_some();
    lossy && !info.alpha && !survey.animated && info.orientation == 1
}

/// The half of `source`, a picture that [`keeps_planes`], with `profile`.
///
/// # Errors
/// Malformed where its image data are broken.
pub(crate) fn halve(source: &[u8], quality: Quality, effort: Effort, profile: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    full::only()?;
    let chunks = Chunks::walk(source)?;
    let planes = vp8::Planes::half_of(chunks.data)?;
    let (width, height) = chunks.size();
    let frame = vp8::encode(&planes, quality, effort)?;
    container::still(
        &Coded { width: half(width), height: half(height), data: Data::Lossy { frame, alpha: None } },
        profile,
    )
}

/// Whether a picture of this size can be a WebP.
pub(crate) fn fits(width: usize, height: usize) -> bool {
    width.max(height) <= MOST_SIDE as usize
}

/// `raster` with loss. It has 8-bit samples.
///
/// # Errors
/// Unsupported where a side is over 16383 pixels.
fn lossy(raster: &Raster, quality: Quality, effort: Effort) -> Result<Coded, Error> {
    let (planes, alpha) = vp8::Planes::of(raster);
    let frame = vp8::encode(&planes, quality, effort)?;
    let alpha = alpha.and_then(|levels| alpha::plane(&levels, raster.width, effort));
    Ok(Coded { width: raster.width as u32, height: raster.height as u32, data: Data::Lossy { frame, alpha } })
}

/// `raster` as lossy WebP. It has 8-bit samples.
///
/// # Errors
/// As [`lossy`].
pub(crate) fn encode_lossy(
    raster: &Raster,
    quality: Quality,
    effort: Effort,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, Error> {
    full::only()?;
    container::still(&lossy(raster, quality, effort)?, profile)
}

/// `raster` as lossless WebP. It has 8-bit samples and is not YCbCr.
///
/// # Errors
/// As [`lossless`].
pub(crate) fn encode(raster: &Raster, effort: Effort, profile: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    full::only()?;
    container::still(&lossless(raster, effort)?, profile)
}
