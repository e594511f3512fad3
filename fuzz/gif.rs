//! Any bytes behind the head of a GIF: what it becomes shows frame by frame what the source shows, as far as is known from
//! its length: so many frames at most, of no more pixels, and the same bytes each time.
#![no_main]

mod within;

use halver::{Limits, Options, halve, probe};
use libfuzzer_sys::{Corpus, fuzz_target};
use within::halve_within;

fuzz_target!(|data: &[u8]| -> Corpus {
    let source = [b"GIF89a", data].concat();
    let limits =
        Limits { pixels: 1 << 16, memory_bytes: 64 << 20, frames: 64, animation_pixels: 1 << 20, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let Ok(half) = halve_within(&source, &options) else { return Corpus::Keep };
    let info = probe(&half.bytes).expect("a half can be probed");
    assert!(info.frames <= half.source.frames, "frames are left out, never put in");
    assert_eq!(halve(&source, &options).unwrap().bytes, half.bytes);
    assert!(halve(&half.bytes, &options).is_ok(), "a half can be halved");
    Corpus::Keep
});
