//! Levels made smaller where that saves more bits than it loses: for effort `small`.

use super::cost::Costs;
use super::steps::Steps;
use super::tables::ZIGZAG;

/// What thinning needs to know of a block.
pub(super) struct Thinning<'a> {
    pub(super) costs: &'a Costs,
    pub(super) steps: &'a Steps,
    pub(super) kind: usize,
    pub(super) first: usize,
    /// How many of its two neighbours have levels.
    pub(super) neighbours: usize,
    pub(super) lambda: u32,
}

impl Thinning<'_> {
    /// Takes one off each level, from the last to the first, where what is lost by it weighs less than the bits that it saves.
    pub(super) fn thin(&self, levels: &mut [i16; 16], coefficients: &[i16; 16]) {
        let cost = |levels: &[i16; 16]| self.costs.block(self.kind, self.first, self.neighbours, levels);
        let mut bits = cost(levels);
        for k in (self.first..16).rev() {
            while levels[k] != 0 {
                let magnitude = i64::from(coefficients[ZIGZAG[k]].unsigned_abs());
                let step = i64::from(self.steps.steps[usize::from(k > 0)]);
                let lost = |level: i16| (magnitude - i64::from(level.unsigned_abs()) * step).pow(2);
                let mut thinner = *levels;
                thinner[k] -= levels[k].signum();
                let fewer = cost(&thinner);
                let saved = (i64::from(bits) - i64::from(fewer)) * i64::from(self.lambda);
                if saved <= (lost(thinner[k]) - lost(levels[k])) * 256 {
                    break;
                }
                (*levels, bits) = (thinner, fewer);
            }
        }
    }
}
