//! The checksums that S3 keeps beside an object: five algorithms, base64, whole or composed of parts.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::dto::{ChecksumAlgorithm, ChecksumType};
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

/// A checksum algorithm of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64nvme, Self::Sha1, Self::Sha256];

    /// The header and trailer that carry the checksum.
    const fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The algorithm that a client names, e.g. `CRC32`.
    ///
    /// # Errors
    /// `InvalidRequest` for a name that S3 does not know.
    pub(crate) fn named(name: &ChecksumAlgorithm) -> S3Result<Self> {
        match name.as_str() {
            ChecksumAlgorithm::CRC32 => Ok(Self::Crc32),
            ChecksumAlgorithm::CRC32C => Ok(Self::Crc32c),
            ChecksumAlgorithm::CRC64NVME => Ok(Self::Crc64nvme),
            ChecksumAlgorithm::SHA1 => Ok(Self::Sha1),
            ChecksumAlgorithm::SHA256 => Ok(Self::Sha256),
            other => Err(s3_error!(InvalidRequest, "checksum algorithm {other} is not known")),
        }
    }

    /// The name that clients use.
    pub(crate) fn name(self) -> ChecksumAlgorithm {
        ChecksumAlgorithm::from_static(match self {
            Self::Crc32 => ChecksumAlgorithm::CRC32,
            Self::Crc32c => ChecksumAlgorithm::CRC32C,
            Self::Crc64nvme => ChecksumAlgorithm::CRC64NVME,
            Self::Sha1 => ChecksumAlgorithm::SHA1,
            Self::Sha256 => ChecksumAlgorithm::SHA256,
        })
    }
}

/// Checksums by algorithm, in base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksums {
    values: BTreeMap<Algorithm, String>,
    /// Whether the values are checksums of the parts' checksums, with `-N` behind them.
    composite: bool,
}

impl Checksums {
    /// The values in `pairs` that are there.
    pub(crate) fn declared(pairs: [(Algorithm, &Option<String>); 5]) -> Self {
        let values = pairs.into_iter().filter_map(|(algorithm, value)| Some((algorithm, value.clone()?))).collect();
        Self { values, composite: false }
    }

    /// The value under `algorithm`.
    pub(crate) fn get(&self, algorithm: Algorithm) -> Option<String> {
        self.values.get(&algorithm).cloned()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// What S3 calls the kind of the values; `None` where there are none.
    pub(crate) fn kind(&self) -> Option<ChecksumType> {
        (!self.values.is_empty()).then(|| {
            let kind = if self.composite { ChecksumType::COMPOSITE } else { ChecksumType::FULL_OBJECT };
            ChecksumType::from_static(kind)
        })
    }

    /// Adds the checksums that came behind a body.
    pub(crate) fn add_trailers(&mut self, trailers: &HeaderMap) {
        for algorithm in Algorithm::ALL {
            if let Some(value) = trailers.get(algorithm.header()).and_then(|value| value.to_str().ok()) {
                self.values.insert(algorithm, value.to_owned());
            }
        }
    }

    /// A hasher for every algorithm that has a value here, and for `also`.
    pub(crate) fn hasher(&self, also: Option<Algorithm>) -> ChecksumHasher {
        let mut hasher = ChecksumHasher::default();
        for algorithm in self.values.keys().copied().chain(also) {
            match algorithm {
                Algorithm::Crc32 => hasher.crc32 = Some(Default::default()),
                Algorithm::Crc32c => hasher.crc32c = Some(Default::default()),
                Algorithm::Crc64nvme => hasher.crc64nvme = Some(Default::default()),
                Algorithm::Sha1 => hasher.sha1 = Some(Default::default()),
                Algorithm::Sha256 => hasher.sha256 = Some(Default::default()),
            }
        }
        hasher
    }

    /// What `hasher` has computed.
    pub(crate) fn computed(hasher: ChecksumHasher) -> Self {
        let sums = hasher.finalize();
        Self::declared([
            (Algorithm::Crc32, &sums.checksum_crc32),
            (Algorithm::Crc32c, &sums.checksum_crc32c),
            (Algorithm::Crc64nvme, &sums.checksum_crc64nvme),
            (Algorithm::Sha1, &sums.checksum_sha1),
            (Algorithm::Sha256, &sums.checksum_sha256),
        ])
    }

    /// The checksum of the checksums of all parts, as S3 composes it.
    ///
    /// # Errors
    /// `InvalidPart` where a part has none under `algorithm`.
    pub(crate) fn composed<'a>(algorithm: Algorithm, parts: impl Iterator<Item = &'a Self>) -> S3Result<Self> {
        let mut hasher = Self::default().hasher(Some(algorithm));
        let mut count = 0;
        for part in parts {
            let value = part.values.get(&algorithm).ok_or_else(|| s3_error!(InvalidPart, "a part has no checksum"))?;
            let bytes = base64_simd::STANDARD.decode_to_vec(value).map_err(|e| s3_error!(e, InvalidPart))?;
            hasher.update(&bytes);
            count += 1;
        }
        let mut whole = Self::computed(hasher);
        whole.values.values_mut().for_each(|value| value.push_str(&format!("-{count}")));
        whole.composite = true;
        Ok(whole)
    }

