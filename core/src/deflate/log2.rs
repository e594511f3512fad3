//! Binary logarithms in fixed point, from integers alone.

/// Bits of a mantissa that count.
const BITS: u32 = 7;

/// 256 · log₂ (1 + i / 128), rounded down.
const FRACTIONS: [u8; 1 << BITS] = {
    let mut fractions = [0; 1 << BITS];
    let mut i = 0;
    while i < 1 << BITS {
        // With 30 bits behind the point; each squaring gives another bit of the logarithm.
        let mut mantissa = (i as u64 + (1 << BITS)) << (30 - BITS);
        let mut step = 0;
        while step < 8 {
            mantissa = (mantissa * mantissa) >> 30;
            fractions[i] <<= 1;
            if mantissa >= 2 << 30 {
                mantissa >>= 1;
                fractions[i] |= 1;
            }
            step += 1;
        }
        i += 1;
    }
    fractions
};

/// 256 · log₂ `n`, at most four less; 0 for 0.
#[inline(always)]
pub(crate) const fn log2(n: u32) -> u32 {
    if n == 0 {
        return 0;
    }
    let whole = n.ilog2();
    let mantissa = (n as u64) << BITS >> whole;
    whole << 8 | FRACTIONS[mantissa as usize & ((1 << BITS) - 1)] as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_to_a_sixtyfourth_of_a_bit() {
        for n in (1..5000).chain([65_535, 65_536, 1_000_003, u32::MAX]) {
            let exact = f64::from(n).log2() * 256.0;
            let error = exact - f64::from(log2(n));
            assert!((0.0..4.0).contains(&error), "{n}: {error}");
        }
    }
}
