//! ministack: AWS in one process that we did not write, with S3, SQS, SNS, EventBridge, IAM and Lambda, which runs the
//! real binary of a function.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::apt;
use crate::run::run;
use crate::server::{Server, emptied, free_ports};

/// Every package with its version: ministack has a new one every other day.
const PACKAGES: &str = include_str!("../ministack-requirements.txt");

/// The account's access key and secret. With them it knows who asks, though it checks no signature in a header.
const USER: (&str, &str) = ("AKIAHALVERTEST000001", "halver-test-secret");

/// A running ministack, ended when dropped.
pub(crate) struct Ministack {
    /// Its address, with access key and secret: `http://ACCESS:SECRET@127.0.0.1:PORT`.
    pub(crate) url: String,
    _server: Server,
}

impl Ministack {
    /// Starts it on a free port, with all that it needs and keeps in `folder`. Installs what it needs by name.
    ///
    /// # Errors
    /// Where it cannot be installed or does not start.
    pub(crate) fn start(folder: &Path) -> Result<Self, String> {
        let python = folder.join("python");
        install(&python)?;
        let data = emptied(folder.join("data"))?;
        let [port] = free_ports()?;
        let url = format!("http://127.0.0.1:{port}");
        let mut ministack = Command::new(python.join("bin").join("ministack"));
        ministack.current_dir(&data).env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        // Without BIND_HOST it listens on all addresses of the machine. AUTH has it ask what a role may do.
        ministack.envs([("BIND_HOST", "127.0.0.1"), ("GATEWAY_PORT", &port.to_string()), ("AUTH", "true")]);
        ministack.envs([("AWS_ACCESS_KEY_ID", USER.0), ("AWS_SECRET_ACCESS_KEY", USER.1)]);
        // Functions that it runs are told of this address; else they would call AWS itself.
        ministack.envs([("AWS_ENDPOINT_URL", url.as_str()), ("MINISTACK_HOST", "127.0.0.1")]);
        // It keeps what it unpacks in the folder for temporary files.
        ministack.env("HOME", &data).env("TMPDIR", &data).env("S3_DATA_DIR", data.join("s3"));
        let mut server = Server::start(&mut ministack, &data)?;
        server.wait_for(port)?;
        Ok(Self { url: format!("http://{}:{}@127.0.0.1:{port}", USER.0, USER.1), _server: server })
    }
}

/// Installs [`PACKAGES`] into `python`, a virtual environment, unless they are there.
fn install(python: &Path) -> Result<(), String> {
    let installed = python.join("requirements.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|packages| packages == PACKAGES) {
        return Ok(());
    }
    if !has_venv() {
        apt::install(&["python3-venv"]).map_err(|reason| format!("{reason}; install Python with its module venv"))?;
    }
    println!("installing ministack through pip");
    let python = emptied(python.to_owned())?;
    run(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
    let wanted = python.join("wanted.txt");
    let cannot = |error: std::io::Error| format!("cannot write to {}: {error}", python.display());
    std::fs::write(&wanted, PACKAGES).map_err(cannot)?;
    let mut pip = Command::new(python.join("bin").join("pip"));
    run(pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"]).arg(&wanted))?;
    // Last: an installation that breaks off is begun anew.
    std::fs::rename(&wanted, &installed).map_err(cannot)
}

/// Whether there is a Python that can make virtual environments; Debian has that in a package of its own.
fn has_venv() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", "import ensurepip, venv"]).stdout(Stdio::null()).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}
