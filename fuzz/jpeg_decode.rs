//! Any bytes behind the marker SOI: an error or an image, never a panic, and never more memory than allowed. What is
//! halved without salvaging has the same half with it.
#![no_main]

use std::sync::LazyLock;

use halver::{Error, Limits, Options, Output, half, halve, probe};
use libfuzzer_sys::{Corpus, fuzz_target};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Small enough that no input takes long.
static STRICT: LazyLock<Options> = LazyLock::new(|| {
    let limits = Limits { source_bytes: 1 << 20, pixels: 1 << 18, memory_bytes: 32 << 20, ..Limits::default() };
    Options { limits, ..Options::default() }
});

/// As JSON, so that this builds beside a core that has no such option yet; then there is nothing to claim of it.
static SALVAGING: LazyLock<Option<Options>> = LazyLock::new(|| {
    let options = serde_json::from_str(r#"{"salvage":true}"#).ok();
    if options.is_none() {
        eprintln!("SKIPPED: the option `salvage` is not there: each input is halved without it only");
    }
    options.map(|options| Options { limits: STRICT.limits, ..options })
});

/// [`halve`], with its peak of memory held against the limit.
fn halve_within(source: &[u8], options: &Options) -> Result<Output, Error> {
    let before = ALLOCATOR.current_usage() as u64;
    ALLOCATOR.reset_peak_usage();
    let result = halve(source, options);
    let peak = ALLOCATOR.peak_usage() as u64 - before;
    assert!(peak <= options.limits.memory_bytes, "{peak} bytes");
    if let Ok(made) = &result {
        let info = probe(source).expect("what is halved can be probed");
        assert_eq!((made.width, made.height), (half(info.width), half(info.height)));
    }
    result
}

fuzz_target!(|source: &[u8]| -> Corpus {
    if !source.starts_with(&[0xFF, 0xD8]) {
        return Corpus::Reject;
    }
    let _ = probe(source);
    let strict = halve_within(source, &STRICT);
    if let Some(options) = &*SALVAGING {
        let salvaged = halve_within(source, options);
        if let Ok(strict) = strict {
            assert_eq!(salvaged.map(|made| made.bytes), Ok(strict.bytes));
        }
    }
    Corpus::Keep
});
