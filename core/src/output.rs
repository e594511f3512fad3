//! What halving gives back: the bytes, and every decision that was taken on the way.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::options::hex;
use crate::{Format, Info, Suits};

/// A halved image.
#[derive(Clone, Debug)]
pub struct Output {
    /// The encoded result.
    pub bytes: Vec<u8>,
    /// The format of `bytes`.
    pub format: Format,
    /// Whether `bytes` are coded with loss, so that quality had a say.
    pub lossy: bool,
    /// Pixels across; half the source's upright width, rounded up.
    pub width: u32,
    /// Pixels down; half the source's upright height, rounded up.
    pub height: u32,
    /// What the source was.
    pub source: Info,
    /// Everything that was changed, kept or given up beyond halving, in a fixed order.
    pub decisions: Vec<Decision>,
}

impl Output {
    /// The SHA-256 of [`bytes`](Self::bytes), 64 lower-case hexadecimal digits: the same on every machine.
    #[must_use]
    pub fn sha256(&self) -> String {
        sha256(&self.bytes)
    }
}

/// The SHA-256 of `bytes`, 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// One thing that was changed, kept or given up beyond halving.
///
/// In JSON each is an object whose `code` is the variant's name in kebab case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Decision {
    /// The pixels were turned upright and the EXIF orientation tag dropped.
    Rotated {
        /// The EXIF orientation of the source, 2 to 8.
        orientation: u8,
    },
    /// The format was left to the engine.
    FormatChosen {
        /// What it took.
        format: Format,
        /// What the picture is, which decided.
        suits: Suits,
    },
    /// The picture moves, and its first frame was asked for.
    FirstFrameOnly {
        /// How many frames there are.
        frames: u32,
    },
    /// Private metadata was left out.
    MetadataRemoved {
        /// What there was, each named once, in a fixed order.
        kinds: Vec<Metadata>,
    },
    /// The source's ICC profile was copied unchanged.
    ProfileKept {
        /// Its length in bytes.
        bytes: u64,
    },
    /// The source's ICC profile was left out.
    ProfileDropped {
        /// Why, e.g. `it does not describe RGB`.
        reason: &'static str,
    },
    /// PNG chunks that say how the samples look (gAMA, cHRM, cICP) have no place in the result.
    ColorChunksDropped,
    /// The result is encoded more coarsely than asked, because the source was no finer.
    QualityLimited {
        /// The quality asked for.
        asked: u8,
        /// The quality used: the source's own, estimated from how it is quantised; where luminance and
        /// chrominance differ, the lower one.
        used: u8,
    },
    /// The source is damaged, and what is there of it was kept.
    Salvaged {
        /// Blocks of 8×8 samples that are known to be missing or coarser than they were, at least 1. There may be more:
        /// broken data that can be decoded show in the picture only.
        blocks: u64,
    },
    /// Inks (CMYK or YCCK) were converted to RGB by the plain Adobe rule.
    InksConverted,
    /// Transparency was blended onto the background.
    Flattened {
        /// The background: red, green, blue.
        background: [u8; 3],
    },
    /// Partial transparency became full or none, because the result's format knows no other.
    TransparencyHardened,
    /// 16-bit samples became 8-bit ones, because the result's format holds no others, or because the picture moves:
    /// frames are put together with 8 bits.
    DepthReduced,
    /// More colours than a palette holds were reduced to one.
    PaletteReduced {
        /// Colours of the palette.
        colors: u32,
    },
    /// Bytes behind the end of the image were left out (a second picture, a gain map, a video).
    TrailingDataRemoved {
        /// How many.
        bytes: u64,
    },
    /// The half has more bytes than the whole.
    LargerThanSource {
        /// How many more.
        by: u64,
    },
}

/// A kind of metadata that can say more about a person than the picture does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Metadata {
    /// EXIF: camera, time, settings.
    Exif,
    /// A position in EXIF.
    Gps,
    /// A small copy of the picture in EXIF.
    Thumbnail,
    /// XMP packets.
    Xmp,
    /// IPTC records in a Photoshop segment.
    Iptc,
    /// Comments and text chunks.
    Text,
    /// Segments and chunks of applications and makers.
    Application,
}
