//! What Linux tells of a running process, below `/proc`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// A process by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// The processor time of all its threads since it was started, user and system, to the nanosecond; that of threads
    /// which have ended is lost.
    ///
    /// # Errors
    /// Where the process is gone, or the kernel keeps no such statistics.
    pub(crate) fn processor_time(self) -> Result<Duration, String> {
        let tasks = self.folder().join("task");
        let threads = fs::read_dir(&tasks).map_err(|error| format!("{}: {error}", tasks.display()))?;
        let mut time = Duration::ZERO;
        for thread in threads.filter_map(Result::ok) {
            // Nanoseconds on a processor come first: Linux, Documentation/scheduler/sched-stats.rst.
            let file = thread.path().join("schedstat");
            let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let nanoseconds = text.split(' ').next().and_then(|number| number.parse().ok());
            time += Duration::from_nanos(nanoseconds.ok_or_else(|| format!("{}: {text}", file.display()))?);
        }
        Ok(time)
    }

    /// Bytes of memory by their name in `/proc/PID/status`: `VmRSS` is resident now, `VmHWM` at its highest. Pages of the
    /// program and of libraries count, as far as they were touched.
    ///
    /// # Errors
    /// Where the process is gone.
    pub(crate) fn memory(self, name: &str) -> Result<u64, String> {
        let file = self.folder().join("status");
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kibibytes = value.and_then(|value| value.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kibibytes.map(|kibibytes| kibibytes << 10).ok_or_else(|| format!("{}: no {name}", file.display()))
    }

    /// Its child of the program `name`.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn child(self, name: &str) -> Result<Self, String> {
        let all = fs::read_dir("/proc").map_err(|error| format!("/proc: {error}"))?;
        let ids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let is_child = |process: &Self| {
            // "PID (name) state parent …": proc(5). What is gone by now has no such file.
            let stat = fs::read_to_string(process.folder().join("stat")).unwrap_or_default();
            let rest = stat.split_once(&format!("({name}) "));
            rest.and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok()) == Some(self.0)
        };
        ids.map(Self).find(is_child).ok_or_else(|| format!("process {} has no child {name}", self.0))
    }

    fn folder(self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.0))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_time_and_memory() {
        let this = Process(std::process::id());
        let before = this.processor_time().unwrap();
        let mut sum = 0_u64;
        while this.processor_time().unwrap() < before + Duration::from_millis(2) {
            sum = sum.wrapping_add(1);
        }
        let (now, most) = (this.memory("VmRSS").unwrap(), this.memory("VmHWM").unwrap());
        assert!(now > 1 << 20 && most >= now, "{now} {most} {sum}");
        assert!(this.memory("Vm").is_err());
    }

    #[test]
    fn children_are_found_by_name() {
        let this = Process(std::process::id());
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert_eq!(this.child("sleep"), Ok(Process(child.id())));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(this.child("sleep").is_err());
    }
}
