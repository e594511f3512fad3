//! The types of `aws_lambda_events` read our fixtures where they model the event, and see in them what we do.

use aws_lambda_events::dynamodb::Event as DynamoDbEvent;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::kinesis::KinesisEvent;
use aws_lambda_events::s3::S3Event;
use aws_lambda_events::s3::batch_job::S3BatchJobEvent;
use aws_lambda_events::sns::{SnsEvent, SnsSubscriptionMessage};
use aws_lambda_events::sqs::SqsEvent;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fixtures;
use crate::envelope::{Entry, open};
use crate::job::Job;
use crate::key;

fn typed<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(fixtures::read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn entries(name: &str) -> Vec<Entry> {
    open(&fixtures::read(name)).items.into_iter().flat_map(|item| item.entries).collect()
}

fn ids(name: &str) -> Vec<Option<String>> {
    open(&fixtures::read(name)).items.into_iter().map(|item| Some(item.id)).collect()
}

#[test]
fn s3_notifications() {
    let names =
        ["put", "multipart-complete", "copy", "delete", "two-records", "versioned", "lifecycle-expiration", "folder"];
    for name in names {
        let event: S3Event = typed(name);
        let entries = entries(name);
        assert_eq!(event.records.len(), entries.len(), "{name}");
        for (record, entry) in event.records.iter().zip(&entries) {
            let object = &record.s3.object;
            let key = key::decode(object.key.as_deref().unwrap()).unwrap();
            assert_eq!(entry.names(), (record.s3.bucket.name.as_deref(), Some(key.as_str())), "{name}");
            match entry {
                Entry::Job(Job::Object(job)) => {
                    assert_eq!(object.e_tag, job.etag, "{name}");
                    assert_eq!(object.sequencer, job.sequencer, "{name}");
                    assert_eq!(object.version_id, job.version, "{name}");
                }
                Entry::Job(Job::Removal(removal)) => assert_eq!(object.sequencer, removal.sequencer, "{name}"),
                _ => {}
            }
        }
    }
}

#[test]
fn queues() {
    for name in
        ["sqs", "sqs-broken", "sqs-event-bridge", "sqs-fair", "sqs-fifo", "sqs-jobs", "sqs-sns", "sqs-test-event"]
    {
        let event: SqsEvent = typed(name);
        let groups = event.records.iter().map(|record| record.attributes.get("MessageGroupId").cloned());
        let expected: Vec<_> = event.records.iter().map(|record| record.message_id.clone()).zip(groups).collect();
        let items = open(&fixtures::read(name)).items;
        let found: Vec<_> = items.into_iter().map(|item| (Some(item.id), item.group)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn streams() {
    let event: KinesisEvent = typed("kinesis");
    let numbers: Vec<_> = event.records.into_iter().map(|record| Some(record.kinesis.sequence_number)).collect();
    assert_eq!(ids("kinesis"), numbers);
    for name in ["dynamodb", "dynamodb-keys-only"] {
        let event: DynamoDbEvent = typed(name);
        let numbers: Vec<_> = event.records.into_iter().map(|record| record.change.sequence_number).collect();
        assert_eq!(ids(name), numbers, "{name}");
    }
}

#[test]
fn notifications_by_sns() {
    for name in ["sns", "sns-event-bridge", "sns-job", "sns-test-event"] {
        let event: SnsEvent = typed(name);
        assert_eq!(event.records.len(), entries(name).len(), "{name}");
    }
    let message: SnsSubscriptionMessage = typed("sns-subscription-confirmation");
    assert!(message.subscribe_url.is_some());
}

#[test]
fn events_of_event_bridge() {
    for name in [
        "event-bridge-created",
        "event-bridge-deleted",
        "event-bridge-own",
        "event-bridge-spelling",
        "event-bridge-tags-added",
        "scheduled-rule",
        "scheduler",
    ] {
        let event: EventBridgeEvent<Value> = typed(name);
        assert_eq!(fixtures::read(name)["detail-type"], event.detail_type, "{name}");
    }
}

#[test]
fn tasks_of_batch_operations() {
    for name in ["batch-operations-1", "batch-operations-2"] {
        let event: S3BatchJobEvent = typed(name);
        let tasks: Vec<_> = event.tasks.into_iter().map(|task| task.task_id).collect();
        assert_eq!(ids(name), tasks, "{name}");
    }
}
