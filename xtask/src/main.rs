//! Build glue: `cargo xtask` alone lists its recipes.
#![allow(clippy::print_stdout, reason = "each step says on the terminal that it is done")]

mod wasm;

use std::process::ExitCode;

fn main() -> ExitCode {
    let recipe = std::env::args().nth(1);
    let done = match recipe.as_deref() {
        Some("wasm") => wasm::build(),
        _ => {
            println!("cargo xtask wasm    the browser package in wasm/dist, and its copy in web-demo/halver");
            return if recipe.is_none() { ExitCode::SUCCESS } else { ExitCode::from(2) };
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}
