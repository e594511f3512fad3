//! What an output object carries besides its bytes: the marks of ours, and what its source carried.

use std::collections::BTreeMap;

use crate::marker::{META_CARRIED, META_PREFIX};
use crate::store::{Carried, Head};

/// The most bytes of names and values of user metadata that S3 accepts.
const METADATA_BYTES: usize = 2048;
/// The most characters of an encoded word (RFC 2047, 2).
const ENCODED_WORD: usize = 75;

/// What is carried over besides headers and metadata, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Whether tags are.
    pub tags: bool,
    /// The storage class of halves.
    pub storage_class: Setting,
    /// The KMS key that halves are encrypted by.
    pub kms_key: Setting,
}

/// Where a property of a half comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Setting {
    /// The bucket's default.
    #[default]
    Bucket,
    /// The source.
    Source,
    /// It is the same for all.
    Fixed(String),
}

impl Setting {
    /// Reads `source`, or a value for all.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text == "source" { Self::Source } else { Self::Fixed(text.to_owned()) }
    }

    fn of(&self, source: Option<&String>) -> Option<String> {
        match self {
            Self::Bucket => None,
            Self::Source => source.cloned(),
            Self::Fixed(value) => Some(value.clone()),
        }
    }
}

/// `ours`, and all of the source's that stays true of its half and can be sent; and the names of what cannot.
///
/// Content-Encoding is not among it, for the half is encoded anew, and neither is metadata named as ours. A digest of
/// all that is carried over is among the marks, so that a source whose bytes stayed but whose headers changed is told.
pub(crate) fn carry(
    ours: BTreeMap<String, String>,
    head: &Head,
    tags: BTreeMap<String, String>,
    policy: &Policy,
) -> (Carried, Vec<String>) {
    let mut dropped = Vec::new();
    let mut header = |name: &str, value: Option<&String>| {
        let sendable = value.filter(|value| is_sendable(value));
        dropped.extend((value.is_some() && sendable.is_none()).then(|| name.to_owned()));
        sendable.cloned()
    };
    let mut carried = Carried {
        content_type: String::new(),
        metadata: BTreeMap::new(),
        cache_control: header("cache-control", head.cache_control.as_ref()),
        content_disposition: header("content-disposition", head.content_disposition.as_ref()),
        content_language: header("content-language", head.content_language.as_ref()),
        tags,
        storage_class: policy.storage_class.of(head.storage_class.as_ref()),
        kms_key: policy.kms_key.of(head.kms_key.as_ref()),
    };
    // The digest has 16 digits.
    let taken: usize =
        ours.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() + META_CARRIED.len() + 16;
    let mut room = METADATA_BYTES.saturating_sub(taken);
    for (name, value) in head.metadata.iter().filter(|(name, _)| !name.starts_with(META_PREFIX)) {
        let value = encoded(value);
        let size = name.len() + value.len();
        if size <= room && is_sendable(name) {
            room -= size;
            carried.metadata.insert(name.clone(), value);
        } else {
            dropped.push(name.clone());
        }
    }
    let digest = digest(&carried);
    carried.metadata.extend(ours);
    carried.metadata.insert(META_CARRIED.to_owned(), digest);
    (carried, dropped)
}

/// The head of the SHA-256 over all that is carried over.
fn digest(carried: &Carried) -> String {
    let Carried {
        metadata, cache_control, content_disposition, content_language, tags, storage_class, kms_key, ..
    } = carried;
    let all = serde_json::json!([
        metadata,
        cache_control,
        content_disposition,
        content_language,
        tags,
        storage_class,
        kms_key
    ]);
    halver::sha256(all.to_string().as_bytes())[..16].to_owned()
}

