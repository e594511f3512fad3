//! The whole machine on one computer: S3, notifications, the function behind a Runtime API, and the page.
//!
//! ```text
//! client ──PUT──▶ s3 ──notification──▶ queue ──next──▶ function (the real `bootstrap`)
//!   ▲              ▲                                      │
//!   └─── page      └───────────────get, put───────────────┘
//! ```
//! Everything listens on 127.0.0.1 and lives in this process, but for the function, which is its child.

mod data_lock;
mod environment;
mod error;
mod event;
mod function;
mod gateway;
mod http;
mod notice;
mod page;
mod queue;
mod runtime;
mod s3;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use halver_lambda::{Config, S3Settings};
use hyper::header::HeaderValue;
use s3s::validation::{AwsNameValidation, NameValidation};
use serde_json::value::RawValue;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

pub use error::StackError;
pub use notice::{Line, Milliseconds, Notice, Subject};

use data_lock::DataLock;
use function::Function;
use gateway::Gateway;
use notice::Notices;
use page::Page;
use queue::Queue;
use s3::{Cors, Service, Store};

/// The access key of the local S3.
pub const ACCESS_KEY: &str = "halver";
/// The secret of [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "halver-secret";
/// The region of the local S3.
pub const REGION: &str = "us-east-1";

/// How the stack is started.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everything is kept: `buckets/`, `queue/`, `dead-letter/`, `function.log`, `lock`.
    pub data: PathBuf,
    /// The page's port; S3 has the one behind it. 0 for two free ones.
    pub port: u16,
    /// The bucket whose new objects are halved.
    pub bucket: String,
    /// The function's binary.
    pub function: PathBuf,
    /// Megabytes of memory that the function is told it has. It keeps to them by itself: nothing here limits it.
    pub megabytes: u32,
    /// The folder of the page.
    pub page: PathBuf,
    /// How long a failed event waits for its next attempt. AWS waits one minute, then two.
    pub retry_delay: Duration,
    /// How long an invocation may take before the function is killed.
    pub timeout: Duration,
    /// How long the function may take from its start to its first request for an event.
    pub init_timeout: Duration,
}

/// The running stack; dropping it ends everything, the function too.
pub struct Stack {
    page: SocketAddr,
    s3: SocketAddr,
    bucket: String,
    config: Config,
    queue: Arc<Queue>,
    notices: Notices,
    /// All notices since the start, until somebody asks for them.
    from_start: Mutex<Option<broadcast::Receiver<Notice>>>,
    pid: Arc<AtomicU32>,
    stop: watch::Sender<bool>,
    function: JoinSet<()>,
    _servers: JoinSet<()>,
    // Behind all that uses the folder.
    _lock: DataLock,
}

impl Stack {
    /// Starts everything; on return all addresses answer.
    ///
    /// # Errors
    /// [`StackError`]; nothing is left running.
    pub async fn start(settings: Settings) -> Result<Self, StackError> {
        check_files(&settings)?;
        check_bucket(&settings.bucket)?;
        let config = config(&settings)?;
        let result_bucket = config.mapping.bucket(&settings.bucket);
        check_bucket(&result_bucket)?;
        let page = listen(settings.port, "the page").await?;
        let s3_port = if settings.port == 0 { 0 } else { settings.port.saturating_add(1) };
        let s3 = listen(s3_port, "S3").await?;
        let lock = DataLock::take(&settings.data)?;
        let in_data = |source| StackError::Data { folder: settings.data.clone(), source };
        let (page_address, s3_address) = (address(&page)?, address(&s3)?);

        let notices = Notices::new();
        let from_start = Mutex::new(Some(notices.subscribe()));
        let queue = Queue::open(&settings.data, settings.retry_delay, settings.timeout, notices.clone());
        let queue = Arc::new(queue.map_err(in_data)?);
        let store = open_store(&settings, &result_bucket, Arc::clone(&queue), notices.clone());
        let store = Arc::new(store.await.map_err(in_data)?);
        let log = std::fs::OpenOptions::new().create(true).append(true).open(settings.data.join("function.log"));
        let log = Arc::new(Mutex::new(log.map_err(in_data)?));

        let (pid, stop) = (Arc::new(AtomicU32::new(0)), watch::Sender::new(false));
        let function = Function {
            program: settings.function,
            megabytes: settings.megabytes,
            init_timeout: settings.init_timeout,
            s3: s3_address.to_string(),
            bucket: settings.bucket.clone(),
            log,
            queue: Arc::clone(&queue),
            notices: notices.clone(),
            pid: Arc::clone(&pid),
        };
        let gateway = Gateway { queue: Arc::clone(&queue), uploads: config.http.uploads.clone() };
        let servers = serve((page, page_address, settings.page, gateway), (s3, s3_address, store));
        let function = JoinSet::from_iter([function.run(stop.subscribe())]);
        let bucket = settings.bucket;
        Ok(Self {
            page: page_address,
            s3: s3_address,
            bucket,
            config,
            queue,
            notices,
            from_start,
            pid,
            stop,
            function,
            _servers: servers,
            _lock: lock,
        })
    }

