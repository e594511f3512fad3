//! `cargo xtask demo`: builds the package and the release binaries, then hands over to `halver demo`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Steps, cargo, run, target_folder};
use crate::wasm;

/// What the demonstration is asked for: its flags, known to be right before the long build begins.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    image: Option<PathBuf>,
    port: Option<u16>,
    exit: bool,
}

impl Request {
    /// Reads `--image FILE`, `--port N` and `--exit`; a value may also follow `=`.
    ///
    /// # Errors
    /// In one line, where a flag is unknown, or its value is missing or no port.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut request = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let (flag, joined) = match argument.split_once('=') {
                Some((flag, value)) => (flag, Some(value)),
                None => (argument.as_str(), None),
            };
            let mut value = || {
                let value = joined.or_else(|| arguments.next().map(String::as_str));
                value.filter(|value| !value.is_empty()).ok_or_else(|| format!("{flag} needs a value"))
            };
            match flag {
                "--image" => request.image = Some(value()?.into()),
                "--port" => request.port = Some(port(value()?)?),
                "--exit" if joined.is_none() => request.exit = true,
                _ => return Err(format!("demo does not know {argument}: it takes --image FILE, --port N and --exit")),
            }
        }
        Ok(request)
    }

    /// The arguments of `halver demo` that stand for this.
    fn arguments(&self, image: &Path) -> Vec<OsString> {
        let mut arguments = vec!["--image".into(), image.into()];
        if let Some(port) = self.port {
            arguments.extend(["--port".into(), port.to_string().into()]);
        }
        if self.exit {
            arguments.push("--exit".into());
        }
        arguments
    }
}

/// The page's port; S3 has the one behind it.
fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port < u16::MAX);
    port.ok_or_else(|| format!("--port takes a number from 0 to {}, not {text}", u16::MAX - 1))
}

/// Builds all that the demonstration needs, then becomes it.
///
/// # Errors
/// In one line.
pub(crate) fn demo(root: &Path, request: &Request) -> Result<(), String> {
    let image = request.image.clone().unwrap_or_else(|| root.join("samples").join("mountain.jpg"));
    std::fs::read(&image).map_err(|error| format!("{}: {error}", image.display()))?;
    let mut steps = Steps::default();
    steps.step("the browser package", wasm::build)?;
    steps.step("the function and the halver command", || {
        run(cargo(root)?.args(["build", "--release", "--package", "halver-lambda", "--package", "halver-cli"]))
    })?;
    let binaries = target_folder(root)?.join("release");
    let mut halver = Command::new(binaries.join("halver"));
    halver.arg("demo").arg("--function").arg(binaries.join("bootstrap"));
    halver.arg("--page").arg(root.join("web-demo"));
    println!("── the machine");
    become_it(halver.args(request.arguments(&image)))
}

/// Replaces this process, so that Ctrl-C and the exit code are the demonstration's own.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<(), String> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(format!("cannot run {}: {error}", command.get_program().to_string_lossy()))
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<(), String> {
    run(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Request, String> {
        Request::parse(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn right_flags_reach_the_demonstration() {
        assert_eq!(parse(&[]), Ok(Request::default()));
        let asked = parse(&["--exit", "--port", "0", "--image=a=b.jpg"]).unwrap();
        assert_eq!(asked.image, Some("a=b.jpg".into()));
        assert_eq!(asked.arguments(Path::new("a=b.jpg")), ["--image", "a=b.jpg", "--port", "0", "--exit"]);
    }

    #[test]
    fn wrong_flags_are_known_before_anything_is_built() {
        for (arguments, reason) in [
            (&["--frobnicate"][..], "does not know --frobnicate"),
            (&["photo.jpg"], "does not know photo.jpg"),
            (&["--exit=yes"], "does not know --exit=yes"),
            (&["--image"], "--image needs a value"),
            (&["--image="], "--image needs a value"),
            (&["--exit", "--port"], "--port needs a value"),
            (&["--port", "http"], "not http"),
            (&["--port", "65535"], "0 to 65534"),
        ] {
            let refused = parse(arguments).unwrap_err();
            assert!(refused.contains(reason), "{arguments:?}: {refused}");
        }
    }

    #[test]
    fn a_missing_image_is_known_before_anything_is_built() {
        let request = Request { image: Some("no/such/image.jpg".into()), ..Request::default() };
        let refused = demo(Path::new("no/such/root"), &request).unwrap_err();
        assert!(refused.starts_with("no/such/image.jpg: "), "{refused}");
    }
}
