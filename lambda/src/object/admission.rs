//! Whether there is memory and time for an object, decided from its first bytes.

use std::time::Duration;

use halver::{Error as ImageError, Estimate, Format, Limit, Options, Output};
use tokio::time::Instant;

use crate::budget::Share;
use crate::config::Config;
use crate::error::Error;
use crate::function::Context;
use crate::retry;
use crate::store::{Address, Head, Object, Store, StoreError, StoreErrorKind};

/// An object of at most so many bytes is read whole at once; of a larger one its first bytes.
pub(crate) const SMALL: u64 = 256 << 10;
/// How many bytes are read first of an object that is not known to be small.
const FIRST: u64 = 64 << 10;

/// Megabytes at which AWS gives a function one whole processor (Lambda developer guide, "Configure function memory").
const ONE_PROCESSOR: f64 = 1769.0;

/// What is known of a source.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) head: Head,
    /// Its first bytes; none where only its head was asked for.
    bytes: Vec<u8>,
}

impl Source {
    /// The source's head, and as many of its bytes as it takes to judge it.
    pub(crate) async fn read<S: Store>(address: &Address, size: Option<u64>, store: &S) -> Result<Self, StoreError> {
        let Object { head, bytes } = match size {
            Some(size) if size <= SMALL => retry::transient(|| store.get(address, None, SMALL)).await?,
            _ => retry::transient(|| store.peek(address, FIRST)).await?,
        };
        Ok(Self { head, bytes })
    }

    /// A source of which only the head is known.
    pub(crate) fn of_head(head: Head) -> Self {
        Self { head, bytes: Vec::new() }
    }

    fn is_whole(&self) -> bool {
        self.bytes.len() as u64 == self.head.length
    }
}

/// A source that lies in memory, and the memory that its halving may take.
#[derive(Debug)]
pub(crate) struct Admitted {
    bytes: Vec<u8>,
    options: Options,
    share: Share,
}

/// Reads `source` if there is memory and time for it; what cannot ever fit is refused with what it needs and what there
/// is, before it is read. `takes_all` memory there is, or as much as it seems to need.
async fn admit<S: Store>(
    mut source: Source,
    address: &Address,
    options: &Options,
    takes_all: bool,
    context: &Context<'_, S>,
) -> Result<Admitted, Error> {
    let (length, memory) = (source.head.length, context.budget.total());
    if source.bytes.is_empty() && length > 0 {
        let object = retry::transient(|| context.store.peek(address, FIRST)).await?;
        source = Source { bytes: same(&source.head, object, address)?.bytes, ..source };
    }
    // What is no image may be as large as it likes.
    Format::sniff(&source.bytes).map_err(Error::Image)?;
    let allowed = options.limits.source_bytes.min(memory);
    if length > allowed {
        return Err(Error::Image(ImageError::TooLarge { limit: Limit::SourceBytes, needed: length, allowed }));
    }
    let within = Config::within(options, length, memory);
    let estimate = loop {
        match halver::estimate(&source.bytes, length, &within).map_err(Error::Image)? {
            Some(estimate) => break Some(estimate),
            None if source.is_whole() || source.bytes.len() as u64 >= SMALL => break None,
            None => {
                let object = retry::transient(|| context.store.peek(address, SMALL)).await?;
                source = Source { bytes: same(&source.head, object, address)?.bytes, ..source };
            }
        }
    };
    // What cannot be told from so much of it takes all there is.
    let known = estimate.as_ref().filter(|_| !takes_all);
    let needed = known.map_or(memory, |estimate| length.saturating_add(estimate.memory_bytes));
    if estimate.is_some_and(|estimate| !context.has_time_for(least_time(&estimate, options, context.config))) {
        return Err(Error::Deadline);
    }
    let share = context.budget.share(needed).await;
    let bytes = if source.is_whole() { source.bytes } else { whole(source, address, context.store).await? };
    // The wait for memory and the bytes took some of the time.
    if estimate.is_some_and(|estimate| !context.has_time_for(least_time(&estimate, options, context.config))) {
        return Err(Error::Deadline);
    }
    Ok(Admitted { bytes, options: options.clone(), share })
}

/// The half of an image that lies in memory, by `options`, once there is memory for it.
pub(crate) async fn halve_bytes<S: Store>(
    bytes: Vec<u8>,
    options: &Options,
    context: &Context<'_, S>,
) -> Result<Output, Error> {
    let all = context.budget.total();
    let within = Config::within(options, bytes.len() as u64, all);
    let estimate = halver::estimate(&bytes, bytes.len() as u64, &within).map_err(Error::Image)?;
    let needed = estimate.map_or(all, |estimate| bytes.len() as u64 + estimate.memory_bytes);
    // All of it was seen, so that it cannot need more.
    let worked = Admitted::new(bytes, options.clone(), context.budget.share(needed).await).halve().await?;
    worked.map(|worked| worked.output).map_err(Error::Image)
}

