//! What the stack has to say while it runs, to whoever listens.

use std::fmt::Write as _;

use serde::Deserialize;
use tokio::sync::broadcast;

/// Something that happened in the stack; its text is one line.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// A line of the function's log that tells of a record.
    Line(Box<Line>),
    /// Any other line that the function wrote.
    Text(String),
    /// The function ended without being asked to.
    Crashed {
        /// How, e.g. `signal: 9 (SIGKILL)`.
        how: String,
        /// The request id of the invocation that it had not finished.
        invocation: Option<String>,
    },
    /// The function failed to start several times in a row and is not started again; events are kept.
    GivenUp,
    /// An event failed for the last time and was put aside.
    DeadLetter {
        /// The object it tells of, where it tells of one.
        subject: Option<Subject>,
        /// Why its last attempt failed.
        error: String,
        /// Where it was written.
        file: String,
    },
    /// Something could not be written to disk, or was found broken there.
    Lost(String),
}

/// The object that an event tells of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    /// Its bucket.
    pub bucket: String,
    /// Its key, decoded.
    pub key: String,
    /// The sequencer of the change.
    pub sequencer: String,
}

/// A line of the function's log: of a record, or of an HTTP request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// `halved`, `refused`, `skipped`, `handed-back`, `answered`, `stopped`.
    pub event: String,
    /// The source's bucket.
    pub bucket: Option<String>,
    /// The source's key.
    pub key: Option<String>,
    /// The half's bucket.
    pub destination: Option<String>,
    /// Pixels across, of the half.
    pub width: Option<u32>,
    /// Pixels down, of the half.
    pub height: Option<u32>,
    /// Bytes of the source.
    pub source_bytes: Option<u64>,
    /// Bytes of the half.
    pub bytes: Option<u64>,
    /// How long each step took.
    pub ms: Option<Milliseconds>,
    /// Why there is no half: the stable code.
    pub code: Option<String>,
    /// Why there is no half: a sentence.
    pub message: Option<String>,
    /// Why the record was skipped.
    pub reason: Option<String>,
    /// The method of an HTTP request.
    pub method: Option<String>,
    /// What the request asked for, e.g. `/uploads`.
    pub route: Option<String>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// How long the answer took, in milliseconds.
    pub answer_ms: Option<f64>,
    /// What was behind the status.
    pub cause: Option<String>,
}

/// How long each step took, in milliseconds.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Milliseconds {
    /// Reading the source from S3.
    pub get: f64,
    /// Halving.
    pub halve: f64,
    /// Writing the half to S3.
    pub put: f64,
}

impl Line {
    /// Whether the line tells of the object `key` in `bucket`.
    #[must_use]
    pub fn is_of(&self, bucket: &str, key: &str) -> bool {
        self.bucket.as_deref() == Some(bucket) && self.key.as_deref() == Some(key)
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut f = OneLine(f);
        f.write_str(&self.event)?;
        if let (Some(bucket), Some(key)) = (&self.bucket, &self.key) {
            write!(f, " {bucket}/{key}")?;
        }
        if let (Some(width), Some(height), Some(from), Some(to)) =
            (self.width, self.height, self.source_bytes, self.bytes)
        {
            write!(f, ": {width}x{height}, {from} → {to} bytes")?;
        }
        if let (Some(method), Some(status)) = (&self.method, self.status) {
            write!(f, " {method} {}: {status}", self.route.as_deref().unwrap_or("elsewhere"))?;
        }
        if let Some(Milliseconds { get, halve, put }) = self.ms {
            write!(f, ", get {get} + halve {halve} + put {put} ms")?;
        }
        if let Some(ms) = self.answer_ms {
            write!(f, ", {ms} ms")?;
        }
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        match (&self.code, &self.message, &self.reason) {
            (Some(code), Some(message), _) => write!(f, ": {message} ({code})"),
            (_, _, Some(reason)) => write!(f, ": {reason}"),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut f = OneLine(f);
        match self {
            Self::Line(line) => write!(f, "{line}"),
            Self::Text(text) => write!(f, "function: {text}"),
            Self::Crashed { how, invocation: None } => write!(f, "the function ended ({how})"),
            Self::Crashed { how, invocation: Some(id) } => {
                write!(f, "the function ended ({how}) with event {id} undone")
            }
            Self::GivenUp => {
                f.write_str("the function fails to start; events are kept, start the stack again once it is mended")
            }
            Self::DeadLetter { subject, error, file } => {
                let what = subject.as_ref().map_or("an event".to_owned(), |s| format!("{}/{}", s.bucket, s.key));
                write!(f, "{what} failed for the last time ({error}); its event is in {file}")
            }
            Self::Lost(what) => f.write_str(what),
        }
    }
}

/// Escapes what would break a line or steer a terminal: keys and the function's own words may hold anything. All
/// other characters stay readable.
struct OneLine<'a, 'f>(&'a mut std::fmt::Formatter<'f>);

impl std::fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        text.chars().try_for_each(|c| match c {
            // Separators of lines and paragraphs, and marks that change the direction of the text.
            '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => write!(self.0, "{}", c.escape_unicode()),
            _ if c.is_control() => write!(self.0, "{}", c.escape_debug()),
            _ => self.0.write_char(c),
        })
    }
}

/// Where notices are sent; it does not matter whether anybody listens.
#[derive(Clone)]
pub(crate) struct Notices(broadcast::Sender<Notice>);

impl Notices {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(1024))
    }

    pub(crate) fn send(&self, notice: Notice) {
        let _ = self.0.send(notice);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_one_readable_line() {
        let line = r#"{"event":"refused","bucket":"b","key":"봄\nü\u001b[2J\"\\\u2028","code":"c","message":"m\rn"}"#;
        let line: Line = serde_json::from_str(line).unwrap();
        let said = Notice::Line(Box::new(line)).to_string();
        assert_eq!(said, "refused b/봄\\nü\\u{1b}[2J\"\\\\u{2028}: m\\rn (c)");
        let (bucket, key, sequencer) = ("b".to_owned(), "k\n".to_owned(), String::new());
        for notice in [
            Notice::Text("a\u{7}b\u{202E}".to_owned()),
            Notice::Lost("a\nb".to_owned()),
            Notice::Crashed { how: "a\nb".to_owned(), invocation: None },
            Notice::DeadLetter {
                subject: Some(Subject { bucket, key, sequencer }),
                error: "a\u{85}b".to_owned(),
                file: "f\n".to_owned(),
            },
        ] {
            let said = notice.to_string();
            assert!(!said.contains(|c: char| c.is_control() || c == '\u{202E}'), "{said:?}");
        }
    }
}
