//! Source → survey → decode → halve → upright → encode.

use crate::halve::halve as halve_raster;
use crate::icc::{self, Space};
use crate::palette::Indexed;
use crate::picture::{Origin, Profile};
use crate::raster::{Model, Raster};
use crate::survey::Survey;
use crate::{Color, Decision, Error, Format, Options, Output, Suits, Target, gif, half, jpeg, png, webp};

/// See [`crate::halve`].
pub(crate) fn transform(source: &[u8], options: &Options) -> Result<Output, Error> {
    options.limits.check_source(source.len() as u64)?;
    let survey = Survey::of(source)?;
    survey.check(options)?;
    survey.check_still()?;
    let (width, height) = (half(survey.info.width), half(survey.info.height));
    let wanted = options.format.unwrap_or(survey.info.format.into());
    let mut making = Making {
        format: wanted.format().unwrap_or(survey.info.format),
        options,
        profile: Profile::Absent,
        origin: Origin::Gif,
        transposed: survey.info.orientation >= 5,
        decisions: decisions_from_header(&survey),
    };
    let image = &source[..survey.end];
    let bytes = match survey.planes() {
        Some(header) if wanted == Target::Jpeg => making.halve_jpeg(image, header)?,
        planes => {
            let picture = making.decode(image, &survey)?.upright(survey.info.orientation);
            making.encode(picture, planes.map(|header| (image, header)))?
        }
    };
    let Making { format, mut decisions, .. } = making;
    decisions.extend(decisions_from_size(&survey, source.len(), bytes.len()));
    Ok(Output { bytes, format, width, height, source: survey.info, decisions })
}

fn decisions_from_header(survey: &Survey) -> Vec<Decision> {
    let orientation = survey.info.orientation;
    let rotated = (orientation > 1).then_some(Decision::Rotated { orientation });
    let removed = (!survey.private.is_empty()).then(|| Decision::MetadataRemoved { kinds: survey.private.clone() });
    rotated.into_iter().chain(removed).collect()
}

fn decisions_from_size(survey: &Survey, whole: usize, half: usize) -> impl Iterator<Item = Decision> {
    let trailing = (whole - survey.end) as u64;
    let trailing = (trailing > 0).then_some(Decision::TrailingDataRemoved { bytes: trailing });
    let larger = half.checked_sub(whole).filter(|&by| by > 0);
    trailing.into_iter().chain(larger.map(|by| Decision::LargerThanSource { by: by as u64 }))
}

/// A JPEG's bytes and what its segments say, where it can become a JPEG without pixels.
type Planes<'a> = Option<(&'a [u8], &'a jpeg::Header)>;

/// What is to be encoded, all that is known of where it came from, and what was decided on the way.
#[derive(Clone)]
struct Making<'a> {
    format: Format,
    options: &'a Options,
    profile: Profile,
    origin: Origin,
    /// Whether rows became columns after decoding.
    transposed: bool,
    decisions: Vec<Decision>,
}

