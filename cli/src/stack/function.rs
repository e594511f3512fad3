//! The function's process: started, watched, killed when its time is up, started again when it ends.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::environment::variables;
use super::notice::{Line, Notice, Notices};
use super::queue::Queue;
use super::{http, runtime};

/// How often in a row the function may fail to start.
const STARTS: u32 = 3;

/// A process that ends earlier is followed by a pause.
const SHORT_LIFE: Duration = Duration::from_secs(1);

/// The first such pause; it doubles from one short life to the next, up to 4 s.
const BACKOFF: Duration = Duration::from_millis(250);

/// The function, and all that its process needs.
pub(crate) struct Function {
    pub(crate) program: PathBuf,
    /// Megabytes of memory that it is told it has.
    pub(crate) megabytes: u32,
    /// How long a process may take to ask for its first event.
    pub(crate) init_timeout: Duration,
    /// Where S3 listens, `host:port`.
    pub(crate) s3: String,
    /// The bucket whose new objects are halved.
    pub(crate) bucket: String,
    /// Where everything that the function writes is appended.
    pub(crate) log: Arc<Mutex<std::fs::File>>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) notices: Notices,
    /// The id of the present process, 0 while there is none.
    pub(crate) pid: Arc<AtomicU32>,
}

/// How a process ended.
enum Ended {
    /// The stack stops.
    Stopped,
    /// An attempt's outcome, and how the process ended.
    Failed(&'static str, String),
}

impl Function {
    /// Runs the function until `stop` changes; when this returns, or is dropped, no process is left.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let (mut failed_starts, mut short_lives) = (0, 0);
        loop {
            let begun = Instant::now();
            let process = self.queue.begin_process();
            let ended = self.run_process(process, &mut stop).await;
            self.pid.store(0, Ordering::Relaxed);
            let (outcome, how) = match ended {
                Ended::Stopped => return,
                Ended::Failed(outcome, how) => (outcome, how),
            };
            let process = self.queue.end_process(outcome, &how);
            self.notices.send(Notice::Crashed { how, invocation: process.invocation });
            failed_starts = if process.ready { 0 } else { failed_starts + 1 };
            if failed_starts == STARTS {
                self.queue.give_up();
                self.notices.send(Notice::GivenUp);
                let _ = stop.wait_for(|stop| *stop).await;
                return;
            }
            short_lives = if begun.elapsed() < SHORT_LIFE { short_lives + 1 } else { 0 };
            let pause = if short_lives > 0 { BACKOFF * 2_u32.pow(short_lives.min(5) - 1) } else { Duration::ZERO };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn run_process(&self, process: u64, stop: &mut watch::Receiver<bool>) -> Ended {
        let failed = |error: std::io::Error| Ended::Failed("crash", format!("it cannot be started: {error}"));
        let listener = match http::listen(0).await {
            Ok(listener) => listener,
            Err(error) => return failed(error),
        };
        let address = match listener.local_addr() {
            Ok(address) => address.to_string(),
            Err(error) => return failed(error),
        };
        let mut child = match self.spawn(&address) {
            Ok(child) => child,
            Err(error) => return failed(error),
        };
        self.pid.store(child.id().unwrap_or_default(), Ordering::Relaxed);
        let readers =
            [child.stdout.take().map(|pipe| self.read(pipe)), child.stderr.take().map(|pipe| self.read(pipe))];
        let ended = tokio::select! {
            status = child.wait() => {
                Ended::Failed("crash", status.map_or_else(|error| error.to_string(), |status| status.to_string()))
            }
            () = self.overdue() => {
                Ended::Failed("timeout", format!("it asked for no event within {:?}", self.init_timeout))
            }
            () = self.queue.expired() => Ended::Failed("timeout", "its time was up".to_owned()),
            _ = stop.wait_for(|stop| *stop) => Ended::Stopped,
            () = runtime::serve(listener, address, Arc::clone(&self.queue), process) => Ended::Stopped,
        };
        // It has ended already, or must now; where killing fails, dropping the child tries once more.
        let _ = child.kill().await;
        for reader in readers.into_iter().flatten() {
            let _ = tokio::time::timeout(Duration::from_secs(1), reader).await;
        }
        ended
    }

    /// Returns when the present process has had its time to start, and has not asked for an event.
    async fn overdue(&self) {
        tokio::time::sleep(self.init_timeout).await;
        if self.queue.is_ready() {
            std::future::pending().await
        }
    }

    fn spawn(&self, runtime_api: &str) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        // Ctrl-C in a terminal goes to the whole process group: it is for the stack, which lets the function go.
        #[cfg(unix)]
        command.process_group(0);
        command
            .env_clear()
            .envs(variables(&self.program, self.megabytes, runtime_api, &self.s3, &self.bucket))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    /// Hands on what the function writes, line by line, until it closes `pipe`.
    fn read(&self, pipe: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<()> {
        let (log, notices) = (Arc::clone(&self.log), self.notices.clone());
        tokio::spawn(async move {
            let mut lines = BufReader::new(pipe).split(b'\n');
            while let Ok(Some(line)) = lines.next_segment().await {
                let line = String::from_utf8_lossy(&line);
                let written = writeln!(log.lock().unwrap_or_else(PoisonError::into_inner), "{line}");
                if let Err(error) = written {
                    notices.send(Notice::Lost(format!("cannot write the function's log: {error}")));
                }
                notices.send(match serde_json::from_str::<Line>(&line) {
                    Ok(line) => Notice::Line(Box::new(line)),
                    Err(_) => Notice::Text(line.into_owned()),
                });
            }
        })
    }
}
