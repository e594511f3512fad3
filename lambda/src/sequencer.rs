//! The order of the events of one key.

/// The most digits of a sequencer that is taken for one; S3's have 16 to 18.
const DIGITS: usize = 64;

/// Whether `text` is a sequencer.
pub(crate) fn is_one(text: &str) -> bool {
    text.len() <= DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether the event with the sequencer `this` came after the one with `that`: hexadecimal numbers, compared as text
/// once the shorter one is filled with zeros on its right (S3 user guide, "Event message structure").
pub(crate) fn is_later(this: &str, that: &str) -> bool {
    padded(this, that.len()) > padded(that, this.len())
}

fn padded(sequencer: &str, width: usize) -> String {
    format!("{sequencer:0<width$}").to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_everything_is_a_sequencer() {
        for (text, expected) in [("0055AED6DCD90281E6", true), ("0055-AED6", false), (&*"A".repeat(65), false)] {
            assert_eq!(is_one(text), expected, "{text}");
        }
    }

    #[test]
    fn sequencers_are_compared_as_s3_says() {
        for (this, that, later) in [
            ("0055AED6DCD90281E6", "0055AED6DCD90281E5", true),
            ("0055AED6DCD90281E5", "0055AED6DCD90281E5", false),
            ("0055AED6DCD90281E4", "0055AED6DCD90281E5", false),
            ("0055AED7", "0055AED6DCD90281E5", true),
            ("0055AED6", "0055AED6DCD90281E5", false),
            ("0055aed6dcd90281e6", "0055AED6DCD90281E5", true),
        ] {
            assert_eq!(is_later(this, that), later, "{this} after {that}");
        }
    }
}
