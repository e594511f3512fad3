//! Any bytes behind the marker SOI: an error or an image, never a panic, and never more memory than allowed. What is
//! halved without salvaging has the same half with it.
#![no_main]

mod within;

use halver::{Limits, Options, probe};
use libfuzzer_sys::{Corpus, fuzz_target};
use within::halve_within;

fuzz_target!(|source: &[u8]| -> Corpus {
    if !source.starts_with(&[0xFF, 0xD8]) {
        return Corpus::Reject;
    }
    let _ = probe(source);
    // Small enough that no input takes long.
    let limits = Limits { source_bytes: 1 << 20, pixels: 1 << 18, memory_bytes: 32 << 20, ..Limits::default() };
    let strict = halve_within(source, &Options { limits, ..Options::default() });
    let salvaged = halve_within(source, &Options { limits, salvage: true, ..Options::default() });
    if let Ok(strict) = strict {
        assert_eq!(salvaged.map(|made| made.bytes), Ok(strict.bytes));
    }
    Corpus::Keep
});
