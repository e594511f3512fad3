//! `xtask-bindgen INPUT.wasm OUT_DIR NAME` writes the glue `NAME_bg.js` and the module `NAME_bg.wasm`.
//!
//! The glue is that of the `bundler` target without its last line, the import of a `.wasm` file, which only some bundlers
//! understand: our own `core.js` instantiates the module, in a few lines that run everywhere.
//!
//! It is wasm-bindgen's own library at the version that Cargo.lock pins, so the glue always fits the crate and a
//! fresh machine has no tool to install.

mod linked;
mod renumber;
mod trim;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, directory, name] = arguments.as_slice() else {
        eprintln!("usage: xtask-bindgen INPUT.wasm OUT_DIR NAME");
        return ExitCode::from(2);
    };
    match bind(Path::new(input), Path::new(directory), name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask-bindgen: {input}: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the bindings of `input`, [trimmed](trim::trim) before and [renumbered](renumber::renumber) after, into
/// `directory`. The section with the names of functions and the one with the names of compilers go: nothing reads them in a
/// browser, and the first is a tenth of the file.
///
/// # Errors
/// One line: the file cannot be read, was made for another version of wasm-bindgen, or cannot be written.
fn bind(input: &Path, directory: &Path, name: &str) -> Result<(), String> {
    let module = fs::read(input).map_err(|error| error.to_string())?;
    Bindgen::new()
        .input_bytes(name, trim::trim(&module).map_err(|error| error.to_string())?)
        .out_name(name)
        .typescript(false)
        .bundler(true)
        .and_then(|bindgen| bindgen.remove_name_section(true).remove_producers_section(true).generate(directory))
        .map_err(|error| format!("{error:#}").replace('\n', " "))?;
    let bound = directory.join(format!("{name}_bg.wasm"));
    let module = fs::read(&bound).map_err(|error| error.to_string())?;
    let module = renumber::renumber(&module).map_err(|error| error.to_string())?;
    fs::write(&bound, module).map_err(|error| error.to_string())
}
