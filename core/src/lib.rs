//! Halver makes an image half as wide, half as high and much smaller in bytes.
//!
//! Bytes in, bytes out: no I/O, no clock, no threads, no globals. The same source and [`Options`] give the
//! same bytes on x86-64, aarch64 and wasm32, in every build, so a browser can show what a server will store.
//!
//! ```no_run
//! let source = std::fs::read("photo.jpg").unwrap();
//! let half = halver::halve(&source, &halver::Options::default())?;
//! println!("{}x{}, {} bytes, {:?}", half.width, half.height, half.bytes.len(), half.decisions);
//! # Ok::<(), halver::Error>(())
//! ```
#![forbid(unsafe_code)]

// The flow: lib → transform → survey → { jpeg · png · webp · gif · bmp } → { halve · palette · suits } → raster → error.
mod animation;
mod bmp;
mod color;
mod deflate;
mod error;
mod estimate;
mod exif;
mod format;
mod found;
mod full;
mod gif;
mod halve;
mod icc;
mod inflate;
mod info;
mod jpeg;
mod lanes;
mod moving;
#[cfg(test)]
mod noise;
mod options;
mod output;
mod palette;
mod photoshop;
mod picture;
mod png;
mod raster;
mod reveals;
mod sort;
mod suits;
mod survey;
mod text;
mod tiff;
mod transform;
mod webp;

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use {inflate::fuzzing::inflated_in_pieces, jpeg::fuzzing};

pub use error::{Error, Limit};
pub use estimate::{Estimate, estimate};
pub use format::{Format, UnknownFormat};
pub use info::{Color, Info};
pub use options::{
    Animation, Coding, Effort, Light, Limits, Options, Quality, QualityOutOfRange, Rgb, Subsampling, Target,
};
pub use output::{Decision, Metadata, Output, sha256};
pub use reveals::{Position, Reveals};
pub use suits::Suits;

/// Changes whenever any source could give other bytes than before; part of every recipe id.
pub const OUTPUT_VERSION: u32 = 6;

/// Length of a side after halving; odd sides round up, so 1 stays 1.
///
/// ```
/// assert_eq!([1, 2, 3, 4].map(halver::half), [1, 1, 2, 2]);
/// ```
#[must_use]
pub const fn half(length: u32) -> u32 {
    length.div_ceil(2)
}

/// What the header of `source` says, and what the file tells about a person, without decoding it.
///
/// ```
/// # let source = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/private.jpg")).unwrap();
/// let before = halver::probe(&source)?.reveals;
/// assert_eq!(before.make.as_deref(), Some("Halver"));
/// assert_eq!(before.position.map(|at| (at.latitude, at.longitude)), Some((47_500_000, 11_100_000)));
///
/// let half = halver::halve(&source, &halver::Options::default())?;
/// assert_eq!(*halver::probe(&half.bytes)?.reveals, halver::Reveals::default());
/// # Ok::<(), halver::Error>(())
/// ```
///
/// # Errors
/// As [`halve`], but never [`Error::TooLarge`].
pub fn probe(source: &[u8]) -> Result<Info, Error> {
    survey::Survey::of(source).map(|survey| survey.info)
}

/// The image in `source` at half its width and height, upright and without private metadata.
///
/// # Errors
/// See [`Error`]: the source is no image, broken, of an unsupported kind, beyond the limits, or left out of this build.
pub fn halve(source: &[u8], options: &Options) -> Result<Output, Error> {
    transform::transform(source, options)
}
