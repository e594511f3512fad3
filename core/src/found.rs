//! The metadata that a walk over a file's container meets: what to turn, what goes, and what it tells.

use crate::exif::{self, Exif};
use crate::photoshop::Resources;
use crate::text::Line;
use crate::{Metadata, Reveals};

/// Metadata met so far.
#[derive(Debug, Default)]
pub(crate) struct Found {
    exif: Option<Exif>,
    /// EXIF blocks met so far.
    exifs: u32,
    /// Sorted, each kind once.
    private: Vec<Metadata>,
    reveals: Box<Reveals>,
}

impl Found {
    /// Reads an EXIF block, with or without the `Exif\0\0` that JPEG and some writers put before it. The first counts;
    /// what later ones tell besides is told, too.
    pub(crate) fn exif(&mut self, block: &[u8]) {
        /// Blocks that are read in full. Edited files have two; ten thousand come from somebody who wants us to be busy.
        const MOST_BLOCKS: u32 = 4;
        let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
        let exif = Exif::parse(block);
        exif.private().for_each(|kind| self.note(kind));
        self.exif.get_or_insert(exif);
        if self.exifs < MOST_BLOCKS {
            self.exifs += 1;
            exif::reveal(block, &mut self.reveals);
        }
    }

    /// An XMP packet of so many bytes.
    pub(crate) fn xmp(&mut self, bytes: usize) {
        self.note(Metadata::Xmp);
        self.reveals.xmp += bytes as u64;
    }

    /// Bytes of a small copy of the picture.
    pub(crate) fn thumbnail(&mut self, bytes: usize) {
        self.reveals.thumbnail += bytes as u64;
    }

    /// A Photoshop segment.
    pub(crate) fn photoshop(&mut self, segment: &[u8]) {
        self.note(Metadata::Iptc);
        let Resources { iptc, thumbnail, other } = Resources::parse(segment);
        self.reveals.iptc += iptc as u64;
        self.reveals.thumbnail += thumbnail as u64;
        self.reveals.application += other as u64;
    }

    /// A comment, with the keyword of a format that has such.
    pub(crate) fn comment(&mut self, keyword: &[u8], text: &[u8]) {
        self.note(Metadata::Text);
        let mut line = Line::default();
        line.push(keyword);
        if !line.is_empty() && !text.is_empty() {
            line.push(b": ");
        }
        line.push(text);
        self.reveals.add_comment(line);
    }

    /// So many bytes of an application, or of nobody knows what.
    pub(crate) fn application(&mut self, bytes: usize) {
        self.note(Metadata::Application);
        self.reveals.application += bytes as u64;
    }

    /// The EXIF orientation, 1 to 8; 1 where there is none.
    pub(crate) fn orientation(&self) -> u8 {
        self.exif.and_then(|exif| exif.orientation).unwrap_or(1)
    }

    /// The orientation, 1 to 8; the kinds of private metadata, sorted; and what they tell.
    pub(crate) fn finish(self) -> (u8, Vec<Metadata>, Box<Reveals>) {
        (self.orientation(), self.private, self.reveals)
    }

    /// Notes a kind of private metadata, each once.
    #[inline(never)]
    pub(crate) fn note(&mut self, kind: Metadata) {
        if let Err(place) = self.private.binary_search(&kind) {
            self.private.insert(place, kind);
        }
    }
}
