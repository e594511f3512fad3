//! What codes stand for, looked up by the bits that come next (RFC 1951 3.2.2, 3.2.5, 3.2.6).
//!
//! A table has an entry for each value of the next bits, up to its `reach`; where codes are longer, that entry leads to
//! more of them behind the table. In the lowest eight bits of an entry is how many bits it takes, extra bits included. Then:
//!
//! ```text
//! one literal           LITERAL | bits << 24 | the literal << 8
//! two literals          LITERAL | TWO | bits of the first << 24 | the second << 16 | the first << 8
//! length or distance    base << 16 | bits of its code << 8
//! longer codes          OTHER | MORE | place of the first << 16 | how many bits choose among them << 8
//! end of the block      OTHER
//! no code               OTHER | NONE
//! ```

use super::{Broken, zeros};

pub(super) const LITERAL: u32 = 1 << 31;
pub(super) const TWO: u32 = 1 << 30;
pub(super) const OTHER: u32 = 1 << 15;
pub(super) const MORE: u32 = 1 << 14;
pub(super) const NONE: u32 = 1 << 13;

/// Bits that a table of literals and lengths looks at first.
pub(super) const REACH: u32 = 11;

/// Bits that a table of distances looks at first.
pub(super) const FAR_REACH: u32 = 9;

/// Entries: more than any code of 288 symbols needs, whose longest codes have 15 bits (2342).
const ENTRIES: usize = 1 << 12;

/// Entries: more than any code of 32 symbols needs (594).
const FAR_ENTRIES: usize = 1 << 10;

/// The tables of a block.
pub(super) struct Tables {
    literals: Box<[u32; ENTRIES]>,
    distances: Box<[u32; FAR_ENTRIES]>,
    /// Whether 13 of 16 symbols or more are literals: where matches are more, reading ahead costs as much as it saves.
    pub(super) mostly_literals: bool,
}

impl Tables {
    pub(super) fn new() -> Self {
        Self { literals: zeros(), distances: zeros(), mostly_literals: false }
    }

    /// Takes the codes of these lengths.
    pub(super) fn set(&mut self, literals: &[u8], distances: &[u8]) -> Result<(), Broken> {
        build(literals, REACH, &mut self.literals[..], literal_entry)?;
        join(literals, &mut self.literals);
        // A code of so many bits is that of one symbol in two to the power of so many.
        let matches: u32 = literals[257..].iter().filter(|length| **length > 0).map(|length| 1 << 15 >> length).sum();
        self.mostly_literals = matches < 3 << 11;
        let used = distances.iter().filter(|length| **length > 0).count();
        if used < 2 && distances.iter().all(|length| *length < 2) {
            // A lone distance has a code of one bit, 0; or there is none at all (RFC 1951 3.2.7).
            let lone = distances.iter().position(|length| *length == 1).map_or(OTHER | NONE, |symbol| {
                let entry = distance_entry(symbol);
                if entry & OTHER == 0 { entry + 0x101 } else { entry }
            });
            self.distances.as_chunks_mut().0.iter_mut().for_each(|pair| *pair = [lone, OTHER | NONE]);
            return Ok(());
        }
        build(distances, FAR_REACH, &mut self.distances[..], distance_entry)
    }

    pub(super) fn view(&self) -> View<'_> {
        View { literals: &self.literals, distances: &self.distances }
    }
}

/// Tables that are looked into.
pub(super) struct View<'a> {
    literals: &'a [u32; ENTRIES],
    distances: &'a [u32; FAR_ENTRIES],
}

impl View<'_> {
    /// The entry of the next bits: of literals, or [`OTHER`], or a length.
    #[inline(always)]
    pub(super) fn first(&self, held: u64) -> u32 {
        self.literals[held as usize % (1 << REACH)]
    }

    /// Where the entry leads to longer codes, the one of theirs.
    #[inline(always)]
    pub(super) fn longer(&self, entry: u32, held: u64) -> u32 {
        if entry & MORE == 0 {
            return entry;
        }
        let at = (entry >> 16) as usize + (held >> REACH) as usize % (1 << (entry >> 8 & 15));
        self.literals[at % ENTRIES]
    }

    /// The entry of the next bits, if they are a distance.
    #[inline(always)]
    pub(super) fn distance(&self, held: u64) -> u32 {
        let entry = self.distances[held as usize % (1 << FAR_REACH)];
        if entry & OTHER == 0 || entry & MORE == 0 {
            return entry;
        }
        let at = (entry >> 16) as usize + (held >> FAR_REACH) as usize % (1 << (entry >> 8 & 15));
        self.distances[at % FAR_ENTRIES]
    }
}

/// The length or distance of an `entry`, with the extra bits that `held` has behind its code.
#[inline(always)]
pub(super) fn value(entry: u32, held: u64) -> usize {
    let bits = held & ((1 << (entry & 63)) - 1);
    (entry >> 16) as usize + (bits >> (entry >> 8 & 15)) as usize
}

