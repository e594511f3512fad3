//! Packages of Python's, each in the version that is named, in virtual environments.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::apt;
use crate::run::run;
use crate::server::emptied;

/// Installs `packages`, one with its version on each line, into `python`, a virtual environment, unless they are there.
/// `what` is what they are called together.
///
/// # Errors
/// Where there is no Python, or the packages cannot be had.
pub(crate) fn install(python: &Path, what: &str, packages: &str) -> Result<(), String> {
    let installed = python.join("requirements.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|there| there == packages) {
        return Ok(());
    }
    if !has_venv() {
        apt::install(&["python3-venv"]).map_err(|reason| format!("{reason}; install Python with its module venv"))?;
    }
    println!("installing {what} through pip");
    let python = emptied(python.to_owned())?;
    run(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
    let wanted = python.join("wanted.txt");
    let cannot = |error: std::io::Error| format!("cannot write to {}: {error}", python.display());
    std::fs::write(&wanted, packages).map_err(cannot)?;
    let mut pip = Command::new(python.join("bin").join("pip"));
    // What is never imported need not be compiled: a quarter of the bytes, and half of the time.
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile", "--requirement"]);
    run(pip.arg(&wanted))?;
    // Last: an installation that breaks off is begun anew.
    std::fs::rename(&wanted, &installed).map_err(cannot)
}

/// Whether there is a Python that can make virtual environments; Debian has that in a package of its own.
fn has_venv() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", "import ensurepip, venv"]).stdout(Stdio::null()).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}
