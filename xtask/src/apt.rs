//! Debian packages, for what a test needs and the machine lacks.

use std::process::Command;

use crate::run::{is_there, run};

/// Installs `packages` by name, without what they recommend.
///
/// # Errors
/// Where there is no apt, or it may not or cannot install them.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    if !is_there("apt-get") {
        return Err("there is no apt-get here".to_owned());
    }
    println!("installing {} through apt", packages.join(", "));
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        run(apt.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq").args(arguments))
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}
