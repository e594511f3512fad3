//! The three text chunks of PNG (11.3.3).

use crate::found::Found;

/// What a text chunk says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Text<'a> {
    keyword: &'a [u8],
    text: &'a [u8],
    compressed: bool,
    /// Whether it is an XMP packet.
    xmp: bool,
}

impl<'a> Text<'a> {
    /// Reads the data of a chunk of a `kind`: tEXt, zTXt or iTXt. What is cut short has no text.
    pub(super) fn parse(kind: [u8; 4], data: &'a [u8]) -> Self {
        let (keyword, behind) = split(data);
        let xmp = kind == *b"iTXt" && data.starts_with(b"XML:com.adobe.xmp\0");
        let (compressed, text) = match (&kind, behind) {
            (b"iTXt", [flag, _method, behind @ ..]) => {
                // A language and the keyword in it lie before the text.
                let (_, behind) = split(behind);
                (*flag != 0, split(behind).1)
            }
            (b"zTXt", [_method, text @ ..]) => (true, text),
            (b"tEXt", text) => (false, text),
            _ => (true, &[][..]),
        };
        Self { keyword, text, compressed, xmp }
    }

    /// Notes it among what was `found`. Nothing is decompressed.
    pub(super) fn note(self, found: &mut Found) {
        match self {
            Self { xmp: true, text, .. } => found.xmp(text.len()),
            Self { compressed: true, keyword, .. } => found.comment(keyword, b""),
            Self { keyword, text, .. } => found.comment(keyword, text),
        }
    }
}

/// What is before the first zero, and what is behind it.
#[inline(never)]
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
    (&data[..end], data.get(end + 1..).unwrap_or_default())
}
