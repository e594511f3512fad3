//! `halver` in JavaScript: bytes in, bytes out, and what was done as JSON. Types are translated, nothing is decided.

mod failure;

use halver::{OUTPUT_VERSION, Options, Output};
use serde_json::json;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// A halved image: its bytes and the report on them. `takeBytes` ends it; where only the report is wanted, call `free`.
#[wasm_bindgen]
pub struct Half {
    bytes: Vec<u8>,
    report: String,
}

#[wasm_bindgen]
impl Half {
    /// JSON: `width`, `height`, `format`, `type` (media type), `bytes` (length), `sha256`, `recipe`, `outputVersion`,
    /// `decisions`, and `source`, which is what `probe` says of the source.
    #[wasm_bindgen(getter)]
    pub fn report(&self) -> String {
        self.report.clone()
    }

    /// The encoded image. The object is spent afterwards, so read `report` first.
    #[wasm_bindgen(js_name = takeBytes)]
    pub fn take_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// The image in `source` at half its width and height. `options` is `halver::Options` as JSON; absent, the defaults.
///
/// # Errors
/// Throws an `Error` named `HalverError` with a stable `code`, a `message`, and `details`, the fields of that code.
#[wasm_bindgen]
pub fn halve(source: &[u8], options: Option<String>) -> Result<Half, JsValue> {
    let options = read_options(options.as_deref())?;
    let half = halver::halve(source, &options).map_err(|error| failure::of_image(&error))?;
    let report = report(&half, &options);
    Ok(Half { bytes: half.bytes, report })
}

/// What the header of `source` says, as JSON of `halver::Info`; nothing is decoded.
///
/// # Errors
/// Throws an `Error` named `HalverError` with a stable `code`, a `message`, and `details`, the fields of that code.
#[wasm_bindgen]
pub fn probe(source: &[u8]) -> Result<String, JsValue> {
    let info = halver::probe(source).map_err(|error| failure::of_image(&error))?;
    Ok(json!(info).to_string())
}

/// The recipe id of `options`: two halves of one source with the same recipe have the same bytes.
///
/// # Errors
/// Throws a `HalverError` as `halve` does, with the code `bad-options`.
#[wasm_bindgen]
pub fn recipe(options: Option<String>) -> Result<String, JsValue> {
    Ok(read_options(options.as_deref())?.recipe())
}

/// `options` as JSON with every field, filled up from the defaults: what `halve` would work with.
///
/// # Errors
/// Throws a `HalverError` as `halve` does, with the code `bad-options`.
#[wasm_bindgen(js_name = allOptions)]
pub fn all_options(options: Option<String>) -> Result<String, JsValue> {
    Ok(json!(read_options(options.as_deref())?).to_string())
}

fn read_options(json: Option<&str>) -> Result<Options, JsValue> {
    json.map_or_else(
        || Ok(Options::default()),
        |json| serde_json::from_str(json).map_err(|error| failure::of_options(&error)),
    )
}

fn report(half: &Output, options: &Options) -> String {
    json!({
        "width": half.width,
        "height": half.height,
        "format": half.format,
        "type": half.format.media_type(),
        "bytes": half.bytes.len(),
        "sha256": half.sha256(),
        "recipe": options.recipe(),
        "outputVersion": OUTPUT_VERSION,
        "decisions": half.decisions,
        "source": half.source,
    })
    .to_string()
}
