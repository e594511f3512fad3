//! How often colours occur.

use super::{CLEAR, Color, Map, color_of, cut, rank};
use crate::sort::sort;

/// Pixels of like colour: how many, and the sums of their components.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bin {
    pub(super) count: u64,
    pub(super) sums: [u64; 4],
}

impl Bin {
    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum += more;
        }
    }

    /// The mean colour, rounded; of no pixels, black.
    pub(super) fn mean(&self) -> Color {
        self.sums.map(|sum| ((2 * sum + self.count).checked_div(2 * self.count)).unwrap_or(0) as u8)
    }
}

/// How often colours occur: each by itself while there are at most so many, else with those that share its
/// components' upper bits, as many of them as keep to that number. Which bins there are does not depend on the order of the pixels.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    /// Bins by the hash of their key; free where the count is 0.
    slots: Vec<(u32, Bin)>,
    used: usize,
    /// The most bins.
    most: usize,
    /// How many lower bits of components make no difference.
    dropped: u32,
    has_clear: bool,
    /// Equal pixels that were not counted yet.
    run: (Color, u64),
}

/// Slots at first; there are always at least twice as many as bins.
const FIRST_SLOTS: usize = 1 << 10;

impl Histogram {
    /// Of as many bins as a palette gains by.
    pub(crate) fn fine() -> Self {
        Self::of(1 << 15)
    }

    /// Of fewer bins: where one of many pictures is to be done in a third of the time.
    pub(crate) fn coarse() -> Self {
        Self::of(1 << 13)
    }

    fn of(most: usize) -> Self {
        Self { slots: Vec::new(), used: 0, most, dropped: 0, has_clear: false, run: (CLEAR, 0) }
    }

    /// Counts a pixel.
    pub(crate) fn add(&mut self, pixel: Color) {
        if pixel == self.run.0 {
            self.run.1 += 1;
        } else {
            let (color, count) = std::mem::replace(&mut self.run, (pixel, 1));
            self.add_run(color, count);
        }
    }

    /// Counts the pixels that wait for others of their kind: to be called behind the last one.
    pub(crate) fn finish(&mut self) {
        let (color, count) = std::mem::replace(&mut self.run, (CLEAR, 0));
        self.add_run(color, count);
    }

    fn add_run(&mut self, color: Color, count: u64) {
        if color[3] == 0 {
            self.has_clear |= count > 0;
            return;
        }
        if self.slots.is_empty() {
            self.slots = vec![(0, Bin::default()); FIRST_SLOTS];
        }
        let bin = Bin { count, sums: color.map(|level| u64::from(level) * count) };
        self.add_bin(key(color, self.dropped), &bin);
        while 2 * self.used > self.slots.len() {
            let mut slots = self.slots.len();
            if self.used > self.most {
                self.dropped += 1;
            } else {
                slots *= 2;
            }
            self.used = 0;
            let old = std::mem::replace(&mut self.slots, vec![(0, Bin::default()); slots]);
            for (_, bin) in old.into_iter().filter(|(_, bin)| bin.count > 0) {
                self.add_bin(key(bin.mean(), self.dropped), &bin);
            }
        }
    }

    fn add_bin(&mut self, key: u32, bin: &Bin) {
        // Fibonacci hashing (Knuth, vol. 3, 6.4): 2³² divided by the golden ratio.
        let mut slot = (key.wrapping_mul(0x9E37_79B9) >> (32 - self.slots.len().trailing_zeros())) as usize;
        while self.slots[slot].1.count > 0 && self.slots[slot].0 != key {
            slot = (slot + 1) % self.slots.len();
        }
        let found = &mut self.slots[slot];
        self.used += usize::from(found.1.count == 0);
        found.0 = key;
        found.1.add(bin);
    }

    /// How far the colours lie from the entries that stand for them: the mean of the squares, of a component's level
    /// about as the eye weighs it, times 1024.
    pub(crate) fn error(&self, map: &Map) -> u64 {
        let (mut sum, mut count) = (0, 0);
        for (_, bin) in self.slots.iter().filter(|(_, bin)| bin.count > 0) {
            sum += u64::from(map.error(bin.mean())) * bin.count;
            count += bin.count;
        }
        sum / count.max(1)
    }

    /// At most `most` colours, sorted by alpha, that stand for all of them; and whether there are more than that.
    pub(crate) fn palette(&self, most: usize) -> (Vec<Color>, bool) {
        let clear = self.has_clear.then_some(CLEAR);
        let bins: Vec<Bin> = self.slots.iter().map(|&(_, bin)| bin).filter(|bin| bin.count > 0).collect();
        let most = most - usize::from(self.has_clear);
        let reduced = self.dropped > 0 || bins.len() > most;
        let entries = if reduced { cut::palette(&bins, most) } else { bins.iter().map(Bin::mean).collect() };
        let mut ranks: Vec<u64> = clear.into_iter().chain(entries).map(rank).collect();
        sort(&mut ranks);
        ranks.dedup();
        (ranks.into_iter().map(color_of).collect(), reduced)
    }
}

/// `color` without the lowest `dropped` bits of its components; whole opacity is a kind of its own.
fn key(color: Color, dropped: u32) -> u32 {
    let mask = 0xFF << dropped;
    let [r, g, b, alpha] = color.map(|level| level & mask as u8);
    u32::from_be_bytes([if color[3] == 255 { 255 } else { alpha.min(254) }, r, g, b])
}
