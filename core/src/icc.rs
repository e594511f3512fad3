//! Whether an ICC profile is sound enough to be handed on, and describes the samples it goes with.
//!
//! Nothing in a profile is interpreted: a sound one is copied as it is (ICC.1:2022, clause 7).

/// The longest profile that is kept. Those of cameras and printers have a few kilobytes to a megabyte or two.
pub(crate) const MOST_BYTES: usize = 4 << 20;

/// What a profile must describe to go with a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    Grey,
    Rgb,
}

/// Why `profile` cannot go with a picture in `space`; `None` where it can.
pub(crate) fn objection(profile: &[u8], space: Space) -> Option<&'static str> {
    const HEADER: usize = 128;
    let word = |at: usize| profile.get(at..)?.first_chunk().copied().map(u32::from_be_bytes);
    if profile.len() > MOST_BYTES {
        return Some("it is longer than 4 MiB");
    }
    let (Some(size), Some(tags)) = (word(0), word(HEADER)) else {
        return Some("it is shorter than its header");
    };
    if profile[36..40] != *b"acsp" {
        return Some("it lacks the signature of a profile");
    }
    if size as usize != profile.len() {
        return Some("its length is not the one it states");
    }
    if u64::from(tags) * 12 + 132 > profile.len() as u64 {
        return Some("it is shorter than its table of tags");
    }
    let described = &profile[16..20];
    match space {
        Space::Grey if described != b"GRAY" => Some("it does not describe grey levels"),
        Space::Rgb if described != b"RGB " => Some("it does not describe RGB"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(space: &[u8; 4]) -> Vec<u8> {
        let mut profile = vec![0; 132];
        profile[3] = 132;
        profile[16..20].copy_from_slice(space);
        profile[36..40].copy_from_slice(b"acsp");
        profile
    }

    #[test]
    fn sound_profiles_pass_where_they_fit() {
        assert_eq!(objection(&sound(b"RGB "), Space::Rgb), None);
        assert_eq!(objection(&sound(b"GRAY"), Space::Grey), None);
        assert!(objection(&sound(b"CMYK"), Space::Rgb).is_some());
        assert!(objection(&sound(b"RGB "), Space::Grey).is_some());
    }

    #[test]
    fn broken_profiles_do_not_pass() {
        let profile = sound(b"RGB ");
        for end in 0..profile.len() {
            assert!(objection(&profile[..end], Space::Rgb).is_some(), "{end} bytes");
        }
        for (at, value) in [(3, 133), (36, 0), (131, 1), (128, 0xFF)] {
            let mut broken = profile.clone();
            broken[at] = value;
            assert!(objection(&broken, Space::Rgb).is_some(), "byte {at}");
        }
    }
}
