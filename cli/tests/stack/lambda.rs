//! The real function as AWS Lambda runs it: some processes, each behind a Runtime API of its own, that take one event at
//! a time.

use std::collections::{HashMap, VecDeque};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::task::JoinSet;

use crate::http::{self, Answer, Server};
use crate::machine::{PATIENCE, function};

/// What an invocation ends with: the function's reply, or its error document.
pub(crate) type Reply = Result<Value, Value>;

/// Attempts that AWS makes for an asynchronous event.
const ATTEMPTS: usize = 3;

/// Running processes of the function; they end when dropped.
pub(crate) struct Lambda {
    shared: Arc<Shared>,
    _processes: JoinSet<()>,
}

struct Shared {
    environment: Vec<(&'static str, String)>,
    timeout: Duration,
    waiting: Mutex<VecDeque<Invocation>>,
    arrived: Notify,
    /// The invocation that each process has, by the process's number.
    running: Mutex<HashMap<usize, Invocation>>,
    /// The processes' ids, by their numbers.
    pids: Mutex<HashMap<usize, u32>>,
    /// Every line that the function wrote.
    log: Mutex<Vec<String>>,
}

struct Invocation {
    id: String,
    event: Value,
    reply: oneshot::Sender<Reply>,
}

impl Lambda {
    /// Starts `processes` processes with `environment` beside what AWS sets. An invocation may take `timeout`.
    pub(crate) fn start(environment: Vec<(&'static str, String)>, processes: usize, timeout: Duration) -> Self {
        let shared = Arc::new(Shared {
            environment,
            timeout,
            waiting: Mutex::default(),
            arrived: Notify::new(),
            running: Mutex::default(),
            pids: Mutex::default(),
            log: Mutex::default(),
        });
        let processes = (0..processes).map(|process| Arc::clone(&shared).run(process)).collect();
        Self { shared, _processes: processes }
    }

    /// One attempt: the reply, or the error document; one with the type `crash` where the process ended instead.
    pub(crate) async fn invoke(&self, event: &Value) -> Reply {
        self.shared.invoke(event).await
    }

    /// What AWS does with an asynchronous event: up to three attempts, one behind the other. The last one's reply.
    pub(crate) async fn deliver(&self, event: &Value) -> Reply {
        self.shared.deliver(event).await
    }

    /// Delivers `events`, so many at a time; the replies, in the order of the events.
    pub(crate) async fn deliver_all(&self, events: &[Value], at_once: usize) -> Vec<Reply> {
        let room = Arc::new(Semaphore::new(at_once));
        let mut deliveries = Vec::new();
        for event in events {
            let permit = Arc::clone(&room).acquire_owned().await.unwrap();
            let (shared, event) = (Arc::clone(&self.shared), event.clone());
            deliveries.push(tokio::spawn(async move {
                let reply = shared.deliver(&event).await;
                drop(permit);
                reply
            }));
        }
        let mut replies = Vec::new();
        for delivery in deliveries {
            replies.push(delivery.await.unwrap());
        }
        replies
    }

    /// What kills all processes at once.
    pub(crate) fn killer(&self) -> impl Fn() + Send + Sync + 'static {
        let shared = Arc::clone(&self.shared);
        move || shared.kill()
    }

    /// What the function has logged of late.
    pub(crate) fn log(&self) -> String {
        self.shared.log()
    }
}

impl Shared {
    async fn invoke(&self, event: &Value) -> Reply {
        let (reply, replied) = oneshot::channel();
        let invocation = Invocation { id: uuid::Uuid::new_v4().to_string(), event: event.clone(), reply };
        self.waiting.lock().unwrap().push_back(invocation);
        self.arrived.notify_one();
        let replied = tokio::time::timeout(PATIENCE, replied).await;
        replied.unwrap_or_else(|_| panic!("no reply to {event}; the log:\n{}", self.log())).unwrap()
    }

    async fn deliver(&self, event: &Value) -> Reply {
        let mut reply = self.invoke(event).await;
        for _ in 1..ATTEMPTS {
            if reply.is_ok() {
                break;
            }
            reply = self.invoke(event).await;
        }
        reply
    }

    fn log(&self) -> String {
        const LINES: usize = 12;
        let log = self.log.lock().unwrap();
        let told: Vec<&str> =
            log.iter().map(String::as_str).filter(|line| !line.contains("CloudWatchMetrics")).collect();
        told[told.len().saturating_sub(LINES)..].join("\n")
    }

    /// Runs one process after the other.
    async fn run(self: Arc<Self>, process: usize) {
        loop {
            let own = Arc::clone(&self);
            let server = Server::start(move |request| Box::pin(Arc::clone(&own).answer(request, process))).await;
            let mut child = self.spawn(&server.address.to_string());
            self.pids.lock().unwrap().insert(process, child.id().unwrap());
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            // It ends with the process.
            while let Ok(Some(line)) = lines.next_line().await {
                self.log.lock().unwrap().push(line);
            }
            let status = child.wait().await.unwrap();
            self.pids.lock().unwrap().remove(&process);
            if let Some(invocation) = self.running.lock().unwrap().remove(&process) {
                let error = json!({ "errorType": "crash", "errorMessage": status.to_string() });
                // Who asked may have gone, with the test.
                let _ = invocation.reply.send(Err(error));
            }
        }
    }

    fn spawn(&self, runtime_api: &str) -> Child {
        let mut command = Command::new(function());
        command.env_clear().envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime_api),
            ("AWS_LAMBDA_FUNCTION_NAME", "halver"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_REGION", "us-east-1"),
        ]);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap()
    }

    fn kill(&self) {
        for pid in self.pids.lock().unwrap().values() {
            // It may have ended by itself.
            let _ = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
    }

    /// The Runtime API, version 2018-06-01.
    async fn answer(self: Arc<Self>, request: Request<Incoming>, process: usize) -> Answer {
        let path = request.uri().path().strip_prefix("/2018-06-01/runtime/").unwrap_or_default().to_owned();
        let steps: Vec<&str> = path.split('/').collect();
        match (request.method(), &steps[..]) {
            (&Method::GET, ["invocation", "next"]) => self.next(process).await,
            (&Method::POST, ["invocation", id, kind @ ("response" | "error")]) => {
                let text = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                self.finish(process, id, *kind == "response", &text)
            }
            _ => status(404),
        }
    }

    async fn next(&self, process: usize) -> Answer {
        let invocation = loop {
            let arrived = self.arrived.notified();
            if let Some(invocation) = self.waiting.lock().unwrap().pop_front() {
                break invocation;
            }
            arrived.await;
        };
        // Others may wait for what came at the same time.
        self.arrived.notify_one();
        let deadline = (SystemTime::now() + self.timeout).duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &invocation.id)
            .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
            .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:halver")
            .body(http::body(invocation.event.to_string()));
        self.running.lock().unwrap().insert(process, invocation);
        Answer::Response(response.unwrap())
    }

    fn finish(&self, process: usize, id: &str, well: bool, text: &Bytes) -> Answer {
        let mut running = self.running.lock().unwrap();
        let Some(invocation) = running.remove(&process) else { return status(400) };
        if invocation.id != id {
            running.insert(process, invocation);
            return status(400);
        }
        let document = serde_json::from_slice(text).unwrap_or(Value::Null);
        let _ = invocation.reply.send(if well { Ok(document) } else { Err(document) });
        status(202)
    }
}

fn status(status: u16) -> Answer {
    Answer::Response(Response::builder().status(status).body(http::body("{}")).unwrap())
}
