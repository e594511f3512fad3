//! The `halver` command.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use halver_cli::{backfill, demo, explain, halve, probe, redrive, serve};

/// Make images half as wide, half as high and much smaller in bytes; the same bytes on every machine.
#[derive(Parser)]
#[command(version, after_help = "Exit codes: 0 all well, 1 something failed (said in one line), 2 wrong usage.")]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Halve(halve::Arguments),
    Probe(probe::Arguments),
    Serve(serve::Arguments),
    Demo(demo::Arguments),
    Explain(explain::Arguments),
    Redrive(redrive::Arguments),
    Backfill(backfill::Arguments),
}

fn main() -> ExitCode {
    let done = match Command::parse().verb {
        Verb::Halve(arguments) => return halve::run(&arguments),
        Verb::Probe(arguments) => return probe::run(&arguments),
        Verb::Explain(arguments) => return explain::run(&arguments),
        Verb::Redrive(arguments) => return redrive::run(&arguments),
        Verb::Backfill(arguments) => return backfill::run(&arguments),
        Verb::Serve(arguments) => serve::run(arguments),
        Verb::Demo(arguments) => demo::run(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With standard error closed there is nobody to tell, but for the exit code.
            let _ = writeln!(io::stderr(), "halver: {error}");
            ExitCode::FAILURE
        }
    }
}
