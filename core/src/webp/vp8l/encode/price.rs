//! What symbols cost, by how often they occur: in 1/256 bits.

use crate::deflate::log2::log2;

/// Logarithms of small numbers are looked up.
const SMALL: usize = 1 << 12;

/// Binary logarithms in 1/65536, from integers alone.
pub(super) struct Logs(Vec<u32>);

impl Logs {
    pub(super) fn new() -> Self {
        Self((0..=SMALL as u32).map(fine).collect())
    }

    /// log₂ `n` in 1/65536; 0 for 0.
    #[inline]
    fn of(&self, n: u32) -> u64 {
        if (n as usize) < SMALL {
            return self.0[n as usize].into();
        }
        // Straight between two entries of the upper half.
        let shift = n.ilog2() - (SMALL.ilog2() - 1);
        let (at, rest) = ((n >> shift) as usize, u64::from(n & ((1 << shift) - 1)));
        let (low, high) = (u64::from(self.0[at]), u64::from(self.0[at + 1]));
        low + (u64::from(shift) << 16) + ((rest * (high - low)) >> shift)
    }

    /// Bits that symbols of these `counts` take together.
    pub(super) fn entropy(&self, counts: &[u32]) -> u64 {
        self.entropy_of(counts.iter().copied())
    }

    /// The same where two parts are put together.
    pub(super) fn joint_entropy(&self, counts: &[u32], others: &[u32]) -> u64 {
        self.entropy_of(counts.iter().zip(others).map(|(count, other)| count + other))
    }

    #[inline(always)]
    fn entropy_of(&self, counts: impl Iterator<Item = u32>) -> u64 {
        /// What stands in a header for each symbol that occurs, about.
        const STATED: u64 = 4 << 16;
        let (mut total, mut sum, mut stated) = (0, 0, 0);
        for count in counts.filter(|&count| count > 0) {
            total += count;
            sum += u64::from(count) * self.of(count);
            stated += STATED;
        }
        ((u64::from(total) * self.of(total)).saturating_sub(sum) + stated) >> 8
    }
}

/// log₂ `n` in 1/65536, rounded down; each squaring of a mantissa gives another bit.
const fn fine(n: u32) -> u32 {
    if n == 0 {
        return 0;
    }
    let mut mantissa = (n as u64) << (30 - n.ilog2());
    let (mut fraction, mut step) = (0, 0);
    while step < 16 {
        mantissa = (mantissa * mantissa) >> 30;
        fraction <<= 1;
        if mantissa >= 2 << 30 {
            mantissa >>= 1;
            fraction |= 1;
        }
        step += 1;
    }
    n.ilog2() << 16 | fraction
}

/// What each symbol of a code takes that is made for these `counts`; symbols that do not occur take somewhat more than the
/// rarest that could. `least` is 1 bit for codes, and 0 where copies will stand for what is frequent. `give` gets the place of each price.
pub(super) fn prices(counts: &[u32], least: u32, mut give: impl FnMut(usize, u16)) {
    let total: u32 = counts.iter().sum();
    let most = log2(total);
    for (symbol, &count) in counts.iter().enumerate() {
        // Codes have at most 15 bits, and a lone symbol has none.
        let price = match count {
            0 => (most + (2 << 8)).min(16 << 8),
            _ if count == total => 0,
            _ => (most - log2(count)).clamp(least, 15 << 8),
        };
        give(symbol, price as u16);
    }
}
