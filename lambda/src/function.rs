//! The function: what stays from one invocation to the next, and what belongs to one of them.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::batch::{self, HandedBack};
use crate::budget::Budget;
use crate::config::Config;
use crate::envelope;
use crate::fetch::Fetcher;
use crate::http;
use crate::metrics::Metrics;
use crate::presign::Presign;
use crate::queue::Queue;
use crate::reply::{self, Reply};
use crate::store::Store;

/// What is left of an invocation's time when it stops waiting for S3: enough to log and to answer.
const GRACE: Duration = Duration::from_millis(500);

/// The function.
#[derive(Debug)]
pub struct Function<S> {
    pub(crate) config: Config,
    pub(crate) store: S,
    /// Shared by all images, those among them whose invocation is over while their work is not.
    budget: Budget,
    fetcher: Fetcher,
    queue: Option<Box<dyn Queue>>,
    /// Whether there was an invocation before.
    warm: AtomicBool,
}

/// What the Lambda service says of one invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Its request id.
    pub request_id: String,
    /// The X-Ray trace header, where the service sent one.
    pub trace: Option<String>,
    /// When the service would stop the function. Jobs that are not done shortly before are handed back.
    pub deadline: Instant,
}

/// All that a job needs besides itself.
#[derive(Debug)]
pub(crate) struct Context<'a, S> {
    pub(crate) config: &'a Config,
    pub(crate) store: &'a S,
    pub(crate) budget: &'a Budget,
    pub(crate) fetcher: &'a Fetcher,
    pub(crate) queue: Option<&'a dyn Queue>,
    pub(crate) invocation: &'a Invocation,
    /// When jobs are handed back.
    pub(crate) handed_back_at: Instant,
}

impl<S: Store + Presign> Function<S> {
    /// A function that works by `config` on `store`.
    #[must_use]
    pub fn new(config: Config, store: S) -> Self {
        let budget = Budget::new(config.memory());
        let fetcher = Fetcher::new(config.urls.policy);
        Self { config, store, budget, fetcher, queue: None, warm: AtomicBool::new(false) }
    }

    /// The same, with a queue that it sends itself work by.
    #[must_use]
    pub fn with_queue(self, queue: impl Queue + 'static) -> Self {
        Self { queue: Some(Box::new(queue)), ..self }
    }

    /// Does all that `event` asks for, and writes one line for each part of it to `log`; the reply for whoever sent it.
    ///
    /// # Errors
    /// [`HandedBack`] where something cannot be done now and the sender takes no reply that says so. All else has been
    /// done; doing it again gives the same objects.
    pub async fn handle(
        &self,
        event: &Value,
        invocation: &Invocation,
        log: &mut impl Write,
    ) -> Result<Reply, HandedBack> {
        let context = Context {
            config: &self.config,
            store: &self.store,
            budget: &self.budget,
            fetcher: &self.fetcher,
            queue: self.queue.as_deref(),
            invocation,
            handed_back_at: invocation.deadline.checked_sub(GRACE).unwrap_or(invocation.deadline),
        };
        if let Some(request) = http::Request::read(event) {
            return Ok(Reply::Http(http::reply(request, &context, log).await));
        }
        let envelope = envelope::open(event);
        let results = batch::process(&envelope, &context, log).await;
        if let Some(namespace) = &self.config.metrics {
            let cold = !self.warm.swap(true, Ordering::Relaxed);
            let metrics = Metrics::of(&results, cold);
            // A log that cannot be written must not cost a half.
            let _ = metrics.write(namespace, log);
        }
        reply::reply(&envelope, &results)
    }
}
