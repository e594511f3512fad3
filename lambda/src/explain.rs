//! What an event would lead to, told without doing it.

use serde::Serialize;
use serde_json::Value;

use crate::config::{Config, Removals};
use crate::envelope::{self, Carrier, Entry, Envelope, Item};
use crate::failure;
use crate::http;
use crate::job::{Job, ObjectJob, Reconcile, Removal, UrlJob};
use crate::key;
use crate::mapping::Place;
use crate::marker;
use crate::store::Address;

/// What an event would lead to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What brought it, and so what is answered.
    pub carrier: &'static str,
    /// What is answered.
    pub reply: &'static str,
    /// Its parts, each with what it would lead to.
    pub parts: Vec<Explained>,
}

/// What one part of an event would lead to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// How its carrier calls it; empty where it has no name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub item: String,
    /// What would be done: `halve`, `remove`, `fetch`, `reconcile`, `answer`, `skip`, `refuse`.
    pub does: &'static str,
    /// What it is done with.
    pub what: String,
    /// What would be read, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<String>,
    /// What would be written, and when.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<String>,
    /// Why nothing would be done, or what else there is to know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// What `event` would lead to in a function that works by `config`.
#[must_use]
pub fn explain(event: &Value, config: &Config) -> Explanation {
    if let Some(request) = http::Request::read(event) {
        let what = format!("{} {}", request.method, request.path);
        let because =
            if http::has_route(&request.path) { vec![] } else { vec!["there is nothing at this path".to_owned()] };
        let part = Explained { does: "answer", what, because, ..Explained::default() };
        return Explanation { carrier: "HTTP", reply: "a response of HTTP", parts: vec![part] };
    }
    let Envelope { carrier, items } = envelope::open(event);
    let parts = items.iter().flat_map(|item| item.entries.iter().map(|entry| part(item, entry, config)));
    let (carrier, reply) = match carrier {
        Carrier::Invocation => ("an invocation", "counts; an error if anything is to be tried again"),
        Carrier::Queue { fifo: false } => ("an SQS queue", "the messages to send again"),
        Carrier::Queue { fifo: true } => {
            ("an ordered SQS queue", "the messages to send again; nothing is done behind a failure in its group")
        }
        Carrier::Stream => ("a stream", "the first record to send again"),
        Carrier::BatchOperations { .. } => ("S3 Batch Operations", "a result code for each task"),
    };
    Explanation { carrier, reply, parts: parts.collect() }
}

fn part(item: &Item, entry: &Entry, config: &Config) -> Explained {
    let explained = match entry {
        Entry::Job(Job::Object(job)) => object(job, config),
        Entry::Job(Job::Removal(removal)) => gone(removal, config),
        Entry::Job(Job::Url(job)) => url(job, config),
        Entry::Job(Job::Reconcile(job)) => reconcile(job, config),
        Entry::Skip { bucket, key, reason } => {
            skip(names(bucket.as_deref(), key.as_deref()), format!("{}: {reason}", reason.code()))
        }
        Entry::Bad { bucket, key, error, .. } => {
            let what = names(bucket.as_deref(), key.as_deref());
            let record = match (bucket, key, &config.quarantine) {
                (Some(bucket), Some(key), _) => failure::address(config, bucket, key).to_string(),
                (_, _, Some(quarantine)) => format!("{quarantine}/{}…", marker::EVENT_PREFIX),
                _ => return handed_back(item, what, &format!("{}: {error}", error.code())),
            };
            refuse(what, format!("{}: {error}", error.code()), record)
        }
    };
    Explained { item: item.id.clone(), ..explained }
}

fn handed_back(item: &Item, what: String, reason: &str) -> Explained {
    let because =
        vec![reason.to_owned(), "it names no object, and HALVER_QUARANTINE is not set: handed back".to_owned()];
    Explained { item: item.id.clone(), does: "refuse", what, because, ..Explained::default() }
}

fn names(bucket: Option<&str>, key: Option<&str>) -> String {
    format!("{}/{}", bucket.unwrap_or("?"), key.unwrap_or("?"))
}

fn skip(what: String, reason: String) -> Explained {
    Explained { does: "skip", what, because: vec![reason], ..Explained::default() }
}

fn refuse(what: String, reason: String, record: String) -> Explained {
    Explained { does: "refuse", what, writes: vec![record], because: vec![reason], ..Explained::default() }
}

fn object(job: &ObjectJob, config: &Config) -> Explained {
    let ObjectJob { bucket, key, other_key, .. } = job;
    let what = format!("{bucket}/{key}");
    let record = failure::address(config, bucket, key).to_string();
    if let Err(error) = key::check(key) {
        return refuse(what, format!("bad-key: {error}"), record);
    }
    let half = match config.mapping.place(bucket, key) {
        Place::Source { half } => half,
        Place::Excluded => {
            return skip(what, "excluded: HALVER_SOURCES, HALVER_INCLUDE and HALVER_EXCLUDE leave it out".to_owned());
        }
        Place::Reserved if marker::is_record(key) => {
            return skip(what, "reserved: it is a record of the function".to_owned());
        }
        Place::Reserved => return refuse(what, "reserved-key: such keys are the function's own".to_owned(), record),
        Place::AmongHalves => {
            return skip(what, "own-output: halves go there; what is none is refused as among-halves".to_owned());
        }
        Place::KeyTooLong => return refuse(what, "key-too-long".to_owned(), record),
    };
    let other = other_key.as_ref().map(|other| format!("nothing there? then {bucket}/{other}"));
    Explained {
        does: "halve",
        reads: vec![format!("the head of {half}"), format!("the first bytes, then all, of {what}")],
        writes: vec![
            format!("{half}, if nothing or the same half lies there then"),
            format!("{record}, if it cannot be halved"),
        ],
        because: other.into_iter().collect(),
        what,
        ..Explained::default()
    }
}

