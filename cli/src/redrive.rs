//! `halver redrive`: failure records become jobs again.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use halver_lambda::{
    Address, Condition, Config, FailureRecord, Function, Invocation, Queue, QueueSettings, S3Store, Sqs, Store,
    StoreErrorKind, marker,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::failure::complain;
use crate::settings;

/// The most messages of one request to SQS.
const BATCH: usize = 10;
/// The most bytes of a record.
const MOST: u64 = 8 << 20;
/// How long one job may take that is done here.
const PATIENCE: Duration = Duration::from_secs(900);

/// Send what the function could not do, and recorded, to its queue again, once what hindered it is mended
#[derive(Args, Debug)]
#[command(after_help = "\
Credentials and region are read from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION, other
servers from AWS_ENDPOINT_URL, and with --here the function's settings from HALVER_…. A record goes when its object is
halved; those of events that named no object are deleted once they are sent.")]
pub struct Arguments {
    /// The bucket of the records: the result bucket, or the quarantine
    #[arg(value_name = "BUCKET")]
    bucket: String,
    /// Only objects whose keys begin so
    #[arg(long, default_value = "", value_name = "PREFIX")]
    prefix: String,
    /// Only failures with this code; may be given several times
    #[arg(long, value_name = "CODE")]
    code: Vec<String>,
    /// The queue that triggers the function
    #[arg(long, value_name = "URL", required_unless_present_any = ["here", "dry_run"])]
    queue: Option<String>,
    /// Do the jobs in this process instead
    #[arg(long, conflicts_with = "queue")]
    here: bool,
    /// Only say what would be sent
    #[arg(long)]
    dry_run: bool,
}

/// Sends the jobs; one line for each.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(redrive(arguments)));
    match done {
        Ok(count) => {
            let verb = if arguments.dry_run { "would be sent" } else { "sent" };
            let _ = writeln!(std::io::stderr(), "halver: {count} {verb}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            complain(&reason);
            ExitCode::FAILURE
        }
    }
}

/// A record, and the job that it becomes.
struct Redriven {
    record: FailureRecord,
    address: Address,
    /// The condition that it is still this record.
    at: Condition,
    job: Value,
}

async fn redrive(arguments: &Arguments) -> Result<usize, String> {
    let config = settings::config(&["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    let config = config.map_err(|error| error.to_string())?;
    let store = S3Store::new(&config.s3);
    let mut count = 0;
    let of_keys = [marker::FAILURE_PREFIX, marker::URL_PREFIX].map(|prefix| format!("{prefix}{}", arguments.prefix));
    // Events that name no object have no key to begin with anything.
    let of_events = arguments.prefix.is_empty().then(|| marker::EVENT_PREFIX.to_owned());
    for prefix in of_keys.into_iter().chain(of_events) {
        let mut start_after = String::new();
        loop {
            let listing = store.list(&arguments.bucket, &prefix, &start_after).await.map_err(|e| e.to_string())?;
            let Some(last) = listing.objects.last() else { break };
            start_after.clone_from(&last.key);
            let mut jobs = Vec::new();
            for object in &listing.objects {
                jobs.extend(read(&store, &arguments.bucket, &object.key, arguments).await?);
            }
            count += jobs.len();
            send(jobs, &config, &store, arguments).await?;
            if !listing.more {
                break;
            }
        }
    }
    Ok(count)
}

/// The record at `key`, if there is one that is asked for.
async fn read(store: &S3Store, bucket: &str, key: &str, arguments: &Arguments) -> Result<Option<Redriven>, String> {
    let address = Address { bucket: bucket.to_owned(), key: key.to_owned() };
    let object = store.get(&address, None, MOST).await.map_err(|error| error.to_string())?;
    let Ok(record) = serde_json::from_slice::<FailureRecord>(&object.bytes) else { return Ok(None) };
    if !arguments.code.is_empty() && !arguments.code.contains(&record.code) {
        return Ok(None);
    }
    let job = match &record.event {
        Some(event) if event.get("redactedUrl").is_some() => {
            complain(&format!(
                "{address}: the query of its URL may have been a secret, and was not kept: send the job again"
            ));
            return Ok(None);
        }
        Some(event) => event.clone(),
        None => match &record.options {
            Some(options) => json!({ "bucket": record.bucket, "key": record.key, "options": options }),
            None => json!({ "bucket": record.bucket, "key": record.key }),
        },
    };
    Ok(Some(Redriven { record, address, at: Condition::Etag(object.head.etag), job }))
}

async fn send(jobs: Vec<Redriven>, config: &Config, store: &S3Store, arguments: &Arguments) -> Result<(), String> {
    for Redriven { record, job, .. } in &jobs {
        let _ = writeln!(std::io::stdout(), "{}  {job}", record.code);
    }
    if arguments.dry_run {
        return Ok(());
    }
    if let Some(url) = &arguments.queue {
        let endpoint = ["AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL"].iter().find_map(|name| std::env::var(name).ok());
        let queue = Sqs::new(&QueueSettings { url: url.clone(), endpoint }, &config.s3);
        for batch in jobs.chunks(BATCH) {
            queue.send(batch.iter().map(|redriven| redriven.job.to_string()).collect()).await?;
            clear(batch, store).await?;
        }
        return Ok(());
    }
    let function = Function::new(config.clone(), store.clone());
    for redriven in &jobs {
        let deadline = Instant::now() + PATIENCE;
        let invocation = Invocation { request_id: "redrive".to_owned(), trace: None, deadline };
        let done = function.handle(&redriven.job, &invocation, &mut std::io::stdout()).await;
        done.map_err(|error| error.to_string())?;
        clear(std::slice::from_ref(redriven), store).await?;
    }
    Ok(())
}

/// Deletes the records of events that named no object, for nothing else would; not those that were written again since.
async fn clear(jobs: &[Redriven], store: &S3Store) -> Result<(), String> {
    for Redriven { address, at, .. } in jobs.iter().filter(|redriven| redriven.record.key.is_empty()) {
        match store.delete(address, at).await {
            Err(error) if error.kind == StoreErrorKind::Changed => {}
            done => done.map_err(|error| error.to_string())?,
        }
    }
    Ok(())
}
