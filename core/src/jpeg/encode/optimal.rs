//! Huffman tables made for an image: the procedure of T.81 K.2.

use crate::jpeg::huffman::Definition;
use crate::sort::sort;

/// How often each symbol is coded.
pub(super) type Counts = [u32; 256];

/// The table of the shortest codes for `counts`, none longer than 16 bits, the code of all ones unused.
pub(super) fn definition(counts: &Counts) -> Definition {
    let lengths = code_lengths(counts);
    let mut totals = [0_usize; 257];
    lengths.iter().for_each(|&length| totals[usize::from(length)] += 1);
    totals[0] = 0;
    let bits = limited_to_16_bits(totals);
    // Symbols in order of their lengths before the limit, of equal ones in their own order.
    let lengths = lengths[..256].iter().zip(0_u64..).filter(|&(&length, _)| length > 0);
    let mut keys: Vec<u64> = lengths.map(|(&length, symbol)| u64::from(length) << 8 | symbol).collect();
    sort(&mut keys);
    Definition { counts: bits, symbols: keys.into_iter().map(|key| key as u8).collect() }
}

/// A node of the tree: how often it is coded, and which symbols lie below it, as a chain.
#[derive(Clone, Copy)]
struct Tree {
    count: u64,
    /// The first of its symbols in the chain.
    first: usize,
}

/// The lengths of symbols 0 to 255, and of one more that is rarer than all: it takes the code of all ones.
fn code_lengths(counts: &Counts) -> [u16; 257] {
    let mut lengths = [0_u16; 257];
    let mut chain: [Option<usize>; 257] = [None; 257];
    let mut trees: Vec<Tree> = (0..257)
        .map(|symbol| Tree { count: counts.get(symbol).map_or(1, |&count| u64::from(count) << 9), first: symbol })
        .filter(|tree| tree.count > 0)
        .collect();
    while let (Some(rarest), Some(next)) = (take_rarest(&mut trees), take_rarest(&mut trees)) {
        for tree in [rarest, next] {
            let mut at = Some(tree.first);
            while let Some(symbol) = at {
                lengths[symbol] += 1;
                at = chain[symbol];
            }
        }
        let mut last = next.first;
        while let Some(following) = chain[last] {
            last = following;
        }
        chain[last] = Some(rarest.first);
        trees.push(Tree { count: rarest.count + next.count, first: next.first });
    }
    lengths
}

/// Takes the rarest of `trees` out, of the rarest the one with the largest symbol, as K.2 has it.
fn take_rarest(trees: &mut Vec<Tree>) -> Option<Tree> {
    let order = |tree: &Tree| tree.count << 9 | (256 - tree.first as u64);
    let (place, _) = trees.iter().enumerate().min_by_key(|(_, tree)| order(tree))?;
    Some(trees.swap_remove(place))
}

/// Adjust_BITS of T.81 figure K.3: codes beyond 16 bits move up, in pairs, at the cost of a shorter one; then the code
/// of all ones goes.
fn limited_to_16_bits(mut totals: [usize; 257]) -> [u8; 16] {
    for length in (17..257).rev() {
        while totals[length] > 0 {
            let Some(shorter) = (1..length - 1).rev().find(|&shorter| totals[shorter] > 0) else { break };
            totals[length] -= 2;
            totals[length - 1] += 1;
            totals[shorter + 1] += 2;
            totals[shorter] -= 1;
        }
    }
    if let Some(longest) = (1..=16).rev().find(|&length| totals[length] > 0) {
        totals[longest] -= 1;
    }
    std::array::from_fn(|i| totals[i + 1] as u8)
}

#[cfg(test)]
mod tests;
