//! How large a colour cache pays (RFC 9649, 5.2.3).

use super::price::Logs;
use super::search::Match;
use super::token::{Alphabets, GREENS, Steps};

/// The largest cache that is tried.
const MOST: usize = 10;

/// The sizes that are tried, as bits.
const SIZES: [u32; 6] = [1, 2, 4, 6, 8, MOST as u32];

/// A cache of one size, and how often its symbols and those of other literals occur.
struct Trial {
    alphabets: Alphabets,
    colors: Vec<u32>,
    counts: Vec<u32>,
}

/// The bits of the cache with which the literals among `steps` take the fewest bits; 0 where none is best.
pub(super) fn best(steps: &Steps<'_>, logs: &Logs) -> u32 {
    let without = steps.counts();
    let mut trials = SIZES.map(|cache_bits| {
        let alphabets = Alphabets { cache_bits };
        Trial { alphabets, colors: vec![0; 1 << cache_bits], counts: vec![0; alphabets.len()] }
    });
    let mut end = 0;
    for (at, &pixel) in steps.pixels.iter().enumerate() {
        let is_literal = at >= end && steps.steps[at] == Match::NONE;
        if at >= end {
            end = at + steps.steps[at].length().max(1);
        }
        for trial in &mut trials {
            let place = trial.alphabets.place(pixel);
            let hit = std::mem::replace(&mut trial.colors[place], pixel) == pixel;
            if is_literal {
                trial.count(pixel, hit.then_some(place));
            }
        }
    }
    let mut best = (cost(&without, Alphabets { cache_bits: 0 }, logs), 0);
    for trial in &mut trials {
        // Lengths are what they were.
        trial.counts[256..GREENS].copy_from_slice(&without[256..GREENS]);
        best = best.min((cost(&trial.counts, trial.alphabets, logs), trial.alphabets.cache_bits));
    }
    best.1
}

impl Trial {
    #[inline(always)]
    fn count(&mut self, pixel: u32, place: Option<usize>) {
        if let Some(place) = place {
            self.counts[GREENS + place] += 1;
            return;
        }
        let [blue, green, red, alpha] = pixel.to_le_bytes().map(usize::from);
        let [_, reds, blues, alphas, ..] = self.alphabets.bounds();
        for place in [green, reds + red, blues + blue, alphas + alpha] {
            self.counts[place] += 1;
        }
    }
}

/// What literals and lengths take.
fn cost(counts: &[u32], alphabets: Alphabets, logs: &Logs) -> u64 {
    alphabets.bounds()[..5].windows(2).map(|bounds| logs.entropy(&counts[bounds[0]..bounds[1]])).sum()
}
