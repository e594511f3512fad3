//! `halver explain`: what an event would lead to.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::failure::complain;
use crate::settings;

/// Say which jobs an event yields, what would be read and written, what is refused and why
#[derive(Args, Debug)]
#[command(
    after_help = "The function's settings are read from HALVER_… in the environment, as the function reads them."
)]
pub struct Arguments {
    /// The event's JSON, or - for standard input
    #[arg(value_name = "EVENT")]
    event: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Explains the event.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    match explained(arguments) {
        // A reader that has gone away wants no more.
        Ok(text) => drop(write!(std::io::stdout(), "{text}")),
        Err(reason) => {
            complain(&reason);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn explained(arguments: &Arguments) -> Result<String, String> {
    let config = settings::config(&[]).map_err(|error| error.to_string())?;
    let event = read(&arguments.event).map_err(|error| format!("{}: {error}", arguments.event.display()))?;
    // What is no JSON reaches a function only as text within JSON.
    let event = serde_json::from_str(&event).unwrap_or(Value::String(event));
    let explanation = halver_lambda::explain(&event, &config);
    Ok(if arguments.json { format!("{}\n", json!(explanation)) } else { explanation.to_string() })
}

fn read(path: &Path) -> std::io::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(path)
}
