//! What holds on every S3 server: our own, Ceph's, ministack's.

use serde_json::Value;

use crate::machine::{arithmetic_coded, corpus};
use crate::peer::Peer;
use crate::world::World;

/// A world on each server that there is.
async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for peer in Peer::all().await {
        worlds.push(World::on(peer).await);
    }
    worlds
}

/// A count of a reply, e.g. of `halved`.
fn count(reply: &Value, name: &str) -> u64 {
    reply[name].as_u64().unwrap_or_else(|| panic!("no {name} in {reply}"))
}

#[tokio::test]
async fn every_format_and_every_key() {
    for world in worlds().await {
        for (key, name) in [
            ("in/ü a+b.jpg", "photo-420.jpg"),
            ("사진/봄 나들이.png", "badge.png"),
            ("100%/~é?&#=;:@$,.gif", "photo.gif"),
            ("a%20b", "photo-lossy.webp"),
            ("photo.jpg", "orientation-6.jpg"),
        ] {
            let source = corpus(name);
            let reply = world.put_and_deliver(key, &source).await;
            assert!(reply.is_ok(), "{}: {key}: {reply:?}", world.peer.name);
            world.expect_half(key, &source).await;
        }
    }
}

#[tokio::test]
async fn an_event_that_comes_again_changes_nothing() {
    for world in worlds().await {
        let photo = corpus("photo-420.jpg");
        let event = world.put("a.jpg", &photo).await;
        let first = world.lambda.deliver(&event).await.unwrap();
        assert_eq!(count(&first, "halved"), 1, "{}: {first}", world.peer.name);
        for _ in 0..3 {
            let again = world.lambda.deliver(&event).await.unwrap();
            assert_eq!((count(&again, "halved"), count(&again, "skipped")), (0, 1), "{}: {again}", world.peer.name);
        }
        let writes = world.writes();
        assert!(writes.len() == 1 && writes.values().all(|&times| times == 1), "{}: {writes:?}", world.peer.name);
        world.expect_half("a.jpg", &photo).await;
    }
}

#[tokio::test]
async fn a_replaced_source_has_a_new_half_and_late_events_change_nothing() {
    for world in worlds().await {
        let (old, new) = (corpus("photo-420.jpg"), corpus("photo-grey.jpg"));
        let event_of_old = world.put("a.jpg", &old).await;
        world.lambda.deliver(&event_of_old).await.unwrap();
        world.expect_half("a.jpg", &old).await;
        let event_of_new = world.put("a.jpg", &new).await;
        // The late one comes first: whatever it says, what lies there now counts.
        for event in [&event_of_old, &event_of_new, &event_of_old] {
            let reply = world.lambda.deliver(event).await;
            assert!(reply.is_ok(), "{}: {reply:?}", world.peer.name);
        }
        world.expect_half("a.jpg", &new).await;
    }
}

#[tokio::test]
async fn what_is_no_image_leaves_a_record_until_it_is_one() {
    for world in worlds().await {
        for (key, image, code) in [
            ("in/ü cut.jpg", corpus("truncated.jpg"), "malformed"),
            ("huge.jpg", corpus("huge-header.jpg"), "too-large"),
            ("odd.jpg", arithmetic_coded(), "unsupported-feature"),
        ] {
            let reply = world.put_and_deliver(key, &image).await;
            assert!(reply.is_ok(), "{}: {key}: {reply:?}", world.peer.name);
            let record = world.failure_record(key).await;
            let record = record.unwrap_or_else(|| panic!("{}: {key}: no record", world.peer.name));
            assert_eq!((record.code.as_str(), record.key.as_str()), (code, key), "{}", world.peer.name);
            assert!(world.result(key).await.is_none(), "{}: {key}", world.peer.name);
            let photo = corpus("photo-grey.jpg");
            world.put_and_deliver(key, &photo).await.unwrap();
            world.expect_half(key, &photo).await;
            let record = world.failure_record(key).await;
            assert_eq!(record, None, "{}: {key}", world.peer.name);
        }
    }
}

#[tokio::test]
async fn processes_that_race_for_one_key_end_with_its_last_version() {
    for peer in Peer::all().await {
        let world = World::with(peer, crate::proxy::smooth(), 4).await;
        let sources = ["photo-420.jpg", "photo-grey.jpg", "orientation-6.jpg", "photo-422-q60.jpg"].map(corpus);
        for round in 0..5 {
            let mut events = Vec::new();
            for source in &sources {
                let event = world.put("same.jpg", source).await;
                // Each twice, so that all processes are at it at once.
                events.extend([event.clone(), event]);
            }
            events.reverse();
            for reply in world.lambda.deliver_all(&events, 8).await {
                assert!(reply.is_ok(), "{}: round {round}: {reply:?}", world.peer.name);
            }
            world.expect_half("same.jpg", &sources[3]).await;
        }
    }
}
