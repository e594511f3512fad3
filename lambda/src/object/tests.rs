//! Any interleaving of writes, events and crashes leads to the same end.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::task::Poll;

use futures_util::task::noop_waker;
use tokio::time::{Duration, Instant};

use super::*;
use crate::budget::Budget;
use crate::config::tests::read;
use crate::fetch::Fetcher;
use crate::function::Invocation;
use crate::memory::Memory;
use crate::store::Operation;

const SOURCE: &str = "photos";
const RESULT: &str = "photos-resized";
/// Its name does not say that it is an image, so what is none leads to nothing.
const KEY: &str = "a";
const IMAGE: &[u8] = include_bytes!("../../tests/fixtures/five-by-three.png");

/// What is written to the source: images, of which the first three have the same half, and so the same ETag in the
/// result bucket; what is no image; nothing, that is the end of it.
fn versions() -> [Option<Vec<u8>>; 7] {
    let behind = |tail: &[u8]| Some([IMAGE, tail].concat());
    let other = include_bytes!("../../../core/tests/corpus/one-pixel.png").to_vec();
    [behind(b""), behind(b"x"), behind(b"y"), Some(other), Some(IMAGE[..40].to_vec()), Some(b"a text".to_vec()), None]
}

/// Something that S3 tells, as often as it likes.
#[derive(Clone, Debug)]
struct Told {
    etag: Option<String>,
    sequencer: String,
}

/// An event in work.
struct Task<'a> {
    told: Told,
    work: Pin<Box<dyn Future<Output = Outcome> + 'a>>,
}

/// All that happens in one run, drawn from a seed.
struct World<'a> {
    random: fastrand::Rng,
    context: &'a Context<'a, Memory>,
    written: u32,
    last: Option<Vec<u8>>,
    waiting: Vec<Told>,
    working: Vec<Task<'a>>,
    happened: BTreeSet<&'static str>,
}

impl<'a> World<'a> {
    /// Writes a version of the source, or deletes it, and lets it be told once or more.
    fn write(&mut self, deletes: bool) {
        let versions = versions();
        let all = if deletes { versions.len() } else { versions.len() - 1 };
        let version = versions[self.random.usize(..all)].clone();
        self.written += 1;
        match &version {
            Some(bytes) => self.context.store.lay(SOURCE, KEY, bytes, |head| {
                head.cache_control = Some(format!("max-age={}", self.written));
            }),
            None => self.context.store.remove(SOURCE, KEY),
        }
        let etag = version.as_ref().map(|bytes| halver::sha256(bytes)[..32].to_owned());
        let told = Told { etag, sequencer: format!("{:04X}", self.written) };
        for _ in 0..self.random.usize(1..=2) {
            self.waiting.push(told.clone());
        }
        self.last = version;
    }

    /// Begins with one of the events that wait, whichever.
    fn begin(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let told = self.waiting.swap_remove(self.random.usize(..self.waiting.len()));
        let (context, of) = (self.context, told.clone());
        let work = Box::pin(async move {
            let (bucket, key, sequencer) = (SOURCE.to_owned(), KEY.to_owned(), Some(of.sequencer));
            match of.etag {
                None => remove(&Removal { bucket, key, other_key: None, sequencer }, context).await,
                etag => process(&ObjectJob { bucket, key, etag, sequencer, ..ObjectJob::default() }, context).await,
            }
        });
        self.working.push(Task { told, work });
    }

    /// Lets one of the events in work make one request.
    async fn step(&mut self) {
        if self.working.is_empty() {
            return;
        }
        let chosen = self.random.usize(..self.working.len());
        let before = self.context.store.all_requests();
        loop {
            let work = self.working[chosen].work.as_mut();
            if let Poll::Ready(outcome) = work.poll(&mut std::task::Context::from_waker(&noop_waker())) {
                let Task { told, .. } = self.working.swap_remove(chosen);
                self.end(told, &outcome);
                return;
            }
            if self.context.store.all_requests() > before {
                return;
            }
            // It halves, or waits for its next attempt.
            std::thread::yield_now();
            tokio::time::advance(Duration::from_millis(10)).await;
        }
    }

    fn end(&mut self, told: Told, outcome: &Outcome) {
        self.happened.insert(match outcome {
            Outcome::Halved(_) => "halved",
            Outcome::Copied { .. } | Outcome::Reconciled(_) => "else",
            Outcome::Removed { .. } => "removed",
            Outcome::Skipped(skip) => skip.code(),
            Outcome::Refused(_) => "refused",
            Outcome::HandedBack(_) => "handed-back",
        });
        if matches!(outcome, Outcome::HandedBack(_)) {
            self.waiting.push(told);
        }
    }

    /// Ends the process that works on one of the events, which is told again.
    fn crash(&mut self) {
        if !self.working.is_empty() {
            let task = self.working.swap_remove(self.random.usize(..self.working.len()));
            self.waiting.push(task.told);
            self.happened.insert("crashed");
        }
    }

