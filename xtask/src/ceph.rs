//! Ceph's S3, RADOS Gateway: a strict server that we did not write, with notifications over HTTP.
//!
//! One monitor, one object store and one gateway, which keep everything in memory and listen on 127.0.0.1 alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::apt;
use crate::run::is_there;
use crate::server::{Server, emptied, free_ports};

/// Debian packages. The manager is not among them: nothing here asks for statistics.
const PACKAGES: [&str; 4] = ["radosgw", "ceph-mon", "ceph-osd", "ceph-common"];

/// What those install and is started here.
const PROGRAMS: [&str; 4] = ["radosgw", "ceph-mon", "ceph-osd", "ceph"];

/// The gateway's one user: access key and secret.
const USER: (&str, &str) = ("halver-test", "halver-test-secret");

const CLUSTER: &str = "11111111-1111-4111-8111-111111111111";
const STORE: &str = "22222222-2222-4222-8222-222222222222";

/// A running cluster, ended when dropped.
pub(crate) struct Ceph {
    /// The gateway's address, with access key and secret: `http://ACCESS:SECRET@127.0.0.1:PORT`.
    pub(crate) url: String,
    /// In the order in which they end.
    _servers: [Server; 3],
}

impl Ceph {
    /// Starts a cluster on free ports, with fresh data in `folder`. Installs what it needs by name.
    ///
    /// # Errors
    /// Where it is not there and cannot be installed, or does not start.
    pub(crate) fn start(folder: PathBuf) -> Result<Self, String> {
        if !PROGRAMS.into_iter().all(is_there) {
            apt::install(&PACKAGES).map_err(|reason| format!("{reason}; install {}", PACKAGES.join(", ")))?;
        }
        let [v2, v1, port] = free_ports()?;
        let monitor = format!("[v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]");
        let cluster = Cluster { folder: emptied(folder)? };
        cluster.configure(&monitor)?;
        cluster.make_keys()?;
        let mut mon = cluster.start_monitor(&monitor)?;
        mon.wait_for(v2)?;
        let osd = cluster.start_store()?;
        cluster.make_user()?;
        let mut rgw = cluster.start_gateway(port)?;
        rgw.wait_for(port)?;
        Ok(Self { url: format!("http://{}:{}@127.0.0.1:{port}", USER.0, USER.1), _servers: [rgw, osd, mon] })
    }
}

/// The folder with the configuration, the keys and the data of all.
struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    fn configure(&self, monitor: &str) -> Result<(), String> {
        for data in ["mon", "osd", "rgw"] {
            emptied(self.folder.join(data))?;
        }
        let file = self.folder.join("ceph.conf");
        let written = std::fs::write(&file, configuration(&self.folder, monitor, &classes()?));
        written.map_err(|error| format!("cannot write {}: {error}", file.display()))
    }

    /// One keyring for all. A new monitor takes every key in it for its own database, so that nobody need be introduced.
    fn make_keys(&self) -> Result<(), String> {
        let keyring = self.path("keyring");
        for (name, monitor, store) in [
            ("mon.", "allow *", ""),
            ("client.admin", "allow *", "allow *"),
            ("osd.0", "allow profile osd", "allow *"),
            ("client.rgw", "allow rw", "allow rwx"),
        ] {
            let create = if name == "mon." { &["--create-keyring"][..] } else { &[] };
            let caps = ["--cap", "mon", monitor, "--cap", "osd", store];
            let caps = if store.is_empty() { &caps[..3] } else { &caps[..] };
            self.run("ceph-authtool", &[&[keyring.as_str(), "--gen-key", "-n", name], create, caps].concat())?;
        }
        Ok(())
    }

    fn start_monitor(&self, monitor: &str) -> Result<Server, String> {
        let (map, keyring) = (self.path("monmap"), self.path("keyring"));
        self.run("monmaptool", &["--create", "--fsid", CLUSTER, "--addv", "a", monitor, &map])?;
        self.run("ceph-mon", &["-i", "a", "--mkfs", "--monmap", &map, "--keyring", &keyring])?;
        Server::start(self.command("ceph-mon").args(["-i", "a", "-f"]), &self.folder)
    }

    fn start_store(&self) -> Result<Server, String> {
        self.run("ceph", &["--connect-timeout", "60", "osd", "new", STORE])?;
        self.run("ceph-osd", &["-i", "0", "--mkfs", "--osd-uuid", STORE])?;
        Server::start(self.command("ceph-osd").args(["-i", "0", "-f"]), &self.folder)
    }

    fn make_user(&self) -> Result<(), String> {
        let user = ["--uid", USER.0, "--display-name", USER.0, "--access-key", USER.0, "--secret-key", USER.1];
        self.run("radosgw-admin", &[&["user", "create"][..], &user].concat())
    }

    fn start_gateway(&self, port: u16) -> Result<Server, String> {
        let mut radosgw = self.command("radosgw");
        radosgw.args(["-n", "client.rgw", "-f"]).arg(format!("--rgw-frontends=beast endpoint=127.0.0.1:{port}"));
        Server::start(&mut radosgw, &self.folder)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("CEPH_CONF", self.folder.join("ceph.conf")).env_remove("CEPH_ARGS");
        command
    }

    /// Runs a tool to its end; what it says is told where it fails.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let answer = self.command(program).args(arguments).stdin(Stdio::null()).output();
        let answer = answer.map_err(|error| format!("cannot run {program}: {error}"))?;
        if answer.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&answer.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        Err(format!("{program} failed: {}: {last}", answer.status))
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

/// What the monitor, the store and the gateway read: data in `folder`, and nothing of what the machine has in /etc.
fn configuration(folder: &Path, monitor: &str, classes: &Path) -> String {
    let (folder, classes) = (folder.display(), classes.display());
    format!(
        "[global]
fsid = {CLUSTER}
mon host = {monitor}
# The gateway never connects to a monitor that asks for no authentication.
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {folder}/keyring
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
run dir = {folder}
crash dir = {folder}
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
# The path of a socket has room for some hundred bytes only.
admin socket =
osd class dir = {classes}
osd objectstore = memstore
memstore device bytes = 1073741824
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 1000
# A lone monitor need not gather what it proposes: a start takes two seconds, not twelve.
paxos propose interval = 0.05
paxos min wait = 0.01
# Tools that find no cluster say so, rather than to wait for ever.
client mount timeout = 60
rados mon op timeout = 60
rados osd op timeout = 60
"
    )
}

/// The folder of the store's plug-ins, which is another one than Debian's store looks at.
fn classes() -> Result<PathBuf, String> {
    let libraries = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut folders = libraries.map(|entry| entry.path().join("rados-classes"));
    folders.find(|folder| folder.is_dir()).ok_or_else(|| "there is no folder rados-classes in /usr/lib/*".to_owned())
}
