//! Why the stack does not start.

use std::path::PathBuf;

/// Why the stack does not start; its text is one line that says whose move it is.
#[derive(Debug)]
#[non_exhaustive]
pub enum StackError {
    /// Something else listens on the port.
    PortTaken {
        /// The port.
        port: u16,
        /// What it is needed for.
        purpose: &'static str,
    },
    /// The port cannot be listened on for another reason.
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The function's binary is not there.
    NoFunction(PathBuf),
    /// The page's folder, or its `index.html`, is not there.
    NoPage(PathBuf),
    /// A `HALVER_…` variable that the function would refuse.
    Setting(halver_lambda::ConfigError),
    /// The watched bucket's name, or the result bucket's, is none.
    BucketName(String),
    /// Another stack has the data folder.
    InUse(PathBuf),
    /// The data folder cannot be used.
    Data {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl std::fmt::Display for StackError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PortTaken { port, purpose } => {
                write!(f, "port {port} ({purpose}) is taken: end what listens there, or choose another with --port")
            }
            Self::Port { port, source } => write!(f, "cannot listen on port {port}: {source}"),
            Self::NoFunction(path) => write!(
                f,
                "there is no function at {}: build it with `cargo build -p halver-lambda`, or name it with --function",
                path.display()
            ),
            Self::NoPage(path) => {
                write!(f, "there is no index.html in {}: name the page's folder with --page", path.display())
            }
            Self::Setting(error) => error.fmt(f),
            Self::BucketName(name) => {
                write!(
                    f,
                    "{name:?} is no bucket name: 3 to 63 of a-z, 0-9, '-', '.', beginning and ending with one of a-z, 0-9"
                )
            }
            Self::InUse(folder) => {
                write!(f, "{} is in use by another halver: end that one, or choose another folder", folder.display())
            }
            Self::Data { folder, source } => write!(f, "cannot use the data folder {}: {source}", folder.display()),
        }
    }
}

impl std::error::Error for StackError {}
