//! `halver backfill`: what lay in a bucket before the function did becomes jobs.

use std::fs;
use std::io::{ErrorKind, IsTerminal, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgGroup, Args};
use halver_lambda::{Config, Function, Invocation, Listed, Queue, QueueSettings, Reply, S3Store, Seen, Sqs};
use indicatif::{ProgressBar, ProgressStyle};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use crate::bytes::human;
use crate::failure::complain;
use crate::settings;

/// The most messages of one request to SQS.
const BATCH: usize = 10;
/// How long one job may take that is done here.
const PATIENCE: Duration = Duration::from_secs(900);
/// What stays as it is in the keys of a manifest.
const MANIFEST: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Halve what is in a bucket already: every source without a fresh half becomes a job
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("way").required(true)), after_help = "\
Credentials and region are read from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION, other
servers from AWS_ENDPOINT_URL. Set HALVER_… as the function has them: they say what is a source, where its half is and of
which recipe. What has a fresh half is passed over, so doing it again does nothing twice.")]
pub struct Arguments {
    /// Where to look: s3://BUCKET or s3://BUCKET/PREFIX
    #[arg(value_name = "S3_URI", value_parser = place)]
    place: Place,
    /// Send jobs to this queue, which triggers the function
    #[arg(long, value_name = "URL", group = "way")]
    queue: Option<String>,
    /// Do the jobs in this process instead
    #[arg(long, group = "way")]
    here: bool,
    /// Write the sources into FILE instead, as a manifest for S3 Batch Operations (CSV: bucket, key)
    #[arg(long, value_name = "FILE", group = "way")]
    manifest: Option<PathBuf>,
    /// Only count, and say what it comes to
    #[arg(long, group = "way")]
    dry_run: bool,
    /// At most N jobs a second
    #[arg(long, value_name = "N")]
    rate: Option<NonZeroU32>,
    /// Keep in FILE how far it came, and go on from there if it was interrupted; it is removed at the end
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    state: Option<PathBuf>,
}

/// A bucket, and what keys in it begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    bucket: String,
    prefix: String,
}

