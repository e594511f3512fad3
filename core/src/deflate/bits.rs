//! Bits into bytes, the lowest bit first (RFC 1951 3.1.1).

/// Bytes in the making.
#[derive(Debug, Default)]
pub(super) struct Bits {
    pub(super) bytes: Vec<u8>,
    held: u64,
    /// How many bits are held: fewer than 32 between two calls.
    count: u32,
}

impl Bits {
    /// Goes on behind `bytes`.
    pub(super) fn behind(bytes: Vec<u8>) -> Self {
        Self { bytes, held: 0, count: 0 }
    }

    /// Makes room for so many `more` bytes. What is held twice while it moves is little more than what there is: a result
    /// grows by a quarter, not by as much again.
    pub(super) fn reserve(&mut self, more: usize) {
        if self.bytes.capacity() - self.bytes.len() < more {
            self.bytes.reserve_exact(more.max(self.bytes.len() / 4));
        }
    }

    /// Adds the `count` low bits of `bits`, at most 32; the others are 0.
    #[inline(always)]
    pub(super) fn put(&mut self, bits: u32, count: u32) {
        self.held |= u64::from(bits) << self.count;
        self.count += count;
        if self.count >= 32 {
            self.bytes.extend_from_slice(&(self.held as u32).to_le_bytes());
            self.held >>= 32;
            self.count -= 32;
        }
    }

    /// Adds `entries`, bits and how many of them, at most 48: so many that they fit into `N` bytes with 8 bytes to spare.
    #[inline(always)]
    pub(super) fn gather<const N: usize>(&mut self, entries: impl Iterator<Item = (u64, u32)>) {
        let mut buffer = [0; N];
        let (mut at, mut held, mut count) = (0, self.held, self.count);
        // Whole bytes first: then 48 more bits fit.
        self.bytes.extend_from_slice(&held.to_le_bytes()[..count as usize / 8]);
        (held, count) = (held >> (count & !7), count & 7);
        for (bits, length) in entries {
            held |= bits << count;
            count += length;
            if let Some(to) = buffer.get_mut(at..at + 8) {
                to.copy_from_slice(&held.to_le_bytes());
            }
            at += count as usize / 8;
            held >>= count & !7;
            count &= 7;
        }
        self.bytes.extend_from_slice(&buffer[..at]);
        (self.held, self.count) = (held, count);
    }

    /// Fills the last byte up with zeros.
    pub(super) fn align(&mut self) {
        let whole = self.count.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&self.held.to_le_bytes()[..whole]);
        (self.held, self.count) = (0, 0);
    }
}
