//! Invocations, with AWS Lambda's rules: one at a time; asynchronous ones with two retries, then a dead letter.
//!
//! An asynchronous event is a file in `DATA/queue/` from its acceptance to its end, so stopping the stack loses none.
//! Between attempts AWS waits one minute, then two; here the delay is a setting and short. Synchronous invocations,
//! for which somebody waits, go before all others, and are tried once.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::event::{Event, timestamp};
use super::notice::{Notice, Notices, Subject};

/// How often an event is tried in all.
pub(crate) const ATTEMPTS: usize = 3;

/// What stands behind the id in the name of an event's file.
const EVENT_SUFFIX: &str = ".json";

/// Events that wait, and the one that runs.
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: watch::Sender<()>,
    waiting: PathBuf,
    dead_letters: PathBuf,
    retry_delay: Duration,
    timeout: Duration,
    notices: Notices,
}

#[derive(Default)]
struct State {
    /// Synchronous invocations, which go first.
    asked: VecDeque<Invocation>,
    waiting: VecDeque<Invocation>,
    running: Option<Running>,
    /// The function's present process; answers of earlier ones do not count.
    process: u64,
    /// Whether the present process has asked for an event.
    ready: bool,
    /// Whether the function is not started any more.
    given_up: bool,
    /// Why the last attempt for an object failed, by its bucket and key.
    dead: HashMap<(String, String), String>,
}

struct Invocation {
    id: String,
    event: Event,
    subject: Option<Subject>,
    attempts: Vec<Attempt>,
    not_before: Instant,
    /// Who waits for the reply of a synchronous invocation.
    asker: Option<oneshot::Sender<Result<String, String>>>,
}

/// Why a synchronous invocation has no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The function is not started any more.
    NotRunning,
    /// The function failed, or its process ended.
    Failed(String),
}

struct Running {
    invocation: Invocation,
    started: SystemTime,
    deadline: Instant,
}

/// How an attempt failed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Attempt {
    started: String,
    /// `error`, `crash` or `timeout`.
    outcome: &'static str,
    message: String,
}

/// A dead letter; one JSON file each.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Letter<'a> {
    request_id: &'a str,
    event: &'a RawValue,
    attempts: &'a [Attempt],
    error: &'a str,
}

/// An event handed to the function.
pub(crate) struct Handed {
    pub(crate) id: String,
    pub(crate) event: Event,
    /// Milliseconds since 1970.
    pub(crate) deadline: u64,
}

/// What the queue knows of a process that has ended.
pub(crate) struct Process {
    /// Whether it had ever asked for an event.
    pub(crate) ready: bool,
    /// The request id of the event that it had.
    pub(crate) invocation: Option<String>,
}

impl Queue {
    /// A queue with the events that an earlier run left below `data`. What is no event there, e.g. one that a crash
    /// cut off, becomes a dead letter.
    ///
    /// # Errors
    /// Of the file system, where the folders cannot be made or listed.
    pub(crate) fn open(data: &Path, retry_delay: Duration, timeout: Duration, notices: Notices) -> io::Result<Self> {
        let (waiting, dead_letters) = (data.join("queue"), data.join("dead-letter"));
        std::fs::create_dir_all(&waiting)?;
        std::fs::create_dir_all(&dead_letters)?;
        let mut left: Vec<(SystemTime, Invocation)> = Vec::new();
        for entry in std::fs::read_dir(&waiting)? {
            let path = entry?.path();
            match read_event(&path) {
                Ok(event) => left.push(event),
                Err(error) => notices.send(Notice::Lost(set_aside(&path, &dead_letters, &error))),
            }
        }
        left.sort_by_key(|(time, _)| *time);
        let state = State { waiting: left.into_iter().map(|(_, event)| event).collect(), ..State::default() };
        let changed = watch::Sender::new(());
        Ok(Self { state: state.into(), changed, waiting, dead_letters, retry_delay, timeout, notices })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts `event`; its request id.
    pub(crate) fn accept(&self, event: Event) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        let file = self.waiting_file(&id);
        if let Err(error) = write_whole(&file, event.get().as_bytes()) {
            // It is still processed; only a stop before that would lose it.
            self.notices.send(Notice::Lost(format!("cannot write {}: {error}", file.display())));
        }
        self.state().waiting.push_back(Invocation::new(id.clone(), event));
        self.changed.send_replace(());
        id
    }

