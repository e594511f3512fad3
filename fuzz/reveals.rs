//! Whatever the bytes, a probe is an answer and never a panic, and what is halved reveals nothing any more.
#![no_main]

use halver::{Limits, Options};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &[u8]| {
    let Ok(info) = halver::probe(source) else { return };
    // What the pixels are is for other targets: small pictures tell of metadata as well as large ones.
    let limits = Limits { pixels: 4096, memory_bytes: 16 << 20, scan_blocks: 10_000, ..Limits::default() };
    let Ok(half) = halver::halve(source, &Options { limits, ..Options::default() }) else { return };
    let after = halver::probe(&half.bytes).expect("a half is an image");
    assert_eq!(*after.reveals, halver::Reveals::default(), "of a source that reveals {:?}", info.reveals);
});
