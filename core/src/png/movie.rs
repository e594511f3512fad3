//! Moving PNG out.

use crate::Effort;
use crate::animation::{Delay, Pixel, Rect};
use crate::palette::Map;

use super::animation::{AnimationEncoder, Blend, Dispose, FrameControl};
use super::encode::{Appearance, Header};
use super::layout::{Kind, pack};

/// Moving PNG out, picture by picture. One waits until it is known for how long it is shown.
pub(crate) struct Movie {
    encoder: AnimationEncoder,
    kind: Kind,
    depth: u8,
    map: Map,
    /// The waiting picture's place, rows and delay.
    waiting: Option<(Rect, Vec<u8>, Delay)>,
}

impl Movie {
    /// A movie of `width` × `height` and so many `pictures`, of `kind`, played `plays` times, 0 for ever.
    pub(crate) fn new(
        (width, height): (usize, usize),
        kind: Kind,
        (pictures, plays): (u32, u32),
        appearance: Appearance<'_>,
        effort: Effort,
    ) -> Self {
        let depth = kind.least_depth();
        let map = Map::onto(if let Kind::Palette(colors) = &kind { colors } else { &[] });
        let header = Header { width: width as u32, height: height as u32, kind: kind.clone(), depth };
        let encoder = AnimationEncoder::new(header, appearance, pictures, plays, effort);
        Self { encoder, kind, depth, map, waiting: None }
    }

    /// Shows `pixels`, `width` a row, for `delay`; they differ from the ones before in `changed` alone.
    pub(crate) fn show(&mut self, pixels: &[Pixel], width: usize, changed: &Rect, delay: Delay) {
        let mut rect = *changed;
        match &mut self.waiting {
            Some((_, _, before)) if changed.is_empty() => {
                *before = before.and(delay);
                return;
            }
            // The first picture covers the canvas.
            None => rect = Rect::of_size(width, pixels.len() / width),
            Some(_) => self.write(),
        }
        let mut packed = Vec::new();
        let mut row = Vec::new();
        for y in rect.rows() {
            row.clear();
            self.put_row(&pixels[rect.row(y, width)], &mut row);
            pack(&row, self.depth, &mut packed);
        }
        self.waiting = Some((rect, packed, delay));
    }

    /// The samples of `pixels`, a byte each.
    fn put_row(&mut self, pixels: &[Pixel], row: &mut Vec<u8>) {
        match &self.kind {
            Kind::Palette(_) => row.extend(pixels.iter().map(|&pixel| self.map.index(pixel))),
            Kind::Rgb => row.extend(pixels.iter().flat_map(|&[r, g, b, _]| [r, g, b])),
            Kind::Grey => row.extend(pixels.iter().map(|&[level, ..]| level)),
            Kind::GreyAlpha => row.extend(pixels.iter().flat_map(|&[level, .., alpha]| [level, alpha])),
            Kind::Rgba => row.extend_from_slice(pixels.as_flattened()),
        }
    }

    fn write(&mut self) {
        let Some((rect, rows, delay)) = self.waiting.take() else { return };
        let [width, height, x, y] = [rect.width, rect.height, rect.left, rect.top].map(|side| side as u32);
        let delay = fraction(delay);
        let control = FrameControl { width, height, x, y, delay, dispose: Dispose::None, blend: Blend::Source };
        self.encoder.frame(control, rows.chunks_exact(rows.len() / rect.height));
    }

    /// Bytes of the file so far.
    pub(crate) fn written(&self) -> usize {
        self.encoder.written()
    }

    /// The file.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.write();
        self.encoder.finish()
    }
}

/// `delay` as a numerator and a denominator of 16 bits, as exact as they let it be; at most 65535 seconds.
fn fraction(delay: Delay) -> (u16, u16) {
    match (u16::try_from(delay.numerator), u16::try_from(delay.denominator)) {
        (Ok(numerator), Ok(denominator)) => (numerator, denominator),
        _ => {
            let parts = [10_000, 1000, 100, 10].into_iter().find(|&parts| delay.units(parts, u32::MAX) <= 0xFFFF);
            let parts = parts.unwrap_or(1);
            (delay.units(parts, 0xFFFF) as u16, parts as u16)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_fractions_of_16_bits() {
        for (delay, wanted) in [
            (Delay::centiseconds(7), (7, 100)),
            (Delay { numerator: 1001, denominator: 30_000 }, (1001, 30_000)),
            (Delay::milliseconds(65_535), (65_535, 1000)),
            (Delay::milliseconds(65_536), (6554, 100)),
            (Delay::milliseconds(700_000), (7000, 10)),
            (Delay::milliseconds(16_777_215), (16_777, 1)),
            (Delay::milliseconds(u32::MAX), (65_535, 1)),
        ] {
            assert_eq!(fraction(delay), wanted, "{delay:?}");
        }
    }
}
