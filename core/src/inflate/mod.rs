//! The bytes that a zlib stream (RFC 1950, RFC 1951) stands for, from input that comes in pieces.

mod ahead;
mod bits;
mod input;
mod lane;
#[cfg(test)]
mod others;
mod table;
mod window;

#[cfg(test)]
mod tests;

use simd_adler32::adler32;

use ahead::{Ahead, MOST, Writer};
use bits::Bits;
use input::Input;
use lane::{Lane, Token};
use table::{Tables, View, build};
use window::{End, Window};

/// It is no zlib stream, or there is not enough of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// Why nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// The input ends.
    Short,
    Broken,
}

impl From<Broken> for Stop {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

/// Bytes of input between two places that are read at once.
const APART: usize = 1 << 11;

/// Bytes of input that are waited for, unless it has ended: for two readers, or the header of a block (less than 300).
const NEED: usize = 2 * APART + 64;

/// Bytes of input before its end, from where on one symbol is read at a time.
const CARE: usize = 24;

/// The most bytes that are written between two looks at how much room there is: what two readers read at their longest, what
/// one of them reads until they meet, each with all of a step, and a symbol.
const ROUND: usize = 40 << 10;
const _: () = assert!(3 * (MOST + STEP) + 258 <= ROUND);

/// The most bytes of a step: literals, and a match.
const STEP: usize = 8 + 258;

/// The bytes of a whole `stream`, at most so many, and its checksum (RFC 1950 2.2) is looked at.
pub(crate) fn inflated(stream: &[u8], most: usize) -> Result<Vec<u8>, Broken> {
    let (mut inflater, mut rest, mut bytes) = (Inflater::new(), stream, Vec::new());
    while inflater.state != State::Done {
        while inflater.is_hungry() {
            let count = inflater.feed(rest);
            rest = &rest[count..];
            if rest.is_empty() {
                inflater.end_input();
            }
        }
        inflater.run()?;
        let ready = inflater.ready();
        if ready.len() > most - bytes.len() {
            return Err(Broken);
        }
        bytes.extend_from_slice(ready);
        inflater.take(ready.len());
    }
    let behind = [inflater.input.waiting(), rest].concat();
    let sound = behind.first_chunk() == Some(&adler32(&&bytes[..]).to_be_bytes());
    if sound { Ok(bytes) } else { Err(Broken) }
}

/// A zlib stream that is being inflated. It holds 0.4 MiB.
///
/// The checksum at its end is not looked at.
pub(crate) struct Inflater {
    state: State,
    /// Whether the block is the last one.
    last: bool,
    bits: Bits,
    tables: Tables,
    ahead: Ahead,
    input: Input,
    window: Window,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    Header,
    /// In a block with codes.
    Coded,
    /// In a block without, of which so many bytes are left.
    Stored(usize),
    Done,
    Broken,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Start,
            last: false,
            bits: Bits::default(),
            tables: Tables::new(),
            ahead: Ahead::new(),
            input: Input::new(),
            window: Window::new(),
        }
    }

    /// Whether there should be more input, or its end, before [`Self::run`].
    pub(crate) fn is_hungry(&self) -> bool {
        !self.input.whole && self.input.waiting().len() < NEED
    }

    /// Takes of `bytes` what there is room for, and says how many that are.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> usize {
        self.input.feed(bytes)
    }

    /// No more input comes.
    pub(crate) fn end_input(&mut self) {
        self.input.whole = true;
    }

    /// What was inflated and not taken.
    pub(crate) fn ready(&self) -> &[u8] {
        self.window.ready()
    }

    /// Takes so many bytes of what is ready.
    pub(crate) fn take(&mut self, count: usize) {
        self.window.taken += count;
    }

    /// Inflates as much as there is input and room for; nothing behind the end of the stream. Where the stream breaks, what
    /// comes before that is ready as ever.
    ///
    /// # Errors
    /// Broken where nothing more can be had.
    pub(crate) fn run(&mut self) -> Result<(), Broken> {
        if self.window.room() < 2 * ROUND {
            self.window.slide();
        }
        self.bits.at = self.input.at;
        while self.window.room() >= ROUND && (self.input.whole || self.input.end - self.bits.at >= NEED) {
            let done = match self.state {
                State::Start => self.start(),
                State::Header => self.header(),
                State::Coded => self.coded(),
                State::Stored(left) => self.stored(left),
                State::Done | State::Broken => break,
            };
            if done.is_err() {
                self.state = State::Broken;
            }
        }
        self.bits.settle();
        self.input.at = self.bits.at;
        if self.ready().is_empty() && self.state == State::Broken { Err(Broken) } else { Ok(()) }
    }

    /// Whether the stream has ended, and all that it stands for is ready or taken.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// RFC 1950 2.2.
    fn start(&mut self) -> Result<(), Stop> {
        let [method, flags] = [self.bits.take(8, &self.input)?, self.bits.take(8, &self.input)?];
        let dictionary = flags & 0x20 != 0;
        if method & 15 != 8 || method >> 4 > 7 || dictionary || (method << 8 | flags) % 31 != 0 {
            return Err(Stop::Broken);
        }
        self.state = State::Header;
        Ok(())
    }

    /// RFC 1951 3.2.3.
    fn header(&mut self) -> Result<(), Stop> {
        self.last = self.bits.take(1, &self.input)? == 1;
        match self.bits.take(2, &self.input)? {
            0 => {
                self.bits.skip(self.bits.count % 8);
                let [length, check] = [self.bits.take(16, &self.input)?, self.bits.take(16, &self.input)?];
                if length != !check & 0xFFFF {
                    return Err(Stop::Broken);
                }
                self.bits.settle();
                self.state = State::Stored(length as usize);
                return Ok(());
            }
            1 => {
                // RFC 1951 3.2.6.
                let mut lengths = [8; 288];
                lengths[144..256].fill(9);
                lengths[256..280].fill(7);
                self.tables.set(&lengths, &[5; 32])?;
            }
            2 => self.lengths()?,
            _ => return Err(Stop::Broken),
        }
        self.state = State::Coded;
        Ok(())
    }

    /// RFC 1951 3.2.7.
    fn lengths(&mut self) -> Result<(), Stop> {
        const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        let literals = self.bits.take(5, &self.input)? as usize + 257;
        let distances = self.bits.take(5, &self.input)? as usize + 1;
        if literals > 286 || distances > 30 {
            return Err(Stop::Broken);
        }
        let written = self.bits.take(4, &self.input)? as usize + 4;
        let mut lengths = [0; 19];
        for &symbol in &ORDER[..written] {
            lengths[symbol] = self.bits.take(3, &self.input)? as u8;
        }
        let mut table = [0; 128];
        build(&lengths, 7, &mut table, |symbol| (symbol as u32) << 16)?;
        let (mut lengths, mut at, all) = ([0_u8; 320], 0, literals + distances);
        while at < all {
            self.bits.refill_slowly(&self.input);
            let entry = table[self.bits.held as usize % 128];
            self.bits.try_skip(entry as u8)?;
            let (length, many) = match entry >> 16 {
                16 => (*lengths[..at].last().ok_or(Stop::Broken)?, 3 + self.bits.take(2, &self.input)?),
                17 => (0, 3 + self.bits.take(3, &self.input)?),
                18 => (0, 11 + self.bits.take(7, &self.input)?),
                length => (length as u8, 1),
            };
            let run = lengths[..all].get_mut(at..at + many as usize).ok_or(Stop::Broken)?;
            run.fill(length);
            at += many as usize;
        }
        let (literals, distances) = lengths[..all].split_at(literals);
        if literals[256] == 0 {
            return Err(Stop::Broken);
        }
        Ok(self.tables.set(literals, distances)?)
    }

    /// Some of a block without codes.
    fn stored(&mut self, left: usize) -> Result<(), Stop> {
        let count = left.min(self.input.end - self.bits.at).min(self.window.room());
        if count == 0 && left > 0 {
            return Err(Stop::Short);
        }
        self.window.extend(&self.input.bytes[self.bits.at..self.bits.at + count]);
        self.bits = Bits::starting(self.bits.at + count);
        self.state = State::Stored(left - count);
        if left == count {
            self.end();
        }
        Ok(())
    }

    /// Goes on behind a block.
    fn end(&mut self) {
        self.state = if self.last { State::Done } else { State::Header };
    }

    /// Some of a block with codes.
    fn coded(&mut self) -> Result<(), Stop> {
        let left = self.input.end - self.bits.at;
        if left >= NEED && self.tables.mostly_literals {
            self.read_twice()?;
        } else if left >= 2 * CARE {
            self.read();
        }
        let token = Token::take(&mut self.bits, &self.tables.view(), &self.input)?;
        if let Token::End = token {
            self.end();
            return Ok(());
        }
        self.window.grow(|end| token.put(end))
    }

    /// Reads up to the input's end but for some bytes, or to what is no literal and no match.
    fn read(&mut self) {
        let (tables, input) = (self.tables.view(), &self.input);
        let mut lane = Lane::new(self.bits, &tables, input);
        self.window.grow(|end| {
            let (goal, most) = (input.end - CARE, end.at + ROUND / 2);
            while lane.bits.at < goal && end.at < most && lane.step(&tables, input, end) {}
        });
        self.bits = lane.bits;
    }

    /// Reads on, and at the same time from a place further on. If the first reader comes to where the second one was, it goes
    /// on where the second one is.
    fn read_twice(&mut self) -> Result<(), Stop> {
        let (tables, input) = (self.tables.view(), &self.input);
        let (goal, last) = (self.bits.at + APART, input.end - CARE);
        let mut writer = self.ahead.writer();
        let mut second = Lane::new(Bits::starting(goal), &tables, input);
        let mut first = Lane::new(self.bits, &tables, input);
        self.window.grow(|end| {
            let most = end.at + MOST;
            while first.bits.at < goal
                && end.at < most
                && second.bits.at < last
                && writer.has_room()
                && first.step(&tables, input, end)
                && second.step(&tables, input, &mut writer)
            {
                writer.note(&second.bits);
            }
            while first.bits.at < goal && end.at < most && first.step(&tables, input, end) {}
            self.bits = first.bits;
            if first.bits.at >= goal && meet(&mut self.bits, &tables, input, end, &writer)? {
                self.bits = second.bits;
            }
            Ok(())
        })
    }
}

