//! Blocks of tokens (RFC 1951 3.2.3): where one ends, with which codes it is written, and the writing.

use super::bits::Bits;
use super::code::{
    DISTANCES, END, LITERALS, LONGEST, codes, distance_extra, distance_symbol, each_of_run, length_extra,
    length_symbol, lengths,
};
use super::log2::log2;

/// A literal (0 to 255), or a match: its length above 16 bits of its distance, which is 0 for 65536 − 32768.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token(u32);

impl Token {
    #[inline(always)]
    pub(super) const fn literal(byte: u8) -> Self {
        Self(byte as u32)
    }

    /// A match of `length` 3 to 258 at a `distance` of 1 to 32768.
    #[inline(always)]
    pub(super) const fn repeat(length: u32, distance: u32) -> Self {
        Self(length << 16 | distance)
    }

    /// Length and distance of a match.
    #[inline(always)]
    pub(super) const fn parts(self) -> Option<(u32, u32)> {
        if self.0 < 1 << 16 { None } else { Some((self.0 >> 16, self.0 & 0xFFFF)) }
    }

    /// The byte of a literal.
    #[inline(always)]
    const fn byte(self) -> u8 {
        self.0 as u8
    }

    #[inline(always)]
    const fn all_literals(four: &[Self; 4]) -> bool {
        let [a, b, c, d] = *four;
        a.0 | b.0 | c.0 | d.0 < 1 << 16
    }

    /// Bytes that it stands for.
    pub(super) const fn bytes(self) -> usize {
        if self.0 < 1 << 16 { 1 } else { (self.0 >> 16) as usize }
    }
}

/// How often each symbol occurs.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    pub(super) literals: [u32; LITERALS],
    pub(super) distances: [u32; DISTANCES],
}

impl Counts {
    pub(super) const NONE: Self = Self { literals: [0; LITERALS], distances: [0; DISTANCES] };

    pub(super) fn of(tokens: &[Token]) -> Self {
        let mut counts = Self::NONE;
        // Four of each, as the same literal often comes twice and one must not wait for the other.
        let mut literals = [[0; 256]; 4];
        let (fours, rest) = tokens.as_chunks::<4>();
        for four in fours {
            if Token::all_literals(four) {
                literals.iter_mut().zip(four).for_each(|(counts, token)| counts[usize::from(token.byte())] += 1);
            } else {
                four.iter().for_each(|token| counts.note(*token));
            }
        }
        rest.iter().for_each(|token| counts.note(*token));
        for more in literals {
            counts.literals.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        }
        counts
    }

    #[inline(always)]
    fn note(&mut self, token: Token) {
        match token.parts() {
            None => self.literals[usize::from(token.byte())] += 1,
            Some((length, distance)) => {
                self.literals[length_symbol(length).0] += 1;
                self.distances[distance_symbol(distance).0] += 1;
            }
        }
    }

    /// Extra bits, in 1/256.
    pub(super) fn extra(&self) -> u64 {
        let lengths = self.literals.iter().enumerate().map(|(symbol, &count)| count * length_extra(symbol));
        let distances = self.distances.iter().enumerate().map(|(symbol, &count)| count * distance_extra(symbol));
        u64::from(lengths.chain(distances).sum::<u32>()) << 8
    }

    /// What a literal takes on the average, in 1/256 bits; 8 bits where there is none.
    fn literal_cost(&self) -> u32 {
        let literals: u32 = self.literals[..END].iter().sum();
        let all: u32 = self.literals.iter().sum();
        let each = |&count: &u32| u64::from(count) * u64::from(log2(all).saturating_sub(log2(count)));
        self.literals[..END]
            .iter()
            .map(each)
            .sum::<u64>()
            .checked_div(literals.into())
            .map_or(8 << 8, |cost| cost as u32)
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.literals.iter_mut().zip(other.literals).for_each(|(count, more)| *count += more);
        self.distances.iter_mut().zip(other.distances).for_each(|(count, more)| *count += more);
    }

