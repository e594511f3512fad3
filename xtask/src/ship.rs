//! The function as it is shipped to AWS: built for a processor, and zipped.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::machine::variable;
use crate::run::{cargo, run, target_folder};
use crate::{apt, toolchain};

/// A processor that Lambda has.
pub(crate) struct Architecture {
    /// What Lambda calls it.
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    /// What links for it on other machines.
    pub(crate) linker: &'static str,
    /// Debian's packages of the linker and of the C library that it links with.
    pub(crate) packages: [&'static str; 2],
}

pub(crate) const ARM64: Architecture = Architecture {
    name: "arm64",
    target: "aarch64-unknown-linux-gnu",
    linker: "aarch64-linux-gnu-gcc",
    packages: ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
};

pub(crate) const X86_64: Architecture = Architecture {
    name: "x86_64",
    target: "x86_64-unknown-linux-gnu",
    linker: "x86_64-linux-gnu-gcc",
    packages: ["gcc-x86-64-linux-gnu", "libc6-dev-amd64-cross"],
};

/// The minor version of glibc 2 in Amazon Linux 2023, which `provided.al2023` is.
const GLIBC: u32 = 34;

impl Architecture {
    /// Whether this machine has a linker for it, and a C library: the linker knows the library's path.
    pub(crate) fn links(&self) -> bool {
        let asked = Command::new(self.linker).arg("-print-file-name=libc.a").output();
        asked.is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_absolute())
    }

    /// Builds the function, with what is missing for it installed by name. Paths of this machine are not in it: the same
    /// sources, compiler and C library give the same bytes in any folder.
    ///
    /// # Errors
    /// Where it cannot be built, would not start with the C library of AWS, or names a folder of this machine.
    pub(crate) fn build(&self, root: &Path) -> Result<PathBuf, String> {
        let mut cargo = cargo(root)?;
        cargo.args(["build", "--profile", "ship", "--package", "halver-lambda", "--target", self.target]);
        cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        cargo.env(variable(self.target, "RUSTFLAGS"), toolchain::short_paths()?);
        if toolchain::host()? != self.target {
            if !self.links() {
                let instead = |reason| format!("{reason}; install {}", self.packages.join(", "));
                apt::install(&self.packages).map_err(instead)?;
            }
            toolchain::install_target(self.target)?;
            cargo.env(variable(self.target, "LINKER"), self.linker);
        }
        run(&mut cargo)?;
        let function = target_folder(root)?.join(self.target).join("ship").join("bootstrap");
        let program = std::fs::read(&function).map_err(|error| format!("{}: {error}", function.display()))?;
        let [crates, compiler] = toolchain::folders()?;
        if let Some(folder) = named(&program, [root.to_owned(), target_folder(root)?, crates, compiler]) {
            return Err(format!("the function names {}, which other machines do not have", folder.display()));
        }
        match newer_glibc(&program) {
            None => Ok(function),
            Some(minor) => Err(format!(
                "the function asks for glibc 2.{minor}, and AWS has 2.{GLIBC}: build it where the C library is older"
            )),
        }
    }
}

/// The first of `folders` that `program` names a file in.
///
/// Folders beside the root are left out: `/src/` is a part of too many names.
fn named(program: &[u8], folders: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    let mut folders = folders.into_iter().filter(|folder| folder.components().count() > 2);
    folders.find(|folder| {
        let within = [folder.as_os_str().as_encoded_bytes(), b"/"].concat();
        program.windows(within.len()).any(|bytes| bytes == within)
    })
}

/// The minor version of glibc that `program` asks for, where it is newer than that of AWS.
///
/// A program names the versions of the symbols that it needs, e.g. `GLIBC_2.34`.
fn newer_glibc(program: &[u8]) -> Option<u32> {
    const NAME: &[u8] = b"GLIBC_2.";
    let starts = program.windows(NAME.len()).enumerate().filter(|(_, bytes)| *bytes == NAME);
    let minors = starts.filter_map(|(at, _)| {
        let digits = program[at + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        digits.map(|&byte| char::from(byte)).collect::<String>().parse().ok()
    });
    minors.collect::<BTreeSet<u32>>().pop_last().filter(|&minor| minor > GLIBC)
}

/// Zips `function` into `zip`, whose bytes depend on nothing else.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn zipped(root: &Path, function: &Path, zip: PathBuf) -> Result<PathBuf, String> {
    run(cargo(root)?.args(["run", "--quiet", "--package", "xtask-zip"]).arg(&zip).arg(function))?;
    Ok(zip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_this_machine_are_seen() {
        let program =
            b"\0memchr-2.7.6/src/lib.rs/rustc/5980/library/std/disk/me/.cargo/registry/src/a.rs\0/disk/melon/b";
        for (folders, seen) in [
            (&["/disk/me/halver", "/disk/me/.cargo"][..], Some("/disk/me/.cargo")),
            (&["/disk/me", "/disk/other"], Some("/disk/me")),
            (&["/disk/mel", "/disk/melon/b", "/src"], None),
        ] {
            let found = named(program, folders.iter().map(PathBuf::from));
            assert_eq!(found, seen.map(PathBuf::from), "{folders:?}");
        }
    }

    #[test]
    fn the_compilers_flags_rename_each_of_its_folders() {
        let flags = toolchain::short_paths().unwrap();
        let [crates, compiler] = toolchain::folders().unwrap();
        for folder in [crates.join("registry/src"), compiler.join("lib/rustlib/src/rust")] {
            assert!(flags.contains(&format!("--remap-path-prefix={}", folder.display())), "{flags}");
        }
    }

    #[test]
    fn a_program_for_a_newer_c_library_is_seen() {
        for (program, newer) in [
            (&b"\0GLIBC_2.17\0GLIBC_2.34\0GLIBC_2.4\0"[..], None),
            (b"\0GLIBC_2.17\0GLIBC_2.39\0GLIBC_2.36\0", Some(39)),
            (b"statically linked, GLIBC_2.", None),
        ] {
            assert_eq!(newer_glibc(program), newer, "{}", program.escape_ascii());
        }
    }
}