fn gone(removal: &Removal, config: &Config) -> Explained {
    let Removal { bucket, key, .. } = removal;
    let what = format!("{bucket}/{key}");
    match (config.removals, config.mapping.place(bucket, key)) {
        (Removals::Ignore, _) => skip(what, "kept: halves stay, see HALVER_REMOVALS".to_owned()),
        (Removals::Follow, Place::Source { half }) => Explained {
            does: "remove",
            reads: vec![format!("the head of {half}"), format!("the head of {what}, to see that it is gone")],
            writes: vec![format!("deletes {half} and {}", failure::address(config, bucket, key))],
            what,
            ..Explained::default()
        },
        (Removals::Follow, _) => skip(what, "it is no source".to_owned()),
    }
}

fn url(job: &UrlJob, config: &Config) -> Explained {
    let what = crate::fetch::redacted(&job.url);
    let Some(bucket) = &config.urls.bucket else {
        let because = vec!["urls-off: HALVER_URL_BUCKET is not set".to_owned()];
        return Explained { does: "refuse", what, because, ..Explained::default() };
    };
    let half = Address { bucket: bucket.clone(), key: job.filename.clone() };
    let record = Address { bucket: bucket.clone(), key: marker::url_record_key(&job.filename) };
    if key::check(&job.filename).is_err() || job.filename.starts_with(marker::RESERVED_PREFIX) {
        return refuse(what, format!("nothing can be stored as {:?}", job.filename), record.to_string());
    }
    Explained {
        does: "fetch",
        reads: vec![what.clone(), format!("the head of {half}")],
        writes: vec![format!("{half}"), format!("{record}, if it cannot be fetched or halved")],
        what,
        ..Explained::default()
    }
}

fn reconcile(job: &Reconcile, config: &Config) -> Explained {
    let sources = config.mapping.sources().iter().map(ToString::to_string).collect::<Vec<_>>();
    let what = match &job.bucket {
        Some(bucket) => format!("{bucket}/{}", job.prefix.as_deref().unwrap_or_default()),
        None => sources.join(", "),
    };
    let writes = match &config.queue {
        Some(queue) => vec![format!("messages to {}, for sources without a fresh half", queue.url)],
        None => Vec::new(),
    };
    let because = if writes.is_empty() { vec!["no-queue: HALVER_QUEUE_URL is not set".to_owned()] } else { Vec::new() };
    let does = if writes.is_empty() { "refuse" } else { "reconcile" };
    Explained {
        does,
        reads: vec![format!("the listing of {what}, and the head of each half")],
        what,
        writes,
        because,
        ..Explained::default()
    }
}

impl std::fmt::Display for Explanation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "brought by {}; answered: {}", self.carrier, self.reply)?;
        if self.parts.is_empty() {
            writeln!(f, "it holds nothing")?;
        }
        for part in &self.parts {
            let item = if part.item.is_empty() { String::new() } else { format!("  ({})", part.item) };
            writeln!(f, "\n{:8}{}{item}", part.does, part.what)?;
            for (verb, lines) in [("reads", &part.reads), ("writes", &part.writes), ("because", &part.because)] {
                lines.iter().try_for_each(|line| writeln!(f, "  {verb:9}{line}"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::tests::read;

    fn told(event: &Value, settings: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let explanation = explain(event, &read(settings).unwrap());
        explanation.parts.into_iter().map(|part| (part.does, part.what)).collect()
    }

    #[test]
    fn every_part_is_explained() {
        let event = json!([
            { "bucket": "photos", "key": "a.jpg" },
            { "bucket": "photos", "key": "_halver/x" },
            { "filename": "b.jpg", "url": "https://example.com/b.jpg?secret" },
            { "halver": "reconcile", "bucket": "photos" },
            { "what": "is this" },
        ]);
        let expected = [
            ("halve", "photos/a.jpg"),
            ("refuse", "photos/_halver/x"),
            ("fetch", "https://example.com/b.jpg"),
            ("reconcile", "photos/"),
            ("refuse", "?/?"),
        ];
        let settings = [("HALVER_URL_BUCKET", "web"), ("HALVER_QUEUE_URL", "https://sqs.example/q")];
        assert_eq!(told(&event, &settings), expected.map(|(does, what)| (does, what.to_owned())));
        let off = told(&event, &[]);
        assert_eq!([off[2].0, off[3].0], ["refuse", "refuse"], "without the settings");
    }

    #[test]
    fn it_reads_as_text() {
        let event: Value = serde_json::from_str(include_str!("../tests/fixtures/event-bridge-spelling.json")).unwrap();
        let text = explain(&event, &read(&[]).unwrap()).to_string();
        for line in [
            "brought by an invocation",
            "halve   photos/",
            "  reads    the head of photos-resized/",
            "  because  nothing there? then photos/",
        ] {
            assert!(text.contains(line), "{line}:\n{text}");
        }
    }
}
