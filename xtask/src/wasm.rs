//! `cargo xtask wasm`: the browser package in `wasm/dist`, and a copy of it for the page in `web-demo/halver`.
//!
//! The package holds four builds of one crate: the smaller one that does for most pictures and the full one, each plain and
//! with 128-bit SIMD, because a module with a single instruction that a browser does not know is refused as a whole. All speak
//! through the same glue, `glue.js`, which wasm-bindgen writes; all other scripts and all types are written by hand, in
//! `wasm/package`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::run::{cargo, run, target_folder};
use crate::toolchain;

const TARGET: &str = "wasm32-unknown-unknown";

/// A build of the package.
struct Build {
    /// Of its module.
    name: &'static str,
    /// What cargo is told of the crate's features.
    features: &'static [&'static str],
}

/// The builds with the same compiler flags, which have all dependencies in common.
struct Kind {
    /// Where cargo builds, below the target folder.
    folder: &'static str,
    flags: &'static str,
    builds: [Build; 2],
}

const SMALLER: &[&str] = &["--no-default-features"];

const PLAIN: Kind = Kind {
    folder: "wasm-plain",
    flags: "",
    builds: [Build { name: "core", features: SMALLER }, Build { name: "full", features: &[] }],
};

const SIMD: Kind = Kind {
    folder: "wasm-simd",
    flags: "-C target-feature=+simd128",
    builds: [Build { name: "core-simd", features: SMALLER }, Build { name: "full-simd", features: &[] }],
};

/// What makes all builds small, in the compiler and the linker.
const SMALL: &str = concat!(
    // Copies of a function and of a loop's body are most of what makes code large, and hardly any of what makes it quick.
    "-C llvm-args=-inline-threshold=25 -C llvm-args=-unroll-threshold=30 ",
    // Data lie behind the stack: behind a smaller one their addresses are a byte shorter. Not a sixteenth of it is used.
    "-C link-arg=-zstack-size=524288 ",
    // xtask-bindgen takes out what only panics need, and the relocations with it.
    "-C link-arg=--emit-relocs ",
    // SHA-256 without vectors in loops: 6 kB less.
    r#"--cfg sha2_backend_soft="compact""#,
);

/// Scripts that become one file of the package, the last: a page sends a request for each, and together they compress better.
const JOINED: [&[&str]; 2] = [&["thread.js", "pool.js", "halver.js"], &["known-answer.js", "job.js"]];

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
    // The last pass over a program takes one processor and most of the time: two at once.
    let (plain, simd) = thread::scope(|scope| {
        let simd = scope.spawn(|| SIMD.make(root, &target, &bindgen));
        (PLAIN.make(root, &target, &bindgen), simd.join())
    });
    let glued = [plain?, simd.map_err(|_| "a build panicked")??].concat();
    let dist = root.join("wasm").join("dist");
    assemble(root, &glued, &dist)?;
    println!("wasm: package in wasm/dist");
    mirror(&dist, &root.join("web-demo").join("halver"))?;
    println!("wasm: copy for the page in web-demo/halver");
    Ok(())
}

impl Kind {
    /// Makes each module and its glue. Gives their names, and the folders with both.
    fn make(&self, root: &Path, target: &Path, bindgen: &Path) -> Result<Vec<(&'static str, PathBuf)>, String> {
        let target = target.join(self.folder);
        let make = |build: &Build| {
            let (module, folder) = (self.compile(root, &target, build)?, target.join("glue").join(build.name));
            run(Command::new(bindgen).args([&module, &folder]).arg("glue"))?;
            println!("wasm: {}.wasm, {} bytes", build.name, size(&folder.join("glue_bg.wasm"))?);
            Ok((build.name, folder))
        };
        self.builds.iter().map(make).collect()
    }

