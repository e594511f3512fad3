//! Colour conversions in exact integers.

/// 16-bit fixed point.
const fn fixed(value: f64) -> i32 {
    (value * 65536.0 + 0.5) as i32
}

// JFIF 1.02: BT.601 with full-range samples, inverse matrix.
const RED_FROM_CR: i32 = fixed(1.402);
const GREEN_FROM_CB: i32 = fixed(0.344136286);
const GREEN_FROM_CR: i32 = fixed(0.714136286);
const BLUE_FROM_CB: i32 = fixed(1.772);

/// Red, green, blue of a full-range BT.601 pixel, rounded to the nearest and clamped to 0..=255.
pub(crate) fn rgb_from_ycbcr([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (cb, cr) = (i32::from(cb) - 128, i32::from(cr) - 128);
    let sum = |offset: i32| (i32::from(y) + ((offset + HALF) >> 16)).clamp(0, 255) as u8;
    [sum(RED_FROM_CR * cr), sum(-GREEN_FROM_CB * cb - GREEN_FROM_CR * cr), sum(BLUE_FROM_CB * cb)]
}

/// The full-range BT.601 pixel of red, green, blue, rounded to the nearest: JFIF 1.02.
pub(crate) fn ycbcr_from_rgb(rgb: [u8; 3]) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    // Each row sums up to 1 or to 0, so that grey stays grey.
    const Y: [i32; 3] = [fixed(0.299), fixed(0.587), 65536 - fixed(0.299) - fixed(0.587)];
    const CB: [i32; 3] = [-fixed(0.168735892), fixed(0.168735892) - fixed(0.5), fixed(0.5)];
    const CR: [i32; 3] = [fixed(0.5), fixed(0.081312411) - fixed(0.5), -fixed(0.081312411)];
    let sum = |row: [i32; 3], offset: i32| {
        let sum: i32 = row.iter().zip(rgb).map(|(&factor, level)| factor * i32::from(level)).sum();
        (((sum + HALF) >> 16) + offset).clamp(0, 255) as u8
    };
    [sum(Y, 0), sum(CB, 128), sum(CR, 128)]
}

/// Red, green, blue of three inverted inks (255 is none of the ink) under inverted black: the plain
/// Adobe rule, each ink times black.
pub(crate) fn rgb_from_inverted_inks([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    [c, m, y].map(|ink| {
        let product = u32::from(ink) * u32::from(k);
        ((product + 127) / 255) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_and_primaries_come_out_right() {
        for level in 0..=255 {
            assert_eq!(rgb_from_ycbcr([level, 128, 128]), [level; 3]);
        }
        assert_eq!(rgb_from_ycbcr([76, 85, 255]), [254, 0, 0]);
        assert_eq!(rgb_from_ycbcr([29, 255, 107]), [0, 0, 254]);
        assert_eq!(rgb_from_ycbcr([255, 255, 255]), [255, 121, 255]);
    }

    #[test]
    fn within_one_level_of_the_matrix() {
        for (y, cb, cr) in (0..=255u8).step_by(15).flat_map(|y| {
            (0..=255u8).step_by(17).flat_map(move |cb| (0..=255u8).step_by(17).map(move |cr| (y, cb, cr)))
        }) {
            let (yf, bf, rf) = (f64::from(y), f64::from(cb) - 128.0, f64::from(cr) - 128.0);
            let exact = [yf + 1.402 * rf, yf - 0.344136286 * bf - 0.714136286 * rf, yf + 1.772 * bf];
            for (got, exact) in rgb_from_ycbcr([y, cb, cr]).into_iter().zip(exact) {
                assert!((f64::from(got) - exact.clamp(0.0, 255.0)).abs() <= 0.51, "{y} {cb} {cr}: {got} {exact}");
            }
        }
    }

    #[test]
    fn there_and_back_again() {
        for level in 0..=255 {
            assert_eq!(ycbcr_from_rgb([level; 3]), [level, 128, 128]);
        }
        assert_eq!(ycbcr_from_rgb([255, 0, 0]), [76, 85, 255]);
        assert_eq!(ycbcr_from_rgb([0, 0, 255]), [29, 255, 107]);
        for rgb in [[10, 200, 30], [250, 128, 1], [77, 66, 99]] {
            let again = rgb_from_ycbcr(ycbcr_from_rgb(rgb));
            assert!(rgb.iter().zip(again).all(|(&a, b)| a.abs_diff(b) <= 2), "{rgb:?} {again:?}");
        }
    }

    #[test]
    fn black_takes_all_light_and_no_ink_none() {
        assert_eq!(rgb_from_inverted_inks([255, 255, 255, 0]), [0, 0, 0]);
        assert_eq!(rgb_from_inverted_inks([255, 128, 0, 255]), [255, 128, 0]);
    }
}
