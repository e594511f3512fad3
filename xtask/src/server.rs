//! Servers of others that tests need: started as children, ended with us.

use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to listen; far longer than any does.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running server, ended when dropped.
pub(crate) struct Server {
    name: String,
    child: Child,
    /// What it writes to its standard output and error.
    log: PathBuf,
}

impl Server {
    /// Starts `command`, whose output goes to a file in `folder`.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub(crate) fn start(command: &mut Command, folder: &Path) -> Result<Self, String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let log = folder.join(format!("{name}.out"));
        let child = command.stdin(Stdio::null()).stdout(append(&log)?).stderr(append(&log)?).spawn();
        let child = child.map_err(|error| format!("cannot run {name}: {error}"))?;
        Ok(Self { name, child, log })
    }

    /// Waits until it listens on `port` of the loopback.
    ///
    /// # Errors
    /// Where it ends instead, or does not in a minute and a half; with its last words.
    pub(crate) fn wait_for(&mut self, port: u16) -> Result<(), String> {
        let begun = Instant::now();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("{} ended ({status}): {}", self.name, self.last_words()));
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{} does not listen on {address}: {}", self.name, self.last_words()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let said = std::fs::read(&self.log).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        format!("{last} ({})", self.log.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended by itself if it cannot be killed; either way there is nothing more to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn append(file: &Path) -> Result<File, String> {
    let opened = OpenOptions::new().create(true).append(true).open(file);
    opened.map_err(|error| format!("cannot write {}: {error}", file.display()))
}

/// Ports of the loopback that nobody listens on now.
///
/// # Errors
/// Where the system has none.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N], String> {
    let no_port = |error: std::io::Error| format!("no free port: {error}");
    // All are held until each has been chosen, so that none is chosen twice.
    let mut held = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(no_port)?;
        *port = listener.local_addr().map_err(no_port)?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// `folder`, there and empty.
///
/// # Errors
/// Of the file system.
pub(crate) fn emptied(folder: PathBuf) -> Result<PathBuf, String> {
    let cannot = |error: std::io::Error| format!("cannot empty {}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(cannot)?;
    }
    std::fs::create_dir_all(&folder).map_err(cannot)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_ends_is_not_waited_for() {
        let folder = std::env::temp_dir().join(format!("halver-server-{}", std::process::id()));
        let folder = emptied(folder).unwrap();
        let [port] = free_ports().unwrap();
        let mut failing =
            Server::start(Command::new("sh").args(["-c", "echo; echo no keyring; exit 3"]), &folder).unwrap();
        let reason = failing.wait_for(port).unwrap_err();
        assert!(reason.starts_with("sh ended (exit status: 3): no keyring ("), "{reason}");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn free_ports_differ() {
        let [a, b, c] = free_ports().unwrap();
        assert!(a != b && b != c && a != c, "{a} {b} {c}");
    }
}
