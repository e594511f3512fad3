//! Progressive scans (T.81 G): each adds to coefficients that are held until the last one.

use super::scan::ScanHeader;
use super::tables::Tables;
use super::target::Target;
use crate::Error;
use crate::jpeg::frame::Frame;

/// The coefficients of all components.
pub(super) struct Coefficients {
    components: Vec<ComponentCoefficients>,
}

/// The coefficients of a component.
pub(super) struct ComponentCoefficients {}

/// What is held of a block.
pub(super) enum Block<'a> {
    /// The 4×4 low-frequency corner, row by row.
    Corner(&'a [i16; 16]),
    /// All of it, in natural order.
    Whole(&'a [i16; 64]),
}

impl Coefficients {
    /// No coefficients yet, of a frame whose blocks are wanted as `targets` say.
    pub(super) fn new(frame: &Frame, targets: &[Target]) -> Self {
        todo!()
    }

    /// Adds what the scan `coded` says; targets are told their quantization tables at their first scan. Says how many
    /// blocks were passed over, none without `salvage`.
    pub(super) fn scan(
        &mut self,
        header: &ScanHeader,
        frame: &Frame,
        tables: &Tables,
        coded: &[u8],
        targets: &mut [Target],
        salvage: bool,
    ) -> Result<u64, Error> {
        todo!()
    }

    /// Whether all coefficients were given to their last bit, so that no further scan can add anything.
    pub(super) fn are_complete(&self) -> bool {
        todo!()
    }

    pub(super) fn component(&self, index: usize) -> &ComponentCoefficients {
        &self.components[index]
    }
}

impl ComponentCoefficients {
    /// What is held of the block at (`x`, `y`).
    pub(super) fn block(&self, x: usize, y: usize) -> Block<'_> {
        todo!()
    }
}
