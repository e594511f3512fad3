//! Lookup tables that turn bits into symbols and coefficients.

use super::bits::{Bits, extend};
use crate::Error;
use crate::jpeg::huffman::{Code, Definition, ends_block};
use crate::jpeg::malformed;

/// Bits that one lookup resolves. Measured: 10 and 11 are best, 9 and 13 clearly worse.
pub(super) const LOOKUP_BITS: u32 = 11;

/// Entries of a lookup table.
pub(super) const ENTRIES: usize = 1 << LOOKUP_BITS;

/// From bits to symbols.
#[derive(Clone, Debug)]
pub(super) struct Codes {
    /// By the next bits: length of the code × 256 + symbol; 0 where the code is longer or there is none.
    short: Box<[u16; ENTRIES]>,
    /// The codes longer than a lookup, in order: the last 16 bits that begin with it, and as in `short`.
    long: Vec<(u16, u16)>,
}

impl Codes {
    /// The lookup for `definition`.
    pub(super) fn new(definition: &Definition) -> Result<Self, Error> {
        let mut short = boxed(0_u16);
        let mut long = Vec::new();
        for Code { code, length, symbol } in definition.codes()? {
            let entry = (length as u16) << 8 | u16::from(symbol);
            if length <= LOOKUP_BITS {
                let first = (code << (LOOKUP_BITS - length)) as usize;
                short[first..first + (1 << (LOOKUP_BITS - length))].fill(entry);
            } else {
                long.push(((((code + 1) << (16 - length)) - 1) as u16, entry));
            }
        }
        Ok(Self { short, long })
    }

    /// The next symbol; 16 bits must be available. `None` where no code fits.
    #[inline(always)]
    pub(super) fn take(&self, bits: &mut Bits) -> Option<u8> {
        let entry = self.short[bits.peek(LOOKUP_BITS)];
        let entry = if entry == 0 { self.long(bits.peek(16) as u16)? } else { entry };
        bits.skip(u32::from(entry >> 8));
        Some(entry as u8)
    }

    /// The symbol and the length of the code that begins the lookup index `index`; `None` where it is longer.
    pub(super) fn short(&self, index: usize) -> Option<(u8, u32)> {
        let entry = self.short[index];
        (entry != 0).then_some((entry as u8, u32::from(entry >> 8)))
    }

    /// As an entry of `short`, the code at the front of `word`, which no short one fits.
    #[cold]
    fn long(&self, word: u16) -> Option<u16> {
        // Codes ascend with their length, so words below the first long code belong to short ones.
        let index = self.long.partition_point(|&(last, _)| last < word);
        self.long.get(index).map(|&(_, entry)| entry)
    }
}

/// From bits to DC differences.
#[derive(Clone, Debug)]
pub(super) struct DcTable {
    codes: Codes,
    /// By the next bits: difference × 16 + length of code and difference; 0 where they are longer.
    whole: Box<[i16; ENTRIES]>,
}

impl DcTable {
    /// The table for `definition`.
    ///
    /// # Errors
    /// Malformed where a symbol is no category of a difference (over 15, as libjpeg has it).
    pub(super) fn new(definition: &Definition) -> Result<Self, Error> {
        if definition.symbols.iter().any(|&symbol| symbol > 15) {
            return Err(malformed("has a Huffman table with a category over 15"));
        }
        let codes = Codes::new(definition)?;
        let mut whole = boxed(0_i16);
        for (index, entry) in whole.iter_mut().enumerate() {
            if let Some((_, difference, length)) = resolve(&codes, index, 0) {
                // Of 11 bits one is the code's, so a difference has at most 10 and a sign.
                *entry = (difference << 4) as i16 | length as i16;
            }
        }
        Ok(Self { codes, whole })
    }

    /// The next difference; 31 bits must be available. `None` where no code fits.
    #[inline(always)]
    pub(super) fn take(&self, bits: &mut Bits) -> Option<i32> {
        let entry = self.whole[bits.peek(LOOKUP_BITS)];
        if entry != 0 {
            bits.skip(entry as u32 & 15);
            return Some(i32::from(entry >> 4));
        }
        let size = self.codes.take(bits)?;
        Some(bits.take_signed(size.into()))
    }
}

/// The symbol, the number behind it and the length of both, of the bits that follow the first `skipped` ones of
/// the lookup index `index`; `None` where the index does not hold all of them.
fn resolve(codes: &Codes, index: usize, skipped: u32) -> Option<(u8, i32, u32)> {
    let left = LOOKUP_BITS - skipped;
    let rest = (index << skipped) % ENTRIES;
    let entry = codes.short[rest];
    let (length, symbol) = (u32::from(entry >> 8), entry as u8);
    let size = u32::from(symbol & 15);
    if entry == 0 || length + size > left {
        return None;
    }
    let bits = rest >> (LOOKUP_BITS - length - size) & ((1 << size) - 1);
    Some((symbol, extend(bits as u32, size), length + size))
}

