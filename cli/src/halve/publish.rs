//! Putting a half under its name: whole, or not at all.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::failure::Failure;

/// How many parts this process began.
static PARTS: AtomicUsize = AtomicUsize::new(0);

/// Writes `bytes` into a hidden part beside `file`, then gives it the name: no half-written file is ever seen under it.
/// What has the name already is replaced only with `force`, whoever put it there and when.
pub(super) fn publish(file: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let part = fs::create_dir_all(folder).and_then(|()| write_part(folder, bytes)).map_err(Failure::Write)?;
    let named = if force { fs::rename(&part, file) } else { name_new(&part, file) };
    discard(&part);
    named.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::Exists(file.to_owned()),
        _ => Failure::Write(error),
    })
}

/// A new file in `folder` with `bytes`.
fn write_part(folder: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    loop {
        let number = PARTS.fetch_add(1, Ordering::Relaxed);
        let part = folder.join(format!(".halver.{}.{number}.part", std::process::id()));
        match File::create_new(&part) {
            Ok(mut file) => return file.write_all(bytes).inspect_err(|_| discard(&part)).map(|()| part),
            // A killed process that had the same number left it.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Gives `part` the name `file`, unless something has it.
fn name_new(part: &Path, file: &Path) -> io::Result<()> {
    match fs::hard_link(part, file) {
        // Not every file system has links.
        Err(error) if error.kind() != ErrorKind::AlreadyExists => reserve(part, file),
        done => done,
    }
}

/// [`name_new`] without links: takes the name with an empty file, and replaces that.
fn reserve(part: &Path, file: &Path) -> io::Result<()> {
    File::create_new(file)?;
    fs::rename(part, file).inspect_err(|_| discard(file))
}

/// Removes what is of no use. That it cannot be removed, or is gone, is the smaller trouble.
fn discard(file: &Path) {
    let _ = fs::remove_file(file);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_once_with_and_without_links() {
        let folder = std::env::temp_dir().join(format!("halver-publish-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, give) in [("linked", name_new as fn(&Path, &Path) -> io::Result<()>), ("reserved", reserve)] {
            let file = folder.join(name);
            give(&write_part(&folder, b"first").unwrap(), &file).unwrap();
            let again = give(&write_part(&folder, b"second").unwrap(), &file);
            assert_eq!(again.map_err(|error| error.kind()), Err(ErrorKind::AlreadyExists), "{name}");
            assert_eq!(fs::read(&file).unwrap(), b"first", "{name}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
