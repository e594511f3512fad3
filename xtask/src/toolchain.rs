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

/// Flags that have programs name the files of crates, and of the standard library, without the folder of this machine
/// that they lie in.
///
/// A folder with a space in its name has none: the variable of the flags is split at spaces.
///
/// # Errors
/// Where rustc cannot be run or does not say what it is.
pub(crate) fn short_paths() -> Result<String, String> {
    let sources = fs::read_dir(cargo_home().join("registry").join("src")).into_iter().flatten().flatten();
    let crates = sources.map(|source| (source.path().display().to_string() + "/", String::new()));
    // The library's own files have this name in it, until the component rust-src is there as well.
    let library = sysroot()?.join("lib").join("rustlib").join("src").join("rust").display().to_string();
    let version = rustc(&["--version", "--verbose"])?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
    let all = crates.chain([(library, format!("/rustc/{commit}"))]).filter(|(path, _)| !path.contains(' '));
    Ok(all.map(|(path, short)| format!("--remap-path-prefix={path}={short} ")).collect())
}

/// Folders of this machine that no shipped program may name: other machines have others, and would make other bytes.
///
/// # Errors
/// Where rustc cannot be run.
pub(crate) fn folders() -> Result<[PathBuf; 2], String> {
    Ok([cargo_home(), sysroot()?])
}

fn cargo_home() -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| std::env::home_dir().map(|user| user.join(".cargo"))).unwrap_or_default()
}

fn sysroot() -> Result<PathBuf, String> {
    Ok(PathBuf::from(rustc(&["--print", "sysroot"])?.trim()))
}
