//! Coefficients (RFC 6386, 13).

use super::bits::Bits;
use crate::webp::vp8::steps::Steps;
use crate::webp::vp8::tables::{BANDS, CATEGORIES, ZIGZAG};

/// Reads the coefficients of a block from the one at `first` on, of which so many of its two neighbours have any, and
/// gives whether it has any itself.
#[inline(never)]
pub(super) fn block(
    bits: &mut Bits<'_>,
    probabilities: &[[[u8; 11]; 3]; 8],
    (first, neighbours): (usize, usize),
    steps: &Steps,
    block: &mut [i16; 16],
) -> bool {
    let mut nodes = &probabilities[BANDS[first]][neighbours];
    if !bits.get(nodes[0]) {
        return false;
    }
    let mut at = first;
    while at < 16 {
        let next = &probabilities[BANDS[(at + 1) % 16]];
        if !bits.get(nodes[1]) {
            nodes = &next[0];
            at += 1;
            continue;
        }
        let (magnitude, context) = if bits.get(nodes[2]) { (large(bits, nodes), 2) } else { (1, 1) };
        let value = if bits.get(128) { -magnitude } else { magnitude };
        let place = ZIGZAG[at];
        block[place] = value.wrapping_mul(steps.steps[usize::from(place > 0)]);
        nodes = &next[context];
        at += 1;
        if at < 16 && !bits.get(nodes[0]) {
            break;
        }
    }
    true
}

/// A magnitude over 1 (13.2).
#[inline(never)]
fn large(bits: &mut Bits<'_>, nodes: &[u8; 11]) -> i16 {
    if !bits.get(nodes[3]) {
        return if bits.get(nodes[4]) { 3 + i16::from(bits.get(nodes[5])) } else { 2 };
    }
    let category = if !bits.get(nodes[6]) {
        usize::from(bits.get(nodes[7]))
    } else if bits.get(nodes[8]) {
        4 + usize::from(bits.get(nodes[10]))
    } else {
        2 + usize::from(bits.get(nodes[9]))
    };
    let (least, probabilities) = CATEGORIES[category];
    let extra = probabilities.iter().fold(0, |extra, &zero| extra << 1 | i16::from(bits.get(zero)));
    least as i16 + extra
}
