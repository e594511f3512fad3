//! Servers that we did not write, for the tests that run the function against them.

use std::path::Path;
use std::process::Command;

use crate::ceph::Ceph;
use crate::ministack::Ministack;
use crate::run::{Outcome, Steps, forget_package, run, target_folder};

/// The peers that this machine can run; ended when dropped.
#[derive(Default)]
pub(crate) struct Peers {
    ceph: Option<Ceph>,
    ministack: Option<Ministack>,
}

impl Peers {
    /// Starts what can be started here, and says what cannot.
    ///
    /// # Errors
    /// Of [`target_folder`].
    pub(crate) fn start(root: &Path, steps: &mut Steps) -> Result<Self, String> {
        let folder = target_folder(root)?.join("peers");
        let mut peers = Self::default();
        steps.step_where_possible("Ceph, whose S3 is strict", || {
            Ok(kept(&mut peers.ceph, Ceph::start(folder.join("ceph")), "the function is not tested against it"))
        })?;
        steps.step_where_possible("ministack, which runs the function as AWS does", || {
            Ok(kept(
                &mut peers.ministack,
                Ministack::start(&folder.join("ministack")),
                "no event comes by its services",
            ))
        })?;
        Ok(peers)
    }

    /// The variables that tell the tests where they are.
    pub(crate) fn variables(&self) -> Vec<(&'static str, &str)> {
        let ceph = self.ceph.as_ref().map(|ceph| ("PEER_CEPH", ceph.url.as_str()));
        let ministack = self.ministack.as_ref().map(|ministack| ("PEER_MINISTACK", ministack.url.as_str()));
        ceph.into_iter().chain(ministack).collect()
    }
}

/// Runs a command that is told where the peers are, and ends them behind it.
///
/// # Errors
/// The command's.
pub(crate) fn run_beside(root: &Path, program: &str, arguments: &[String]) -> Result<(), String> {
    let mut steps = Steps::default();
    let peers = Peers::start(root, &mut steps)?;
    let mut command = Command::new(program);
    forget_package(command.args(arguments).envs(peers.variables()));
    let done = run(&mut command);
    steps.print();
    done
}

/// Keeps a peer that `started`; else says why, and what is not tested.
fn kept<P>(place: &mut Option<P>, started: Result<P, String>, untested: &str) -> Outcome {
    match started {
        Ok(peer) => {
            *place = Some(peer);
            Outcome::Done
        }
        Err(reason) => Outcome::Skipped(format!("{reason}: {untested}")),
    }
}
