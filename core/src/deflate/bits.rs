//! Bits into bytes, the lowest bit first (RFC 1951 3.1.1).

/// Bytes in the making.
#[derive(Debug, Default)]
pub(crate) struct Bits {
    pub(crate) bytes: Vec<u8>,
    held: u64,
    /// How many bits are held: fewer than 32 between two calls.
    count: u32,
}

impl Bits {
    /// Goes on behind `bytes`.
    pub(crate) fn behind(bytes: Vec<u8>) -> Self {
        Self { bytes, held: 0, count: 0 }
    }

    /// Makes room for so many `more` bytes. What is held twice while it moves is little more than what there is: a result
    /// grows by a quarter, not by as much again.
    pub(crate) fn reserve(&mut self, more: usize) {
        if self.bytes.capacity() - self.bytes.len() < more {
            self.bytes.reserve_exact(more.max(self.bytes.len() / 4));
        }
    }

    /// Adds the `count` low bits of `bits`, at most 32; the others are 0.
    #[inline(always)]
    pub(crate) fn put(&mut self, bits: u32, count: u32) {
        self.held |= u64::from(bits) << self.count;
        self.count += count;
        if self.count >= 32 {
            self.bytes.extend_from_slice(&(self.held as u32).to_le_bytes());
            self.held >>= 32;
            self.count -= 32;
        }
    }

    /// What puts bits into a buffer, until [`Self::lower`].
    #[inline(always)]
    pub(super) fn lift(&mut self) -> Pen {
        // Whole bytes first: then 56 more bits fit.
        self.bytes.extend_from_slice(&self.held.to_le_bytes()[..self.count as usize / 8]);
        Pen { at: 0, held: self.held >> (self.count & !7), count: self.count & 7 }
    }

    /// Takes what `pen` put into `buffer`.
    #[inline(always)]
    pub(super) fn lower(&mut self, pen: Pen, buffer: &[u8]) {
        self.bytes.extend_from_slice(&buffer[..pen.at]);
        (self.held, self.count) = (pen.held, pen.count);
    }

    /// Fills the last byte up with zeros.
    pub(crate) fn align(&mut self) {
        let whole = self.count.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&self.held.to_le_bytes()[..whole]);
        (self.held, self.count) = (0, 0);
    }
}

/// Where in a buffer bits are put.
pub(super) struct Pen {
    at: usize,
    held: u64,
    /// How many bits are held: fewer than 8 between two calls.
    count: u32,
}

impl Pen {
    /// Adds the `count` low bits of `bits`, at most 56; the others are 0. `buffer` has 8 bytes to spare.
    #[inline(always)]
    pub(super) fn put(&mut self, buffer: &mut [u8], bits: u64, count: u32) {
        let held = self.held | bits << self.count;
        let count = self.count + count;
        if let Some(to) = buffer.get_mut(self.at..self.at + 8) {
            to.copy_from_slice(&held.to_le_bytes());
        }
        self.at += count as usize / 8;
        (self.held, self.count) = (held >> (count & !7), count & 7);
    }
}
