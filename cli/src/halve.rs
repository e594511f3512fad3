//! `halver halve`: files on disk, or standard input to standard output.

mod plan;
mod publish;

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use halver::{Animation, Coding, Effort, Light, Options, Output, Quality, Subsampling, Target};
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::bytes::{human, saving};
use crate::failure::{Failure, complain, report};
use crate::inputs::{Destination, Halves, Input, collect};

use self::plan::Plan;
use self::publish::publish;

/// Halve files, folders of them, or standard input
#[derive(Args, Debug)]
pub struct Arguments {
    /// Files, folders, or - for standard input
    #[arg(required = true, value_name = "IN")]
    inputs: Vec<PathBuf>,
    /// A file, a folder, or - for standard output [default: beside each source, as name.half.ext; files of a folder
    /// that are named so are passed over]
    #[arg(short, long, value_name = "OUT|DIR")]
    output: Option<PathBuf>,
    /// Quality of lossy formats, 1 to 100; a JPEG never gets finer than its source
    #[arg(short, long, value_name = "N", default_value_t = Quality::default(), value_parser = quality)]
    quality: Quality,
    /// jpeg, png, webp or gif, or auto, which takes what is smallest for the picture [default: what OUT is named as, or the
    /// source's]
    #[arg(short, long, value_name = "F")]
    format: Option<Target>,
    /// What bytes are worth: fast, balanced or small, which takes about three times as long as balanced
    #[arg(short, long, value_name = "E", default_value = "balanced", value_parser = named::<Effort>)]
    effort: Effort,
    /// Write JPEGs in progressive scans, which show a coarse picture first; small always does
    #[arg(long)]
    progressive: bool,
    /// How finely a JPEG's colours are sampled: as its source's, or 4:2:0
    #[arg(long, value_name = "S", default_value = "source", value_parser = named::<Subsampling>)]
    subsampling: Subsampling,
    /// Keep what is there of damaged JPEGs instead of refusing them
    #[arg(long)]
    salvage: bool,
    /// How a WebP is coded: lossy, lossless, or as its source is
    #[arg(long, value_name = "C", default_value = "source", value_parser = named::<Coding>)]
    webp: Coding,
    /// What is averaged: samples as they are encoded, or linear light; has no say where the source is a JPEG
    #[arg(long, value_name = "L", default_value = "encoded", value_parser = named::<Light>)]
    light: Light,
    /// Make a still picture of an animation's first frame
    #[arg(long)]
    first_frame: bool,
    /// Print one JSON object for each image
    #[arg(long)]
    json: bool,
    /// Replace files that are already there
    #[arg(long)]
    force: bool,
    /// How many images at once [default: one for each processor]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

fn quality(text: &str) -> Result<Quality, String> {
    let value = text.parse().map_err(|_| "expected 1 to 100".to_owned())?;
    Quality::new(value).ok_or_else(|| "expected 1 to 100".to_owned())
}

/// A choice by its name in the JSON of [`Options`].
fn named<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

/// Halves all inputs; failure of one does not stop the others.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let halves = if arguments.output.is_none() { Halves::PassedOver } else { Halves::Taken };
    let inputs = match collect(&arguments.inputs, halves) {
        Ok(inputs) => inputs,
        Err((path, error)) => return report(&path.display(), &Failure::Read(error)),
    };
    let wrong_usage = |reason: &dyn Display| {
        complain(reason);
        ExitCode::from(2)
    };
    // A folder with one image in it is no other command than one with two.
    let several = inputs.len() > 1 || arguments.inputs.iter().any(|name| name.is_dir());
    let destination = match Destination::new(arguments.output.clone(), several) {
        Ok(destination) => destination,
        Err(reason) => return wrong_usage(&reason),
    };
    let format = match destination.format(arguments.format) {
        Ok(format) => format,
        Err(reason) => return wrong_usage(&reason),
    };
    if inputs.is_empty() {
        complain(&"no images there");
        return ExitCode::FAILURE;
    }
    let options = arguments.options(format);
    let plan = Plan::new(&inputs, &destination, format);
    for (input, failure) in &plan.refused {
        report(&input.source, failure);
    }
    let failed = arguments.halve_all(&plan.ready, &destination, &options);
    if failed == 0 && plan.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Arguments {
    fn options(&self, format: Option<Target>) -> Options {
        let Self { quality, effort, progressive, subsampling, salvage, webp, light, .. } = *self;
        let animation = if self.first_frame { Animation::First } else { Animation::Keep };
        Options {
            format,
            quality,
            effort,
            progressive,
            subsampling,
            salvage,
            webp,
            light,
            animation,
            ..Options::default()
        }
    }

    /// How many of `inputs` failed.
    fn halve_all(&self, inputs: &[&Input], destination: &Destination, options: &Options) -> usize {
        let bar = progress_bar(inputs.len());
        let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let screen = Mutex::new(());
        let worker = || {
            while let Some(input) = inputs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let result = self.halve_one(input, destination, options);
                let _one_at_a_time = screen.lock();
                bar.suspend(|| match &result {
                    Ok(half) => self.print(input, half),
                    Err(failure) => {
                        failed.fetch_add(1, Ordering::Relaxed);
                        report(&input.source, failure);
                    }
                });
                bar.inc(1);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads(inputs.len()) {
                scope.spawn(worker);
            }
            worker();
        });
        bar.finish_and_clear();
        failed.into_inner()
    }

