//! Damaged files: an error or an image, never a panic.

use halver::{Decision, Error, Options, Target, halve};

use crate::corpus::{root, source};

/// One small file of each kind of coding.
const SMALL: [&str; 11] = [
    "orientation-6.jpg",
    "photo-422-q60.jpg",
    "badge.png",
    "palette.png",
    "badge.gif",
    "badge-lossless.webp",
    "badge-lossy.webp",
    "animated.webp",
    "tiny-progressive.jpg",
    "tiny-cmyk.jpg",
    "one-frame.webp",
];

#[test]
fn every_prefix_returns_and_none_is_taken_for_whole() {
    for name in SMALL {
        let whole = source(name);
        let end = whole.iter().rposition(|&byte| byte != 0).unwrap();
        for length in 0..end.saturating_sub(12) {
            let result = halve(&whole[..length], &Options::default());
            assert!(result.is_err(), "{name} cut to {length} of {} bytes", whole.len());
        }
    }
}

#[test]
fn every_flipped_bit_returns() {
    for name in SMALL {
        let whole = source(name);
        // Of files of more than a kilobyte one bit in three is enough, each of a byte's once.
        for bit in (0..whole.len() * 8).step_by(if whole.len() < 1024 { 1 } else { 3 }) {
            let mut broken = whole.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            if let Ok(half) = halve(&broken, &Options::default()) {
                assert!(half.width > 0 && half.height > 0 && !half.bytes.is_empty(), "{name} bit {bit}");
            }
        }
    }
}

/// JPEGs of our own corpus and, where it stands beside the checkout, of the developers'.
fn jpegs() -> Vec<(String, Vec<u8>)> {
    let folders = ["core/tests/corpus", "../shared/corpus/jpeg", "../shared/corpus/jpeg/size"].map(|f| root().join(f));
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "jpg"));
    paths.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

/// To the same format, which is another way than to pixels.
const FORMATS: [Option<Target>; 2] = [None, Some(Target::Png)];

/// How many blocks were lost, by the decisions of a half.
fn lost(decisions: &[Decision]) -> Option<u64> {
    decisions.iter().find_map(|decision| match decision {
        Decision::Salvaged { blocks } => Some(*blocks),
        _ => None,
    })
}

#[test]
fn salvage_changes_nothing_that_is_sound() {
    let mut count = 0;
    for (name, source) in jpegs() {
        for format in FORMATS {
            let strict = Options { format, ..Options::default() };
            let Ok(half) = halve(&source, &strict) else { continue };
            let salvaged = halve(&source, &Options { salvage: true, ..strict }).unwrap();
            assert_eq!(salvaged.bytes, half.bytes, "{name}");
            assert_eq!(salvaged.decisions, half.decisions, "{name}");
            assert_eq!(lost(&salvaged.decisions), None, "{name}");
            count += 1;
        }
    }
    assert!(count > 20, "only {count} files");
}

#[test]
fn what_is_left_of_a_cut_jpeg_is_kept_and_said() {
    for name in ["photo-420.jpg", "photo-progressive.jpg", "photo-grey.jpg", "photo-cmyk.jpg", "orientation-6.jpg"] {
        let whole = source(name);
        let scan = whole.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        let scan = scan + 2 + usize::from(whole[scan + 3]);
        for tenth in 0..10 {
            let length = scan + (whole.len() - scan) * tenth / 10;
            for format in FORMATS {
                let strict = Options { format, ..Options::default() };
                let sound = halve(&whole, &strict).unwrap();
                let refused = halve(&whole[..length], &strict);
                assert!(matches!(refused, Err(Error::Malformed { .. })), "{name} cut at {tenth} tenths");
                let salvaged = halve(&whole[..length], &Options { salvage: true, ..strict });
                let salvaged = salvaged.unwrap_or_else(|error| panic!("{name} cut at {tenth} tenths: {error}"));
                assert_eq!((salvaged.width, salvaged.height), (sound.width, sound.height), "{name}");
                assert!(lost(&salvaged.decisions).is_some_and(|blocks| blocks > 0), "{name}: {:?}", salvaged.decisions);
                assert!(halve(&salvaged.bytes, &Options::default()).is_ok(), "{name}");
            }
        }
    }
}

#[test]
fn salvaged_or_not_every_flipped_bit_returns() {
    let mut salvaged = 0;
    for name in ["photo-422-q60.jpg", "tiny-progressive.jpg", "tiny-cmyk.jpg"] {
        let whole = source(name);
        for bit in (0..whole.len() * 8).step_by(5) {
            let mut broken = whole.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            let strict = halve(&broken, &Options::default());
            let half = halve(&broken, &Options { salvage: true, ..Options::default() });
            match (strict, half) {
                (Ok(strict), Ok(half)) => {
                    assert_eq!((strict.bytes, lost(&half.decisions)), (half.bytes, None), "{name} bit {bit}")
                }
                (Err(_), Ok(half)) => {
                    assert!(lost(&half.decisions).is_some_and(|blocks| blocks > 0), "{name} bit {bit}");
                    salvaged += 1;
                }
                (Err(strict), Err(error)) => assert_eq!(strict.code(), error.code(), "{name} bit {bit}"),
                (Ok(_), Err(error)) => panic!("{name} bit {bit}: {error}"),
            }
        }
    }
    assert!(salvaged > 100, "only {salvaged} salvaged");
}
