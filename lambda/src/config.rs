//! The environment, read once at start, with everything that is wrong with it said at once.

use std::collections::BTreeMap;

use aws_sdk_s3::types::StorageClass;
use halver::{Limits, Options, Target};
use serde_json::Value;

use crate::carried::{Policy, Setting};
use crate::fetch::UrlPolicy;
use crate::http::{HttpSettings, Origins, UploadPlace};
use crate::mapping::{Mapping, Source};
use crate::s3::S3Settings;
use crate::store::Head;

/// Memory that the function keeps for itself out of what AWS gives it: the program, TLS, and the allocator's slack.
const RESERVED_BYTES: u64 = 40 << 20;

/// Where halves go unless told otherwise.
const DESTINATION: &str = "{bucket}-resized/{key}";

/// How the function works.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which objects are sources, and where their halves go (`HALVER_DESTINATION`, `HALVER_SOURCES`,
    /// `HALVER_INCLUDE`, `HALVER_EXCLUDE`).
    pub mapping: Mapping,
    /// How images are halved (`HALVER_OPTIONS`).
    pub options: Options,
    /// Where an object's own options are (`HALVER_OBJECT_OPTIONS`).
    pub object_options: ObjectOptions,
    /// What becomes of objects that are no images (`HALVER_NOT_IMAGES`).
    pub not_images: NotImages,
    /// Whether halves go with their sources (`HALVER_REMOVALS`).
    pub removals: Removals,
    /// What becomes of objects of others that lie where a half should go (`HALVER_OTHERS`).
    pub others: Others,
    /// How often a half may be halved again by another function (`HALVER_MAX_HOPS`).
    pub max_hops: u32,
    /// What is carried over (`HALVER_TAGS`, `HALVER_STORAGE_CLASS`, `HALVER_KMS_KEY`).
    pub carried: Policy,
    /// Where records of events lie that name no bucket (`HALVER_QUARANTINE`).
    pub quarantine: Option<String>,
    /// Megabytes of memory that AWS gave the function (`AWS_LAMBDA_FUNCTION_MEMORY_SIZE`).
    pub megabytes: u32,
    /// The namespace of metrics; `None` for none (`HALVER_METRICS`).
    pub metrics: Option<String>,
    /// Which images on the web are fetched (`HALVER_URL_BUCKET`, `HALVER_URL_POLICY`).
    pub urls: UrlSettings,
    /// The queue that the function sends itself work by (`HALVER_QUEUE_URL`).
    pub queue: Option<QueueSettings>,
    /// What the HTTP side is told (`HALVER_UPLOADS`, `HALVER_CORS_ORIGINS`).
    pub http: HttpSettings,
    /// How to reach S3.
    pub s3: S3Settings,
}

/// Which images on the web are fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlSettings {
    /// Where their halves go; `None` where they are not fetched.
    pub bucket: Option<String>,
    /// From where they may come.
    pub policy: UrlPolicy,
}

/// The queue that the function sends itself work by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// Its URL.
    pub url: String,
    /// Another SQS than AWS's own.
    pub endpoint: Option<String>,
}

/// Where an object's own options are, which replace the function's one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ObjectOptions {
    /// It has none.
    #[default]
    Off,
    /// In its metadata `halver-options`, as JSON.
    Metadata,
    /// In its tags, `halver:quality` = `70`.
    Tags,
}

/// What becomes of objects that are no images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotImages {
    /// Nothing.
    #[default]
    Ignore,
    /// They are copied to where their half would be.
    Copy,
    /// They get a failure record.
    Quarantine,
}

/// Whether halves go with their sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Removals {
    /// They stay.
    #[default]
    Ignore,
    /// They go.
    Follow,
}

/// What becomes of objects that lie where a half should go, and are no half of that source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// They stay, and the source gets a failure record.
    #[default]
    Keep,
    /// They are replaced.
    Replace,
}