    fn fault(&mut self) {
        let operation = [Operation::Get, Operation::Head, Operation::Put, Operation::Delete][self.random.usize(..4)];
        let bucket = [SOURCE, RESULT][self.random.usize(..2)];
        let times = self.random.usize(1..6);
        self.context.store.fail(operation, bucket, StoreErrorKind::Unavailable, times);
    }

    /// All of it: a row of writes with whatever between them, and then what is left to do.
    async fn run(&mut self, deletes: bool) {
        for _ in 0..120 {
            match self.random.u8(..20) {
                0 | 1 if self.written < 6 => self.write(deletes),
                2..=4 => self.begin(),
                5 => self.crash(),
                6 => self.fault(),
                _ => self.step().await,
            }
        }
        while !(self.waiting.is_empty() && self.working.is_empty()) {
            if self.working.len() < 4 {
                self.begin();
            }
            self.step().await;
        }
    }

    /// Nothing but the half of the last version, or the record that says why there is none.
    fn check(&self, seed: u64) {
        let (store, last) = (self.context.store, self.last.as_deref());
        let half = store.at(RESULT, KEY);
        let record = store.at(RESULT, &marker::failure_record_key(KEY));
        let record = record.map(|stored| FailureRecord::parse(&stored.bytes).unwrap());
        let etag = last.map(|bytes| halver::sha256(bytes)[..32].to_owned());
        match last.map(|bytes| halver::halve(bytes, &halver::Options::default())) {
            Some(Ok(expected)) => {
                let half = half.unwrap_or_else(|| panic!("seed {seed}: no half; {record:?}"));
                assert_eq!(half.bytes, expected.bytes, "seed {seed}");
                assert_eq!(half.head.metadata.get(marker::META_SOURCE_ETAG), etag.as_ref(), "seed {seed}");
                assert_eq!(record, None, "seed {seed}");
                let age = store.at(SOURCE, KEY).unwrap().head.cache_control;
                assert_eq!(half.head.cache_control, age, "seed {seed}");
            }
            Some(Err(halver::Error::NotAnImage)) => {
                assert_eq!((half.map(|half| half.head), record), (None, None), "seed {seed}");
            }
            Some(Err(_)) => {
                assert_eq!(half.map(|half| half.head), None, "seed {seed}");
                assert_eq!(record.map(|record| record.etag), Some(etag), "seed {seed}");
            }
            None if self.context.config.removals == Removals::Ignore => {}
            None => assert_eq!((half.map(|half| half.head), record), (None, None), "seed {seed}"),
        }
    }
}

/// Runs worlds of many seeds; what happened in any of them.
async fn worlds(seeds: impl Iterator<Item = u64>, settings: &[(&str, &str)], deletes: bool) -> BTreeSet<&'static str> {
    let config = read(settings).unwrap();
    let budget = Budget::new(config.memory());
    let fetcher = Fetcher::new(config.urls.policy);
    let mut happened = BTreeSet::new();
    for seed in seeds {
        let store = Memory::with_buckets(&[SOURCE, RESULT]);
        let deadline = Instant::now() + Duration::from_secs(1 << 30);
        let invocation = Invocation { request_id: String::new(), trace: None, deadline };
        let context = Context {
            config: &config,
            store: &store,
            budget: &budget,
            fetcher: &fetcher,
            queue: None,
            invocation: &invocation,
            handed_back_at: deadline,
        };
        let mut world = World {
            random: fastrand::Rng::with_seed(seed),
            context: &context,
            written: 0,
            last: None,
            waiting: Vec::new(),
            working: Vec::new(),
            happened: BTreeSet::new(),
        };
        world.write(false);
        world.run(deletes).await;
        world.check(seed);
        happened.append(&mut world.happened);
    }
    happened
}

// The seeds behind the first thousand found faults once, as one in ten thousand does.
#[tokio::test(start_paused = true)]
async fn any_interleaving_ends_with_the_half_of_the_last_version() {
    let happened = worlds((0..1000).chain([4140]), &[], false).await;
    for what in ["halved", "refused", "fresh", "stale", "handed-back", "crashed"] {
        assert!(happened.contains(what), "{what} never happened: {happened:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn any_interleaving_with_removals_ends_so_too() {
    let happened = worlds((0..1000).chain([31957, 35247]), &[("HALVER_REMOVALS", "follow")], true).await;
    for what in ["halved", "refused", "fresh", "stale", "removed", "gone", "crashed"] {
        assert!(happened.contains(what), "{what} never happened: {happened:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_comes_back_has_its_half_and_no_record() {
    let happened = worlds(0..1000, &[], true).await;
    assert!(happened.contains("kept") && happened.contains("halved"), "{happened:?}");
}
