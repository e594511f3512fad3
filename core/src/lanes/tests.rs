use super::{plain, vectors};

/// Sixteen numbers, small ones and large ones, ends of the range among them.
fn numbers(seed: u64) -> [i16; 16] {
    let mut state = seed;
    std::array::from_fn(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match state >> 60 {
            0 => i16::MIN,
            1 => i16::MAX,
            2..=5 => (state >> 48) as i16 % 3,
            6..=9 => (state >> 48) as i16 % 300,
            _ => (state >> 40) as i16,
        }
    })
}

/// Whether an expression gives the same for both kinds of vectors.
macro_rules! assert_alike {
    ($seed:expr, $($($name:ident: $vector:ident = $lanes:expr),* => $result:expr;)*) => {
        $(
            let expected = { use vectors::*; $(let $name = $vector::new($lanes);)* $result };
            let got = { use plain::*; $(let $name = $vector::new($lanes);)* $result };
            assert_eq!(got, expected, "{} of seed {}", stringify!($result), $seed);
        )*
    };
}

#[test]
fn arrays_compute_as_vectors_do() {
    for seed in 0..2000 {
        let (a, b) = (numbers(2 * seed), numbers(2 * seed + 1));
        assert_alike!(seed,
            a: i16x16 = a, b: i16x16 = b => (a + b).to_array();
            a: i16x16 = a, b: i16x16 = b => (a - b).to_array();
            a: i16x16 = a, b: i16x16 = b => (a * b).to_array();
            a: i16x16 = a, b: i16x16 = b => (a & b).to_array();
            a: i16x16 = a, b: i16x16 = b => (a | b).to_array();
            a: i16x16 = a, b: i16x16 = b => (a ^ b).to_array();
            a: i16x16 = a => (!a).to_array();
            a: i16x16 = a => (-a).to_array();
            a: i16x16 = a => { let shifted: i16x16 = a << 3; shifted.to_array() };
            a: i16x16 = a => { let shifted: i16x16 = a >> 3; shifted.to_array() };
            a: i16x16 = a => { let shifted: i16x16 = a >> 15; shifted.to_array() };
            a: i16x16 = a => a.abs().to_array();
            a: i16x16 = a, b: i16x16 = b => a.min(b).to_array();
            a: i16x16 = a, b: i16x16 = b => a.max(b).to_array();
            a: i16x16 = a, b: i16x16 = b => a.saturating_add(b).to_array();
            a: i16x16 = a, b: i16x16 = b => a.saturating_sub(b).to_array();
            a: i16x16 = a, b: i16x16 = b => a.mul_keep_high(b).to_array();
            a: i16x16 = a, b: i16x16 = b => a.simd_gt(b).to_array();
            a: i16x16 = a => zeros(a);
            a: i16x16 = a => zeros_of_two(halves(a)[0].max(i16x8::ZERO), halves(a)[1].max(i16x8::ZERO));
            a: i16x16 = a, b: i16x16 = b => sixteens([a, b], |[a, b]| [(a - b) >> 1, !a | b]).map(|lanes| lanes.to_array());
            a: i16x16 = a => eights(halves(a), |[a, b]| [a.mul_keep_high(b) + Eight::splat(3)]).map(|lanes| lanes.to_array());
            a: i16x16 = a => halves(a).map(|half| half.abs().to_array());
            a: i16x16 = a => halves(a).map(|half| (half * i16x8::splat(-3)).to_array());
            a: i16x16 = a => i16x8::transpose([halves(a)[0], halves(a)[1], i16x8::ZERO, i16x8::splat(7), halves(a)[0],
                halves(a)[1], i16x8::ZERO, i16x8::splat(-7)]).map(|row| row.to_array());
        );
    }
}

#[test]
fn quotients_are_alike() {
    for seed in 0..2000 {
        let [a, b] = [numbers(2 * seed), numbers(2 * seed + 1)];
        let [[values, rounding], [reciprocals, shifts]] =
            [a, b].map(|lanes| [0, 8].map(|start| std::array::from_fn::<i16, 8, _>(|at| lanes[start + at])));
        let [rounding, reciprocals, shifts] =
            [rounding, reciprocals, shifts].map(|lanes| lanes.map(i16::cast_unsigned));
        assert_alike!(seed,
            a: i16x8 = values, b: u16x8 = rounding, c: u16x8 = reciprocals, d: u16x8 = shifts =>
                divided(a, [&b, &c, &d]).map(|lanes| lanes.to_array());
        );
    }
}

#[test]
fn bytes_are_arranged_as_vectors_do() {
    for seed in 0..500 {
        let [a, b] = [numbers(2 * seed), numbers(2 * seed + 1)].map(|numbers| numbers.map(|number| number as u8));
        assert_alike!(seed,
            a: u8x16 = a, b: u8x16 = b => u8x16::unpack_low(a, b).to_array();
            a: u8x16 = a, b: u8x16 = b => u8x16::unpack_high(a, b).to_array();
            a: u8x16 = a => i16x16::from(a).to_array();
            a: u8x16 = a => parted(a);
            a: u8x16 = a => joined(parted(a)).to_array();
            a: u8x16 = a => low(parted(a)[1]).to_array();
        );
        let numbers = numbers(seed);
        assert_alike!(seed,
            a: i16x16 = numbers => u8x16::narrow_i16x8(halves(a)[0], halves(a)[1]).to_array();
        );
    }
}
