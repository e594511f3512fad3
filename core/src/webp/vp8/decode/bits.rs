//! The arithmetic decoder of RFC 6386, 7.3.

/// Reads bits, each with the probability that it is 0. Behind the last byte there are zeros.
#[derive(Clone, Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The interval's length, 128 to 255 between two bits.
    range: u32,
    /// What was read of the bytes, less the interval's bottom: 8 bits to be compared with its length, and `ahead` more.
    value: u64,
    ahead: i32,
    /// Bytes that were read behind the last one.
    missing: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, range: 255, value: 0, ahead: -8, missing: 0 }
    }

    #[cold]
    #[inline(never)]
    fn load_last(&mut self) {
        while self.ahead <= 40 {
            let byte = match self.bytes.split_first() {
                Some((&byte, rest)) => {
                    self.bytes = rest;
                    byte
                }
                None => {
                    self.missing += 1;
                    0
                }
            };
            self.value = self.value << 8 | u64::from(byte);
            self.ahead += 8;
        }
    }

    /// A bit that is 0 with a probability of `zero`/256.
    #[inline(always)]
    pub(super) fn get(&mut self, zero: u8) -> bool {
        if self.ahead < 0 {
            if let Some((bytes, rest)) = self.bytes.split_first_chunk::<4>() {
                self.value = self.value << 32 | u64::from(u32::from_be_bytes(*bytes));
                self.bytes = rest;
                self.ahead += 32;
            } else {
                self.load_last();
            }
        }
        let split = 1 + (((self.range - 1) * u32::from(zero)) >> 8);
        let place = u64::from(split) << self.ahead;
        let bit = self.value >= place;
        if bit {
            self.value -= place;
            self.range -= split;
        } else {
            self.range = split;
        }
        let shift = self.range.leading_zeros() - 24;
        self.range <<= shift;
        self.ahead -= shift as i32;
        bit
    }

    /// The same, where it does not matter how long that takes.
    #[inline(never)]
    pub(super) fn slowly(&mut self, zero: u8) -> bool {
        self.get(zero)
    }

    /// A bit that is as likely 0 as 1.
    pub(super) fn flag(&mut self) -> bool {
        self.slowly(128)
    }

    pub(super) fn number(&mut self, bits: u32) -> i32 {
        (0..bits).fold(0, |number, _| number << 1 | i32::from(self.flag()))
    }

    /// A number with a sign.
    pub(super) fn signed(&mut self, bits: u32) -> i32 {
        let magnitude = self.number(bits);
        if self.flag() { -magnitude } else { magnitude }
    }

    /// A number with a sign that may be missing.
    pub(super) fn optional(&mut self, bits: u32) -> Option<i32> {
        self.flag().then(|| self.signed(bits))
    }

    /// Whether bits were read that are not there. One byte is let pass, as some writers leave out a last 0.
    pub(super) fn is_past_end(&self) -> bool {
        // Of the bytes that were read, so many were not looked at.
        let unseen = self.ahead.max(0) as u32 / 8;
        self.missing > unseen + 1
    }
}
