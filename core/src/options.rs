//! What the caller may choose, and the recipe id that names the choice.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Format, OUTPUT_VERSION, UnknownFormat};

/// How to halve. The default keeps the source's format at quality 80.
///
/// ```
/// use halver::{Options, Quality};
/// let options = Options { quality: Quality::new(70).unwrap(), ..Options::default() };
/// assert_ne!(options.recipe(), Options::default().recipe());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The format of the result; `None` keeps the source's.
    pub format: Option<Target>,
    /// The quality of lossy results.
    pub quality: Quality,
    /// How much time an encoder takes to save bytes; it has no say for GIF.
    pub effort: Effort,
    /// Whether a JPEG is written in progressive scans, which show a coarse picture first; those of [`Effort::Small`]
    /// always are.
    pub progressive: bool,
    /// How finely a JPEG's chroma is sampled.
    pub subsampling: Subsampling,
    /// Whether what is there of a damaged JPEG is kept, and [`Decision::Salvaged`](crate::Decision::Salvaged) says so.
    /// Otherwise it is refused.
    pub salvage: bool,
    /// What stands behind transparent pixels where the result's format has no transparency.
    pub background: Rgb,
    /// Whether a WebP is coded with loss.
    pub webp: Coding,
    /// Whether pixels are averaged as they are coded or as light. It has no say where the source is a JPEG: its blocks are
    /// halved as they are coded, before there are pixels.
    pub light: Light,
    /// What becomes of a picture that moves.
    pub animation: Animation,
    /// What the source may cost. Limits decide whether there is a result, never its bytes, so they
    /// are no part of the [`recipe`](Self::recipe).
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            format: None,
            quality: Quality::default(),
            effort: Effort::default(),
            progressive: false,
            subsampling: Subsampling::default(),
            salvage: false,
            background: Rgb([255; 3]),
            webp: Coding::default(),
            light: Light::default(),
            animation: Animation::default(),
            limits: Limits::default(),
        }
    }
}

impl Options {
    /// The recipe id: 16 hexadecimal digits that change whenever the same source could give other bytes.
    ///
    /// It is the head of the SHA-256 over the JSON array (no white space) of [`OUTPUT_VERSION`] and the values of all
    /// options but the limits, in the order of their declaration; for the default:
    /// `[OUTPUT_VERSION,null,80,"balanced",false,"source",false,[255,255,255],"source","encoded","keep"]`.
    #[must_use]
    pub fn recipe(&self) -> String {
        let Self { format, quality, effort, progressive, subsampling, salvage, background, .. } = self;
        let Self { webp, light, animation, limits: _, .. } = self;
        let canonical = serde_json::to_string(&(
            OUTPUT_VERSION,
            format,
            quality,
            effort,
            progressive,
            subsampling,
            salvage,
            background,
            webp,
            light,
            animation,
        ));
        let canonical = canonical.unwrap_or_else(|_| unreachable!("writing numbers and text into memory cannot fail"));
        hex(&Sha256::digest(canonical)[..8])
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|&b| [b >> 4, b & 15]).map(|d| char::from(DIGITS[usize::from(d)])).collect()
}

/// What the result is to be: a format, or whichever suits the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Of the formats that lose nothing which the picture needs, nor what says how its colours look, the one with the
    /// fewest bytes. A picture that came with loss, or is a photograph, is coded with loss, unless [`Options::webp`] says
    /// otherwise; of what has a palette, the PNG keeps to one.
    /// [`Decision::FormatChosen`](crate::Decision::FormatChosen) says which, and why.
    Auto,
    /// ITU-T T.81.
    Jpeg,
    /// PNG; APNG where the picture moves.
    Png,
    /// WebP, lossy or not as [`Options::webp`] says.
    WebP,
    /// GIF89a.
    Gif,
}

impl Target {
    /// All targets, in the order in which help texts list them.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Jpeg, Self::Png, Self::WebP, Self::Gif];

    /// The format, where it does not depend on the picture.
    #[must_use]
    pub const fn format(self) -> Option<Format> {
        match self {
            Self::Auto => None,
            Self::Jpeg => Some(Format::Jpeg),
            Self::Png => Some(Format::Png),
            Self::WebP => Some(Format::WebP),
            Self::Gif => Some(Format::Gif),
        }
    }
}

impl From<Format> for Target {
    fn from(format: Format) -> Self {
        match format {
            Format::Jpeg => Self::Jpeg,
            // Nobody should write BMP.
            Format::Png | Format::Bmp => Self::Png,
            Format::WebP => Self::WebP,
            Format::Gif => Self::Gif,
        }
    }
}

impl std::str::FromStr for Target {
    type Err = UnknownFormat;

    /// Reads `auto`, or what [`Format`] reads.
    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        if text.eq_ignore_ascii_case("auto") { Ok(Self::Auto) } else { text.parse().map(Format::into) }
    }
}

/// The quality of a lossy encoder, 1 to 100 on libjpeg's scale; 80 by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Quality(u8);

impl Quality {
    /// The lowest quality, 1.
    pub const MIN: Self = Self(1);

    /// The quality `value`, or `None` outside 1 to 100.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value >= 1 && value <= 100 { Some(Self(value)) } else { None }
    }

    /// The value, 1 to 100.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0
    }
}

