//! What an image will cost, from its first bytes alone: for those who decide before they fetch the rest.

use serde::Serialize;

use crate::survey::Survey;
use crate::{Error, Format, Options, bmp, gif, jpeg, png, webp};

/// What the first bytes of an image say about halving it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Estimate {
    /// The format, by content.
    pub format: Format,
    /// Pixels across as a viewer shows the picture; as they are stored where its orientation lies behind the head, as
    /// a WebP's does.
    pub width: u32,
    /// Pixels down, likewise.
    pub height: u32,
    /// Bytes of memory that [`halve`](crate::halve) takes at its peak above the source; an upper estimate, to be
    /// compared with what there is. It can be above [`Limits::memory_bytes`](crate::Limits::memory_bytes): then whether
    /// the image is too large shows only in the rest of it.
    pub memory_bytes: u64,
}

/// What halving an image of `source_bytes` that begins with `head` will cost; `None` where `head` ends too early to tell.
///
/// A header ends where the pixels begin. It lies in the first 64 KiB of nearly all images, and behind that where
/// a profile or a preview is longer: whoever gets `None` calls again with a head of twice the length. The whole source
/// never gives `None`. Work and memory are linear in the length of `head`; nothing is decoded.
///
/// What may lie behind `head` is taken as follows, so the memory can be underestimated for files that no usual writer
/// makes. A JPEG reaches to the end of the source, has the scans that can be seen, and no orientation behind the first of
/// them; a sequential one whose first scan lacks a component has several. A PNG has no transparency behind its pixels. A
/// GIF has no larger picture than those that can be seen. Whoever depends on the bound sets
/// [`Limits::memory_bytes`](crate::Limits::memory_bytes), which `halve` checks against the whole.
///
/// ```
/// # let source = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/photo-420.jpg")).unwrap();
/// let options = halver::Options::default();
/// let mut length = 1024;
/// let estimate = loop {
///     let head = &source[..source.len().min(length)];
///     match halver::estimate(head, source.len() as u64, &options)? {
///         Some(estimate) => break estimate,
///         None => length *= 2,
///     }
/// };
/// assert_eq!((estimate.width, estimate.height), (161, 121));
/// assert!(estimate.memory_bytes < 16 << 20);
/// # Ok::<(), halver::Error>(())
/// ```
///
/// # Errors
/// As [`halve`](crate::halve) of the whole source, whatever lies behind `head`. Where that is worse than what can be seen,
/// the error of the whole is another one: [`Error::Malformed`] before all, then [`Error::TooLarge`].
pub fn estimate(head: &[u8], source_bytes: u64, options: &Options) -> Result<Option<Estimate>, Error> {
    options.limits.check_source(source_bytes)?;
    let Some(mut survey) = survey(head, source_bytes)? else { return Ok(None) };
    // Of a JPEG that goes on behind the head this asks for less memory than it takes: what is refused here is refused.
    survey.check(options)?;
    survey.goes_on_moving(options)?;
    survey.check_build(options)?;
    if !survey.jpeg.as_ref().is_some_and(|header| header.ended) {
        survey.end = usize::try_from(source_bytes).unwrap_or(usize::MAX);
    }
    // More pictures may lie behind the head.
    survey.animated |= survey.info.format == Format::Gif;
    let memory_bytes = survey.peak_bytes(options);
    Ok(Some(Estimate {
        format: survey.info.format,
        width: survey.info.width,
        height: survey.info.height,
        memory_bytes,
    }))
}

/// What the header says; `None` where `head` ends inside it.
fn survey(head: &[u8], source_bytes: u64) -> Result<Option<Survey>, Error> {
    if head.len() as u64 >= source_bytes {
        return Survey::of(head).map(Some);
    }
    match Format::sniff(head) {
        Ok(Format::Jpeg) => jpeg::survey_head(head),
        Ok(Format::Png) => png::survey_head(head),
        Ok(Format::WebP) => webp::survey_head(head, source_bytes),
        Ok(Format::Gif) => gif::survey_head(head),
        Ok(Format::Bmp) => bmp::survey_head(head),
        Err(Error::NotAnImage) if head.len() < Format::SNIFFED_BYTES => Ok(None),
        Err(error) => Err(error),
    }
}
