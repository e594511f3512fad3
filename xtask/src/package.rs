//! `cargo xtask package`: what is deployed, in the folder `package` of the target folder.
//!
//! ```text
//! halver-arm64.zip, halver-x86_64.zip    the function for either processor, as Lambda takes it
//! page/                                  the page with the browser package in it, as any web server takes it
//! halver-VERSION.tgz                     the browser package, as npm takes it
//! SHA256SUMS                             of all zips, for `sha256sum --check`
//! ```

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::run::{Steps, run, target_folder};
use crate::server::emptied;
use crate::ship::{self, ARM64, X86_64};
use crate::wasm;

/// What of `web-demo` is for those who work on it, or only read of it.
const NOT_SERVED: [&str; 3] = ["tests", "README.md", "screenshot.jpg"];

/// Builds all of it.
///
/// # Errors
/// The name of the step that failed, and why.
pub(crate) fn package(root: &Path) -> Result<(), String> {
    let folder = emptied(target_folder(root)?.join("package"))?;
    let mut steps = Steps::default();
    for architecture in [ARM64, X86_64] {
        let function = steps.step(architecture.name, || architecture.build(root))?;
        let zip = folder.join(format!("halver-{}.zip", architecture.name));
        steps.step("its zip", || ship::zipped(root, &function, zip))?;
    }
    steps.step("the browser package", || {
        wasm::build()?;
        run(Command::new("npm")
            .args(["pack", "--silent", "--pack-destination"])
            .arg(&folder)
            .arg(root.join("wasm/dist")))
    })?;
    steps.step("the page", || copy_page(&root.join("web-demo"), &folder.join("page")))?;
    steps.step("checksums", || write_sums(&folder))?;
    steps.print();
    println!("in {}", folder.display());
    Ok(())
}

/// Copies what is served of the page.
fn copy_page(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error| format!("cannot copy {} to {}: {error}", from.display(), to.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if NOT_SERVED.iter().any(|not_served| name == *not_served) {
            continue;
        }
        if entry.file_type().map_err(failed)?.is_dir() {
            copy_page(&entry.path(), &to.join(name))?;
        } else {
            fs::copy(entry.path(), to.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}

/// Writes and prints the checksums of the zips in `folder`.
fn write_sums(folder: &Path) -> Result<(), String> {
    let mut sums = String::new();
    for architecture in [ARM64, X86_64] {
        let name = format!("halver-{}.zip", architecture.name);
        sums += &format!("{}  {name}\n", sum(&folder.join(&name))?);
    }
    print!("{sums}");
    fs::write(folder.join("SHA256SUMS"), sums).map_err(|error| format!("SHA256SUMS: {error}"))
}

/// The SHA-256 of `file`, as hexadecimal digits.
///
/// # Errors
/// Where `sha256sum` cannot tell.
pub(crate) fn sum(file: &Path) -> Result<String, String> {
    let answer = Command::new("sha256sum").arg(file).output();
    let answer = answer.map_err(|error| format!("cannot run sha256sum: {error}"))?;
    let said = String::from_utf8_lossy(&answer.stdout);
    let sum = said.split_whitespace().next().filter(|sum| sum.len() == 64 && answer.status.success());
    sum.map(str::to_owned).ok_or_else(|| format!("sha256sum of {} failed: {}", file.display(), answer.status))
}
