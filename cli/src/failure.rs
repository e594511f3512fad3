//! Why a command failed, and saying so in one line.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Why one image was not dealt with.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The core refused it.
    Refused(halver::Error),
    Read(io::Error),
    Write(io::Error),
    /// There is a file already where the half would go.
    Exists(PathBuf),
    /// The half would replace this file, which is a source.
    Source(PathBuf),
    /// The half would go where that of this source goes.
    Collision(String),
}

impl Failure {
    /// A stable code, for scripts.
    fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code(),
            Self::Read(_) => "cannot-read",
            Self::Write(_) => "cannot-write",
            Self::Exists(_) => "exists",
            Self::Source(_) => "source",
            Self::Collision(_) => "collision",
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Read(error) => write!(f, "cannot be read: {error}"),
            Self::Write(error) => write!(f, "the half cannot be written: {error}"),
            Self::Exists(file) => write!(f, "{} is there already; --force replaces it", file.display()),
            Self::Source(file) => {
                write!(f, "the half would replace {}, which is a source: name another place", file.display())
            }
            Self::Collision(other) => {
                write!(f, "the half would go where that of {other} goes: halve it by itself, to another place")
            }
        }
    }
}

impl From<halver::Error> for Failure {
    fn from(error: halver::Error) -> Self {
        Self::Refused(error)
    }
}

/// Says on standard error what happened to `what`, in one line with the code.
pub(crate) fn report(what: &dyn Display, failure: &Failure) -> ExitCode {
    complain(&format_args!("{what}: {failure} [{}]", failure.code()));
    ExitCode::FAILURE
}

/// Says `reason` on standard error in one line.
pub(crate) fn complain(reason: &dyn Display) {
    // Where standard error is closed, nobody wants to know.
    let _ = writeln!(io::stderr(), "halver: {reason}");
}
