//! `halver halve` and `halver probe` as a person runs them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/corpus").join(name)
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn halver(args: &[&dyn AsRef<std::ffi::OsStr>], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_halver"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.args(args.iter().map(|arg| arg.as_ref())).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn expected(name: &str) -> Vec<u8> {
    halver::halve(&std::fs::read(corpus(name)).unwrap(), &halver::Options::default()).unwrap().bytes
}

#[test]
fn a_file_becomes_its_half() {
    let out = folder("file").join("half.jpg");
    let done = halver(&[&"halve", &corpus("photo-420.jpg"), &"-o", &out], b"");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("161×121 → 81×61"), "{}", text(&done.stdout));
    assert_eq!(std::fs::read(&out).unwrap(), expected("photo-420.jpg"));
}

#[test]
fn standard_input_becomes_standard_output() {
    let whole = std::fs::read(corpus("badge.png")).unwrap();
    let done = halver(&[&"halve", &"-", &"--json"], &whole);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert_eq!(done.stdout, expected("badge.png"));
    let report: serde_json::Value = serde_json::from_slice(&done.stderr).unwrap();
    assert_eq!(report["sha256"], halver::sha256(&done.stdout));
    assert_eq!(report["recipe"], halver::Options::default().recipe());
}

#[test]
fn choices_reach_the_engine() {
    let whole = std::fs::read(corpus("photo-444-q95.jpg")).unwrap();
    let choices: [&dyn AsRef<std::ffi::OsStr>; 9] =
        [&"halve", &"-", &"--effort", &"small", &"--subsampling", &"4:2:0", &"--progressive", &"--salvage", &"-q50"];
    let done = halver(&choices, &whole);
    let options = halver::Options {
        quality: halver::Quality::new(50).unwrap(),
        effort: halver::Effort::Small,
        progressive: true,
        subsampling: halver::Subsampling::Quarter,
        salvage: true,
        ..halver::Options::default()
    };
    assert_eq!(done.stdout, halver::halve(&whole, &options).unwrap().bytes, "{}", text(&done.stderr));
    let wrong = halver(&[&"halve", &"-", &"--effort", &"huge"], b"");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("`fast`, `balanced`, `small`"), "{}", text(&wrong.stderr));
}

#[cfg(unix)]
#[test]
fn a_pipe_with_a_name_is_read_once() {
    let out = folder("pipe").join("half.png");
    let done = halver(&[&"halve", &"/dev/stdin", &"-o", &out], &std::fs::read(corpus("badge.png")).unwrap());
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert_eq!(std::fs::read(&out).unwrap(), expected("badge.png"));
}

#[test]
fn a_folder_keeps_its_shape_and_broken_files_do_not_stop_it() {
    let (whole, half) = (folder("whole"), folder("half"));
    std::fs::create_dir_all(whole.join("deep")).unwrap();
    std::fs::copy(corpus("badge.png"), whole.join("deep/badge.png")).unwrap();
    std::fs::copy(corpus("truncated.jpg"), whole.join("cut.jpg")).unwrap();
    std::fs::copy(corpus("text.jpg"), whole.join("text.jpg")).unwrap();
    let done = halver(&[&"halve", &whole, &"-o", &half], b"");
    assert_eq!(done.status.code(), Some(1));
    let errors = text(&done.stderr);
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains("cut.jpg: broken JPEG") && errors.contains("[malformed]"), "{errors}");
    assert_eq!(std::fs::read(half.join("deep/badge.png")).unwrap(), expected("badge.png"));
    let left: Vec<_> = std::fs::read_dir(&half).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["deep"], "nothing else is left behind");
}

#[test]
fn a_folder_with_one_image_becomes_a_folder() {
    let (album, half) = (folder("album"), folder("halves").join("album"));
    std::fs::copy(corpus("badge.png"), album.join("badge.png")).unwrap();
    let done = halver(&[&"halve", &album, &"-o", &half], b"");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert_eq!(std::fs::read(half.join("badge.png")).unwrap(), expected("badge.png"));
}