    /// Bits that the symbols take with codes of fractional lengths, in 1/256; extra bits are not among them.
    pub(super) fn cost(&self) -> u64 {
        entropy(&self.literals) + entropy(&self.distances)
    }
}

/// What `bytes` take as literals, in 1/256 bits.
pub(crate) fn literals_cost(bytes: &[u8]) -> u64 {
    let mut counts = [0; 256];
    bytes.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    entropy(&counts)
}

/// Bits that symbols of these `counts` take, in 1/256.
fn entropy(counts: &[u32]) -> u64 {
    let total: u32 = counts.iter().sum();
    let each = |&count: &u32| u64::from(count) * u64::from(log2(count));
    (u64::from(total) * u64::from(log2(total))).saturating_sub(counts.iter().map(each).sum())
}

/// Tokens that wait until their block ends.
#[derive(Debug)]
pub(super) struct Blocks {
    pub(super) bits: Bits,
    tokens: Vec<Token>,
    /// Tokens up to here have been counted into `counts`.
    counted: usize,
    counts: Counts,
    /// Their cost.
    counts_cost: u64,
    literal_cost: u32,
    /// What all tokens took that have been counted, in 1/256 bits.
    cost: u64,
}

/// Tokens after which it is asked whether they belong to the block before them.
const PORTION: usize = 4096;

/// The most tokens of a block.
const MOST: usize = 16 * PORTION;

impl Blocks {
    pub(super) fn behind(bytes: Vec<u8>) -> Self {
        Self {
            bits: Bits::behind(bytes),
            tokens: Vec::with_capacity(MOST),
            counted: 0,
            counts: Counts::NONE,
            counts_cost: 0,
            literal_cost: 8 << 8,
            cost: 0,
        }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, token: Token) {
        self.tokens.push(token);
        if self.tokens.len() == self.counted + PORTION {
            self.weigh();
        }
    }

    /// Adds each of `bytes` as a literal.
    pub(super) fn push_literals(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(self.counted + PORTION - self.tokens.len()));
            self.tokens.extend(now.iter().map(|&byte| Token::literal(byte)));
            if self.tokens.len() == self.counted + PORTION {
                self.weigh();
            }
            bytes = later;
        }
    }

    /// Ends the block before the last portion, if that is cheaper; or behind it, if there are many tokens.
    #[inline(never)]
    fn weigh(&mut self) {
        /// What the header of a block takes, at a guess, in 1/256 bits.
        const HEADER: u64 = 600 << 8;
        let portion = Counts::of(&self.tokens[self.counted..]);
        self.literal_cost = portion.literal_cost();
        let more = portion.cost();
        self.cost += more + portion.extra();
        let mut both = self.counts.clone();
        both.add(&portion);
        let together = both.cost();
        if self.counted > 0 && together > self.counts_cost + more + HEADER {
            self.write(self.counted, false);
            self.tokens.drain(..self.counted);
            (self.counts, self.counts_cost) = (portion, more);
        } else {
            (self.counts, self.counts_cost) = (both, together);
        }
        self.counted = self.tokens.len();
        if self.counted == MOST {
            self.write(self.counted, false);
            self.tokens.clear();
            (self.counted, self.counts, self.counts_cost) = (0, Counts::NONE, 0);
        }
    }

    /// What all tokens take, at a guess, in 1/256 bits.
    pub(super) fn cost(&self) -> u64 {
        let rest = Counts::of(&self.tokens[self.counted..]);
        self.cost + rest.cost() + rest.extra()
    }

    /// The symbols of the tokens that wait.
    pub(super) fn waiting(&self) -> Counts {
        let mut counts = self.counts.clone();
        counts.add(&Counts::of(&self.tokens[self.counted..]));
        counts
    }

    /// What a literal took lately, in 1/256 bits.
    pub(super) fn literal_cost(&self) -> u32 {
        self.literal_cost
    }

    /// Writes what is left as the last block.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.counts.add(&Counts::of(&self.tokens[self.counted..]));
        self.counted = self.tokens.len();
        self.write(self.counted, true);
        self.bits.align();
        self.bits.bytes
    }

    /// Writes the first `count` tokens, whose symbols `counts` are, as a block.
    fn write(&mut self, count: usize, last: bool) {
        let tokens = &self.tokens[..count];
        self.counts.literals[END] = 1;
        write_block(&mut self.bits, tokens, &self.counts, last);
    }
}

