//! Symbols and the bits behind them, held until the Huffman tables are known.

use super::optimal::Counts;
use super::quantize::Block;
use super::write::{BitWriter, CodeTable};
use crate::jpeg::huffman::ZRL;

/// EOB: zeros up to the end of the block (T.81 F.1.2.2.1).
pub(super) const EOB: u8 = 0;

/// What ends a block whose last coefficient is not zero: a symbol that no baseline block has, with a code of no bits.
const FULL: u8 = 0x10;

/// The symbols of blocks in the order they are coded in.
///
/// A token is a symbol × 256 + the bits behind it; where these are more than 8, they are a token of their own.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    tokens: Vec<u16>,
}

/// The most tokens of a block: a DC difference of two, 63 coefficients of two, and its end.
const BLOCK_TOKENS: usize = 2 + 63 * 2 + 1;

impl Tokens {
    /// Tokens that are held.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Adds a block with DC difference `difference`, and counts its symbols.
    #[inline]
    pub(super) fn push(&mut self, difference: i32, block: &Block, dc: &mut Counts, ac: &mut Counts) {
        let mut room = [0; BLOCK_TOKENS];
        let mut used = 0;
        let mut put = |token: u16| {
            room[used] = token;
            used += 1;
        };
        let (size, bits) = number(difference);
        dc[size as usize] += 1;
        put_number(&mut put, size as u16, size, bits);
        let mut rest = block.nonzero & !1;
        let mut last = 0;
        while rest != 0 {
            let k = rest.trailing_zeros();
            rest &= rest - 1;
            let mut run = k - last - 1;
            last = k;
            while run > 15 {
                put(u16::from(ZRL) << 8);
                ac[usize::from(ZRL)] += 1;
                run -= 16;
            }
            let (size, bits) = number(block.at(k).into());
            let symbol = run << 4 | size;
            ac[symbol as usize % 256] += 1;
            put_number(&mut put, symbol as u16, size, bits);
        }
        if last < 63 {
            put(u16::from(EOB) << 8);
            ac[usize::from(EOB)] += 1;
        } else {
            put(u16::from(FULL) << 8);
        }
        self.tokens.extend_from_slice(&room[..used]);
    }

    /// Writes all blocks and forgets them. `pattern` names the DC and the AC table of each block of an MCU.
    pub(super) fn write(&mut self, pattern: &[(&CodeTable, &CodeTable)], out: &mut BitWriter) {
        let mut tokens = Reader { tokens: self.tokens.iter() };
        let mut tables = pattern.iter().cycle();
        while let (Some((symbol, bits)), Some((dc, ac))) = (tokens.next(), tables.next()) {
            out.put(dc, symbol, bits);
            while let Some((symbol, bits)) = tokens.next() {
                out.put(ac, symbol, bits);
                if symbol == EOB || symbol == FULL {
                    break;
                }
            }
        }
        self.tokens.clear();
    }
}

/// Symbols and the bits behind them, one after the other.
struct Reader<'a> {
    tokens: std::slice::Iter<'a, u16>,
}

impl Reader<'_> {
    #[inline(always)]
    fn next(&mut self) -> Option<(u8, u32)> {
        let &token = self.tokens.next()?;
        let symbol = (token >> 8) as u8;
        let bits = if symbol & 15 > 8 { self.tokens.next().copied()? } else { token & 0xFF };
        Some((symbol, bits.into()))
    }
}

fn put_number(put: &mut impl FnMut(u16), symbol: u16, size: u32, bits: u32) {
    if size > 8 {
        put(symbol << 8);
        put(bits as u16);
    } else {
        put(symbol << 8 | bits as u16);
    }
}

/// The category of `value` and the bits that follow it (T.81 F.1.2.1).
#[inline(always)]
pub(super) fn number(value: i32) -> (u32, u32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    // A negative number is stored as itself less one.
    (size, (value + (value >> 31)) as u32 & ((1 << size) - 1))
}
