//! The names that the function writes: metadata of its outputs, and where failure records lie.

/// Metadata: the recipe id the half was made by. An object that carries it is one of our own outputs.
pub const META_RECIPE: &str = "halver-recipe";
/// Metadata: the source's ETag, without quotes.
pub const META_SOURCE_ETAG: &str = "halver-source-etag";
/// Metadata: the SHA-256 of the source, 64 lower-case hexadecimal digits.
pub const META_SOURCE_SHA256: &str = "halver-source-sha256";
/// Metadata: the SHA-256 of the half, 64 lower-case hexadecimal digits.
pub const META_SHA256: &str = "halver-sha256";
/// Metadata: the event's sequencer, where it had one.
pub const META_SEQUENCER: &str = "halver-sequencer";
/// Metadata: the source's version, in a versioned bucket.
pub const META_SOURCE_VERSION: &str = "halver-source-version";
/// Metadata: which source the half is of, as [`source_id`] says.
pub const META_SOURCE: &str = "halver-source";
/// Metadata: a digest of all headers, metadata and tags that were carried over from the source, 16 digits.
pub const META_CARRIED: &str = "halver-carried";
/// Metadata: how many halvings lie behind the object: 1 for the half of an original.
pub const META_HOPS: &str = "halver-hops";
/// Metadata of a source: options of its own as JSON, where the function takes them.
pub const META_OPTIONS: &str = "halver-options";

/// The source at `key` in `bucket`: the first 32 digits of the SHA-256 over both.
#[must_use]
pub fn source_id(bucket: &str, key: &str) -> String {
    halver::sha256(format!("{bucket}/{key}").as_bytes())[..32].to_owned()
}

/// What the names of all metadata of ours begin with; such names of a source are not carried over.
pub const META_PREFIX: &str = "halver-";

/// What the keys of the function's own objects in a result bucket begin with. A source whose key begins so is refused:
/// its half would lie where the function's own objects do.
pub const RESERVED_PREFIX: &str = "_halver/";

/// What the keys of all failure records begin with.
pub const FAILURE_PREFIX: &str = "_halver/failed/";

/// What the keys of the records of events begin with that name no object.
pub const EVENT_PREFIX: &str = "_halver/failed-events/";

/// What the keys of the failure records of images on the web begin with.
pub const URL_PREFIX: &str = "_halver/failed-urls/";

/// The most bytes an S3 key may have.
const KEY_BYTES: usize = 1024;

/// The key of the failure record for the source `key`, in the result bucket.
///
/// A key too long to stand between the prefix and `.json` is replaced by its SHA-256; the record holds it in full.
///
/// ```
/// assert_eq!(halver_lambda::marker::failure_record_key("in/a.jpg"), "_halver/failed/in/a.jpg.json");
/// ```
#[must_use]
pub fn failure_record_key(key: &str) -> String {
    record_key(FAILURE_PREFIX, key)
}

/// The key of the failure record for an image on the web whose half would lie at `key`.
#[must_use]
pub fn url_record_key(key: &str) -> String {
    record_key(URL_PREFIX, key)
}

fn record_key(prefix: &str, key: &str) -> String {
    let plain = format!("{prefix}{key}.json");
    if plain.len() <= KEY_BYTES {
        return plain;
    }
    format!("{prefix}sha256-{}.json", halver::sha256(key.as_bytes()))
}

/// Whether an object at `key` is one of the function's records.
pub(crate) fn is_record(key: &str) -> bool {
    [FAILURE_PREFIX, EVENT_PREFIX, URL_PREFIX].iter().any(|prefix| key.starts_with(prefix))
}

/// The key of the record of an event that names no object, by the SHA-256 of what could not be understood.
#[must_use]
pub fn event_record_key(sha256: &str) -> String {
    format!("{EVENT_PREFIX}{sha256}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_records_lie_where_no_half_can() {
        assert!(FAILURE_PREFIX.starts_with(RESERVED_PREFIX));
    }

    #[test]
    fn failure_records_of_the_longest_keys_still_have_a_legal_key() {
        for length in [1, 1003, 1004, 1005, 1024] {
            let key = failure_record_key(&"k".repeat(length));
            assert!(key.len() <= KEY_BYTES && key.starts_with(FAILURE_PREFIX), "{length} → {}", key.len());
        }
        let (a, b) = ("a".repeat(1024), "b".repeat(1024));
        assert_ne!(failure_record_key(&a), failure_record_key(&b));
    }
}
