//! Cross-origin requests: the page, and no other, may talk to S3 from a browser.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY,
};
use hyper::{Response, StatusCode};
use s3s::Body;

use crate::stack::http::empty;

const METHODS: [&str; 3] = ["PUT", "GET", "HEAD"];
const EXPOSED: &str = "ETag, x-amz-checksum-crc32, x-amz-checksum-crc64nvme, x-amz-checksum-sha256, x-amz-checksum-type, \
                       x-amz-id-2, x-amz-request-id";
const METADATA: &str = "x-amz-meta-";

/// The bucket's CORS rule of this stack.
#[derive(Clone)]
pub(crate) struct Cors {
    /// Origins of the page, e.g. `http://127.0.0.1:8787`.
    pub(crate) origins: Vec<String>,
}

impl Cors {
    /// The origin in `headers`, where it is the page's.
    fn allowed_origin<'h>(&self, headers: &'h HeaderMap) -> Option<&'h HeaderValue> {
        headers.get(ORIGIN).filter(|origin| self.origins.iter().any(|allowed| *origin == allowed.as_str()))
    }

    /// The answer to a preflight request, as S3 gives it: 200 where all it asks for is allowed, else 403.
    pub(crate) fn preflight(&self, headers: &HeaderMap) -> Response<Body> {
        let method = headers.get(ACCESS_CONTROL_REQUEST_METHOD).and_then(|method| method.to_str().ok());
        let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
        let header_allowed = |name: &str| {
            let name = name.trim().to_ascii_lowercase();
            name == "content-type" || name == "if-none-match" || name.starts_with("x-amz-")
        };
        let headers_allowed =
            asked.is_none_or(|asked| asked.to_str().is_ok_and(|asked| asked.split(',').all(header_allowed)));
        let (Some(origin), true, true) =
            (self.allowed_origin(headers), method.is_some_and(|method| METHODS.contains(&method)), headers_allowed)
        else {
            return empty(StatusCode::FORBIDDEN);
        };
        let mut response = empty(StatusCode::OK);
        let answer = response.headers_mut();
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("PUT, GET, HEAD"));
        answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3000"));
        answer.insert(VARY, HeaderValue::from_static("Origin"));
        if let Some(asked) = asked {
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        response
    }

    /// Lets the page read `response`, where `request` came from it.
    pub(crate) fn permit(&self, request: &HeaderMap, response: &mut HeaderMap) {
        let Some(origin) = self.allowed_origin(request) else { return };
        let stored = response.keys().map(HeaderName::as_str).filter(|name| name.starts_with(METADATA));
        let exposed = stored.fold(EXPOSED.to_owned(), |list, name| list + ", " + name);
        if let Ok(exposed) = HeaderValue::try_from(exposed) {
            response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.append(VARY, HeaderValue::from_static("Origin"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preflight(origin: &str, method: &str, headers: &str) -> StatusCode {
        let cors = Cors { origins: vec!["http://127.0.0.1:1".to_owned()] };
        let request =
            [(ORIGIN, origin), (ACCESS_CONTROL_REQUEST_METHOD, method), (ACCESS_CONTROL_REQUEST_HEADERS, headers)];
        let request = request.into_iter().map(|(name, value)| (name, HeaderValue::from_str(value).unwrap()));
        cors.preflight(&request.collect()).status()
    }

    #[test]
    fn only_what_the_page_needs_is_allowed() {
        let page = "http://127.0.0.1:1";
        assert_eq!(preflight(page, "PUT", "content-type,x-amz-checksum-sha256"), 200);
        assert_eq!(preflight(page, "PUT", "Content-Type, If-None-Match"), 200);
        assert_eq!(preflight(page, "DELETE", "content-type"), 403);
        assert_eq!(preflight(page, "PUT", "authorization"), 403);
        assert_eq!(preflight("http://127.0.0.1:2", "PUT", "content-type"), 403);
    }
}
