//! Where the function and the page are, and where the stack listens and keeps its data: options of both verbs.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::stack::Settings;

/// How long a failed event waits for its next attempt; AWS waits one minute, then two.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// How long an invocation may take, which is what the deployed function is given too.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How long the function may take to start, as on AWS.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// Options that `serve` and `demo` share.
#[derive(Args)]
pub struct Place {
    /// The page's port; S3 has the one behind it (0: two free ones)
    #[arg(long, default_value_t = 8787, value_parser = clap::value_parser!(u16).range(..=65534))]
    port: u16,
    /// The function's binary [default: `bootstrap` beside this program]
    #[arg(long, value_name = "FILE")]
    function: Option<PathBuf>,
    /// Megabytes of memory for the function, which refuses images that need more
    #[arg(long, value_name = "MB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(128..=10240))]
    memory: u32,
    /// The page's folder
    #[arg(long, value_name = "DIR", default_value = "web-demo")]
    page: PathBuf,
}

impl Place {
    /// The settings of a stack with this `data` folder and watched `bucket`.
    pub(crate) fn settings(self, data: PathBuf, bucket: String) -> Settings {
        let function = self.function.unwrap_or_else(beside);
        // The function is started by this path, and a bare name would be looked up in PATH.
        let function = std::path::absolute(&function).unwrap_or(function);
        Settings {
            data,
            port: self.port,
            bucket,
            function,
            megabytes: self.memory,
            page: self.page,
            retry_delay: RETRY_DELAY,
            timeout: TIMEOUT,
            init_timeout: INIT_TIMEOUT,
        }
    }
}

/// `bootstrap` in the folder of this program.
fn beside() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.with_file_name(format!("bootstrap{}", std::env::consts::EXE_SUFFIX))
}
