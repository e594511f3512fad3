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

/// What the names of all metadata of ours begin with; such names of a source are not carried over.
pub const META_PREFIX: &str = "halver-";

/// What the keys of the function's own objects in a result bucket begin with. A source whose key begins so is refused:
/// its half would lie where the function's own objects do.
pub const RESERVED_PREFIX: &str = "_halver/";

/// What the keys of all failure records begin with.
pub const FAILURE_PREFIX: &str = "_halver/failed/";

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
    let plain = format!("{FAILURE_PREFIX}{key}.json");
    if plain.len() <= KEY_BYTES {
        return plain;
    }
    format!("{FAILURE_PREFIX}sha256-{}.json", halver::sha256(key.as_bytes()))
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
