//! Input that waits.

use super::zeros;

/// The most bytes that wait.
const MOST: usize = 1 << 16;

/// Bytes of the input, a piece behind the other.
pub(super) struct Input {
    /// Eight more, so that eight can be read anywhere.
    pub(super) bytes: Box<[u8; MOST + 8]>,
    /// Those before it have been read.
    pub(super) at: usize,
    pub(super) end: usize,
    /// Whether nothing comes behind these.
    pub(super) whole: bool,
}

impl Input {
    pub(super) fn new() -> Self {
        Self { bytes: zeros(), at: 0, end: 0, whole: false }
    }

    /// The bytes that wait.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.bytes[self.at..self.end]
    }

    /// Takes of `bytes` what there is room for, and says how many that are.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> usize {
        if bytes.len() > MOST - self.end {
            self.bytes.copy_within(self.at..self.end, 0);
            (self.at, self.end) = (0, self.end - self.at);
        }
        let count = bytes.len().min(MOST - self.end);
        self.bytes[self.end..self.end + count].copy_from_slice(&bytes[..count]);
        self.end += count;
        count
    }

    /// Eight bytes from `at` on, the first one lowest.
    #[inline(always)]
    pub(super) fn eight(&self, at: usize) -> u64 {
        let at = at % MOST;
        u64::from_le_bytes(self.bytes[at..at + 8].try_into().unwrap_or_default())
    }
}