#[test]
fn files_that_are_there_stay_unless_forced() {
    let photo = folder("keep").join("photo.jpg");
    std::fs::copy(corpus("photo-420.jpg"), &photo).unwrap();
    let half = photo.with_extension("half.jpg");
    std::fs::write(&half, "mine").unwrap();
    let done = halver(&[&"halve", &photo], b"");
    assert_eq!((done.status.code(), std::fs::read(&half).unwrap()), (Some(1), b"mine".to_vec()));
    assert!(text(&done.stderr).contains("[exists]"));
    let done = halver(&[&"halve", &photo, &"--force"], b"");
    assert_eq!((done.status.code(), std::fs::read(&half).unwrap()), (Some(0), expected("photo-420.jpg")));
    let done = halver(&[&"halve", &photo, &"--force", &"-o", &photo], b"");
    assert_eq!(
        (done.status.code(), std::fs::read(&photo).unwrap()),
        (Some(1), std::fs::read(corpus("photo-420.jpg")).unwrap())
    );
    assert!(text(&done.stderr).contains("[source]"));
}

#[test]
fn two_images_for_one_file_are_told_apart() {
    let pairs = folder("pairs");
    for pair in 0..20 {
        std::fs::copy(corpus("orientation-6.jpg"), pairs.join(format!("{pair}.jpeg"))).unwrap();
        std::fs::copy(corpus("photo-420.jpg"), pairs.join(format!("{pair}.jpg"))).unwrap();
    }
    let done = halver(&[&"halve", &pairs, &"--force", &"-j", &"8"], b"");
    assert_eq!(done.status.code(), Some(1));
    let errors = text(&done.stderr);
    assert_eq!(errors.lines().count(), 20, "{errors}");
    for line in errors.lines() {
        assert!(line.contains(".jpg: ") && line.contains(".jpeg goes") && line.ends_with("[collision]"), "{line}");
    }
    for pair in 0..20 {
        let half = std::fs::read(pairs.join(format!("{pair}.half.jpg"))).unwrap();
        assert_eq!(half, expected("orientation-6.jpg"), "the first of a folder, in every run");
    }
    assert_eq!(std::fs::read_dir(&pairs).unwrap().count(), 60, "nothing else is left behind");
}

#[test]
fn a_file_named_twice_is_halved_once() {
    let photo = folder("twice").join("photo.jpg");
    std::fs::copy(corpus("photo-420.jpg"), &photo).unwrap();
    let again = photo.with_file_name("../twice/photo.jpg");
    let done = halver(&[&"halve", &photo, &again], b"");
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).ends_with("[collision]\n"), "{}", text(&done.stderr));
    assert_eq!(std::fs::read(photo.with_extension("half.jpg")).unwrap(), expected("photo-420.jpg"));
}

#[test]
fn no_half_replaces_another_source() {
    let (new, old) = (folder("new"), folder("old"));
    for folder in [&new, &old] {
        std::fs::copy(corpus("badge.png"), folder.join("badge.png")).unwrap();
    }
    let done = halver(&[&"halve", &new, &old, &"-o", &old, &"--force"], b"");
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(text(&done.stderr).matches("[source]").count(), 2, "{}", text(&done.stderr));
    assert_eq!(std::fs::read(old.join("badge.png")).unwrap(), std::fs::read(corpus("badge.png")).unwrap());
}