/// The whole of a source of which the first bytes are known.
async fn whole<S: Store>(source: Source, address: &Address, store: &S) -> Result<Vec<u8>, Error> {
    let Source { head, bytes } = source;
    drop(bytes);
    let etag = Some(head.etag.as_str()).filter(|etag| !etag.is_empty());
    let object = retry::transient(|| store.get(address, etag, head.length)).await?;
    Ok(same(&head, object, address)?.bytes)
}

/// `object`, if it is of the version that `head` tells of.
fn same(head: &Head, object: Object, address: &Address) -> Result<Object, StoreError> {
    if object.head.etag == head.etag && object.head.length == head.length {
        return Ok(object);
    }
    let detail = format!("it had the ETag {} before, {} now", head.etag, object.head.etag);
    let operation = crate::store::Operation::Get;
    Err(StoreError { operation, address: address.clone(), kind: StoreErrorKind::Changed, detail })
}

/// The least time that halving takes on a function of this size: what is not done by then cannot be.
fn least_time(estimate: &Estimate, options: &Options, config: &Config) -> Duration {
    // Nanoseconds a pixel on one processor of a fast machine (benches/README.md), and half of them, for the deadline
    // is no place to guess high.
    let nanoseconds = match estimate.format {
        Format::Jpeg if options.effort == halver::Effort::Small => 1.5,
        Format::Jpeg => 0.8,
        Format::Png | Format::Gif | Format::WebP | Format::Bmp => 2.0,
    };
    let processor = (f64::from(config.megabytes) / ONE_PROCESSOR).clamp(0.05, 1.0);
    let pixels = f64::from(estimate.width) * f64::from(estimate.height);
    Duration::from_secs_f64(pixels * nanoseconds / 1e9 / processor)
}

impl Admitted {
    /// A source of `bytes` that lies in memory and is to be halved within `share`.
    pub(crate) const fn new(bytes: Vec<u8>, options: Options, share: Share) -> Self {
        Self { bytes, options, share }
    }

    /// The half; or that it would take more than the share of memory. The work has a thread of its own, and keeps its
    /// memory until it ends, even if nobody waits for it any more.
    ///
    /// # Errors
    /// Any other verdict on the source.
    pub(crate) async fn halve(self) -> Result<Result<Worked, ImageError>, Error> {
        let work = tokio::task::spawn_blocking(move || {
            let Self { bytes, options, share } = self;
            let within = Config::within(&options, bytes.len() as u64, share.bytes());
            match halver::halve(&bytes, &within) {
                Ok(output) => {
                    let source_sha256 = halver::sha256(&bytes);
                    drop(bytes);
                    let held = share.keep(output.bytes.len() as u64);
                    Ok(Ok(Worked { output, source_sha256, held }))
                }
                Err(error @ ImageError::TooLarge { limit: Limit::MemoryBytes, .. }) => Ok(Err(error)),
                Err(error) => Err(Error::Image(error)),
            }
        });
        // A panic is a defect of ours, but costs no other record of the event its half.
        work.await.unwrap_or(Err(Error::Defect))
    }
}

/// A half in memory.
#[derive(Debug)]
pub(crate) struct Worked {
    pub(crate) output: Output,
    /// The SHA-256 of the source.
    pub(crate) source_sha256: String,
    /// The memory of the half, to be held for as long as it is there.
    pub(crate) held: Share,
}

impl<S> Context<'_, S> {
    /// Whether so much time is left before the jobs of this invocation are handed back.
    fn has_time_for(&self, time: Duration) -> bool {
        Instant::now() + time < self.handed_back_at
    }
}

/// The half of `source`. Should it need more memory than its header told, it is read again once all there is is free.
pub(crate) async fn halve<S: Store>(
    source: Source,
    address: &Address,
    options: &Options,
    context: &Context<'_, S>,
) -> Result<(std::time::Instant, Worked), Error> {
    let head = source.head.clone();
    let admitted = admit(source, address, options, false, context).await?;
    let got = std::time::Instant::now();
    if let Ok(worked) = admitted.halve().await? {
        return Ok((got, worked));
    }
    let admitted = admit(Source::of_head(head), address, options, true, context).await?;
    let got = std::time::Instant::now();
    Ok((got, admitted.halve().await?.map_err(Error::Image)?))
}
