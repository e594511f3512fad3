//! What only a build with the feature `full` has. Browsers load the smaller build first, which does for most pictures, and the
//! full one as soon as it answers [`Error::LeftOut`].

use crate::survey::Survey;
use crate::{Animation, Effort, Error, Format, Options, Target};

/// Whether nothing is left out of this build.
pub(crate) const IS_FULL: bool = cfg!(feature = "full");

/// Refuses to go on in a build that is not full: what follows is no part of it.
///
/// # Errors
/// [`Error::LeftOut`].
#[inline(always)]
pub(crate) const fn only() -> Result<(), Error> {
    if IS_FULL { Ok(()) } else { Err(Error::LeftOut) }
}

impl Survey {
    /// Refuses what is left out of this build. Nothing else does so everywhere: where much effort is left out, some is taken
    /// instead, and would give other bytes.
    ///
    /// # Errors
    /// [`Error::LeftOut`].
    pub(crate) fn check_build(&self, options: &Options) -> Result<(), Error> {
        if self.wants_full(options) { only() } else { Ok(()) }
    }

    /// Whether only a full build halves this with `options`: to WebP, to whatever format is smallest, with much effort; from
    /// BMP, and from or to PNGs and WebPs that move.
    fn wants_full(&self, options: &Options) -> bool {
        let format = self.info.format;
        let target = options.format.unwrap_or(format.into());
        let goes_on_moving = self.animated && options.animation == Animation::Keep;
        matches!(target, Target::WebP | Target::Auto)
            || options.effort == Effort::Small
            || format == Format::Bmp
            || self.animated && format != Format::Gif
            || goes_on_moving && target == Target::Png
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_build_does_for_most_pictures() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/");
        for (file, options, wanted) in [
            ("photo-420.jpg", "{}", false),
            ("photo-420.jpg", r#"{"format":"png","effort":"fast","light":"linear"}"#, false),
            ("photo-420.jpg", r#"{"format":"webp"}"#, true),
            ("photo-420.jpg", r#"{"format":"auto"}"#, true),
            ("photo-420.jpg", r#"{"effort":"small"}"#, true),
            ("photo.png", "{}", false),
            ("photo-lossy.webp", "{}", true),
            ("photo-lossy.webp", r#"{"format":"jpeg"}"#, false),
            ("badge.bmp", r#"{"format":"jpeg"}"#, true),
            ("animated.gif", "{}", false),
            ("animated.gif", r#"{"format":"png"}"#, true),
            ("animated.gif", r#"{"format":"png","animation":"first"}"#, false),
            ("animated.png", "{}", true),
            ("animated.png", r#"{"format":"gif"}"#, true),
            ("animated.webp", r#"{"format":"jpeg","animation":"first"}"#, true),
        ] {
            let source = std::fs::read([folder, file].concat()).unwrap_or_else(|error| panic!("{file}: {error}"));
            let survey = Survey::of(&source).unwrap();
            let options = serde_json::from_str(options).unwrap();
            assert_eq!(survey.wants_full(&options), wanted, "{file} with {options:?}");
        }
    }
}
