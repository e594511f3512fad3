//! Running other programs, and saying how long a step took.

use std::process::Command;
use std::time::{Duration, Instant};

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

/// Steps one after the other, each with its name and how long it took.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(&'static str, Duration)>,
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

    /// A row for each step.
    pub(crate) fn print(&self) {
        let total: Duration = self.done.iter().map(|(_, time)| *time).sum();
        println!("──");
        for (name, time) in self.done.iter().chain([&("together", total)]) {
            println!("{:>7.1} s  {name}", time.as_secs_f64());
        }
    }
}
