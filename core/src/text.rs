//! Text that a stranger wrote, made fit to be shown.

/// The longest line, in characters.
const MOST_CHARS: usize = 200;

/// Bytes of a text that are looked at, however many of them are dropped.
const MOST_BYTES: usize = 1000;

/// A line in the making.
///
/// Runs of spaces and control characters become one space, and none at either end. Marks that turn the direction of
/// writing go: they could make what stands around the line look like something else.
#[derive(Debug, Default)]
pub(crate) struct Line {
    line: String,
    chars: usize,
    /// Whether a space is due before the next character.
    gap: bool,
}

impl Line {
    /// Adds UTF-8, whose last character may be cut, or else Latin-1, which is what PNG asks for and old cameras wrote.
    #[inline(never)]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(MOST_BYTES)];
        let whole = match str::from_utf8(bytes) {
            // Behind ASCII alone it is Latin-1 that ends in a letter with an accent.
            Err(error) if error.error_len().is_none() && !bytes[..error.valid_up_to()].is_ascii() => {
                error.valid_up_to()
            }
            _ => bytes.len(),
        };
        match str::from_utf8(&bytes[..whole]) {
            Ok(text) => text.chars().for_each(|char| self.push_char(char)),
            Err(_) => bytes.iter().for_each(|&byte| self.push_char(byte.into())),
        }
    }

    /// Adds UTF-16, as pairs of bytes.
    #[inline(never)]
    pub(crate) fn push_utf16(&mut self, bytes: &[u8], big_endian: bool) {
        let pairs = bytes[..bytes.len().min(MOST_BYTES)].as_chunks().0.iter();
        let units = pairs.map(|&pair| if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) });
        char::decode_utf16(units).for_each(|char| self.push_char(char.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }

    /// Whether nothing was added yet that shows.
    pub(crate) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// The line, unless it is blank.
    pub(crate) fn finish(self) -> Option<String> {
        (!self.is_empty()).then_some(self.line)
    }

    #[inline(never)]
    fn push_char(&mut self, char: char) {
        match char {
            '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' => {}
            '\0'..=' ' | '\u{7F}'..='\u{9F}' | '\u{2028}' | '\u{2029}' => self.gap = true,
            _ => {
                if std::mem::take(&mut self.gap) && !self.is_empty() && self.chars + 1 < MOST_CHARS {
                    self.line.push(' ');
                    self.chars += 1;
                }
                if self.chars < MOST_CHARS {
                    self.line.push(char);
                    self.chars += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> String {
        let mut line = Line::default();
        line.push(bytes);
        line.line
    }

    #[test]
    fn lines_are_fit_to_be_shown() {
        for (bytes, expected) in [
            (&b""[..], ""),
            (b" \0\n\x7F ", ""),
            (b"  X100V\0\0 ", "X100V"),
            (b"two\r\n\r\n  lines", "two lines"),
            (b"\x1B[31mred\x1B[0m", "[31mred [0m"),
            ("Zoë 봄 🌱".as_bytes(), "Zoë 봄 🌱"),
            (b"Zo\xEB M\xFCller", "Zoë Müller"),
            (b"Zo\xC3\xAB cut\xC3", "Zoë cut"),
            (b"Jos\xE9", "José"),
            ("\u{FEFF}a\u{202E}b\u{2067}c\u{200F}d\u{9B}e\u{2028}f".as_bytes(), "abcd e f"),
        ] {
            assert_eq!(line(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn lines_have_at_most_200_characters() {
        for (bytes, expected) in [
            ("é".repeat(201), "é".repeat(200)),
            (format!("{} b", "a".repeat(199)), "a".repeat(199) + "b"),
            (format!("{} b", "a".repeat(198)), "a".repeat(198) + " b"),
            (" ".repeat(999) + "ab", "a".to_owned()),
        ] {
            assert_eq!(line(bytes.as_bytes()), expected, "{bytes}");
        }
    }

    #[test]
    fn utf_16_is_read_in_both_orders() {
        let units: Vec<u16> = "Zoë 🌱\0".encode_utf16().chain([0xD800]).collect();
        for big_endian in [false, true] {
            let bytes: Vec<u8> = units
                .iter()
                .flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect();
            let mut line = Line::default();
            line.push_utf16(&[&bytes[..], b"odd"].concat()[..bytes.len() + 1], big_endian);
            assert_eq!(line.line, "Zoë 🌱 \u{FFFD}", "big-endian: {big_endian}");
        }
    }
}
