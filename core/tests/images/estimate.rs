//! What the first bytes tell before the rest is there.

use std::path::PathBuf;

use halver::{Error, Estimate, Format, Limit, Limits, Options, Target, estimate, halve, probe};

use crate::corpus::{root, source};

/// All files of our corpus and, where it stands beside the checkout, of the developers'.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut folders = vec![root().join("core/tests/corpus"), root().join("core/tests/regressions")];
    let shared = root().join("../shared/corpus");
    if shared.exists() {
        folders.push(shared);
    } else {
        eprintln!("SKIPPED: no corpus at {}: this run checks our own small one only", shared.display());
    }
    let mut paths: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { paths.push(path) }
        }
    }
    paths.sort();
    paths.iter().map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

/// What the whole of `source` is refused for under a limit of no memory: its peak by the survey of the whole.
fn peak_bytes(source: &[u8], options: &Options) -> u64 {
    let limits = Limits { memory_bytes: 0, ..options.limits };
    match halve(source, &Options { limits, ..options.clone() }) {
        Err(Error::TooLarge { limit: Limit::MemoryBytes, needed, .. }) => needed,
        other => panic!("halved or refused: {other:?}"),
    }
}

/// What a head of `length` bytes tells, or the shortest one that is twice, four times … as long.
fn of_head(source: &[u8], mut length: usize, options: &Options) -> Result<(Estimate, usize), Error> {
    loop {
        let head = &source[..source.len().min(length)];
        if let Some(found) = estimate(head, source.len() as u64, options)? {
            return Ok((found, head.len()));
        }
        assert!(head.len() < source.len(), "the whole tells nothing");
        length *= 2;
    }
}

/// Whether `found` has the size that the whole has, or may have it turned because its orientation comes later.
fn has_size(found: &Estimate, source: &[u8]) -> bool {
    let info = probe(source).unwrap();
    let turned = info.orientation >= 5 && info.format != Format::Jpeg;
    let size = (found.width, found.height);
    found.format == info.format && (size == (info.width, info.height) || turned && size == (info.height, info.width))
}

