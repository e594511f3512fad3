//! What the browser tests need: Chromium, and the npm packages that drive it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt;
use crate::run::run;

/// Names under which systems know Chromium; the first that answers is used.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// The path of a Chromium: the one in `CHROMIUM`, one in PATH, or one that apt installs.
///
/// # Errors
/// Where there is none and apt cannot install one.
pub(crate) fn chromium() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(named.into());
    }
    if let Some(found) = in_path() {
        return Ok(found);
    }
    apt::install(&["chromium"]).map_err(|reason| format!("{reason}; install Chromium, or name one in CHROMIUM"))?;
    in_path().ok_or_else(|| "apt installed no Chromium that is in PATH".to_owned())
}

fn in_path() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
}

/// Installs the npm packages of `folder` as its lock file has them, unless they are there.
///
/// # Errors
/// Where npm is missing or fails.
pub(crate) fn packages(folder: &Path) -> Result<(), String> {
    let changed = |file: &str| std::fs::metadata(folder.join(file)).and_then(|file| file.modified()).ok();
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_some() && installed >= changed("package-lock.json") {
        return Ok(());
    }
    println!("installing npm packages");
    run(Command::new("npm").current_dir(folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
}
