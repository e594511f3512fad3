//! The parse that takes the fewest bits by what symbols took in the parse before it, a few times over.
//!
//! 1. At each place the matches are found that no nearer and longer one makes useless.
//! 2. Symbols are priced by how often they occurred; before the first parse, literals as if there were no matches.
//! 3. From the last place to the first, the cheapest way to the end is one symbol and the cheapest way from where it
//!    leads. Of long matches only the shorter prefixes and the whole are tried.
//! 4. The cheapest ways are counted, and it goes on at 2 until that saves nothing.

use super::Deflater;
use super::block::{Codes, Counts, Token};
use super::code::{DISTANCES, distance_extra, distance_symbol, length_extra, length_symbol};
use super::log2::log2;
use super::search::{LONGEST, Patience, Threes, View};

/// How long one looks for matches.
const PATIENCE: Patience = Patience { depth: 200, enough: LONGEST };

/// The longest prefix of a match that is tried besides the whole.
const PREFIX: usize = 40;

/// The most matches at a place; of more, the longest is among them.
const MOST: usize = 12;

/// The most parses.
const ROUNDS: usize = 6;

/// Parses the window of `deflater` up to `end`.
pub(super) fn parse(deflater: &mut Deflater, end: usize) {
    let found = Found::of(deflater, end);
    let bytes = &deflater.window[deflater.at..end];
    let mut tokens = found.cheapest(bytes, &Prices::guess(bytes));
    let (mut best, mut least) = (Vec::new(), u64::MAX);
    for _ in 0..ROUNDS {
        // They share a block with what waits for its end.
        let mut counts = deflater.blocks.waiting();
        counts.add(&Counts::of(&tokens));
        let codes = Codes::best(&counts);
        let cost = codes.cost(&counts);
        if cost >= least - least / 2048 {
            break;
        }
        (least, best) = (cost, tokens);
        tokens = found.cheapest(bytes, &Prices::of(&codes));
    }
    best.into_iter().for_each(|token| deflater.blocks.push(token));
    deflater.at = end;
}

/// What symbols take, extra bits among them, in 1/256 bits.
struct Prices {
    literals: [u32; 256],
    /// Of each length, from 3 on.
    lengths: [u32; LONGEST + 1],
    distances: [u32; DISTANCES],
}

impl Prices {
    /// At a guess: of literals what they take if there is nothing else, of lengths seven bits, of distances five.
    fn guess(bytes: &[u8]) -> Self {
        let mut counts = [0_u32; 256];
        bytes.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
        let all = log2(bytes.len() as u32);
        let literals = counts.map(|count| all.saturating_sub(log2(count)).max(1 << 8));
        let length = |i: usize| (7 + length_extra(length_symbol(i.max(3) as u32).0)) << 8;
        let lengths = std::array::from_fn(length);
        Self { literals, lengths, distances: std::array::from_fn(|i| (5 + distance_extra(i)) << 8) }
    }

    /// As the best codes for `counts` have it; symbols that do not occur take as much as the rarest.
    fn of(codes: &Codes) -> Self {
        let longest = |lengths: &[u8]| lengths.iter().copied().max().unwrap_or(0).max(1);
        let [rare, far] = [longest(&codes.literals), longest(&codes.distances)];
        let price =
            |length: u8, most: u8, extra: u32| (u32::from(if length == 0 { most } else { length }) + extra) << 8;
        let symbol = |i: usize| price(codes.literals[i], rare, length_extra(i));
        Self {
            literals: std::array::from_fn(symbol),
            lengths: std::array::from_fn(|i| symbol(length_symbol(i.max(3) as u32).0)),
            distances: std::array::from_fn(|i| price(codes.distances[i], far, distance_extra(i))),
        }
    }
}

/// The matches at all places of a part.
struct Found {
    /// Those of place `i` are the ones from `starts[i]` to `starts[i + 1]`: ever longer, ever further.
    starts: Vec<u32>,
    matches: Vec<Token>,
}

impl Found {
    fn of(deflater: &mut Deflater, end: usize) -> Self {
        let view = View { bytes: &deflater.window[..end], base: deflater.base };
        let threes = deflater.threes.get_or_insert_with(Threes::new);
        let mut found = Self {
            starts: Vec::with_capacity(end - deflater.at + 1),
            matches: Vec::with_capacity((MOST + 1) * (end - deflater.at)),
        };
        for at in deflater.at..end {
            found.starts.push(found.matches.len() as u32);
            let place = deflater.chains.note(view, at, 32);
            let three = threes.note(view, at);
            if let Some(distance) = three {
                found.matches.push(Token::repeat(3, distance));
            }
            let matches = &mut found.matches;
            let start = matches.len();
            deflater.chains.longest(view, at, place, 3, PATIENCE, |length, distance| {
                if matches.len() - start == MOST {
                    matches.pop();
                }
                matches.push(Token::repeat(length as u32, distance as u32));
            });
        }
        found.starts.push(found.matches.len() as u32);
        found
    }

    fn at(&self, i: usize) -> &[Token] {
        &self.matches[self.starts[i] as usize..self.starts[i + 1] as usize]
    }

    fn cheapest(&self, bytes: &[u8], prices: &Prices) -> Vec<Token> {
        // The cheapest way from each place to the end: its price, and its first token.
        let mut ways = vec![(0_u32, Token::literal(0)); bytes.len() + 1];
        for at in (0..bytes.len()).rev() {
            let mut best = (ways[at + 1].0 + prices.literals[usize::from(bytes[at])], Token::literal(bytes[at]));
            let mut shorter = 2;
            for token in self.at(at) {
                let Some((length, distance)) = token.parts() else { continue };
                let far = prices.distances[distance_symbol(distance).0];
                let whole = length as usize;
                let prefixes = (shorter + 1..whole.min(PREFIX + 1)).chain([whole]);
                for length in prefixes {
                    let price = ways[at + length].0 + prices.lengths[length] + far;
                    if price < best.0 {
                        best = (price, Token::repeat(length as u32, distance));
                    }
                }
                shorter = whole;
            }
            ways[at] = best;
        }
        let mut tokens = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let token = ways[at].1;
            tokens.push(token);
            at += token.bytes();
        }
        tokens
    }
}
