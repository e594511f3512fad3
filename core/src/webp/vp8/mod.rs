//! Lossy frames: an encoder of VP8 key frames (RFC 6386).
//!
//! ```text
//! planes → segments ─ steps ┐
//!    └──────── macroblock ──┴→ { whole · subblocks · chroma } ─ levels → token ─┐
//!                                predict → transform → score  ─ modes → header ─┴→ bool_encoder → frame
//! decode   frame → planes, which are halved where a lossy picture stays lossy
//! ```

mod bool_encoder;
mod chroma;
mod cost;
mod decode;
mod header;
mod levels;
mod macroblock;
mod planes;
mod predict;
mod score;
mod segments;
mod steps;
mod subblocks;
mod tables;
mod thin;
mod token;
mod transform;
mod whole;

#[cfg(test)]
mod tests;

use crate::{Effort, Error, Quality};

use super::unsupported;
pub(crate) use decode::{Frame, decode, quality};
use macroblock::Encoder;
pub(crate) use planes::Planes;
use segments::Segments;

/// The most bytes that the first partition may have: its length has 19 bits (9.1).
const MOST_FIRST_PARTITION: usize = (1 << 19) - 1;

/// What a chunk `VP8 ` holds: a key frame of `planes`.
///
/// # Errors
/// Unsupported where a side is over 16383 pixels, or where the modes of its macroblocks take more than half a megabyte.
pub(crate) fn encode(planes: &Planes, quality: Quality, effort: Effort) -> Result<Vec<u8>, Error> {
    if planes.width.max(planes.height) > super::MOST_SIDE as usize {
        return Err(unsupported("a side over 16383 pixels"));
    }
    let segments = Segments::new(planes, quality.value());
    let mut encoder = Encoder::new(planes, &segments, effort);
    encoder.run();
    written(planes, &segments, encoder)
}

/// The frame of what `encoder` has coded.
fn written(planes: &Planes, segments: &Segments, encoder: Encoder<'_>) -> Result<Vec<u8>, Error> {
    let (modes, tokens) = encoder.finish();
    let (probabilities, coefficients) = tokens.finish();
    let first = header::first_partition(segments, &probabilities, &modes, planes.macroblocks().0);
    if first.len() > MOST_FIRST_PARTITION {
        return Err(unsupported("a picture of so many parts"));
    }
    // Frame tag: a key frame of version 0 to be shown, and the first partition's length; then the start code and sides.
    let tag = (1 << 4 | (first.len() as u32) << 5).to_le_bytes();
    let sides = [planes.width as u16, planes.height as u16].map(u16::to_le_bytes);
    Ok([&tag[..3], &[0x9D, 0x01, 0x2A], sides.as_flattened(), &first, &coefficients].concat())
}