impl Config {
    /// Reads the environment; an empty variable counts as not set.
    ///
    /// # Errors
    /// [`ConfigError`] with all that is wrong, variables named `HALVER_…` that are not known among it.
    pub fn read(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(variables);
        // The runtime library panics where one of these is missing.
        for name in ["AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"] {
            reader.required(name);
        }
        let options: Options = reader.parsed("HALVER_OPTIONS", |json| serde_json::from_str(json)).unwrap_or_default();
        let config = Self {
            mapping: reader.mapping(&options),
            options,
            object_options: reader.choice(
                "HALVER_OBJECT_OPTIONS",
                &[("off", ObjectOptions::Off), ("metadata", ObjectOptions::Metadata), ("tags", ObjectOptions::Tags)],
            ),
            not_images: reader.choice(
                "HALVER_NOT_IMAGES",
                &[("ignore", NotImages::Ignore), ("copy", NotImages::Copy), ("quarantine", NotImages::Quarantine)],
            ),
            removals: reader.choice("HALVER_REMOVALS", &[("ignore", Removals::Ignore), ("follow", Removals::Follow)]),
            others: reader.choice("HALVER_OTHERS", &[("keep", Others::Keep), ("replace", Others::Replace)]),
            max_hops: reader.parsed("HALVER_MAX_HOPS", str::parse).unwrap_or(0),
            carried: Policy {
                tags: reader.choice("HALVER_TAGS", &[("carry", Tags::Carry), ("drop", Tags::Drop)]) == Tags::Carry,
                storage_class: reader.storage_class(),
                kms_key: reader.optional("HALVER_KMS_KEY").map_or(Setting::Bucket, |s| Setting::parse(&s)),
            },
            quarantine: reader.optional("HALVER_QUARANTINE"),
            megabytes: reader.megabytes(),
            metrics: reader.metrics(),
            urls: reader.urls(),
            queue: reader.queue(),
            http: reader.http(),
            s3: reader.s3(),
        };
        if let Some(uploads) = config.http.uploads.as_ref().filter(|uploads| !uploads.is_source(&config.mapping)) {
            let reason = format!("{uploads} is no place of sources, so no upload would be halved");
            reader.wrong("HALVER_UPLOADS", reason);
        }
        let sources = config.mapping.sources();
        if let Some(bucket) = config.urls.bucket.as_ref().filter(|b| sources.iter().any(|source| source.bucket == **b))
        {
            reader.wrong("HALVER_URL_BUCKET", format!("{bucket} is a bucket of HALVER_SOURCES: halves would trigger"));
        }
        reader.finish(config)
    }

    /// Bytes of memory for images, their own bytes among them.
    pub(crate) fn memory(&self) -> u64 {
        (u64::from(self.megabytes) << 20).saturating_sub(RESERVED_BYTES)
    }

    /// `options` for a source of `source_bytes`, which lies in memory while it is halved, where `memory` bytes are free.
    pub(crate) fn within(options: &Options, source_bytes: u64, memory: u64) -> Options {
        let limits = options.limits;
        let left = memory.saturating_sub(source_bytes);
        Options { limits: Limits { memory_bytes: limits.memory_bytes.min(left), ..limits }, ..options.clone() }
    }

    /// The options for an object: the function's, replaced one by one by the job's and, where that is on, the object's
    /// own.
    ///
    /// # Errors
    /// What is wrong with them, in a sentence.
    pub(crate) fn options_for(
        &self,
        job: Option<&Value>,
        head: &Head,
        tags: &BTreeMap<String, String>,
    ) -> Result<Options, String> {
        let metadata = head.metadata.get(crate::marker::META_OPTIONS);
        let own = match (self.object_options, metadata) {
            (ObjectOptions::Metadata, Some(json)) => {
                Some(serde_json::from_str(json).map_err(|error| format!("the object's halver-options: {error}"))?)
            }
            (ObjectOptions::Tags, _) => Some(tagged(tags)),
            _ => None,
        };
        let mut options = self.options.clone();
        for (changes, whose) in [(job, "the job's"), (own.as_ref(), "the object's")] {
            let Some(changes) = changes else { continue };
            options = changed(&options, changes).map_err(|reason| format!("{whose} options: {reason}"))?;
        }
        Ok(options)
    }
}