impl Default for Quality {
    fn default() -> Self {
        Self(80)
    }
}

impl TryFrom<u8> for Quality {
    type Error = QualityOutOfRange;

    fn try_from(value: u8) -> Result<Self, QualityOutOfRange> {
        Self::new(value).ok_or(QualityOutOfRange { got: value })
    }
}

impl From<Quality> for u8 {
    fn from(quality: Quality) -> Self {
        quality.0
    }
}

impl std::fmt::Display for Quality {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A quality outside 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QualityOutOfRange {
    /// The value that was given.
    pub got: u8,
}

impl std::fmt::Display for QualityOutOfRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "quality {} is not in 1 to 100", self.got)
    }
}

impl std::error::Error for QualityOutOfRange {}

/// How much time an encoder takes to save bytes. The quality of the picture is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// As little as possible: one pass, with tables made for any image.
    Fast,
    /// A little: tables made for this image.
    #[default]
    Balanced,
    /// What pays: each coefficient weighed by the bytes that it costs.
    Small,
}

/// How finely a JPEG's chroma is sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Subsampling {
    /// As the source is where it is a JPEG, else as [`Quarter`](Self::Quarter).
    #[default]
    #[serde(rename = "source")]
    Source,
    /// One sample for two by two pixels.
    #[serde(rename = "4:2:0")]
    Quarter,
}

/// Whether a WebP is coded with loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Coding {
    /// As the source is: with loss where it is a JPEG or a lossy WebP, else without.
    #[default]
    Source,
    /// With loss: VP8.
    Lossy,
    /// Without loss: VP8L.
    Lossless,
}

/// What is averaged where pixels are halved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Light {
    /// The samples as they are coded, as sharp, Pillow and browsers do it.
    #[default]
    Encoded,
    /// The light that the samples stand for, by sRGB's transfer curve: fine bright lines on black keep their brightness.
    Linear,
}

/// What becomes of a picture that moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Animation {
    /// It goes on moving; it is refused where the result's format cannot move.
    #[default]
    Keep,
    /// Its first frame becomes a still picture.
    First,
}

/// A colour: red, green, blue, 0 to 255 each, in the image's own colour space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rgb(pub [u8; 3]);

/// What one image may cost; checked from its header, before the first large allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The most bytes the source may have.
    pub source_bytes: u64,
    /// The most pixels, width times height.
    pub pixels: u64,
    /// The most bytes of memory at the peak, above the source.
    pub memory_bytes: u64,
    /// The most blocks that the scans of a JPEG visit: 8×8 samples of a component count once for each scan, and all scans
    /// together for 256 each at least.
    pub scan_blocks: u64,
    /// The most frames of an animation.
    pub frames: u64,
    /// The most pixels of an animation: those of its canvas, once for each frame.
    pub animation_pixels: u64,
}

impl Default for Limits {
    /// 256 MiB of source, 100 megapixels, 1 GiB of memory, 100 million blocks visited, 1000 frames, 400 megapixels of all
    /// frames together.
    fn default() -> Self {
        Self {
            source_bytes: 256 << 20,
            pixels: 100_000_000,
            memory_bytes: 1 << 30,
            scan_blocks: 100_000_000,
            frames: 1000,
            animation_pixels: 400_000_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipe_names_what_changes_bytes_and_nothing_else() {
        let plain = Options::default();
        assert_eq!(plain.recipe().len(), 16);
        let mut limited = plain.clone();
        limited.limits.pixels = 1;
        assert_eq!(plain.recipe(), limited.recipe());
        for other in [
            Options { format: Some(Target::Png), ..plain.clone() },
            Options { format: Some(Target::Auto), ..plain.clone() },
            Options { webp: Coding::Lossy, ..plain.clone() },
            Options { light: Light::Linear, ..plain.clone() },
            Options { animation: Animation::First, ..plain.clone() },
            Options { quality: Quality(79), ..plain.clone() },
            Options { background: Rgb([0; 3]), ..plain.clone() },
            Options { effort: Effort::Fast, ..plain.clone() },
            Options { progressive: true, ..plain.clone() },
            Options { subsampling: Subsampling::Quarter, ..plain.clone() },
            Options { salvage: true, ..plain.clone() },
        ] {
            assert_ne!(plain.recipe(), other.recipe(), "{other:?}");
        }
    }

    #[test]
    fn json_fills_in_defaults_and_refuses_what_it_does_not_know() {
        assert_eq!(serde_json::from_str::<Options>("{}").unwrap(), Options::default());
        let some: Options = serde_json::from_str(r#"{"quality":70,"format":"webp"}"#).unwrap();
        assert_eq!((some.quality.value(), some.format), (70, Some(Target::WebP)));
        for bad in [r#"{"quality":0}"#, r#"{"quality":101}"#, r#"{"qualty":80}"#, r#"{"format":"bmp"}"#] {
            assert!(serde_json::from_str::<Options>(bad).is_err(), "{bad}");
        }
        let json = serde_json::to_string(&some).unwrap();
        assert_eq!(serde_json::from_str::<Options>(&json).unwrap(), some);
    }
}
