//! Earlier occurrences of the pixels that follow, over the whole picture.
//!
//! Places where the same begins are chained from the last to the first. The same is: two pixels that differ; or a pixel that
//! is repeated, and how often. The search then goes from the last pixel to the first: what is found at a place takes the
//! place of the chain there, and a match that can be longer to the left is not searched for again.

/// A match: its length above 20 bits of its distance; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match(pub(super) u32);

/// Pixels of the longest match: one less than the standard allows (RFC 9649, 5.2.2), so that 12 bits hold it.
pub(super) const LONGEST: usize = 4095;

/// Pixels that a match may reach back: the last distance code is 2²⁰, and the first 120 stand for places nearby.
pub(super) const REACH: usize = (1 << 20) - 120;

impl Match {
    pub(super) const NONE: Self = Self(0);

    pub(super) const fn new(length: usize, distance: usize) -> Self {
        Self((length << 20 | distance) as u32)
    }

    pub(super) const fn length(self) -> usize {
        (self.0 >> 20) as usize
    }

    pub(super) const fn distance(self) -> usize {
        (self.0 & 0xF_FFFF) as usize
    }
}

/// A match of so many pixels is taken at once.
const ENOUGH: usize = 256;

/// A chain's end.
const END: u32 = u32::MAX;

/// The longest match at each of `pixels`, the nearest of those; `depth` places are looked at for each.
pub(super) fn search(pixels: &[u32], depth: usize) -> Vec<Match> {
    let mut found = chains(pixels);
    let mut at = pixels.len();
    while at > 0 {
        at -= 1;
        let (mut length, distance) = longest(pixels, at, found[at].0, &found, depth);
        found[at] = if length > 1 { Match::new(length, distance) } else { Match::NONE };
        // The same a pixel earlier, as long as it goes.
        while length > 1 && length < LONGEST && at > distance && pixels[at - 1] == pixels[at - 1 - distance] {
            at -= 1;
            length += 1;
            found[at] = Match::new(length, distance);
        }
    }
    found
}

/// For each pixel the last place before where the same begins, as far as a hash tells.
fn chains(pixels: &[u32]) -> Vec<Match> {
    let bits = (pixels.len().ilog2() + 1).clamp(4, 18);
    // A hash, and where it was last.
    let mut last = vec![(0, END); 1 << bits];
    let mut chains = Vec::with_capacity(pixels.len());
    let mut at = 0;
    for run in pixels.chunk_by(|a, b| a == b) {
        for left in (0..run.len()).rev() {
            // How often it is still repeated, or what comes then.
            let second = match left {
                0 => pixels.get(at + 1).copied().unwrap_or(0),
                _ => (left.min(LONGEST) as u32).wrapping_mul(0x2545_F491),
            };
            let hash = run[0].wrapping_mul(0x9E37_79B1) ^ second.rotate_left(15).wrapping_mul(0x85EB_CA6B);
            let hash = hash.wrapping_mul(0xC2B2_AE35);
            let (before, place) = std::mem::replace(&mut last[(hash >> (32 - bits)) as usize], (hash, at as u32));
            chains.push(Match(if before == hash { place } else { END }));
            at += 1;
        }
    }
    chains
}

/// Length and distance of the longest match at `at`, 0 where there is none.
fn longest(pixels: &[u32], at: usize, mut place: u32, chains: &[Match], depth: usize) -> (usize, usize) {
    let here = &pixels[at..pixels.len().min(at + LONGEST)];
    let (mut longest, mut distance) = (0, 0);
    let mut left = depth;
    while left > 0 {
        left -= 1;
        if place == END || at - place as usize > REACH || longest == here.len() {
            break;
        }
        let there = &pixels[place as usize..];
        if there[longest] == here[longest] {
            let length = common(there, here, &chains[at..], at - place as usize);
            left = left.saturating_sub(length / 16);
            if length > longest {
                (longest, distance) = (length, at - place as usize);
                if length >= ENOUGH {
                    break;
                }
            }
        }
        place = chains[place as usize].0;
    }
    (longest, distance)
}

/// How many pixels `there` and `here`, `distance` before, begin with in common. What was `found` here tells from where on that is
/// known.
fn common(there: &[u32], here: &[u32], found: &[Match], distance: usize) -> usize {
    const BLOCK: usize = 16;
    let mut length = 0;
    for (a, b) in there.as_chunks::<BLOCK>().0.iter().zip(here.as_chunks::<BLOCK>().0) {
        if a != b {
            break;
        }
        length += BLOCK;
        let known = found.get(length).copied().unwrap_or(Match::NONE);
        if known.distance() == distance {
            return (length + known.length()).min(here.len());
        }
    }
    length + there[length..].iter().zip(&here[length..]).take_while(|(a, b)| a == b).count()
}
