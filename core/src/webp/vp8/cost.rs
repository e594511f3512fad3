//! What bits cost, in 1/256 of one.

use crate::lanes::{i16x16, zeros};

use super::tables::{BANDS, CATEGORIES, Probabilities};

/// The cost of what has a probability of so many 256ths.
const COSTS: [u16; 257] = {
    let mut costs = [u16::MAX / 16; 257];
    let mut probability = 1;
    while probability <= 256 {
        costs[probability as usize] = ((16 << 8) - log2(probability << 8, 8)) as u16;
        probability += 1;
    }
    costs
};

/// The logarithm of `number`, which is not 0, to the base 2, with so many bits of fraction, 16 at most, and rounded down.
pub(super) const fn log2(number: u32, bits: u32) -> u32 {
    let whole = number.ilog2();
    // 1 to 2, with 31 bits of fraction; squaring it gives one bit of the logarithm after the other.
    let mut rest = (number as u64) << (31 - whole);
    let mut fraction = 0;
    let mut bit = 0;
    while bit < bits {
        rest = (rest * rest) >> 31;
        fraction <<= 1;
        if rest >= 1 << 32 {
            rest >>= 1;
            fraction |= 1;
        }
        bit += 1;
    }
    whole << bits | fraction
}

/// The cost of `bit` where 0 has a probability of `zero`/256.
#[inline(always)]
pub(super) const fn bit(bit: bool, zero: u8) -> u32 {
    COSTS[if bit { 256 - zero as usize } else { zero as usize }] as u32
}

/// Levels from here on cost the same, as far as anything is decided by it.
const MOST_LEVEL: usize = 67;

/// What the levels of one context cost.
#[derive(Clone, Copy, Debug)]
struct Context {
    /// By magnitude: not to end here where an end is possible, the level, its sign.
    levels: [u16; MOST_LEVEL + 1],
    /// To end here.
    end: u16,
    /// Not to end here.
    more: u16,
}

/// What coefficients cost under given probabilities.
#[derive(Clone, Debug)]
pub(super) struct Costs(Box<[[[Context; 3]; 8]; 4]>);

impl Costs {
    pub(super) fn new(probabilities: &Probabilities) -> Self {
        let extra = extra_bits();
        let zero = Context { levels: [0; MOST_LEVEL + 1], end: 0, more: 0 };
        let mut costs = Box::new([[[zero; 3]; 8]; 4]);
        for (contexts, nodes) in costs.as_flattened_mut().iter_mut().zip(probabilities.as_flattened()) {
            for (context, (costs, nodes)) in contexts.iter_mut().zip(nodes).enumerate() {
                *costs = Context::new(nodes, context > 0, &extra);
            }
        }
        Self(costs)
    }

    /// The cost of the levels of a block of `kind` from the one at `first` on, in zigzag order, of which so many of its
    /// two neighbours have any.
    #[inline(never)]
    pub(super) fn block(&self, kind: usize, first: usize, neighbours: usize, levels: &[i16; 16]) -> u32 {
        let bands = &self.0[kind];
        let start = &bands[BANDS[first]][neighbours];
        let Some(last) = last(levels) else { return start.end.into() };
        let mut cost = if neighbours == 0 { u32::from(start.more) } else { 0 };
        let mut context = neighbours;
        for at in first..=last {
            let level = usize::from(levels[at].unsigned_abs());
            cost += u32::from(bands[BANDS[at]][context].levels[level.min(MOST_LEVEL)]);
            context = level.min(2);
        }
        if last < 15 { cost + u32::from(bands[BANDS[last + 1]][context].end) } else { cost }
    }
}

/// Where the last level is that is not 0.
#[inline(always)]
pub(super) fn last(levels: &[i16; 16]) -> Option<usize> {
    (!zeros(i16x16::new(*levels)) & 0xFFFF).checked_ilog2().map(|at| at as usize)
}

/// What the extra bits of a level cost, and its sign.
fn extra_bits() -> [u16; MOST_LEVEL + 1] {
    let mut costs = [256; MOST_LEVEL + 1];
    for (least, probabilities) in CATEGORIES {
        let count = probabilities.len();
        for (offset, cost) in costs[least.into()..].iter_mut().take(1 << count).enumerate() {
            let bits =
                probabilities.iter().enumerate().map(|(at, &zero)| bit(offset >> (count - 1 - at) & 1 != 0, zero));
            *cost = 256 + bits.sum::<u32>() as u16;
        }
    }
    costs
}

impl Context {
    /// The costs under the probabilities of a tree (13.2), behind a level that was 0 or not.
    fn new(p: &[u8; 11], end_possible: bool, extra: &[u16; MOST_LEVEL + 1]) -> Self {
        let more = bit(true, p[0]);
        let base = if end_possible { more } else { 0 };
        let large = bit(true, p[1]) + bit(true, p[2]);
        let four = |first: u32| large + bit(false, p[3]) + first;
        let category = |path: u32| large + bit(true, p[3]) + path;
        let low = bit(false, p[6]);
        let high = bit(true, p[6]);
        let paths = [
            category(low + bit(false, p[7])),
            category(low + bit(true, p[7])),
            category(high + bit(false, p[8]) + bit(false, p[9])),
            category(high + bit(false, p[8]) + bit(true, p[9])),
            category(high + bit(true, p[8]) + bit(false, p[10])),
            category(high + bit(true, p[8]) + bit(true, p[10])),
        ];
        let path = |level: usize| match level {
            0 => bit(false, p[1]),
            1 => bit(true, p[1]) + bit(false, p[2]),
            2 => four(bit(false, p[4])),
            3 | 4 => four(bit(true, p[4]) + bit(level == 4, p[5])),
            5..=6 => paths[0],
            7..=10 => paths[1],
            11..=18 => paths[2],
            19..=34 => paths[3],
            35..=66 => paths[4],
            _ => paths[5],
        };
        let cost = |level: usize| base + path(level) + if level > 0 { u32::from(extra[level]) } else { 0 };
        Self {
            levels: std::array::from_fn(|level| cost(level) as u16),
            end: bit(false, p[0]) as u16,
            more: more as u16,
        }
    }
}
