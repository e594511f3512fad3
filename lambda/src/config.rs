//! The environment, read once at start, with everything that is wrong with it said at once.

use halver::{Limits, Options};

use crate::destination::Destination;
use crate::s3::S3Settings;

/// Memory that the function keeps for itself out of what AWS gives it: the program, TLS, and the allocator's slack.
const RESERVED_BYTES: u64 = 40 << 20;

/// How the function works.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where halves go (`HALVER_DESTINATION`).
    pub destination: Destination,
    /// How images are halved (`HALVER_OPTIONS`).
    pub options: Options,
    /// Bytes of memory that one image may take, its own bytes among them (`AWS_LAMBDA_FUNCTION_MEMORY_SIZE` less what
    /// the function itself needs); `None` where nothing but the options' limits counts.
    pub memory: Option<u64>,
    /// How to reach S3.
    pub s3: S3Settings,
}

impl Config {
    /// Reads the variables that `get` knows; an empty one counts as not set.
    ///
    /// # Errors
    /// [`ConfigError`] with all that is wrong.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { get, bad: Vec::new() };
        // The runtime library panics where one of these is missing.
        for name in ["AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"] {
            reader.required(name);
        }
        let destination = reader.parsed("HALVER_DESTINATION", Destination::parse).unwrap_or_default();
        let options: Options = reader.parsed("HALVER_OPTIONS", |json| serde_json::from_str(json)).unwrap_or_default();
        reader.required("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
        let memory = reader
            .parsed("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", str::parse::<u32>)
            .map(|mebibytes| (u64::from(mebibytes) << 20).saturating_sub(RESERVED_BYTES));
        let s3 = S3Settings {
            endpoint: reader.optional("AWS_ENDPOINT_URL_S3").or_else(|| reader.optional("AWS_ENDPOINT_URL")),
            region: reader.required("AWS_REGION"),
            access_key_id: reader.required("AWS_ACCESS_KEY_ID"),
            secret_access_key: reader.required("AWS_SECRET_ACCESS_KEY"),
            session_token: reader.optional("AWS_SESSION_TOKEN"),
        };
        if reader.bad.is_empty() {
            Ok(Self { destination, options, memory, s3 })
        } else {
            Err(ConfigError { bad: reader.bad })
        }
    }

    /// The most bytes a source may have.
    pub(crate) fn source_bytes(&self) -> u64 {
        self.options.limits.source_bytes.min(self.memory.unwrap_or(u64::MAX))
    }

    /// The options for a source of `source_bytes`, which lies in memory while it is halved.
    pub(crate) fn options_for(&self, source_bytes: u64) -> Options {
        let left = self.memory.map_or(u64::MAX, |memory| memory.saturating_sub(source_bytes));
        let limits = self.options.limits;
        Options { limits: Limits { memory_bytes: limits.memory_bytes.min(left), ..limits }, ..self.options.clone() }
    }
}

/// Reads variables and gathers what is wrong with them.
struct Reader<G> {
    get: G,
    bad: Vec<BadSetting>,
}

impl<G: Fn(&str) -> Option<String>> Reader<G> {
    fn optional(&self, name: &str) -> Option<String> {
        (self.get)(name).filter(|value| !value.is_empty())
    }

    /// The value of a variable that must be set; where it is not, an empty one, for which the error stands.
    fn required(&mut self, name: &'static str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.bad.push(BadSetting { name, reason: "is not set, and AWS Lambda always sets it".to_owned() });
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
                self.bad.push(BadSetting { name, reason: format!("{value:?}: {error}") });
                None
            }
        }
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
    pub name: &'static str,
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
        Config::read(|name| {
            let find =
                |list: &[(&str, &str)]| list.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
            find(changes).or_else(|| find(&aws))
        })
    }

    #[test]
    fn defaults() {
        let config = read(&[]).unwrap();
        assert_eq!(config.destination, Destination::default());
        assert_eq!(config.options, Options::default());
        assert_eq!(config.s3.endpoint, None);
        assert_eq!(config.memory, Some(88 << 20));
    }

    #[test]
    fn everything_set() {
        let config = read(&[
            ("HALVER_DESTINATION", "half-{bucket}"),
            ("HALVER_OPTIONS", r#"{"quality":70}"#),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2"),
            ("AWS_SESSION_TOKEN", "token"),
        ])
        .unwrap();
        assert_eq!(config.destination.bucket("a"), "half-a");
        assert_eq!(config.options.quality.value(), 70);
        assert_eq!(config.s3.endpoint.as_deref(), Some("http://127.0.0.1:2"));
        assert_eq!(config.s3.session_token.as_deref(), Some("token"));
    }

    #[test]
    fn all_errors_at_once() {
        let error = read(&[
            ("HALVER_DESTINATION", "{bucket}"),
            ("HALVER_OPTIONS", r#"{"qualty":70}"#),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "lots"),
            ("AWS_REGION", ""),
        ])
        .unwrap_err();
        let names: Vec<_> = error.bad.iter().map(|bad| bad.name).collect();
        assert_eq!(names, ["HALVER_DESTINATION", "HALVER_OPTIONS", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_REGION"]);
        let text = error.to_string();
        assert!(text.contains("qualty") && text.contains("source bucket itself"), "{text}");
    }

    #[test]
    fn memory_is_shared_by_the_source_and_its_halving() {
        let config = read(&[("HALVER_OPTIONS", r#"{"limits":{"memory_bytes":80000000}}"#)]).unwrap();
        assert_eq!(config.source_bytes(), 88 << 20);
        assert_eq!(config.options_for(1000).limits.memory_bytes, 80_000_000);
        assert_eq!(config.options_for(80 << 20).limits.memory_bytes, 8 << 20);
        assert_eq!(config.options_for(100 << 20).limits.memory_bytes, 0);
    }
}
