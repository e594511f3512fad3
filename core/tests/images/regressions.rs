//! Files that fuzzing found, and files drawn by hand in its place: each is an error or an image, never a panic.
//!
//! Whoever finds another one puts it into `core/tests/regressions`, with a row in its `CREDITS.md`; nothing else is needed.

use std::panic::catch_unwind;

use halver::{Options, half, halve, probe};

use crate::corpus::root;

/// Each output format, and the extremes of quality.
const OPTIONS: [&str; 6] = [
    "{}",
    r#"{"format":"jpeg","quality":1}"#,
    r#"{"format":"jpeg","quality":100}"#,
    r#"{"format":"png"}"#,
    r#"{"format":"webp"}"#,
    r#"{"format":"gif"}"#,
];

/// Name and bytes of each file.
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = root().join("core/tests/regressions");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    let images = paths.filter(|path| path.extension().is_none_or(|extension| extension != "py" && extension != "md"));
    images
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// What is wrong with the half of `source`, or with there being none.
fn objection(source: &[u8], options: &str) -> Option<String> {
    let options: Options = serde_json::from_str(options).unwrap();
    let Ok(result) = catch_unwind(|| (probe(source), halve(source, &options))) else {
        return Some("a panic".to_owned());
    };
    let (info, made) = match result {
        (Ok(info), Ok(made)) => (info, made),
        (Err(_), Ok(_)) => return Some("halved, but not probed".to_owned()),
        (_, Err(_)) => return None,
    };
    if (made.width, made.height) != (half(info.width), half(info.height)) {
        return Some(format!("{}x{} from {}x{}", made.width, made.height, info.width, info.height));
    }
    halve(&made.bytes, &Options::default()).err().map(|error| format!("the half cannot be halved: {error}"))
}

#[test]
fn each_file_is_an_error_or_an_image() {
    let files = files();
    let cases = files.iter().flat_map(|file| OPTIONS.map(|options| (file, options)));
    let wrong: Vec<String> = cases
        .filter_map(|((name, source), options)| {
            objection(source, options).map(|objection| format!("{name} with {options}: {objection}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// Drawn by hand, and sound: libjpeg has no objection to them.
const SOUND: [&str; 5] = [
    "interleaved-and-not.jpg",
    "restart-flat.jpg",
    "sequential-brim.jpg",
    "sequential-swing.jpg",
    "zeros-of-one-bit.jpg",
];

#[test]
fn sound_files_are_images() {
    let files = files();
    for sound in SOUND {
        let (name, source) = files.iter().find(|(name, _)| name == sound).unwrap_or_else(|| panic!("{sound} is gone"));
        halve(source, &Options::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
