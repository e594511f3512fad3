//! ministack: AWS in one process that we did not write, with S3, SQS, SNS, EventBridge, IAM and Lambda, which runs the
//! real binary of a function.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pip;
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
        let python = python(folder)?;
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

/// The virtual environment in `folder` that holds it and boto3, which asks AWS.
///
/// # Errors
/// Where it cannot be installed.
pub(crate) fn python(folder: &Path) -> Result<PathBuf, String> {
    let python = folder.join("python");
    pip::install(&python, "ministack", PACKAGES)?;
    Ok(python)
}
