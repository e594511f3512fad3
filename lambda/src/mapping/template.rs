//! Texts with placeholders in braces, e.g. `halves/{dir}/{stem}.{ext}`.

/// A text with placeholders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Stands for itself.
    Text(String),
    /// Stands for a part of the source's name.
    Placeholder(Placeholder),
}

/// What a placeholder stands for, of a source `holiday/2026/beach.jpg` in `photos`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// `photos`
    Bucket,
    /// `holiday/2026/beach.jpg`
    Key,
    /// `holiday/2026`; where it is empty, the `/` behind it goes too.
    Dir,
    /// `beach.jpg`
    Name,
    /// `beach`
    Stem,
    /// `jpg`; where it is empty, the `.` before it goes too, unless the text begins with it.
    Ext,
}

impl Placeholder {
    const ALL: [(&str, Self); 6] = [
        ("bucket", Self::Bucket),
        ("key", Self::Key),
        ("dir", Self::Dir),
        ("name", Self::Name),
        ("stem", Self::Stem),
        ("ext", Self::Ext),
    ];
}

/// The names that placeholders stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    /// What `{ext}` stands for instead of the key's own extension.
    pub(crate) ext: Option<&'a str>,
}

impl<'a> Names<'a> {
    fn dir(&self) -> &'a str {
        self.key.rsplit_once('/').map_or("", |(dir, _)| dir)
    }

    fn name(&self) -> &'a str {
        self.key.rsplit_once('/').map_or(self.key, |(_, name)| name)
    }

    /// The name before and behind its last dot; a dot in front begins no extension.
    fn stem_and_ext(&self) -> (&'a str, &'a str) {
        let name = self.name();
        name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((name, ""))
    }

    fn of(&self, placeholder: Placeholder) -> &'a str {
        match placeholder {
            Placeholder::Bucket => self.bucket,
            Placeholder::Key => self.key,
            Placeholder::Dir => self.dir(),
            Placeholder::Name => self.name(),
            Placeholder::Stem => self.stem_and_ext().0,
            Placeholder::Ext => self.ext.unwrap_or(self.stem_and_ext().1),
        }
    }
}

impl Template {
    /// Reads a template; `None` where a brace has no partner or holds no name of a placeholder.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let (name, behind) = behind.split_once('}')?;
            let (_, placeholder) = Placeholder::ALL.into_iter().find(|(known, _)| *known == name)?;
            pieces.extend((!before.is_empty()).then(|| Piece::Text(before.to_owned())));
            pieces.push(Piece::Placeholder(placeholder));
            rest = behind;
        }
        pieces.extend((!rest.is_empty()).then(|| Piece::Text(rest.to_owned())));
        let stray = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains('}'));
        (!pieces.iter().any(stray)).then_some(Self { pieces })
    }

    /// The placeholders, in their order.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = Placeholder> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Placeholder(placeholder) => Some(*placeholder),
            Piece::Text(_) => None,
        })
    }

    /// The parts that stand for themselves, together.
    pub(crate) fn literal(&self) -> String {
        let texts = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Placeholder(_) => None,
        });
        texts.collect()
    }

    /// What every text of this template begins with.
    pub(crate) fn lead(&self) -> &str {
        if let Some(Piece::Text(text)) = self.pieces.first() { text } else { "" }
    }

    /// Whether the whole key follows the lead.
    pub(crate) fn lead_is_followed_by_key(&self) -> bool {
        let behind = self.pieces.iter().find(|piece| !matches!(piece, Piece::Text(_)));
        behind == Some(&Piece::Placeholder(Placeholder::Key))
    }

    /// The text for `names`.
    pub(crate) fn fill(&self, names: Names<'_>) -> String {
        let mut text = String::new();
        let mut swallow = false;
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => {
                    text.push_str(if swallow { piece.strip_prefix('/').unwrap_or(piece) } else { piece });
                    swallow = false;
                }
                Piece::Placeholder(placeholder) => {
                    let value = names.of(*placeholder);
                    if value.is_empty()
                        && *placeholder == Placeholder::Ext
                        && text.len() > self.lead().len()
                        && text.ends_with('.')
                    {
                        text.pop();
                    }
                    swallow = value.is_empty() && *placeholder == Placeholder::Dir;
                    text.push_str(value);
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_for_parts_of_the_name() {
        for (template, key, expected) in [
            ("{key}", "holiday/2026/beach.jpg", "holiday/2026/beach.jpg"),
            ("processed_{key}", "beach.jpg", "processed_beach.jpg"),
            ("halves/{dir}/{stem}.{ext}", "holiday/2026/beach.jpg", "halves/holiday/2026/beach.jpg"),
            ("halves/{dir}/{stem}.{ext}", "beach.jpg", "halves/beach.jpg"),
            ("halves/{dir}/{stem}.{ext}", "a.b/beach", "halves/a.b/beach"),
            ("{dir}/{stem}-half.{ext}", "a/.hidden", "a/.hidden-half"),
            ("{dir}/{stem}.{ext}", "a/x.tar.gz", "a/x.tar.gz"),
            ("{bucket}/{name}", "a/x.png", "photos/x.png"),
            ("{dir}/{name}", "a/", "a/"),
        ] {
            let filled = Template::parse(template).unwrap().fill(Names { bucket: "photos", key, ext: None });
            assert_eq!(filled, expected, "{template} of {key}");
        }
        let names = Names { bucket: "", key: "a/x.png", ext: Some("webp") };
        assert_eq!(Template::parse("{dir}/{stem}.{ext}").unwrap().fill(names), "a/x.webp");
    }

    #[test]
    fn others_are_no_templates() {
        for text in ["{", "}", "{key", "key}", "{Key}", "{}", "{key}}", "{{key}}"] {
            assert_eq!(Template::parse(text), None, "{text}");
        }
    }
}
