//! `cargo xtask demo`: builds the package and the release binaries, then hands over to `halver demo`.

use std::path::Path;
use std::process::Command;

use crate::run::{Steps, run};
use crate::wasm;

/// Builds all that the demonstration needs, then becomes it.
///
/// # Errors
/// In one line.
pub(crate) fn demo(root: &Path, arguments: &[String]) -> Result<(), String> {
    let mut steps = Steps::default();
    steps.step("the browser package", wasm::build)?;
    steps.step("the function and the halver command", || {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--release", "--package", "halver-lambda", "--package", "halver-cli"]);
        run(cargo.current_dir(root))
    })?;
    let binaries = wasm::target_folder(root).join("release");
    let mut halver = Command::new(binaries.join("halver"));
    halver.arg("demo").arg("--function").arg(binaries.join("bootstrap"));
    halver.arg("--page").arg(root.join("web-demo"));
    if !arguments.iter().any(|argument| argument.starts_with("--image")) {
        halver.arg("--image").arg(root.join("samples").join("mountain.jpg"));
    }
    println!("── the machine");
    become_it(halver.args(arguments))
}

/// Replaces this process, so that Ctrl-C and the exit code are the demonstration's own.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<(), String> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(format!("cannot run {}: {error}", command.get_program().to_string_lossy()))
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<(), String> {
    run(command)
}
