//! The scan header (T.81 B.2.3): which components, which tables, which coefficients.

use crate::Error;
use crate::jpeg::frame::Frame;
use crate::jpeg::malformed;

/// A checked scan header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jpeg) struct ScanHeader {
    /// One to four, each another.
    pub(in crate::jpeg) components: Vec<Selector>,
    /// First coefficient in zigzag order, 0 to 63: Ss.
    pub(in crate::jpeg) start: usize,
    /// Last coefficient, `start` to 63: Se.
    pub(in crate::jpeg) end: usize,
    /// Bit position of the scan before this one for the same coefficients, 0 for the first: Ah.
    pub(in crate::jpeg) high: u32,
    /// Bit position of this scan, 0 to 13: Al.
    pub(in crate::jpeg) low: u32,
}

/// A component of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jpeg) struct Selector {
    /// Its place in the frame.
    pub(in crate::jpeg) index: usize,
    /// Destination of its DC table, 0 to 3.
    pub(in crate::jpeg) dc: usize,
    /// Destination of its AC table, 0 to 3.
    pub(in crate::jpeg) ac: usize,
}

impl ScanHeader {
    /// Reads the parameters of SOS.
    pub(in crate::jpeg) fn parse(payload: &[u8], frame: &Frame) -> Result<Self, Error> {
        let wrong_length = malformed("has a scan header of the wrong length");
        let [count, rest @ ..] = payload else { return Err(wrong_length) };
        let (selectors, rest) = rest.split_at_checked(2 * usize::from(*count)).ok_or(wrong_length)?;
        let &[start, end, bits] = rest else { return Err(wrong_length) };
        let mut components: Vec<Selector> = Vec::new();
        for &[id, tables] in selectors.as_chunks::<2>().0 {
            let unused = |&(index, _): &(usize, _)| components.iter().all(|selector| selector.index != index);
            let named = frame.components.iter().enumerate().filter(unused).find(|(_, component)| component.id == id);
            let (index, _) = named.ok_or(malformed("has a scan of a component that its frame lacks"))?;
            let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
            if dc > 3 || ac > 3 {
                return Err(malformed("names a Huffman table outside 0 to 3"));
            }
            components.push(Selector { index, dc, ac });
        }
        let header = Self {
            components,
            start: start.into(),
            end: end.into(),
            high: u32::from(bits >> 4),
            low: u32::from(bits & 15),
        };
        header.check(frame)?;
        Ok(header)
    }

    /// Blocks of an MCU (T.81 A.2): one where the scan has but one component.
    pub(super) fn blocks_of_mcu(&self, frame: &Frame) -> usize {
        let blocks = |selector: &Selector| {
            let component = &frame.components[selector.index];
            usize::from(component.h) * usize::from(component.v)
        };
        if self.components.len() == 1 { 1 } else { self.components.iter().map(blocks).sum() }
    }

    fn check(&self, frame: &Frame) -> Result<(), Error> {
        if self.components.is_empty() {
            return Err(malformed("has a scan of no component"));
        }
        if self.blocks_of_mcu(frame) > 10 {
            return Err(malformed("has more than ten blocks in an MCU"));
        }
        if frame.progressive { self.check_progression() } else { Ok(()) }
    }

    /// T.81 G.1.1.1: DC alone, or AC of one component; one bit at a time after the first scan. In other scans these
    /// parameters have one value each, which libjpeg does not check either.
    fn check_progression(&self) -> Result<(), Error> {
        let spectrum = if self.start == 0 {
            self.end == 0
        } else {
            self.start <= self.end && self.end < 64 && self.components.len() == 1
        };
        let approximation = self.low <= 13 && (self.high == 0 || self.high == self.low + 1);
        if spectrum && approximation { Ok(()) } else { Err(malformed("has a progressive scan that cannot be")) }
    }
}
