//! The bits of entropy-coded data (T.81 F.2.2.5), eight bytes at a time.
//!
//! Data come with an 0x00 stuffed behind every 0xFF. [`BitReader`] copies them without it into a small window,
//! so that [`Bits`], which hot loops keep in registers, loads whole words without looking for 0xFF.

use crate::jpeg::marker::{RST0, RST7, ends_scan};

/// Bytes of data that a window holds, and behind them room for one more load.
const WINDOW: usize = 16 << 10;

/// Bytes that one MCU may consume: 10 blocks of 64 symbols of at most 16 + 15 bits, rounded up.
const RESERVE: usize = 2560;

/// Unstuffed data.
pub(super) type Window = [u8; WINDOW + 8];

/// A place in a window; small enough for registers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits {
    /// The next bits, the first one highest. Below `count` bits stand the ones that follow, or zeros.
    word: u64,
    /// Bits of `word` that are accounted for, at most 63.
    count: u32,
    /// Offset in the window of the byte behind them.
    next: usize,
}

impl Bits {
    /// Makes at least 56 bits available.
    #[inline(always)]
    pub(super) fn refill(&mut self, window: &Window) {
        if let Some(bytes) = window.get(self.next..).and_then(|rest| rest.first_chunk()) {
            self.word |= u64::from_be_bytes(*bytes) >> self.count;
        }
        self.next += ((63 - self.count) / 8) as usize;
        self.count |= 56;
    }

    /// The next `count` bits, 1 to 32 of them.
    #[inline(always)]
    pub(super) fn peek(&self, count: u32) -> usize {
        (self.word >> (64 - count)) as usize
    }

    /// The next bits, the first one highest; those behind the available ones are undefined.
    #[inline(always)]
    pub(super) fn word(&self) -> u64 {
        self.word
    }

    /// Passes over `count` available bits.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.word <<= count;
        self.count = self.count.wrapping_sub(count);
    }

    /// The next `count` bits, 0 to 16 of them, as a number.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let value = (self.word >> 1 >> (63 - count)) as u32;
        self.skip(count);
        value
    }

    /// The next `size` bits, 0 to 15 of them, as a signed number: RECEIVE and EXTEND of T.81 F.2.2.1.
    #[inline(always)]
    pub(super) fn take_signed(&mut self, size: u32) -> i32 {
        extend(self.take(size), size)
    }

    /// Bits consumed since the beginning of the window.
    fn consumed(&self) -> usize {
        (8 * self.next).saturating_sub(self.count as usize)
    }
}

/// EXTEND of T.81 F.2.2.1: `bits` of a number of category `size`, as that number.
#[inline(always)]
pub(super) const fn extend(bits: u32, size: u32) -> i32 {
    // A number whose first bit is 0 is negative and stored as itself plus 2^size − 1.
    let negative = (bits as i32).wrapping_sub((1 << size) >> 1) >> 31;
    bits as i32 + (negative & ((-1 << size) + 1))
}

/// The entropy-coded data of one scan, one restart interval after the other.
pub(super) struct BitReader<'a> {
    /// Data with stuffed zeros, fill bytes and RSTm markers; another marker ends them.
    coded: &'a [u8],
    /// Offset in `coded` of the next byte to unstuff.
    at: usize,
    window: Box<Window>,
    /// Bytes of the window that hold data.
    filled: usize,
    /// Whether `at` stands at a marker or behind the last byte.
    interval_ended: bool,
    /// Whether more bits were consumed than the interval has.
    exhausted: bool,
}

impl<'a> BitReader<'a> {
    /// Starts at the first interval of `coded`, and the [`Bits`] to begin with.
    pub(super) fn new(coded: &'a [u8]) -> (Self, Bits) {
        let mut reader = Self {
            coded,
            at: 0,
            window: Box::new([0; WINDOW + 8]),
            filled: 0,
            interval_ended: false,
            exhausted: false,
        };
        let bits = reader.fill(Bits::default());
        (reader, bits)
    }

    /// The window that [`Bits`] read from.
    #[inline(always)]
    pub(super) fn window(&self) -> &Window {
        &self.window
    }

    /// Whether [`fill`](Self::fill) must be called before another MCU.
    #[inline(always)]
    pub(super) fn is_low(&self, bits: &Bits) -> bool {
        bits.next + RESERVE > self.filled
    }

    /// Moves what is left to the front of the window and adds what follows; behind the end of the interval zeros.
    #[cold]
    pub(super) fn fill(&mut self, mut bits: Bits) -> Bits {
        if self.interval_ended {
            if bits.next > self.filled {
                self.exhausted |= bits.consumed() > 8 * self.filled;
                bits.next = self.filled.max(bits.next.min(self.filled + 8));
            }
            return bits;
        }
        let from = bits.next.min(self.filled);
        self.window.copy_within(from..self.filled, 0);
        self.filled -= from;
        bits.next -= from;
        self.unstuff();
        if self.interval_ended {
            let zeros = (self.filled + RESERVE + 16).min(WINDOW + 8);
            self.window[self.filled..zeros].fill(0);
        }
        bits
    }

    /// Whether more bits were consumed than the interval has.
    pub(super) fn is_exhausted(&self, bits: &Bits) -> bool {
        self.exhausted || (self.interval_ended && bits.consumed() > 8 * self.filled)
    }

    /// Copies data up to the next marker, or as much as the window holds.
    fn unstuff(&mut self) {
        const ROOM: usize = WINDOW - RESERVE - 16;
        while self.filled < ROOM {
            let clean = self.copy_clean_word();
            if clean == 8 {
                continue;
            }
            match self.coded.get(self.at..) {
                Some([0xFF, 0x00, ..]) => {
                    self.push(0xFF);
                    self.at += 2;
                }
                Some([0xFF, 0xFF, ..]) => self.at += 1,
                Some([byte, ..]) if *byte != 0xFF => {
                    self.push(*byte);
                    self.at += 1;
                }
                _ => {
                    self.interval_ended = true;
                    return;
                }
            }
        }
    }

