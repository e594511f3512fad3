//! `xtask-zip OUT.zip FILE…` puts programs into a zip file under their own names, as small as deflate can make them.
//!
//! The same files give the same bytes: no times, no owners, all of them executable.

use std::fs::{self, File};
use std::io::{Error, Write};
use std::path::Path;
use std::process::ExitCode;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Zopfli's iterations count from 10 on, and the first ones give nearly all there is.
const LEVEL: i64 = 15;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, files @ ..] = arguments.as_slice() else {
        eprintln!("usage: xtask-zip OUT.zip FILE…");
        return ExitCode::from(2);
    };
    match pack(Path::new(out), files) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask-zip: {out}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes `files` into a new zip file `out`.
fn pack(out: &Path, files: &[String]) -> Result<(), Error> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut zip = ZipWriter::new(File::create(out)?);
    for file in files {
        let name = Path::new(file).file_name().unwrap_or_default().to_string_lossy();
        zip.start_file(name, options)?;
        zip.write_all(&fs::read(file)?)?;
    }
    zip.finish()?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a zip file says of the entry `number` in its central directory (APPNOTE 4.3.12), from the signature on.
    fn entry(zip: &[u8], number: usize) -> &[u8] {
        let mut starts = zip.windows(4).enumerate().filter(|(_, bytes)| *bytes == b"PK\x01\x02").map(|(at, _)| at);
        &zip[starts.nth(number).unwrap()..]
    }

    #[test]
    fn the_same_programs_give_the_same_bytes() {
        let folder = std::env::temp_dir().join(format!("xtask-zip-{}", std::process::id()));
        let packed = ["one", "another"].map(|name| {
            let folder = folder.join(name);
            fs::create_dir_all(&folder).unwrap();
            let program = folder.join("bootstrap");
            fs::write(&program, b"a program ".repeat(100)).unwrap();
            // One of the two is a year older.
            let age = if name == "one" { 86_400 * 365 } else { 0 };
            let written = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
            File::options().append(true).open(&program).unwrap().set_modified(written).unwrap();
            let out = folder.join("out.zip");
            pack(&out, &[program.display().to_string()]).unwrap();
            fs::read(out).unwrap()
        });
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(packed[0], packed[1]);
        let entry = entry(&packed[0], 0);
        // 1980-01-01 at midnight, the first time that a zip file can tell.
        assert_eq!(entry[12..16], [0, 0, 0x21, 0], "time and date");
        assert_eq!(entry[30..34], [0, 0, 0, 0], "lengths of extra field and comment");
        assert_eq!(entry[38..42], (0o100_755_u32 << 16).to_le_bytes(), "mode");
        assert_eq!(entry[46..55], *b"bootstrap", "name, without a folder");
    }
}
