//! Pictures that move: from any format that can to any other.
//!
//! A GIF or PNG is played twice: for its colours, and for its pictures.

use crate::animation::{CLEAR, Player};
use crate::halve::Kernel;
use crate::palette::{self, Histogram};
use crate::picture::{Origin, Profile};
use crate::png::{self, Kind};
use crate::raster::{Model, Raster, Samples};
use crate::survey::Survey;
use crate::{Animation, Color, Decision, Error, Format, Light, Options, Quality, Target, full, gif, webp};

impl Survey {
    /// Whether the picture moves and its half is to go on moving.
    ///
    /// # Errors
    /// Unsupported where the result's format cannot move, and not the first frame alone was asked for.
    pub(crate) fn goes_on_moving(&self, options: &Options) -> Result<bool, Error> {
        let format = self.info.format;
        let target = options.format.and_then(Target::format).unwrap_or(format);
        let can = matches!(target, Format::Gif | Format::Png | Format::WebP);
        match options.animation {
            _ if !self.animated => Ok(false),
            Animation::First => Ok(false),
            Animation::Keep if self.info.orientation > 1 => {
                Err(Error::UnsupportedFeature { format, feature: "animation that is to be turned" })
            }
            Animation::Keep if can => Ok(true),
            Animation::Keep => {
                Err(Error::UnsupportedFeature { format, feature: "animation as JPEG (its first frame alone can be)" })
            }
        }
    }
}

/// What a moving picture is to become.
pub(crate) struct Setting<'a> {
    pub(crate) format: Format,
    pub(crate) options: &'a Options,
    /// The quality of a WebP with loss.
    pub(crate) lossy: Option<Quality>,
    pub(crate) origin: &'a Origin,
    pub(crate) profile: Option<&'a [u8]>,
    /// Whether that describes grey levels, and all of the source is grey.
    pub(crate) grey_profile: bool,
}

/// What must not be lost with the frames of `source`, of which `survey` tells.
pub(crate) fn origin(source: &[u8], survey: &Survey) -> Result<(Profile, Origin), Error> {
    match survey.info.format {
        Format::Png => png::origin(source),
        Format::WebP => webp::origin(source),
        _ => Ok((gif::profile(&survey.info), Origin::Gif)),
    }
}

/// Plays `source`.
fn play<'a>(source: &'a [u8], survey: &Survey, origin: &Origin, light: Light) -> Result<Player<'a>, Error> {
    let reel = match survey.info.format {
        Format::Png => png::reel(source),
        Format::WebP => webp::reel(source),
        _ => gif::reel(source),
    }?;
    // The mean makes fewest new colours, so that a palette has room for those of all frames.
    let few = origin.has_palette() || survey.info.depth < 8;
    let kernel = if few { Kernel::Mean } else { Kernel::Sharp };
    Ok(Player::new(reel, survey.info.format, kernel, light))
}

/// The half of the first frame of `source`.
pub(crate) fn first(source: &[u8], survey: &Survey, origin: &Origin, light: Light) -> Result<Raster, Error> {
    let mut player = play(source, survey, origin, light)?;
    player.step()?;
    let half = player.half;
    let (model, samples) = if survey.info.color == Color::Grey {
        (Model::GreyAlpha, half.pixels.iter().flat_map(|&[level, .., alpha]| [level, alpha]).collect())
    } else {
        (Model::Rgba, half.pixels.into_flattened())
    };
    Ok(Raster { width: half.width, height: half.height, model, samples: Samples::Eight(samples) })
}

/// The half of `source`, and what was decided on the way.
pub(crate) fn halve(source: &[u8], survey: &Survey, setting: &Setting<'_>) -> Result<(Vec<u8>, Vec<Decision>), Error> {
    let play = || play(source, survey, setting.origin, setting.options.light);
    let room = |written| survey.check_written(setting.options, written);
    let (bytes, mut decisions) = match setting.format {
        Format::WebP => to_webp(play()?, setting, &room).map(|bytes| (bytes, Vec::new())),
        Format::Png => to_png(Gamut::of(play()?, false)?, play()?, setting, &room),
        _ => to_gif(Gamut::of(play()?, true)?, play()?, &room),
    }?;
    room(bytes.len())?;
    if survey.info.depth == 16 {
        decisions.push(Decision::DepthReduced);
    }
    Ok((bytes, decisions))
}

/// Refuses more bytes than there is room for.
type Room<'a> = &'a dyn Fn(usize) -> Result<(), Error>;

