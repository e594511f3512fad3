//! `cargo xtask floors`: how small the function is, how quickly it starts and how much memory it takes, each beside the
//! floor that it is held to.
//!
//! What is measured is the binary that is shipped (profile `ship`), run as AWS runs it: started against a Runtime API,
//! then behind S3 in the one-machine stack, told that it has the least memory that AWS gives.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::mosaic::mosaic;
use crate::process::Process;
use crate::run::{Steps, cargo, run, target_folder};
use crate::ship::{self, ARM64, X86_64};
use crate::start::Start;
use crate::toolchain;

/// Bytes of the program, and of a zip file with nothing else in it.
const PROGRAM: u64 = 8 << 20;
const ZIP: u64 = 4 << 20;
/// From exec to the first `/next`.
const START: Duration = Duration::from_millis(20);
/// Bytes that are resident while the function waits for its first event.
const IDLE: u64 = 16 << 20;

/// How often the function is started; the median counts.
const STARTS: usize = 11;

/// Megabytes of memory that the function is told it has: the least on AWS.
const MEMORY: &str = "128";

/// Photographs that are halved, and the bytes that may be resident at the peak: a name, columns and rows of the mosaic,
/// whether it is upright as it is stored.
const PHOTOGRAPHS: [(&str, usize, usize, bool, u64); 3] = [
    ("12 megapixels, 4000×3008", 10, 188, true, 96 << 20),
    ("12 megapixels, held upright", 10, 188, false, 96 << 20),
    ("100 megapixels, 10000×10000", 25, 625, true, 128 << 20),
];

/// A row of the table.
struct Row {
    what: String,
    floor: String,
    value: String,
    is_met: bool,
}

impl Row {
    fn bytes(what: impl Into<String>, floor: u64, bytes: u64) -> Self {
        let mebibytes = |bytes: u64| format!("{:.2} MiB", bytes as f64 / f64::from(1 << 20));
        Self { what: what.into(), floor: mebibytes(floor), value: mebibytes(bytes), is_met: bytes <= floor }
    }

    fn time(what: &str, floor: Duration, time: Duration) -> Self {
        let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
        Self { what: what.to_owned(), floor: milliseconds(floor), value: milliseconds(time), is_met: time < floor }
    }
}

/// Builds, measures, and prints the table.
///
/// # Errors
/// Where something cannot be measured, or a floor is broken.
pub(crate) fn floors(root: &Path) -> Result<(), String> {
    let mut steps = Steps::default();
    let (mut rows, mut left_out) = (Vec::new(), Vec::new());
    let host = toolchain::host()?;
    let mut function = Err(format!("AWS has no machine like this one, {host}"));
    for architecture in [ARM64, X86_64] {
        let is_here = architecture.target == host;
        if !is_here && !architecture.links() {
            left_out.push(format!("the size for {}: there is no linker for it here", architecture.name));
            continue;
        }
        let built = steps.step(architecture.name, || architecture.build(root))?;
        rows.extend(steps.step("its size", || sizes(root, architecture.name, &built))?);
        if is_here {
            function = Ok(built);
        }
    }
    let function = function?;
    rows.extend(steps.step("starts", || starts(&function))?);
    steps.step("the stack", || run(cargo(root)?.args(["build", "--release", "--package", "halver-cli"])))?;
    for photograph in PHOTOGRAPHS {
        rows.push(steps.step(photograph.0, || halved(root, &function, photograph))?);
    }
    print(&rows);
    left_out.iter().for_each(|what| println!("LEFT OUT: {what}"));
    match rows.iter().find(|row| !row.is_met) {
        Some(Row { what, floor, value, .. }) => Err(format!("{what}: {value}, the floor is {floor}")),
        None => Ok(()),
    }
}

