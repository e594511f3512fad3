//! What to answer to whoever brought the items, so that they send again what is to be tried again, and nothing else.

use serde::Serialize;
use serde_json::Value;

use crate::batch::HandedBack;
use crate::envelope::{Carrier, Envelope, Item};
use crate::error::Error;
use crate::outcome::Outcome;

/// The answer to an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Reply {
    /// To a direct or asynchronous invocation, which nobody reads but people: how many parts went which way.
    Tally {
        /// Halves stored.
        halved: usize,
        /// Permanent failures, each with its record.
        refused: usize,
        /// All else: nothing to do, or something other than a half done.
        skipped: usize,
    },
    /// To a queue or a stream: what to send again.
    Batch {
        /// None where all is done. Of a stream the first alone, for all behind it comes again anyway.
        batch_item_failures: Vec<ItemFailure>,
    },
    /// To S3 Batch Operations.
    Tasks {
        /// As in the event.
        invocation_schema_version: String,
        /// What becomes of a task without a result: it cannot be known to be done.
        treat_missing_keys_as: ResultCode,
        /// As in the event.
        invocation_id: String,
        /// One for each task.
        results: Vec<TaskResult>,
    },
    /// To a gateway: a response of HTTP, in the shape that it asked in.
    Http(Value),
}

/// An item that is to be sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFailure {
    /// The message's id, or the record's sequence number. Lambda takes an empty one for the failure of all items.
    pub item_identifier: String,
}

/// What became of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskResult {
    /// As in the event.
    pub task_id: String,
    /// How it ended.
    pub result_code: ResultCode,
    /// The same for people, who find it in the job's completion report.
    pub result_string: String,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ResultCode {
    /// Done, or nothing to do.
    Succeeded,
    /// To be tried again.
    TemporaryFailure,
    /// Not to be tried again.
    PermanentFailure,
}

/// The answer to whoever sent `envelope`, of whose items' entries came `results`, in their order.
///
/// A queue or a stream never gets an error, not even where every item failed: an error would bring all items again,
/// those too that are refused for good, and slow the queue down.
///
/// # Errors
/// [`HandedBack`] where an invocation that knows no parts holds something to be tried again.
pub(crate) fn reply(envelope: &Envelope, results: &[Vec<Outcome>]) -> Result<Reply, HandedBack> {
    let items = || envelope.items.iter().zip(results);
    let failed = items().filter(|(_, outcomes)| handed_back(outcomes).next().is_some());
    let failed = failed.map(|(item, _)| ItemFailure { item_identifier: item.id.clone() });
    match &envelope.carrier {
        Carrier::Invocation => tally(results),
        Carrier::Queue { .. } => Ok(Reply::Batch { batch_item_failures: failed.collect() }),
        Carrier::Stream => Ok(Reply::Batch { batch_item_failures: failed.take(1).collect() }),
        Carrier::BatchOperations { schema, invocation } => Ok(Reply::Tasks {
            invocation_schema_version: schema.clone(),
            treat_missing_keys_as: ResultCode::PermanentFailure,
            invocation_id: invocation.clone(),
            results: items().map(|(item, outcomes)| task(item, outcomes)).collect(),
        }),
    }
}

/// Why some of `outcomes` are to be tried again.
fn handed_back(outcomes: &[Outcome]) -> impl Iterator<Item = &Error> {
    outcomes.iter().filter_map(|outcome| if let Outcome::HandedBack(error) = outcome { Some(error) } else { None })
}

fn tally(results: &[Vec<Outcome>]) -> Result<Reply, HandedBack> {
    let errors: Vec<_> = results.iter().flat_map(|outcomes| handed_back(outcomes).cloned()).collect();
    if !errors.is_empty() {
        return Err(HandedBack { errors, of: results.iter().map(Vec::len).sum() });
    }
    let (mut halved, mut refused, mut skipped) = (0, 0, 0);
    for outcome in results.iter().flatten() {
        match outcome {
            Outcome::Halved(_) => halved += 1,
            Outcome::Refused(_) => refused += 1,
            _ => skipped += 1,
        }
    }
    Ok(Reply::Tally { halved, refused, skipped })
}

