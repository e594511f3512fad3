//! What is known of an object besides its bytes.

use std::collections::BTreeMap;

use s3s::dto::{ETag, Timestamp};
use serde::{Deserialize, Serialize};

use super::checksum::Checksums;

/// What is known of an object besides its bytes; one JSON file each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) key: String,
    /// The name of the file that holds the bytes; no two versions of an object share one.
    pub(crate) file: String,
    /// Bytes.
    pub(crate) size: u64,
    /// Without the quotes.
    pub(crate) etag: String,
    /// Whole seconds, as HTTP knows no finer ones.
    pub(crate) modified: Timestamp,
    /// Grows with every change in the store.
    pub(crate) sequencer: String,
    pub(crate) headers: Headers,
    /// `x-amz-meta-…`, without that prefix.
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) checksums: Checksums,
}

/// The HTTP headers that a client stored with an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Headers {
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    pub(crate) expires: Option<Timestamp>,
}

impl Headers {
    /// `encoding` without `aws-chunked`, which describes the transfer and not the object.
    pub(crate) fn stored_encoding(encoding: Option<String>) -> Option<String> {
        let kept: Vec<&str> =
            encoding.as_deref()?.split(',').map(str::trim).filter(|e| !e.is_empty() && *e != "aws-chunked").collect();
        (!kept.is_empty()).then(|| kept.join(","))
    }
}

/// The stored headers of a request of s3s.
macro_rules! headers {
    ($input:expr) => {
        $crate::stack::s3::object::Headers {
            content_type: $input.content_type.clone(),
            cache_control: $input.cache_control.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $crate::stack::s3::object::Headers::stored_encoding($input.content_encoding.clone()),
            content_language: $input.content_language.clone(),
            expires: $input.expires.clone(),
        }
    };
}

pub(crate) use headers;

impl Object {
    /// The ETag as s3s writes it.
    pub(crate) fn e_tag(&self) -> ETag {
        ETag::Strong(self.etag.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transfer_encoding_is_not_stored() {
        for (sent, stored) in [
            (None, None),
            (Some("aws-chunked"), None),
            (Some("gzip"), Some("gzip")),
            (Some("gzip, aws-chunked"), Some("gzip")),
            (Some("aws-chunked,br"), Some("br")),
        ] {
            assert_eq!(Headers::stored_encoding(sent.map(str::to_owned)).as_deref(), stored, "{sent:?}");
        }
    }
}
