//! `halver` in JavaScript: bytes in, bytes out, and what was done as JSON. Types are translated, nothing is decided.
//!
//! Only `package/core.js` calls these functions; it gives them the shape that people use. What is thrown is the text that
//! `failure` describes. Options are bytes of JSON, because handing over text takes wasm-bindgen more script; text is handed back as
//! a `JsValue` for the same reason.

/// 1.7 kB of code, not the 7.3 kB of the standard library's allocator, and as quick; it grows in place, too.
#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

mod failure;
mod options;

use halver::{Decision, Format, Info, OUTPUT_VERSION, Options, Output, Reveals};
use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// The image in `source` at half its width and height: an array of the [`Report`] as JSON and the bytes. `options` is
/// `halver::Options` as JSON.
///
/// # Errors
/// Throws a failure as JSON: the source is no image, broken, not supported or too large; or the options are no options.
#[wasm_bindgen]
pub fn halve(source: &[u8], options: &[u8]) -> Result<Array, JsValue> {
    let options = read_options(options)?;
    let half = halver::halve(source, &options).map_err(|error| failure::of_image(&error))?;
    let report = json(&Report::of(&half, &options));
    Ok(Array::of2(&report, &Uint8Array::from(&half.bytes[..])))
}

/// What the header of `source` says, as JSON of `halver::Info`; nothing is decoded.
///
/// # Errors
/// Throws a failure as JSON, as [`halve`] does.
#[wasm_bindgen]
pub fn probe(source: &[u8]) -> Result<JsValue, JsValue> {
    halver::probe(source).map(|info| json(&info)).map_err(|error| failure::of_image(&error))
}

/// What an image of `source_bytes` that begins with `head` will cost, as JSON of `halver::Estimate`; `null` where `head`
/// ends too early to tell.
///
/// # Errors
/// Throws a failure as JSON, as [`halve`] of the whole does.
#[wasm_bindgen]
pub fn estimate(head: &[u8], source_bytes: f64, options: &[u8]) -> Result<JsValue, JsValue> {
    let options = read_options(options)?;
    let estimate = halver::estimate(head, source_bytes as u64, &options);
    estimate.map(|estimate| json(&estimate)).map_err(|error| failure::of_image(&error))
}

/// The recipe id of `options`: two halves of one source with the same recipe have the same bytes.
///
/// # Errors
/// Throws a failure as JSON: the options are no options.
#[wasm_bindgen]
pub fn recipe(options: &[u8]) -> Result<JsValue, JsValue> {
    Ok(read_options(options)?.recipe().into())
}

/// `options` as JSON with every field, filled up from the defaults: what [`halve`] would work with.
///
/// # Errors
/// Throws a failure as JSON: the options are no options.
#[wasm_bindgen(js_name = allOptions)]
pub fn all_options(options: &[u8]) -> Result<JsValue, JsValue> {
    Ok(json(&read_options(options)?))
}

/// The SHA-256 of `bytes`, 64 lower-case hexadecimal digits, for places without WebCrypto.
#[wasm_bindgen]
pub fn sha256(bytes: &[u8]) -> JsValue {
    halver::sha256(bytes).into()
}

/// JSON of this package's `version`, and of the `outputVersion` that changes whenever any source could give other bytes
/// than before.
#[wasm_bindgen]
pub fn about() -> JsValue {
    json(&About { version: env!("CARGO_PKG_VERSION"), output_version: OUTPUT_VERSION })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About {
    version: &'static str,
    output_version: u32,
}

/// What [`halve`] tells beside the bytes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    width: u32,
    height: u32,
    format: Format,
    lossy: bool,
    r#type: &'static str,
    sha256: String,
    recipe: String,
    output_version: u32,
    decisions: &'a [Decision],
    /// What the half reveals, looked up in its bytes; null should they not be what they must be.
    reveals: Option<Box<Reveals>>,
    source: &'a Info,
}

impl<'a> Report<'a> {
    fn of(half: &'a Output, options: &Options) -> Self {
        Self {
            width: half.width,
            height: half.height,
            format: half.format,
            lossy: half.lossy,
            r#type: half.format.media_type(),
            sha256: half.sha256(),
            recipe: options.recipe(),
            output_version: OUTPUT_VERSION,
            decisions: &half.decisions,
            reveals: halver::probe(&half.bytes).ok().map(|info| info.reveals),
            source: &half.source,
        }
    }
}

fn read_options(json: &[u8]) -> Result<Options, JsValue> {
    options::read(json).map_err(|reason| failure::of_options(&reason))
}

/// Our own types always become JSON: their keys are texts, and nothing in them can fail.
fn json(value: &impl Serialize) -> JsValue {
    serde_json::to_string(value).unwrap_or_default().into()
}
