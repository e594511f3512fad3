//! What one walk over a file's container tells, before anything is decoded.

use crate::icc::MOST_BYTES;
use crate::{Effort, Error, Format, Info, Limit, Limits, Metadata, Options, Target, bmp, gif, half, jpeg, png, webp};

/// What one walk over a file's container tells.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) info: Info,
    /// Private metadata that is there, sorted, each kind once.
    pub(crate) private: Vec<Metadata>,
    /// Whether the picture moves; a file with a single frame may still be made as an animation.
    pub(crate) animated: bool,
    /// Pixels that all frames have together, where those can be more than the canvas once for each; else 0.
    pub(crate) moved_pixels: u64,
    /// Where the image ends: the decoder never sees what lies behind.
    pub(crate) end: usize,
    /// Blocks that the scans of a JPEG visit, 256 for each scan at least; 0 for other formats.
    pub(crate) scan_blocks: u64,
    /// Bytes of memory that decoding takes above the source, the pixels among them; an upper estimate.
    pub(crate) decode_bytes: u64,
    /// What the segments of a JPEG say; `None` of other formats.
    pub(crate) jpeg: Option<Box<jpeg::Header>>,
}

/// A file in the making takes so many times its bytes, as it moves to where it has room to grow.
const GROWTH: u64 = 3;

/// Memory that coders take whatever the size of the picture: tables, buffers, small pictures' padding.
pub(crate) const FLOOR_BYTES: u64 = 12 << 20;

impl Survey {
    /// Walks over `source`, whichever of the formats it is in.
    pub(crate) fn of(source: &[u8]) -> Result<Self, Error> {
        let mut survey = match Format::sniff(source)? {
            Format::Jpeg => jpeg::survey(source),
            Format::Png => png::survey(source),
            Format::WebP => webp::survey(source),
            Format::Gif => gif::survey(source),
            Format::Bmp => bmp::survey(source),
        }?;
        survey.info.reveals.trailing = (source.len() - survey.end) as u64;
        Ok(survey)
    }

    /// Bytes of memory that halving takes at its peak above the source, an upper estimate.
    ///
    /// Two moments are the highest: the whole decoded beside its half, and the half beside what an encoder
    /// makes of it: 24 bytes a pixel (coefficients or RGBA, an index, tokens, the encoded bytes), or 28 where lossless WebP
    /// keeps the smallest of several.
    pub(crate) fn peak_bytes(&self, options: &Options) -> u64 {
        let planes = self.planes().map_or(0, |header| jpeg::peak_bytes(self.end, header, options));
        match options.format {
            None | Some(Target::Jpeg) if planes > 0 => planes,
            None | Some(Target::Png) if self.is_streamed() => {
                let result = png::result_bytes(&self.info, options.effort);
                self.decode_bytes
                    .saturating_add(result)
                    .saturating_add(self.profile_bytes())
                    .saturating_add(FLOOR_BYTES)
            }
            Some(Target::Auto) => planes.max(self.peak_bytes_of_pixels(options)),
            _ => self.peak_bytes_of_pixels(options),
        }
    }

    /// The same where the picture is decoded to pixels.
    fn peak_bytes_of_pixels(&self, options: &Options) -> u64 {
        let encoder_bytes = if options.effort == Effort::Small { 28 } else { 24 };
        let half_pixels = u64::from(half(self.info.width)) * u64::from(half(self.info.height));
        let half_bytes = half_pixels.saturating_mul(if self.info.depth == 16 { 8 } else { 4 });
        // Where formats are compared, each encoder gets a copy.
        let held = if options.format == Some(Target::Auto) { 2 } else { 1 };
        let decoding = self.decode_bytes.saturating_add(half_bytes);
        let encoding = half_pixels.saturating_mul(encoder_bytes).saturating_add(half_bytes.saturating_mul(held));
        // A picture that moves is encoded while it is decoded; its half seldom has more bytes than the source, and is
        // watched as it grows.
        let moving = decoding.saturating_add(encoding).saturating_add((self.end as u64).saturating_mul(GROWTH));
        let most = if self.animated { moving } else { decoding.max(encoding) };
        most.saturating_add(self.profile_bytes()).saturating_add(FLOOR_BYTES)
    }

    /// A profile is there twice, as the survey read it and on its way; one that is kept four times more, in the result
    /// and in what encoders gather it in.
    fn profile_bytes(&self) -> u64 {
        let kept = self.info.profile_bytes.min(MOST_BYTES as u64);
        self.info.profile_bytes.saturating_mul(2).saturating_add(4 * kept)
    }

    /// The header of a JPEG that can become one of the same components, without pixels.
    pub(crate) fn planes(&self) -> Option<&jpeg::Header> {
        self.jpeg.as_deref().filter(|header| jpeg::keeps_planes(header))
    }

    /// Whether a PNG can become a PNG row by row: it need not be turned.
    pub(crate) fn is_streamed(&self) -> bool {
        !self.animated && self.info.format == Format::Png && self.info.orientation == 1
    }

    /// Refuses what would cross the limits of `options`.
    pub(crate) fn check(&self, options: &Options) -> Result<(), Error> {
        let limits = &options.limits;
        let frames = u64::from(self.info.frames);
        let played = if self.animated { self.info.pixels().saturating_mul(frames) } else { 0 };
        let moving = played.max(self.moved_pixels);
        let costs = [
            (Limit::Pixels, self.info.pixels(), limits.pixels),
            (Limit::ScanBlocks, self.scan_blocks, limits.scan_blocks),
            (Limit::Frames, frames, limits.frames),
            (Limit::AnimationPixels, moving, limits.animation_pixels),
            (Limit::MemoryBytes, self.peak_bytes(options), limits.memory_bytes),
        ];
        for (limit, needed, allowed) in costs {
            if needed > allowed {
                return Err(Error::TooLarge { limit, needed, allowed });
            }
        }
        Ok(())
    }

    /// Refuses a moving half that has become so long that, with `written` bytes, it crosses the memory limit of `options`.
    pub(crate) fn check_written(&self, options: &Options, written: usize) -> Result<(), Error> {
        let more = (written as u64).saturating_sub(self.end as u64).saturating_mul(GROWTH);
        let (needed, allowed) = (self.peak_bytes(options).saturating_add(more), options.limits.memory_bytes);
        if needed > allowed { Err(Error::TooLarge { limit: Limit::MemoryBytes, needed, allowed }) } else { Ok(()) }
    }
}

impl Limits {
    /// Refuses a source of so many bytes where it is too long.
    pub(crate) fn check_source(&self, source_bytes: u64) -> Result<(), Error> {
        let (needed, allowed) = (source_bytes, self.source_bytes);
        if needed > allowed { Err(Error::TooLarge { limit: Limit::SourceBytes, needed, allowed }) } else { Ok(()) }
    }
}

/// `width` and `height` as a viewer shows them.
pub(crate) fn shown(width: u32, height: u32, orientation: u8) -> (u32, u32) {
    if orientation >= 5 { (height, width) } else { (width, height) }
}