fn place(text: &str) -> Result<Place, String> {
    let rest = text.strip_prefix("s3://").ok_or("expected s3://BUCKET/PREFIX")?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err("expected the name of a bucket behind s3://".to_owned());
    }
    Ok(Place { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

/// How far it came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct State {
    bucket: String,
    prefix: String,
    /// A digest of the way and of all settings: with others, other keys would have been sources.
    choices: String,
    /// The last key that is done with.
    start_after: String,
    sources: u64,
    stale: u64,
    /// Of those that were stale.
    bytes: u64,
    /// Those that could not be halved here, now or at all.
    failed: u64,
}

impl State {
    /// The one in `file`, if it is there; else a new one.
    fn open(file: Option<&Path>, place: &Place, choices: String) -> Result<Self, String> {
        let new = Self { bucket: place.bucket.clone(), prefix: place.prefix.clone(), choices, ..Self::default() };
        let Some(file) = file else { return Ok(new) };
        let say = |reason: String| format!("{}: {reason}", file.display());
        let text = match fs::read(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(new),
            text => text.map_err(|error| say(error.to_string()))?,
        };
        let state: Self = serde_json::from_slice(&text).map_err(|error| say(error.to_string()))?;
        if (&state.bucket, &state.prefix) != (&new.bucket, &new.prefix) {
            return Err(say(format!("is of s3://{}/{}: name another file", state.bucket, state.prefix)));
        }
        if state.choices != new.choices {
            return Err(say(
                "is of another way or other settings, by which it may have passed over what is a source now: \
                            remove it to begin anew"
                    .to_owned(),
            ));
        }
        Ok(state)
    }

    /// Whole, or not at all.
    fn save(&self, file: &Path) -> Result<(), String> {
        let part = file.with_added_extension("part");
        let saved =
            fs::write(&part, serde_json::to_vec(self).unwrap_or_default()).and_then(|()| fs::rename(&part, file));
        saved.map_err(|error| format!("{}: {error}", file.display()))
    }
}

/// What decides which jobs there are and where they go, as a digest.
fn choices(arguments: &Arguments, config: &Config) -> String {
    let mut set: Vec<String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("HALVER_"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    set.sort();
    let way = (&arguments.queue, arguments.here, &arguments.manifest);
    halver::sha256(format!("{way:?} {set:?} {}", config.options.recipe()).as_bytes())
}

/// Looks through the bucket; standard output has one line for each job that is done here.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(backfill(arguments)));
    match done {
        Ok(State { sources, stale, bytes, failed, .. }) => {
            let what = match arguments {
                Arguments { dry_run: true, .. } => "would be halved",
                Arguments { here: true, .. } => "looked at",
                Arguments { manifest: Some(_), .. } => "in the manifest",
                _ => "sent",
            };
            let _ = writeln!(std::io::stderr(), "halver: {sources} sources, {stale} {what}, {}", human(bytes));
            if failed > 0 {
                complain(&format!("{failed} of them have no half: their lines tell why"));
                return ExitCode::FAILURE;
            }
            ExitCode::SUCCESS
        }
        Err(reason) => {
            complain(&reason);
            ExitCode::FAILURE
        }
    }
}

async fn backfill(arguments: &Arguments) -> Result<State, String> {
    let Place { bucket, prefix } = &arguments.place;
    let config = settings::config(&["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    let config = config.map_err(|error| error.to_string())?;
    let store = S3Store::new(&config.s3);
    let file = arguments.state.as_deref();
    let mut state = State::open(file, &arguments.place, choices(arguments, &config))?;
    let mut way = Way::new(arguments, &config, &state)?;
    let function = Function::new(config, store);
    let bar = progress_bar();
    loop {
        let listing = function.list(bucket, prefix, &state.start_after).await.map_err(|error| error.to_string())?;
        let Some(last) = listing.objects.last() else { break };
        let seen = function.look_at(bucket, &listing.objects).await.map_err(|error| error.to_string())?;
        state.sources += seen.iter().filter(|seen| **seen != Seen::NoSource).count() as u64;
        let stale = listing.objects.iter().zip(seen).filter(|(_, seen)| *seen == Seen::Stale);
        for batch in stale.map(|(object, _)| object).collect::<Vec<_>>().chunks(BATCH) {
            state.failed += way.send(bucket, batch, &function).await?;
            state.stale += batch.len() as u64;
            state.bytes += batch.iter().map(|object| object.length).sum::<u64>();
            bar.set_message(format!("{} sources, {} to be halved, at {}", state.sources, state.stale, batch[0].key));
        }
        state.start_after.clone_from(&last.key);
        file.map_or(Ok(()), |file| state.save(file))?;
        if !listing.more {
            break;
        }
    }
    bar.finish_and_clear();
    match file.map(fs::remove_file) {
        Some(Err(error)) if error.kind() != ErrorKind::NotFound => Err(error.to_string()),
        _ => Ok(state),
    }
}

/// What becomes of the jobs.
enum Means {
    Queue(Sqs),
    Here,
    Manifest(fs::File),
    Nothing,
}

/// What becomes of the jobs, and how quickly.
struct Way {
    means: Means,
    pace: Option<Interval>,
}

impl Way {
    fn new(arguments: &Arguments, config: &Config, state: &State) -> Result<Self, String> {
        let means = match (&arguments.queue, &arguments.manifest) {
            (Some(url), _) => {
                let set = |name: &&str| std::env::var(name).ok();
                let endpoint = ["AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL"].iter().find_map(set);
                Means::Queue(Sqs::new(&QueueSettings { url: url.clone(), endpoint }, &config.s3))
            }
            (_, Some(file)) => {
                // One that goes on adds to what is there.
                let goes_on = !state.start_after.is_empty();
                let opened =
                    fs::OpenOptions::new().create(!goes_on).append(goes_on).write(true).truncate(!goes_on).open(file);
                Means::Manifest(opened.map_err(|error| format!("{}: {error}", file.display()))?)
            }
            _ if arguments.here => Means::Here,
            _ => Means::Nothing,
        };
        let pace = arguments.rate.map(|rate| {
            let mut pace = interval((Duration::from_secs(1) / rate.get()).max(Duration::from_micros(1)));
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            pace
        });
        Ok(Self { means, pace })
    }

    /// Sees to the jobs of `objects`, at most ten; gives how many of them were done here and came to nothing.
    async fn send(&mut self, bucket: &str, objects: &[&Listed], function: &Function<S3Store>) -> Result<u64, String> {
        if let Some(pace) = &mut self.pace {
            for _ in objects {
                pace.tick().await;
            }
        }
        match &mut self.means {
            Means::Queue(queue) => {
                queue.send(objects.iter().map(|object| object.job(bucket).to_string()).collect()).await?;
            }
            Means::Manifest(file) => {
                let row = |object: &&Listed| format!("{bucket},{}\n", utf8_percent_encode(&object.key, MANIFEST));
                let rows: String = objects.iter().map(row).collect();
                file.write_all(rows.as_bytes()).map_err(|error| error.to_string())?;
            }
            Means::Here => {
                let mut failed = 0;
                for object in objects {
                    let deadline = Instant::now() + PATIENCE;
                    let invocation = Invocation { request_id: "backfill".to_owned(), trace: None, deadline };
                    let done = function.handle(&object.job(bucket), &invocation, &mut std::io::stdout()).await;
                    failed += u64::from(!matches!(done, Ok(Reply::Tally { refused: 0, .. })));
                }
                return Ok(failed);
            }
            Means::Nothing => {}
        }
        Ok(0)
    }
}

/// A line that tells how far it came, where somebody looks.
fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(200));
    match ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        let is = |bucket: &str, prefix: &str| Ok(Place { bucket: bucket.to_owned(), prefix: prefix.to_owned() });
        assert_eq!(place("s3://photos"), is("photos", ""));
        assert_eq!(place("s3://photos/"), is("photos", ""));
        assert_eq!(place("s3://photos/2019/a b"), is("photos", "2019/a b"));
        assert!(place("photos/2019").is_err() && place("s3:///2019").is_err());
    }

    #[test]
    fn a_state_is_of_one_place_and_way() {
        let file = std::env::temp_dir().join(format!("halver-backfill-{}.json", std::process::id()));
        let place = place("s3://photos/2019/").unwrap();
        let new = State::open(Some(&file), &place, "one".to_owned()).unwrap();
        assert_eq!(new.start_after, "", "there is no file yet");
        let half_way = State { start_after: "2019/m.jpg".to_owned(), sources: 7, ..new };
        half_way.save(&file).unwrap();
        assert_eq!(State::open(Some(&file), &place, "one".to_owned()), Ok(half_way));
        let other = State::open(Some(&file), &place, "two".to_owned()).unwrap_err();
        assert!(other.contains("another way or other settings"), "{other}");
        let other = State::open(Some(&file), &super::place("s3://photos").unwrap(), "one".to_owned()).unwrap_err();
        assert!(other.contains("is of s3://photos/2019/"), "{other}");
        fs::remove_file(&file).unwrap();
    }
}