/// The lengths of the codes of a block, or how the symbols are priced.
#[derive(Clone, Debug)]
pub(super) struct Codes {
    pub(super) literals: [u8; LITERALS + 2],
    pub(super) distances: [u8; DISTANCES + 2],
}

impl Codes {
    /// RFC 1951 3.2.6.
    fn fixed() -> Self {
        let mut codes = Self { literals: [8; 288], distances: [5; 32] };
        codes.literals[144..256].fill(9);
        codes.literals[256..280].fill(7);
        codes
    }

    /// The best for `counts`.
    pub(super) fn best(counts: &Counts) -> Self {
        let mut codes = Self { literals: [0; 288], distances: [0; 32] };
        lengths(&counts.literals, LONGEST - 1, &mut codes.literals[..LITERALS]);
        lengths(&counts.distances, LONGEST, &mut codes.distances[..DISTANCES]);
        // Without distances, a code for one that is never used: some decoders want it.
        if codes.distances.iter().all(|&length| length == 0) {
            codes.distances[0] = 1;
        }
        codes
    }

    /// Bits that symbols of these `counts` take, extra bits among them.
    pub(super) fn cost(&self, counts: &Counts) -> u64 {
        let literals =
            counts.literals.iter().zip(self.literals).enumerate().map(|(symbol, (&count, length))| {
                u64::from(count) * (u64::from(length) + u64::from(length_extra(symbol)))
            });
        let distances = counts.distances.iter().zip(self.distances).enumerate().map(|(symbol, (&count, length))| {
            u64::from(count) * (u64::from(length) + u64::from(distance_extra(symbol)))
        });
        literals.sum::<u64>() + distances.sum::<u64>()
    }
}

/// Writes `tokens` as a block in the way that takes the fewest bits. `counts` has 1 for the end of the block.
pub(super) fn write_block(bits: &mut Bits, tokens: &[Token], counts: &Counts, last: bool) {
    let best = Codes::best(counts);
    let header = Header::of(&best);
    let fixed = Codes::fixed();
    let bits_of = [header.cost() + best.cost(counts), fixed.cost(counts)];
    let dynamic = bits_of[0] < bits_of[1];
    bits.reserve(bits_of[0].min(bits_of[1]) as usize / 8 + 64);
    bits.put(u32::from(last) | if dynamic { 2 } else { 1 } << 1, 3);
    if dynamic {
        header.write(bits);
        write_tokens(bits, tokens, &best);
    } else {
        write_tokens(bits, tokens, &fixed);
    }
}

/// Tokens that are written together.
const CHUNK: usize = 256;