    /// Compares what a client `declared` with what was computed.
    ///
    /// # Errors
    /// `BadDigest` that names the first algorithm whose values differ.
    pub(crate) fn verify(&self, declared: &Self) -> S3Result {
        for (algorithm, value) in &declared.values {
            if self.values.get(algorithm) != Some(value) {
                let name = algorithm.name();
                return Err(s3_error!(
                    BadDigest,
                    "the {} you specified did not match the calculated checksum",
                    name.as_str()
                ));
            }
        }
        Ok(())
    }
}

/// The checksums that a request of s3s carries in its headers.
macro_rules! declared {
    ($input:expr) => {
        $crate::stack::s3::checksum::Checksums::declared([
            ($crate::stack::s3::checksum::Algorithm::Crc32, &$input.checksum_crc32),
            ($crate::stack::s3::checksum::Algorithm::Crc32c, &$input.checksum_crc32c),
            ($crate::stack::s3::checksum::Algorithm::Crc64nvme, &$input.checksum_crc64nvme),
            ($crate::stack::s3::checksum::Algorithm::Sha1, &$input.checksum_sha1),
            ($crate::stack::s3::checksum::Algorithm::Sha256, &$input.checksum_sha256),
        ])
    };
}

/// Sets the checksum fields of an answer of s3s.
macro_rules! fill {
    ($output:expr, $sums:expr) => {
        $output.checksum_crc32 = $sums.get($crate::stack::s3::checksum::Algorithm::Crc32);
        $output.checksum_crc32c = $sums.get($crate::stack::s3::checksum::Algorithm::Crc32c);
        $output.checksum_crc64nvme = $sums.get($crate::stack::s3::checksum::Algorithm::Crc64nvme);
        $output.checksum_sha1 = $sums.get($crate::stack::s3::checksum::Algorithm::Sha1);
        $output.checksum_sha256 = $sums.get($crate::stack::s3::checksum::Algorithm::Sha256);
    };
}

pub(crate) use {declared, fill};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composes_as_s3_does() {
        let part = |bytes: &[u8]| {
            let mut hasher = Checksums::default().hasher(Some(Algorithm::Crc32));
            hasher.update(bytes);
            Checksums::computed(hasher)
        };
        let (one, two) = (part(b"hello "), part(b"world"));
        let whole = Checksums::composed(Algorithm::Crc32, [&one, &two].into_iter()).unwrap();
        // crc32(crc32("hello ") ‖ crc32("world")), computed with zlib.
        let expected = base64_simd::STANDARD.encode_to_string(0xd45b_b699_u32.to_be_bytes());
        assert_eq!(whole.get(Algorithm::Crc32).unwrap(), format!("{expected}-2"));
        assert_eq!(whole.kind().unwrap().as_str(), "COMPOSITE");
    }

    #[test]
    fn names_the_checksum_that_differs() {
        let mut hasher = Checksums::default().hasher(Some(Algorithm::Sha256));
        hasher.update(b"x");
        let computed = Checksums::computed(hasher);
        assert!(computed.verify(&computed).is_ok());
        let wrong = Checksums { values: [(Algorithm::Sha256, "no".to_owned())].into(), composite: false };
        assert!(computed.verify(&wrong).unwrap_err().message().unwrap().contains("SHA256"));
    }
}
