//! Crashes, timeouts and trouble that lasts: no event is lost.

use std::process::Command;
use std::time::{Duration, Instant};

use halver_cli::stack::{Notice, Stack, StackError};

use crate::machine::{Folder, Machine, PATIENCE, corpus, function, get, send, settings};

/// Sends `signal` to the process `pid`, which a test started.
fn kill(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// The function's process, once there is one.
async fn process(stack: &Stack) -> u32 {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match stack.function_pid() {
            Some(pid) => return pid,
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    panic!("the function was never started");
}

/// Whether `pid` is a process that runs.
#[cfg(target_os = "linux")]
fn runs(pid: u32) -> bool {
    // A zombie has no command line.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

/// A machine that has halved one image, with its function stopped (by SIGSTOP) and an event in its hands.
async fn frozen(timeout: Duration) -> (Machine, u32, Vec<u8>) {
    let mut machine = Machine::start_with(|settings| settings.timeout = timeout).await;
    let photo = corpus("photo-420.jpg");
    machine.put("first.jpg", photo.clone()).await;
    machine.expect_half("first.jpg", &photo).await;
    let pid = process(&machine.stack).await;
    // Its next request is under way by now, or it has been answered by the time the process runs again.
    tokio::time::sleep(Duration::from_millis(200)).await;
    kill("-STOP", pid);
    machine.put("second.jpg", photo.clone()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    (machine, pid, photo)
}

#[tokio::test]
async fn a_killed_function_is_started_again_and_its_event_processed() {
    let (mut machine, pid, photo) = frozen(Duration::from_secs(30)).await;
    kill("-KILL", pid);
    let undone = machine.until(|notice| match notice {
        Notice::Crashed { how, invocation } => Some((how.clone(), invocation.clone())),
        _ => None,
    });
    let (how, invocation) = undone.await;
    assert!(how.contains("signal: 9"), "{how}");
    assert!(invocation.is_some(), "the event was not in flight");
    machine.expect_half("second.jpg", &photo).await;
    assert_ne!(process(&machine.stack).await, pid);
    assert_eq!(machine.dead_letters().len(), 0);
    machine.stack.stop().await;
}

#[tokio::test]
async fn a_function_out_of_time_is_killed_and_its_event_tried_again() {
    let (mut machine, pid, photo) = frozen(Duration::from_secs(1)).await;
    machine.until(|notice| matches!(notice, Notice::Crashed { invocation: Some(_), .. }).then_some(())).await;
    machine.expect_half("second.jpg", &photo).await;
    assert_ne!(process(&machine.stack).await, pid);
    machine.stack.stop().await;
}

#[tokio::test]
async fn a_request_in_the_hands_of_a_killed_function_is_answered() {
    let (mut machine, pid, photo) = frozen(Duration::from_secs(30)).await;
    let url = format!("{}/config", machine.stack.page_url());
    // It goes before the event, which is in the function's hands already, and so is next.
    let asked = tokio::spawn(async move { send(get(&url)).await });
    kill("-KILL", pid);
    machine.expect_half("second.jpg", &photo).await;
    assert_eq!(asked.await.unwrap().status(), 200);
    let pid = process(&machine.stack).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    kill("-STOP", pid);
    let url = format!("{}/config", machine.stack.page_url());
    let asked = tokio::spawn(async move { send(get(&url)).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    kill("-KILL", pid);
    let answer = asked.await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (502, &"application/problem+json".parse().unwrap())
    );
    let problem: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("signal: 9"), "{problem}");
    machine.stack.stop().await;
}

#[tokio::test]
async fn nobody_waits_for_a_function_that_cannot_start() {
    let mut machine = Machine::start_with(|settings| settings.function = "/bin/false".into()).await;
    let url = format!("{}/config", machine.stack.page_url());
    let early = url.clone();
    let early = tokio::spawn(async move { send(get(&early)).await.status().as_u16() });
    machine.until(|notice| matches!(notice, Notice::GivenUp).then_some(())).await;
    assert_eq!(early.await.unwrap(), 503);
    assert_eq!(send(get(&url)).await.status(), 503);
    machine.stack.stop().await;
}

#[tokio::test]
async fn an_event_for_a_bucket_that_does_not_exist_becomes_a_dead_letter() {
    let mut machine = Machine::start().await;
    let event = serde_json::json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
        "eventTime": "2024-01-01T00:00:00.000Z", "eventName": "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "x",
            "bucket": { "name": "nowhere", "arn": "arn:aws:s3:::nowhere", "ownerIdentity": { "principalId": "x" } },
            "object": { "key": "a.jpg", "size": 1, "eTag": "00", "sequencer": "00" },
        },
    }]});
    let id = machine.stack.invoke(serde_json::value::to_raw_value(&event).unwrap());
    let error = machine.until(|notice| match notice {
        Notice::DeadLetter { error, .. } => Some(error.clone()),
        _ => None,
    });
    assert!(error.await.starts_with("no-such-bucket: "));
    let [letter] = &machine.dead_letters()[..] else { panic!("one dead letter") };
    assert_eq!((&letter["requestId"], &letter["event"]), (&id.into(), &event));
    let outcomes: Vec<_> = letter["attempts"].as_array().unwrap().iter().map(|a| a["outcome"].as_str()).collect();
    assert_eq!(outcomes, [Some("error"); 3]);
    assert_eq!(machine.waiting(), 0);
    machine.stack.stop().await;
}

