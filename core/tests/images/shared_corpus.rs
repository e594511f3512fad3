//! The developers' corpus, where it stands beside the checkout: real and hostile files, each with
//! what must become of it.

use std::path::{Path, PathBuf};

use halver::{Limits, Options, Reveals, halve, probe};

/// One row of the corpus's manifest.
struct Row {
    path: String,
    /// Whether the references decode it.
    sound: bool,
    /// Whether the verdict binds; otherwise it is ours, and pinned in `policy.tsv`.
    binding: bool,
}

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    if folder.join("MANIFEST.tsv").exists() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no corpus at {}: this run checks our own small one only", folder.display());
    None
}

fn rows(folder: &Path) -> Vec<Row> {
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let rows: Vec<Row> = manifest
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            Row { path: cells[0].to_owned(), sound: cells[6] == "ok", binding: cells[8] == "must" }
        })
        .collect();
    assert!(rows.len() > 300, "the manifest has only {} rows", rows.len());
    rows
}

/// A verdict in the words of `policy.tsv`: `ok`, or the error's code.
fn verdict(source: &[u8]) -> String {
    match halve(source, &Options::default()) {
        Ok(half) => {
            let again = halve(&half.bytes, &Options::default()).map(|half| half.format);
            assert_eq!(again, Ok(half.format), "our own output cannot be halved");
            assert_eq!(*probe(&half.bytes).unwrap().reveals, Reveals::default(), "what a half reveals");
            "ok".to_owned()
        }
        Err(error) => error.code().to_owned(),
    }
}

#[test]
fn binding_verdicts_hold() {
    let Some(folder) = folder() else { return };
    let mut wrong = Vec::new();
    for row in rows(&folder).iter().filter(|row| row.binding) {
        let source = std::fs::read(folder.join(&row.path)).unwrap();
        let result = halve(&source, &Options::default());
        if result.is_ok() != row.sound {
            let outcome = result.map(|half| half.decisions);
            wrong.push(format!("{}: {outcome:?}", row.path));
        }
    }
    assert!(wrong.is_empty(), "{} files:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn policy_verdicts_stay_as_pinned() {
    let Some(folder) = folder() else { return };
    let pinned = include_str!("policy.tsv");
    let mut found = String::from("path\tverdict\n");
    for row in rows(&folder).iter().filter(|row| !row.binding) {
        let source = std::fs::read(folder.join(&row.path)).unwrap();
        found += &format!("{}\t{}\n", row.path, verdict(&source));
    }
    if let Some(file) = std::env::var_os("HALVER_PIN_POLICY") {
        std::fs::write(file, &found).unwrap();
    }
    for (found, pinned) in found.lines().zip(pinned.lines()) {
        assert_eq!(found, pinned);
    }
    assert_eq!(found.lines().count(), pinned.lines().count());
}

#[test]
fn every_file_stays_within_tight_limits() {
    let Some(folder) = folder() else { return };
    let limits = Limits {
        source_bytes: 1 << 20,
        pixels: 10_000,
        memory_bytes: 16 << 20,
        scan_blocks: 2_000,
        ..Limits::default()
    };
    for row in rows(&folder) {
        let source = std::fs::read(folder.join(&row.path)).unwrap();
        if let Ok(half) = halve(&source, &Options { limits, ..Options::default() }) {
            assert!(half.source.pixels() <= limits.pixels, "{}", row.path);
        }
    }
}
