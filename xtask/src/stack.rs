//! The one-machine stack as a child of the tests.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running `halver serve`, ended when dropped.
pub(crate) struct Stack {
    child: Child,
    /// Where the page is.
    pub(crate) page: String,
}

impl Stack {
    /// Starts the debug build on free ports, with fresh data below `data`.
    ///
    /// # Errors
    /// Where it does not start or does not say where its page is.
    pub(crate) fn start(root: &Path, binaries: &Path, data: &Path) -> Result<Self, String> {
        if data.exists() {
            std::fs::remove_dir_all(data).map_err(|error| format!("cannot empty {}: {error}", data.display()))?;
        }
        let mut halver = Command::new(binaries.join("halver"));
        halver.args(["serve", "--port", "0"]).arg("--data").arg(data);
        halver.arg("--function").arg(binaries.join("bootstrap")).arg("--page").arg(root.join("web-demo"));
        let mut child = halver.stdout(Stdio::piped()).spawn().map_err(|error| format!("cannot run halver: {error}"))?;
        let lines = child.stdout.take().map(BufReader::new).ok_or("halver has no output")?;
        let mut stack = Self { child, page: String::new() };
        let mut lines = lines.lines().map_while(Result::ok);
        stack.page = lines
            .find_map(|line| line.strip_prefix("page").map(|url| url.trim().to_owned()))
            .ok_or("halver ended without saying where its page is")?;
        // The rest must be read, or the stack would wait for room in the pipe.
        std::thread::spawn(move || lines.for_each(|line| println!("   {line}")));
        Ok(stack)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // It has ended by itself if it cannot be killed; either way there is nothing more to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