    /// Compiles the crate into `target`. Gives the module, which lies where the one of the other build lay.
    ///
    /// The flags travel in the variable that cargo keeps for this target: procedural macros, which run on the host, never
    /// see them. `RUSTFLAGS` would win over that variable, so it is taken out.
    fn compile(&self, root: &Path, target: &Path, build: &Build) -> Result<PathBuf, String> {
        let mut cargo = cargo(root)?;
        cargo.args(["build", "--package", "halver-wasm", "--profile", "wasm"]).args(build.features);
        cargo.args(["--target", TARGET, "--target-dir"]).arg(target);
        cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        let flags = format!("{SMALL} {}{}", toolchain::short_paths()?, self.flags);
        run(cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags))?;
        Ok(target.join(TARGET).join("wasm").join("halver_wasm.wasm"))
    }
}

/// Puts the package together: a module for each build, the one glue, what is written by hand, and the licences.
fn assemble(root: &Path, glued: &[(&str, PathBuf)], dist: &Path) -> Result<(), String> {
    if dist.exists() {
        fs::remove_dir_all(dist).map_err(|error| format!("cannot remove {}: {error}", dist.display()))?;
    }
    mirror(&root.join("wasm").join("package"), dist)?;
    let glue = glued.iter().map(|(_, folder)| read(&folder.join("glue_bg.js"))).collect::<Result<Vec<_>, _>>()?;
    if glue.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err("the builds came out with different glue: one cannot serve all".to_owned());
    }
    write(&dist.join("glue.js"), &glue[0])?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&root.join(licence), &dist.join(licence))?;
    }
    for (name, folder) in glued {
        copy(&folder.join("glue_bg.wasm"), &dist.join(format!("{name}.wasm")))?;
    }
    JOINED.iter().try_for_each(|names| join(dist, names))?;
    for entry in entries(dist)? {
        if entry.extension().is_some_and(|extension| extension == "js") {
            write(&entry, &bare(&read(&entry)?))?;
        }
    }
    Ok(())
}

/// Makes the scripts `names` in `folder` one, under the last name. What they import from each other goes; each import is one line,
/// of names in braces.
fn join(folder: &Path, names: &[&str]) -> Result<(), String> {
    let (mut imports, mut code) = (BTreeMap::<String, BTreeSet<String>>::new(), String::new());
    for name in names {
        let path = folder.join(name);
        for line in read(&path)?.lines() {
            let import = line.strip_prefix("import { ").and_then(|rest| rest.split_once(" } from "));
            match import {
                None => code += &format!("{line}\n"),
                Some((_, from)) if names.iter().any(|name| from == format!("'./{name}';")) => {}
                Some((imported, from)) => {
                    imports.entry(from.to_owned()).or_default().extend(imported.split(", ").map(str::to_owned));
                }
            }
        }
        fs::remove_file(&path).map_err(|error| format!("cannot remove {}: {error}", path.display()))?;
    }
    let imports = imports.into_iter().map(|(from, imported)| {
        format!("import {{ {} }} from {from}\n", imported.into_iter().collect::<Vec<_>>().join(", "))
    });
    write(&folder.join(names[names.len() - 1]), &(imports.collect::<String>() + &code))
}

/// A script without its comments and its indentation, which are for those who read the sources: they are most of its
/// bytes.
///
/// It knows nothing of JavaScript but what our sources and wasm-bindgen's keep to: no text in quotes holds `/**` or
/// runs over several lines, and what begins with `//` has a line of its own.
fn bare(script: &str) -> String {
    let mut rest = script;
    let mut code = String::new();
    while let Some((before, comment)) = rest.split_once("/**") {
        code.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    code.push_str(rest);
    let lines = code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Makes the folder `to` hold the files of `from`, and nothing else.
fn mirror(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error| format!("cannot copy {} to {}: {error}", from.display(), to.display());
    if to.exists() {
        fs::remove_dir_all(to).map_err(failed)?;
    }
    fs::create_dir_all(to).map_err(failed)?;
    entries(from)?.iter().try_for_each(|file| copy(file, &to.join(file.file_name().unwrap_or_default())))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    entries.map_err(|error| format!("cannot read {}: {error}", folder.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|error| format!("cannot copy {} to {}: {error}", from.display(), to.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn size(path: &Path) -> Result<u64, String> {
    fs::metadata(path).map(|file| file.len()).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
