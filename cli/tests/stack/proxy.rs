//! A proxy between the function and S3 that makes trouble.
//!
//! It works on whole requests and keeps their Host header, so that signatures stay valid.

use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderMap, IF_MATCH, IF_NONE_MATCH, TRANSFER_ENCODING};
use hyper::{Method, Request, Response, StatusCode};

use crate::http::{self, Answer, Server};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: S3 does as asked, and its answer comes back.
    None,
    /// S3 does as asked, after so many milliseconds.
    Late(u64),
    /// The answer is 503 SlowDown. This and the next five have S3 see nothing of the request.
    SlowDown,
    /// The answer is 500 InternalError.
    Failed,
    /// The answer is 412 PreconditionFailed, where the request has a condition.
    PreconditionFailed,
    /// The answer is 409 ConditionalRequestConflict, where the request has a condition.
    Conflict,
    /// The connection is reset.
    Reset,
    /// There is no answer.
    Hang,
    /// The request's body reaches S3 with a bit turned; where it has none, the answer's comes back so.
    Corrupted,
    /// S3 does as asked, and the connection ends in the middle of the body of its answer.
    Truncated,
    /// S3 does as asked, and the answer is 500 InternalError.
    DoneThenFailed,
    /// S3 does as asked, and the connection is reset.
    DoneThenReset,
    /// The function is killed before S3 sees the request.
    KilledBefore,
    /// S3 does as asked, and the function is killed before it is told.
    KilledBehind,
}

/// A request, as a plan sees it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Its number, from 0.
    pub(crate) number: usize,
    pub(crate) method: Method,
    /// The bucket and the key, percent-encoded.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
}

/// A request that the proxy has answered, or not.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) asked: Asked,
    pub(crate) fault: Fault,
    /// What S3 answered, where it saw the request.
    pub(crate) status: Option<StatusCode>,
}

/// Which fault befalls a request.
pub(crate) type Plan = Arc<dyn Fn(&Asked) -> Fault + Send + Sync>;

/// No trouble.
pub(crate) fn smooth() -> Plan {
    Arc::new(|_| Fault::None)
}

/// Trouble for request `number` alone.
pub(crate) fn once(number: usize, fault: Fault) -> Plan {
    Arc::new(move |asked| if asked.number == number { fault } else { Fault::None })
}

/// Trouble for `percent` in a hundred requests, one of `faults` each; the same seed gives the same trouble.
pub(crate) fn seeded(seed: u64, percent: u64, faults: &'static [Fault]) -> Plan {
    Arc::new(move |asked| {
        let drawn = mixed(seed ^ mixed(asked.number as u64));
        if drawn % 100 < percent { faults[(drawn / 100 % faults.len() as u64) as usize] } else { Fault::None }
    })
}

/// One step of SplitMix64: every bit of `number` changes about half of all bits.
pub(crate) fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ bits >> 31
}

/// A running proxy.
pub(crate) struct Proxy {
    server: Server,
    state: Arc<State>,
}