/// The colours of all pictures.
struct Gamut {
    histogram: Histogram,
    /// Whether pixels between opaque and clear were made one of both.
    hardened: bool,
    /// Whether any is not opaque.
    alpha: bool,
    /// Whether any has a hue.
    hue: bool,
    /// How many pictures differ from the ones before.
    pictures: u32,
}

impl Gamut {
    /// Those of what `player` plays, each pixel made opaque or clear if they are to be `hard`.
    fn of(mut player: Player<'_>, hard: bool) -> Result<Self, Error> {
        let mut gamut = Self { histogram: Histogram::fine(), hardened: false, alpha: false, hue: false, pictures: 0 };
        // What the first picture leaves clear, none has to change for.
        while let Some(step) = player.step()? {
            if gamut.pictures == 0 && step.changed.area() < player.half.pixels.len() {
                gamut.add(CLEAR, hard);
            }
            gamut.pictures += u32::from(gamut.pictures == 0 || !step.changed.is_empty());
            for y in step.changed.rows() {
                let row = step.changed.row(y, player.half.width);
                player.half.pixels[row].iter().for_each(|&pixel| gamut.add(pixel, hard));
            }
        }
        gamut.histogram.finish();
        Ok(gamut)
    }

    fn add(&mut self, pixel: palette::Color, hard: bool) {
        self.alpha |= pixel[3] < 255;
        self.hue |= pixel[0] != pixel[1] || pixel[1] != pixel[2];
        let mut pixel = pixel;
        if hard {
            self.hardened |= !matches!(pixel[3], 0 | 255);
            pixel = gif::hard(pixel);
            if pixel[3] == 0 {
                return;
            }
        }
        self.histogram.add(pixel);
    }
}

type Made = Result<(Vec<u8>, Vec<Decision>), Error>;

fn to_gif(gamut: Gamut, mut player: Player<'_>, room: Room<'_>) -> Made {
    let (colors, reduced) = gamut.histogram.palette(gif::Movie::MOST_COLORS);
    let hardened = gamut.hardened.then_some(Decision::TransparencyHardened);
    let decided = reduced.then_some(Decision::PaletteReduced { colors: colors.len() as u32 });
    let mut movie = gif::Movie::new(player.half.width, player.half.height, colors, reduced, player.plays)?;
    while let Some(step) = player.step()? {
        movie.show(&player.half.pixels, &step.changed, step.delay);
        room(movie.written())?;
    }
    Ok((movie.finish(), hardened.into_iter().chain(decided).collect()))
}

/// A palette stays one; other pictures are of the kind that holds their pixels and no more, and that their profile
/// describes: RGB, palettes among it, or grey.
fn to_png(gamut: Gamut, mut player: Player<'_>, setting: &Setting<'_>, room: Room<'_>) -> Made {
    full::only()?;
    let (colors, reduced) = gamut.histogram.palette(256);
    let has_palette = setting.origin.has_palette() || !reduced && !setting.grey_profile;
    let decided = (has_palette && reduced).then_some(Decision::PaletteReduced { colors: colors.len() as u32 });
    let described_as_rgb = setting.profile.is_some() && !setting.grey_profile;
    let kind = match (has_palette, gamut.hue || described_as_rgb, gamut.alpha) {
        (true, ..) => Kind::Palette(colors),
        (_, false, false) => Kind::Grey,
        (_, false, true) => Kind::GreyAlpha,
        (_, true, false) => Kind::Rgb,
        (_, true, true) => Kind::Rgba,
    };
    let no_space = png::Space::default();
    let space = if let Origin::Png { space, .. } = setting.origin { space } else { &no_space };
    let appearance = png::Appearance { profile: setting.profile, space };
    let (width, height) = (player.half.width, player.half.height);
    let mut movie =
        png::Movie::new((width, height), kind, (gamut.pictures, player.plays), appearance, setting.options.effort);
    while let Some(step) = player.step()? {
        movie.show(&player.half.pixels, width, &step.changed, step.delay);
        room(movie.written())?;
    }
    Ok((movie.finish(), decided.into_iter().collect()))
}

fn to_webp(mut player: Player<'_>, setting: &Setting<'_>, room: Room<'_>) -> Result<Vec<u8>, Error> {
    full::only()?;
    let size = (player.half.width, player.half.height);
    let mut movie = webp::Movie::new(size, player.plays, setting.lossy, setting.options.effort, setting.profile)?;
    while let Some(step) = player.step()? {
        movie.show(&player.half.pixels, &step.changed, step.delay)?;
        room(movie.written())?;
    }
    movie.finish()
}
