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
    /// Horizontal sampling factor, 1 to 4.
    pub(super) h: u8,
    /// Vertical sampling factor, 1 to 4.
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
        let frame = Self { progressive: marker == SOF2, width, height, components };
        frame.check_components()?;
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
            let first = &self.components[0];
            if component.h > first.h || component.v > first.v {
                // Rare, and the decoder panics on some of them.
                return Err(unsupported("a component that is sampled more finely than the first"));
            }
            if component.h == 3 || component.v == 3 {
                return Err(unsupported("a sampling factor of 3"));
            }
            if component.table > 3 {
                return Err(malformed("names a quantization table outside 0 to 3"));
            }
        }
        Ok(())
    }

    /// Samples of all components, sides rounded up to whole MCUs.
    pub(super) fn padded_samples(&self) -> u64 {
        let (h, v) = self.max_sampling();
        let round_up = |side: u16, factor: u8| u64::from(side).next_multiple_of(8 * u64::from(factor));
        let luma = round_up(self.width, h) * round_up(self.height, v);
        luma * self.components.len() as u64
    }

    /// Largest horizontal and vertical sampling factor.
    pub(super) fn max_sampling(&self) -> (u8, u8) {
        self.components.iter().fold((1, 1), |(h, v), c| (h.max(c.h), v.max(c.v)))
    }
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
