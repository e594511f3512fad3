//! What the HTTP side is told by the environment.

use crate::mapping::{Mapping, Place};
use crate::marker::RESERVED_PREFIX;

/// The most bytes of a prefix: the longest key that is made from it is one that S3 takes.
const MAX_PREFIX: usize = 512;

/// What the HTTP side is told by the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpSettings {
    /// Where uploads go (`HALVER_UPLOADS`); where it is not set, there are none.
    pub uploads: Option<UploadPlace>,
    /// Whose pages may use it from a browser (`HALVER_CORS_ORIGINS`).
    pub origins: Origins,
}

/// Where uploads go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPlace {
    /// The bucket.
    pub bucket: String,
    /// What the keys of all uploads begin with; empty, or with a `/` at its end.
    pub prefix: String,
}

impl UploadPlace {
    /// Reads `bucket` or `bucket/prefix`.
    ///
    /// # Errors
    /// [`UploadPlaceError`] where it is no such place.
    pub fn parse(text: &str) -> Result<Self, UploadPlaceError> {
        let (bucket, prefix) = text.split_once('/').unwrap_or((text, ""));
        if bucket.is_empty() || !bucket.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.')) {
            return Err(UploadPlaceError::Bucket);
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if prefix.split('/').any(|part| part.is_empty() && !prefix.is_empty()) || prefix.len() > MAX_PREFIX {
            return Err(UploadPlaceError::Prefix);
        }
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        if prefix.starts_with(RESERVED_PREFIX) {
            return Err(UploadPlaceError::Reserved);
        }
        Ok(Self { bucket: bucket.to_owned(), prefix })
    }

    /// Whether `mapping` has halves for what is uploaded.
    pub(crate) fn is_source(&self, mapping: &Mapping) -> bool {
        let key = format!("{}{}/image.jpg", self.prefix, "0".repeat(32));
        matches!(mapping.place(&self.bucket, &key), Place::Source { .. })
    }
}

impl std::fmt::Display for UploadPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.bucket, self.prefix)
    }
}

/// Why a text is no place for uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadPlaceError {
    /// It does not begin with a bucket's name.
    Bucket,
    /// Its prefix is too long, or has an empty part.
    Prefix,
    /// Its prefix is the function's own.
    Reserved,
}

impl std::fmt::Display for UploadPlaceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bucket => f.write_str("expected a bucket, or bucket/prefix"),
            Self::Prefix => write!(f, "its prefix has an empty part or more than {MAX_PREFIX} bytes"),
            Self::Reserved => write!(f, "keys that begin with {RESERVED_PREFIX} are the function's own"),
        }
    }
}

impl std::error::Error for UploadPlaceError {}

/// Whose pages may use the HTTP side from a browser; pages of its own origin always may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// No others.
    #[default]
    None,
    /// All.
    Any,
    /// These, e.g. `https://page.example`.
    These(Vec<String>),
}

impl Origins {
    /// Reads `*`, or origins between commas.
    ///
    /// # Errors
    /// [`NotAnOrigin`] for the first that is none.
    pub fn parse(text: &str) -> Result<Self, NotAnOrigin> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        let origins = text.split(',').map(str::trim).map(|origin| {
            // `null`, which all pages without an origin share, is no URL; a `*` within a host is one, and never matches.
            let is_one = url::Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == origin);
            let is_one = is_one && !origin.contains('*');
            if is_one { Ok(origin.to_owned()) } else { Err(NotAnOrigin { text: origin.to_owned() }) }
        });
        origins.collect::<Result<_, _>>().map(Self::These)
    }

    /// Whether pages of `origin` may use the HTTP side.
    pub(crate) fn allows(&self, origin: &str) -> bool {
        match self {
            Self::None => false,
            Self::Any => true,
            Self::These(origins) => origins.iter().any(|allowed| allowed == origin),
        }
    }
}

/// A text that is no origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnOrigin {
    /// The text.
    pub text: String,
}

impl std::fmt::Display for NotAnOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is no origin as browsers send it: expected e.g. https://page.example, or * for all", self.text)
    }
}

impl std::error::Error for NotAnOrigin {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_for_uploads() {
        for (text, bucket, prefix) in [
            ("photos", "photos", ""),
            ("photos/", "photos", ""),
            ("photos/in", "photos", "in/"),
            ("photos/in/", "photos", "in/"),
            ("photos/in/봄", "photos", "in/봄/"),
        ] {
            let place = UploadPlace { bucket: bucket.to_owned(), prefix: prefix.to_owned() };
            assert_eq!(UploadPlace::parse(text), Ok(place), "{text}");
        }
        for (text, error) in [
            ("", UploadPlaceError::Bucket),
            ("/in", UploadPlaceError::Bucket),
            ("Photos", UploadPlaceError::Bucket),
            ("s3://photos", UploadPlaceError::Bucket),
            ("photos//in", UploadPlaceError::Prefix),
            ("photos/in//", UploadPlaceError::Prefix),
            ("photos/_halver", UploadPlaceError::Reserved),
            ("photos/_halver/failed", UploadPlaceError::Reserved),
        ] {
            assert_eq!(UploadPlace::parse(text), Err(error), "{text}");
        }
        assert_eq!(UploadPlace::parse(&format!("b/{}", "k".repeat(513))), Err(UploadPlaceError::Prefix));
    }

    #[test]
    fn origins_as_browsers_send_them() {
        assert_eq!(Origins::parse("*"), Ok(Origins::Any));
        let two = Origins::parse("https://page.example, http://127.0.0.1:8787").unwrap();
        for (origin, allowed) in [
            ("https://page.example", true),
            ("http://127.0.0.1:8787", true),
            ("http://page.example", false),
            ("https://page.example:444", false),
            ("https://page.example.evil.example", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(two.allows(origin), allowed, "{origin}");
            assert!(Origins::Any.allows(origin) && !Origins::None.allows(origin), "{origin}");
        }
        for text in [
            "",
            "null",
            "page.example",
            "https://page.example/",
            "https://PAGE.example",
            "https://page.example:443",
            "https://*.page.example",
            "https://page.example,",
            "https://page.example,*",
        ] {
            assert!(Origins::parse(text).is_err(), "{text}");
        }
    }
}
