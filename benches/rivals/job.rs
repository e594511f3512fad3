//! `halver::halve` in a loop: a job for each line on standard input; see `jobs.mjs`.
//!
//! ```text
//! job FILE [OPTIONS [OUT]]        options as JSON, {} by default; OUT gets each half
//! ```
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};
use std::{env, error::Error, fs, io};

use rustix::time::{ClockId, clock_gettime};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let file = arguments.first().ok_or("usage: job FILE [OPTIONS [OUT]]")?;
    let options = serde_json::from_str(arguments.get(1).map_or("{}", String::as_str))?;
    let source = fs::read(file)?;
    for line in io::stdin().lines() {
        line?;
        let (before, start) = (processor_time(), Instant::now());
        let half = halver::halve(&source, &options)?;
        let (cpu, wall) = (processor_time() - before, start.elapsed());
        println!("{} {} {}", cpu.as_micros(), wall.as_micros(), half.bytes.len());
        if let Some(out) = arguments.get(2) {
            fs::write(out, &half.bytes)?;
        }
    }
    Ok(())
}

/// What this process has used of all processors.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec.cast_unsigned() as u32)
}
