//! The template in `deploy/`: linted, and deployed into ministack with the function that was built.

use std::path::Path;
use std::process::Command;

use crate::run::{Outcome, run, target_folder};
use crate::{ministack, pip};

/// Every package that looks at the template, with its version.
const TOOLS: &str = include_str!("../../deploy/tests/requirements.txt");

/// The SAM CLI, with all that it needs.
const SAM: &str = include_str!("../../deploy/tests/sam-requirements.txt");

/// Runs the tests in `deploy/tests` with the programs in `binaries`. Installs what they need by name.
///
/// # Errors
/// Where a test fails.
pub(crate) fn test(root: &Path, binaries: &Path) -> Result<Outcome, String> {
    let target = target_folder(root)?;
    let folder = target.join("deploy");
    let (tools, sam) = (folder.join("tools"), folder.join("sam"));
    let installed = ministack::python(&target.join("peers").join("ministack")).and_then(|python| {
        pip::install(&tools, "cfn-lint and checkov", TOOLS)?;
        pip::install(&sam, "the SAM CLI", SAM)?;
        Ok(python)
    });
    let python = match installed {
        Ok(python) => python,
        Err(reason) => return Ok(Outcome::Skipped(format!("{reason}: deploy/template.yaml is not tested"))),
    };
    let mut tests = Command::new(python.join("bin").join("python"));
    tests.current_dir(root).args(["-W", "ignore::ResourceWarning", "-B", "-m", "unittest", "discover"]);
    tests.args(["--start-directory", "deploy/tests"]);
    tests.env("DEPLOY_PROGRAMS", binaries).env("DEPLOY_TOOLS", tools.join("bin"));
    tests.env("DEPLOY_SAM", sam.join("bin").join("sam"));
    run(&mut tests)?;
    Ok(Outcome::Done)
}
