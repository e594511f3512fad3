//! Symbols and their codes (RFC 1951 3.2.2, 3.2.5).

/// Symbols of literals, the end of a block, and lengths.
pub(crate) const LITERALS: usize = 286;

/// Symbols of distances.
pub(crate) const DISTANCES: usize = 30;

/// The symbol of the end of a block.
pub(crate) const END: usize = 256;

/// The longest code of a literal, a length or a distance.
pub(crate) const LONGEST: u8 = 15;

/// The symbol of a match `length`, 3 to 258, from 257 on; and how many extra bits follow it.
#[inline(always)]
pub(crate) const fn length_symbol(length: u32) -> (usize, u32) {
    let over = length - 3;
    match over {
        0..8 => (257 + over as usize, 0),
        255 => (285, 0),
        _ => {
            let power = over.ilog2();
            (257 + (4 * (power - 1) + (over >> (power - 2) & 3)) as usize, power - 2)
        }
    }
}

/// The symbol of a `distance`, 1 to 32768, and how many extra bits follow it.
#[inline(always)]
pub(crate) const fn distance_symbol(distance: u32) -> (usize, u32) {
    let over = distance - 1;
    if over < 4 {
        return (over as usize, 0);
    }
    let power = over.ilog2();
    ((2 * power + (over >> (power - 1) & 1)) as usize, power - 1)
}

/// How many extra bits follow a symbol of a length.
pub(crate) const fn length_extra(symbol: usize) -> u32 {
    if symbol < 265 || symbol == 285 { 0 } else { (symbol as u32 - 261) / 4 }
}

/// How many extra bits follow a symbol of a distance.
pub(crate) const fn distance_extra(symbol: usize) -> u32 {
    if symbol < 4 { 0 } else { symbol as u32 / 2 - 1 }
}

/// Lengths of an optimal prefix code for symbols that occur so many times, none longer than `longest`; of those that
/// do not occur, 0. A lone symbol has length 1.
///
/// Huffman's algorithm over two queues; then, where codes are too long, the shortest that can be are lengthened until
/// Kraft's sum is met. The rarest symbols get the longest codes.
pub(crate) fn lengths(counts: &[u32], longest: u8, lengths: &mut [u8]) {
    lengths.fill(0);
    // Counts are below 2³² and symbols below 2¹⁶: one number holds both, and sorts by count.
    let mut leaves: Vec<u64> = Vec::with_capacity(counts.len());
    leaves.extend(
        counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(s, &c)| u64::from(c) << 16 | s as u64),
    );
    crate::sort::sort(&mut leaves);
    match leaves[..] {
        [] => return,
        [leaf] => {
            lengths[leaf as usize & 0xFFFF] = 1;
            return;
        }
        _ => {}
    }
    let mut many = depths(&leaves);
    limit(&mut many, longest);
    let mut leaves = leaves.iter();
    for (length, &many) in many.iter().enumerate().rev() {
        for leaf in leaves.by_ref().take(many as usize) {
            lengths[*leaf as usize & 0xFFFF] = length as u8;
        }
    }
}

/// How many of the sorted `leaves`, at least two, are how deep in their Huffman tree.
fn depths(leaves: &[u64]) -> [u32; 64] {
    let count = leaves.len();
    // Nodes in the order of their making: the leaves are taken in order, too, so that both are queues.
    let mut weights: Vec<u64> = Vec::with_capacity(count);
    let mut parents = vec![0_u32; 2 * count];
    let (mut leaf, mut node) = (0, 0);
    while weights.len() + 1 < count {
        let mut weight = 0;
        for _ in 0..2 {
            let of_leaf = leaves.get(leaf).map(|leaf| leaf >> 16);
            let taken = match (of_leaf, weights.get(node)) {
                (Some(light), Some(&inner)) if light <= inner => (light, leaf),
                (Some(light), None) => (light, leaf),
                (_, Some(&inner)) => (inner, count + node),
                (None, None) => unreachable!("there is one node more than was joined"),
            };
            if taken.1 < count {
                leaf += 1
            } else {
                node += 1
            }
            parents[taken.1] = weights.len() as u32;
            weight += taken.0;
        }
        weights.push(weight);
    }
    let inner = weights.len();
    let mut depth = vec![0_u8; inner];
    for node in (0..inner - 1).rev() {
        depth[node] = depth[parents[count + node] as usize] + 1;
    }
    let mut many = [0; 64];
    for &parent in &parents[..count] {
        many[usize::from(depth[parent as usize]) + 1] += 1;
    }
    many
}

/// Makes no code longer than `longest`: `many[n]` codes have `n` bits.
fn limit(many: &mut [u32; 64], longest: u8) {
    let longest = usize::from(longest);
    let over: u32 = many[longest + 1..].iter().sum();
    if over == 0 {
        return;
    }
    many[longest + 1..].fill(0);
    many[longest] += over;
    // In units of the longest code.
    let mut sum: u64 = (1..=longest).map(|length| u64::from(many[length]) << (longest - length)).sum();
    while sum > 1 << longest {
        // A longest code and a shorter one move to one more than the shorter length: a unit less.
        many[longest] -= 1;
        let Some(shorter) = (1..longest).rev().find(|&length| many[length] > 0) else { break };
        many[shorter] -= 1;
        many[shorter + 1] += 2;
        sum -= 1;
    }
}

/// The canonical codes of these `lengths` (RFC 1951 3.2.2), each with its first bit lowest.
pub(crate) fn codes(lengths: &[u8], codes: &mut [u16]) {
    let mut next = [0_u16; LONGEST as usize + 1];
    for &length in lengths.iter().filter(|length| **length > 0) {
        next[usize::from(length)] += 1;
    }
    let mut code = 0;
    for next in &mut next[1..] {
        let many = std::mem::replace(next, code);
        code = (code + many) << 1;
    }
    for (code, &length) in codes.iter_mut().zip(lengths) {
        if length > 0 {
            let next = &mut next[usize::from(length)];
            *code = next.reverse_bits() >> (16 - length);
            *next += 1;
        }
    }
}
/// Gives `push` the symbols, and the values of the bits behind them, that state a run of equal code lengths: the length
/// itself or repetitions of it, as RFC 1951 (3.2.7) and RFC 9649 (6.2.1) have them alike. Where it is the length that was
/// stated last (`is_last`), it need not be said before it is repeated; zeros never need that.
pub(crate) fn each_of_run(length: u8, mut run: usize, is_last: bool, mut push: impl FnMut(usize, usize)) {
    if length > 0 && !is_last {
        push(length.into(), 0);
        run -= 1;
    }
    while run >= 3 {
        let (symbol, least, most) = match (length, run) {
            (0, 11..) => (18, 11, 138),
            (0, _) => (17, 3, 10),
            _ => (16, 3, 6),
        };
        let taken = run.min(most);
        push(symbol, taken - least);
        run -= taken;
    }
    (0..run).for_each(|_| push(length.into(), 0));
}
