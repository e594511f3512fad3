//! Cross-origin requests: pages of other origins, as far as they are allowed to use the HTTP side.
//!
//! Nothing here stands on cookies or other credentials that a browser adds by itself, so an origin that is not allowed
//! is refused nothing but the answer's text. `POST /uploads` takes JSON alone, which a browser sends to another origin
//! only once a preflight has allowed for it.

use super::request::Request;
use super::response::Response;
use super::settings::Origins;

/// Headers of answers that pages may read.
const EXPOSED: &str = "x-halver-decisions, x-halver-recipe, x-halver-sha256";
/// Seconds for which a browser may keep the answer to a preflight.
const MAX_AGE: &str = "600";

/// The answer to the preflight `request` for a path with the methods `allowed`; `None` where it is no preflight.
pub(super) fn preflight(request: &Request, allowed: &str, origins: &Origins) -> Option<Response> {
    request.header("access-control-request-method")?;
    let origin = request.header("origin")?;
    if !origins.allows(origin) {
        return Some(Response::problem(403, None, "pages of this origin may not use it: see HALVER_CORS_ORIGINS"));
    }
    Some(
        Response::empty(204)
            .with("access-control-allow-methods", allowed)
            .with("access-control-allow-headers", "content-type")
            .with("access-control-max-age", MAX_AGE),
    )
}

/// Lets a page of `origin` read `response`, if it may.
pub(super) fn permit(origin: Option<&str>, response: Response, origins: &Origins) -> Response {
    let response = match origins {
        Origins::None => return response,
        Origins::Any => response.with("access-control-allow-origin", "*"),
        Origins::These(_) => match origin.filter(|origin| origins.allows(origin)) {
            Some(origin) => response.with("vary", "origin").with("access-control-allow-origin", origin),
            None => return response.with("vary", "origin"),
        },
    };
    response.with("access-control-expose-headers", EXPOSED)
}