#[tokio::test]
async fn a_function_that_cannot_start_keeps_its_events_for_the_next_start() {
    let mut machine = Machine::start_with(|settings| settings.function = "/bin/false".into()).await;
    let photo = corpus("photo-grey.jpg");
    machine.put("kept.jpg", photo.clone()).await;
    machine.until(|notice| matches!(notice, Notice::GivenUp).then_some(())).await;
    assert_eq!(machine.waiting(), 1);
    let Machine { stack, data, .. } = machine;
    stack.stop().await;

    let mended = settings(&data);
    let mut machine = Machine::open(data, mended).await;
    machine.expect_half("kept.jpg", &photo).await;
    machine.stack.stop().await;
}

/// A function that is this script.
#[cfg(unix)]
fn script(data: &std::path::Path, text: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let file = data.join("script");
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file
}

#[cfg(unix)]
#[tokio::test]
async fn a_function_that_never_asks_for_an_event_fails_to_start() {
    let machine = Machine::start_with(|settings| {
        settings.function = script(&settings.data, "#!/bin/sh\nexec sleep 1000\n");
        settings.init_timeout = Duration::from_millis(300);
    });
    let mut machine = machine.await;
    let how = machine.until(|notice| match notice {
        Notice::Crashed { how, .. } if how.contains("no event within") => Some(how.clone()),
        _ => None,
    });
    assert_eq!(how.await, "it asked for no event within 300ms");
    machine.until(|notice| matches!(notice, Notice::GivenUp).then_some(())).await;
    machine.stack.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn an_event_that_crashes_the_function_three_times_becomes_a_dead_letter() {
    // It takes an event and ends.
    let crashing = r#"#!/usr/bin/env bash
        exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
        printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n' "$AWS_LAMBDA_RUNTIME_API" >&3
        read -r <&3
        exit 7
    "#;
    let machine = Machine::start_with(|settings| settings.function = script(&settings.data, crashing));
    let mut machine = machine.await;
    machine.put("deadly.jpg", corpus("photo-420.jpg")).await;
    let subject = machine.until(|notice| match notice {
        Notice::DeadLetter { subject, .. } => subject.clone(),
        _ => None,
    });
    assert_eq!(subject.await.key, "deadly.jpg");
    let [letter] = &machine.dead_letters()[..] else { panic!("one dead letter") };
    let attempts = letter["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 3);
    for attempt in attempts {
        assert_eq!((&attempt["outcome"], &attempt["message"]), (&"crash".into(), &"exit status: 7".into()));
    }
    assert_eq!(machine.waiting(), 0);
    machine.stack.stop().await;
}

#[tokio::test]
async fn an_object_deleted_before_the_function_reads_it_is_refused() {
    let (mut machine, pid, _) = frozen(Duration::from_secs(30)).await;
    machine.client.delete_object().bucket("sample").key("second.jpg").send().await.unwrap();
    kill("-CONT", pid);
    let line = machine.line("second.jpg").await;
    assert_eq!((line.event.as_str(), line.code.as_deref()), ("refused", Some("no-such-key")), "{line}");
    assert_eq!(machine.failure_record("second.jpg").await.code, "no-such-key");
    machine.stack.stop().await;
}

#[tokio::test]
async fn what_is_no_event_in_the_queue_becomes_a_dead_letter() {
    let data = Folder::new();
    let (queue, letters) = (data.join("queue"), data.join("dead-letter"));
    std::fs::create_dir_all(queue.join("folder.json")).unwrap();
    std::fs::write(queue.join("cut.json"), r#"{"Records":[{"#).unwrap();
    std::fs::write(queue.join("cut.part"), "").unwrap();
    let settings = settings(&data);
    let mut machine = Machine::open(data, settings).await;
    for name in ["folder.json", "cut.json", "cut.part"] {
        assert!(letters.join(name).exists(), "{name}");
        machine
            .until(|notice| matches!(notice, Notice::Lost(text) if text.contains("is no event")).then_some(()))
            .await;
    }
    assert_eq!(machine.waiting(), 0);
    machine.stack.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_function_is_no_part_of_the_terminals_process_group() {
    let machine = Machine::start().await;
    let pid = process(&machine.stack).await;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // Behind the name in parentheses: state, parent, process group.
    let group = stat.rsplit(')').next().unwrap().split_whitespace().nth(2).unwrap();
    assert_eq!(group, pid.to_string());
    machine.stack.stop().await;
}

#[tokio::test]
async fn two_stacks_do_not_share_their_data() {
    let machine = Machine::start().await;
    let Err(error) = Stack::start(settings(&machine.data)).await else { panic!("it started") };
    let said = error.to_string();
    assert!(said.contains("is in use by another halver") && !said.contains('\n'), "{said}");
    let Machine { stack, data, .. } = machine;
    stack.stop().await;
    Stack::start(settings(&data)).await.unwrap().stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_process_is_left_behind() {
    let machine = Machine::start().await;
    let pid = process(&machine.stack).await;
    // A process that was started a moment ago has its parent's command line, then none, then its own.
    let begun = Instant::now();
    while !runs(pid) {
        assert!(begun.elapsed() < PATIENCE, "never ran");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    machine.stack.stop().await;
    assert!(!runs(pid), "left after stop");

    let Machine { stack, data, .. } = Machine::start().await;
    let pid = process(&stack).await;
    drop(stack);
    let begun = Instant::now();
    while runs(pid) && begun.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!runs(pid), "left after drop");
    drop(data);
}

#[tokio::test]
async fn a_stack_that_cannot_start_says_why() {
    let data = Folder::new();
    let good = settings(&data);
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let cases = [
        (halver_cli::stack::Settings { port, ..good.clone() }, format!("port {port} (the page) is taken")),
        (halver_cli::stack::Settings { function: data.join("none"), ..good.clone() }, "cargo build".to_owned()),
        (halver_cli::stack::Settings { page: data.join("none"), ..good.clone() }, "--page".to_owned()),
        (halver_cli::stack::Settings { bucket: "No".to_owned(), ..good.clone() }, "no bucket name".to_owned()),
        (halver_cli::stack::Settings { data: function(), ..good }, "data folder".to_owned()),
    ];
    for (settings, text) in cases {
        let Err::<Stack, StackError>(error) = Stack::start(settings).await else { panic!("{text}: it started") };
        let said = error.to_string();
        assert!(said.contains(&text) && !said.contains('\n'), "{said}");
    }
}
