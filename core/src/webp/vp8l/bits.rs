//! Bits of a VP8L stream (RFC 9649, 3.3): those of a byte from the lowest on.

/// A reader of bits. Behind the end there are zeros, and [`is_past_end`](Self::is_past_end) tells that some were taken.
pub(super) struct Bits<'a> {
    rest: &'a [u8],
    /// The next bits from the lowest on; above `filled` of them there may be some more.
    window: u64,
    filled: u32,
    /// Bits put into the window that were not in the data.
    missing: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { rest: data, window: 0, filled: 0, missing: 0 }
    }

    /// Makes at least 56 bits ready for [`peek`](Self::peek) and [`skip`](Self::skip).
    #[inline]
    pub(super) fn refill(&mut self) {
        if let Some(word) = self.rest.first_chunk() {
            self.window |= u64::from_le_bytes(*word) << self.filled;
            let bytes = (63 - self.filled) / 8;
            self.rest = &self.rest[bytes as usize..];
            self.filled += 8 * bytes;
        } else {
            self.refill_at_end();
        }
    }

    #[inline(never)]
    fn refill_at_end(&mut self) {
        while self.filled <= 56 {
            if let [byte, rest @ ..] = self.rest {
                self.window |= u64::from(*byte) << self.filled;
                self.rest = rest;
            } else {
                self.missing = self.missing.saturating_add(8);
            }
            self.filled += 8;
        }
    }

    /// The next 32 bits, the first one lowest; zeros where they are not ready.
    #[inline]
    pub(super) const fn peek(&self) -> u32 {
        self.window as u32
    }

    /// Passes over so many bits, which are ready.
    #[inline]
    pub(super) const fn skip(&mut self, count: u32) {
        self.window >>= count;
        self.filled -= count;
    }

    /// The number in the next `count` bits, 25 at most.
    pub(super) fn read(&mut self, count: u32) -> u32 {
        if self.filled < count {
            self.refill();
        }
        let value = self.peek() & ((1 << count) - 1);
        self.skip(count);
        value
    }

    /// The next bit.
    pub(super) fn flag(&mut self) -> bool {
        self.read(1) != 0
    }

    /// Whether more bits were taken than there are.
    pub(super) const fn is_past_end(&self) -> bool {
        self.filled < self.missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_from_the_lowest_on() {
        let data: Vec<u8> = (0..40).map(|i| (i * 37 + 11) as u8).collect();
        for width in 1..=25 {
            let mut bits = Bits::new(&data);
            let mut at = 0;
            while at + width <= 320 {
                let expected =
                    (0..width).map(|i| u32::from(data[(at + i) / 8] >> ((at + i) % 8) & 1) << i).sum::<u32>();
                assert_eq!(bits.read(width as u32), expected, "{width} bits at {at}");
                at += width;
            }
            assert!(!bits.is_past_end(), "{width}");
            bits.read(25);
            assert!(bits.is_past_end(), "{width}");
        }
    }
}