/// Whether a header can hold `value` as it is.
fn is_sendable(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

/// `value` as a header can hold it: S3 itself gives metadata beyond ASCII back in RFC 2047's encoded words, but some
/// servers give the bytes, which would break the signature.
fn encoded(value: &str) -> String {
    if is_sendable(value) {
        return value.to_owned();
    }
    let (before, behind) = ("=?UTF-8?B?", "?=");
    // Four characters of base64 for three bytes; a word holds whole characters only.
    let most = (ENCODED_WORD - before.len() - behind.len()) / 4 * 3;
    let mut words = vec![String::new()];
    for character in value.chars() {
        if words.last().is_none_or(|word| word.len() + character.len_utf8() > most) {
            words.push(String::new());
        }
        words.last_mut().into_iter().for_each(|word| word.push(character));
    }
    let spelled = |word: &String| format!("{before}{}{behind}", aws_smithy_types::base64::encode(word));
    words.iter().map(spelled).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    fn carry(ours: &[(&str, &str)], head: &Head) -> (Carried, Vec<String>) {
        super::carry(map(ours), head, BTreeMap::new(), &Policy::default())
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
        let (mut carried, dropped) = carry(&[("halver-recipe", "0123")], &head);
        assert_eq!(carried.metadata.remove(META_CARRIED).unwrap().len(), 16);
        assert_eq!(
            carried.metadata,
            map(&[
                ("album", "=?UTF-8?Q?Z=C3=BCrich?="),
                ("halver-recipe", "0123"),
                ("place", "=?UTF-8?B?WsO8cmljaA==?=")
            ])
        );
        assert_eq!(carried.cache_control.as_deref(), Some("max-age=60"));
        assert_eq!(carried.content_disposition, None);
        assert_eq!(dropped, ["content-disposition"]);
    }

    #[test]
    fn long_values_are_several_words() {
        let value = "사진 ".repeat(20);
        let words = encoded(&value);
        assert!(words.split(' ').all(|word| word.len() <= ENCODED_WORD), "{words}");
        let decoded: Vec<u8> = words
            .split(' ')
            .flat_map(|word| {
                let word = word.strip_prefix("=?UTF-8?B?").unwrap().strip_suffix("?=").unwrap();
                aws_smithy_types::base64::decode(word).unwrap()
            })
            .collect();
        assert_eq!(String::from_utf8(decoded).unwrap(), value);
    }

    #[test]
    fn metadata_stays_within_what_s3_accepts() {
        let (long, short) = ("x".repeat(1800), "y".repeat(100));
        let head = Head { metadata: map(&[("a", &long), ("b", &long), ("c", &short)]), ..Head::default() };
        let (carried, dropped) = carry(&[("halver-sha256", "0")], &head);
        assert_eq!(carried.metadata.keys().collect::<Vec<_>>(), ["a", "c", META_CARRIED, "halver-sha256"]);
        assert_eq!(dropped, ["b"]);
        let bytes: usize = carried.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!(bytes <= METADATA_BYTES, "{bytes}");
    }

    #[test]
    fn the_digest_tells_headers_and_tags_but_not_marks() {
        let digest = |ours: &[(&str, &str)], change: fn(&mut Head), tags: &[(&str, &str)]| {
            let mut head = Head::default();
            change(&mut head);
            super::carry(map(ours), &head, map(tags), &Policy::default()).0.metadata[META_CARRIED].clone()
        };
        let plain = digest(&[], |_| (), &[]);
        assert_eq!(digest(&[("halver-recipe", "1")], |_| (), &[]), plain);
        assert_eq!(digest(&[], |head| head.etag = "other".into(), &[]), plain);
        assert_ne!(digest(&[], |head| head.cache_control = Some("no-store".into()), &[]), plain);
        assert_ne!(digest(&[], |_| (), &[("a", "b")]), plain);
    }

    #[test]
    fn storage_class_and_key_follow_the_policy() {
        let head = Head { storage_class: Some("ONEZONE_IA".into()), kms_key: Some("key-1".into()), ..Head::default() };
        for (setting, class, key) in [
            (Setting::Bucket, None, None),
            (Setting::Source, Some("ONEZONE_IA"), Some("key-1")),
            (Setting::Fixed("X".into()), Some("X"), Some("X")),
        ] {
            let policy = Policy { tags: true, storage_class: setting.clone(), kms_key: setting };
            let (carried, _) = super::carry(BTreeMap::new(), &head, BTreeMap::new(), &policy);
            assert_eq!((carried.storage_class.as_deref(), carried.kms_key.as_deref()), (class, key), "{policy:?}");
        }
    }
}