/// The options that tags name: a value is JSON, or a text where it is none.
fn tagged(tags: &BTreeMap<String, String>) -> Value {
    let pairs = tags.iter().filter_map(|(key, value)| {
        let name = key.strip_prefix("halver:")?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.clone()));
        Some((name.to_owned(), value))
    });
    Value::Object(pairs.collect())
}

/// `options`, some of them replaced; never the limits, which are the operator's.
pub(crate) fn changed(options: &Options, changes: &Value) -> Result<Options, String> {
    let Value::Object(changes) = changes else { return Err("expected an object".to_owned()) };
    if changes.contains_key("limits") {
        return Err("limits are set for the whole function only".to_owned());
    }
    let mut all = serde_json::to_value(options).map_err(|error| error.to_string())?;
    if let Value::Object(all) = &mut all {
        all.extend(changes.clone());
    }
    serde_json::from_value(all).map_err(|error| error.to_string())
}

/// Whether tags are carried over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tags {
    #[default]
    Carry,
    Drop,
}

/// Reads variables and gathers what is wrong with them.
struct Reader {
    variables: BTreeMap<String, String>,
    /// Those that were asked for.
    known: Vec<&'static str>,
    bad: Vec<BadSetting>,
}

impl Reader {
    fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let set = variables.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Self { variables: set, known: Vec::new(), bad: Vec::new() }
    }

    fn optional(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.variables.get(name).cloned()
    }

    /// The value of a variable that must be set; where it is not, an empty one, for which the error stands.
    fn required(&mut self, name: &'static str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.wrong(name, "is not set, and AWS Lambda always sets it".to_owned());
            String::new()
        })
    }

    fn parsed<T, E: std::fmt::Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.optional(name)?;
        match parse(&value) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.wrong(name, format!("{value:?}: {error}"));
                None
            }
        }
    }

    /// One of a few words.
    fn choice<T: Copy + Default>(&mut self, name: &'static str, words: &[(&str, T)]) -> T {
        let find = |value: &str| {
            let known = words.iter().map(|(word, _)| *word).collect::<Vec<_>>();
            let chosen = words.iter().find(|(word, _)| *word == value).map(|(_, choice)| *choice);
            chosen.ok_or_else(|| format!("expected one of {}", known.join(", ")))
        };
        self.parsed(name, find).unwrap_or_default()
    }

    /// Texts between commas. A comma within braces is part of a glob.
    fn list(&mut self, name: &'static str) -> Vec<String> {
        let mut depth = 0_u32;
        let split = |c: char| {
            depth = match c {
                '{' => depth + 1,
                '}' => depth.saturating_sub(1),
                _ => depth,
            };
            c == ',' && depth == 0
        };
        let text = self.optional(name).unwrap_or_default();
        text.split(split).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn mapping(&mut self, options: &Options) -> Mapping {
        let listed = self.list("HALVER_SOURCES");
        let sources: Vec<_> = listed.iter().filter_map(|text| Source::parse(text)).collect();
        if sources.len() < listed.len() {
            self.wrong("HALVER_SOURCES", format!("{listed:?}: expected bucket or bucket/prefix, between commas"));
        }
        let (include, exclude) = (self.list("HALVER_INCLUDE"), self.list("HALVER_EXCLUDE"));
        let template = self.optional("HALVER_DESTINATION").unwrap_or_else(|| DESTINATION.to_owned());
        let mapping =
            Mapping::new(&template, sources, options.format.and_then(Target::format)).unwrap_or_else(|error| {
                self.wrong("HALVER_DESTINATION", format!("{template:?}: {error}"));
                Mapping::default()
            });
        mapping.filtered(include, exclude)
    }

    fn storage_class(&mut self) -> Setting {
        let known = |text: &str| {
            let is_known = text == "source" || StorageClass::values().contains(&text);
            if is_known {
                Ok(Setting::parse(text))
            } else {
                Err("expected source, or a storage class of S3 like STANDARD_IA")
            }
        };
        self.parsed("HALVER_STORAGE_CLASS", known).unwrap_or_default()
    }

    fn megabytes(&mut self) -> u32 {
        const NAME: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
        self.required(NAME);
        self.parsed(NAME, str::parse).unwrap_or_default()
    }

    fn metrics(&mut self) -> Option<String> {
        let namespace = self.optional("HALVER_METRICS").unwrap_or_else(|| "Halver".to_owned());
        (namespace != "off").then_some(namespace)
    }

    fn urls(&mut self) -> UrlSettings {
        UrlSettings {
            bucket: self.optional("HALVER_URL_BUCKET"),
            policy: self.parsed("HALVER_URL_POLICY", UrlPolicy::parse).unwrap_or_default(),
        }
    }

    fn queue(&mut self) -> Option<QueueSettings> {
        let (of_sqs, of_all) = (self.optional("AWS_ENDPOINT_URL_SQS"), self.optional("AWS_ENDPOINT_URL"));
        let url = self.optional("HALVER_QUEUE_URL")?;
        Some(QueueSettings { url, endpoint: of_sqs.or(of_all) })
    }

    fn http(&mut self) -> HttpSettings {
        HttpSettings {
            uploads: self.parsed("HALVER_UPLOADS", UploadPlace::parse),
            origins: self.parsed("HALVER_CORS_ORIGINS", Origins::parse).unwrap_or_default(),
        }
    }

    fn s3(&mut self) -> S3Settings {
        let (of_s3, of_all) = (self.optional("AWS_ENDPOINT_URL_S3"), self.optional("AWS_ENDPOINT_URL"));
        S3Settings {
            endpoint: of_s3.or(of_all),
            region: self.required("AWS_REGION"),
            access_key_id: self.required("AWS_ACCESS_KEY_ID"),
            secret_access_key: self.required("AWS_SECRET_ACCESS_KEY"),
            session_token: self.optional("AWS_SESSION_TOKEN"),
        }
    }

    fn wrong(&mut self, name: &str, reason: String) {
        self.bad.push(BadSetting { name: name.to_owned(), reason });
    }

    /// `config`, if nothing is wrong.
    fn finish(mut self, config: Config) -> Result<Config, ConfigError> {
        let ours = self.variables.keys().filter(|name| name.starts_with("HALVER_"));
        let unknown: Vec<_> = ours.filter(|name| !self.known.contains(&name.as_str())).cloned().collect();
        for name in unknown {
            self.wrong(&name, "is no setting of this version".to_owned());
        }
        if self.bad.is_empty() { Ok(config) } else { Err(ConfigError { bad: self.bad }) }
    }
}

