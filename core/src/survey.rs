//! What one walk over a file's container tells, before anything is decoded.

use crate::exif::Exif;
use crate::{Error, Format, Info, Limit, Limits, Metadata, gif, jpeg, png, webp};

/// What one walk over a file's container tells.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) info: Info,
    /// Private metadata that is there, sorted, each kind once.
    pub(crate) private: Vec<Metadata>,
    /// Bytes behind the end of the image.
    pub(crate) trailing: u64,
    /// Bytes of memory that halving needs at its peak above the source, an upper estimate.
    pub(crate) peak_bytes: u64,
}

impl Survey {
    /// Walks over `source`, whichever of the formats it is in.
    pub(crate) fn of(source: &[u8]) -> Result<Self, Error> {
        match Format::sniff(source)? {
            Format::Jpeg => jpeg::survey(source),
            Format::Png => png::survey(source),
            Format::WebP => webp::survey(source),
            Format::Gif => gif::survey(source),
        }
    }

    /// Refuses what would cross `limits`.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), Error> {
        let costs = [
            (Limit::Pixels, self.info.pixels(), limits.pixels),
            (Limit::Scans, self.info.scans.into(), limits.scans.into()),
            (Limit::MemoryBytes, self.peak_bytes, limits.memory_bytes),
        ];
        for (limit, needed, allowed) in costs {
            if needed > allowed {
                return Err(Error::TooLarge { limit, needed, allowed });
            }
        }
        Ok(())
    }
}

/// Metadata met in a walk, for the formats that keep EXIF in a chunk of its own.
#[derive(Debug, Default)]
pub(crate) struct Found {
    exif: Option<Exif>,
    private: Vec<Metadata>,
}

impl Found {
    /// Notes one kind of private metadata.
    pub(crate) fn note(&mut self, kind: Metadata) {
        self.private.push(kind);
    }

    /// Reads an EXIF block, with or without the `Exif\0\0` that some writers put before it. The first counts.
    pub(crate) fn exif(&mut self, block: &[u8]) {
        let exif = Exif::parse(block.strip_prefix(b"Exif\0\0").unwrap_or(block));
        self.private.extend(exif.private());
        self.exif.get_or_insert(exif);
    }

    /// The orientation, 1 to 8, and the kinds of private metadata, sorted.
    pub(crate) fn finish(mut self) -> (u8, Vec<Metadata>) {
        self.private.sort();
        self.private.dedup();
        (self.exif.and_then(|exif| exif.orientation).unwrap_or(1), self.private)
    }
}

/// `width` and `height` as a viewer shows them.
pub(crate) fn shown(width: u32, height: u32, orientation: u8) -> (u32, u32) {
    if orientation >= 5 { (height, width) } else { (width, height) }
}
