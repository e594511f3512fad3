//! GIF out: the blocks of a file, and a still picture as one.

use crate::animation::{Delay, Disposal, Rect};
use crate::palette::{CHOICES, Color, Indexed};
use crate::{Error, Format};

use super::lzw::{self, Choice};

/// The blocks of a file so far.
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    /// Bits of an index into the global colours.
    global_bits: u8,
    /// Where the last graphic control extension's delay stands.
    delay_at: usize,
}

/// What is said of a picture, but for its pixels.
pub(super) struct Plate<'a> {
    pub(super) rect: Rect,
    pub(super) disposal: Disposal,
    pub(super) delay: Delay,
    pub(super) transparent: Option<u8>,
    /// Its own colours; `None` where the global ones are used.
    pub(super) colors: Option<&'a [Color]>,
}

impl File {
    /// Begins a file of `width` × `height` with global `colors`, at most 256 with those behind them that are spare.
    pub(super) fn begin(width: usize, height: usize, colors: &[Color], spare: usize) -> Result<Self, Error> {
        let unsupported = Error::UnsupportedFeature { format: Format::Gif, feature: "a side over 65535 pixels" };
        let [width, height] = [width, height].map(|side| u16::try_from(side).map_err(|_| unsupported));
        let (width, height) = (width?, height?);
        let global_bits = bits(colors.len() + spare);
        let mut bytes = b"GIF89a".to_vec();
        bytes.extend(width.to_le_bytes());
        bytes.extend(height.to_le_bytes());
        // A global table follows, of colours of eight bits a component; no background, square pixels.
        bytes.extend([0x80 | 0x70 | (global_bits - 1), 0, 0]);
        put_colors(&mut bytes, colors, global_bits);
        Ok(Self { bytes, global_bits, delay_at: 0 })
    }

    /// Says how often the pictures are played, 0 for ever.
    pub(super) fn loops(&mut self, plays: u32) {
        if plays != 1 {
            let repetitions = plays.saturating_sub(1).min(0xFFFF) as u16;
            self.bytes.extend(b"\x21\xFF\x0BNETSCAPE2.0\x03\x01");
            self.bytes.extend(repetitions.to_le_bytes());
            self.bytes.push(0);
        }
    }

    /// Puts a picture behind the others; the index that each pixel got.
    pub(super) fn any_of(&mut self, plate: &Plate<'_>, choices: &[Choice]) -> Vec<u8> {
        let mut taken = Vec::with_capacity(choices.len());
        self.picture(plate, choices.iter().copied(), |index| taken.push(index));
        taken
    }

    /// Puts a picture behind the others. The index that each pixel got is handed to `taken`.
    fn picture(&mut self, plate: &Plate<'_>, pixels: impl Iterator<Item = Choice>, taken: impl FnMut(u8)) {
        let bits = plate.colors.map_or(self.global_bits, |colors| bits(colors.len() + 1));
        self.control(plate);
        self.bytes.push(0x2C);
        let Rect { left, top, width, height } = plate.rect;
        for side in [left, top, width, height] {
            self.bytes.extend((side as u16).to_le_bytes());
        }
        match plate.colors {
            None => self.bytes.push(0),
            Some(colors) => {
                self.bytes.push(0x80 | (bits - 1));
                put_colors(&mut self.bytes, colors, bits);
            }
        }
        lzw::encode(pixels, bits.max(2), &mut self.bytes, taken);
    }

    fn control(&mut self, plate: &Plate<'_>) {
        let disposal = match plate.disposal {
            Disposal::Keep => 1,
            Disposal::Clear => 2,
            Disposal::Restore => 3,
        };
        let flags = disposal << 2 | u8::from(plate.transparent.is_some());
        self.bytes.extend([0x21, 0xF9, 4, flags]);
        self.delay_at = self.bytes.len();
        self.bytes.extend(centiseconds(plate.delay));
        self.bytes.extend([plate.transparent.unwrap_or(0), 0]);
    }

    /// Says another delay of the last picture.
    pub(super) fn set_delay(&mut self, delay: Delay) {
        self.bytes[self.delay_at..][..2].copy_from_slice(&centiseconds(delay));
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(0x3B);
        self.bytes
    }
}

fn centiseconds(delay: Delay) -> [u8; 2] {
    (delay.units(100, 0xFFFF) as u16).to_le_bytes()
}

/// Bits of an index into so many colours, at least 1.
fn bits(colors: usize) -> u8 {
    (1..8).find(|&bits| colors <= 1 << bits).unwrap_or(8)
}

fn put_colors(bytes: &mut Vec<u8>, colors: &[Color], bits: u8) {
    let end = bytes.len() + (3 << bits);
    bytes.extend(colors.iter().flat_map(|&[r, g, b, _]| [r, g, b]));
    bytes.resize(end, 0);
}

/// `indexed` as a still GIF. Of its colours at most one is transparent, and none partly.
pub(crate) fn encode(indexed: &Indexed) -> Result<Vec<u8>, Error> {
    let (width, height) = (indexed.width, indexed.indices.len() / indexed.width);
    let mut file = File::begin(width, height, &indexed.colors, 0)?;
    let transparent = indexed.colors.iter().position(|color| color[3] == 0).map(|index| index as u8);
    let plate = Plate {
        rect: Rect::of_size(width, height),
        disposal: Disposal::Keep,
        delay: Delay::centiseconds(0),
        transparent,
        colors: None,
    };
    file.picture(&plate, indexed.indices.iter().map(|&index| [index; CHOICES]), |_| {});
    Ok(file.finish())
}
