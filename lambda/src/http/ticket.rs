//! What names an upload: its id for the client, its key for the store, each made from the other.
//!
//! The function remembers nothing from one request to the next, and the next may reach another instance of it. So the
//! id holds all there is to know: 128 random bits and the file's name. Both are in the key, too. An id leads to a key
//! of that shape below the place for uploads and to no other; and whoever did not ask for an upload would have to guess
//! its 128 bits. That makes the id a capability by itself: a signature would need a secret that all instances share,
//! and keep nobody out whom the random bits let in.

use base64_simd::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

use halver::Format;

use super::settings::UploadPlace;
use crate::key::claims_image;

/// Random bytes of an id.
const RANDOM: usize = 16;
/// Bytes of a file's name that go into a key at most.
const MAX_NAME: usize = 200;
/// Bytes of the longest extension that is added to a name, with its dot.
const EXTENSION: usize = 5;

/// What names an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    random: [u8; RANDOM],
    name: String,
}

impl Ticket {
    /// A new one for a file of `format` that its owner calls `name`; `None` where the system has no randomness.
    pub(super) fn issue(name: &str, format: Format) -> Option<Self> {
        let mut random = [0; RANDOM];
        SystemRandom::new().fill(&mut random).ok()?;
        let name = sanitised(name, MAX_NAME);
        // Objects that are no images, and are not called like one either, may be passed over without a word.
        let name = if claims_image(&name) {
            name
        } else {
            format!("{}.{}", sanitised(&name, MAX_NAME - EXTENSION), format.extension())
        };
        Some(Self { random, name })
    }

    /// The one whose id is `id`; `None` where it cannot be one of ours.
    pub(crate) fn parse(id: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(id).ok()?;
        let (random, name) = bytes.split_first_chunk()?;
        let ticket = Self { random: *random, name: str::from_utf8(name).ok()?.to_owned() };
        let is_ours = claims_image(&ticket.name) && sanitised(&ticket.name, MAX_NAME) == ticket.name;
        is_ours.then_some(ticket)
    }

    /// The id: letters, digits, `-` and `_`, at most 288 of them.
    pub(super) fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode_to_string([&self.random, self.name.as_bytes()].concat())
    }

    /// The key below `place`: the random bits, which keep files of one name apart, and the name.
    pub(crate) fn key(&self, place: &UploadPlace) -> String {
        let random: String = self.random.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}{random}/{}", place.prefix, self.name)
    }
}

/// `name` without folders and control characters, of `most` bytes at most, never empty. Sanitising it again changes
/// nothing.
fn sanitised(name: &str, most: usize) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = name.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    while name.len() > most {
        name.pop();
    }
    let name = name.trim_end().trim_start_matches(|c: char| c == '.' || c.is_whitespace());
    if name.is_empty() { "image".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_the_last_part_of_a_key() {
        for (name, safe) in [
            ("a b+c.jpg", "a b+c.jpg"),
            ("사진.png", "사진.png"),
            ("../../etc/passwd", "passwd"),
            ("C:\\photos\\x.gif", "x.gif"),
            ("..", "image"),
            (" . .a.jpg ", "a.jpg"),
            ("a\nb", "a_b"),
            ("a/", "image"),
            ("", "image"),
        ] {
            assert_eq!(sanitised(name, MAX_NAME), safe, "{name:?}");
            assert_eq!(sanitised(safe, MAX_NAME), safe, "{name:?}");
        }
        assert_eq!(sanitised(&"봄".repeat(100), MAX_NAME).len(), 198);
        let spaces = format!("a{}b", " ".repeat(300));
        assert_eq!(sanitised(&spaces, MAX_NAME), "a");
    }

    #[test]
    fn names_say_that_they_are_images() {
        let name = |name: &str| Ticket::issue(name, Format::WebP).unwrap().name;
        let long = format!("{}.jpg", "k".repeat(300));
        for (given, made) in [
            ("a.JPG", "a.JPG".to_owned()),
            ("a.png", "a.png".to_owned()),
            ("a", "a.webp".to_owned()),
            ("a.txt", "a.txt.webp".to_owned()),
            ("", "image.webp".to_owned()),
            (long.as_str(), format!("{}.webp", "k".repeat(195))),
        ] {
            assert_eq!(name(given), made, "{given}");
        }
        assert!(Format::READ.iter().all(|format| format.extension().len() < EXTENSION));
    }

    #[test]
    fn ids_and_keys_say_the_same() {
        let place = UploadPlace::parse("photos/in").unwrap();
        for name in ["a.jpg", "봄 a+b.jpg", "", &"k".repeat(300)] {
            let ticket = Ticket::issue(name, Format::Gif).unwrap();
            let id = ticket.id();
            assert!(id.len() <= 288 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{id}");
            assert_eq!(Ticket::parse(&id).as_ref(), Some(&ticket), "{id}");
            let key = ticket.key(&place);
            let (random, name) = key.strip_prefix("in/").unwrap().split_once('/').unwrap();
            assert!(random.len() == 32 && random.bytes().all(|b| b.is_ascii_hexdigit()), "{key}");
            assert_eq!(name, ticket.name, "{key}");
        }
        assert_ne!(Ticket::issue("a.jpg", Format::Jpeg), Ticket::issue("a.jpg", Format::Jpeg));
    }

    #[test]
    fn ids_lead_to_no_other_keys() {
        let id = |name: &str| URL_SAFE_NO_PAD.encode_to_string([&[7; 16], name.as_bytes()].concat());
        assert!(Ticket::parse(&id("a.jpg")).is_some());
        for name in ["../a.jpg", "/a.jpg", "..", "", "a.jpg\n", "a", "a.txt", ".a.jpg", &"k".repeat(300)] {
            assert_eq!(Ticket::parse(&id(name)), None, "{name:?}");
        }
        for id in ["", "none", "AAAA", "!", "ü", &(id("a.jpg") + "="), &id("a.jpg")[1..], &id("a.jpg")[..22]] {
            assert_eq!(Ticket::parse(id), None, "{id:?}");
        }
        let broken = URL_SAFE_NO_PAD.encode_to_string([&[7; 16][..], b"\xFF"].concat());
        assert_eq!(Ticket::parse(&broken), None);
    }
}
