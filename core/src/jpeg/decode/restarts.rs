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
        Self { reader, bits, interval, total, next: 0, resume: 0, salvage, lost: 0 }
    }

    /// MCUs that were passed over so far.
    pub(super) fn lost(&self) -> usize {
        self.lost
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
            let found = self.reader.next_restart();
            self.resume_behind(found, self.next / self.interval.max(1));
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
        if self.interval == 0 { usize::MAX } else { (self.next / self.interval + 1) * self.interval }
    }

    /// Moves behind the marker that begins the next restart interval.
    fn restart(&mut self) -> Result<(), Error> {
        let ended = self.next / self.interval - 1;
        let found = self.reader.next_restart();
        let problem = match found {
            Some(found) if usize::from(found) == ended % 8 => None,
            Some(_) => Some("has restart markers out of order"),
            None => Some("lacks a restart marker"),
        };
        match problem {
            Some(problem) if !self.salvage => Err(malformed(problem)),
            _ => {
                self.resume_behind(found, ended);
                Ok(())
            }
        }
    }

    /// Goes on behind the marker `found`; the interval before it is `earliest` or up to seven later. What lies between
    /// is lost; without a marker all is.
    fn resume_behind(&mut self, found: Option<u8>, earliest: usize) {
        let Some(found) = found.filter(|_| self.interval > 0) else {
            self.resume = self.total;
            return;
        };
        let missing = (usize::from(found) + 8 - earliest % 8) % 8;
        self.resume = ((earliest + missing + 1) * self.interval).min(self.total);
        self.bits = self.reader.begin_interval();
    }
}
