//! The smallest file: its coefficients are weighed by what they cost, its scans chosen by their size.

use super::Plan;
use super::held::{Component, Held};
use super::progressive::Census;
use super::scan::{Coder, Scan};
use super::script::{self, BANDS};
use super::trellis::{Rates, Trellis};
use crate::Error;

/// Blocks of a component, about, that stand for all of them where something is estimated.
const SAMPLE: usize = 2048;

/// Bits that the square of a quantization step is worth, luminance before chrominance: tuned for the fewest bytes at equal
/// SSIMULACRA2.
const LAMBDAS: [i64; 2] = [13, 20];

/// Of a step, in 1/256: what is less becomes zero without being weighed. Hardly any of it would ever stay.
pub(super) const KEPT_FROM: u32 = 150;

impl Plan {
    /// The file of `held`, whose AC coefficients are not quantised yet.
    ///
    /// # Errors
    /// Too large where it crosses the budget.
    pub(super) fn write_small(&self, mut held: Held) -> Result<Vec<u8>, Error> {
        let mut sample = held.sample(SAMPLE);
        let mut trellises = self.trellises(&sample);
        for component in &mut sample.components {
            let trellis = &mut trellises[component.kind];
            component.blocks.iter_mut().for_each(|block| trellis.quantize(block));
        }
        let script = script::smallest(&held, &sample);
        let mut censuses = vec![Census::default(); script.len()];
        for (index, component) in held.components.iter_mut().enumerate() {
            let of_component = script.iter().zip(&mut censuses).filter(|(scan, _)| scan.component == Some(index));
            let kind = component.kind;
            weigh(component, &mut trellises[kind], of_component);
        }
        // Of the DC coefficients, which the first scan sends, nothing is counted yet.
        censuses[0] = Census::of(&script[0], &held);
        self.write_scans(&held, script.into_iter().zip(censuses))
    }

    /// What quantises luminance and chrominance, knowing the rates of a sample of the blocks.
    fn trellises(&self, sample: &Held) -> [Trellis; 2] {
        let mut trellises = [0, 1].map(|kind| Trellis::new(&self.tables[kind], LAMBDAS[kind]));
        let mut rounded = sample.clone();
        for component in &mut rounded.components {
            component.blocks.iter_mut().for_each(|block| trellises[component.kind].round(block));
        }
        for band in BANDS {
            let mut census = Census::default();
            for index in 0..rounded.components.len() {
                Scan::ac(index, band, 0, 0).code(&rounded, &mut census);
            }
            for (trellis, counts) in trellises.iter_mut().zip(&census.counts) {
                trellis.rates.push(Rates::new(band, counts));
            }
        }
        trellises
    }
}

/// Quantises `component` by `trellis`, and takes the census of the scans that send it.
fn weigh<'a>(
    component: &mut Component,
    trellis: &mut Trellis,
    scans: impl Iterator<Item = (&'a Scan, &'a mut Census)>,
) {
    let kind = component.kind;
    let mut coders: Vec<_> = scans.map(|(scan, census)| (Coder::new(*scan, kind), census)).collect();
    for row in component.rows_mut() {
        row.iter_mut().for_each(|block| trellis.quantize(block));
        coders.iter_mut().for_each(|(coder, census)| coder.code(row, *census));
    }
    coders.into_iter().for_each(|(coder, census)| coder.finish(census));
}
