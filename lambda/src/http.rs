//! The HTTP side: uploads straight to the store, what became of them, and halves of small images.
//!
//! ```text
//! event → request → route → answer → reply of the gateway's form, one line in the log
//! ```

mod cors;
mod halve;
mod request;
mod response;
mod settings;
mod status;
mod ticket;
mod uploads;

use std::io::Write;
use std::time::Instant;

use halver::OUTPUT_VERSION;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::timeout_at;

pub use settings::{HttpSettings, NotAnOrigin, Origins, UploadPlace, UploadPlaceError};

use crate::function::Context;
use crate::presign::Presign;
use crate::record::to_json;
use crate::store::{Address, Store, StoreError};
pub(crate) use request::Request;
use response::{Body, Response};
use ticket::Ticket;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route<'a> {
    /// Whether the function answers.
    Health,
    /// What it would do.
    Config,
    /// A permission to upload.
    Uploads,
    /// What became of the upload with this id.
    Status(&'a str),
    /// The half of the body.
    Halve,
}

impl<'a> Route<'a> {
    fn of(path: &'a str) -> Option<Self> {
        match path {
            "/health" => Some(Self::Health),
            "/config" => Some(Self::Config),
            "/uploads" => Some(Self::Uploads),
            "/halve" => Some(Self::Halve),
            _ => path.strip_prefix("/status/").filter(|id| !id.contains('/')).map(Self::Status),
        }
    }

    /// What it is called in the log; the id of an upload is a secret.
    const fn name(self) -> &'static str {
        match self {
            Self::Health => "/health",
            Self::Config => "/config",
            Self::Uploads => "/uploads",
            Self::Status(_) => "/status/{id}",
            Self::Halve => "/halve",
        }
    }

    /// The methods besides OPTIONS.
    const fn methods(self) -> &'static str {
        match self {
            Self::Health | Self::Config | Self::Status(_) => "GET, HEAD",
            Self::Uploads | Self::Halve => "POST",
        }
    }

    fn allows(self, method: &str) -> bool {
        self.methods().split(", ").any(|allowed| allowed == method)
    }
}

/// Whether the HTTP side has something at `path`.
#[must_use]
pub fn has_route(path: &str) -> bool {
    Route::of(path).is_some()
}

/// Where in the store the upload with this id lies, below `place`; `None` where no upload can have it.
#[must_use]
pub fn upload_address(id: &str, place: &UploadPlace) -> Option<Address> {
    Ticket::parse(id).map(|ticket| Address { bucket: place.bucket.clone(), key: ticket.key(place) })
}

/// What an answer is made from.
struct Api<'a, S> {
    context: &'a Context<'a, S>,
}

impl<S> Api<'_, S> {
    /// Where uploads go.
    fn place(&self) -> Result<&UploadPlace, Response> {
        let off = || Response::problem(404, Some("uploads-off"), "there are no uploads here: see HALVER_UPLOADS");
        self.context.config.http.uploads.as_ref().ok_or_else(off)
    }
}

/// The reply to `request`; one line for it goes to `log`, but for what went well and changed nothing.
pub(crate) async fn reply<S: Store + Presign>(
    request: Request,
    context: &Context<'_, S>,
    log: &mut impl Write,
) -> Value {
    let started = Instant::now();
    let (gateway, method) = (request.gateway, request.method.clone());
    let route = Route::of(&request.path).map(Route::name);
    // Boxed, for the futures of the SDK nest deeper than the compiler lays out in one piece.
    let answer = timeout_at(context.handed_back_at, Box::pin(answer(request, &Api { context }))).await;
    let late = |_| Response::problem(504, Some("deadline"), "the function's time ran out");
    let response = answer.unwrap_or_else(late);
    if response.status >= 400 || method == "POST" {
        let line = Line {
            event: "answered",
            method: &method,
            route,
            status: response.status,
            answer_ms: (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0,
            cause: response.cause.as_deref(),
            request_id: &context.invocation.request_id,
        };
        // A log that cannot be written must not cost an answer.
        let _ = log.write_all((to_json(&line) + "\n").as_bytes());
    }
    response.into_event(gateway)
}

/// One line of the log.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    event: &'static str,
    method: &'a str,
    /// Nothing where there is no such route: the path may be anything.
    route: Option<&'static str>,
    status: u16,
    answer_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    request_id: &'a str,
}

/// The answer to `request`, for whatever page sent it.
async fn answer<S: Store + Presign>(request: Request, api: &Api<'_, S>) -> Response {
    let origins = &api.context.config.http.origins;
    let origin = request.header("origin").map(str::to_owned);
    let is_head = request.method == "HEAD";
    let response = routed(request, api).await.unwrap_or_else(|problem| problem);
    let response = cors::permit(origin.as_deref(), response, origins).with("x-content-type-options", "nosniff");
    if is_head { response.with_body(Body::Text(String::new())) } else { response }
}

/// The answer of the route that `request` takes.
///
/// # Errors
/// The response that says why there is none.
async fn routed<S: Store + Presign>(request: Request, api: &Api<'_, S>) -> Result<Response, Response> {
    let path = request.path.clone();
    let route = Route::of(&path).ok_or_else(|| Response::problem(404, None, "there is nothing at this path"))?;
    if request.method == "OPTIONS" {
        let preflight = cors::preflight(&request, route.methods(), &api.context.config.http.origins);
        return Ok(preflight.unwrap_or_else(|| Response::empty(204).with("allow", allowed(route))));
    }
    if !route.allows(&request.method) {
        let allowed = allowed(route);
        return Err(Response::problem(405, None, &format!("allowed here: {allowed}")).with("allow", allowed));
    }
    match route {
        Route::Health => Ok(health()),
        Route::Config => Ok(config(api)),
        Route::Uploads => uploads::post(&request, api).await,
        Route::Status(id) => status::get(id, api).await,
        Route::Halve => halve::post(request, api).await,
    }
}

fn allowed(route: Route<'_>) -> String {
    format!("{}, OPTIONS", route.methods())
}

fn health() -> Response {
    let body = json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION"), "outputVersion": OUTPUT_VERSION });
    Response::json(200, &body)
}

/// Answers `GET /config`.
fn config<S>(api: &Api<'_, S>) -> Response {
    let config = api.context.config;
    let bucket = config.http.uploads.as_ref().map(|place| place.bucket.as_str());
    let body = json!({
        "bucket": bucket,
        "resultBucket": bucket.map(|bucket| config.mapping.bucket(bucket)),
        "options": config.options,
        "recipe": config.options.recipe(),
        "outputVersion": OUTPUT_VERSION,
    });
    Response::json(200, &body)
}

/// What a client is told of trouble with the store: whether to try again. The rest is not for strangers.
fn trouble(error: &StoreError) -> Response {
    let status = if error.kind.is_transient() { 503 } else { 500 };
    let problem = format!("the store did not do its part: {}", error.kind);
    Response { cause: Some(error.to_string()), ..Response::problem(status, Some(error.kind.code()), &problem) }
}

#[cfg(test)]
mod tests;