/// Every format and what else changes the memory that halving takes.
fn all_options() -> Vec<Options> {
    let json = ["{}", r#"{"format":"png"}"#, r#"{"format":"jpeg","progressive":true,"subsampling":"4:2:0"}"#];
    json.map(|json| serde_json::from_str(json).unwrap()).to_vec()
}

#[test]
fn what_can_be_halved_is_estimated_from_its_head() {
    let mut count = 0;
    for (name, source) in files() {
        for options in all_options() {
            if halve(&source, &options).is_err() {
                continue;
            }
            let peak = peak_bytes(&source, &options);
            for length in [1 << 10, 64 << 10] {
                let (found, read) = of_head(&source, length, &options).unwrap_or_else(|e| panic!("{name}: {e}"));
                let about = format!("{name}, {read} of {} bytes, {options:?}: {found:?}", source.len());
                assert!(has_size(&found, &source), "{about}");
                assert!(found.memory_bytes >= peak, "{about}, {peak} by the whole");
                assert!(found.memory_bytes <= peak * 5 / 2 + (8 << 20), "{about}, {peak} by the whole");
                count += 1;
            }
        }
    }
    assert!(count > 200, "only {count} cases");
}

#[test]
fn what_is_refused_by_its_head_is_refused() {
    let tight = Limits {
        source_bytes: 1 << 20,
        pixels: 10_000,
        memory_bytes: 16 << 20,
        scan_blocks: 2_000,
        ..Limits::default()
    };
    let (mut early, mut worse) = (0, 0);
    for (name, source) in files() {
        for limits in [Limits::default(), tight] {
            let options = Options { limits, ..Options::default() };
            let Err(error) = of_head(&source, 256, &options) else { continue };
            let whole = halve(&source, &options).err().unwrap_or_else(|| panic!("{name}: {error}, but halved"));
            early += 1;
            if error.code() != whole.code() {
                assert!(matches!(whole, Error::Malformed { .. } | Error::TooLarge { .. }), "{name}: {error}, {whole}");
                eprintln!("{name}: {error}; the whole: {whole}");
                worse += 1;
            }
        }
    }
    assert!(early > 100 && worse * 5 < early, "{early} refused, {worse} of them for another reason later");
}

#[test]
fn every_head_returns_and_never_errs() {
    let options = Options::default();
    for (name, source) in files().into_iter().filter(|(_, source)| source.len() < 4096) {
        let whole = halve(&source, &options);
        let peak = whole.is_ok().then(|| peak_bytes(&source, &options));
        for length in 0..=source.len() {
            match (estimate(&source[..length], source.len() as u64, &options), peak) {
                (Ok(None), _) => assert!(length < source.len(), "{name}"),
                (Ok(Some(found)), Some(peak)) => {
                    assert!(has_size(&found, &source) && found.memory_bytes >= peak, "{name}, {length} bytes");
                }
                (Err(error), Some(_)) => panic!("{name}, {length} bytes: {error}, but halved"),
                (Ok(Some(_)) | Err(_), None) => {}
            }
        }
    }
}

#[test]
fn every_flipped_bit_of_a_head_returns() {
    let everything = Limits {
        source_bytes: u64::MAX,
        pixels: u64::MAX,
        memory_bytes: u64::MAX,
        scan_blocks: u64::MAX,
        frames: u64::MAX,
        animation_pixels: u64::MAX,
    };
    let options = Options { limits: everything, ..Options::default() };
    for name in
        ["tiny-progressive.jpg", "orientation-6.jpg", "badge.png", "badge.gif", "badge-lossy.webp", "animated.webp"]
    {
        let whole = source(name);
        let head = &whole[..whole.len().min(600)];
        for bit in 0..head.len() * 8 {
            let mut broken = head.to_vec();
            broken[bit / 8] ^= 1 << (bit % 8);
            for source_bytes in [0, head.len() as u64, whole.len() as u64, u64::MAX] {
                let _ = estimate(&broken, source_bytes, &options);
            }
        }
    }
}

#[test]
fn a_head_tells_what_it_can() {
    let plain = Options::default();
    let photo = source("photo-420.jpg");
    assert_eq!(estimate(b"", 0, &plain), Err(Error::NotAnImage));
    assert_eq!(estimate(b"", 1, &plain), Ok(None));
    assert_eq!(estimate(&[b'x'; 1023], 5000, &plain), Ok(None), "an SVG's tag may follow");
    assert_eq!(estimate(&[b'x'; 1024], 5000, &plain), Err(Error::NotAnImage));
    assert_eq!(estimate(b"%PDF-", 5000, &plain), Err(Error::UnsupportedFormat { name: "PDF" }));
    let long = (256 << 20) + 1;
    let refused = Error::TooLarge { limit: Limit::SourceBytes, needed: long, allowed: 256 << 20 };
    assert_eq!(estimate(&photo, long, &plain), Err(refused));
    let animated = source("animated.webp");
    let refused =
        Error::UnsupportedFeature { format: Format::WebP, feature: "animation as JPEG (its first frame alone can be)" };
    let still = Options { format: Some(Target::Jpeg), ..plain.clone() };
    assert_eq!(estimate(&animated[..30], animated.len() as u64, &still), Err(refused));
    assert!(matches!(estimate(&animated[..30], animated.len() as u64, &plain), Ok(Some(_))));
}

#[test]
fn a_jpeg_that_may_be_short_enough_is_not_refused() {
    // A photograph with much behind it, as phones write: what it takes does not show in its head.
    let photo = source("photo-420.jpg");
    let long = [&photo[..], &vec![0; 32 << 20]].concat();
    let peak = peak_bytes(&long, &Options::default());
    let limits = Limits { memory_bytes: peak, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let found = estimate(&photo[..2000], long.len() as u64, &options).unwrap().unwrap();
    assert!(found.memory_bytes > peak, "{found:?}, {peak} by the whole");
    assert!(halve(&long, &options).is_ok());
    let ended = estimate(&long[..photo.len() + 1], long.len() as u64, &options).unwrap().unwrap();
    assert_eq!(ended.memory_bytes, peak);
}

#[test]
fn the_largest_png_is_too_large_without_overflow() {
    let mut largest = source("deep-rgb.png");
    largest[16..24].copy_from_slice(&[0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
    for pixels in [u64::MAX, 1 << 20] {
        let limits = Limits { pixels, ..Limits::default() };
        let options = Options { limits, ..Options::default() };
        let refused = halve(&largest, &options).unwrap_err();
        assert!(matches!(refused, Error::TooLarge { needed: 0x3FFF_FFFF_0000_0001.., .. }), "{refused:?}");
        assert_eq!(estimate(&largest[..100], largest.len() as u64, &options), Err(refused));
    }
}