#[test]
fn a_folder_halved_again_keeps_its_halves_whole() {
    let album = folder("again");
    std::fs::copy(corpus("badge.png"), album.join("badge.png")).unwrap();
    std::fs::copy(corpus("photo-420.jpg"), album.join("photo.JPG")).unwrap();
    for run in 0..2 {
        let done = halver(&[&"halve", &album, &"--force"], b"");
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        assert_eq!(text(&done.stdout).lines().count(), 2, "{}", text(&done.stdout));
        assert_eq!(std::fs::read_dir(&album).unwrap().count(), 4, "run {run}");
    }
    let half = album.join("badge.half.png");
    assert_eq!(halver(&[&"halve", &half], b"").status.code(), Some(0), "named itself, it is an image like others");
    assert_eq!(text(&halver(&[&"probe", &album], b"").stdout).lines().count(), 5);
}

#[test]
fn a_half_is_what_its_name_says() {
    let out = folder("named").join("half.png");
    let done = halver(&[&"halve", &corpus("photo-420.jpg"), &"-o", &out, &"--format", &"jpeg"], b"");
    assert_eq!((done.status.code(), out.exists()), (Some(2), false));
    assert!(text(&done.stderr).contains("named as PNG, but --format asks for JPEG"), "{}", text(&done.stderr));
    let done = halver(&[&"halve", &corpus("photo-420.jpg"), &"-o", &out], b"");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert_eq!(halver::Format::sniff(&std::fs::read(&out).unwrap()), Ok(halver::Format::Png));
    for foreign in ["bmp", "TIFF", "avif"] {
        let out = out.with_extension(foreign);
        let done = halver(&[&"halve", &corpus("photo-420.jpg"), &"-o", &out], b"");
        assert_eq!((done.status.code(), out.exists()), (Some(2), false), "{foreign}");
        assert!(text(&done.stderr).contains("named as what is not written"), "{}", text(&done.stderr));
    }
}

#[test]
fn wrong_usage_has_a_code_of_its_own() {
    for args in [
        vec!["halve"],
        vec!["halve", "-", "--quality", "101"],
        vec!["halve", "-", "--format", "bmp"],
        vec!["halve", "a", "b", "-o", "-"],
        vec!["nonsense"],
    ] {
        let args: Vec<&dyn AsRef<std::ffi::OsStr>> = args.iter().map(|arg| arg as _).collect();
        assert_eq!(halver(&args, b"").status.code(), Some(2));
    }
}

#[test]
fn a_closed_standard_error_changes_nothing() {
    let missing = folder("closed").join("missing.jpg");
    for (args, code) in [(&["halve"][..], 1), (&["probe"], 1), (&["halve", "-o", "-", "also.jpg"], 2)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_halver"));
        let status = command.args(args).arg(&missing).stderr(writer).status().unwrap();
        assert_eq!(status.code(), Some(code));
    }
}

#[test]
fn a_folder_without_images_is_a_failure() {
    let empty = folder("empty");
    for verb in ["halve", "probe"] {
        let done = halver(&[&verb, &empty], b"");
        assert_eq!((done.status.code(), text(&done.stderr)), (Some(1), "halver: no images there\n"), "{verb}");
    }
}

#[test]
fn probe_reads_headers() {
    let done = halver(&[&"probe", &corpus("orientation-6.jpg"), &corpus("empty.jpg")], b"");
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stdout).contains("JPEG 48×36  quality 90  orientation 6"), "{}", text(&done.stdout));
    assert!(text(&done.stderr).contains("[not-an-image]"), "{}", text(&done.stderr));
    let done = halver(&[&"probe", &corpus("private.jpg")], b"");
    let told: Vec<&str> = text(&done.stdout).lines().skip(1).map(str::trim_start).collect();
    let expected = ["reveals position 47.500000, 11.100000", "reveals camera Halver", "reveals comment taken at home"];
    assert_eq!(told, expected);
    let done = halver(&[&"probe", &"--json", &corpus("private.jpg")], b"");
    let info: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(info["reveals"]["position"], serde_json::json!({ "latitude": 47_500_000, "longitude": 11_100_000 }));
    let done = halver(&[&"probe", &"--json", &corpus("animated.gif")], b"");
    let info: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&info["frames"], &info["format"]), (&3.into(), &"gif".into()));
}
