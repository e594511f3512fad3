//! `halver`: files on disk, and the whole machine on one computer.
#![allow(missing_docs, reason = "a binary has no public surface; clap turns the comments into --help")]

mod bytes;
mod failure;
mod halve;
mod inputs;
mod probe;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Halves images: half as wide, half as high, much smaller in bytes, the same bytes on every machine.
#[derive(Parser, Debug)]
#[command(name = "halver", version, after_help = "Exit codes: 0 all done, 1 something failed, 2 wrong usage.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Halve(halve::Halve),
    Probe(probe::Probe),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Halve(halve) => halve.run(),
        Command::Probe(probe) => probe.run(),
    }
}
