//! Why an image was not halved, sorted by whose move it is.

use serde::Serialize;

use crate::Format;

/// Why an image was not halved. Each variant answers "whose move is it?" and has a stable [`code`](Self::code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Error {
    /// The bytes begin as no image format known here; the sender picked the wrong file.
    NotAnImage,
    /// A known image format that is not decoded here; the sender converts it first.
    UnsupportedFormat {
        /// The format's usual name, e.g. `HEIC`.
        name: &'static str,
    },
    /// Legal, but not decoded here, e.g. an arithmetic-coded JPEG; the sender saves it in another way.
    UnsupportedFeature {
        /// The format that the bytes are in.
        format: Format,
        /// What it uses, e.g. `animation`.
        feature: &'static str,
    },
    /// The bytes break their own format; sending them again will not help.
    Malformed {
        /// The format that the bytes claim to be in.
        format: Format,
        /// What is broken, as a clause that follows "the file …".
        reason: &'static str,
    },
    /// Halving would cross the caller's [`Limits`](crate::Limits): the caller raises them or refuses the image.
    TooLarge {
        /// Which limit.
        limit: Limit,
        /// What the image needs, in the limit's unit.
        needed: u64,
        /// What the limit allows, in the same unit.
        allowed: u64,
    },
    /// What the image or the options want is no part of this build, which lacks the crate's feature `full`: the caller takes
    /// one that has it, and gets from it the same bytes of all else.
    LeftOut,
}

/// Which of the [`Limits`](crate::Limits) an image would cross, with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Limit {
    /// Bytes of the source.
    SourceBytes,
    /// Pixels, width times height.
    Pixels,
    /// Bytes of memory at the peak, above the source.
    MemoryBytes,
    /// Blocks that the scans of a JPEG visit.
    ScanBlocks,
    /// Frames of an animation.
    Frames,
    /// Pixels of all frames of an animation.
    AnimationPixels,
}

impl Error {
    /// The stable code: the variant's name in kebab case, e.g. `too-large`. It never changes between versions.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAnImage => "not-an-image",
            Self::UnsupportedFormat { .. } => "unsupported-format",
            Self::UnsupportedFeature { .. } => "unsupported-feature",
            Self::Malformed { .. } => "malformed",
            Self::TooLarge { .. } => "too-large",
            Self::LeftOut => "left-out",
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAnImage => f.write_str("not an image: expected JPEG, PNG, WebP or GIF"),
            Self::UnsupportedFormat { name } => {
                write!(f, "{name} is not supported: save it as JPEG, PNG, WebP or GIF")
            }
            Self::UnsupportedFeature { format, feature } => {
                write!(f, "{format} with {feature} is not supported")
            }
            Self::Malformed { format, reason } => write!(f, "broken {format}: the file {reason}"),
            Self::TooLarge { limit, needed, allowed } => {
                let unit = match limit {
                    Limit::SourceBytes => "bytes",
                    Limit::Pixels => "pixels",
                    Limit::MemoryBytes => "bytes of memory",
                    Limit::ScanBlocks => "blocks in scans",
                    Limit::Frames => "frames",
                    Limit::AnimationPixels => "pixels in frames",
                };
                write!(f, "too large: {needed} {unit} needed, {allowed} allowed")
            }
            Self::LeftOut => f.write_str("left out of this build, the full one takes it"),
        }
    }
}

impl std::error::Error for Error {}
