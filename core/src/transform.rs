//! Source → survey → decode → halve → upright → encode.

use crate::icc::{self, Space};
use crate::palette::Indexed;
use crate::picture::{Origin, Profile};
use crate::raster::{Model, Raster};
use crate::survey::Survey;
use crate::{
    Coding, Color, Decision, Error, Format, Light, Options, Output, Quality, Suits, Target, bmp, full, gif, half, jpeg,
    moving, png, webp,
};

/// See [`crate::halve`].
pub(crate) fn transform(source: &[u8], options: &Options) -> Result<Output, Error> {
    options.limits.check_source(source.len() as u64)?;
    let survey = Survey::of(source)?;
    survey.check(options)?;
    let moves = survey.goes_on_moving(options)?;
    survey.check_build(options)?;
    let (width, height) = (half(survey.info.width), half(survey.info.height));
    let wanted = options.format.unwrap_or(survey.info.format.into());
    let mut making = Making {
        format: wanted.format().unwrap_or(survey.info.format),
        lossy: match options.webp {
            Coding::Source => matches!(survey.info.color, Color::YCbCr) || survey.info.format == Format::Jpeg,
            Coding::Lossy => true,
            Coding::Lossless => false,
        },
        options,
        profile: Profile::Absent,
        origin: Origin::Gif,
        source_quality: survey.info.quality.filter(|_| survey.info.format == Format::WebP).and_then(Quality::new),
        transposed: survey.info.orientation >= 5,
        decisions: decisions_from_header(&survey),
    };
    let image = &source[..survey.end];
    let bytes = match survey.planes() {
        Some(header) if wanted == Target::Jpeg => making.halve_jpeg(image, header)?,
        _ if moves && wanted == Target::Auto => {
            full::only()?;
            (making.profile, making.origin) = moving::origin(image, &survey)?;
            let model = if survey.info.color == Color::Grey { Model::Grey } else { Model::Rgb };
            let keeps = !making.needs_png(model) && !making.has_grey_profile(model);
            let other = (keeps && webp::fits(width as usize, height as usize) && survey.info.format != Format::WebP)
                .then_some(Format::WebP);
            let formats = [Some(survey.info.format), other].into_iter().flatten();
            making.smallest(formats, Suits::Animation, |making| making.halve_moving(image, &survey))?
        }
        _ if moves => making.halve_moving(image, &survey)?,
        None if wanted == Target::Png && survey.is_streamed() => making.halve_png(image, survey.info.color)?,
        _ if making.stays_lossy_webp(&survey) => making.halve_webp(image)?,
        planes => {
            let picture = making.decode(image, &survey)?.upright(survey.info.orientation);
            making.encode(picture, planes.map(|header| (image, header)))?
        }
    };
    let Making { format, lossy, mut decisions, .. } = making;
    let lossy = format == Format::Jpeg || format == Format::WebP && lossy;
    decisions.extend(decisions_from_size(&survey, source.len(), bytes.len()));
    Ok(Output { bytes, format, lossy, width, height, source: survey.info, decisions })
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
    /// Whether a WebP is coded with loss.
    lossy: bool,
    options: &'a Options,
    profile: Profile,
    origin: Origin,
    /// The quality of a source that was a lossy WebP.
    source_quality: Option<Quality>,
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

    /// PNG to PNG, without holding the pixels.
    fn halve_png(&mut self, source: &[u8], color: Color) -> Result<Vec<u8>, Error> {
        (self.profile, self.origin) = png::origin(source)?;
        let profile = self.fitting_profile(if color == Color::Grey { Model::Grey } else { Model::Rgb });
        let Origin::Png { space, .. } = &self.origin else { unreachable!("the source is a PNG") };
        let (bytes, reduced) =
            png::halve(source, png::Appearance { profile: profile.as_deref(), space }, self.options)?;
        self.decisions.extend(reduced.map(|colors| Decision::PaletteReduced { colors }));
        Ok(bytes)
    }

    /// Moving to moving.
    fn halve_moving(&mut self, source: &[u8], survey: &Survey) -> Result<Vec<u8>, Error> {
        (self.profile, self.origin) = moving::origin(source, survey)?;
        let grey = self.format == Format::Png && survey.info.color == Color::Grey;
        let profile = self.fitting_profile(if grey { Model::Grey } else { Model::Rgb });
        let lossy = (self.format == Format::WebP && self.lossy).then(|| self.webp_quality());
        let setting = moving::Setting {
            format: self.format,
            options: self.options,
            lossy,
            origin: &self.origin,
            profile: profile.as_deref(),
            grey_profile: grey && profile.is_some(),
        };
        let (bytes, decisions) = moving::halve(source, survey, &setting)?;
        self.decisions.extend(decisions);
        Ok(bytes)
    }

    /// Whether a lossy WebP becomes a lossy WebP from planes to planes: where no other format is asked for, it is opaque and
    /// upright, and its samples are averaged as they are coded.
    fn stays_lossy_webp(&self, survey: &Survey) -> bool {
        let Options { format, webp, light, .. } = self.options;
        let wanted =
            matches!(format, None | Some(Target::WebP)) && *webp != Coding::Lossless && *light == Light::Encoded;
        wanted && webp::keeps_planes(survey)
    }

    /// Lossy WebP to lossy WebP: from planes to planes, without pixels between them.
    fn halve_webp(&mut self, source: &[u8]) -> Result<Vec<u8>, Error> {
        (self.profile, self.origin) = webp::origin(source)?;
        let profile = self.fitting_profile(Model::Rgb);
        let quality = self.webp_quality();
        webp::halve(source, quality, self.options.effort, profile.as_deref())
    }

    /// The quality of a lossy WebP: the one asked for, but no finer than the source.
    fn webp_quality(&mut self) -> Quality {
        let asked = self.options.quality;
        let used = self.source_quality.map_or(asked, |source| source.min(asked));
        let limited = Decision::QualityLimited { asked: asked.value(), used: used.value() };
        self.decisions.extend((used < asked).then_some(limited));
        used
    }

    /// The half of `source` as pixels, not yet upright.
    fn decode(&mut self, source: &[u8], survey: &Survey) -> Result<Raster, Error> {
        let info = &survey.info;
        if survey.animated {
            self.decisions.push(Decision::FirstFrameOnly { frames: info.frames });
            // A canvas has 8 bits.
            self.decisions.extend((info.depth == 16).then_some(Decision::DepthReduced));
            (self.profile, self.origin) = moving::origin(source, survey)?;
            return moving::first(source, survey, &self.origin, self.options.light);
        }
        let light = self.options.light;
        let half = match (info.format, &survey.jpeg) {
            (Format::Jpeg, Some(header)) => {
                let (half, lost) = jpeg::decode(source, header, self.options.salvage)?;
                self.decisions.extend((lost > 0).then_some(Decision::Salvaged { blocks: lost }));
                half
            }
            (Format::Png, _) => png::decode(source, light)?,
            (Format::WebP, _) => webp::decode(source, light)?,
            (Format::Bmp, _) => bmp::decode(source)?.half(light),
            (Format::Gif | Format::Jpeg, _) => gif::decode(source, info)?.half(light),
        };
        (self.profile, self.origin) = (half.profile, half.origin);
        Ok(half.raster)
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
        full::only()?;
        let suits = Suits::of(half, self.origin.is_lossy());
        let exact = suits != Suits::Photograph || self.options.webp == Coding::Lossless && !self.origin.is_lossy();
        let webp = suits != Suits::Deep && webp::fits(half.width, half.height) && !self.has_grey_profile(half.model);
        let jpeg = !exact && !half.model.has_alpha() && jpeg::fits(half.width, half.height);
        let others = !self.needs_png(half.model);
        let formats = [(Format::WebP, webp && others), (Format::Jpeg, jpeg && others)];
        let mut formats: Vec<Format> = formats.iter().filter(|(_, can)| *can).map(|&(format, _)| format).collect();
        if exact || formats.is_empty() {
            formats.push(Format::Png);
        }
        self.smallest(formats.into_iter(), suits, |making| match planes {
            Some((image, header)) if making.format == Format::Jpeg => making.halve_jpeg(image, header),
            _ => making.encode_as(half.clone()),
        })
    }

    /// Whether only a PNG has a place for what says how samples of `model` look.
    fn needs_png(&self, model: Model) -> bool {
        let Origin::Png { space, .. } = &self.origin else { return false };
        let profiled =
            matches!(&self.profile, Profile::Present(bytes) if icc::objection(bytes, space_of(model)).is_none());
        space.counts(profiled)
    }

    /// Whether there is a profile for grey, which has no place where grey is stored as RGB.
    fn has_grey_profile(&self, model: Model) -> bool {
        let grey = space_of(model) == Space::Grey;
        grey && matches!(&self.profile, Profile::Present(bytes) if icc::objection(bytes, Space::Grey).is_none())
    }

    /// The smallest of what `make` makes in `formats`, of which there is at least one. Where one outgrows the limits, all
    /// is refused: limits must not choose.
    fn smallest(
        &mut self,
        formats: impl Iterator<Item = Format>,
        suits: Suits,
        make: impl Fn(&mut Self) -> Result<Vec<u8>, Error>,
    ) -> Result<Vec<u8>, Error> {
        let mut smallest: Option<(Vec<u8>, Self)> = None;
        for format in formats {
            let mut making = self.clone();
            making.format = format;
            // An animation is coded with loss where it was before.
            making.lossy = match self.options.webp {
                Coding::Source => suits == Suits::Photograph || suits == Suits::Animation && self.lossy,
                Coding::Lossy | Coding::Lossless => self.lossy,
            };
            making.decisions.push(Decision::FormatChosen { format, suits });
            let bytes = make(&mut making)?;
            if smallest.as_ref().is_none_or(|(others, _)| bytes.len() < others.len()) {
                smallest = Some((bytes, making));
            }
        }
        let Some((bytes, making)) = smallest else { unreachable!("there is at least one format") };
        *self = making;
        Ok(bytes)
    }

    fn encode_as(&mut self, half: Raster) -> Result<Vec<u8>, Error> {
        match self.format {
            Format::Jpeg => self.encode_jpeg(half),
            Format::Png | Format::Bmp => self.encode_png(half),
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
        let has_palette = self.origin.has_palette();
        let profile = self.fitting_profile(if has_palette { Model::Rgb } else { half.model });
        let no_space = png::Space::default();
        let space = if let Origin::Png { space, .. } = &self.origin { space } else { &no_space };
        let appearance = png::Appearance { profile: profile.as_deref(), space };
        if !has_palette {
            return png::encode(&half, appearance, self.options.effort);
        }
        let (indexed, reduced) = Indexed::of(&half);
        let bytes = png::encode_indexed(&indexed, appearance, self.options.effort);
        self.note_palette(&indexed, reduced);
        Ok(bytes)
    }

    fn encode_webp(&mut self, half: Raster) -> Result<Vec<u8>, Error> {
        let half = self.with_eight_bits(half);
        // Neither coding has a grey of its own: what is grey here is RGB there.
        let profile = self.fitting_profile(Model::Rgb);
        if !self.lossy {
            return webp::encode(&half.into_rgb(), self.options.effort, profile.as_deref());
        }
        webp::encode_lossy(&half, self.webp_quality(), self.options.effort, profile.as_deref())
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
        let space = space_of(model);
        let checked = match std::mem::replace(&mut self.profile, Profile::Absent) {
            Profile::Absent => {
                self.note_lost_color_chunks(false);
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
        self.note_lost_color_chunks(checked.is_ok());
        checked.ok()
    }

    /// A PNG's colour chunks count where there is no profile, cICP even before one, and only PNG has a place for them.
    fn note_lost_color_chunks(&mut self, profiled: bool) {
        if let Origin::Png { space, .. } = &self.origin {
            let lost = self.format != Format::Png && space.counts(profiled);
            self.decisions.extend(lost.then_some(Decision::ColorChunksDropped));
        }
    }
}

/// The colour space that a profile for samples of `model` is for.
const fn space_of(model: Model) -> Space {
    if matches!(model, Model::Grey | Model::GreyAlpha) { Space::Grey } else { Space::Rgb }
}
