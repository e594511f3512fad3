//! Fetching an image from the web, for jobs that anyone may have written.
//!
//! ```text
//! url → policy (scheme, port, literal address) → resolver (its addresses, filtered) → connect → status → bytes
//!  ▲                                                                                    │
//!  └──────────────────────────── at most three redirects ───────────────────────────────┘
//! ```
//! The client is the one that talks to S3, without its proxies: rustls with the system's roots, HTTP/1.1 and HTTP/2.

mod address;
mod error;
mod policy;
mod resolver;

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::dns::{ResolveDns, SharedDnsResolver};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::byte_stream::ByteStream;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

pub use error::{FetchError, FetchErrorKind, Redacted};
pub use policy::{UnknownUrlPolicy, UrlPolicy};

use crate::dns::{NoSuchHost, System};
use crate::s3::causes;
use resolver::{Filtered, NotAllowed};

/// How long a connection may take: its name resolved, TLS agreed.
const CONNECT: Duration = Duration::from_secs(3);
/// How long the head of an answer may take, the connection included.
const ANSWER: Duration = Duration::from_secs(20);
/// How long a body may pause.
const PAUSE: Duration = Duration::from_secs(10);
/// How often one URL may lead to another.
const REDIRECTS: usize = 3;

/// Our formats before all others, so that a server with a choice sends one that can be halved.
const ACCEPT: &str = "image/jpeg, image/png, image/webp, image/gif, */*;q=0.1";
/// Who asks, for a server's log.
const USER_AGENT: &str = concat!("halver/", env!("CARGO_PKG_VERSION"));

/// `url` as far as it may be shown; nothing of what is no URL.
pub(crate) fn redacted(url: &str) -> String {
    Url::parse(url).map(|url| Redacted::new(&url).to_string()).unwrap_or_default()
}

/// Fetches images from the web as far as a [`UrlPolicy`] allows.
#[derive(Debug)]
pub struct Fetcher {
    policy: UrlPolicy,
    resolver: SharedDnsResolver,
    roots: tls::TlsContext,
    connector: OnceLock<Connector>,
}

impl Fetcher {
    /// A fetcher that has not read the system's certificates yet: it does so with the first image.
    #[must_use]
    pub fn new(policy: UrlPolicy) -> Self {
        Self::with(policy, System, tls::TlsContext::default())
    }

    fn with(policy: UrlPolicy, resolver: impl ResolveDns + 'static, roots: tls::TlsContext) -> Self {
        let resolver = SharedDnsResolver::new(Filtered { inner: resolver, policy });
        Self { policy, resolver, roots, connector: OnceLock::new() }
    }

    /// The bytes at `url`, which are `max_bytes` at most and have come before `deadline`. One attempt; memory grows
    /// with the bytes that the server says it sends, never past `max_bytes`.
    ///
    /// # Errors
    /// [`FetchError`]; [`FetchError::is_transient`] says whether another attempt may help.
    pub async fn get(&self, url: &str, max_bytes: u64, deadline: Instant) -> Result<Vec<u8>, FetchError> {
        let mut trail = Vec::new();
        let result = timeout_at(deadline, self.follow(url, max_bytes, &mut trail)).await;
        let late = |_| Err(Failure::new(FetchErrorKind::Timeout, "the time that was given for it ran out"));
        result.unwrap_or_else(late).map_err(|Failure { kind, detail }| FetchError { trail, kind, detail })
    }

    /// Asks for `url` and for where it leads, and notes each in `trail`.
    async fn follow(&self, url: &str, max_bytes: u64, trail: &mut Vec<Redacted>) -> Result<Vec<u8>, Failure> {
        let malformed = |error: url::ParseError| Failure::new(FetchErrorKind::Malformed, error.to_string());
        let mut url = Url::parse(url).map_err(malformed)?;
        loop {
            url.set_fragment(None);
            trail.push(Redacted::new(&url));
            self.policy.check(&url)?;
            let answer = self.ask(&url).await?;
            match answer.status().as_u16() {
                // A part was not asked for.
                206 => return Err(status(206)),
                200..=299 => return body(answer, max_bytes).await,
                301 | 302 | 303 | 307 | 308 => url = target(&url, &answer)?,
                other => return Err(status(other)),
            }
            if trail.len() > REDIRECTS {
                trail.push(Redacted::new(&url));
                let detail = format!("{REDIRECTS} redirects are followed at most");
                return Err(Failure::new(FetchErrorKind::Redirects, detail));
            }
        }
    }

