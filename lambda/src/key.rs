//! The key of an object as events spell it.

/// That a store can be asked for `key`.
///
/// # Errors
/// [`KeyError::Blank`] where it is white space alone.
pub(crate) fn check(key: &str) -> Result<(), KeyError> {
    if key.trim().is_empty() { Err(KeyError::Blank) } else { Ok(()) }
}

/// Whether `key` ends as the name of an image that could be halved.
pub(crate) fn claims_image(key: &str) -> bool {
    let extension = key.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    matches!(extension.as_deref(), Some("jpg" | "jpeg" | "jpe" | "jfif" | "png" | "apng" | "webp" | "gif"))
}

/// The key that `text` of an event stands for.
///
/// AWS spells keys as `application/x-www-form-urlencoded`: `+` is a space, `%XX` a byte, the bytes are UTF-8. Other
/// servers escape more (`/`), less (a space as `%20`) or nothing. A text with a space, a control character or a
/// character outside ASCII cannot have been escaped, and is the key as it stands.
///
/// # Errors
/// [`KeyError`] where an escape is broken, the bytes are no UTF-8, or nothing is there.
pub(crate) fn decode(text: &str) -> Result<String, KeyError> {
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'+', _) => {
                bytes.push(b' ');
                tail
            }
            (b'%', [high, low, behind @ ..]) => {
                bytes.push(hex_digit(*high)? << 4 | hex_digit(*low)?);
                behind
            }
            (b'%', _) => return Err(KeyError::Escape),
            _ => {
                bytes.push(*first);
                tail
            }
        };
    }
    String::from_utf8(bytes).map_err(|_| KeyError::Utf8)
}

fn hex_digit(digit: u8) -> Result<u8, KeyError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(KeyError::Escape),
    }
}

/// Why the key of an event stands for no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// There is none.
    Empty,
    /// White space alone: legal in S3, but the AWS SDK takes it for no key at all.
    Blank,
    /// A `%` without two hexadecimal digits behind it.
    Escape,
    /// Its bytes are no UTF-8, which S3 keys always are.
    Utf8,
}

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "the event names an empty key",
            Self::Blank => {
                "the key is white space alone, which the AWS SDK cannot ask for: put the object under another key"
            }
            Self::Escape => "the event's key has a % without two hexadecimal digits behind it",
            Self::Utf8 => "the event's key is not UTF-8",
        })
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_upload_as_four_servers_spell_it() {
        for text in [
            "in%2F%C3%BC+a%2Bb.jpg",
            "in/%C3%BC+a%2Bb.jpg",
            "in/%C3%BC%20a%2Bb.jpg",
            "in/%c3%bc+a%2bb.jpg",
            "in/ü a+b.jpg",
        ] {
            assert_eq!(decode(text).as_deref(), Ok("in/ü a+b.jpg"), "{text}");
        }
    }

    #[test]
    fn keys_of_many_kinds() {
        for (text, key) in [
            ("plain.jpg", "plain.jpg"),
            ("%ED%95%9C%EA%B8%80/%EC%82%AC%EC%A7%84+1.jpg", "한글/사진 1.jpg"),
            ("한글/사진+1.jpg", "한글/사진+1.jpg"),
            ("100%25.jpg", "100%.jpg"),
            ("50% off.jpg", "50% off.jpg"),
            ("a%00b", "a\0b"),
            ("+", " "),
            ("%F0%9F%93%B7.jpg", "📷.jpg"),
        ] {
            assert_eq!(decode(text).as_deref(), Ok(key), "{text}");
        }
    }

    #[test]
    fn names_of_images() {
        for (key, claims) in
            [("a.jpg", true), ("in/A.JPEG", true), ("a.png.txt", false), ("png", false), ("a.webp", true)]
        {
            assert_eq!(claims_image(key), claims, "{key}");
        }
    }

    #[test]
    fn keys_of_white_space_alone_cannot_be_asked_for() {
        for key in [" ", "\n\t", "\u{3000}"] {
            assert_eq!(check(key), Err(KeyError::Blank), "{key:?}");
        }
        assert_eq!(check(" a"), Ok(()));
    }

    #[test]
    fn broken_keys_say_how() {
        for (text, error) in [
            ("", KeyError::Empty),
            ("a%", KeyError::Escape),
            ("a%2", KeyError::Escape),
            ("a%zz.jpg", KeyError::Escape),
            ("a%+1.jpg", KeyError::Escape),
            ("%FF.jpg", KeyError::Utf8),
            ("%ED%A0%80.jpg", KeyError::Utf8),
            ("%C3", KeyError::Utf8),
        ] {
            assert_eq!(decode(text), Err(error), "{text}");
        }
    }
}
