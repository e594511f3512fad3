//! The result bucket, and the proof that it is never the source's.

/// Where `{bucket}` stands in a destination.
const PLACEHOLDER: &str = "{bucket}";

/// The name of the result bucket, made from the source bucket's.
///
/// It holds `{bucket}` once or more and at least one character beside it, so every name it gives is longer than the
/// source's: the function can never write into the bucket it was triggered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    template: String,
}

impl Destination {
    /// Reads a template, e.g. `{bucket}-resized`.
    ///
    /// # Errors
    /// [`DestinationError`] where it can name the source bucket itself, or no bucket at all.
    pub fn parse(template: &str) -> Result<Self, DestinationError> {
        let literal = template.replace(PLACEHOLDER, "");
        if let Some(character) = literal.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-' | '.')) {
            return Err(DestinationError::Character { character });
        }
        if !template.contains(PLACEHOLDER) {
            return Err(DestinationError::Fixed);
        }
        if literal.is_empty() {
            return Err(DestinationError::Source);
        }
        Ok(Self { template: template.to_owned() })
    }

    /// The result bucket for the source bucket `source`.
    #[must_use]
    pub fn bucket(&self, source: &str) -> String {
        self.template.replace(PLACEHOLDER, source)
    }
}

impl Default for Destination {
    /// `{bucket}-resized`.
    fn default() -> Self {
        Self { template: "{bucket}-resized".to_owned() }
    }
}

/// Why a destination is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DestinationError {
    /// It is the source bucket: each half would trigger the function again.
    Source,
    /// It is one name whatever the source is called, and so can be the source's.
    Fixed,
    /// It holds a character that no bucket's name has, or a placeholder that is not `{bucket}`.
    Character {
        /// The first such character.
        character: char,
    },
}

impl std::fmt::Display for DestinationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Source => f.write_str("names the source bucket itself, so each half would trigger the next"),
            Self::Fixed => f.write_str(
                "is a fixed name and could be the source bucket itself: make it of {bucket}, e.g. {bucket}-resized",
            ),
            Self::Character { character } => {
                write!(
                    f,
                    "holds {character:?}: a bucket's name is made of a-z, 0-9, '-', '.' and the placeholder {{bucket}}"
                )
            }
        }
    }
}

impl std::error::Error for DestinationError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_ones_never_name_the_source() {
        for template in ["{bucket}-resized", "half.{bucket}", "{bucket}-{bucket}"] {
            let destination = Destination::parse(template).unwrap();
            for source in ["a", "resized", "a-resized", "-"] {
                assert_ne!(destination.bucket(source), source, "{template}");
            }
        }
        assert_eq!(Destination::default().bucket("photos"), "photos-resized");
        assert_eq!(Destination::parse("{bucket}-resized"), Ok(Destination::default()));
    }

    #[test]
    fn others_are_refused() {
        for (template, error) in [
            ("{bucket}", DestinationError::Source),
            ("photos", DestinationError::Fixed),
            ("", DestinationError::Fixed),
            ("{Bucket}-resized", DestinationError::Character { character: '{' }),
            ("{bucket}/resized", DestinationError::Character { character: '/' }),
        ] {
            assert_eq!(Destination::parse(template), Err(error), "{template}");
        }
    }
}