    /// The head of the answer to a GET of `url`.
    async fn ask(&self, url: &Url) -> Result<HttpResponse, Failure> {
        // The client's own idea of a URL is stricter, e.g. in its length.
        let malformed = |_| Failure::new(FetchErrorKind::Malformed, "the HTTP client does not take it");
        let mut request = HttpRequest::get(url.as_str()).map_err(malformed)?;
        let headers = request.headers_mut();
        headers.insert("accept", ACCEPT);
        headers.insert("accept-encoding", "identity");
        headers.insert("user-agent", USER_AGENT);
        match timeout(ANSWER, self.connector().call(request)).await {
            Ok(answer) => answer.map_err(|error| failure(&error)),
            Err(_) => Err(Failure::new(FetchErrorKind::Timeout, format!("no answer within {ANSWER:?}"))),
        }
    }

    fn connector(&self) -> &Connector {
        self.connector.get_or_init(|| {
            Connector::builder()
                .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT).build())
                // Jobs seldom name one host twice, and a connection does not live through a pause between invocations.
                .pool_max_idle_per_host(0)
                .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
                .tls_context(self.roots.clone())
                .build_with_resolver(self.resolver.clone())
        })
    }
}

/// A [`FetchError`] before its trail is known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure {
    kind: FetchErrorKind,
    detail: String,
}

impl Failure {
    fn new(kind: FetchErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

fn status(status: u16) -> Failure {
    Failure::new(FetchErrorKind::Status(status), format!("status {status}"))
}

/// Where the redirect `answer` of `url` leads.
fn target(url: &Url, answer: &HttpResponse) -> Result<Url, Failure> {
    let nowhere = || Failure::new(FetchErrorKind::Redirects, "the answer has no Location that is a URL");
    url.join(answer.headers().get("location").ok_or_else(nowhere)?).map_err(|_| nowhere())
}

/// The bytes of `answer`, counted while they come.
async fn body(answer: HttpResponse, max_bytes: u64) -> Result<Vec<u8>, Failure> {
    let too_large = |what: String| Failure::new(FetchErrorKind::TooLarge, format!("{what}, {max_bytes} are allowed"));
    if answer.headers().get_all("content-encoding").any(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Failure::new(FetchErrorKind::Encoding, "the answer has a Content-Encoding"));
    }
    let length = answer.headers().get("content-length").and_then(|length| length.parse::<u64>().ok());
    if let Some(length) = length.filter(|length| *length > max_bytes) {
        return Err(too_large(format!("{length} bytes")));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length.unwrap_or(0)).unwrap_or(0));
    let mut body = ByteStream::new(answer.into_body());
    loop {
        match timeout(PAUSE, body.try_next()).await {
            Ok(Ok(Some(part))) if (bytes.len() + part.len()) as u64 > max_bytes => {
                return Err(too_large(format!("more than {} bytes", bytes.len())));
            }
            Ok(Ok(Some(part))) => bytes.extend_from_slice(&part),
            Ok(Ok(None)) => return Ok(bytes),
            Ok(Err(error)) => return Err(Failure::new(FetchErrorKind::Broken, causes(&error))),
            Err(_) => {
                let detail = format!("the body stopped for {PAUSE:?} after {} bytes", bytes.len());
                return Err(Failure::new(FetchErrorKind::Timeout, detail));
            }
        }
    }
}

/// What the client's error means.
fn failure(error: &ConnectorError) -> Failure {
    let mut chain = std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source());
    let unresolved = chain.find_map(|error| match (error.is::<NoSuchHost>(), error.is::<NotAllowed>()) {
        (true, _) => Some(Failure::new(FetchErrorKind::Host, error.to_string())),
        (_, true) => Some(Failure::new(FetchErrorKind::Address, error.to_string())),
        _ => None,
    });
    if let Some(failure) = unresolved {
        return failure;
    }
    let detail = causes(error);
    // rustls's error lies within two `io::Error`s, whose `source` passes it over; their text does not.
    let kind = match () {
        () if detail.contains("invalid peer certificate") => FetchErrorKind::Certificate,
        () if error.is_timeout() => FetchErrorKind::Timeout,
        () if error.is_io() => FetchErrorKind::Unreachable,
        () => FetchErrorKind::Broken,
    };
    Failure::new(kind, detail)
}

#[cfg(test)]
mod tests;