    /// The function's reply to `event`. Dropping the future takes the event back, unless the function has it already.
    pub(crate) async fn ask(&self, event: Event) -> Result<String, Unanswered> {
        let (asker, reply) = oneshot::channel();
        {
            let mut state = self.state();
            if state.given_up {
                return Err(Unanswered::NotRunning);
            }
            let id = uuid::Uuid::new_v4().to_string();
            state.asked.push_back(Invocation { asker: Some(asker), ..Invocation::new(id, event) });
        }
        self.changed.send_replace(());
        match reply.await {
            Ok(reply) => reply.map_err(Unanswered::Failed),
            Err(_) => Err(Unanswered::NotRunning),
        }
    }

    /// Says that the function is not started any more: nobody shall wait for its replies.
    pub(crate) fn give_up(&self) {
        let mut state = self.state();
        state.given_up = true;
        state.asked.clear();
    }

    fn waiting_file(&self, id: &str) -> PathBuf {
        self.waiting.join(format!("{id}{EVENT_SUFFIX}"))
    }

    /// Begins the function's next process; its number.
    pub(crate) fn begin_process(&self) -> u64 {
        let mut state = self.state();
        state.process += 1;
        state.ready = false;
        state.process
    }

    /// Whether the function's present process has asked for an event.
    pub(crate) fn is_ready(&self) -> bool {
        self.state().ready
    }

    /// Ends the function's present process: an event that it had fails as `outcome` says.
    pub(crate) fn end_process(&self, outcome: &'static str, message: &str) -> Process {
        let mut state = self.state();
        state.process += 1;
        let (running, ready) = (state.running.take(), state.ready);
        drop(state);
        let invocation = running.as_ref().map(|running| running.invocation.id.clone());
        if let Some(running) = running {
            self.fail(running, outcome, message);
        }
        Process { ready, invocation }
    }

    /// The next event for the function's `process`; `None` once another process has taken its place.
    pub(crate) async fn next(&self, process: u64) -> Option<Handed> {
        let mut changed = self.changed.subscribe();
        loop {
            let wake = {
                let mut state = self.state();
                if state.process != process {
                    return None;
                }
                state.ready = true;
                match state.take(self.timeout) {
                    Ok(handed) => {
                        drop(state);
                        self.changed.send_replace(());
                        return Some(handed);
                    }
                    Err(wake) => wake,
                }
            };
            tokio::select! {
                _ = changed.changed() => {}
                () = sleep_until(wake) => {}
            }
        }
    }

    /// Ends the running event `id` of `process`: with the function's reply, or with its error. `false` where it does not
    /// run.
    pub(crate) fn finish(&self, process: u64, id: &str, outcome: Result<String, String>) -> bool {
        let mut state = self.state();
        if state.process != process {
            return false;
        }
        let Some(mut running) = state.running.take_if(|running| running.invocation.id == id) else { return false };
        drop(state);
        match (outcome, running.invocation.asker.take()) {
            // Nobody may be waiting any more.
            (outcome, Some(asker)) => drop(asker.send(outcome)),
            (Ok(_), None) => self.forget(id),
            (Err(message), None) => self.fail(running, "error", &message),
        }
        self.changed.send_replace(());
        true
    }

