//! What is read ahead of its turn, from a place where a symbol may begin or not.
//!
//! A reader that begins inside a symbol reads other symbols than there are; but codes are such that sooner or later, mostly
//! within some dozens, one of them ends where a true one ends, and from there on all are true. So two places can be read at
//! once, by a processor that else waits for each symbol's bits before it knows where the next one begins. Whether what was
//! read ahead holds is known when the first reader comes by, and stands where the second one stood.

use super::bits::Bits;
use super::lane::Sink;
use super::window::End;
use super::{Broken, zeros};

/// Steps of which it is noted where they begin: after so many, 98 of 100 second readers read what is true.
const NOTED: usize = 16;

/// The most bytes that all of it stands for, but for one step more.
pub(super) const MOST: usize = 12 << 10;

/// More than the most literals, and the most matches, of which each stands for three bytes or more.
const LITERALS: usize = 1 << 14;
const MATCHES: usize = 1 << 13;

/// Sixteen more, so that sixteen can be read and written anywhere.
type Literals = [u8; LITERALS + 16];

/// Literals and matches that were read ahead.
pub(super) struct Ahead {
    literals: Box<Literals>,
    matches: Box<[Match; MATCHES]>,
    starts: [Start; NOTED],
}

/// What adds to them.
pub(super) struct Writer<'a> {
    literals: &'a mut Literals,
    matches: &'a mut [Match; MATCHES],
    starts: &'a mut [Start; NOTED],
    started: usize,
    count: Count,
    /// Bytes of the matches.
    repeated: usize,
}

/// How many literals and matches.
#[derive(Clone, Copy, Default)]
struct Count {
    literals: usize,
    matches: usize,
}

#[derive(Clone, Copy, Default)]
struct Match {
    /// Literals before it.
    literals: u16,
    length: u16,
    distance: u16,
}

/// Where a step begins, and what was read before it.
#[derive(Clone, Copy, Default)]
pub(super) struct Start {
    pub(super) place: usize,
    count: Count,
}

impl Ahead {
    pub(super) fn new() -> Self {
        Self { literals: zeros(), matches: zeros(), starts: [Start::default(); NOTED] }
    }

    /// Forgets everything, and takes what comes now.
    pub(super) fn writer(&mut self) -> Writer<'_> {
        let Self { literals, matches, starts } = self;
        Writer { literals, matches, starts, started: 0, count: Count::default(), repeated: 0 }
    }
}

impl Writer<'_> {
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.count.literals + self.repeated < MOST
    }

    /// Notes that a step begins here, if it is one of the first.
    #[inline(always)]
    pub(super) fn note(&mut self, bits: &Bits) {
        if let Some(start) = self.starts.get_mut(self.started) {
            *start = Start { place: bits.place(), count: self.count };
            self.started += 1;
        }
    }

    /// The first step that begins at `place` or behind it.
    pub(super) fn start_from(&self, place: usize) -> Option<Start> {
        self.starts[..self.started].iter().find(|start| start.place >= place).copied()
    }

    /// Adds all from a step on to the window, which has room for it.
    pub(super) fn replay(&self, start: Start, window: &mut End<'_>) -> Result<(), Broken> {
        let Count { mut literals, matches } = start.count;
        let mut extend = |window: &mut End<'_>, end: usize| {
            window.extend(&self.literals[literals..], end - literals);
            literals = end;
        };
        for &Match { literals, length, distance } in &self.matches[matches..self.count.matches] {
            extend(window, literals.into());
            if !window.repeat(length.into(), distance.into()) {
                return Err(Broken);
            }
        }
        extend(window, self.count.literals);
        Ok(())
    }
}

impl Sink for Writer<'_> {
    #[inline(always)]
    fn slot(&mut self) -> &mut [u8; 16] {
        self.literals[self.count.literals % LITERALS..].first_chunk_mut().expect("there are sixteen more")
    }

    #[inline(always)]
    fn wrote(&mut self, count: usize) {
        self.count.literals += count;
    }

    #[inline(always)]
    fn repeat(&mut self, length: usize, distance: usize) -> bool {
        self.matches[self.count.matches % MATCHES] =
            Match { literals: self.count.literals as u16, length: length as u16, distance: distance as u16 };
        self.count.matches += 1;
        self.repeated += length;
        true
    }
}
