//! Any bytes behind the head of a GIF, APNG or animated WebP: the half moves on or is refused, never panics, keeps to the
//! memory that was announced, and can be halved again.
#![no_main]

mod within;

use halver::{Animation, Error, Limits, Options, Target, halve, probe};
use libfuzzer_sys::{Corpus, fuzz_target};
use within::halve_within;

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((&choice, source)) = data.split_first() else { return Corpus::Reject };
    let limits =
        Limits { pixels: 1 << 16, memory_bytes: 64 << 20, frames: 64, animation_pixels: 1 << 20, ..Limits::default() };
    let format = [Target::Gif, Target::Png, Target::WebP, Target::Jpeg][usize::from(choice & 3)];
    let animation = if choice & 4 == 0 { Animation::Keep } else { Animation::First };
    let options = Options { format: Some(format), animation, limits, ..Options::default() };
    let half = halve_within(source, &options);
    if let Ok(half) = &half {
        let again = probe(&half.bytes).expect("a half can be probed");
        assert!(again.frames <= half.source.frames, "frames are left out, never put in");
        assert!(halve(&half.bytes, &Options::default()).is_ok(), "a half can be halved");
    }
    // Of what is of no format of ours there is nothing to learn.
    if matches!(half, Err(Error::NotAnImage | Error::UnsupportedFormat { .. })) { Corpus::Reject } else { Corpus::Keep }
});