    /// Where the page is.
    #[must_use]
    pub fn page_url(&self) -> String {
        format!("http://{}", self.page)
    }

    /// Where S3 is.
    #[must_use]
    pub fn s3_url(&self) -> String {
        format!("http://{}", self.s3)
    }

    /// The bucket whose new objects are halved.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The bucket that halves go to.
    #[must_use]
    pub fn result_bucket(&self) -> String {
        self.config.mapping.bucket(&self.bucket)
    }

    /// How the function halves.
    #[must_use]
    pub const fn options(&self) -> &halver::Options {
        &self.config.options
    }

    /// An S3 client for this stack.
    #[must_use]
    pub fn client(&self) -> Client {
        client(self.s3)
    }

    /// What happens: to the first who asks from the stack's start on, to others from now on.
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        let from_start = self.from_start.lock().unwrap_or_else(PoisonError::into_inner).take();
        from_start.unwrap_or_else(|| self.notices.subscribe())
    }

    /// Invokes the function with `event`, byte for byte and asynchronously; the invocation's request id.
    pub fn invoke(&self, event: Box<RawValue>) -> String {
        self.queue.accept(event)
    }

    /// The id of the function's process, while there is one.
    #[must_use]
    pub fn function_pid(&self) -> Option<u32> {
        Some(self.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }

    /// Ends everything; when this returns, the function's process is gone. Events that were not done are kept for
    /// the next start with the same data.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.function.join_next().await.is_some() {}
    }
}

/// What the function will read from its environment, checked here so that a mistake is told at once.
fn config(settings: &Settings) -> Result<Config, StackError> {
    let Settings { function, megabytes, bucket, .. } = settings;
    let variables = environment::variables(function, *megabytes, "127.0.0.1:0", "127.0.0.1:0", bucket);
    Config::read(variables).map_err(StackError::Setting)
}

fn check_files(settings: &Settings) -> Result<(), StackError> {
    if !settings.function.is_file() {
        return Err(StackError::NoFunction(settings.function.clone()));
    }
    if !settings.page.join("index.html").is_file() {
        return Err(StackError::NoPage(settings.page.clone()));
    }
    Ok(())
}

fn check_bucket(name: &str) -> Result<(), StackError> {
    if AwsNameValidation::new().validate_bucket_name(name) {
        Ok(())
    } else {
        Err(StackError::BucketName(name.to_owned()))
    }
}

async fn listen(port: u16, purpose: &'static str) -> Result<TcpListener, StackError> {
    http::listen(port).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => StackError::PortTaken { port, purpose },
        _ => StackError::Port { port, source },
    })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, StackError> {
    listener.local_addr().map_err(|source| StackError::Port { port: 0, source })
}

/// The store with both buckets; new objects in the watched one become events in `queue`.
async fn open_store(
    settings: &Settings,
    result_bucket: &str,
    queue: Arc<Queue>,
    notices: Notices,
) -> std::io::Result<Store> {
    let watched = settings.bucket.clone();
    let root = settings.data.join("buckets");
    tokio::fs::create_dir_all(&root).await?;
    let store = Store::open(
        &root,
        Box::new(move |creation| {
            if creation.bucket == watched {
                match event::notification(creation, SystemTime::now()) {
                    Ok(event) => drop(queue.accept(event)),
                    Err(error) => notices.send(Notice::Lost(format!("{watched}/{}: {error}", creation.object.key))),
                }
            }
        }),
    )?;
    for bucket in [&settings.bucket, result_bucket] {
        store.create_bucket(bucket).await.map_err(|error| std::io::Error::other(error.to_string()))?;
    }
    Ok(store)
}

/// Serves the page and S3.
fn serve(
    (page, page_address, folder, gateway): (TcpListener, SocketAddr, PathBuf, Gateway),
    (s3, s3_address, store): (TcpListener, SocketAddr, Arc<Store>),
) -> JoinSet<()> {
    let hosts = page::hosts(page_address);
    let cors = Cors { origins: hosts.iter().map(|host| format!("http://{host}")).collect() };
    let service = Service::new(store, cors);
    let policy = HeaderValue::try_from(Page::policy(&s3_address.to_string()));
    let policy = policy.unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let files = Arc::new(Page { folder, gateway, hosts, policy });
    let mut servers = JoinSet::new();
    servers.spawn(http::serve(s3, move |request, peer| service.clone().answer(request, peer)));
    servers.spawn(http::serve(page, move |request, peer| Arc::clone(&files).answer(request, peer)));
    servers
}

fn client(s3: SocketAddr) -> Client {
    halver_lambda::client(&S3Settings {
        endpoint: Some(format!("http://{s3}")),
        region: REGION.to_owned(),
        access_key_id: ACCESS_KEY.to_owned(),
        secret_access_key: SECRET_KEY.to_owned(),
        session_token: None,
    })
}