struct State {
    /// Where S3 is: `127.0.0.1:PORT`.
    upstream: String,
    plan: Mutex<Plan>,
    seen: Mutex<Vec<Seen>>,
    kill: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Proxy {
    /// A proxy before the S3 at `upstream`, `127.0.0.1:PORT`.
    pub(crate) async fn start(upstream: &str, plan: Plan) -> Self {
        let state = Arc::new(State {
            upstream: upstream.to_owned(),
            plan: Mutex::new(plan),
            seen: Mutex::default(),
            kill: OnceLock::new(),
        });
        let own = Arc::clone(&state);
        let server = Server::start(move |request| Box::pin(Arc::clone(&own).answer(request))).await;
        Self { server, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// What kills the function.
    pub(crate) fn kills_by(&self, kill: impl Fn() + Send + Sync + 'static) {
        assert!(self.state.kill.set(Box::new(kill)).is_ok(), "there is one already");
    }

    /// From now on there is the trouble of `plan`, and requests are numbered from 0.
    pub(crate) fn plan(&self, plan: Plan) {
        self.state.seen.lock().unwrap().clear();
        *self.state.plan.lock().unwrap() = plan;
    }

    /// All requests since the last plan.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }
}

impl State {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        // The client has broken off.
        let Ok(body) = body.collect().await else { return Answer::Reset };
        let (number, fault) = self.note(&parts);
        let mut body = body.to_bytes();
        let conditional = [IF_MATCH, IF_NONE_MATCH].iter().any(|name| parts.headers.contains_key(name));
        match fault {
            Fault::Late(milliseconds) => tokio::time::sleep(Duration::from_millis(milliseconds)).await,
            Fault::SlowDown => return error(503, "SlowDown"),
            Fault::Failed => return error(500, "InternalError"),
            Fault::PreconditionFailed if conditional => return error(412, "PreconditionFailed"),
            Fault::Conflict if conditional => return error(409, "ConditionalRequestConflict"),
            Fault::Reset => return Answer::Reset,
            Fault::Hang => std::future::pending().await,
            Fault::Corrupted if !body.is_empty() => body = corrupted(&body),
            Fault::KilledBefore => self.kill().await,
            _ => {}
        }
        let had_body = !body.is_empty();
        let Ok(response) = self.forward(parts, body).await else { return Answer::Reset };
        // There is none where a new plan was made meanwhile.
        if let Some(seen) = self.seen.lock().unwrap().get_mut(number) {
            seen.status = Some(response.status());
        }
        match fault {
            Fault::DoneThenFailed => error(500, "InternalError"),
            Fault::DoneThenReset => Answer::Reset,
            Fault::KilledBehind => self.kill().await,
            Fault::Truncated => truncated(response),
            Fault::Corrupted if !had_body => Answer::Response(response.map(|body| http::body(corrupted(&body)))),
            _ => Answer::Response(response.map(http::body)),
        }
    }

    /// Notes a request; its number and its fault.
    fn note(&self, parts: &hyper::http::request::Parts) -> (usize, Fault) {
        let plan = self.plan.lock().unwrap();
        let mut seen = self.seen.lock().unwrap();
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let asked = Asked { number: seen.len(), method, path, headers: parts.headers.clone() };
        let fault = plan(&asked);
        seen.push(Seen { asked, fault, status: None });
        (seen.len() - 1, fault)
    }

    async fn forward(
        &self,
        mut parts: hyper::http::request::Parts,
        body: Bytes,
    ) -> Result<Response<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        parts.uri = format!("http://{}{target}", self.upstream).parse()?;
        parts.headers.remove(CONNECTION);
        let mut response = http::exchange(Request::from_parts(parts, Full::new(body))).await?;
        response.headers_mut().remove(CONNECTION);
        response.headers_mut().remove(TRANSFER_ENCODING);
        Ok(response)
    }

    /// Kills the function; never returns, since nobody is left to be answered.
    async fn kill(&self) -> ! {
        self.kill.get().expect("nothing kills the function")();
        std::future::pending().await
    }
}

/// An error as S3 words it.
fn error(status: u16, code: &str) -> Answer {
    let text = format!("<Error><Code>{code}</Code><Message>by the proxy</Message></Error>");
    let response = Response::builder().status(status).header(CONTENT_TYPE, "application/xml");
    Answer::Response(response.body(http::body(text)).unwrap())
}

/// `bytes` with a bit in their middle turned.
fn corrupted(bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    bytes.into()
}

/// `response`, whose connection ends in the middle of its body; at once, where it has none.
fn truncated(response: Response<Bytes>) -> Answer {
    let (mut parts, body) = response.into_parts();
    if body.is_empty() {
        return Answer::Reset;
    }
    parts.headers.insert("content-length", body.len().into());
    let half = body.slice(..body.len() / 2);
    Answer::Response(Response::from_parts(parts, BrokenOff(Some(half)).boxed()))
}

/// A body of these bytes, and then an error.
struct BrokenOff(Option<Bytes>);

impl hyper::body::Body for BrokenOff {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let first = self.0.take().map(Frame::data);
        Poll::Ready(Some(first.ok_or_else(|| std::io::Error::other("broken off"))))
    }
}
