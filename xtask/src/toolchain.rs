//! What the Rust toolchain has: its own machine, and the standard libraries of others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::run;

/// The triple of the machine that the toolchain runs on, e.g. `x86_64-unknown-linux-gnu`.
///
/// # Errors
/// Where rustc cannot be run or does not say.
pub(crate) fn host() -> Result<String, String> {
    let answer = rustc(&["--version", "--verbose"])?;
    let host = answer.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say what its host is".to_owned())
}

/// Has rustup install the standard library of `target`, where it is missing.
///
/// # Errors
/// Where it is missing and there is no rustup, or rustup fails.
pub(crate) fn install_target(target: &str) -> Result<(), String> {
    if Path::new(rustc(&["--print", "target-libdir", "--target", target])?.trim()).is_dir() {
        return Ok(());
    }
    println!("installing the Rust target {target}");
    run(Command::new("rustup").args(["target", "add", target]))
}

fn rustc(arguments: &[&str]) -> Result<String, String> {
    let answer = Command::new("rustc").args(arguments).output();
    let answer = answer.map_err(|error| format!("cannot run rustc: {error}"))?;
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// Flags that have programs name the files of crates without the folder of this machine that they lie in.
///
/// A folder with a space in its name has none: the variable of the flags is split at spaces.
pub(crate) fn short_paths() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|user| user.join(".cargo"))).unwrap_or_default();
    let sources = fs::read_dir(home.join("registry").join("src")).into_iter().flatten().flatten();
    let paths = sources.map(|source| source.path().display().to_string()).filter(|path| !path.contains(' '));
    paths.map(|path| format!("--remap-path-prefix={path}/= ")).collect()
}
