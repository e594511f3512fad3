//! An event is the same in whatever it is wrapped.

use aws_smithy_types::base64;
use serde_json::{Value, json};

use super::fixtures;
use crate::envelope::{Carrier, Entry, open};
use crate::job::Job;

/// What can be put around an event, by the service that does.
#[derive(Clone, Copy, Debug)]
enum Wrapping {
    Sns,
    SnsEnvelope,
    Sqs,
    EventBridge,
    Kinesis,
    Pipe,
}

const ALL: [Wrapping; 6] =
    [Wrapping::Sns, Wrapping::SnsEnvelope, Wrapping::Sqs, Wrapping::EventBridge, Wrapping::Kinesis, Wrapping::Pipe];

impl Wrapping {
    fn around(self, event: &Value) -> Value {
        let text = event.to_string();
        let mut fixture = fixtures::read(match self {
            Self::Sns => "sns",
            Self::SnsEnvelope => "sqs-sns",
            Self::Sqs => "pipes-sqs",
            Self::EventBridge => "event-bridge-own",
            Self::Kinesis => "kinesis",
            Self::Pipe => "pipes-kinesis",
        });
        match self {
            Self::Sns => fixture["Records"][0]["Sns"]["Message"] = json!(text),
            Self::SnsEnvelope => {
                fixture = serde_json::from_str(fixture["Records"][0]["body"].as_str().unwrap()).unwrap();
                fixture["Message"] = json!(text);
            }
            Self::Sqs => {
                fixture[0]["body"] = json!(text);
                fixture = json!({ "Records": fixture });
            }
            Self::EventBridge => fixture["detail"] = event.clone(),
            Self::Kinesis => {
                fixture["Records"].as_array_mut().unwrap().truncate(1);
                fixture["Records"][0]["kinesis"]["data"] = json!(base64::encode(text));
            }
            Self::Pipe => fixture[0]["data"] = json!(base64::encode(text)),
        }
        fixture
    }

    const fn carrier(self) -> Carrier {
        match self {
            Self::Sns | Self::SnsEnvelope | Self::EventBridge => Carrier::Invocation,
            Self::Sqs => Carrier::Queue { fifo: false },
            Self::Kinesis | Self::Pipe => Carrier::Stream,
        }
    }
}

/// The jobs of `event`, which holds nothing else.
fn jobs(event: &Value) -> Vec<Job> {
    let entries = open(event).items.into_iter().flat_map(|item| item.entries);
    entries.map(|entry| if let Entry::Job(job) = entry { job } else { panic!("{entry:?}") }).collect()
}

#[test]
fn the_same_jobs_come_out_of_any_wrapping() {
    let mut random = fastrand::Rng::with_seed(4);
    for name in [
        "put",
        "multipart-complete",
        "versioned",
        "two-records",
        "ceph",
        "other-server",
        "event-bridge-created",
        "job-url",
    ] {
        let event = fixtures::read(name);
        let expected = jobs(&event);
        for _ in 0..60 {
            // From the innermost outwards. A pipe's list counts twice, so that five of them are too deep.
            let depth = random.usize(1..=5);
            let mut wrappings: Vec<_> = (0..depth).map(|_| ALL[random.usize(..ALL.len() - 1)]).collect();
            if depth < 5 && random.bool() {
                wrappings.push(Wrapping::Pipe);
            }
            let wrapped = wrappings.iter().fold(event.clone(), |event, wrapping| wrapping.around(&event));
            assert_eq!(jobs(&wrapped), expected, "{name} in {wrappings:?}");
            assert_eq!(open(&wrapped).carrier, wrappings.last().unwrap().carrier(), "{name} in {wrappings:?}");
        }
    }
}
