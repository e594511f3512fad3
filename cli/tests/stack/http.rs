//! HTTP/1.1 as the tests speak it: one request at a time, on a connection of its own; and a server that can break off.

use std::error::Error;
use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The body of an answer; an error in it breaks the connection off.
pub(crate) type Body = BoxBody<Bytes, std::io::Error>;

/// `bytes` as a body.
pub(crate) fn body(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

/// Sends `request`, whose URI names the server; a Host header that it has is kept.
pub(crate) async fn exchange(request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Box<dyn Error + Send + Sync>> {
    let address = request.uri().authority().ok_or("no server is named")?.to_string();
    let stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let _connection = JoinSet::from_iter([async { drop(connection.await) }]);
    let (mut parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    parts.uri = target.parse()?;
    parts.headers.entry("host").or_insert(address.parse()?);
    let (parts, body) = sender.send_request(Request::from_parts(parts, body)).await?.into_parts();
    Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
}

/// What becomes of a connection.
pub(crate) enum Answer {
    /// It carries this answer.
    Response(Response<Body>),
    /// It ends at once, as one does whose other end has lost all that it knew (RST).
    Reset,
}

/// How requests are answered.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A server on a free port of the loopback; it ends, with all its connections, when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    _connections: JoinSet<()>,
}

impl Server {
    /// Answers every request with `answer`.
    pub(crate) async fn start(answer: impl Fn(Request<Incoming>) -> Answering + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(answer);
        let accepting = async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, Arc::clone(&answer)));
                while connections.try_join_next().is_some() {}
            }
        };
        Self { address, _connections: JoinSet::from_iter([accepting]) }
    }
}

async fn serve(stream: TcpStream, answer: Arc<impl Fn(Request<Incoming>) -> Answering + Send + Sync + 'static>) {
    // Small answers are not to wait for the other side's delayed acknowledgement.
    stream.set_nodelay(true).unwrap();
    let reset = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request| {
        let (answer, reset) = (answer(request), Arc::clone(&reset));
        Box::pin(async move {
            match answer.await {
                Answer::Response(response) => Ok(response),
                Answer::Reset => {
                    reset.store(true, Ordering::Relaxed);
                    Err(std::io::Error::other("reset"))
                }
            }
        })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A connection that breaks concerns its client alone, and the client sees it.
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    if reset.load(Ordering::Relaxed) {
        connection.into_parts().io.into_inner().set_zero_linger().unwrap();
    }
}
