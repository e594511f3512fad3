use crate::lanes::i16x8;

use super::{PLACES, Quantizer, ROUND_UP_FROM};
use crate::jpeg::encode::fdct::{FRACTION, SCALES};
use crate::jpeg::quantization::ZIGZAG;

/// The largest amount of a scaled coefficient (see the test of the forward DCT).
const LARGEST: i16 = 25_924;

/// |`coefficient`| divided by `step` and rounded: at `8 u + v`, whose scale is that of the transform. DC goes to the
/// nearest multiple, AC rounds up later.
fn exact(coefficient: i16, step: u16, i: usize) -> (u64, u64, u64) {
    let divisor = u64::from(step) * u64::from(SCALES[i]);
    let up_from = if i == 0 { 128 } else { u64::from(ROUND_UP_FROM) };
    let scaled = (u64::from(coefficient.unsigned_abs()) << (FRACTION + 8)) + (256 - up_from) * divisor;
    (scaled / (256 * divisor), scaled % (256 * divisor), 256 * divisor)
}

/// All steps, coefficients of all amounts: as exact division has it, but where the remainder is next to none.
#[test]
fn quotients_are_exact_but_at_their_thresholds() {
    let (mut exactly, mut inexactly) = (0_u64, 0_u64);
    for step in 1..=255 {
        let quantizer = Quantizer::new(&[step; 64]);
        for coefficient in (i16::try_from(step % 7).unwrap()..=LARGEST).step_by(7) {
            let block = quantizer.quantize(&[i16x8::splat(coefficient); 8]);
            let negative = quantizer.quantize(&[i16x8::splat(-coefficient); 8]);
            assert_eq!(block.nonzero, negative.nonzero);
            for k in 0..64 {
                let (quotient, remainder, divisor) = exact(coefficient, step, PLACES[k as usize].into());
                let found = block.at(k);
                assert_eq!(negative.at(k), -found, "{coefficient} by {step} at {k}");
                assert_eq!(block.nonzero >> k & 1 != 0, found != 0, "{coefficient} by {step} at {k}");
                if u64::from(found.unsigned_abs()) == quotient {
                    exactly += 1;
                } else {
                    // What is added is rounded to whole units of the transform, the reciprocal cut to 16 bits.
                    let (half, cut) = (128 << FRACTION, divisor * quotient / 32768);
                    let one_less = found as u64 + 1 == quotient && remainder <= half + cut;
                    let one_more = found as u64 == quotient + 1 && remainder + half >= divisor;
                    let what = format!("{found}, not {quotient}, {remainder} of {divisor}");
                    assert!(one_less || one_more, "{coefficient} by {step} at {k}: {what}");
                    inexactly += 1;
                }
            }
        }
    }
    eprintln!("{exactly} exactly, {inexactly} not");
    assert!(inexactly < exactly / 50, "{exactly} exactly, {inexactly} not");
}

/// Each place has the step of its own: (u, v) of a table is at `8 v + u`.
#[test]
fn places_are_those_of_the_table() {
    let table = std::array::from_fn(|i| 1 + 4 * i as u16 % 255);
    let quantizer = Quantizer::new(&table);
    for coefficient in [-20_000, -3000, 200, 9000] {
        let block = quantizer.quantize(&[i16x8::splat(coefficient); 8]);
        for k in 0..64 {
            let natural = usize::from(ZIGZAG[k as usize]);
            let (u, v) = (natural % 8, natural / 8);
            let (quotient, ..) = exact(coefficient, table[natural], 8 * u + v);
            assert!(quotient.abs_diff(block.at(k).unsigned_abs().into()) <= 1, "({u}, {v})");
        }
    }
}
