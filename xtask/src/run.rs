//! Running other programs, and saying how long a step took.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The variable that has cargo build into another folder.
const TARGET_DIR: &str = "CARGO_TARGET_DIR";

/// The folder that cargo builds into, absolute.
///
/// # Errors
/// Where there is no current folder, which a relative [`TARGET_DIR`] counts from.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf, String> {
    match std::env::var_os(TARGET_DIR) {
        Some(named) => std::path::absolute(&named).map_err(|error| format!("{TARGET_DIR}: {error}")),
        None => Ok(root.join("target")),
    }
}

/// A cargo that works in `root`, and builds into the folder that ours was told to.
///
/// # Errors
/// Of [`target_folder`].
pub(crate) fn cargo(root: &Path) -> Result<Command, String> {
    let mut cargo = Command::new("cargo");
    forget_package(cargo.current_dir(root));
    if std::env::var_os(TARGET_DIR).is_some() {
        // A relative one would count from `root`.
        cargo.env(TARGET_DIR, target_folder(root)?);
    }
    Ok(cargo)
}

/// Takes from the environment of `command` what cargo told us of our own package, which is not true of others.
///
/// ring's build script watches these, and everything above it would be built anew whenever somebody calls cargo by hand
/// in between.
pub(crate) fn forget_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
}

/// Runs `command` to its end; what it prints goes where ours goes.
///
/// # Errors
/// In one line, where it cannot be started or does not end with 0.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} failed: {status}")),
        Err(error) => Err(format!("cannot run {program}: {error}")),
    }
}

/// Whether `program` can be started: it answers `--version`.
pub(crate) fn is_there(program: &str) -> bool {
    let quiet = std::process::Stdio::null;
    let asked = Command::new(program).arg("--version").stdout(quiet()).stderr(quiet()).stdin(quiet()).status();
    asked.is_ok_and(|status| status.success())
}

/// How a step ended that not every machine can take.
pub(crate) enum Outcome {
    Done,
    /// Left out, and why.
    Skipped(String),
}

/// Steps one after the other, each with its name and how long it took.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(&'static str, Duration)>,
    skipped: Vec<String>,
}

impl Steps {
    /// Says `name`, does `step`, and notes its time.
    ///
    /// # Errors
    /// The step's, behind its name.
    pub(crate) fn step<T>(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, String> {
        println!("── {name}");
        let start = Instant::now();
        let result = step();
        self.done.push((name, start.elapsed()));
        result.map_err(|reason| format!("{name}: {reason}"))
    }

    /// A [`step`](Self::step) that is told again at the end where this machine cannot take it.
    ///
    /// # Errors
    /// The step's, behind its name.
    pub(crate) fn step_where_possible(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<Outcome, String>,
    ) -> Result<(), String> {
        if let Outcome::Skipped(reason) = self.step(name, step)? {
            let skipped = format!("SKIPPED: {name}: {reason}");
            println!("{skipped}");
            self.skipped.push(skipped);
        }
        Ok(())
    }

    /// A row for each step, then what was left out.
    pub(crate) fn print(&self) {
        let total: Duration = self.done.iter().map(|(_, time)| *time).sum();
        println!("──");
        for (name, time) in self.done.iter().chain([&("together", total)]) {
            println!("{:>7.1} s  {name}", time.as_secs_f64());
        }
        for skipped in &self.skipped {
            println!("{skipped}");
        }
    }
}
