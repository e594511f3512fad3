//! Which objects are sources, where their halves go, and the proof that a half is never a source.

mod template;

use halver::Format;

use crate::marker::RESERVED_PREFIX;
use crate::store::Address;
use template::{Names, Placeholder, Template};

/// The most bytes an S3 key may have.
const KEY_BYTES: usize = 1024;

/// Which objects are sources, and where their halves go.
///
/// Halves never make halves. Either they go to a bucket that is no source, or all of their keys begin with a text that
/// no source's key begins with: the function itself sees to that, whatever its trigger lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    bucket: Template,
    key: Template,
    /// What `{ext}` stands for, where all halves are of one format.
    ext: Option<&'static str>,
    sources: Vec<Source>,
    include: Vec<String>,
    exclude: Vec<String>,
}

/// A bucket, or a part of it, whose objects are halved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with.
    pub prefix: String,
}

/// Where an object stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is a source, and its half goes there.
    Source { half: Address },
    /// It lies where halves go, in a bucket of sources.
    AmongHalves,
    /// It lies where the function keeps what it needs itself.
    Reserved,
    /// It is no source, or an excluded one.
    Excluded,
    /// Its half would have a key that S3 does not take.
    KeyTooLong,
}

impl Mapping {
    /// A mapping by `template`, e.g. `{bucket}-resized` or `{bucket}/halves/{dir}/{stem}.{ext}`: a bucket's name and,
    /// behind the first `/`, a key (`{key}` where there is none). `sources` are all that can trigger the function; none
    /// where they are not known. Halves are of `format`, or of their source's.
    ///
    /// # Errors
    /// [`MappingError`], above all where a half could trigger the function.
    pub fn new(template: &str, sources: Vec<Source>, format: Option<Format>) -> Result<Self, MappingError> {
        let (bucket, key) = template.split_once('/').unwrap_or((template, "{key}"));
        let parse = |text: &str| Template::parse(text).ok_or(MappingError::Placeholder);
        let mapping = Self {
            bucket: parse(bucket)?,
            key: parse(key)?,
            ext: format.map(Format::extension),
            sources,
            include: Vec::new(),
            exclude: Vec::new(),
        };
        mapping.check_names()?;
        mapping.prove()?;
        Ok(mapping)
    }

    /// The same, but only for keys that one of the globs `include` matches, if there are any, and none of `exclude`.
    #[must_use]
    pub fn filtered(self, include: Vec<String>, exclude: Vec<String>) -> Self {
        Self { include, exclude, ..self }
    }

    /// The result bucket for the source bucket `source`.
    #[must_use]
    pub fn bucket(&self, source: &str) -> String {
        self.bucket.fill(Names { bucket: source, key: "", ext: None })
    }

    /// All that can trigger the function; none where it is not known.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Where the object `key` of `bucket` stands.
    pub(crate) fn place(&self, bucket: &str, key: &str) -> Place {
        let half = Address { bucket: self.bucket(bucket), key: self.key.fill(Names { bucket, key, ext: self.ext }) };
        if key.starts_with(RESERVED_PREFIX) {
            Place::Reserved
        } else if !self.is_source(bucket, key) {
            Place::Excluded
        } else if half.bucket == bucket && !self.key.lead().is_empty() && key.starts_with(self.key.lead()) {
            Place::AmongHalves
        } else if half.key.len() > KEY_BYTES {
            Place::KeyTooLong
        } else {
            Place::Source { half }
        }
    }

    fn is_source(&self, bucket: &str, key: &str) -> bool {
        let of = |source: &Source| source.bucket == bucket && key.starts_with(&source.prefix);
        let matched = |globs: &[String]| globs.iter().any(|glob| fast_glob::glob_match(glob, key));
        (self.sources.is_empty() || self.sources.iter().any(of))
            && (self.include.is_empty() || matched(&self.include))
            && !matched(&self.exclude)
    }

    /// That both parts are such that S3 takes what they give, and that two sources hardly share a half: where they do in
    /// spite of it, the marks of the first keep the second out.
    fn check_names(&self) -> Result<(), MappingError> {
        if self.bucket.placeholders().any(|placeholder| placeholder != Placeholder::Bucket) {
            return Err(MappingError::BucketPlaceholder);
        }
        let literal = self.bucket.literal();
        if let Some(character) = literal.chars().find(|&c| !is_of_bucket(c)) {
            return Err(MappingError::Character { character });
        }
        if literal.is_empty() && self.bucket.placeholders().next().is_none() {
            return Err(MappingError::NoBucket);
        }
        if self.key.lead().starts_with(RESERVED_PREFIX) || self.key.lead().starts_with('/') {
            return Err(MappingError::Lead);
        }
        let has = |wanted| self.key.placeholders().any(|placeholder| placeholder == wanted);
        let tells_apart =
            has(Placeholder::Key) || has(Placeholder::Dir) && (has(Placeholder::Name) || has(Placeholder::Stem));
        if tells_apart { Ok(()) } else { Err(MappingError::Ambiguous) }
    }

