//! Files for tests: our own corpus, our samples, and the developers' corpus where it stands beside the checkout.

use std::path::Path;

/// A JPEG file of a corpus.
pub(super) struct File {
    /// Its path below its corpus.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    /// Whether the manifest binds it to be decoded (`Some(true)`) or refused (`Some(false)`).
    pub(super) verdict: Option<bool>,
}

/// All JPEG files of our own corpus and the developers', broken ones too.
pub(super) fn files() -> Vec<File> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files = folder(&own);
    let shared = own.join("../../../../shared/corpus");
    let Ok(manifest) = std::fs::read_to_string(shared.join("MANIFEST.tsv")) else {
        eprintln!("SKIPPED: no corpus at {}", shared.display());
        return files;
    };
    for line in manifest.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells[9] == "jpeg" {
            let bytes = std::fs::read(shared.join(cells[0])).unwrap();
            let verdict = (cells[8] == "must").then_some(cells[6] == "ok");
            files.push(File { name: cells[0].to_owned(), bytes, verdict });
        }
    }
    files
}

/// The photographs of `samples/`.
pub(super) fn samples() -> Vec<File> {
    folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples"))
}

fn folder(folder: &Path) -> Vec<File> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|extension| extension == "jpg")).collect();
    paths.sort();
    let file = |path: &std::path::PathBuf| File {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        bytes: std::fs::read(path).unwrap(),
        verdict: None,
    };
    paths.iter().map(file).collect()
}
