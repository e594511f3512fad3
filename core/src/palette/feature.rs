//! Colours as points of a space in which distance is what the eye makes of it.

use super::Color;

/// Lightness, red against green, blue against green, opacity.
pub(super) type Feature = [i32; 4];

/// Where `color` lies. Colour counts as much as alpha lets it be seen.
pub(super) fn of(color: Color) -> Feature {
    let alpha = i32::from(color[3]);
    let [r, g, b] = [color[0], color[1], color[2]].map(|level| {
        let level = i32::from(level);
        if alpha == 255 { 16 * level } else { (16 * level * alpha + 127) / 255 }
    });
    // Luma in the proportions of BT.601, to 1/10.
    let luma = (3 * r + 6 * g + b) / 10;
    [2 * luma, (r - g) * 3 / 4, (b - g) / 2, 16 * 2 * alpha]
}

/// How far apart two are, squared.
pub(super) fn distance(a: &Feature, b: &Feature) -> u32 {
    let mut sum = 0;
    for i in 0..4 {
        let apart = a[i].abs_diff(b[i]);
        sum += apart * apart;
    }
    sum
}