/// The worst that happened to a task decides; what can be tried again before what cannot, for it may yet end well.
fn task(item: &Item, outcomes: &[Outcome]) -> TaskResult {
    let told = |error: &Error| format!("{}: {error}", error.code());
    let refused =
        outcomes.iter().find_map(|outcome| if let Outcome::Refused(error) = outcome { Some(error) } else { None });
    let is_halved = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Halved(_)));
    let (result_code, result_string) = match (handed_back(outcomes).next(), refused) {
        (Some(error), _) => (ResultCode::TemporaryFailure, told(error)),
        (None, Some(error)) => (ResultCode::PermanentFailure, told(error)),
        (None, None) if is_halved => (ResultCode::Succeeded, "halved".to_owned()),
        (None, None) => (ResultCode::Succeeded, "skipped".to_owned()),
    };
    TaskResult { task_id: item.id.clone(), result_code, result_string }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use aws_lambda_events::s3::batch_job::S3BatchJobResponse;
    use aws_lambda_events::sqs::SqsBatchResponse;
    use aws_lambda_events::streams::{DynamoDbEventResponse, KinesisEventResponse};
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;
    use crate::job::Skip;

    const QUEUE: Carrier = Carrier::Queue { fifo: false };

    fn refused() -> Outcome {
        Outcome::Refused(Error::ReservedKey)
    }

    /// One item done, one refused, two to be tried again: one of them in part, one not tried.
    fn mixed() -> [Vec<Outcome>; 4] {
        let skipped = || Outcome::Skipped(Skip::TestEvent);
        [
            vec![skipped()],
            vec![refused()],
            vec![skipped(), refused(), Outcome::HandedBack(Error::Deadline)],
            vec![Outcome::HandedBack(Error::Behind)],
        ]
    }

    /// What `carrier` brought: an item for each of `results`, called by their numbers.
    fn envelope(carrier: &Carrier, results: &[Vec<Outcome>]) -> Envelope {
        let items = (1..=results.len()).map(|number| Item { id: number.to_string(), ..Item::default() });
        Envelope { carrier: carrier.clone(), items: items.collect() }
    }

    fn reply_to(carrier: &Carrier, results: &[Vec<Outcome>]) -> Result<Reply, HandedBack> {
        reply(&envelope(carrier, results), results)
    }

    /// The JSON of the reply, which AWS's own type `T` reads without loss.
    fn json_as<T: DeserializeOwned + Serialize + Debug>(carrier: &Carrier, results: &[Vec<Outcome>]) -> Value {
        let json = serde_json::to_value(reply_to(carrier, results).unwrap()).unwrap();
        let typed: T = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(typed).unwrap(), json);
        json
    }

    #[test]
    fn a_queue_gets_the_messages_that_are_to_come_again() {
        let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "3" }, { "itemIdentifier": "4" }] });
        assert_eq!(json_as::<SqsBatchResponse>(&QUEUE, &mixed()), failures);
        let done = json!({ "batchItemFailures": [] });
        assert_eq!(json_as::<SqsBatchResponse>(&QUEUE, &mixed()[..2]), done);
        assert_eq!(json_as::<SqsBatchResponse>(&QUEUE, &[]), done);
        assert_eq!(json_as::<SqsBatchResponse>(&QUEUE, &[vec![]]), done, "a message with no records");
        let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "2" }, { "itemIdentifier": "3" }] });
        assert_eq!(json_as::<SqsBatchResponse>(&QUEUE, &mixed()[1..]), failures, "one is refused for good");
    }

    #[test]
    fn a_stream_gets_the_first_record_that_is_to_come_again() {
        let first = json!({ "batchItemFailures": [{ "itemIdentifier": "3" }] });
        assert_eq!(json_as::<KinesisEventResponse>(&Carrier::Stream, &mixed()), first);
        assert_eq!(json_as::<DynamoDbEventResponse>(&Carrier::Stream, &mixed()), first);
        let done = json!({ "batchItemFailures": [] });
        assert_eq!(json_as::<KinesisEventResponse>(&Carrier::Stream, &mixed()[..2]), done);
    }

    #[test]
    fn batch_operations_gets_a_result_for_each_task() {
        let carrier = Carrier::BatchOperations { schema: "2.0".into(), invocation: "an invocation".into() };
        let json = json_as::<S3BatchJobResponse>(&carrier, &mixed());
        assert_eq!(json["invocationSchemaVersion"], "2.0");
        assert_eq!(json["invocationId"], "an invocation");
        assert_eq!(json["treatMissingKeysAs"], "PermanentFailure");
        let results = json["results"].as_array().unwrap();
        for (result, (id, code, told)) in results.iter().zip([
            ("1", "Succeeded", "skipped"),
            ("2", "PermanentFailure", "reserved-key: keys that begin with"),
            ("3", "TemporaryFailure", "deadline: "),
            ("4", "TemporaryFailure", "behind: "),
        ]) {
            assert_eq!((&result["taskId"], &result["resultCode"]), (&json!(id), &json!(code)));
            assert!(result["resultString"].as_str().unwrap().starts_with(told), "{result}");
        }
        assert_eq!(results.len(), 4);
    }

    #[test]
    fn an_invocation_gets_counts_or_an_error() {
        let tally = reply_to(&Carrier::Invocation, &mixed()[..2]).unwrap();
        assert_eq!(serde_json::to_value(tally).unwrap(), json!({ "halved": 0, "refused": 1, "skipped": 1 }));
        let errors = vec![Error::Deadline, Error::Behind];
        assert_eq!(reply_to(&Carrier::Invocation, &mixed()), Err(HandedBack { errors, of: 6 }));
        let nothing = Reply::Tally { halved: 0, refused: 0, skipped: 0 };
        assert_eq!(reply_to(&Carrier::Invocation, &[]), Ok(nothing));
    }
}