/// The entry of a literal, of the end, or of a length, with its extra bits, and without its code's.
fn literal_entry(symbol: usize) -> u32 {
    let symbol = symbol as u32;
    match symbol {
        0..256 => LITERAL | symbol << 8,
        256 => OTHER,
        257..265 => (symbol - 254) << 16,
        265..285 => {
            let extra = (symbol - 261) / 4;
            (3 + ((4 + (symbol - 261) % 4) << extra)) << 16 | extra
        }
        285 => 258 << 16,
        _ => OTHER | NONE,
    }
}

/// The entry of a distance, with its extra bits, and without its code's.
fn distance_entry(symbol: usize) -> u32 {
    let symbol = symbol as u32;
    match symbol {
        0..4 => (symbol + 1) << 16,
        4..30 => {
            let extra = symbol / 2 - 1;
            (1 + ((2 + symbol % 2) << extra)) << 16 | extra
        }
        _ => OTHER | NONE,
    }
}

/// Fills a `table`: of symbols whose codes have these `lengths`, 0 for none, and whose entries are those of `entry`.
///
/// It grows as the codes do: doubled for each bit more, as the bits above a code are any.
pub(super) fn build(lengths: &[u8], reach: u32, table: &mut [u32], entry: fn(usize) -> u32) -> Result<(), Broken> {
    let (many, sorted) = sort(lengths)?;
    let mut symbols = sorted.iter().map(|symbol| usize::from(*symbol)).skip(usize::from(many[0]));
    let with = |symbol: usize, length: u32| {
        let entry = entry(symbol);
        match entry {
            LITERAL.. => entry + length + (length << 24),
            _ if entry & OTHER == 0 => entry + length + (length << 8),
            _ => entry + length,
        }
    };
    // A code with its first bit lowest, and the entries of as many bits as are looked at so far.
    let (mut code, mut size) = (0, 1);
    for length in 1..=reach {
        table.copy_within(..size, size);
        size *= 2;
        for symbol in symbols.by_ref().take(many[length as usize].into()) {
            table[code] = with(symbol, length);
            code = next(code, size);
        }
    }
    let (mut end, mut room, mut prefix) = (size, 0, !0);
    for length in reach + 1..=15 {
        for left in (1..=i32::from(many[length as usize])).rev() {
            let Some(symbol) = symbols.next() else { return Err(Broken) };
            if code % size != prefix {
                prefix = code % size;
                // As many bits as it takes until the codes left fill what begins with the prefix.
                let mut bits = length - reach;
                let mut free = (1 << bits) - left;
                while free > 0 && reach + bits < 15 {
                    bits += 1;
                    free = 2 * free - i32::from(many[(reach + bits) as usize]);
                }
                table[prefix] = OTHER | MORE | (end as u32) << 16 | bits << 8;
                room = end;
                end += 1 << bits;
            }
            let Some(entries) = table.get_mut(room..end) else { return Err(Broken) };
            let with = with(symbol, length);
            entries[code >> reach..].iter_mut().step_by(1 << (length - reach)).for_each(|entry| *entry = with);
            code = next(code, 1 << length);
        }
    }
    Ok(())
}

/// How many symbols have codes of each length, and the symbols by it; broken unless the codes are all that there can be.
fn sort(lengths: &[u8]) -> Result<([u16; 16], Vec<u16>), Broken> {
    let mut many = [0_u16; 16];
    lengths.iter().for_each(|&length| many[usize::from(length & 15)] += 1);
    let (mut starts, mut sum) = ([0; 16], 0);
    for length in 1..16 {
        starts[length] = starts[length - 1] + many[length - 1];
        sum += u32::from(many[length]) << (15 - length);
    }
    if sum != 1 << 15 {
        return Err(Broken);
    }
    let mut sorted = vec![0; lengths.len()];
    for (symbol, &length) in lengths.iter().enumerate() {
        let at = &mut starts[usize::from(length & 15)];
        sorted[usize::from(*at)] = symbol as u16;
        *at += 1;
    }
    Ok((many, sorted))
}

/// The code behind `code`, with its first bit lowest, among those of log2(`size`) bits; itself if it is the last one.
fn next(code: usize, size: usize) -> usize {
    let zeros = !code & (size - 1);
    match zeros.checked_ilog2() {
        None => code,
        Some(highest) => code & ((1 << highest) - 1) | 1 << highest,
    }
}

/// Makes one entry of two literals wherever both codes are within reach, if that is often so.
fn join(lengths: &[u8], table: &mut [u32; ENTRIES]) {
    let mut many = [0_u32; 16];
    lengths[..256].iter().for_each(|&length| many[usize::from(length & 15)] += 1);
    let reach = REACH as usize;
    let pairs = (1..reach).flat_map(|first| (1..=reach - first).map(move |second| (first, second)));
    let share: u32 = pairs.map(|(first, second)| (many[first] * many[second]) << (reach - first - second)).sum();
    if share < 1 << (REACH - 4) {
        return;
    }
    // From the end, so that what is behind the first code is not joined yet; but entry 0 is behind itself, and last.
    for at in (0..1 << REACH).rev() {
        let first = table[at];
        let length = first & 63;
        let second = table[at >> length];
        let both = length + (second & 63);
        if first & second & LITERAL != 0 && second & TWO == 0 && both <= REACH {
            table[at] = first & !63 | TWO | (second & 0xFF00) << 8 | both;
        }
    }
}
