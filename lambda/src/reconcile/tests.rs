use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::*;
use crate::config::tests::read;
use crate::function::{Function, Invocation};
use crate::memory::Memory;

const IMAGE: &[u8] = include_bytes!("../../tests/fixtures/five-by-three.png");

/// A queue that keeps what it is sent.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Vec<Value>>>);

impl Queue for Kept {
    fn send(&self, bodies: Vec<String>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        assert!(bodies.len() <= queue::BATCH);
        let bodies = bodies.iter().map(|body| serde_json::from_str(body).unwrap());
        self.0.lock().unwrap().extend(bodies.collect::<Vec<Value>>());
        Box::pin(async { Ok(()) })
    }
}

/// Lets the function do `event`; the line that it logs.
async fn done(event: &Value, store: &Memory, queue: Option<&Kept>, seconds: u64) -> Value {
    let function = Function::new(read(&[("HALVER_METRICS", "off")]).unwrap(), store.clone());
    let function = if let Some(queue) = queue { function.with_queue(queue.clone()) } else { function };
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let invocation = Invocation { request_id: String::new(), trace: None, deadline };
    let mut log = Vec::new();
    let _ = function.handle(event, &invocation, &mut log).await;
    serde_json::from_slice(&log).unwrap()
}

fn bucket() -> Memory {
    let store = Memory::with_buckets(&["photos", "photos-resized"]);
    for key in ["a.png", "b.png", "c.png", "d.png", "e.png", "folder/"] {
        let bytes = if key == "folder/" { &b""[..] } else { IMAGE };
        store.lay("photos", key, bytes, |_| {});
    }
    store.lay("photos", "broken.png", &IMAGE[..40], |_| {});
    store
}

#[tokio::test(start_paused = true)]
async fn sources_without_a_fresh_half_are_queued() {
    let (store, queue) = (bucket(), Kept::default());
    for key in ["b.png", "broken.png"] {
        done(&json!({ "bucket": "photos", "key": key }), &store, None, 60).await;
    }
    store.lay("photos", "d.png", &[IMAGE, b"x"].concat(), |_| {});
    let line = done(&json!({ "halver": "reconcile", "bucket": "photos" }), &store, Some(&queue), 60).await;
    assert_eq!(
        (&line["event"], &line["sources"], &line["queued"]),
        (&json!("reconciled"), &json!(6), &json!(4)),
        "{line}"
    );
    let queued = queue.0.lock().unwrap().clone();
    let keys: Vec<_> = queued.iter().map(|body| body["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["a.png", "c.png", "d.png", "e.png"]);

    // What is queued is work, and then there is none left.
    for job in &queued {
        assert_eq!(done(job, &store, None, 60).await["event"], "halved", "{job}");
    }
    let line = done(&json!({ "halver": "reconcile", "bucket": "photos" }), &store, Some(&queue), 60).await;
    assert_eq!(line["queued"], 0);
}

#[tokio::test(start_paused = true)]
async fn what_there_is_no_time_for_is_another_job() {
    let (store, queue) = (bucket(), Kept::default());
    let line = done(&json!({ "halver": "reconcile", "bucket": "photos" }), &store, Some(&queue), 5).await;
    assert_eq!((&line["queued"], &line["more"]), (&json!(3), &json!(true)), "a part is always done: {line}");
    let rest = json!({ "halver": "reconcile", "bucket": "photos", "prefix": "", "startAfter": "broken.png" });
    assert_eq!(queue.0.lock().unwrap().last(), Some(&rest));
}

#[tokio::test(start_paused = true)]
async fn what_leads_to_nothing_is_not_queued_for_ever() {
    let (store, queue) = (Memory::with_buckets(&["photos", "photos-resized"]), Kept::default());
    store.lay("photos", "notes.txt", b"hello", |_| {});
    store.lay("photos", "half.png", IMAGE, |head| {
        head.metadata.insert("halver-hops".into(), "1".into());
    });
    store.lay("photos", "image", IMAGE, |_| {});
    done(&json!({ "halver": "reconcile", "bucket": "photos" }), &store, Some(&queue), 60).await;
    let keys: Vec<_> = queue.0.lock().unwrap().iter().map(|body| body["key"].clone()).collect();
    assert_eq!(keys, ["image"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_queue_or_a_bucket_nothing_is_looked_through() {
    let store = bucket();
    let all = json!({ "halver": "reconcile" });
    let line = done(&all, &store, None, 60).await;
    assert_eq!((&line["event"], &line["code"]), (&json!("handed-back"), &json!("no-queue")), "nowhere to record it");
    assert_eq!(done(&all, &store, Some(&Kept::default()), 60).await["code"], "bad-event");
}
