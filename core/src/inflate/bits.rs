//! Bytes into bits, the lowest bit first (RFC 1951 3.1.1).

use super::Stop;
use super::input::Input;

/// A place among the bits of an input, and those that come next. Of `held`, the `count` lowest bits are sure to be there;
/// those above are zeros or bits of the input, too.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits {
    pub(super) held: u64,
    pub(super) count: u8,
    /// Bytes of the input that are in `held`, or were.
    pub(super) at: usize,
}

impl Bits {
    /// Those that begin with the byte `at`.
    pub(super) fn starting(at: usize) -> Self {
        Self { at, ..Self::default() }
    }

    /// Bits of the input that have been taken.
    #[inline(always)]
    pub(super) fn place(&self) -> usize {
        8 * self.at - usize::from(self.count)
    }

    /// Makes it 56 bits or more. The input has 8 bytes more.
    #[inline(always)]
    pub(super) fn refill(&mut self, input: &Input) {
        // Bits above `count` come once more, and are the same.
        self.held |= input.eight(self.at) << (self.count & 63);
        self.at += 7 - usize::from(self.count >> 3 & 7);
        self.count |= 56;
    }

    /// Makes it 56 bits or more, or all that there are.
    #[inline(never)]
    pub(super) fn refill_slowly(&mut self, input: &Input) {
        if self.at + 8 <= input.end {
            return self.refill(input);
        }
        while self.count < 56
            && let Some(&byte) = input.bytes[..input.end].get(self.at)
        {
            self.held |= u64::from(byte) << self.count;
            self.count += 8;
            self.at += 1;
        }
    }

    /// Passes over so many bits, fewer than 64, that are there.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u8) {
        self.held >>= count & 63;
        self.count = self.count.wrapping_sub(count);
    }

    /// Passes over so many bits, if they are there.
    pub(super) fn try_skip(&mut self, count: u8) -> Result<(), Stop> {
        if self.count < count {
            return Err(Stop::Short);
        }
        self.skip(count);
        Ok(())
    }

    /// The next `count` bits, at most 16.
    pub(super) fn take(&mut self, count: u8, input: &Input) -> Result<u32, Stop> {
        self.refill_slowly(input);
        let bits = self.held as u32 & ((1 << count) - 1);
        self.try_skip(count)?;
        Ok(bits)
    }

    /// Gives back the bytes of which no bit was taken.
    pub(super) fn settle(&mut self) {
        self.at -= usize::from(self.count / 8);
        self.count &= 7;
        self.held &= (1 << self.count) - 1;
    }
}
