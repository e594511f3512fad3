//! Symbols out of bits: several at a time where there is plenty of everything, one by one elsewhere.

use super::Stop;
use super::bits::Bits;
use super::input::Input;
use super::table::{LITERAL, NONE, OTHER, View, value};

/// What takes literals and matches.
pub(super) trait Sink {
    /// Where up to 8 literals may be put.
    fn slot(&mut self) -> &mut [u8; 16];

    /// Counts so many literals that were put there.
    fn wrote(&mut self, count: usize);

    /// Takes a match; `false`, and nothing, if it cannot.
    #[must_use]
    fn repeat(&mut self, length: usize, distance: usize) -> bool;
}

/// Bits on their way, and the entry of the next ones.
pub(super) struct Lane {
    pub(super) bits: Bits,
    entry: u32,
}

impl Lane {
    pub(super) fn new(mut bits: Bits, tables: &View<'_>, input: &Input) -> Self {
        bits.refill_slowly(input);
        Self { bits, entry: tables.first(bits.held) }
    }

    /// Up to four entries of literals, then a match if one follows at once. `false`, and it stands before what is next,
    /// where that is neither, or the sink cannot take it. There are 16 bytes of input.
    ///
    /// The next entry is looked up before there are more bits: the way from one entry to the next is what takes time.
    #[inline(always)]
    #[must_use]
    pub(super) fn step(&mut self, tables: &View<'_>, input: &Input, sink: &mut impl Sink) -> bool {
        self.bits.refill(input);
        if self.entry & LITERAL != 0 {
            let slot = sink.slot();
            let mut count = self.put(tables, slot, 0);
            if self.entry & LITERAL != 0 {
                count = self.put(tables, slot, count);
                if self.entry & LITERAL != 0 {
                    count = self.put(tables, slot, count);
                    if self.entry & LITERAL != 0 {
                        count = self.put(tables, slot, count);
                        sink.wrote(count);
                        return true;
                    }
                }
            }
            sink.wrote(count);
            self.bits.refill(input);
        }
        let mut entry = self.entry;
        if entry & OTHER != 0 {
            entry = tables.longer(entry, self.bits.held);
            if entry & LITERAL != 0 {
                let slot = sink.slot();
                self.entry = entry;
                let count = self.put(tables, slot, 0);
                sink.wrote(count);
                return true;
            }
            if entry & OTHER != 0 {
                return false;
            }
        }
        // At most 48 bits: 15 and 5 extra, 15 and 13 extra.
        let length = value(entry, self.bits.held);
        let behind = self.bits.held >> (entry & 63);
        let far = tables.distance(behind);
        if far & OTHER != 0 || !sink.repeat(length, value(far, behind)) {
            return false;
        }
        self.bits.skip((entry as u8).wrapping_add(far as u8));
        self.entry = tables.first(self.bits.held);
        true
    }

    /// Puts one literal or two of the entry behind the first `count`.
    #[inline(always)]
    fn put(&mut self, tables: &View<'_>, slot: &mut [u8; 16], count: usize) -> usize {
        let at = count & 7;
        slot[at..at + 2].copy_from_slice(&((self.entry >> 8) as u16).to_le_bytes());
        let count = count + (self.entry >> 30) as usize - 1;
        self.bits.skip(self.entry as u8);
        self.entry = tables.first(self.bits.held);
        count
    }
}

/// A symbol with what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Token {
    Literal(u8),
    /// A length and a distance.
    Repeat(usize, usize),
    End,
}

impl Token {
    /// Takes one off the bits; where there is none, or not all of it, nothing.
    #[inline(never)]
    pub(super) fn take(bits: &mut Bits, tables: &View<'_>, input: &Input) -> Result<Self, Stop> {
        bits.refill_slowly(input);
        let mut entry = tables.first(bits.held);
        if entry & (LITERAL | OTHER) == OTHER {
            entry = tables.longer(entry, bits.held);
        }
        if entry & LITERAL != 0 {
            bits.try_skip((entry >> 24 & 15) as u8)?;
            return Ok(Self::Literal((entry >> 8) as u8));
        }
        if entry & OTHER != 0 {
            if entry & NONE != 0 {
                return Err(Stop::Broken);
            }
            bits.try_skip(entry as u8)?;
            return Ok(Self::End);
        }
        let length = value(entry, bits.held);
        let behind = bits.held >> (entry & 63);
        let far = tables.distance(behind);
        if far & OTHER != 0 {
            return Err(Stop::Broken);
        }
        bits.try_skip(entry as u8 + far as u8)?;
        Ok(Self::Repeat(length, value(far, behind)))
    }

    /// Gives it to a sink, which is not near its end.
    pub(super) fn put(self, sink: &mut impl Sink) -> Result<(), Stop> {
        match self {
            Self::Literal(byte) => {
                sink.slot()[0] = byte;
                sink.wrote(1);
                Ok(())
            }
            Self::Repeat(length, distance) if sink.repeat(length, distance) => Ok(()),
            _ => Err(Stop::Broken),
        }
    }
}
