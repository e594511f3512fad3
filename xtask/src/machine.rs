//! The golden test on other machines than the plain build of this one: the same processor with wider registers, and
//! aarch64 under qemu. Only the one test binary is built for them.

use std::path::Path;
use std::process::Stdio;

use crate::run::{Outcome, cargo, is_there, target_folder};
use crate::ship::ARM64;
use crate::{apt, toolchain};

/// Names of the emulator: Debian calls the one that is linked statically by another.
const QEMU: [&str; 2] = ["qemu-aarch64", "qemu-aarch64-static"];

/// A build of the golden test.
struct Machine<'a> {
    /// As the test calls it in `core/tests/images/golden.rs`; the folder of the build, too.
    name: &'a str,
    target: &'a str,
    flags: &'a str,
    /// Values of cargo's variables for the target, e.g. of `LINKER`.
    tools: &'a [(&'a str, &'a str)],
}

/// The golden test with what x86-64-v3 adds: AVX2, fused multiply-add and more.
///
/// # Errors
/// Where it does not compile or a hash differs.
pub(crate) fn wide(root: &Path) -> Result<Outcome, String> {
    if !has_x86_64_v3() {
        return Ok(Outcome::Skipped("this processor is no x86-64-v3".to_owned()));
    }
    let target = toolchain::host()?;
    golden(root, &Machine { name: "x86-64-v3", target: &target, flags: "-C target-cpu=x86-64-v3", tools: &[] })
}

/// The golden test on aarch64, emulated. Installs what it needs by name.
///
/// # Errors
/// Where it does not compile or a hash differs.
pub(crate) fn emulated(root: &Path) -> Result<Outcome, String> {
    if cfg!(target_arch = "aarch64") {
        return Ok(Outcome::Skipped("this is an aarch64, whose own tests are the proof; x86-64 is not".to_owned()));
    }
    let (linker, qemu) = match tools() {
        Ok(tools) => tools,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let tools = [("LINKER", linker), ("RUNNER", qemu)];
    // Linked statically, so that the emulator need not be told where the C library of another machine lies.
    golden(
        root,
        &Machine { name: "aarch64", target: ARM64.target, flags: "-C target-feature=+crt-static", tools: &tools },
    )
}

/// The linker and the emulator for [`ARM64`], which are installed where they are missing.
fn tools() -> Result<(&'static str, &'static str), String> {
    let mut missing = Vec::new();
    if !ARM64.links() {
        missing.extend(ARM64.packages);
    }
    if emulator().is_none() {
        missing.push("qemu-user");
    }
    let instead = |reason| format!("{reason}; install {}", missing.join(", "));
    if !missing.is_empty() {
        apt::install(&missing).map_err(instead)?;
    }
    toolchain::install_target(ARM64.target)?;
    let qemu = emulator().filter(|_| ARM64.links());
    qemu.map(|qemu| (ARM64.linker, qemu)).ok_or_else(|| "what apt installed is not in PATH".to_owned())
}

fn emulator() -> Option<&'static str> {
    QEMU.into_iter().find(|name| is_there(name))
}

/// Runs the golden test as `machine`, in a folder of its own, so that no build evicts another.
///
/// The flags travel in the variable that cargo keeps for the target: what is built to run here never sees them.
fn golden(root: &Path, machine: &Machine<'_>) -> Result<Outcome, String> {
    let mut cargo = cargo(root)?;
    cargo.args(["test", "--package", "halver", "--test", "images", "--target", machine.target, "--target-dir"]);
    cargo.arg(target_folder(root)?.join(machine.name)).args(["golden::", "--", "--nocapture"]);
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("HALVER_PIN_GOLDEN");
    cargo.env(variable(machine.target, "RUSTFLAGS"), machine.flags);
    cargo.envs(machine.tools.iter().map(|(name, tool)| (variable(machine.target, name), tool)));
    let answer = cargo.stderr(Stdio::inherit()).output().map_err(|error| format!("cannot run cargo: {error}"))?;
    let said = String::from_utf8_lossy(&answer.stdout);
    if !answer.status.success() {
        print!("{said}");
        return Err(format!("cargo failed: {}", answer.status));
    }
    // A filter that no test meets is a success for cargo, and so are flags that nobody heeds.
    let met = said.lines().find_map(|line| line.find("golden: ").map(|at| &line[at..]));
    match met {
        Some(met) if met.ends_with(&format!(" rows met on {}", machine.name)) => println!("{met}"),
        _ => return Err(format!("the test ran on another machine, or not at all:\n{said}")),
    }
    Ok(Outcome::Done)
}

/// Cargo's variable that sets `name` for `target`.
pub(crate) fn variable(target: &str, name: &str) -> String {
    format!("CARGO_TARGET_{}_{name}", target.to_uppercase().replace(['-', '.'], "_"))
}

/// Whether this processor has what the level asks for beyond what AVX2 implies (System V ABI, x86-64 supplement, 3.1.1).
#[cfg(target_arch = "x86_64")]
fn has_x86_64_v3() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx2") && has!("bmi1") && has!("bmi2") && has!("f16c") && has!("fma") && has!("lzcnt") && has!("movbe")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_x86_64_v3() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_reads_a_targets_variables_by_these_names() {
        assert_eq!(variable(ARM64.target, "LINKER"), "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER");
        assert_eq!(variable("thumbv8m.main-none-eabi", "RUNNER"), "CARGO_TARGET_THUMBV8M_MAIN_NONE_EABI_RUNNER");
    }
}
