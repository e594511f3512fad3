//! All that one event asks for: each part is tried, several at a time, and each leaves one line in the log.

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use lambda_runtime::Diagnostic;
use tokio::time::timeout_at;

use crate::envelope::{Carrier, Entry, Envelope};
use crate::error::Error;
use crate::failure;
use crate::function::Context;
use crate::job::Job;
use crate::object;
use crate::outcome::Outcome;
use crate::reconcile;
use crate::record::{Event, Line, to_json};
use crate::store::Store;
use crate::url_job;

/// How many parts are in work at the same time. What they take of memory is bounded by the budget; this bounds the rest,
/// connections above all.
const AT_ONCE: usize = 16;

/// How many errors are told of one event; the log tells all.
const TOLD: usize = 5;

/// Parts of an event that could not be done now; the invocation fails, so that AWS tries the event again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedBack {
    /// Why, one for each part that is handed back; at least one.
    pub errors: Vec<Error>,
    /// How many parts the event held.
    pub of: usize,
}

impl std::fmt::Display for HandedBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} handed back", self.errors.len(), self.of)?;
        self.errors.iter().take(TOLD).try_for_each(|error| write!(f, "; {}: {error}", error.code()))?;
        if self.errors.len() > TOLD { f.write_str("; …") } else { Ok(()) }
    }
}

impl std::error::Error for HandedBack {}

impl From<HandedBack> for Diagnostic {
    /// The type is the code of the first part's error, so that alarms and redrives can tell them apart.
    fn from(handed_back: HandedBack) -> Self {
        let code = handed_back.errors.first().map_or("handed-back", Error::code);
        Self { error_type: code.to_owned(), error_message: handed_back.to_string() }
    }
}

/// Parts that are done one after the other, in their order: those of one message group, and those of one object, of
/// which the later ones then find the work done.
type Chain<'a> = Vec<(usize, usize, &'a Entry)>;

/// What the parts of a chain have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Name<'a> {
    Group(&'a str),
    Object(Option<&'a str>, &'a str),
    /// Nothing, with any other.
    Itself(usize, usize),
}

/// What became of each entry of each item of `envelope`, in their order; and one line of the log for each.
pub(crate) async fn process<S: Store>(
    envelope: &Envelope,
    context: &Context<'_, S>,
    log: &mut impl Write,
) -> Vec<Vec<Outcome>> {
    let behind = || Outcome::HandedBack(Error::Behind);
    let mut results: Vec<Vec<_>> =
        envelope.items.iter().map(|item| item.entries.iter().map(|_| behind()).collect()).collect();
    let mut waiting = chains(envelope).into_iter();
    let mut working = FuturesUnordered::new();
    loop {
        while working.len() < AT_ONCE
            && let Some(chain) = waiting.next()
        {
            working.push(next(chain, context));
        }
        let Some((mut chain, outcome)) = working.next().await else { return results };
        let Some((item, entry, part)) = chain.pop() else { continue };
        write_line(part, &outcome, context, log);
        if is_ordered(envelope) && matches!(outcome, Outcome::HandedBack(_)) {
            for (_, _, part) in chain.iter().rev() {
                write_line(part, &behind(), context, log);
            }
            chain.clear();
        }
        results[item][entry] = outcome;
        if !chain.is_empty() {
            working.push(next(chain, context));
        }
    }
}

/// Whether nothing may be done behind a failure in the same group. Queues that are not first-in-first-out have message
/// groups too, to share a function fairly.
fn is_ordered(envelope: &Envelope) -> bool {
    envelope.carrier == Carrier::Queue { fifo: true }
}

/// The parts of `envelope`, the first of each chain at its end.
fn chains(envelope: &Envelope) -> Vec<Chain<'_>> {
    let mut chains: BTreeMap<Name<'_>, Chain<'_>> = BTreeMap::new();
    for (i, item) in envelope.items.iter().enumerate() {
        for (j, entry) in item.entries.iter().enumerate() {
            let (bucket, key) = entry.names();
            // Messages without a group are one group.
            let group = is_ordered(envelope).then(|| item.group.as_deref().unwrap_or_default());
            let name = match (group, key) {
                (Some(group), _) => Name::Group(group),
                (None, Some(key)) => Name::Object(bucket, key),
                (None, None) => Name::Itself(i, j),
            };
            chains.entry(name).or_default().push((i, j, entry));
        }
    }
    let mut chains: Vec<_> = chains.into_values().collect();
    // Those that came first are done first.
    chains.sort_by_key(|chain| chain.first().map(|(item, entry, _)| (*item, *entry)));
    chains.iter_mut().for_each(|chain| chain.reverse());
    chains
}

/// What becomes of the last part of `chain`.
async fn next<'a, S: Store>(chain: Chain<'a>, context: &Context<'_, S>) -> (Chain<'a>, Outcome) {
    let outcome = match chain.last() {
        Some((_, _, entry)) => outcome(entry, context).await,
        None => Outcome::HandedBack(Error::Behind),
    };
    (chain, outcome)
}

/// What becomes of one part, if it is done in time.
async fn outcome<S: Store>(entry: &Entry, context: &Context<'_, S>) -> Outcome {
    // Boxed, for the futures of the SDK nest deeper than the compiler lays out in one piece.
    let work = Box::pin(async {
        match entry {
            Entry::Job(Job::Object(job)) => object::process(job, context).await,
            Entry::Job(Job::Removal(removal)) => object::remove(removal, context).await,
            Entry::Job(Job::Url(job)) => url_job::process(job, context).await,
            Entry::Job(Job::Reconcile(job)) => reconcile::process(job, context).await,
            Entry::Skip { reason, .. } => Outcome::Skipped(reason.clone()),
            Entry::Bad { bucket, key, error, raw } => {
                failure::quarantine(error, bucket.as_deref().zip(key.as_deref()), raw, context).await
            }
        }
    });
    // A defect of ours costs no other part of the event its half.
    let work = AssertUnwindSafe(work).catch_unwind();
    let done = timeout_at(context.handed_back_at, work).await.unwrap_or(Ok(Outcome::HandedBack(Error::Deadline)));
    done.unwrap_or(Outcome::HandedBack(Error::Defect))
}

/// One line of the log. A log that cannot be written must not cost a half.
fn write_line<S>(entry: &Entry, outcome: &Outcome, context: &Context<'_, S>, log: &mut impl Write) {
    let (bucket, key) = entry.names();
    let invocation = context.invocation;
    let line = Line {
        event: Event::new(outcome),
        bucket,
        key,
        request_id: &invocation.request_id,
        trace: invocation.trace.as_deref(),
    };
    let _ = log.write_all((to_json(&line) + "\n").as_bytes());
}

#[cfg(test)]
mod tests;