/// The bytes of `function`, and of the zip file that is deployed.
fn sizes(root: &Path, architecture: &str, function: &Path) -> Result<[Row; 2], String> {
    let zip = ship::zipped(root, function, function.with_extension("zip"))?;
    let size = |file: &Path| std::fs::metadata(file).map(|file| file.len());
    let size = |file: &Path| size(file).map_err(|error| format!("{}: {error}", file.display()));
    Ok([
        Row::bytes(format!("bootstrap, {architecture}"), PROGRAM, size(function)?),
        Row::bytes(format!("bootstrap, {architecture}, zipped"), ZIP, size(&zip)?),
    ])
}

/// The medians of several starts.
fn starts(function: &Path) -> Result<[Row; 2], String> {
    let starts: Vec<_> = (0..STARTS).map(|_| Start::of(function)).collect::<Result<_, _>>()?;
    let mut times: Vec<_> = starts.iter().map(|start| start.processor_time).collect();
    let mut idle: Vec<_> = starts.iter().map(|start| start.idle).collect();
    times.sort();
    idle.sort();
    Ok([
        Row::time("processor time from exec to the first /next", START, times[STARTS / 2]),
        Row::bytes("resident while it waits for its first event", IDLE, idle[STARTS / 2]),
    ])
}

/// What is resident at the peak while a photograph is halved in the stack.
fn halved(
    root: &Path,
    function: &Path,
    (name, columns, rows, is_upright, floor): (&str, usize, usize, bool, u64),
) -> Result<Row, String> {
    let folder = target_folder(root)?.join("floors");
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(failed)?;
    }
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let sample = std::fs::read(root.join("samples").join("mountain.jpg")).map_err(failed)?;
    let mut photograph = mosaic(&sample, columns, rows)?;
    if is_upright {
        upright(&mut photograph)?;
    }
    let image = folder.join("photograph.jpg");
    std::fs::write(&image, photograph).map_err(failed)?;
    let peak = demo(root, function, &image, &folder.join("data"))?;
    std::fs::remove_dir_all(&folder).map_err(failed)?;
    Ok(Row::bytes(format!("resident at the peak, {name}"), floor, peak))
}

/// Has a photograph that is stored lying on its side be shown as it is stored.
fn upright(photograph: &mut [u8]) -> Result<(), String> {
    // The tag of the orientation, one number of 16 bits: Exif 2.3, 4.6.2 and 4.6.4.
    const ORIENTATION: [u8; 9] = [1, 0x12, 0, 3, 0, 0, 0, 1, 0];
    let at = photograph.windows(ORIENTATION.len()).position(|bytes| bytes == ORIENTATION);
    let at = at.ok_or("the photograph has no orientation")?;
    photograph[at + ORIENTATION.len()] = 1;
    Ok(())
}

/// Halves `image` in a stack with fresh `data`, checks the half, and tells the peak of the function's resident bytes.
fn demo(root: &Path, function: &Path, image: &Path, data: &Path) -> Result<u64, String> {
    let mut halver = Command::new(target_folder(root)?.join("release").join("halver"));
    halver.args(["demo", "--port", "0", "--memory", MEMORY, "--image"]).arg(image).arg("--data").arg(data);
    halver.arg("--function").arg(function).arg("--page").arg(root.join("web-demo"));
    let mut halver = halver.stdout(Stdio::piped()).spawn().map_err(|error| format!("cannot run halver: {error}"))?;
    let said = halver.stdout.take().map(BufReader::new).ok_or("halver has no output")?;
    // The table is followed by the page's address once the half has been compared, and the function still runs.
    let is_done =
        said.lines().map_while(Result::ok).inspect(|line| println!("{line}")).any(|line| line.contains("page"));
    let peak = if is_done {
        Process(halver.id()).child("bootstrap").and_then(|function| function.memory("VmHWM"))
    } else {
        Err("the demonstration did not come to its end".to_owned())
    };
    // It has ended by itself if it cannot be killed.
    let _ = halver.kill();
    let _ = halver.wait();
    peak
}

/// The table, in Markdown.
fn print(rows: &[Row]) {
    println!("──\n| what | floor | measured |\n|---|---|---|");
    for Row { what, floor, value, is_met } in rows {
        println!("| {what} | {floor} | {value}{} |", if *is_met { "" } else { " **broken**" });
    }
}
