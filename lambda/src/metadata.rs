//! What an output object carries besides its bytes: the marks of ours, and what its source carried.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::marker::META_PREFIX;
use crate::store::{Head, NewObject};

/// The most bytes of names and values of user metadata that S3 accepts.
const METADATA_BYTES: usize = 2048;

/// What an output object carries.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    /// User metadata: ours, then as much of the source's as S3 accepts.
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_language: Option<String>,
    /// Names of what the source carried and the output cannot.
    pub(crate) dropped: Vec<String>,
}

impl Carried {
    /// `ours`, and all of `head` that stays true of the half and can be sent.
    ///
    /// Content-Encoding is not among it, for the half is encoded anew, and neither is metadata named as ours.
    pub(crate) fn new(ours: BTreeMap<String, String>, head: &Head) -> Self {
        let mut carried = Self { metadata: ours, ..Self::default() };
        let mut room = METADATA_BYTES.saturating_sub(carried.metadata.iter().map(|(k, v)| k.len() + v.len()).sum());
        for (name, value) in &head.metadata {
            let size = name.len() + value.len();
            let fits = size <= room && is_sendable(value) && !name.starts_with(META_PREFIX);
            if fits {
                room -= size;
                carried.metadata.insert(name.clone(), value.clone());
            } else {
                carried.dropped.push(name.clone());
            }
        }
        carried.cache_control = carried.header("cache-control", head.cache_control.as_ref());
        carried.content_disposition = carried.header("content-disposition", head.content_disposition.as_ref());
        carried.content_language = carried.header("content-language", head.content_language.as_ref());
        carried
    }

    /// The object of `bytes` that carries this.
    pub(crate) fn into_object(self, bytes: Bytes, sha256: String, content_type: &'static str) -> NewObject {
        let Self { metadata, cache_control, content_disposition, content_language, dropped: _ } = self;
        NewObject { bytes, sha256, content_type, metadata, cache_control, content_disposition, content_language }
    }

    /// The value of a header where it can be sent; noted as dropped where not.
    fn header(&mut self, name: &str, value: Option<&String>) -> Option<String> {
        let value = value?;
        if is_sendable(value) {
            return Some(value.clone());
        }
        self.dropped.push(name.to_owned());
        None
    }
}

/// Whether a header can hold `value`. S3 itself gives other metadata back in RFC 2047's encoded words, which are
/// ASCII; some servers give the raw bytes back, and those break the signature.
fn is_sendable(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    #[test]
    fn ours_win_and_what_cannot_be_sent_is_named() {
        let head = Head {
            metadata: map(&[
                ("album", "=?UTF-8?Q?Z=C3=BCrich?="),
                ("halver-recipe", "forged"),
                ("halver-other", "x"),
                ("place", "Zürich"),
            ]),
            cache_control: Some("max-age=60".into()),
            content_disposition: Some("inline; filename=\"ü\"".into()),
            ..Head::default()
        };
        let carried = Carried::new(map(&[("halver-recipe", "0123")]), &head);
        assert_eq!(carried.metadata, map(&[("album", "=?UTF-8?Q?Z=C3=BCrich?="), ("halver-recipe", "0123")]));
        assert_eq!(carried.cache_control.as_deref(), Some("max-age=60"));
        assert_eq!(carried.content_disposition, None);
        assert_eq!(carried.dropped, ["halver-other", "halver-recipe", "place", "content-disposition"]);
    }

    #[test]
    fn metadata_stays_within_what_s3_accepts() {
        let (long, short) = ("x".repeat(1800), "y".repeat(100));
        let head = Head { metadata: map(&[("a", &long), ("b", &long), ("c", &short)]), ..Head::default() };
        let carried = Carried::new(map(&[("halver-sha256", "0")]), &head);
        assert_eq!(carried.metadata.keys().collect::<Vec<_>>(), ["a", "c", "halver-sha256"]);
        assert_eq!(carried.dropped, ["b"]);
    }
}
