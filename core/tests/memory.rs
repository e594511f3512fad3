//! The memory limit is a limit: what halving takes at its peak stays below what is refused.
//!
//! A binary of its own with one test, because the allocator counts for the whole process.

use halver::{Error, Format, Limit, Limits, Options, halve};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What halving `source` needs by its own estimate: the number in the error under a limit of nothing.
fn estimate(source: &[u8], format: Option<Format>) -> Option<u64> {
    let limits = Limits { memory_bytes: 0, ..Limits::default() };
    match halve(source, &Options { format, limits, ..Options::default() }) {
        Err(Error::TooLarge { limit: Limit::MemoryBytes, needed, .. }) => Some(needed),
        _ => None,
    }
}

#[test]
fn peaks_stay_below_the_estimate() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut checked = 0;
    for folder in [
        "core/tests/corpus",
        "samples",
        "../shared/corpus/jpeg",
        "../shared/corpus/jpeg/size",
        "../shared/corpus/bombs",
        "../shared/corpus/png",
        "../shared/corpus/webp",
        "../shared/corpus/broken",
    ] {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
            eprintln!("SKIPPED: no {folder}");
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let source = std::fs::read(&path).unwrap();
            for format in [None, Some(Format::Jpeg), Some(Format::Png), Some(Format::WebP), Some(Format::Gif)] {
                let Some(estimate) = estimate(&source, format) else { continue };
                let options = Options { format, ..Options::default() };
                let before = ALLOCATOR.current_usage() as u64;
                ALLOCATOR.reset_peak_usage();
                let result = halve(&source, &options);
                let peak = ALLOCATOR.peak_usage() as u64 - before;
                drop(result);
                assert!(peak <= estimate, "{} to {format:?}: {peak} bytes, {estimate} estimated", path.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 150, "only {checked} cases");
}
