//! The frame header (T.81 B.2.2): size, components, coding process.

use super::malformed;
use super::marker::{DAC, DHT, JPG, SOF0, SOF1, SOF2, SOF3, SOF5, SOF7, SOF9, SOF10, SOF15};
use super::unsupported;
use crate::Error;

/// A checked frame header of a process that is decoded here.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) width: u16,
    pub(super) height: u16,
    /// One, three or four.
    pub(super) components: Vec<Component>,
}

/// One component of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Horizontal sampling factor, 1 to 4; 1 where there is no other component.
    pub(super) h: u8,
    /// Vertical sampling factor, 1 to 4; 1 where there is no other component.
    pub(super) v: u8,
    /// Selector of its quantization table, 0 to 3.
    pub(super) table: u8,
}

/// Whether `marker` starts a frame.
pub(super) fn is_sof(marker: u8) -> bool {
    (SOF0..=SOF15).contains(&marker) && ![DHT, JPG, DAC].contains(&marker)
}

impl Frame {
    /// Reads the parameters of the frame header `marker`.
    pub(super) fn parse(marker: u8, payload: &[u8]) -> Result<Self, Error> {
        let [precision, h1, h0, w1, w0, count, rest @ ..] = payload else {
            return Err(malformed("has a frame header that is cut short"));
        };
        check_process(marker)?;
        if *precision != 8 {
            return Err(unsupported("samples of other than 8 bits"));
        }
        let (width, height) = (u16::from_be_bytes([*w1, *w0]), u16::from_be_bytes([*h1, *h0]));
        if width == 0 {
            return Err(malformed("is 0 pixels wide"));
        }
        if rest.len() != 3 * usize::from(*count) {
            return Err(malformed("has a frame header of the wrong length"));
        }
        let components =
            rest.chunks_exact(3).map(|c| Component { id: c[0], h: c[1] >> 4, v: c[1] & 15, table: c[2] }).collect();
        let mut frame = Self { progressive: marker == SOF2, width, height, components };
        frame.check_components()?;
        if let [only] = &mut frame.components[..] {
            // Its scans are never interleaved, and its MCU is one block whatever its factors (T.81 A.2.2).
            (only.h, only.v) = (1, 1);
        }
        Ok(frame)
    }

    fn check_components(&self) -> Result<(), Error> {
        let count = self.components.len();
        if count == 0 || count > 4 {
            return Err(malformed("has a number of components that no image has"));
        }
        if count == 2 {
            return Err(unsupported("two components"));
        }
        for component in &self.components {
            if !(1..=4).contains(&component.h) || !(1..=4).contains(&component.v) {
                return Err(malformed("has a sampling factor outside 1 to 4"));
            }
            if component.table > 3 {
                return Err(malformed("names a quantization table outside 0 to 3"));
            }
        }
        Ok(())
    }

    /// Largest horizontal and vertical sampling factor.
    pub(super) fn max_sampling(&self) -> (u8, u8) {
        max_sampling(self.components.iter().map(|component| (component.h, component.v)))
    }

    /// MCUs of an interleaved scan across and down.
    pub(super) fn mcus(&self) -> (usize, usize) {
        let (h, v) = self.max_sampling();
        let count = |side: u16, factor: u8| usize::from(side).div_ceil(8 * usize::from(factor));
        (count(self.width, h), count(self.height, v))
    }

    /// Samples of `component` across and down (T.81 A.1.1).
    pub(super) fn size_of(&self, component: &Component) -> (usize, usize) {
        let (h, v) = self.max_sampling();
        (scaled(self.width.into(), component.h, h), scaled(self.height.into(), component.v, v))
    }

    /// Blocks of all components, padded to whole MCUs.
    pub(super) fn blocks(&self) -> u64 {
        let (across, down) = self.mcus();
        let of_mcu: usize = self.components.iter().map(|c| usize::from(c.h) * usize::from(c.v)).sum();
        (across * down * of_mcu) as u64
    }

    /// Blocks that a scan visits; each bit of `set` stands for a component.
    pub(super) fn scan_blocks(&self, set: u8) -> u64 {
        let chosen =
            || (0..).zip(&self.components).filter(|(index, _)| set >> index & 1 != 0).map(|(_, chosen)| chosen);
        if set.is_power_of_two() {
            let blocks = chosen().map(|component| self.size_of(component));
            return blocks.map(|(width, height)| (width.div_ceil(8) * height.div_ceil(8)) as u64).sum();
        }
        let (across, down) = self.mcus();
        let of_mcu: usize = chosen().map(|component| usize::from(component.h) * usize::from(component.v)).sum();
        (across * down * of_mcu) as u64
    }
}

/// Largest horizontal and vertical sampling factor of `factors`.
pub(super) fn max_sampling(factors: impl Iterator<Item = (u8, u8)>) -> (u8, u8) {
    factors.fold((1, 1), |(h, v), factor| (h.max(factor.0), v.max(factor.1)))
}

/// `side` samples of the image as samples of a component with sampling factor `factor` of at most `max`.
pub(super) fn scaled(side: usize, factor: u8, max: u8) -> usize {
    (side * usize::from(factor)).div_ceil(max.into())
}

fn check_process(marker: u8) -> Result<(), Error> {
    match marker {
        SOF0 | SOF1 | SOF2 => Ok(()),
        SOF3 => Err(unsupported("lossless coding")),
        SOF5..=SOF7 => Err(unsupported("hierarchical coding")),
        SOF9 | SOF10 => Err(unsupported("arithmetic coding")),
        _ => Err(unsupported("lossless or hierarchical arithmetic coding")),
    }
}
