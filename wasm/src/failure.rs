//! What is thrown: JSON of a stable `code`, a `message` for people, and `details`, the fields that belong to the code
//! (`needed` and `allowed` of `too-large`, …). `package/core.js` makes an `Error` of it.
//!
//! The fields stay in an object of their own because some share a name with those of every `Error`:
//! `unsupported-format` has a `name`, too.

use serde::Serialize;
use wasm_bindgen::JsValue;

#[derive(Serialize)]
struct Failure<'a> {
    code: &'static str,
    message: String,
    details: Option<&'a halver::Error>,
}

/// The failure of an image that was not halved.
pub(crate) fn of_image(error: &halver::Error) -> JsValue {
    thrown(&Failure { code: error.code(), message: error.to_string(), details: Some(error) })
}

/// The failure of options that are no `halver::Options`.
pub(crate) fn of_options(reason: &str) -> JsValue {
    thrown(&Failure { code: "bad-options", message: ["bad options: ", reason].concat(), details: None })
}

fn thrown(failure: &Failure) -> JsValue {
    crate::json(failure)
}
