//! Trouble between the function and S3, and the function's own death, at every step of a job.

use crate::machine::corpus;
use crate::peer::Peer;
use crate::proxy::{Fault, once, smooth};
use crate::world::World;

/// Trouble that passes: an asynchronous event gets over it within its three attempts.
const PASSING: [Fault; 11] = [
    Fault::SlowDown,
    Fault::Failed,
    Fault::PreconditionFailed,
    Fault::Conflict,
    Fault::Reset,
    Fault::Truncated,
    Fault::DoneThenFailed,
    Fault::DoneThenReset,
    Fault::Late(300),
    Fault::KilledBefore,
    Fault::KilledBehind,
];

/// The servers on which trouble is made: ours, and the strict one.
async fn peers() -> Vec<Peer> {
    [Some(Peer::own().await), Peer::ceph()].into_iter().flatten().collect()
}

/// How many requests a job makes of which nothing goes wrong: a first one, and one that finds a half of an older source.
async fn steps(world: &World, key: &str, versions: &[Vec<u8>]) -> usize {
    let mut most = 0;
    for source in versions {
        world.proxy.plan(smooth());
        world.put_and_deliver(key, source).await.unwrap();
        most = most.max(world.proxy.seen().len());
    }
    most
}

#[tokio::test]
async fn any_trouble_at_any_step_ends_with_the_half() {
    for peer in peers().await {
        let world = World::on(peer).await;
        let versions = [corpus("photo-420.jpg"), corpus("photo-grey.jpg")];
        let steps = steps(&world, "calm.jpg", &versions).await;
        let mut troubled = 0;
        for fault in PASSING {
            for step in 0..steps {
                let key = format!("{fault:?} {step}.jpg");
                for source in &versions {
                    let about = format!("{}: {fault:?} at request {step}", world.peer.name);
                    world.proxy.plan(once(step, fault));
                    let reply = world.put_and_deliver(&key, source).await;
                    assert!(reply.is_ok(), "{about}: {reply:?}\n{}", world.lambda.log());
                    let objection = world.objection(&key, source).await;
                    assert_eq!(objection, None, "{about}\n{}", world.lambda.log());
                    let writes = world.writes();
                    assert!(writes.values().all(|&times| times == 1), "{about}: {writes:?}");
                    troubled += world.proxy.seen().iter().filter(|seen| seen.fault == fault).count();
                }
            }
        }
        assert!(troubled > 50, "{}: trouble for only {troubled} requests", world.peer.name);
    }
}

/// Ceph is not among them: it returns no checksum, so that nothing tells a turned bit.
#[tokio::test]
async fn a_turned_bit_is_noticed_on_its_way_in_either_direction() {
    let world = World::on(Peer::own().await).await;
    let versions = [corpus("photo-420.jpg"), corpus("photo-grey.jpg")];
    for step in 0..steps(&world, "calm.jpg", &versions).await {
        let key = format!("{step}.jpg");
        for source in &versions {
            world.proxy.plan(once(step, Fault::Corrupted));
            let reply = world.put_and_deliver(&key, source).await;
            assert!(reply.is_ok(), "at request {step}: {reply:?}\n{}", world.lambda.log());
            let objection = world.objection(&key, source).await;
            assert_eq!(objection, None, "at request {step}\n{}", world.lambda.log());
        }
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_not_waited_for() {
    let world = World::on(Peer::own().await).await;
    let source = corpus("photo-420.jpg");
    world.proxy.plan(once(0, Fault::Hang));
    let reply = world.put_and_deliver("a.jpg", &source).await;
    assert!(reply.is_ok(), "{reply:?}");
    world.expect_half("a.jpg", &source).await;
}

#[tokio::test]
async fn trouble_that_lasts_is_handed_back_and_leaves_nothing() {
    for peer in peers().await {
        let world = World::on(peer).await;
        let source = corpus("photo-420.jpg");
        for fault in [Fault::SlowDown, Fault::Reset, Fault::Truncated] {
            let key = format!("{fault:?}.jpg");
            world.proxy.plan(std::sync::Arc::new(move |_| fault));
            let event = world.put(&key, &source).await;
            let error = world.lambda.invoke(&event).await.unwrap_err();
            assert!(error["errorType"].is_string(), "{fault:?}: {error}");
            assert!(world.result(&key).await.is_none(), "{fault:?}");
            assert_eq!(world.failure_record(&key).await, None, "{fault:?}");
            world.proxy.plan(smooth());
            world.lambda.deliver(&event).await.unwrap();
            world.expect_half(&key, &source).await;
        }
    }
}
