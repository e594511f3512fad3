//! The queue that a function sends itself work by.

use std::future::Future;
use std::pin::Pin;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Region};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use crate::config::QueueSettings;
use crate::s3::{S3Settings, causes, https, timeouts};

/// The most messages of one request.
pub(crate) const BATCH: usize = 10;

/// A queue that triggers the function.
pub trait Queue: Send + Sync + std::fmt::Debug {
    /// Sends messages, at most ten, with these bodies.
    ///
    /// # Errors
    /// Why they were not all sent. Some may have been: to send all of them again does no harm.
    fn send(&self, bodies: Vec<String>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>>;
}

/// A queue of SQS.
#[derive(Clone, Debug)]
pub struct Sqs {
    client: Client,
    url: String,
}

impl Sqs {
    /// The queue that `settings` name, by the credentials of `s3`.
    #[must_use]
    pub fn new(settings: &QueueSettings, s3: &S3Settings) -> Self {
        let mut config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(s3.region.clone()))
            .credentials_provider(s3.credentials())
            .http_client(https())
            .timeout_config(timeouts());
        config.set_endpoint_url(settings.endpoint.clone());
        Self { client: Client::from_conf(config.build()), url: settings.url.clone() }
    }

    async fn send_batch(&self, bodies: Vec<String>) -> Result<(), String> {
        let is_ordered = self.url.ends_with(".fifo");
        let entries = bodies.into_iter().enumerate().map(|(i, body)| {
            let id = halver::sha256(body.as_bytes());
            let entry = SendMessageBatchRequestEntry::builder().id(i.to_string()).message_body(body);
            // Of one message group nothing is done at the same time.
            let entry = if is_ordered { entry.message_group_id(&id).message_deduplication_id(&id) } else { entry };
            entry.build().map_err(|error| error.to_string())
        });
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let request = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let answer = request.send().await.map_err(|error| causes(&error))?;
        match answer.failed.first() {
            None => Ok(()),
            Some(failed) => Err(format!("{} {}", failed.code, failed.message.as_deref().unwrap_or_default())),
        }
    }
}

impl Queue for Sqs {
    fn send(&self, bodies: Vec<String>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(self.send_batch(bodies))
    }
}
