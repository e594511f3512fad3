//! Progressive scans (T.81 G): each adds to coefficients that are held until the last one.

mod band;
mod component;
mod dc;
mod first;
mod refinement;
#[cfg(test)]
mod tests;

pub(super) use component::{Block, ComponentCoefficients};

use std::ops::Range;

use super::bits::{BitReader, Bits};
use super::restarts::Restarts;
use super::scan::ScanHeader;
use super::tables::Tables;
use super::target::Target;
use crate::Error;
use crate::jpeg::frame::Frame;
use crate::jpeg::malformed;
use band::BandScan;
use dc::DcScan;
use first::FirstCoding;
use refinement::RefinementCoding;

/// The coefficients of all components.
pub(super) struct Coefficients {
    components: Vec<ComponentCoefficients>,
    progress: Vec<Progress>,
}

/// Up to which bit each coefficient of a component is known, in zigzag order; `None` before its first scan.
type Progress = [Option<u32>; 64];

/// What a scan does with the MCUs of its restart intervals.
trait Pass {
    /// Forgets what does not outlast a restart marker.
    fn restart(&mut self);

    /// Decodes `mcus` from `bits` on, and shortens the range by those that are done.
    fn decode(&mut self, reader: &mut BitReader<'_>, bits: Bits, mcus: &mut Range<usize>) -> Result<Bits, Error>;
}

impl Coefficients {
    /// No coefficients yet, of components whose blocks are wanted as `targets` say.
    pub(super) fn new(targets: &[Target]) -> Self {
        Self {
            components: targets.iter().map(ComponentCoefficients::new).collect(),
            progress: vec![[None; 64]; targets.len()],
        }
    }

    /// Adds what the scan `coded` says; targets are told their quantization tables at their first scan. Says how many
    /// blocks were passed over, none without `salvage`.
    ///
    /// # Errors
    /// Malformed where the data are broken or end early, unless that is to be passed over.
    pub(super) fn scan(
        &mut self,
        header: &ScanHeader,
        frame: &Frame,
        tables: &Tables,
        coded: &[u8],
        targets: &mut [Target],
        salvage: bool,
    ) -> Result<u64, Error> {
        for selector in &header.components {
            let progress = &mut self.progress[selector.index];
            if progress.iter().all(Option::is_none) {
                let destination = frame.components[selector.index].table;
                targets[selector.index].set_table(tables.quantization(destination)?);
            }
            progress[header.start..=header.end].fill(Some(header.low));
        }
        let first = &header.components[0];
        let mcus = if header.components.len() == 1 { targets[first.index].blocks() } else { frame.mcus() };
        let restarts = Restarts::new(coded, tables.restart_interval, mcus.0 * mcus.1, salvage);
        let component = &mut self.components[first.index];
        let lost = match (header.start, header.high) {
            (0, _) => run(DcScan::new(header, frame, tables, &mut self.components, mcus.0)?, restarts)?,
            (_, 0) => {
                let coding = FirstCoding::new(header, tables.codes(first.ac)?);
                run(BandScan::new(component, coding), restarts)?
            }
            (_, _) => {
                let coding = RefinementCoding::new(header, tables.codes(first.ac)?);
                run(BandScan::new(component, coding), restarts)?
            }
        };
        Ok((lost * header.blocks_of_mcu(frame)) as u64)
    }

    /// Whether all coefficients were given to their last bit, so that no further scan can add anything.
    pub(super) fn are_complete(&self) -> bool {
        self.progress.iter().flatten().all(|&low| low == Some(0))
    }

    /// The coefficients of component `index`.
    pub(super) fn component(&self, index: usize) -> &ComponentCoefficients {
        &self.components[index]
    }
}

/// Lets `pass` decode all of a scan; says how many MCUs were passed over.
fn run(mut pass: impl Pass, mut restarts: Restarts<'_>) -> Result<usize, Error> {
    while let Some(mut stretch) = restarts.stretch(usize::MAX)? {
        if stretch.fresh {
            pass.restart();
        }
        let bits = restarts.bits;
        let result = pass.decode(&mut restarts.reader, bits, &mut stretch.mcus);
        restarts.finish(stretch.mcus.start, result)?;
    }
    Ok(restarts.lost())
}

/// Makes sure that `bits` can go on for an MCU.
///
/// # Errors
/// Malformed where the data are at their end.
#[inline(always)]
fn ready(reader: &mut BitReader<'_>, bits: Bits) -> Result<Bits, Error> {
    if !reader.is_low(&bits) {
        return Ok(bits);
    }
    let bits = reader.fill(bits);
    if reader.is_exhausted(&bits) { Err(malformed("ends inside the image data")) } else { Ok(bits) }
}
