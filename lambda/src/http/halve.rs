//! `POST /halve`: an image in, its half out, with nothing stored.

use halver::{Error as ImageError, Options};
use serde_json::{Map, Value};

use super::Api;
use super::request::{Gateway, Request};
use super::response::{Body, Response};
use crate::config::changed;
use crate::error::Error;
use crate::object::halve_bytes;
use crate::store::Store;

/// The most bytes of a reply, which AWS Lambda sets: 6 MiB.
const MAX_REPLY: usize = 6 << 20;
/// The most bytes of a reply to a load balancer, which the balancer sets: 1 MiB.
const MAX_REPLY_TO_BALANCER: usize = 1 << 20;
/// What a reply holds besides its body, generously.
const AROUND: usize = 16 << 10;

/// Answers `request`, whose query are options.
///
/// # Errors
/// The response that says why there is no half.
pub(super) async fn post<S: Store>(request: Request, api: &Api<'_, S>) -> Result<Response, Response> {
    let options = options(&request.query, &api.context.config.options)?;
    let source = request.body.ok_or_else(|| Response::problem(400, None, "the body is not base64"))?;
    let half = halve_bytes(source, &options, api.context).await.map_err(|error| refused(&error))?;
    let most = most(request.gateway);
    if half.bytes.len() > most {
        let detail =
            format!("the half has {} bytes, and an answer {most} at most: upload the image instead", half.bytes.len());
        return Err(Response::problem(413, Some("answer-too-large"), &detail));
    }
    let decisions = serde_json::to_string(&half.decisions).unwrap_or_default();
    Ok(Response::empty(200)
        .with("content-type", half.format.media_type())
        .with("x-halver-recipe", options.recipe())
        .with("x-halver-sha256", half.sha256())
        .with("x-halver-decisions", decisions)
        .with_body(Body::Bytes(half.bytes)))
}

/// The most bytes of a half that `gateway` takes.
const fn most(gateway: Gateway) -> usize {
    let reply = match gateway {
        Gateway::Http | Gateway::Rest => MAX_REPLY,
        Gateway::Balancer { .. } => MAX_REPLY_TO_BALANCER,
    };
    (reply - AROUND) / 4 * 3
}

/// The function's options, some of them replaced by those in `query`; never the limits, which are the operator's.
fn options(query: &[(String, String)], options: &Options) -> Result<Options, Response> {
    let bad = |detail: &str| Response::problem(400, Some("bad-options"), detail);
    let mut changes = Map::new();
    for (name, value) in query {
        // JSON, or a text where it is none.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.clone()));
        if changes.insert(name.clone(), value).is_some() {
            return Err(bad(&format!("{name} is there twice")));
        }
    }
    changed(options, &Value::Object(changes)).map_err(|reason| bad(&reason))
}

/// Why an image was not halved.
fn refused(error: &Error) -> Response {
    let status = match error {
        Error::Image(ImageError::NotAnImage | ImageError::UnsupportedFormat { .. }) => 415,
        Error::Image(ImageError::TooLarge { .. }) => 413,
        Error::Image(_) => 422,
        Error::Deadline => 504,
        _ => 500,
    };
    Response::problem(status, Some(error.code()), &error.to_string())
}

#[cfg(test)]
mod tests {
    use halver::{Format, Quality, Target};

    use super::*;

    fn read(query: &str) -> Result<Options, String> {
        let query: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        options(&query, &Options::default()).map_err(|response| match response.body {
            Body::Text(text) => text,
            Body::Bytes(_) => String::new(),
        })
    }

    #[test]
    fn options_are_in_the_query() {
        assert_eq!(read(""), Ok(Options::default()));
        let all = read(
            "format=webp&quality=70&effort=small&progressive=true&subsampling=4:2:0&salvage=true&background=[0,0,0]",
        );
        let all = all.unwrap();
        assert_eq!((all.format, all.quality), (Some(Target::WebP), Quality::new(70).unwrap()));
        assert_eq!((all.progressive, all.salvage, all.background), (true, true, halver::Rgb([0; 3])));
        assert_eq!(all.limits, Options::default().limits);
        assert_eq!(read("format=null"), Ok(Options::default()));
    }

    #[test]
    fn options_are_read_strictly() {
        for (query, reason) in [
            ("qualty=70", "qualty"),
            ("quality=0", "quality 0"),
            ("quality=101", "quality 101"),
            ("quality=", "invalid type"),
            ("quality=high", "invalid type"),
            ("quality=70&quality=80", "twice"),
            ("format=bmp", "bmp"),
            ("effort=most", "most"),
            ("progressive=yes", "invalid type"),
            ("limits={}", "limits"),
        ] {
            let problem = read(query).unwrap_err();
            assert!(problem.contains("bad-options") && problem.contains(reason), "{query}: {problem}");
        }
    }

    #[test]
    fn refusals_have_the_status_that_says_whose_move_it_is() {
        let image = Error::Image;
        for (error, status) in [
            (image(ImageError::NotAnImage), 415),
            (image(ImageError::UnsupportedFormat { name: "HEIC" }), 415),
            (image(ImageError::UnsupportedFeature { format: Format::Jpeg, feature: "x" }), 422),
            (image(ImageError::Malformed { format: Format::Png, reason: "x" }), 422),
            (image(ImageError::TooLarge { limit: halver::Limit::Pixels, needed: 2, allowed: 1 }), 413),
            (Error::Deadline, 504),
            (Error::Defect, 500),
        ] {
            assert_eq!(refused(&error).status, status, "{error}");
        }
    }
}
