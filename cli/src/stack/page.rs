//! The page's server: static files, and the function's HTTP API under the same origin.

use std::ffi::OsStr;
use std::net::{IpAddr, SocketAddr};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use halver_lambda::http::has_route;
use hyper::body::Incoming;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, HeaderValue, ORIGIN,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Request, Response, StatusCode};
use s3s::Body;

use super::gateway::Gateway;
use super::http::problem;

/// The page and its API.
pub(crate) struct Page {
    /// The folder of the static files.
    pub(crate) folder: PathBuf,
    pub(crate) gateway: Gateway,
    /// As [`hosts`] gives them.
    pub(crate) hosts: Vec<String>,
    pub(crate) policy: HeaderValue,
}

impl Page {
    /// What the page may load, and from where.
    pub(crate) fn policy(s3: &str) -> String {
        format!(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; \
             connect-src 'self' http://{s3}; style-src 'self'; worker-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'; object-src 'none'"
        )
    }

    /// The answer to `request`.
    pub(crate) async fn answer(self: Arc<Self>, request: Request<Incoming>, _: IpAddr) -> Response<Body> {
        let mut response = self.route(request).await;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    async fn route(&self, request: Request<Incoming>) -> Response<Body> {
        // A name that some other site points at this address must not reach it (DNS rebinding).
        let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
        if !header(HOST).is_some_and(|host| self.hosts.iter().any(|allowed| allowed == host)) {
            return problem(StatusCode::MISDIRECTED_REQUEST, "this server answers to its own address only");
        }
        let path = request.uri().path().to_owned();
        let is_own = |origin: &str| self.hosts.iter().any(|host| origin.strip_prefix("http://") == Some(host));
        match *request.method() {
            _ if has_route(&path) && header(ORIGIN).is_some_and(|origin| !is_own(origin)) => {
                problem(StatusCode::FORBIDDEN, "only the page itself may use this API")
            }
            _ if has_route(&path) => self.gateway.answer(request).await,
            Method::GET | Method::HEAD => file(&self.folder, &path).await,
            _ => not_allowed("GET, HEAD"),
        }
    }
}

/// What `Host` may be for a server at `address`; clients leave out the port 80.
pub(crate) fn hosts(address: SocketAddr) -> Vec<String> {
    let (ip, port) = (address.ip().to_string(), address.port());
    let names = [ip, "localhost".to_owned()];
    let bare = names.iter().filter(|_| port == 80).cloned();
    names.iter().map(|name| format!("{name}:{port}")).chain(bare).collect()
}

/// Says which methods are allowed, as RFC 9110 wants it.
fn not_allowed(allow: &'static str) -> Response<Body> {
    let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, &format!("allowed here: {allow}"));
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    response
}

/// The static file that the URL path `path` names below `folder`.
async fn file(folder: &Path, path: &str) -> Response<Body> {
    let not_found = || problem(StatusCode::NOT_FOUND, "no such file");
    let Some(mut file) = relative(path).map(|relative| folder.join(relative)) else { return not_found() };
    if path.ends_with('/') {
        file.push("index.html");
    }
    // Symbolic links may lie about where they are.
    let (Ok(root), Ok(file)) = (tokio::fs::canonicalize(folder).await, tokio::fs::canonicalize(&file).await) else {
        return not_found();
    };
    if !file.starts_with(&root) {
        return not_found();
    }
    let Ok(bytes) = tokio::fs::read(&file).await else { return not_found() };
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type(&file)));
    response
}

/// `path`, decoded, as a path that cannot leave the folder it is joined to, nor lead to what a developer keeps
/// there beside the page: its tests, hidden files, installed packages.
fn relative(path: &str) -> Option<PathBuf> {
    let path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
    if path.contains(['\0', '\\', ':']) {
        return None;
    }
    let relative = PathBuf::from(path.trim_start_matches('/'));
    let public = |name: &OsStr| name != "node_modules" && !name.as_encoded_bytes().starts_with(b".");
    let served = |component| matches!(component, Component::Normal(name) if public(name));
    (relative.components().all(served) && !relative.starts_with("tests")).then_some(relative)
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "ico" => "image/x-icon",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_the_folder() {
        for path in ["/../x", "/a/../../x", "/%2e%2e/x", "/..%2fx", "/a%5C..%5Cx", "/C:/x", "/a%00"] {
            assert_eq!(relative(path), None, "{path}");
        }
        for path in ["/tests/a.mjs", "/tests", "/%74ests/a", "/.git/config", "/a/.b", "/a/node_modules/b", "//tests/x"]
        {
            assert_eq!(relative(path), None, "{path}");
        }
        assert_eq!(relative("/halver/tests.js"), Some("halver/tests.js".into()));
        assert_eq!(relative("/halver/a%20b.wasm"), Some("halver/a b.wasm".into()));
        assert_eq!(relative("/"), Some("".into()));
        assert_eq!(relative("//etc/passwd"), Some("etc/passwd".into()));
    }

    #[test]
    fn the_port_80_may_be_left_out() {
        let hosts = |port| super::hosts(([127, 0, 0, 1], port).into());
        assert_eq!(hosts(8787), ["127.0.0.1:8787", "localhost:8787"]);
        assert_eq!(hosts(80), ["127.0.0.1:80", "localhost:80", "127.0.0.1", "localhost"]);
    }
}