fn write_tokens(bits: &mut Bits, tokens: &[Token], lengths: &Codes) {
    let (mut literals, mut distances) = ([0; 288], [0; 32]);
    codes(&lengths.literals, &mut literals);
    codes(&lengths.distances, &mut distances);
    // Code and length of each literal, and of each match length with its extra bits.
    let mut table = [(0_u32, 0_u32); 512];
    for (symbol, entry) in table[..256].iter_mut().enumerate() {
        *entry = (literals[symbol].into(), lengths.literals[symbol].into());
    }
    for length in 3..=258 {
        let (symbol, extra) = length_symbol(length);
        let code_length = u32::from(lengths.literals[symbol]);
        let over = (length - 3) & ((1 << extra) - 1);
        table[256 + length as usize - 3] = (u32::from(literals[symbol]) | over << code_length, code_length + extra);
    }
    // Code and length of each distance.
    let distances: [(u32, u32); 32] = std::array::from_fn(|i| (distances[i].into(), lengths.distances[i].into()));
    let entry = |token: Token| {
        let Some((length, distance)) = token.parts() else {
            let (code, count) = table[usize::from(token.byte())];
            return (code.into(), count);
        };
        let (code, count) = table[(256 + length as usize - 3) & 511];
        let (symbol, extra) = distance_symbol(distance);
        let (distance_code, distance_count) = distances[symbol & 31];
        let over = (distance - 1) & ((1 << extra) - 1);
        let behind = u64::from(distance_code | over << distance_count);
        (u64::from(code) | behind << count, count + distance_count + extra)
    };
    let mut buffer = [0; 8 * CHUNK + 8];
    for tokens in tokens.chunks(CHUNK) {
        let mut pen = bits.lift();
        let (fours, rest) = tokens.as_chunks::<4>();
        for four in fours {
            if Token::all_literals(four) {
                let [a, b, c, d] = four.map(|token| table[usize::from(token.byte())]);
                let [ab, cd] = [[a, b], [c, d]].map(|[a, b]| (u64::from(a.0) | u64::from(b.0) << a.1, a.1 + b.1));
                pen.put(&mut buffer, ab.0 | cd.0 << ab.1, ab.1 + cd.1);
            } else {
                for (code, count) in four.map(entry) {
                    pen.put(&mut buffer, code, count);
                }
            }
        }
        for (code, count) in rest.iter().map(|token| entry(*token)) {
            pen.put(&mut buffer, code, count);
        }
        bits.lower(pen, &buffer);
    }
    bits.put(literals[END].into(), lengths.literals[END].into());
}

/// The lengths of a block's codes as they are written (RFC 1951 3.2.7).
struct Header {
    literals: usize,
    distances: usize,
    /// Symbols, each with its extra bits above 8 bits.
    symbols: Vec<u16>,
    counts: [u32; 19],
    lengths: [u8; 19],
    /// How many lengths of `ORDER` are written.
    written: usize,
}

/// RFC 1951 3.2.7.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Extra bits of a symbol in a header.
const fn header_extra(symbol: usize) -> u32 {
    match symbol {
        16 => 2,
        17 => 3,
        18 => 7,
        _ => 0,
    }
}

impl Header {
    fn of(codes: &Codes) -> Self {
        let used =
            |lengths: &[u8], least: usize| lengths.iter().rposition(|&l| l > 0).map_or(least, |i| least.max(i + 1));
        let (literals, distances) = (used(&codes.literals, 257), used(&codes.distances, 1));
        let all: Vec<u8> = [&codes.literals[..literals], &codes.distances[..distances]].concat();
        let mut header =
            Self { literals, distances, symbols: Vec::new(), counts: [0; 19], lengths: [0; 19], written: 0 };
        for run in all.chunk_by(|a, b| a == b) {
            each_of_run(run[0], run.len(), false, |symbol, extra| header.push(symbol, extra));
        }
        lengths(&header.counts.clone(), 7, &mut header.lengths);
        header.written = ORDER.iter().rposition(|&symbol| header.lengths[symbol] > 0).map_or(4, |i| 4.max(i + 1));
        header
    }

    fn push(&mut self, symbol: usize, extra: usize) {
        self.symbols.push((extra << 8 | symbol) as u16);
        self.counts[symbol] += 1;
    }

    /// Its bits.
    fn cost(&self) -> u64 {
        let symbol = |(symbol, &count): (usize, &u32)| {
            u64::from(count) * (u64::from(self.lengths[symbol]) + u64::from(header_extra(symbol)))
        };
        14 + 3 * self.written as u64 + self.counts.iter().enumerate().map(symbol).sum::<u64>()
    }

    fn write(&self, bits: &mut Bits) {
        bits.put(self.literals as u32 - 257, 5);
        bits.put(self.distances as u32 - 1, 5);
        bits.put(self.written as u32 - 4, 4);
        for &symbol in &ORDER[..self.written] {
            bits.put(self.lengths[symbol].into(), 3);
        }
        let mut codes_of = [0; 19];
        codes(&self.lengths, &mut codes_of);
        for &entry in &self.symbols {
            let symbol = usize::from(entry & 0xFF);
            bits.put(codes_of[symbol].into(), self.lengths[symbol].into());
            bits.put(u32::from(entry >> 8), header_extra(symbol));
        }
    }
}
