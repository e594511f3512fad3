//! Entries that stand for many colours.
//!
//! 1. All colours start as one box, opaque ones and others as one each. The box whose colours lie furthest from their
//!    mean, squared and added up, is cut in two where that sum becomes least (Wu 1991), across the axis along which they
//!    lie furthest apart, until there are as many boxes as entries. Their means are the first entries.
//! 2. Each entry moves to the mean of the colours that are nearest to it, a few times (Lloyd 1982).
//! 3. Where one colour is most of what an entry stands for, the entry becomes that colour: flat areas keep theirs.

use super::Color;
use super::feature::{self, Feature};
use super::histogram::Bin;
use super::map::Nearest;

/// How often entries move to the mean of their colours.
const MOVES: usize = 4;

/// A colour, where it lies, and how much it counts.
#[derive(Clone, Copy)]
struct Point {
    place: Feature,
    /// At most 2¹⁸ in all points together, so that squares of sums fit 64 bits.
    weight: u64,
    bin: Bin,
}

/// At most `most` colours that stand for those of `bins`.
pub(super) fn palette(bins: &[Bin], most: usize) -> Vec<Color> {
    let total: u64 = bins.iter().map(|bin| bin.count).sum();
    // Together at most 2¹⁷, and one for each of the 2¹⁵ bins.
    let shift = (64 - total.leading_zeros()).saturating_sub(17);
    let point = |bin: &Bin| Point { place: feature::of(bin.mean()), weight: (bin.count >> shift) + 1, bin: *bin };
    let mut points: Vec<Point> = bins.iter().map(point).collect();
    let mut translucent = 0;
    for i in 0..points.len() {
        if points[i].bin.mean()[3] < 255 {
            points.swap(i, translucent);
            translucent += 1;
        }
    }
    let (translucent, opaque) = points.split_at_mut(translucent);
    let mut entries = boxes(translucent, opaque, most);
    for _ in 0..MOVES {
        entries = moved(&points, &entries);
    }
    settled(&points, &entries)
}

/// The means of at most `most` boxes of points.
fn boxes(translucent: &mut [Point], opaque: &mut [Point], most: usize) -> Vec<Color> {
    let mut boxes: Vec<(u64, &mut [Point])> =
        [translucent, opaque].into_iter().filter(|points| !points.is_empty()).map(|p| (spread(p).0, p)).collect();
    while boxes.len() < most {
        let Some(widest) = (0..boxes.len()).max_by_key(|&i| (boxes[i].0, i)) else { break };
        if boxes[widest].0 == 0 {
            break;
        }
        let (_, points) = boxes.swap_remove(widest);
        let axis = spread(points).1;
        let at = cut(points, axis);
        let (low, high) = points.split_at_mut(at);
        boxes.extend([low, high].map(|points| (spread(points).0, points)));
    }
    boxes.iter().map(|(_, points)| mean(points.iter())).collect()
}

/// The mean colour of `points`.
fn mean<'a>(points: impl Iterator<Item = &'a Point>) -> Color {
    let mut sum = Bin::default();
    points.for_each(|point| sum.add(&point.bin));
    sum.mean()
}

/// How far `points` lie from their mean, squared, times their weights; and the axis along which most of it lies.
fn spread(points: &[Point]) -> (u64, usize) {
    let weight: u64 = points.iter().map(|point| point.weight).sum();
    let along = |axis: usize| {
        let sum: i64 = points.iter().map(|point| i64::from(point.place[axis]) * point.weight as i64).sum();
        let middle = sum / weight.max(1) as i64;
        points.iter().map(|point| (i64::from(point.place[axis]).abs_diff(middle)).pow(2) * point.weight).sum()
    };
    let sums: [u64; 4] = std::array::from_fn(along);
    let widest = (0..4).max_by_key(|&axis| (sums[axis], 4 - axis)).unwrap_or(0);
    (sums.iter().sum(), widest)
}

/// Parts `points`, which do not all agree along `axis`, where the box is best cut; how many lie on the lower side, some but
/// not all.
fn cut(points: &mut [Point], axis: usize) -> usize {
    const SLICES: usize = 256;
    let along = |point: &Point| i64::from(point.place[axis]);
    let (low, high) = points.iter().map(along).fold((i64::MAX, i64::MIN), |(low, high), v| (low.min(v), high.max(v)));
    let slice = |point: &Point| ((along(point) - low) * (SLICES as i64 - 1) / (high - low).max(1)) as usize;
    let mut slices = [(0_i64, 0_i64); SLICES];
    let (mut all_weight, mut all_sum) = (0, 0);
    for point in points.iter() {
        let (weight, sum) = (point.weight as i64, (along(point) - low) * point.weight as i64);
        let of_slice = &mut slices[slice(point)];
        (of_slice.0, of_slice.1) = (of_slice.0 + weight, of_slice.1 + sum);
        (all_weight, all_sum) = (all_weight + weight, all_sum + sum);
    }
    let (mut weight, mut sum) = (0, 0);
    let mut best = (0, 0);
    for (at, of_slice) in slices[..SLICES - 1].iter().enumerate() {
        (weight, sum) = (weight + of_slice.0, sum + of_slice.1);
        // The squares around both means add up to least where this is most.
        let gain = sum * sum / weight.max(1) + (all_sum - sum).pow(2) / (all_weight - weight).max(1);
        if gain > best.0 {
            best = (gain, at);
        }
    }
    let mut below = 0;
    for i in 0..points.len() {
        if slice(&points[i]) <= best.1 {
            points.swap(i, below);
            below += 1;
        }
    }
    below
}

/// The entries nearest to each of `points`, which are sorted by nothing.
fn nearest<'a>(points: &'a [Point], entries: &[Color]) -> impl Iterator<Item = (&'a Point, usize)> {
    let part = |opaque: bool| {
        let of_kind = entries.iter().enumerate().filter(move |(_, entry)| (entry[3] == 255) == opaque);
        Nearest::of(of_kind.map(|(index, &entry)| (feature::of(entry), index as u8)).collect())
    };
    let (opaque, translucent) = (part(true), part(false));
    points.iter().map(move |point| {
        let kind = if point.bin.mean()[3] == 255 { &opaque } else { &translucent };
        (point, kind.find(&point.place).map_or(0, |(index, _)| index.into()))
    })
}

/// The means of the points that are nearest to each of `entries`.
fn moved(points: &[Point], entries: &[Color]) -> Vec<Color> {
    let mut sums = vec![Bin::default(); entries.len()];
    nearest(points, entries).for_each(|(point, entry)| sums[entry].add(&point.bin));
    entries.iter().zip(&sums).map(|(entry, sum)| if sum.count > 0 { sum.mean() } else { *entry }).collect()
}

/// Each entry as the one colour that is most of what it stands for, where there is one.
fn settled(points: &[Point], entries: &[Color]) -> Vec<Color> {
    let mut counts = vec![(0, 0, [0; 4]); entries.len()];
    for (point, entry) in nearest(points, entries) {
        let (all, most, color) = &mut counts[entry];
        *all += point.bin.count;
        if point.bin.count > *most {
            (*most, *color) = (point.bin.count, point.bin.mean());
        }
    }
    entries.iter().zip(counts).map(|(entry, (all, most, color))| if 2 * most > all { color } else { *entry }).collect()
}
