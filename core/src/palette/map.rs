//! Which entry of a palette stands for a colour.

use super::feature::{self, Feature};
use super::{CLEAR, Color, rank};
use crate::sort::sort;

/// Which entry of a palette stands for a colour: itself, if it is one, else the nearest: an opaque one for an opaque
/// colour, a translucent one for others. It depends on the colour alone.
#[derive(Debug)]
pub(crate) struct Map {
    /// The entries as ranks, sorted.
    ranks: Vec<u64>,
    opaque: Nearest,
    translucent: Nearest,
    /// What was asked before: colours, each with the index; a slot for each of so many hashes.
    known: Vec<(Color, [u8; CHOICES])>,
}

const KNOWN_BITS: u32 = 13;

/// How many entries are offered for a colour.
pub(crate) const CHOICES: usize = 8;

/// The squared distance up to which an entry does nearly as well as a nearer one: that of 3.5 levels of lightness. On
/// photographs it saves a seventh of a GIF's bytes for 1.2 points of SSIMULACRA2; 16 saves a fifth for 2.1.
const NEARLY: u32 = 12 << 10;

impl Map {
    /// Onto `colors`, sorted by rank; at most 256.
    pub(crate) fn onto(colors: &[Color]) -> Self {
        let part = |opaque: bool| {
            let of_kind =
                colors.iter().enumerate().filter(|&(_, color)| *color != CLEAR && (color[3] == 255) == opaque);
            Nearest::of(of_kind.map(|(index, &color)| (feature::of(color), index as u8)).collect())
        };
        Self {
            ranks: colors.iter().map(|&color| rank(color)).collect(),
            opaque: part(true),
            translucent: part(false),
            // Clear is the first entry, where it is one.
            known: vec![(CLEAR, [0; CHOICES]); 1 << KNOWN_BITS],
        }
    }

    /// The index of the entry that stands for `color`.
    pub(crate) fn index(&mut self, color: Color) -> u8 {
        self.indices(color)[0]
    }

    /// The index of the entry that stands for `color`, then those of others that would do nearly as well, nearer ones
    /// first; the last one again where there are fewer.
    pub(crate) fn indices(&mut self, color: Color) -> [u8; CHOICES] {
        let slot = (u32::from_be_bytes(color).wrapping_mul(0x9E37_79B9) >> (32 - KNOWN_BITS)) as usize;
        if self.known[slot].0 != color {
            self.known[slot] = (color, self.find(color));
        }
        self.known[slot].1
    }

    fn find(&self, color: Color) -> [u8; CHOICES] {
        if let Ok(index) = self.ranks.binary_search(&rank(color)) {
            return [index as u8; CHOICES];
        }
        let Some((first, _)) = self.nearest(color) else { return [0; CHOICES] };
        let kind = if color[3] == 255 { &self.opaque } else { &self.translucent };
        kind.around(&feature::of(color), first)
    }

    /// How far `color` lies from the entry nearest to it, squared.
    pub(super) fn error(&self, color: Color) -> u32 {
        self.nearest(color).map_or(0, |(_, error)| error)
    }

    fn nearest(&self, color: Color) -> Option<(u8, u32)> {
        let [first, second] =
            if color[3] == 255 { [&self.opaque, &self.translucent] } else { [&self.translucent, &self.opaque] };
        let place = feature::of(color);
        first.find(&place).or_else(|| second.find(&place))
    }
}

/// Finds the nearest of some points.
#[derive(Debug)]
pub(super) struct Nearest {
    /// Sorted by their first component; at most 256.
    points: Vec<(Feature, u8)>,
}

impl Nearest {
    pub(super) fn of(points: Vec<(Feature, u8)>) -> Self {
        let key = |(at, (place, _)): (usize, &(Feature, u8))| (place[0] as u64) << 8 | at as u64;
        let mut keys: Vec<u64> = points.iter().enumerate().map(key).collect();
        sort(&mut keys);
        Self { points: keys.into_iter().map(|key| points[key as usize & 255]).collect() }
    }

    /// The index of the point nearest to `place`, and its squared distance; `None` where there are no points.
    ///
    /// From where `place` would stand among the points it looks at those to both sides, until their first components alone
    /// are further away than the nearest point.
    pub(super) fn find(&self, place: &Feature) -> Option<(u8, u32)> {
        let start = self.points.partition_point(|(point, _)| point[0] < place[0]);
        let (below, above) = self.points.split_at(start);
        let mut best = None;
        let mut least = u32::MAX;
        let mut look = |&(point, index): &(Feature, u8)| {
            let apart = point[0].abs_diff(place[0]);
            if apart * apart >= least {
                return false;
            }
            let distance = feature::distance(&point, place);
            if distance < least {
                (least, best) = (distance, Some(index));
            }
            true
        };
        let (mut below, mut above) = (below.iter().rev(), above.iter());
        let (mut goes_down, mut goes_up) = (true, true);
        while goes_down || goes_up {
            goes_down = goes_down && below.next().is_some_and(&mut look);
            goes_up = goes_up && above.next().is_some_and(&mut look);
        }
        best.map(|index| (index, least))
    }

    /// `first`, then the indices of other points that lie no further than [`NEARLY`] from `place`.
    fn around(&self, place: &Feature, first: u8) -> [u8; CHOICES] {
        let reach = NEARLY.isqrt() as i32;
        let start = self.points.partition_point(|(point, _)| point[0] < place[0] - reach);
        let mut found = [(u32::MAX, first); CHOICES];
        found[0] = (0, first);
        let near = self.points[start..].iter().take_while(|(point, _)| point[0] <= place[0] + reach);
        for &(point, index) in near.filter(|&&(_, index)| index != first) {
            let distance = feature::distance(&point, place);
            if distance <= NEARLY
                && let Some(at) = found.iter().position(|&(other, _)| distance < other)
            {
                found[at.max(1)..].rotate_right(1);
                found[at.max(1)] = (distance, index);
            }
        }
        found.map(|(_, index)| index)
    }
}
