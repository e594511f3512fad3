//! What was inflated, and may be pointed back to.

use super::lane::Sink;
use super::zeros;

/// Bytes that a stream may point back to (RFC 1951 2).
const BACK: usize = 1 << 15;

const SIZE: usize = 1 << 18;

/// The window's bytes, and what may be written behind the last match with it, whatever that is.
type Bytes = [u8; SIZE + 32];

/// What was inflated, the last 32 KiB of it at least.
pub(super) struct Window {
    bytes: Box<Bytes>,
    /// What has been taken.
    pub(super) taken: usize,
    /// How many there are.
    pub(super) at: usize,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { bytes: zeros(), taken: 0, at: 0 }
    }

    /// How many bytes may be written.
    pub(super) fn room(&self) -> usize {
        SIZE.saturating_sub(self.at)
    }

    /// Those that have not been taken.
    pub(super) fn ready(&self) -> &[u8] {
        &self.bytes[self.taken..self.at]
    }

    /// Forgets what has been taken, all but the last 32 KiB.
    pub(super) fn slide(&mut self) {
        let from = self.taken.saturating_sub(BACK);
        self.bytes.copy_within(from..self.at, 0);
        self.taken -= from;
        self.at -= from;
    }

    /// Adds `bytes`, for which there is room.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Lets its end grow.
    #[inline(always)]
    pub(super) fn grow<T>(&mut self, by: impl FnOnce(&mut End<'_>) -> T) -> T {
        let mut end = End { at: self.at, bytes: &mut self.bytes };
        let result = by(&mut end);
        self.at = end.at;
        debug_assert!(self.at <= SIZE, "there is room for all that is written");
        result
    }
}

/// The end of a window, where it grows.
pub(super) struct End<'a> {
    bytes: &'a mut Bytes,
    pub(super) at: usize,
}

impl End<'_> {
    /// Adds the first `count` of `bytes`. Has room for 16, and so many are there.
    #[inline(always)]
    pub(super) fn extend(&mut self, bytes: &[u8], count: usize) {
        if let Some(sixteen) = bytes.first_chunk() {
            *self.slot() = *sixteen;
        }
        if count > 16 {
            self.bytes[self.at..self.at + count].copy_from_slice(&bytes[..count]);
        }
        self.at += count;
    }
}

impl Sink for End<'_> {
    #[inline(always)]
    fn slot(&mut self) -> &mut [u8; 16] {
        slot(self.bytes, self.at)
    }

    #[inline(always)]
    fn wrote(&mut self, count: usize) {
        self.at += count;
    }

    #[inline(always)]
    fn repeat(&mut self, length: usize, distance: usize) -> bool {
        let there = distance <= self.at;
        if there {
            copy(self.bytes, self.at, length, distance);
            self.at += length;
        }
        there
    }
}

/// For each distance up to 8: which bytes of eight count, what repeats them when multiplied by it, and by how much the
/// distance grows to the smallest multiple that is 8 or more.
const NEAR: [(u64, u64, usize); 9] = [
    (!0, 1, 0),
    (0xFF, 0x0101_0101_0101_0101, 7),
    (0xFFFF, 0x0001_0001_0001_0001, 6),
    (0xFF_FFFF, 0x0001_0000_0100_0001, 6),
    (0xFFFF_FFFF, 0x0000_0001_0000_0001, 4),
    (0xFF_FFFF_FFFF, 0x0000_0100_0000_0001, 5),
    (0xFFFF_FFFF_FFFF, 0x0001_0000_0000_0001, 6),
    (0xFF_FFFF_FFFF_FFFF, 0x0100_0000_0000_0001, 7),
    (!0, 1, 0),
];

/// Copies `length` bytes to `at` from so far before. Most matches are short: 16 bytes are copied without a branch.
#[inline(always)]
fn copy(bytes: &mut Bytes, at: usize, length: usize, distance: usize) {
    let (mask, repeat, more) = NEAR[distance.min(8)];
    let first = (eight(bytes, at - distance) & mask).wrapping_mul(repeat);
    put(bytes, at, first);
    let distance = distance + more;
    put(bytes, at + 8, eight(bytes, at + 8 - distance));
    if length > 16 {
        copy_on(bytes, at, length, distance);
    }
}

/// Goes on behind the first 16 bytes; the distance is 8 or more.
#[inline(never)]
fn copy_on(bytes: &mut Bytes, at: usize, length: usize, distance: usize) {
    /// So many bytes are not worth a call.
    const FEW: usize = 64;
    let mut done = 16;
    if distance == 8 {
        let first = eight(bytes, at);
        while done < length {
            put(bytes, at + done, first);
            done += 8;
        }
    }
    while distance >= 16 && done < length.min(FEW) {
        let sixteen = *slot(bytes, at + done - distance);
        *slot(bytes, at + done) = sixteen;
        done += 16;
    }
    // What was copied repeats itself: from twice as far before, twice as much can be copied.
    let mut far = distance;
    while done < length {
        if 2 * far <= done {
            far *= 2;
            continue;
        }
        let from = at + done - far;
        let count = far.min(length - done);
        bytes.copy_within(from..from + count, at + done);
        done += count;
    }
}

#[inline(always)]
fn slot(bytes: &mut Bytes, at: usize) -> &mut [u8; 16] {
    let at = at % SIZE;
    bytes[at..].first_chunk_mut().expect("there are sixteen more")
}

#[inline(always)]
fn eight(bytes: &Bytes, at: usize) -> u64 {
    let at = at % SIZE;
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or_default())
}

#[inline(always)]
fn put(bytes: &mut Bytes, at: usize, eight: u64) {
    let at = at % SIZE;
    bytes[at..at + 8].copy_from_slice(&eight.to_le_bytes());
}
