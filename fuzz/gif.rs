//! Any bytes behind the head of a GIF: what it becomes shows frame by frame what the source shows, as far as is known from
//! its length: so many frames at most, of no more pixels, and the same bytes each time.
#![no_main]

use halver::{Limits, Options, halve, probe};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    let source = [b"GIF89a", data].concat();
    let limits =
        Limits { pixels: 1 << 16, memory_bytes: 64 << 20, frames: 64, animation_pixels: 1 << 20, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let Ok(half) = halve(&source, &options) else { return Corpus::Keep };
    let info = probe(&half.bytes).expect("a half can be probed");
    assert_eq!((info.width, info.height), (half.width, half.height));
    assert!(info.frames <= half.source.frames, "frames are left out, never put in");
    assert_eq!(halve(&source, &options).unwrap().bytes, half.bytes);
    assert!(halve(&half.bytes, &options).is_ok(), "a half can be halved");
    Corpus::Keep
});
