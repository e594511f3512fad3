//! Our own small corpus, and looking at pixels.

use std::path::{Path, PathBuf};

use halver::{Options, Output, Target, halve};

/// The top folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The bytes of `core/tests/corpus/<name>`.
pub(crate) fn source(name: &str) -> Vec<u8> {
    let path = root().join("core/tests/corpus").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The half of `core/tests/corpus/<name>` at default options.
pub(crate) fn half(name: &str) -> Output {
    half_with(name, &Options::default())
}

/// The half of `core/tests/corpus/<name>`.
pub(crate) fn half_with(name: &str, options: &Options) -> Output {
    halve(&source(name), options).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The half of `core/tests/corpus/<name>` as pixels that an independent decoder reads out of a PNG.
pub(crate) fn half_pixels(name: &str) -> image::RgbaImage {
    let png = half_with(name, &Options { format: Some(Target::Png), ..Options::default() });
    image::load_from_memory(&png.bytes).unwrap().to_rgba8()
}

/// Mean difference of two pictures of equal size, in levels of 0 to 255.
pub(crate) fn mean_difference(a: &image::RgbaImage, b: &image::RgbaImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let total: u64 = a.as_raw().iter().zip(b.as_raw()).map(|(&a, &b)| u64::from(a.abs_diff(b))).sum();
    total as f64 / a.as_raw().len() as f64
}
