//! Any block: each transform is near its definition in T.81 A.3.3, for coefficients that samples lead to and for small
//! ones of any kind; and none panics for others.
#![no_main]

use std::f64::consts::PI;

use arbitrary::Arbitrary;
use halver::fuzzing::{forward_block, half_block, half_corners, whole_block};
use libfuzzer_sys::fuzz_target;

/// How far a sample may be from the exact one, in levels: rounding, and the arithmetic.
const NEAR: f64 = 0.7;

/// The same for the matrices, which have more bits.
const NEAR_BY_MATRIX: f64 = 0.6;

/// How far a forward coefficient may be from the exact one. Rounding the samples alone could make it 4.
const FORWARD_NEAR: f64 = 3.0;

/// A sum of magnitudes that no transform grows out of 16 bits with three of fraction: by 1.307² at most.
const SMALL: f64 = 2300.0;

type Square = [[f64; 8]; 8];

#[derive(Arbitrary, Debug)]
struct Input {
    samples: [u8; 64],
    coefficients: [i16; 64],
    /// Bits that are taken off the coefficients, so that small ones are as common as large ones.
    smaller: u8,
    steps: [u16; 64],
    /// The same for the steps.
    finer: u8,
    across: u8,
    down: u8,
}

/// What sample `x` of `n` counts in coefficient `u` of the orthonormal DCT.
fn basis(n: usize, u: usize, x: usize) -> f64 {
    let scale = if u == 0 { 1.0 } else { 2.0 } / n as f64;
    scale.sqrt() * ((2 * x + 1) as f64 * u as f64 * PI / (2 * n) as f64).cos()
}

fn square(value: impl Fn(usize, usize) -> f64) -> Square {
    std::array::from_fn(|row| std::array::from_fn(|column| value(row, column)))
}

fn sum(n: usize, term: impl Fn(usize, usize) -> f64) -> f64 {
    (0..n * n).map(|i| term(i / n, i % n)).sum()
}

fn forward(samples: &Square) -> Square {
    square(|v, u| sum(8, |y, x| samples[y][x] * basis(8, v, y) * basis(8, u, x)))
}

/// The `n`×`n` samples of the first `n`×`n` coefficients.
fn inverse(n: usize, coefficients: &Square) -> Square {
    square(|y, x| sum(n, |v, u| coefficients[v][u] * basis(n, v, y % n) * basis(n, u, x % n)))
}

/// The half of a block, by way of its samples where not all of them are of the picture.
fn half(coefficients: &Square, across: usize, down: usize) -> Square {
    let samples = inverse(8, coefficients);
    let seen = forward(&square(|y, x| samples[y.min(down - 1)][x.min(across - 1)]));
    inverse(4, &square(|v, u| seen[v][u] / 2.0))
}

fn assert_near<const W: usize>(what: &str, made: &[[u8; W]], exact: &Square, n: usize, bound: f64) {
    for (row, samples) in made.iter().enumerate().take(n) {
        for (column, sample) in samples.iter().enumerate().take(n) {
            let exact = (exact[row][column] + 128.0).clamp(0.0, 255.0);
            let error = (f64::from(*sample) - exact).abs();
            assert!(error <= bound, "{what}: {sample} at ({column}, {row}) is {exact}, off by {error}");
        }
    }
}

fn assert_agree(coefficients: &[i16; 64], table: &[u16; 64], across: usize, down: usize, judged: bool) {
    let corner = std::array::from_fn(|i| coefficients[i / 4 * 8 + i % 4]);
    let drawn = half_corners(&[[0; 16], corner, [i16::MAX; 16], [i16::MIN; 16]], table);
    let corner = drawn.map(|row| <[u8; 4]>::try_from(&row[4..8]).unwrap());
    let edge = half_block(coefficients, table, across, down);
    let whole = whole_block(coefficients, table);
    if judged {
        let exact = square(|v, u| f64::from(coefficients[8 * v + u]) * f64::from(table[8 * v + u]));
        assert_near("corner", &corner, &half(&exact, 8, 8), 4, NEAR);
        assert_near("edge", &edge, &half(&exact, across, down), 4, NEAR_BY_MATRIX);
        assert_near("whole", &whole, &inverse(8, &exact), 8, NEAR_BY_MATRIX);
    }
}

fuzz_target!(|input: Input| {
    let (across, down) = (usize::from(input.across % 8) + 1, usize::from(input.down % 8) + 1);
    let steps = input.steps.map(|step| (step >> (input.finer % 16)).max(1));

    let transformed = forward(&square(|y, x| f64::from(input.samples[8 * y + x]) - 128.0));
    for (i, made) in forward_block(&input.samples).into_iter().enumerate() {
        let error = (made - transformed[i / 8][i % 8]).abs();
        assert!(error <= FORWARD_NEAR, "forward: {made} at {i} is off by {error}");
    }

    let table = steps.map(|step| step.min(255));
    let quantised = std::array::from_fn(|i| (transformed[i / 8][i % 8] / f64::from(table[i])).round() as i16);
    assert_agree(&quantised, &table, across, down, true);

    let coefficients = input.coefficients.map(|coefficient| coefficient >> (input.smaller % 16));
    let size = |i: usize| (f64::from(coefficients[i]) * f64::from(steps[i])).abs();
    assert_agree(&coefficients, &steps, across, down, (0..64).map(size).sum::<f64>() <= SMALL);
});
