//! The restart intervals of a scan (T.81 E.2.4): where they begin, and how to go on behind what is broken.

use std::ops::Range;

use super::bits::{BitReader, Bits};
use crate::Error;
use crate::jpeg::malformed;

/// The entropy-coded data of a scan, and which of its MCUs come next.
pub(super) struct Restarts<'a> {
    pub(super) reader: BitReader<'a>,
    /// Where the next MCU begins.
    pub(super) bits: Bits,
    /// MCUs between restart markers; 0 where there are none.
    interval: usize,
    /// MCUs of the scan.
    total: usize,
    /// The MCU to come.
    next: usize,
    /// The first MCU that is not lost.
    resume: usize,
    /// Whether what is broken is passed over.
    salvage: bool,
    /// MCUs that were passed over.
    lost: usize,
    /// Whether anything was broken.
    broken: bool,
}

/// MCUs of one restart interval.
pub(super) struct Stretch {
    pub(super) mcus: Range<usize>,
    /// Whether the interval begins with them.
    pub(super) fresh: bool,
}

impl<'a> Restarts<'a> {
    /// A scan of `total` MCUs with a marker behind each `interval` of them, unless that is 0.
    pub(super) fn new(coded: &'a [u8], interval: usize, total: usize, salvage: bool) -> Self {
        let (reader, bits) = BitReader::new(coded);
        Self { reader, bits, interval, total, next: 0, resume: 0, salvage, lost: 0, broken: false }
    }

    /// The first MCU that is neither decoded nor known to be lost.
    pub(super) fn next(&self) -> usize {
        self.next
    }

    /// MCUs that were passed over so far; at least one where anything was broken.
    pub(super) fn lost(&self) -> usize {
        self.lost.max(self.broken.into())
    }

    /// The next MCUs to decode, none from `end` on; `None` where all before it are decoded or lost.
    ///
    /// # Errors
    /// Malformed where a restart marker is not where it must be, unless that is to be passed over.
    pub(super) fn stretch(&mut self, end: usize) -> Result<Option<Stretch>, Error> {
        let end = end.min(self.total);
        while self.next < end {
            if self.next < self.resume {
                let lost = self.resume.min(end) - self.next;
                self.next += lost;
                self.lost += lost;
            } else if self.is_at_restart() {
                self.restart()?;
            } else {
                let mcus = self.next..self.interval_end().min(end);
                return Ok(Some(Stretch { mcus, fresh: self.next == self.resume }));
            }
        }
        Ok(None)
    }

    /// Notes that the MCUs before `next`, the last stretch, are decoded, and where the next one begins; or why the one
    /// at `next` could not be.
    ///
    /// # Errors
    /// Why, unless that is to be passed over.
    pub(super) fn finish(&mut self, next: usize, result: Result<Bits, Error>) -> Result<(), Error> {
        self.next = next;
        let result = result.and_then(|bits| {
            self.bits = bits;
            if self.reader.is_exhausted(&bits) {
                self.next -= 1;
                return Err(malformed("ends inside the image data"));
            }
            Ok(())
        });
        if result.is_err() && self.salvage {
            self.recover(self.next / self.interval.max(1));
            return Ok(());
        }
        result
    }

    /// Whether the next MCU begins a restart interval, and its marker was not yet read.
    fn is_at_restart(&self) -> bool {
        self.interval > 0 && self.next.is_multiple_of(self.interval) && self.next != self.resume
    }

    /// The first MCU behind this restart interval.
    fn interval_end(&self) -> usize {
        self.next.checked_div(self.interval).map_or(usize::MAX, |ended| (ended + 1) * self.interval)
    }

    /// Moves behind the marker that begins the next restart interval.
    fn restart(&mut self) -> Result<(), Error> {
        let ended = self.next / self.interval - 1;
        let problem = match self.reader.restarts_ahead().next() {
            Some(found) if usize::from(found) == ended % 8 => {
                self.reader.next_restart();
                self.resume_behind(ended);
                return Ok(());
            }
            Some(_) => "has restart markers out of order",
            None => "lacks a restart marker",
        };
        if !self.salvage {
            return Err(malformed(problem));
        }
        self.recover(ended);
        Ok(())
    }

    /// Goes on behind a marker to come; the interval before it is `due` or a later one. What lies between is lost;
    /// without a marker all is.
    ///
    /// A marker with a number that is not due may stand behind data that are missing, be damaged itself, or not belong
    /// there. What fits best with the numbers of the markers behind it is taken for true.
    fn recover(&mut self, due: usize) {
        /// Stands for a marker too many: the ones behind it are each due one place before.
        const TOO_MANY: usize = 7;
        self.broken = true;
        while self.interval > 0 {
            let ahead: Vec<usize> = self.reader.restarts_ahead().take(4).map(usize::from).collect();
            let Some((found, behind)) = ahead.split_first() else { break };
            self.reader.next_restart();
            let as_numbered = (found + 8 - due % 8) % 8;
            let fitting = |&missing: &usize| {
                (due + missing + 1..).zip(behind).filter(|&(expected, &number)| number == expected % 8).count()
            };
            let missing = [TOO_MANY, 0, as_numbered].into_iter().max_by_key(fitting).unwrap_or(as_numbered);
            if missing != TOO_MANY {
                return self.resume_behind(due + missing);
            }
        }
        self.resume = self.total;
    }

    /// Goes on at the current place, behind restart interval `ended`.
    fn resume_behind(&mut self, ended: usize) {
        self.resume = ((ended + 1) * self.interval).min(self.total);
        self.bits = self.reader.begin_interval();
    }
}
