//! Many objects, many processes, events in any order and more than once, trouble everywhere: nothing is lost, nothing is
//! done twice, no wrong version stays.

use std::collections::HashMap;

use serde_json::Value;

use crate::peer::Peer;
use crate::proxy::{Fault, mixed, seeded, smooth};
use crate::world::World;

/// How a storm is.
struct Weather {
    seed: u64,
    /// Events in all, duplicates among them.
    events: usize,
    /// How many keys they tell of.
    keys: usize,
    /// Of a hundred requests, how many meet trouble.
    trouble: u64,
    processes: usize,
}

const FAULTS: &[Fault] = &[
    Fault::SlowDown,
    Fault::Failed,
    Fault::Conflict,
    Fault::PreconditionFailed,
    Fault::Reset,
    Fault::Truncated,
    Fault::DoneThenFailed,
    Fault::DoneThenReset,
    Fault::Late(50),
    Fault::SlowDown,
    Fault::Reset,
    Fault::KilledBehind,
];

/// A GIF of one pixel, whose colour is `number`: each has another half, so that no condition on an ETag holds by chance.
fn dot(number: usize) -> Vec<u8> {
    let [.., red, green, blue] = number.to_be_bytes();
    let header = [&b"GIF89a\x01\0\x01\0\x80\0\0"[..], &[red, green, blue, 0, 0, 0]].concat();
    [&header[..], b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3B"].concat()
}

/// What a storm left.
#[derive(Debug, Default)]
struct Left {
    /// Events whose three attempts all failed; they are sent again once the storm is over.
    dead: usize,
    /// Keys without a half.
    lost: Vec<String>,
    /// Keys with another half than that of their last source.
    wrong: Vec<String>,
    /// Halves that were written more than once, by key and source.
    doubled: Vec<String>,
    requests: usize,
    troubled: usize,
}

/// A storm on `peer`. Objects are put while events of others, and of older versions of theirs, are at work.
async fn storm(peer: Peer, weather: &Weather) -> Left {
    const BATCHES: usize = 10;
    let world = World::with(peer, seeded(weather.seed, weather.trouble, FAULTS), weather.processes).await;
    let (mut waiting, mut dead, mut last) = (Vec::new(), Vec::new(), HashMap::new());
    for batch in 0..BATCHES {
        shuffle(&mut waiting, weather.seed ^ batch as u64);
        let late = waiting.split_off(waiting.len() / 2);
        let puts = put(&world, weather, weather.events * 4 / 5 / BATCHES, batch, &mut last);
        let (events, failed) = tokio::join!(puts, deliver(&world, waiting, weather.processes * 2));
        dead.extend(failed);
        let doubles = events[..events.len() / 4].to_vec();
        waiting = [late, events, doubles].concat();
    }
    shuffle(&mut waiting, weather.seed);
    dead.extend(deliver(&world, waiting, weather.processes * 2).await);
    let mut left = observed(&world, dead.len());
    // What AWS keeps in a dead-letter queue is not lost.
    world.proxy.plan(smooth());
    deliver(&world, dead, weather.processes).await;
    for (key, source) in &last {
        match world.objection(key, source).await {
            Some(objection) if objection == "there is no half" => left.lost.push(key.clone()),
            Some(objection) => left.wrong.push(format!("{key}: {objection}")),
            None => {}
        }
    }
    left
}

/// Puts `count` objects; their events. `last` says what lies under each key.
async fn put(
    world: &World,
    weather: &Weather,
    count: usize,
    batch: usize,
    last: &mut HashMap<String, Vec<u8>>,
) -> Vec<Value> {
    let mut events = Vec::new();
    for number in 0..count {
        let number = batch * count + number;
        let drawn = mixed(weather.seed ^ mixed(number as u64));
        let key = format!("in/ü {}.img", drawn as usize % weather.keys);
        let source = dot(number);
        events.push(world.put(&key, &source).await);
        last.insert(key, source);
    }
    events
}

/// Delivers all events, so many at a time; those that failed for the last time.
async fn deliver(world: &World, events: Vec<Value>, at_once: usize) -> Vec<Value> {
    let replies = world.lambda.deliver_all(&events, at_once).await;
    events.into_iter().zip(replies).filter_map(|(event, reply)| reply.is_err().then_some(event)).collect()
}

/// What the proxy saw.
fn observed(world: &World, dead: usize) -> Left {
    let seen = world.proxy.seen();
    let doubled = world.writes().into_iter().filter(|&(_, times)| times > 1);
    Left {
        dead,
        doubled: doubled.map(|((key, etag), times)| format!("{key} of {etag}: {times} times")).collect(),
        requests: seen.len(),
        troubled: seen.iter().filter(|seen| seen.fault != Fault::None).count(),
        ..Left::default()
    }
}

/// Fisher and Yates's shuffle.
fn shuffle(events: &mut [Value], seed: u64) {
    for place in (1..events.len()).rev() {
        events.swap(place, mixed(seed ^ place as u64) as usize % (place + 1));
    }
}

/// Says what a storm left, and that nothing is lost or wrong.
fn expect_nothing_lost(name: &str, weather: &Weather, left: &Left) {
    let Weather { seed, events, trouble, .. } = weather;
    let Left { dead, lost, wrong, doubled, requests, troubled } = left;
    eprintln!(
        "{name}, seed {seed}: {events} events, a fifth of them twice; {requests} requests, {troubled} of them in trouble; \
         {dead} dead letters, {} lost, {} wrong, {} doubled",
        lost.len(),
        wrong.len(),
        doubled.len()
    );
    assert!(*troubled > events * *trouble as usize / 100, "{name}: a storm of only {troubled} faults");
    assert!(lost.is_empty() && wrong.is_empty(), "{name}: lost: {lost:?}; wrong: {wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_events_on_our_own_server() {
    let weather = Weather { seed: 1, events: 1000, keys: 200, trouble: 10, processes: 4 };
    let left = storm(Peer::own().await, &weather).await;
    expect_nothing_lost("halver", &weather, &left);
    assert!(left.doubled.is_empty(), "{:?}", left.doubled);
}

/// Ceph fails every write with If-Match, so of two processes that are at the same version at once both may write its half.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_events_on_ceph() {
    let Some(ceph) = Peer::ceph() else { return };
    let weather = Weather { seed: 2, events: 200, keys: 50, trouble: 10, processes: 4 };
    let left = storm(ceph, &weather).await;
    expect_nothing_lost("ceph", &weather, &left);
}
