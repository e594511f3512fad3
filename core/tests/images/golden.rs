//! The same bytes everywhere: a table of hashes that every machine and the wasm builds must meet.
//!
//! Where output bytes change on purpose, raise `OUTPUT_VERSION`, run the test with
//! `HALVER_PIN_GOLDEN=1` in the environment, and say why in the commit.

use halver::{Options, halve};

use crate::corpus::root;

/// The machine that this was built for, in the words of `cargo xtask test`, which checks that it got the one it asked for.
fn machine() -> &'static str {
    let wide = cfg!(all(target_feature = "avx2", target_feature = "bmi2", target_feature = "fma"));
    if wide { "x86-64-v3" } else { std::env::consts::ARCH }
}

#[test]
#[expect(clippy::print_stdout, reason = "whoever runs this on several machines wants to know on which")]
fn halves_have_the_pinned_hashes() {
    let file = root().join("core/tests/golden.tsv");
    let pinned = std::fs::read_to_string(&file).unwrap();
    let mut found = String::from("path\toptions\tsha256\n");
    for row in pinned.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let (path, options) = (cells[0], cells[1]);
        let source = std::fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let options: Options = serde_json::from_str(options).unwrap();
        let hash = match halve(&source, &options) {
            Ok(half) => half.sha256(),
            Err(error) => error.code().to_owned(),
        };
        found += &format!("{path}\t{}\t{hash}\n", cells[1]);
    }
    if std::env::var_os("HALVER_PIN_GOLDEN").is_some() {
        std::fs::write(&file, &found).unwrap();
    }
    for (found, pinned) in found.lines().zip(pinned.lines()) {
        assert_eq!(found, pinned);
    }
    let rows = pinned.lines().count() - 1;
    assert!(rows > 60, "the table has shrunk");
    println!("golden: {rows} rows met on {}", machine());
}

#[test]
fn every_image_of_the_corpus_is_in_the_table() {
    let pinned = std::fs::read_to_string(root().join("core/tests/golden.tsv")).unwrap();
    for folder in ["core/tests/corpus", "samples"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let is_image = !name.ends_with(".md") && !name.ends_with(".py");
            let row = format!("{folder}/{name}\t{{}}\t");
            assert!(!is_image || pinned.contains(&row), "{folder}/{name} is missing");
        }
    }
}
