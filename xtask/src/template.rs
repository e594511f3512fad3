//! The template in `deploy/`: linted, and deployed into ministack with the function that was built.

use std::path::Path;
use std::process::Command;

use crate::run::{Outcome, target_folder};
use crate::{ministack, pip};

/// checkov and the AWS CLI, every package with its version.
const TOOLS: &str = include_str!("../../deploy/tests/requirements.txt");

/// The SAM CLI, with all that it needs; cfn-lint is part of that.
const SAM: &str = include_str!("../../deploy/tests/sam-requirements.txt");

/// What `deploy/tests` holds for unittest.
const FILES: [&str; 3] = ["test_template", "test_commands", "test_ministack"];

/// Runs the tests in `deploy/tests` with the programs in `binaries`. Installs what they need by name.
///
/// # Errors
/// Where a test fails.
pub(crate) fn test(root: &Path, binaries: &Path) -> Result<Outcome, String> {
    let target = target_folder(root)?;
    let folder = target.join("deploy");
    let (tools, sam) = (folder.join("tools"), folder.join("sam"));
    let installed = ministack::python(&target.join("peers").join("ministack")).and_then(|python| {
        pip::install(&tools, "checkov and the AWS CLI", TOOLS)?;
        pip::install(&sam, "the SAM CLI", SAM)?;
        Ok(python)
    });
    let python = match installed {
        Ok(python) => python,
        Err(reason) => return Ok(Outcome::Skipped(format!("{reason}: deploy/template.yaml is not tested"))),
    };
    // Side by side, each with an AWS of its own: they wait more than they work.
    let tests = |file: &'static str| {
        let mut tests = Command::new(python.join("bin").join("python"));
        tests.current_dir(root.join("deploy").join("tests"));
        tests.args(["-W", "ignore::ResourceWarning", "-B", "-m", "unittest", file]);
        tests.env("DEPLOY_PROGRAMS", binaries).env("DEPLOY_TOOLS", tools.join("bin"));
        tests.env("DEPLOY_SAM", sam.join("bin").join("sam"));
        move || (file, tests.output())
    };
    let done = std::thread::scope(|scope| {
        let running = FILES.map(|file| scope.spawn(tests(file)));
        running.map(|running| running.join().map_err(|_| "a thread of the tests ended badly".to_owned()))
    });
    for done in done {
        let (file, answer) = done?;
        let answer = answer.map_err(|error| format!("cannot run {file}: {error}"))?;
        println!("{file}\n{}{}", String::from_utf8_lossy(&answer.stdout), String::from_utf8_lossy(&answer.stderr));
        if !answer.status.success() {
            return Err(format!("{file} failed: {}", answer.status));
        }
    }
    Ok(Outcome::Done)
}