/// From bits to AC coefficients, two at a time where both are short.
#[derive(Clone, Debug)]
pub(super) struct AcTable {
    pub(super) codes: Codes,
    steps: Box<[Step; ENTRIES]>,
    skips: Box<[Skip; ENTRIES]>,
}

/// Up to two coefficients. From the highest bit: second value (8 bits), first value (8), second advance (6), first
/// advance (6), length of all their bits (4; 0 where not even one is resolved).
///
/// An advance is the distance in zigzag order from one coefficient to the next, 1 to 16, or [`TO_END`] for EOB.
/// Where there is no second coefficient its advance is 0 and its value the first's, so that storing it changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Step(u32);

/// The advance that stands for EOB: larger than any run, and from anywhere in the corner beyond the last coefficient.
pub(super) const TO_END: usize = 63;

impl Step {
    #[inline(always)]
    pub(super) fn length(self) -> u32 {
        self.0 & 15
    }

    #[inline(always)]
    pub(super) fn first(self) -> (usize, i16) {
        ((self.0 >> 4 & 63) as usize, (self.0 >> 16) as i8 as i16)
    }

    #[inline(always)]
    pub(super) fn second(self) -> (usize, i16) {
        ((self.0 >> 10 & 63) as usize, (self.0 as i32 >> 24) as i16)
    }
}

/// Symbols to be passed over: whether the last is EOB (the highest bit), the advance of the others (from bit 4 on), and
/// the length of all in bits (4; 0 where not even one is resolved).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Skip(u16);

impl Skip {
    #[inline(always)]
    pub(super) fn length(self) -> u32 {
        u32::from(self.0 & 15)
    }

    #[inline(always)]
    pub(super) fn advance(self) -> usize {
        usize::from(self.0 >> 4 & 63)
    }

    #[inline(always)]
    pub(super) fn ends_block(self) -> bool {
        self.0 & 0x8000 != 0
    }
}

impl AcTable {
    /// The table for `definition`.
    pub(super) fn new(definition: &Definition) -> Result<Self, Error> {
        let codes = Codes::new(definition)?;
        let mut steps = boxed(Step::default());
        for (index, step) in steps.iter_mut().enumerate() {
            *step = Self::step(&codes, index);
        }
        let mut skips = boxed(Skip::default());
        for (index, skip) in skips.iter_mut().enumerate() {
            *skip = Self::skip(&codes, index);
        }
        Ok(Self { codes, steps, skips })
    }

    fn step(codes: &Codes, index: usize) -> Step {
        let small = |skipped| {
            let (symbol, value, length) = resolve(codes, index, skipped)?;
            let value = i8::try_from(value).ok()?;
            let advance = if ends_block(symbol) { TO_END as u32 } else { u32::from(symbol >> 4) + 1 };
            Some((advance, u32::from(value as u8), length))
        };
        let Some((advance, value, length)) = small(0) else { return Step::default() };
        let alone = (0, value, 0);
        let end = advance == TO_END as u32 || length == LOOKUP_BITS;
        let (advance2, value2, length2) = if end { alone } else { small(length).unwrap_or(alone) };
        Step(value2 << 24 | value << 16 | advance2 << 10 | advance << 4 | (length + length2))
    }

    fn skip(codes: &Codes, index: usize) -> Skip {
        let (mut advance, mut length) = (0, 0);
        while let Some((symbol, _, more)) = resolve(codes, index, length) {
            length += more;
            if ends_block(symbol) {
                return Skip(0x8000 | (advance << 4 | length) as u16);
            }
            advance += u32::from(symbol >> 4) + 1;
            // A full block has 63: what follows is of the next one, and an EOB that is met there is none.
            if advance > 63 {
                return Skip::default();
            }
        }
        Skip((advance << 4 | length) as u16)
    }

    /// All symbols that one lookup resolves, not yet skipped.
    #[inline(always)]
    pub(super) fn skip_at(&self, bits: &Bits) -> Skip {
        self.skips[bits.peek(LOOKUP_BITS)]
    }

    /// The next one or two coefficients, not yet skipped.
    #[inline(always)]
    pub(super) fn step_at(&self, bits: &Bits) -> Step {
        self.steps[bits.peek(LOOKUP_BITS) & (ENTRIES - 1)]
    }
}

pub(super) fn boxed<T: Copy>(value: T) -> Box<[T; ENTRIES]> {
    let entries: Result<Box<[T; ENTRIES]>, _> = vec![value; ENTRIES].into_boxed_slice().try_into();
    entries.unwrap_or_else(|_| unreachable!("the length is the array's"))
}
