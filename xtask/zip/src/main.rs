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
