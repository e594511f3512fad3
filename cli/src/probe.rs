//! `halver probe`: what the header of each image says, and what the file tells about a person.

mod reveals;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use halver::Info;
use serde_json::json;

use crate::failure::{Failure, complain, report};
use crate::inputs::{Halves, Input, collect};

/// Say what the header of each image says, and what the file tells about a person, without decoding it
#[derive(Args, Debug)]
pub struct Arguments {
    /// Files, folders, or - for standard input
    #[arg(required = true, value_name = "IN")]
    inputs: Vec<PathBuf>,
    /// Print one JSON object for each image
    #[arg(long)]
    json: bool,
}

/// Probes all inputs; failure of one does not stop the others.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let inputs = match collect(&arguments.inputs, Halves::Taken) {
        Ok(inputs) => inputs,
        Err((path, error)) => return report(&path.display(), &Failure::Read(error)),
    };
    if inputs.is_empty() {
        complain(&"no images there");
        return ExitCode::FAILURE;
    }
    let mut exit = ExitCode::SUCCESS;
    for input in &inputs {
        match probe(input) {
            // A reader that has gone away wants no more lines.
            Ok(info) => drop(writeln!(std::io::stdout(), "{}", arguments.line(input, &info))),
            Err(failure) => exit = report(&input.source, &failure),
        }
    }
    exit
}

impl Arguments {
    fn line(&self, input: &Input, info: &Info) -> String {
        if self.json {
            let mut line = json!(info);
            line["in"] = json!(input.source.to_string());
            return line.to_string();
        }
        let mut line = format!("{}  {} {}×{}", input.source, info.format, info.width, info.height);
        let notes = [
            (info.frames > 1).then(|| format!("{} frames", info.frames)),
            info.alpha.then(|| "transparency".to_owned()),
            (info.depth > 8).then(|| format!("{} bits", info.depth)),
            info.quality.map(|quality| format!("quality {quality}")),
            (info.scans > 1).then(|| format!("{} scans", info.scans)),
            (info.orientation > 1).then(|| format!("orientation {}", info.orientation)),
            (info.profile_bytes > 0).then(|| "profile".to_owned()),
        ];
        for note in notes.into_iter().flatten() {
            line += "  ";
            line += &note;
        }
        for revelation in reveals::lines(&info.reveals) {
            line += "\n    reveals ";
            line += &revelation;
        }
        line
    }
}

fn probe(input: &Input) -> Result<Info, Failure> {
    Ok(halver::probe(&input.source.read().map_err(Failure::Read)?)?)
}
