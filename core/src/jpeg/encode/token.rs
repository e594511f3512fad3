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
    /// The tokens, and behind them room for more.
    tokens: Vec<u16>,
    used: usize,
}

/// Room for the tokens of a block, of which there are 129 at most: a DC difference of two, 63 coefficients of two, and
/// its end. A power of two, so that no index into it needs a check.
const BLOCK_ROOM: usize = 256;

/// Tokens that room is made for at once.
const GROWTH: usize = 1 << 17;

impl Tokens {
    /// Tokens that are held.
    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// Room for the tokens of a block.
    #[inline(always)]
    fn room(&mut self) -> &mut [u16; BLOCK_ROOM] {
        if self.tokens.len() < self.used + BLOCK_ROOM {
            self.tokens.resize(self.used + GROWTH, 0);
        }
        let room = self.tokens.get_mut(self.used..).and_then(|room| room.first_chunk_mut());
        room.unwrap_or_else(|| unreachable!("there is room for a block"))
    }

    /// Adds a block with DC difference `difference`, and counts its symbols.
    #[inline(always)]
    pub(super) fn push(&mut self, difference: i32, block: &Block, dc: &mut Counts, ac: &mut Counts) {
        let room = self.room();
        let (size, bits) = number(difference);
        dc[size as usize % 256] += 1;
        let mut used = put(room, 0, size, size, bits);
        let mut rest = block.nonzero & !1;
        let mut last = 0;
        while rest != 0 {
            let k = rest.trailing_zeros();
            rest &= rest - 1;
            let mut run = k - last - 1;
            last = k;
            while run > 15 {
                used = put(room, used, ZRL.into(), 0, 0);
                ac[usize::from(ZRL)] += 1;
                run -= 16;
            }
            let (size, bits) = number(block.at(k).into());
            let symbol = run << 4 | size;
            ac[symbol as usize % 256] += 1;
            used = put(room, used, symbol, size, bits);
        }
        let end = if last < 63 { EOB } else { FULL };
        ac[usize::from(EOB)] += u32::from(end == EOB);
        used = put(room, used, end.into(), 0, 0);
        self.used += used;
    }

    /// Writes all blocks and forgets them. `pattern` names the DC and the AC table of each block of an MCU.
    pub(super) fn write(&mut self, pattern: &[(&CodeTable, &CodeTable)], out: &mut BitWriter) {
        let mut tokens = self.tokens[..self.used].iter();
        let mut tables = pattern.iter().cycle();
        out.put_blocks(|mut pending, plain| {
            let (Some((symbol, bits)), Some((dc, ac))) = (next(&mut tokens), tables.next()) else {
                return (pending, false);
            };
            pending.put(dc, symbol, bits, plain);
            while let Some((symbol, bits)) = next(&mut tokens) {
                pending.put(ac, symbol, bits, plain);
                // EOB, ZRL and FULL have no bits behind them.
                if symbol & 15 == 0 && symbol != ZRL {
                    break;
                }
            }
            (pending, true)
        });
        self.used = 0;
    }
}

/// The next symbol and the bits behind it.
#[inline(always)]
fn next(tokens: &mut std::slice::Iter<'_, u16>) -> Option<(u8, u32)> {
    let &token = tokens.next()?;
    let symbol = (token >> 8) as u8;
    let bits = if symbol & 15 > 8 { *tokens.next()? } else { token & 0xFF };
    Some((symbol, bits.into()))
}

/// Puts `symbol` and the `size` bits behind it at `used`, and says where the next token goes.
#[inline(always)]
fn put(room: &mut [u16; BLOCK_ROOM], used: usize, symbol: u32, size: u32, bits: u32) -> usize {
    if size > 8 {
        room[used % BLOCK_ROOM] = (symbol << 8) as u16;
        room[(used + 1) % BLOCK_ROOM] = bits as u16;
        return used + 2;
    }
    room[used % BLOCK_ROOM] = (symbol << 8 | bits) as u16;
    used + 1
}

/// The category of `value` and the bits that follow it (T.81 F.1.2.1).
#[inline(always)]
pub(super) fn number(value: i32) -> (u32, u32) {
    let size = 31 - ((2 * value.unsigned_abs()) | 1).leading_zeros();
    // A negative number is stored as itself less one.
    (size, (value + (value >> 31)) as u32 & ((1 << size) - 1))
}