/// Reads on to where what was read ahead begins to be true, and adds that; `false` if there is no such place, or too far on.
fn meet(
    bits: &mut Bits,
    tables: &View<'_>,
    input: &Input,
    end: &mut End<'_>,
    ahead: &Writer<'_>,
) -> Result<bool, Stop> {
    let most = end.at + MOST;
    while end.at < most
        && let Some(start) = ahead.start_from(bits.place())
    {
        if start.place == bits.place() {
            ahead.replay(start, end)?;
            return Ok(true);
        }
        let mut behind = *bits;
        match Token::take(&mut behind, tables, input) {
            Ok(token @ (Token::Literal(_) | Token::Repeat(..))) => token.put(end)?,
            _ => break,
        }
        *bits = behind;
    }
    Ok(false)
}

/// For fuzzing and tests alone.
#[cfg(any(test, feature = "fuzzing"))]
#[allow(unreachable_pub, reason = "fuzz targets reach it")]
pub mod fuzzing {
    use super::Inflater;

    /// What a stream stands for whose input comes in pieces of so many bytes, up to where it breaks; and whether it does
    /// not. No checksum is looked at.
    pub fn inflated_in_pieces(stream: &[u8], piece: usize) -> (Vec<u8>, bool) {
        let (mut inflater, mut bytes) = (Inflater::new(), Vec::new());
        let mut pieces = stream.chunks(piece);
        let mut input: &[u8] = &[];
        while !inflater.is_done() {
            while inflater.is_hungry() {
                if input.is_empty() {
                    match pieces.next() {
                        Some(piece) => input = piece,
                        None => inflater.end_input(),
                    }
                }
                let count = inflater.feed(input);
                input = &input[count..];
            }
            if inflater.run().is_err() {
                return (bytes, false);
            }
            // Not all at once.
            let count = inflater.ready().len().div_ceil(2).max(inflater.ready().len().min(40_000));
            bytes.extend_from_slice(&inflater.ready()[..count]);
            inflater.take(count);
        }
        bytes.extend_from_slice(inflater.ready());
        (bytes, true)
    }
}

/// So many zeros, made where they stay.
fn zeros<T: Copy + Default, const COUNT: usize>() -> Box<[T; COUNT]> {
    let Ok(zeros) = vec![T::default(); COUNT].try_into() else { unreachable!("there are so many") };
    zeros
}
