//! S3 servers: our own, and those of others that `cargo xtask test` starts.

use aws_sdk_s3::Client;
use halver_cli::stack::{ACCESS_KEY, SECRET_KEY};
use halver_lambda::S3Settings;

use crate::machine::Machine;

/// The variables that say where the servers of others are: `http://ACCESS:SECRET@127.0.0.1:PORT`.
const VARIABLES: [&str; 2] = ["PEER_CEPH", "PEER_MINISTACK"];

/// An S3 server.
pub(crate) struct Peer {
    /// `halver`, `ceph` or `ministack`.
    pub(crate) name: String,
    /// Where it listens, `127.0.0.1:PORT`.
    pub(crate) address: String,
    pub(crate) access: String,
    pub(crate) secret: String,
    /// Our own server; those of others are not ours to end.
    _machine: Option<Machine>,
}

impl Peer {
    /// Our own server.
    pub(crate) async fn own() -> Self {
        // Its own function is of no use here, and gives up.
        let machine = Machine::start_with(|settings| settings.function = "/bin/false".into()).await;
        let address = machine.stack.s3_url().trim_start_matches("http://").to_owned();
        let (access, secret) = (ACCESS_KEY.to_owned(), SECRET_KEY.to_owned());
        Self { name: "halver".to_owned(), address, access, secret, _machine: Some(machine) }
    }

    /// Ceph's gateway, where there is one.
    pub(crate) fn ceph() -> Option<Self> {
        Self::of_others(VARIABLES[0])
    }

    /// A ministack, where there is one.
    pub(crate) fn ministack() -> Option<Self> {
        Self::of_others(VARIABLES[1])
    }

    /// All that there are.
    pub(crate) async fn all() -> Vec<Self> {
        [Some(Self::own().await), Self::ceph(), Self::ministack()].into_iter().flatten().collect()
    }

    /// The server that `variable` names.
    fn of_others(variable: &str) -> Option<Self> {
        let name = variable.trim_start_matches("PEER_").to_lowercase();
        let Ok(url) = std::env::var(variable) else {
            eprintln!("SKIPPED: {variable} names no {name}: this run does without it; see cargo xtask peers");
            return None;
        };
        let parts = url.strip_prefix("http://").and_then(|url| url.split_once('@'));
        let parts = parts.and_then(|(user, address)| Some((user.split_once(':')?, address)));
        let ((access, secret), address) =
            parts.unwrap_or_else(|| panic!("{variable} is no http://ACCESS:SECRET@ADDRESS"));
        let (access, secret) = (access.to_owned(), secret.to_owned());
        Some(Self { name, address: address.to_owned(), access, secret, _machine: None })
    }

    /// A client, straight to the server.
    pub(crate) fn client(&self) -> Client {
        halver_lambda::client(&S3Settings {
            endpoint: Some(format!("http://{}", self.address)),
            region: "us-east-1".to_owned(),
            access_key_id: self.access.clone(),
            secret_access_key: self.secret.clone(),
            session_token: None,
        })
    }
}
