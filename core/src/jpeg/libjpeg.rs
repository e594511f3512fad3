//! The command-line tools of libjpeg, where they are installed: what tests hold against what we decode and write.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// What the tool `name` makes of `source`, unless it fails or says with its exit status that data are broken. `None`
/// where it is not installed.
pub(super) fn tool(name: &str, arguments: &[&str], source: &[u8]) -> Option<Result<Vec<u8>, String>> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let path: PathBuf = std::env::temp_dir().join(format!("halver-jpeg-{}-{number}.jpg", std::process::id()));
    std::fs::write(&path, source).unwrap();
    let output = Command::new(name).args(arguments).arg(&path).output();
    std::fs::remove_file(&path).unwrap();
    let Ok(output) = output else {
        eprintln!("SKIPPED: {name} is not installed");
        return None;
    };
    let sound = output.status.success();
    Some(if sound { Ok(output.stdout) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) })
}
