//! What every target that halves whole files claims of any of them: an answer, not more memory than allowed, the size
//! that was announced, and a half that can be halved.

use halver::{Error, Options, Output, half, halve, probe};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// [`halve`], held to `options.limits.memory_bytes` at its peak, and to what the probe says of the source.
pub(crate) fn halve_within(source: &[u8], options: &Options) -> Result<Output, Error> {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let result = halve(source, options);
    let peak = ALLOCATOR.peak_usage().saturating_sub(before);
    assert!(peak as u64 <= options.limits.memory_bytes, "{peak} bytes");
    if let Ok(made) = &result {
        let info = probe(source).expect("what is halved can be probed");
        assert_eq!((made.width, made.height), (half(info.width), half(info.height)));
        let again = probe(&made.bytes).expect("a half can be probed");
        assert_eq!((again.width, again.height), (made.width, made.height));
    }
    result
}