    /// That no half is a source.
    fn prove(&self) -> Result<(), MappingError> {
        // In a bucket of sources halves are kept apart by what their keys begin with.
        let kept_apart = !self.key.lead().is_empty() && self.bucket.literal().is_empty();
        if self.sources.is_empty() {
            if kept_apart {
                return Ok(());
            }
            // Every name made from the source's bucket and something more is longer than it, and so another.
            let longer = !self.bucket.literal().is_empty() && self.bucket.placeholders().next().is_some();
            return if longer { Ok(()) } else { Err(self.unproved()) };
        }
        let lead = self.key.lead();
        // Where halves stay in the bucket of their sources, the function takes no key with their lead for a source.
        let kept = |bucket: &str| self.bucket(bucket) == bucket && !lead.is_empty();
        let looped = |halves: String, source: &Source| MappingError::Loop { halves, source: source.to_string() };
        for source in &self.sources {
            let bucket = self.bucket(&source.bucket);
            // A source that has only such keys was not meant so.
            if kept(&source.bucket) && source.prefix.starts_with(lead) {
                return Err(looped(format!("{bucket}/{lead}"), source));
            }
            let prefix = if self.key.lead_is_followed_by_key() { source.prefix.as_str() } else { "" };
            let lead = format!("{lead}{prefix}");
            let meets = |other: &&Source| {
                other.bucket == bucket && (lead.starts_with(&other.prefix) || other.prefix.starts_with(&lead))
            };
            if let Some(other) = self.sources.iter().filter(|other| !kept(&other.bucket)).find(meets) {
                return Err(looped(format!("{bucket}/{lead}"), other));
            }
        }
        Ok(())
    }

    fn unproved(&self) -> MappingError {
        if self.bucket.literal().is_empty() { MappingError::Source } else { MappingError::Fixed }
    }
}

impl Default for Mapping {
    /// `{bucket}-resized/{key}`, from wherever.
    fn default() -> Self {
        Self {
            bucket: Template::parse("{bucket}-resized").unwrap_or_default(),
            key: Template::parse("{key}").unwrap_or_default(),
            ext: None,
            sources: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
        }
    }
}

impl Source {
    /// Reads `bucket` or `bucket/prefix`; `None` where the first part is no name of a bucket.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (bucket, prefix) = text.split_once('/').unwrap_or((text, ""));
        let is_name = !bucket.is_empty() && bucket.chars().all(is_of_bucket);
        is_name.then(|| Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

fn is_of_bucket(character: char) -> bool {
    matches!(character, 'a'..='z' | '0'..='9' | '-' | '.')
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.bucket, self.prefix)
    }
}

/// Why a mapping is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingError {
    /// A brace without its partner, or around a word that is no placeholder.
    Placeholder,
    /// The bucket's part has another placeholder than `{bucket}`.
    BucketPlaceholder,
    /// The bucket's part has a character that no bucket's name has.
    Character {
        /// The first such character.
        character: char,
    },
    /// There is no bucket.
    NoBucket,
    /// The key's part begins as the function's own keys do, or with `/`.
    Lead,
    /// The key's part gives one key to sources of different keys.
    Ambiguous,
    /// Halves go into the source bucket under keys that a source could have: each would trigger the next.
    Source,
    /// Halves go into one bucket whatever the source's is called, and so it could be the source's.
    Fixed,
    /// Halves go where a source lies.
    Loop {
        /// Where halves go: bucket, and what their keys begin with.
        halves: String,
        /// The source they meet.
        source: String,
    },
}

impl std::fmt::Display for MappingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Placeholder => {
                f.write_str("has a brace that is no placeholder: {bucket}, {key}, {dir}, {name}, {stem} and {ext} are")
            }
            Self::BucketPlaceholder => f.write_str("names the bucket, before the first '/', by more than {bucket}"),
            Self::Character { character } => write!(
                f,
                "holds {character:?}: a bucket's name is made of a-z, 0-9, '-', '.' and the placeholder {{bucket}}"
            ),
            Self::NoBucket => f.write_str("names no bucket"),
            Self::Lead => write!(f, "lets keys begin with '/' or with {RESERVED_PREFIX}, which is the function's own"),
            Self::Ambiguous => {
                f.write_str("gives one key to many sources: it needs {key}, or {dir} and one of {name} and {stem}")
            }
            Self::Source => f.write_str(
                "names the source bucket itself, so each half would trigger the next: put something before the key, \
                 e.g. {bucket}/processed_{key}",
            ),
            Self::Fixed => f.write_str(
                "is a fixed name and could be the source bucket itself: make it of {bucket}, e.g. {bucket}-resized, or \
                 name all sources in HALVER_SOURCES",
            ),
            Self::Loop { halves, source } => {
                write!(
                    f,
                    "puts halves at {halves}…, where {source}… in HALVER_SOURCES lies: they would trigger the next"
                )
            }
        }
    }
}

impl std::error::Error for MappingError {}

#[cfg(test)]
mod tests;
