//! Any bytes behind the head of a BMP or WebP become any other format, or the same, or are refused: never a panic, never
//! more memory than allowed, and the half can be halved.
#![no_main]

mod within;

use halver::{Coding, Effort, Error, Limits, Options, Target};
use libfuzzer_sys::{Corpus, fuzz_target};
use within::halve_within;

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((&choice, source)) = data.split_first() else { return Corpus::Reject };
    if !source.starts_with(b"BM") && !source.starts_with(b"RIFF") {
        return Corpus::Reject;
    }
    let limits =
        Limits { pixels: 1 << 16, memory_bytes: 64 << 20, frames: 16, animation_pixels: 1 << 18, ..Limits::default() };
    let formats = [None, Some(Target::WebP), Some(Target::Png), Some(Target::Auto)];
    let options = Options {
        format: formats[usize::from(choice & 3)],
        effort: [Effort::Fast, Effort::Balanced, Effort::Small][usize::from(choice >> 2) % 3],
        webp: if choice & 64 == 0 { Coding::Source } else { Coding::Lossless },
        limits,
        ..Options::default()
    };
    let half = halve_within(source, &options);
    if let Ok(half) = &half {
        assert!(halve_within(&half.bytes, &options).is_ok(), "a half can be halved");
    }
    // Of what is of no format of ours there is nothing to learn.
    if matches!(half, Err(Error::NotAnImage | Error::UnsupportedFormat { .. })) { Corpus::Reject } else { Corpus::Keep }
});
