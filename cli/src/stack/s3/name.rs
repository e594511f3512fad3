//! The file name under which an object of some key is kept.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a key keeps of itself in a file name.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// File systems allow 255 bytes; `.json` is put behind, or a sequencer of 18 digits and `-` before.
const MAX_BYTES: usize = 236;

/// The file name for `key`: percent-encoded, and where that is too long, its head, `~` and the key's SHA-256.
///
/// No two keys share one: `~` is percent-encoded where it stems from a key. (On a file system that does not tell
/// `a` from `A`, keys that differ in nothing else do collide.)
pub(crate) fn file_name(key: &str) -> String {
    let mut name = utf8_percent_encode(key, PLAIN).to_string();
    if name.starts_with('.') {
        name.replace_range(..1, "%2E"); // neither hidden nor a way out of the folder
    }
    if name.len() > MAX_BYTES {
        name.truncate(MAX_BYTES - 65);
        name.push('~');
        name.push_str(&halver::sha256(key.as_bytes()));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_safe_and_distinct_names() {
        for (key, name) in [
            ("a/b.jpg", "a%2Fb.jpg"),
            ("..", "%2E."),
            ("a b+c~", "a%20b%2Bc%7E"),
            ("사", "%EC%82%AC"),
            ("a\\b:c", "a%5Cb%3Ac"),
        ] {
            assert_eq!(file_name(key), name, "{key}");
        }
        let long = "사".repeat(340);
        let name = file_name(&long);
        assert_eq!(name.len(), MAX_BYTES);
        assert_ne!(name, file_name(&format!("{long}x")));
    }
}
