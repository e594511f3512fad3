//! The command itself: `halver demo` and `halver serve`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::machine::{Folder, PATIENCE, function, settings};

/// `halver` with `arguments`, the real function, and a page in `folder`.
fn halver(folder: &Path, arguments: &[&str]) -> Command {
    let settings = settings(folder);
    let mut command = Command::new(env!("CARGO_BIN_EXE_halver"));
    command.args(arguments).arg("--function").arg(function()).arg("--page").arg(settings.page);
    command
}

fn image(name: &str) -> String {
    format!("{}/../core/tests/corpus/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The one line that a failing command says.
fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("halver: ") && said.trim_end().lines().count() == 1, "{said}");
    assert!(output.stdout.is_empty(), "{output:?}");
    said
}

#[test]
fn demo_prints_the_table_and_ends() {
    let folder = Folder::new();
    let data = folder.join("data");
    let photo = image("photo-420.jpg");
    let arguments = ["demo", "--exit", "--port", "0", "--image", &photo, "--data", data.to_str().unwrap()];
    let output = halver(&folder, &arguments).output().unwrap();
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    for text in
        ["sample/photo-420.jpg", "sample-resized/photo-420.jpg", "161x121", "81x61", "−69 %", "halve ms", "SHA-256 "]
    {
        assert!(table.contains(text), "{text} is not in:\n{table}");
    }
    let mut kept = std::fs::read_dir(data.join("buckets/sample-resized/objects")).unwrap();
    assert!(kept.any(|file| file.unwrap().file_name().to_string_lossy().ends_with("-photo-420.jpg")));
    assert!(complaint(&halver(&folder, &arguments).output().unwrap()).contains("fresh data"));
}

#[test]
fn demo_says_in_one_line_what_is_wrong() {
    let folder = Folder::new();
    let demo = |arguments: &[&str]| halver(&folder, &[&["demo", "--exit"], arguments].concat()).output().unwrap();
    assert!(complaint(&demo(&["--image", &image("text.jpg")])).contains("(not-an-image)"));
    assert!(complaint(&demo(&["--image", "none.jpg"])).contains("none.jpg"));
    // Its header is fine, so only the function finds out.
    assert!(complaint(&demo(&["--port", "0", "--image", &image("huge-header.jpg")])).contains("(too-large)"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = folder.join("data");
    let arguments = ["--port", &port, "--image", &image("photo-420.jpg"), "--data", data.to_str().unwrap()];
    assert!(complaint(&demo(&arguments)).contains("is taken"));
    assert!(!data.exists(), "the next attempt would not find it fresh");
    let usage = demo(&["--port", "65535"]);
    assert_eq!(usage.status.code(), Some(2), "{usage:?}");
}

#[cfg(unix)]
#[test]
fn a_demo_promises_nothing_for_a_function_that_cannot_start() {
    let folder = Folder::new();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_halver"));
    demo.args(["demo", "--exit", "--port", "0", "--function", "/bin/false", "--image", &image("photo-420.jpg")]);
    let output = demo.arg("--page").arg(settings(&folder).page).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.ends_with("halver: the function fails to start: no half of photo-420.jpg\n"), "{said}");
}

#[test]
fn a_closed_standard_error_changes_no_exit_code() {
    let folder = Folder::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut demo = halver(&folder, &["demo", "--exit", "--image", "none.jpg"]);
    assert_eq!(demo.stderr(writer).status().unwrap().code(), Some(1));
}

#[test]
fn a_setting_that_the_function_would_refuse_is_told_at_once() {
    let folder = Folder::new();
    let mut demo = halver(&folder, &["demo", "--exit", "--port", "0", "--image", &image("photo-420.jpg")]);
    let said = complaint(&demo.env("HALVER_OPTIONS", r#"{"qualty":1}"#).output().unwrap());
    assert!(said.contains("HALVER_OPTIONS") && said.contains("qualty"), "{said}");
}

/// A process that is killed at the end, whether its test passes or not.
#[cfg(unix)]
struct Running(Child);

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// `halver serve` on `data`, once it has said all it says at its start.
#[cfg(unix)]
fn serving(folder: &Path, data: &Path) -> (Running, String) {
    let mut serve = halver(folder, &["serve", "--port", "0", "--data", data.to_str().unwrap()]);
    let mut child = Running(serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut said = String::new();
    let mut output = BufReader::new(child.0.stdout.take().unwrap());
    while !said.contains("Ctrl-C") {
        assert_ne!(output.read_line(&mut said).unwrap(), 0, "it ended: {said}");
    }
    (child, said)
}

/// The first child of the process `pid`, whichever of its threads started it.
#[cfg(target_os = "linux")]
fn child_of(pid: u32) -> Option<String> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok())
        .find_map(|children| children.split_whitespace().next().map(str::to_owned))
}

#[cfg(target_os = "linux")]
#[test]
fn the_function_ends_with_a_killed_stack() {
    let folder = Folder::new();
    let (serve, _) = serving(&folder, &folder.join("data"));
    let begun = Instant::now();
    let function = loop {
        if let Some(pid) = child_of(serve.0.id()) {
            break pid;
        }
        assert!(begun.elapsed() < PATIENCE, "no function");
    };
    drop(serve); // SIGKILL: it has no chance to tidy up
    // A process that has ended but was not yet waited for has no command line.
    let runs = || std::fs::read(format!("/proc/{function}/cmdline")).is_ok_and(|line| !line.is_empty());
    while runs() {
        assert!(begun.elapsed() < PATIENCE, "process {function} was left behind");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(unix)]
#[test]
fn serve_says_where_it_is_and_ends_when_asked() {
    let folder = Folder::new();
    let data = folder.join("data");
    let (mut child, said) = serving(&folder, &data);
    for text in ["page  http://127.0.0.1:", "S3    http://127.0.0.1:", "halver-secret", "aws s3 cp"] {
        assert!(said.contains(text), "{text} is not in:\n{said}");
    }
    assert!(Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status().unwrap().success());
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}
