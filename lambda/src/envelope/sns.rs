//! SNS: a record of its own invocations, or the envelope that it puts around messages for queues.

use serde_json::Value;

use super::{Entry, text};
use crate::job::Skip;

/// Whether `value` is a record or an envelope of SNS.
pub(super) fn is_message(value: &Value) -> bool {
    value.get("Sns").is_some()
        || text(value, "/EventSource").as_deref() == Some("aws:sns")
        || (value.get("Message").is_some() && value.get("TopicArn").is_some())
        || (value.get("Message").is_some() && value.get("Type").is_some())
}

/// What `value` asks for, which lies in `depth` other events.
pub(super) fn entries(value: &Value, depth: usize) -> Vec<Entry> {
    let message = value.get("Sns").unwrap_or(value);
    // Confirming is for whoever set the subscription up: a function that visits any address it is sent can be misused.
    let confirmations = ["SubscriptionConfirmation", "UnsubscribeConfirmation"];
    if text(message, "/Type").is_some_and(|kind| confirmations.contains(&kind.as_str())) {
        return vec![Entry::skip(Skip::Subscription)];
    }
    match message.get("Message") {
        Some(content) => super::entries(content, depth + 1),
        None => vec![Entry::bad(value, "an SNS record has no Message")],
    }
}
