//! `cargo xtask test`: every test, each stage with its time.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peers::Peers;
use crate::run::{self, Steps, is_there, run, target_folder};
use crate::stack::Stack;
use crate::{browser, machine, template, wasm};

/// Workspaces of their own, so that what only they need never slows a first build of the product.
const COMPANIONS: [&str; 2] = ["benches", "fuzz"];

/// Bundlers, compilers and Chromium, with the package as it is packed for npm.
const CONSUMERS: &str = "wasm/tests/consumers";

/// Folders whose tests take packages of npm's.
const PACKAGES: [&str; 2] = ["web-demo/tests", CONSUMERS];

/// Runs every stage up to the first that fails, then prints how long each took.
///
/// # Errors
/// The stage that failed, and why, in one line.
pub(crate) fn test(root: &Path) -> Result<(), String> {
    let mut steps = Steps::default();
    let done = stages(root, &mut steps);
    steps.print();
    done
}

fn stages(root: &Path, steps: &mut Steps) -> Result<(), String> {
    let binaries = target_folder(root)?.join("debug");
    steps.step("format", || format(root))?;
    steps.step("lint", || lint(root))?;
    // With the tests, because their dependencies have features that would have everything built once more.
    steps.step("programs and tests", || cargo(root, &["build", "--workspace", "--all-targets"]))?;
    let peers = Peers::start(root, steps)?;
    steps.step("unit and integration tests", || tests(root, &peers.variables()))?;
    drop(peers);
    steps.step_where_possible("the template, deployed into ministack", || template::test(root, &binaries))?;
    steps.step_where_possible("the golden table on x86-64-v3", || machine::wide(root))?;
    steps.step_where_possible("the golden table on aarch64", || machine::emulated(root))?;
    steps.step("examples in the documentation", || cargo(root, &["test", "--quiet", "--doc", "--workspace"]))?;
    steps.step("benchmarks and fuzz targets compile", || companions(root))?;
    steps.step("the browser package", wasm::build)?;
    steps.step("the browser package in Node", || node(root, "wasm/tests", &mut Command::new("node")))?;
    let chromium = steps.step("Chromium and what drives it", || {
        PACKAGES.iter().try_for_each(|folder| browser::packages(&root.join(folder)))?;
        browser::chromium()
    })?;
    steps.step("the browser package in the hands of others", || {
        node(root, CONSUMERS, Command::new("node").env("CHROMIUM", &chromium))
    })?;
    steps.step("the page in Chromium", || page(root, &binaries, &chromium))
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<(), String> {
    run(run::cargo(root)?.args(arguments))
}

fn format(root: &Path) -> Result<(), String> {
    cargo(root, &["fmt", "--all", "--check"])?;
    COMPANIONS.into_iter().try_for_each(|folder| {
        run(run::cargo(root)?.args(["fmt", "--all", "--check", "--manifest-path"]).arg(manifest(folder)))
    })
}

fn lint(root: &Path) -> Result<(), String> {
    cargo(root, &["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"])
}

/// Lints the workspaces that stand beside the product's.
///
/// Nothing is linked, so libFuzzer need not be built, which would take a C++ compiler: its build script is told that it
/// has been, at a place that only a linker would look at.
fn companions(root: &Path) -> Result<(), String> {
    for folder in COMPANIONS {
        let mut cargo = run::cargo(root)?;
        cargo.args(["clippy", "--quiet", "--workspace", "--all-targets", "--manifest-path"]).arg(manifest(folder));
        cargo.args(["--", "--deny", "warnings"]);
        run(cargo.env("CUSTOM_LIBFUZZER_PATH", root.join(manifest(folder))))?;
    }
    Ok(())
}

fn manifest(folder: &str) -> PathBuf {
    Path::new(folder).join("Cargo.toml")
}

/// By nextest where it is installed: it runs the tests of all packages side by side. `variables` say where the peers
/// are.
fn tests(root: &Path, variables: &[(&str, &str)]) -> Result<(), String> {
    let mut cargo = run::cargo(root)?;
    cargo.envs(variables.iter().copied());
    if is_there("cargo-nextest") {
        cargo.args(["nextest", "run", "--workspace", "--status-level", "fail", "--final-status-level", "fail"]);
    } else {
        cargo.args(["test", "--workspace", "--lib", "--bins", "--tests"]);
    }
    run(&mut cargo)
}

/// Runs the tests in `folder` with Node's own runner.
fn node(root: &Path, folder: &str, node: &mut Command) -> Result<(), String> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root.join(folder))
        .map_err(|error| format!("{folder}: {error}"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("there are no tests in {folder}"));
    }
    run(node.current_dir(root).args(["--test", "--test-reporter=spec"]).args(files))
}

/// Drives the page of a running stack; its screenshots are kept in `artifacts` of the target folder.
fn page(root: &Path, binaries: &Path, chromium: &Path) -> Result<(), String> {
    let target = target_folder(root)?;
    let artifacts = target.join("artifacts");
    std::fs::create_dir_all(&artifacts).map_err(|error| format!("cannot make {}: {error}", artifacts.display()))?;
    let stack = Stack::start(root, binaries, &target.join("test-stack"))?;
    let mut command = Command::new("node");
    command.env("HALVER_URL", &stack.page).env("HALVER_ARTIFACTS", &artifacts).env("CHROMIUM", chromium);
    // One browser at a time: the tests wait for each other rather than for a processor.
    node(root, "web-demo/tests", command.arg("--test-concurrency=1"))?;
    println!("screenshots are in {}", artifacts.display());
    Ok(())
}