/// All that is wrong with the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub bad: Vec<BadSetting>,
}

/// What is wrong with one environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSetting {
    /// The variable.
    pub name: String,
    /// What is wrong with its value, as a clause that follows the name.
    pub reason: String,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, BadSetting { name, reason }) in self.bad.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{name} {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What AWS sets, with `changes` on top.
    pub(crate) fn read(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let aws = [
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("AWS_LAMBDA_FUNCTION_NAME", "halver"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ];
        // The last of a name counts.
        let all = aws.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read(all.collect::<BTreeMap<_, _>>())
    }

    #[test]
    fn defaults() {
        let config = read(&[]).unwrap();
        assert_eq!(config.mapping.bucket("photos"), "photos-resized");
        assert_eq!(config.options, Options::default());
        assert_eq!(config.s3.endpoint, None);
        assert_eq!(config.memory(), 88 << 20);
        assert_eq!(config.metrics.as_deref(), Some("Halver"));
        assert!(config.carried.tags);
        assert_eq!((config.not_images, config.removals), (NotImages::Ignore, Removals::Ignore));
    }

    #[test]
    fn everything_set() {
        let config = read(&[
            ("HALVER_DESTINATION", "half-{bucket}"),
            ("HALVER_SOURCES", "a/in/, b"),
            ("HALVER_INCLUDE", "**/*.{jpg,png}, raw/**"),
            ("HALVER_OPTIONS", r#"{"quality":70}"#),
            ("HALVER_OBJECT_OPTIONS", "tags"),
            ("HALVER_NOT_IMAGES", "copy"),
            ("HALVER_REMOVALS", "follow"),
            ("HALVER_OTHERS", "replace"),
            ("HALVER_MAX_HOPS", "1"),
            ("HALVER_TAGS", "drop"),
            ("HALVER_STORAGE_CLASS", "source"),
            ("HALVER_KMS_KEY", "alias/halves"),
            ("HALVER_METRICS", "off"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2"),
            ("AWS_SESSION_TOKEN", "token"),
        ])
        .unwrap();
        assert_eq!(config.mapping.bucket("a"), "half-a");
        assert_eq!(config.mapping.sources(), [Source::parse("a/in/").unwrap(), Source::parse("b").unwrap()]);
        assert!(matches!(config.mapping.place("b", "x/y.png"), crate::mapping::Place::Source { .. }));
        assert_eq!(config.options.quality.value(), 70);
        assert_eq!(config.object_options, ObjectOptions::Tags);
        assert_eq!((config.not_images, config.removals), (NotImages::Copy, Removals::Follow));
        assert_eq!((config.others, config.max_hops, &config.metrics), (Others::Replace, 1, &None));
        let kms_key = Setting::Fixed("alias/halves".into());
        assert_eq!(config.carried, Policy { tags: false, storage_class: Setting::Source, kms_key });
        assert_eq!(config.s3.endpoint.as_deref(), Some("http://127.0.0.1:2"));
        assert_eq!(config.s3.session_token.as_deref(), Some("token"));
    }

    #[test]
    fn all_errors_at_once() {
        let error = read(&[
            ("HALVER_DESTINATION", "{bucket}"),
            ("HALVER_OPTIONS", r#"{"qualty":70}"#),
            ("HALVER_NOT_IMAGES", "drop"),
            ("HALVER_DESTINATON", "typo"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "lots"),
            ("AWS_REGION", ""),
        ])
        .unwrap_err();
        let names: Vec<_> = error.bad.iter().map(|bad| bad.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "HALVER_OPTIONS",
                "HALVER_DESTINATION",
                "HALVER_NOT_IMAGES",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                "AWS_REGION",
                "HALVER_DESTINATON"
            ]
        );
        let text = error.to_string();
        for part in ["qualty", "source bucket itself", "ignore, copy, quarantine", "no setting of this version"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn memory_is_shared_by_the_source_and_its_halving() {
        let options: Options = serde_json::from_str(r#"{"limits":{"memory_bytes":80000000}}"#).unwrap();
        let within = |source_bytes| Config::within(&options, source_bytes, 88 << 20).limits.memory_bytes;
        assert_eq!([within(1000), within(80 << 20), within(100 << 20)], [80_000_000, 8 << 20, 0]);
    }

    #[test]
    fn objects_and_jobs_have_options_of_their_own() {
        let head = |json: &str| Head {
            metadata: BTreeMap::from([("halver-options".to_owned(), json.to_owned())]),
            ..Head::default()
        };
        let tags = BTreeMap::from([
            ("halver:quality".to_owned(), "60".to_owned()),
            ("halver:format".to_owned(), "webp".to_owned()),
            ("album".to_owned(), "summer".to_owned()),
        ]);
        let quality = |mode: &str, job: Option<Value>, metadata: &str| {
            let config = read(&[("HALVER_OBJECT_OPTIONS", mode)]).unwrap();
            config.options_for(job.as_ref(), &head(metadata), &tags).map(|options| options.quality.value())
        };
        let job = || Some(serde_json::json!({ "quality": 50 }));
        assert_eq!(quality("off", None, r#"{"quality":70}"#), Ok(80));
        assert_eq!(quality("off", job(), r#"{"quality":70}"#), Ok(50));
        assert_eq!(quality("metadata", job(), r#"{"quality":70}"#), Ok(70));
        assert_eq!(quality("metadata", None, r#"{"format":"png"}"#), Ok(80));
        assert_eq!(quality("tags", None, ""), Ok(60));
        for (json, reason) in [
            (r#"{"limits":{}}"#, "whole function"),
            (r#"{"quality":0}"#, "quality 0"),
            (r#"{"qualty":1}"#, "qualty"),
            ("[]", "expected an object"),
            ("quality=1", "halver-options"),
        ] {
            let error = quality("metadata", None, json).unwrap_err();
            assert!(error.contains(reason), "{json}: {error}");
        }
    }
}
