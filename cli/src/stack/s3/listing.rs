//! One page of a bucket's listing: prefix, delimiter, marker.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{CommonPrefix, ObjectStorageClass, Owner};
use s3s::{S3Result, s3_error};

use super::object::Object;

/// What a page shall hold.
pub(crate) struct Query<'a> {
    pub(crate) prefix: &'a str,
    /// Keys that have it behind the prefix are rolled up; empty for none.
    pub(crate) delimiter: &'a str,
    /// The page starts behind this key or rolled-up prefix.
    pub(crate) after: &'a str,
    /// The most keys and rolled-up prefixes together.
    pub(crate) max: usize,
}

/// One page, in the order of the keys' bytes.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Arc<Object>>,
    pub(crate) prefixes: Vec<String>,
    /// The last entry of the page, where others follow it.
    pub(crate) next: Option<String>,
}

impl Query<'_> {
    /// The prefix that `key` is rolled up into, if any.
    fn roll_up<'k>(&self, key: &'k str) -> Option<&'k str> {
        if self.delimiter.is_empty() {
            return None;
        }
        let at = key.get(self.prefix.len()..)?.find(self.delimiter)?;
        key.get(..self.prefix.len() + at + self.delimiter.len())
    }

    /// The page of `objects` that this asks for. Linear in the keys that it passes.
    pub(crate) fn page(&self, objects: &BTreeMap<String, Arc<Object>>) -> Page {
        let mut page = Page::default();
        let mut last: Option<String> = None;
        let start = self.after.max(self.prefix);
        for (key, object) in objects.range::<str, _>((Bound::Included(start), Bound::Unbounded)) {
            if !key.starts_with(self.prefix) {
                break;
            }
            let entry = self.roll_up(key).unwrap_or(key);
            if key == self.after || entry == self.after || page.prefixes.last().is_some_and(|p| p == entry) {
                continue;
            }
            if page.objects.len() + page.prefixes.len() == self.max {
                page.next = last;
                break;
            }
            if entry.len() < key.len() || self.roll_up(key).is_some() {
                page.prefixes.push(entry.to_owned());
            } else {
                page.objects.push(Arc::clone(object));
            }
            last = Some(entry.to_owned());
        }
        page
    }
}

/// `text` as `encoding-type=url` wants it.
pub(crate) fn url_encoded(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');
    utf8_percent_encode(text, KEPT).to_string()
}

/// The one account of the stack.
pub(crate) fn owner() -> Owner {
    Owner { display_name: Some("halver".to_owned()), id: Some("halver".to_owned()) }
}

/// `object` as a listing shows it.
pub(crate) fn entry(object: &Arc<Object>, encode: fn(&str) -> String) -> s3s::dto::Object {
    s3s::dto::Object {
        key: Some(encode(&object.key)),
        e_tag: Some(object.e_tag()),
        last_modified: Some(object.modified.clone()),
        size: i64::try_from(object.size).ok(),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        ..Default::default()
    }
}

/// Rolled-up prefixes as a listing shows them.
pub(crate) fn common_prefixes(prefixes: &[String], encode: fn(&str) -> String) -> Vec<CommonPrefix> {
    prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(encode(prefix)) }).collect()
}

/// The continuation token that stands for the entry `last`.
pub(crate) fn to_token(last: &str) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(last)
}

/// The entry that a continuation token stands for.
///
/// # Errors
/// `InvalidArgument`.
pub(crate) fn from_token(token: &str) -> S3Result<String> {
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 7] = ["a.txt", "b/", "b/1", "b/2/x", "c/1", "c/2", "d"];

    fn objects() -> BTreeMap<String, Arc<Object>> {
        let object = |key: &str| {
            let json = serde_json::json!({
                "key": key, "file": "", "size": 0, "etag": "", "modified": "2024-01-01T00:00:00Z", "sequencer": "",
                "headers": {}, "metadata": {}, "checksums": {"values": {}, "composite": false}
            });
            Arc::new(serde_json::from_value(json).unwrap())
        };
        KEYS.iter().map(|key| ((*key).to_owned(), object(key))).collect()
    }

    fn walk(prefix: &str, delimiter: &str, max: usize) -> Vec<String> {
        let objects = objects();
        let (mut entries, mut after) = (Vec::new(), String::new());
        loop {
            let page = Query { prefix, delimiter, after: &after, max }.page(&objects);
            assert!(page.objects.len() + page.prefixes.len() <= max);
            entries.extend(page.objects.iter().map(|o| o.key.clone()).chain(page.prefixes));
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        entries.sort();
        entries
    }

    #[test]
    fn pages_of_every_length_give_the_same_entries() {
        for max in [1, 2, 3, 1000] {
            assert_eq!(walk("", "", max), KEYS, "{max}");
            assert_eq!(walk("", "/", max), ["a.txt", "b/", "c/", "d"], "{max}");
            assert_eq!(walk("b/", "/", max), ["b/", "b/1", "b/2/"], "{max}");
            assert_eq!(walk("c", "", max), ["c/1", "c/2"], "{max}");
            assert!(walk("x", "/", max).is_empty());
        }
    }

    #[test]
    fn nothing_is_asked_for_and_nothing_follows() {
        let page = Query { prefix: "", delimiter: "", after: "", max: 0 }.page(&objects());
        assert!(page.objects.is_empty() && page.next.is_none());
    }
}