    fn threads(&self, inputs: usize) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or(processors, usize::from).min(inputs)
    }

    fn halve_one(&self, input: &Input, destination: &Destination, options: &Options) -> Result<Half, Failure> {
        let source = input.source.read().map_err(Failure::Read)?;
        let output = halver::halve(&source, options)?;
        let file = destination.file(input, output.format);
        match &file {
            None => std::io::stdout().lock().write_all(&output.bytes).map_err(Failure::Write)?,
            Some(file) => publish(file, &output.bytes, self.force)?,
        }
        Ok(Half { source_bytes: source.len() as u64, output, file, recipe: options.recipe() })
    }

    /// One line on what was done: on standard error where the half itself went to standard output.
    fn print(&self, input: &Input, half: &Half) {
        let line = if self.json { half.json(input).to_string() } else { half.line(input) };
        // A reader that has gone away wants no more lines.
        let _ = match half.file {
            Some(_) => writeln!(std::io::stdout(), "{line}"),
            None => writeln!(std::io::stderr(), "{line}"),
        };
    }
}

/// What became of one image.
struct Half {
    source_bytes: u64,
    output: Output,
    file: Option<PathBuf>,
    recipe: String,
}

impl Half {
    fn out(&self) -> String {
        self.file.as_ref().map_or_else(|| "-".to_owned(), |file| file.display().to_string())
    }

    fn line(&self, input: &Input) -> String {
        let Output { source, width, height, bytes, .. } = &self.output;
        format!(
            "{} → {}  {}×{} → {width}×{height}  {} → {}  {}",
            input.source,
            self.out(),
            source.width,
            source.height,
            human(self.source_bytes),
            human(bytes.len() as u64),
            saving(self.source_bytes, bytes.len() as u64),
        )
    }

    fn json(&self, input: &Input) -> serde_json::Value {
        let output = &self.output;
        json!({
            "in": input.source.to_string(),
            "out": self.out(),
            "format": output.format,
            "width": output.width,
            "height": output.height,
            "sourceBytes": self.source_bytes,
            "bytes": output.bytes.len(),
            "sha256": output.sha256(),
            "recipe": self.recipe,
            "decisions": output.decisions,
            "source": output.source,
        })
    }
}

/// A bar on standard error for several images on a terminal, else none.
fn progress_bar(inputs: usize) -> ProgressBar {
    if inputs < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} images, {eta} left");
    let bar = ProgressBar::new(inputs as u64);
    if let Ok(style) = style { bar.with_style(style) } else { bar }
}
