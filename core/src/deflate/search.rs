//! Earlier occurrences of the bytes that follow, by chains of places with the same hash.

/// Bytes that a match may reach back.
pub(super) const REACH: usize = 1 << 15;

/// Bytes of the longest match.
pub(super) const LONGEST: usize = 258;

const HASH_BITS: u32 = 15;

/// Where bytes like those of a place occurred before. Places are counted from the start of the stream, modulo 2³².
#[derive(Debug)]
pub(super) struct Chains {
    /// The last place of each hash of four bytes.
    last: Box<[u32; 1 << HASH_BITS]>,
    /// The place before each of the last 2¹⁵ places that has the same hash.
    before: Box<[u32; REACH]>,
}

/// What is known of a stream around a place: the bytes, and the place of the first of them.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) base: u32,
}

/// How long one looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Places that are looked at.
    pub(super) depth: u32,
    /// A match of so many bytes is taken at once.
    pub(super) enough: usize,
}

/// The first place of a stream, out of reach of the places 0 that tables are filled with.
pub(super) const START: u32 = REACH as u32 + 1;

impl Chains {
    pub(super) fn new() -> Self {
        let filled = || vec![0; REACH].try_into().unwrap_or_else(|_| unreachable!("it has that length"));
        Self { last: filled(), before: filled() }
    }

    /// Notes the bytes at `at`, of which the low `64 − shift` bits count, and gives the place where bytes of the same hash
    /// were last.
    #[inline(always)]
    pub(super) fn note(&mut self, view: View<'_>, at: usize, shift: u32) -> u32 {
        let Some(&eight) = view.bytes[at..].first_chunk() else { return 0 };
        let hash = (u64::from_le_bytes(eight) << shift).wrapping_mul(0x9E37_79B1_85EB_CA87) >> (64 - HASH_BITS);
        let place = view.base.wrapping_add(at as u32);
        let before = std::mem::replace(&mut self.last[hash as usize % REACH], place);
        self.before[place as usize % REACH] = before;
        before
    }

    /// The longest match at `at` with more than `least` bytes, the nearest of those: length and distance; 0 where there
    /// is none. `place` is what [`Self::note`] gave.
    #[inline(always)]
    pub(super) fn longest(
        &self,
        view: View<'_>,
        at: usize,
        mut place: u32,
        least: usize,
        patience: Patience,
        mut each: impl FnMut(usize, usize),
    ) -> (usize, usize) {
        let here = view.base.wrapping_add(at as u32);
        let rest = &view.bytes[at..];
        let rest = &rest[..rest.len().min(LONGEST)];
        let (mut longest, mut distance) = (least, 0);
        if rest.len() <= longest {
            return (0, 0);
        }
        let mut last_far = 0;
        for _ in 0..patience.depth {
            let far = here.wrapping_sub(place) as usize;
            // Further back than the one before, or the chain has come round.
            if far <= last_far || far > REACH || far > at {
                break;
            }
            last_far = far;
            let there = &view.bytes[at - far..];
            let four = |bytes: &[u8]| bytes[longest - 3..].first_chunk::<4>().copied();
            if four(there) == four(rest) {
                let length = common(there, rest);
                if length > longest {
                    (longest, distance) = (length, far);
                    each(length, far);
                    if length >= patience.enough || length == rest.len() {
                        break;
                    }
                }
            }
            place = self.before[place as usize % REACH];
        }
        if distance == 0 { (0, 0) } else { (longest, distance) }
    }
}

/// How many bytes `there` and `here` begin with in common; `there` is the longer one.
#[inline(always)]
fn common(there: &[u8], here: &[u8]) -> usize {
    let mut length = 0;
    for (a, b) in there.as_chunks::<8>().0.iter().zip(here.as_chunks::<8>().0) {
        let differ = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differ != 0 {
            return length + differ.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    length + there[length..].iter().zip(&here[length..]).take_while(|(a, b)| a == b).count()
}

/// Where three bytes like those of a place were last, if they were near.
pub(super) struct Threes(Box<[u32; REACH]>);

impl Threes {
    pub(super) fn new() -> Self {
        Self(vec![0; REACH].try_into().unwrap_or_else(|_| unreachable!("it has that length")))
    }

    /// Notes the three bytes at `at`, and gives how far back they were last.
    pub(super) fn note(&mut self, view: View<'_>, at: usize) -> Option<u32> {
        let &three = view.bytes[at..].first_chunk::<3>()?;
        let [a, b, c] = three;
        let hash = u32::from_le_bytes([a, b, c, 0]).wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS);
        let here = view.base.wrapping_add(at as u32);
        let far = here.wrapping_sub(std::mem::replace(&mut self.0[hash as usize % REACH], here)) as usize;
        let near = far <= REACH && far <= at && view.bytes[at - far..].starts_with(&three);
        near.then_some(far as u32)
    }
}