    /// Returns when the running event's time is up.
    pub(crate) async fn expired(&self) {
        let mut changed = self.changed.subscribe();
        loop {
            let deadline = self.state().running.as_ref().map(|running| running.deadline);
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return;
            }
            tokio::select! {
                _ = changed.changed() => {}
                () = sleep_until(deadline) => {}
            }
        }
    }

    /// Why the last attempt for the object `key` of `bucket` failed, where an event of it is a dead letter.
    pub(crate) fn dead_letter(&self, bucket: &str, key: &str) -> Option<String> {
        self.state().dead.get(&(bucket.to_owned(), key.to_owned())).cloned()
    }

    /// Notes a failed attempt; the event waits for the next one or becomes a dead letter.
    fn fail(&self, running: Running, outcome: &'static str, message: &str) {
        let Running { mut invocation, started, .. } = running;
        if let Some(asker) = invocation.asker.take() {
            // Nobody may be waiting any more.
            drop(asker.send(Err(format!("{outcome}: {message}"))));
            return;
        }
        invocation.attempts.push(Attempt { started: timestamp(started), outcome, message: message.to_owned() });
        if invocation.attempts.len() < ATTEMPTS {
            invocation.not_before = Instant::now() + self.retry_delay;
            self.state().waiting.push_back(invocation);
        } else {
            self.put_aside(invocation, message);
        }
        self.changed.send_replace(());
    }

    fn put_aside(&self, invocation: Invocation, error: &str) {
        let Invocation { id, event, subject, attempts, .. } = invocation;
        let file = self.dead_letters.join(format!("{id}.json"));
        let letter = Letter { request_id: &id, event: &event, attempts: &attempts, error };
        match serde_json::to_vec_pretty(&letter).map_err(io::Error::from).and_then(|json| write_whole(&file, &json)) {
            Ok(()) => self.forget(&id),
            Err(error) => {
                // The event stays in the queue's folder, and so comes back with the next start.
                self.notices.send(Notice::Lost(format!("cannot write {}: {error}", file.display())));
            }
        }
        if let Some(subject) = &subject {
            let name = (subject.bucket.clone(), subject.key.clone());
            self.state().dead.insert(name, error.to_owned());
        }
        let file = file.display().to_string();
        self.notices.send(Notice::DeadLetter { subject, error: error.to_owned(), file });
    }

    fn forget(&self, id: &str) {
        // Where it cannot be removed, the event is only processed once more, which changes nothing.
        let _ = std::fs::remove_file(self.waiting_file(id));
    }
}

impl State {
    /// Takes the first event that is due; else the time at which one will be.
    fn take(&mut self, timeout: Duration) -> Result<Handed, Option<Instant>> {
        let now = Instant::now();
        if self.running.is_some() {
            return Err(None);
        }
        self.asked.retain(|invocation| invocation.asker.as_ref().is_some_and(|asker| !asker.is_closed()));
        let is_due = |invocation: &Invocation| invocation.not_before <= now;
        let due = || self.waiting.iter().position(is_due).and_then(|due| self.waiting.remove(due));
        let Some(invocation) = self.asked.pop_front().or_else(due) else {
            return Err(self.waiting.iter().map(|invocation| invocation.not_before).min());
        };
        let started = SystemTime::now();
        let deadline = (started + timeout).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let handed = Handed {
            id: invocation.id.clone(),
            event: invocation.event.clone(),
            deadline: u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX),
        };
        self.running = Some(Running { invocation, started, deadline: now + timeout });
        Ok(handed)
    }
}

impl Invocation {
    fn new(id: String, event: Event) -> Self {
        let subject = subject(&event);
        Self { id, event, subject, attempts: Vec::new(), not_before: Instant::now(), asker: None }
    }
}

/// The event in the file `path`, and when it was accepted.
fn read_event(path: &Path) -> io::Result<(SystemTime, Invocation)> {
    let id = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(EVENT_SUFFIX));
    let id = id.ok_or_else(|| io::Error::other("not the name of an event"))?;
    let event = serde_json::from_slice::<Event>(&std::fs::read(path)?)?;
    Ok((path.metadata()?.modified()?, Invocation::new(id.to_owned(), event)))
}

/// Moves `path`, which is no event because of `error`, to the dead letters; what there is to say of it.
fn set_aside(path: &Path, dead_letters: &Path, error: &io::Error) -> String {
    let place = dead_letters.join(path.file_name().unwrap_or_default());
    match std::fs::rename(path, &place) {
        Ok(()) => format!("{} is no event ({error}); it is now {}", path.display(), place.display()),
        Err(kept) => format!("{} is no event ({error}) and cannot be moved away: {kept}", path.display()),
    }
}

/// Writes `bytes` so that `file` is there whole or not at all, wherever the process ends.
fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = file.with_extension("part");
    std::fs::write(&beside, bytes)?;
    std::fs::rename(beside, file)
}

/// The object that an S3 notification tells of.
fn subject(event: &RawValue) -> Option<Subject> {
    let event: Value = serde_json::from_str(event.get()).ok()?;
    let s3 = event.pointer("/Records/0/s3")?;
    let text = |pointer: &str| s3.pointer(pointer)?.as_str().map(str::to_owned);
    let key = text("/object/key")?.replace('+', " ");
    let key = percent_encoding::percent_decode_str(&key).decode_utf8().ok()?.into_owned();
    Some(Subject { bucket: text("/bucket/name")?, key, sequencer: text("/object/sequencer")? })
}

async fn sleep_until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
