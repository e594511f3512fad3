//! Writes WebP files (RFC 9649): one coded image, or an animation of them.
//!
//! ```text
//! RIFF ┬ VP8 │ VP8L                                       a still picture without alpha plane and profile
//!      └ VP8X ─ ICCP? ┬ ALPH? ─ VP8 │ VP8L                a still picture
//!                     └ ANIM ─ (ANMF ─ ALPH? ─ VP8 │ VP8L)…
//! ```

use super::unsupported;
use crate::Error;

/// An image as it is coded, without a container.
#[derive(Clone, Debug)]
pub(crate) struct Coded {
    /// Pixels across, 1 to 16383.
    pub(crate) width: u32,
    /// Pixels down, 1 to 16383.
    pub(crate) height: u32,
    pub(crate) data: Data,
}

/// The bytes of a coded image.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Lossy {
        /// What the chunk `VP8 ` holds.
        frame: Vec<u8>,
        /// What the chunk `ALPH` holds; `None` where all pixels are opaque.
        alpha: Option<Vec<u8>>,
    },
    Lossless {
        /// What the chunk `VP8L` holds.
        image: Vec<u8>,
        /// Whether any pixel is not opaque.
        alpha: bool,
    },
}

/// How a frame of an animation lies on the canvas, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Pixels of the canvas left of it, even.
    pub(crate) x: u32,
    /// Pixels of the canvas above it, even.
    pub(crate) y: u32,
    /// Milliseconds that it stays, at most 2^24 − 1; more count as that.
    pub(crate) duration: u32,
    /// Whether its transparent pixels show what was there; otherwise they replace it.
    pub(crate) blend: bool,
    /// Whether its rectangle becomes transparent when its time is over.
    pub(crate) clear: bool,
}

impl Coded {
    fn has_alpha(&self) -> bool {
        match &self.data {
            Data::Lossy { alpha, .. } => alpha.is_some(),
            Data::Lossless { alpha, .. } => *alpha,
        }
    }

    /// Bytes that its chunks take, their headers among them.
    pub(super) fn len(&self) -> usize {
        match &self.data {
            Data::Lossy { frame, alpha } => chunk_len(frame.len()) + alpha.as_ref().map_or(0, |a| chunk_len(a.len())),
            Data::Lossless { image, .. } => chunk_len(image.len()),
        }
    }

    fn put(&self, file: &mut Vec<u8>) {
        match &self.data {
            Data::Lossy { frame, alpha } => {
                if let Some(alpha) = alpha {
                    put_chunk(file, b"ALPH", alpha);
                }
                put_chunk(file, b"VP8 ", frame);
            }
            Data::Lossless { image, .. } => put_chunk(file, b"VP8L", image),
        }
    }
}

// Flags of VP8X (RFC 9649, 2.7).
const HAS_PROFILE: u8 = 0x20;
const HAS_ALPHA: u8 = 0x10;
const HAS_ANIMATION: u8 = 0x02;

/// The file of one still picture.
///
/// # Errors
/// Unsupported where it would have more than 4 GiB.
pub(crate) fn still(image: &Coded, profile: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    let mut file = begun(image.len() + profile.map_or(0, <[u8]>::len) + 64);
    let plane = matches!(image.data, Data::Lossy { alpha: Some(_), .. });
    if plane || profile.is_some() {
        let flags = if image.has_alpha() { HAS_ALPHA } else { 0 };
        put_header(&mut file, flags, (image.width, image.height), profile);
    }
    image.put(&mut file);
    finished(file)
}

/// An animation that is being written, frame by frame.
#[derive(Debug)]
pub(crate) struct Animation {
    file: Vec<u8>,
    size: (u32, u32),
    /// Whether no frame is there yet.
    first: bool,
    /// Whether any pixel of the canvas may be transparent at any time.
    alpha: bool,
}

impl Animation {
    /// The beginning of an animation on a canvas of `size`, that plays so many times; 0 is for ever. No side is over
    /// 2^24 pixels; what lies behind everything is transparent.
    pub(crate) fn new(size: (u32, u32), plays: u16, profile: Option<&[u8]>) -> Self {
        let mut file = begun(4096);
        put_header(&mut file, HAS_ANIMATION, size, profile);
        // The colour behind everything is a hint that viewers pass over: transparent white.
        let [low, high] = plays.to_le_bytes();
        put_chunk(&mut file, b"ANIM", &[255, 255, 255, 0, low, high]);
        Self { file, size, first: true, alpha: false }
    }

    /// Bytes of the file so far.
    pub(crate) fn written(&self) -> usize {
        self.file.len()
    }

    /// Adds a frame that lies on the canvas. Its bytes are copied.
    pub(crate) fn push(&mut self, image: &Coded, placed: Placed) {
        debug_assert!(placed.x.is_multiple_of(2) && placed.y.is_multiple_of(2), "{placed:?}");
        let bare = self.first && (image.width, image.height) != self.size;
        self.alpha |= image.has_alpha() || placed.clear || bare;
        self.first = false;
        let file = &mut self.file;
        file.extend(b"ANMF");
        file.extend((16 + image.len() as u32).to_le_bytes());
        let numbers = [placed.x / 2, placed.y / 2, image.width - 1, image.height - 1, placed.duration.min(0xFF_FFFF)];
        numbers.into_iter().for_each(|number| put_24(file, number));
        file.push(u8::from(!placed.blend) << 1 | u8::from(placed.clear));
        image.put(file);
    }

    /// The file.
    ///
    /// # Errors
    /// Unsupported where it would have more than 4 GiB.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Error> {
        self.file[FLAGS_AT] |= if self.alpha { HAS_ALPHA } else { 0 };
        finished(self.file)
    }
}

/// Where the flags of VP8X stand: behind RIFF's header and its own.
const FLAGS_AT: usize = 20;

/// A file up to its first chunk, with room for so many bytes.
fn begun(bytes: usize) -> Vec<u8> {
    let mut file = Vec::with_capacity(bytes);
    file.extend(b"RIFF\0\0\0\0WEBP");
    file
}

/// `file` with its length in place.
fn finished(mut file: Vec<u8>) -> Result<Vec<u8>, Error> {
    // RFC 9649, 2.4: the file's length less 8, at most 2^32 − 10.
    let length = u32::try_from(file.len() - 8).ok().filter(|&length| length <= u32::MAX - 9);
    let length = length.ok_or(unsupported("a file over 4 GiB"))?;
    file[4..8].copy_from_slice(&length.to_le_bytes());
    Ok(file)
}

/// VP8X, and ICCP where there is a profile.
fn put_header(file: &mut Vec<u8>, flags: u8, (width, height): (u32, u32), profile: Option<&[u8]>) {
    let flags = flags | if profile.is_some() { HAS_PROFILE } else { 0 };
    file.extend(b"VP8X\x0A\0\0\0");
    file.extend([flags, 0, 0, 0]);
    put_24(file, width - 1);
    put_24(file, height - 1);
    if let Some(profile) = profile {
        put_chunk(file, b"ICCP", profile);
    }
}

/// Bytes that a chunk takes that holds `length`: its type and length, what it holds, and what makes that even.
const fn chunk_len(length: usize) -> usize {
    8 + length.next_multiple_of(2)
}

fn put_chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend(kind);
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file.resize(file.len().next_multiple_of(2), 0);
}

/// The lower 24 bits of `number`, the lowest first.
fn put_24(file: &mut Vec<u8>, number: u32) {
    file.extend(&number.to_le_bytes()[..3]);
}

#[cfg(test)]
mod tests;