impl Making<'_> {
    /// JPEG to JPEG: from planes to planes, without pixels between them.
    fn halve_jpeg(&mut self, source: &[u8], header: &jpeg::Header) -> Result<Vec<u8>, Error> {
        self.profile = header.profile.clone();
        let model = if header.color() == Color::Grey { Model::Grey } else { Model::Rgb };
        let profile = self.fitting_profile(model);
        let (bytes, decisions) = jpeg::halve(source, header, self.options, profile)?;
        self.decisions.extend(decisions);
        Ok(bytes)
    }

    /// The half of `source` as pixels, not yet upright.
    fn decode(&mut self, source: &[u8], survey: &Survey) -> Result<Raster, Error> {
        let (info, limits) = (&survey.info, &self.options.limits);
        let picture = match (info.format, &survey.jpeg) {
            (Format::Jpeg, Some(header)) => {
                let (half, lost) = jpeg::decode(source, header, self.options.salvage)?;
                self.decisions.extend((lost > 0).then_some(Decision::Salvaged { blocks: lost }));
                (self.profile, self.origin) = (half.profile, half.origin);
                return Ok(half.raster);
            }
            (Format::Png, _) => png::decode(source, limits)?,
            (Format::WebP, _) => webp::decode(source)?,
            (Format::Gif | Format::Jpeg, _) => gif::decode(source, info, limits)?,
        };
        (self.profile, self.origin) = (picture.profile, picture.origin);
        Ok(halve_raster(&picture.raster))
    }

    fn encode(&mut self, half: Raster, planes: Planes<'_>) -> Result<Vec<u8>, Error> {
        if matches!(self.origin, Origin::Jpeg { inks: true, .. }) {
            self.decisions.push(Decision::InksConverted);
        }
        let half = half.without_opaque_alpha();
        if self.options.format == Some(Target::Auto) {
            self.encode_smallest(&half, planes)
        } else {
            self.encode_as(half)
        }
    }

    /// In the format that takes the fewest bytes, among those that lose nothing which the picture needs.
    fn encode_smallest(&mut self, half: &Raster, planes: Planes<'_>) -> Result<Vec<u8>, Error> {
        let suits = Suits::of(half, self.origin.is_lossy());
        let fits = webp::fits(half.width, half.height);
        let formats: &[Format] = match suits {
            Suits::Photograph if !half.model.has_alpha() => &[Format::Jpeg, Format::WebP],
            Suits::Photograph | Suits::Graphic if fits => &[Format::WebP, Format::Png],
            _ => &[Format::Png],
        };
        let mut smallest: Option<(Vec<u8>, Self)> = None;
        for &format in formats.iter().filter(|&&format| fits || format != Format::WebP) {
            let mut making = self.clone();
            making.format = format;
            making.decisions.push(Decision::FormatChosen { format, suits });
            let bytes = match planes {
                Some((image, header)) if format == Format::Jpeg => making.halve_jpeg(image, header)?,
                _ => making.encode_as(half.clone())?,
            };
            if smallest.as_ref().is_none_or(|(others, _)| bytes.len() < others.len()) {
                smallest = Some((bytes, making));
            }
        }
        let Some((bytes, making)) = smallest else { unreachable!("PNG and JPEG take any picture") };
        *self = making;
        Ok(bytes)
    }

    fn encode_as(&mut self, half: Raster) -> Result<Vec<u8>, Error> {
        match self.format {
            Format::Jpeg => self.encode_jpeg(half),
            Format::Png => self.encode_png(half),
            Format::WebP => self.encode_webp(half),
            Format::Gif => self.encode_gif(half),
        }
    }

    fn encode_jpeg(&mut self, half: Raster) -> Result<Vec<u8>, Error> {
        let mut half = self.with_eight_bits(half);
        if half.model.has_alpha() {
            let background = self.options.background.0;
            self.decisions.push(Decision::Flattened { background });
            half = half.flattened(background);
        }
        let profile = self.fitting_profile(half.model);
        let source = if let Origin::Jpeg { traits, .. } = &self.origin { Some(&**traits) } else { None };
        let settings = jpeg::Settings { options: self.options, source, transposed: self.transposed, profile };
        let (bytes, limited) = jpeg::encode(half, settings)?;
        self.decisions.extend(limited);
        Ok(bytes)
    }

    fn encode_png(&mut self, half: Raster) -> Result<Vec<u8>, Error> {
        let half = half.into_rgb();
        let has_palette = matches!(self.origin, Origin::Png { palette: true, .. } | Origin::Gif);
        let profile = self.fitting_profile(if has_palette { Model::Rgb } else { half.model });
        let no_space = png::Space::default();
        let space = if let Origin::Png { space, .. } = &self.origin { space } else { &no_space };
        let appearance = png::Appearance { profile: profile.as_deref(), space };
        if !has_palette {
            return png::encode(&half, appearance);
        }
        let (indexed, reduced) = Indexed::of(&half);
        let bytes = png::encode_indexed(&indexed, appearance)?;
        self.note_palette(&indexed, reduced);
        Ok(bytes)
    }

    fn encode_webp(&mut self, half: Raster) -> Result<Vec<u8>, Error> {
        let half = self.with_eight_bits(half).into_rgb();
        // VP8L has no grey: what is one here is RGB there.
        let profile = self.fitting_profile(Model::Rgb);
        if matches!(self.origin, Origin::WebP { lossy: true }) {
            self.decisions.push(Decision::LossyBecameLossless);
        }
        webp::encode(&half, profile.as_deref())
    }

    fn encode_gif(&mut self, half: Raster) -> Result<Vec<u8>, Error> {
        let half = self.with_eight_bits(half).into_rgb();
        self.fitting_profile(half.model);
        let (half, hardened) = half.with_hard_alpha();
        if hardened {
            self.decisions.push(Decision::TransparencyHardened);
        }
        let (indexed, reduced) = Indexed::of(&half);
        self.note_palette(&indexed, reduced);
        gif::encode(&indexed)
    }

    fn with_eight_bits(&mut self, half: Raster) -> Raster {
        let (half, reduced) = half.with_eight_bits();
        self.decisions.extend(reduced.then_some(Decision::DepthReduced));
        half
    }

    fn note_palette(&mut self, indexed: &Indexed, reduced: bool) {
        let colors = indexed.colors.len() as u32;
        self.decisions.extend(reduced.then_some(Decision::PaletteReduced { colors }));
    }

    /// The profile, if it is sound, describes samples of `model` and has a place in the result.
    fn fitting_profile(&mut self, model: Model) -> Option<Vec<u8>> {
        let space = if matches!(model, Model::Grey | Model::GreyAlpha) { Space::Grey } else { Space::Rgb };
        let checked = match std::mem::replace(&mut self.profile, Profile::Absent) {
            Profile::Absent => {
                self.note_lost_color_chunks();
                return None;
            }
            Profile::Broken(reason) => Err(reason),
            Profile::Present(_) if self.format == Format::Gif => Err("no viewer reads one in a GIF"),
            Profile::Present(bytes) => icc::objection(&bytes, space).map_or(Ok(bytes), Err),
        };
        self.decisions.push(match &checked {
            Ok(bytes) => Decision::ProfileKept { bytes: bytes.len() as u64 },
            Err(reason) => Decision::ProfileDropped { reason },
        });
        checked.ok()
    }

    /// A PNG's colour chunks count where there is no profile, and only PNG has a place for them; for cICP not even our
    /// encoder has.
    fn note_lost_color_chunks(&mut self) {
        if let Origin::Png { space, .. } = &self.origin {
            let lost = space.coding_points || (self.format != Format::Png && space.is_not_srgb());
            self.decisions.extend(lost.then_some(Decision::ColorChunksDropped));
        }
    }
}
