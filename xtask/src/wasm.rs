//! `cargo xtask wasm`: the browser package in `wasm/dist`, and a copy of it for the page in `web-demo/halver`.
//!
//! The package holds two builds of one crate, a plain one and one with 128-bit SIMD, because a module with a single
//! instruction that a browser does not know is refused as a whole. Both speak through the same glue, `core.js`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{cargo, run, target_folder};
use crate::toolchain;

const TARGET: &str = "wasm32-unknown-unknown";

/// A build of the package: the name of its module, and the compiler flags that make it.
const BUILDS: [(&str, &str); 2] = [("core", ""), ("core-simd", "-C target-feature=+simd128")];

/// Builds the package. Prints a line for each step.
///
/// # Errors
/// What failed, in one line; what cargo says of it has been printed by then.
pub(crate) fn build() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask has no parent folder")?;
    let target = target_folder(root)?;
    toolchain::install_target(TARGET)?;
    run(cargo(root)?.args(["build", "--package", "xtask-bindgen"]))?;
    let bindgen = target.join("debug").join(format!("xtask-bindgen{}", std::env::consts::EXE_SUFFIX));
    println!("wasm: bindgen ready");
    let mut glued = Vec::new();
    for (name, flags) in BUILDS {
        let module = compile(root, &target.join(name), flags)?;
        let folder = target.join(name).join("glue");
        run(Command::new(&bindgen).args([&module, &folder]).arg("core"))?;
        println!("wasm: {name}.wasm, {} bytes", size(&folder.join("core_bg.wasm"))?);
        glued.push((name, folder));
    }
    let dist = root.join("wasm").join("dist");
    assemble(&root.join("wasm"), &glued, &dist)?;
    println!("wasm: package in wasm/dist");
    mirror(&dist, &root.join("web-demo").join("halver"))?;
    println!("wasm: copy for the page in web-demo/halver");
    Ok(())
}

/// Compiles the crate into the folder `target` of its own, so that neither build evicts the other. Gives the module.
///
/// The flags travel in the variable that cargo keeps for this target: procedural macros, which run on the host, never
/// see them. `RUSTFLAGS` would win over that variable, so it is taken out.
fn compile(root: &Path, target: &Path, flags: &str) -> Result<PathBuf, String> {
    let mut cargo = cargo(root)?;
    cargo.args(["build", "--package", "halver-wasm", "--profile", "wasm"]);
    cargo.args(["--target", TARGET, "--target-dir"]).arg(target);
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
    run(&mut cargo)?;
    Ok(target.join(TARGET).join("wasm").join("halver_wasm.wasm"))
}

/// Puts the package together: the one glue, its types, a module for each build, and `package.json`.
fn assemble(source: &Path, glued: &[(&str, PathBuf)], dist: &Path) -> Result<(), String> {
    fs::create_dir_all(dist).map_err(|error| format!("cannot make {}: {error}", dist.display()))?;
    copy(&source.join("package.json"), &dist.join("package.json"))?;
    for (name, folder) in glued {
        copy(&folder.join("core_bg.wasm"), &dist.join(format!("{name}.wasm")))?;
        for glue in ["core.js", "core.d.ts"] {
            let (ours, first) = (folder.join(glue), glued[0].1.join(glue));
            if read(&ours)? != read(&first)? {
                return Err(format!(
                    "{name} came out with another {glue} than {}: one glue cannot serve both",
                    glued[0].0
                ));
            }
            copy(&ours, &dist.join(glue))?;
        }
    }
    Ok(())
}

/// Makes the folder `to` hold the files of `from`, and nothing else.
fn mirror(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error| format!("cannot copy {} to {}: {error}", from.display(), to.display());
    if to.exists() {
        fs::remove_dir_all(to).map_err(failed)?;
    }
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|error| format!("cannot copy {} to {}: {error}", from.display(), to.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn size(path: &Path) -> Result<u64, String> {
    fs::metadata(path).map(|file| file.len()).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