    /// Copies the bytes before the next 0xFF, at most eight, and says how many; 0 near the end of the data.
    #[inline(always)]
    fn copy_clean_word(&mut self) -> usize {
        let (Some(bytes), Some(room)) = (
            self.coded.get(self.at..).and_then(|rest| rest.first_chunk::<8>()),
            self.window.get_mut(self.filled..).and_then(|rest| rest.first_chunk_mut::<8>()),
        ) else {
            return 0;
        };
        *room = *bytes;
        let clean = bytes_before_ff(*bytes);
        self.at += clean;
        self.filled += clean;
        clean
    }

    fn push(&mut self, byte: u8) {
        self.window[self.filled] = byte;
        self.filled += 1;
    }

    /// Moves behind the next RSTm marker and says its m; `None` where the scan ends first.
    pub(super) fn next_restart(&mut self) -> Option<u8> {
        let (number, behind) = restart(self.coded, self.at)?;
        self.at = behind;
        Some(number)
    }

    /// The m of the RSTm markers to come.
    pub(super) fn restarts_ahead(&self) -> impl Iterator<Item = u8> + use<'a> {
        let coded = self.coded;
        let restarts = std::iter::successors(restart(coded, self.at), |&(_, behind)| restart(coded, behind));
        restarts.map(|(number, _)| number)
    }

    /// Starts reading at the current place, as behind an RSTm marker.
    pub(super) fn begin_interval(&mut self) -> Bits {
        self.filled = 0;
        self.interval_ended = false;
        self.exhausted = false;
        self.fill(Bits::default())
    }
}

/// The m of the first RSTm marker of the scan `coded` that begins at `at` or behind it, and the offset behind it.
fn restart(coded: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += coded.get(at..)?.iter().position(|&byte| byte == 0xFF)?;
        match *coded.get(at + 1)? {
            0xFF => at += 1,
            marker @ RST0..=RST7 => return Some((marker - RST0, at + 2)),
            marker if ends_scan(marker) => return None,
            _ => at += 2,
        }
    }
}

/// How many of `bytes` stand before the first 0xFF.
#[inline(always)]
pub(in crate::jpeg) fn bytes_before_ff(bytes: [u8; 8]) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    // Mycroft's test for a zero byte, on the complement; the lowest flag that it sets is exact.
    let word = u64::from_le_bytes(bytes);
    let flags = (!word).wrapping_sub(LOW) & word & (LOW << 7);
    flags.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_extended_as_in_table_f_1() {
        assert_eq!([extend(0, 0), extend(0, 1), extend(1, 1)], [0, -1, 1]);
        assert_eq!([0, 1, 2, 3].map(|bits| extend(bits, 2)), [-3, -2, 2, 3]);
        assert_eq!([extend(0, 15), extend(0x7FFF, 15)], [-32767, 32767]);
    }

    #[test]
    fn the_first_ff_is_found() {
        assert_eq!(bytes_before_ff([0; 8]), 8);
        assert_eq!(bytes_before_ff([0xFE; 8]), 8);
        for place in 0..8 {
            for other in [0, 1, 0x7F, 0x80, 0xFE, 0xFF] {
                let mut bytes = [other; 8];
                bytes[..place].fill(0xFE);
                bytes[place] = 0xFF;
                assert_eq!(bytes_before_ff(bytes), place, "{bytes:x?}");
            }
        }
    }

    /// All bits of an interval, in steps of `step`.
    fn read(coded: &[u8], step: u32, bytes: usize) -> (Vec<u32>, bool) {
        let (mut reader, mut bits) = BitReader::new(coded);
        let mut values = Vec::new();
        for _ in 0..(8 * bytes).div_ceil(step as usize) {
            if reader.is_low(&bits) {
                bits = reader.fill(bits);
            }
            bits.refill(reader.window());
            values.push(bits.take(step));
        }
        (values, reader.is_exhausted(&bits))
    }

    #[test]
    fn stuffing_and_fill_bytes_go() {
        let coded = [0x12, 0xFF, 0x00, 0x34, 0xFF, 0xFF, 0x00, 0x56];
        assert_eq!(read(&coded, 8, 5), (vec![0x12, 0xFF, 0x34, 0xFF, 0x56], false));
        assert_eq!(read(&coded, 8, 6), (vec![0x12, 0xFF, 0x34, 0xFF, 0x56, 0], true));
    }

    #[test]
    fn data_longer_than_the_window_arrive_whole() {
        let plain: Vec<u8> = (0..100_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let stuffed: Vec<u8> =
            plain.iter().flat_map(|&byte| if byte == 0xFF { vec![0xFF, 0] } else { vec![byte] }).collect();
        let (values, exhausted) = read(&stuffed, 16, plain.len());
        let expected: Vec<u32> = plain.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).collect();
        assert_eq!((values, exhausted), (expected, false));
    }

    #[test]
    fn restart_markers_part_intervals() {
        let coded = [0xAB, 0xFF, RST0, 0xCD, 0xFF, RST0 + 1];
        let (mut reader, mut bits) = BitReader::new(&coded);
        bits.refill(reader.window());
        assert_eq!(bits.take(8), 0xAB);
        assert_eq!(reader.next_restart(), Some(0));
        let mut bits = reader.begin_interval();
        bits.refill(reader.window());
        assert_eq!(bits.take(4), 0xC);
        assert_eq!((reader.next_restart(), reader.next_restart()), (Some(1), None));
    }
}
