//! Source → survey → decode → halve → upright → encode.

use crate::gif;
use crate::halve::halve as halve_raster;
use crate::icc::{self, Space};
use crate::jpeg;
use crate::palette::Indexed;
use crate::picture::{Picture, Profile};
use crate::png;
use crate::raster::{Model, Raster};
use crate::survey::Survey;
use crate::webp;
use crate::{Decision, Error, Format, Limit, Options, Output};

/// See [`crate::halve`].
pub(crate) fn transform(source: &[u8], options: &Options) -> Result<Output, Error> {
    let (needed, allowed) = (source.len() as u64, options.limits.source_bytes);
    if needed > allowed {
        return Err(Error::TooLarge { limit: Limit::SourceBytes, needed, allowed });
    }
    let survey = Survey::of(source)?;
    survey.check(&options.limits)?;
    if survey.info.frames > 1 {
        return Err(Error::UnsupportedFeature { format: survey.info.format, feature: "animation" });
    }
    let mut decisions = decisions_from_header(&survey);
    let Picture { raster, profile, decisions: decoding, palette, lossy_webp, png_space, jpeg } =
        decode(source, &survey, options)?;
    let half = halve_raster(&raster);
    drop(raster);
    let half = half.upright(survey.info.orientation);
    decisions.extend(decoding);
    let format = options.format.unwrap_or(survey.info.format);
    let profile = fitting_profile(profile, half.model, format, &mut decisions);
    let lost = profile.is_none() && format != Format::Png && png_space.is_not_srgb();
    if lost || png_space.coding_points {
        decisions.push(Decision::ColorChunksDropped);
    }
    let target = Target {
        format,
        options,
        profile: profile.as_deref(),
        palette,
        lossy_webp,
        png_space,
        jpeg,
        transposed: survey.info.orientation >= 5,
    };
    let (width, height) = (half.width as u32, half.height as u32);
    let (bytes, encoding) = target.encode(half)?;
    decisions.extend(encoding);
    decisions.extend(decisions_from_size(&survey, source.len(), bytes.len()));
    Ok(Output { bytes, format: target.format, width, height, source: survey.info, decisions })
}

fn decode(source: &[u8], survey: &Survey, options: &Options) -> Result<Picture, Error> {
    let (info, limits) = (&survey.info, &options.limits);
    match info.format {
        Format::Jpeg => jpeg::decode(source),
        Format::Png => png::decode(source, info, limits),
        Format::WebP => webp::decode(source, info, limits),
        Format::Gif => gif::decode(source, info, limits),
    }
}

fn decisions_from_header(survey: &Survey) -> Vec<Decision> {
    let orientation = survey.info.orientation;
    let rotated = (orientation > 1).then_some(Decision::Rotated { orientation });
    let removed = (!survey.private.is_empty()).then(|| Decision::MetadataRemoved { kinds: survey.private.clone() });
    rotated.into_iter().chain(removed).collect()
}

fn decisions_from_size(survey: &Survey, whole: usize, half: usize) -> impl Iterator<Item = Decision> {
    let trailing = (survey.trailing > 0).then_some(Decision::TrailingDataRemoved { bytes: survey.trailing });
    let larger = half.checked_sub(whole).filter(|&by| by > 0);
    trailing.into_iter().chain(larger.map(|by| Decision::LargerThanSource { by: by as u64 }))
}

/// The profile, if it is sound, describes samples of `model` and has a place in `format`; what was
/// decided joins `decisions`.
fn fitting_profile(profile: Profile, model: Model, format: Format, decisions: &mut Vec<Decision>) -> Option<Vec<u8>> {
    let space = if matches!(model, Model::Grey | Model::GreyAlpha) { Space::Grey } else { Space::Rgb };
    let checked = match profile {
        Profile::Absent => return None,
        Profile::Broken(reason) => Err(reason),
        Profile::Present(_) if format == Format::Gif => Err("no viewer reads one in a GIF"),
        Profile::Present(bytes) => icc::objection(&bytes, space).map_or(Ok(bytes), Err),
    };
    decisions.push(match &checked {
        Ok(bytes) => Decision::ProfileKept { bytes: bytes.len() as u64 },
        Err(reason) => Decision::ProfileDropped { reason },
    });
    checked.ok()
}

/// What is to be encoded, and all that is known of where it came from.
struct Target<'a> {
    format: Format,
    options: &'a Options,
    profile: Option<&'a [u8]>,
    palette: bool,
    lossy_webp: bool,
    png_space: png::Space,
    jpeg: Option<crate::picture::JpegTraits>,
    /// Whether rows became columns after decoding.
    transposed: bool,
}

impl Target<'_> {
    fn encode(&self, half: Raster) -> Result<(Vec<u8>, Vec<Decision>), Error> {
        let half = half.without_opaque_alpha();
        match self.format {
            Format::Jpeg => self.encode_jpeg(half),
            Format::Png => self.encode_png(half),
            Format::WebP => self.encode_webp(half),
            Format::Gif => self.encode_gif(half),
        }
    }

    fn encode_jpeg(&self, half: Raster) -> Result<(Vec<u8>, Vec<Decision>), Error> {
        let (half, mut decisions) = reduce_depth(half);
        let background = self.options.background.0;
        let half = if half.model.has_alpha() {
            decisions.push(Decision::Flattened { background });
            half.flattened(background)
        } else {
            half
        };
        let settings = jpeg::Settings {
            quality: self.options.quality,
            source: self.jpeg.as_ref(),
            transposed: self.transposed,
            profile: self.profile,
        };
        let (bytes, limited) = jpeg::encode(&half, &settings)?;
        decisions.extend(limited);
        Ok((bytes, decisions))
    }

    fn encode_png(&self, half: Raster) -> Result<(Vec<u8>, Vec<Decision>), Error> {
        let appearance = png::Appearance { profile: self.profile, space: &self.png_space };
        if !self.palette {
            return Ok((png::encode(&half.into_rgb(), appearance)?, vec![]));
        }
        let (indexed, colours) = Indexed::of(&half);
        Ok((png::encode_indexed(&indexed, appearance)?, reduced_palette(&indexed, colours)))
    }

    fn encode_webp(&self, half: Raster) -> Result<(Vec<u8>, Vec<Decision>), Error> {
        let (half, mut decisions) = reduce_depth(half);
        if self.lossy_webp {
            decisions.push(Decision::LossyBecameLossless);
        }
        Ok((webp::encode(&half.into_rgb(), self.profile)?, decisions))
    }

    fn encode_gif(&self, half: Raster) -> Result<(Vec<u8>, Vec<Decision>), Error> {
        let (half, mut decisions) = reduce_depth(half);
        let (half, hardened) = half.into_rgb().with_hard_alpha();
        if hardened {
            decisions.push(Decision::TransparencyHardened);
        }
        let (indexed, colours) = Indexed::of(&half);
        decisions.extend(reduced_palette(&indexed, colours));
        Ok((gif::encode(&indexed)?, decisions))
    }
}

fn reduce_depth(half: Raster) -> (Raster, Vec<Decision>) {
    let (half, reduced) = half.with_eight_bits();
    (half, if reduced { vec![Decision::DepthReduced] } else { vec![] })
}

fn reduced_palette(indexed: &Indexed, colours: usize) -> Vec<Decision> {
    if colours > indexed.colors.len() { vec![Decision::PaletteReduced { colours: colours as u32 }] } else { vec![] }
}
