//! What JavaScript catches: an `Error` named `HalverError` with a stable `code`, a `message` for people, and
//! `details`, the fields that belong to the code (`needed` and `allowed` of `too-large`, …).
//!
//! The fields stay in an object of their own because some share a name with those of every `Error`:
//! `unsupported-format` has a `name`, too.

use js_sys::{JSON, Object};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;

/// The error for an image that was not halved.
pub(crate) fn of_image(error: &halver::Error) -> JsValue {
    thrown(error.code(), &error.to_string(), &json!(error))
}

/// The error for options that are no `halver::Options`.
pub(crate) fn of_options(error: &serde_json::Error) -> JsValue {
    thrown("bad-options", &format!("bad options: {error}"), &json!({}))
}

fn thrown(code: &str, message: &str, details: &Value) -> JsValue {
    let error = js_sys::Error::new(message);
    error.set_name("HalverError");
    let fields = json!({ "code": code, "details": details }).to_string();
    // Text that serde_json wrote always parses; were it not so, name and message would still stand.
    if let Ok(fields) = JSON::parse(&fields) {
        Object::assign(&error, &Object::from(fields));
    }
    error.into()
}
