//! Damaged files: an error or an image, never a panic.

use halver::{Options, halve};

use crate::corpus::source;

/// One small file of each kind of coding.
const SMALL: [&str; 11] = [
    "orientation-6.jpg",
    "photo-422-q60.jpg",
    "badge.png",
    "palette.png",
    "badge.gif",
    "badge-lossless.webp",
    "badge-lossy.webp",
    "animated.webp",
    "tiny-progressive.jpg",
    "tiny-cmyk.jpg",
    "one-frame.webp",
];

#[test]
fn every_prefix_returns_and_none_is_taken_for_whole() {
    for name in SMALL {
        let whole = source(name);
        let end = whole.iter().rposition(|&byte| byte != 0).unwrap();
        for length in 0..end.saturating_sub(12) {
            let result = halve(&whole[..length], &Options::default());
            assert!(result.is_err(), "{name} cut to {length} of {} bytes", whole.len());
        }
    }
}

#[test]
fn every_flipped_bit_returns() {
    for name in SMALL {
        let whole = source(name);
        for bit in 0..whole.len() * 8 {
            let mut broken = whole.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            if let Ok(half) = halve(&broken, &Options::default()) {
                assert!(half.width > 0 && half.height > 0 && !half.bytes.is_empty(), "{name} bit {bit}");
            }
        }
    }
}
