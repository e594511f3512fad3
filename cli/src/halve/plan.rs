//! Which images are halved and which are refused, decided before anything is written.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use halver::{Format, Target};

use crate::failure::Failure;
use crate::inputs::{Destination, Input, Source, sniff};

/// Inputs sorted by whether the place of their half is free of other images of the same command.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// To be halved, in any order.
    pub(super) ready: Vec<&'a Input>,
    /// Refused: the half would replace a source, or the half of an earlier input.
    pub(super) refused: Vec<(&'a Input, Failure)>,
}

impl<'a> Plan<'a> {
    /// The plan for `inputs` in their order, so that every run ends alike. `format` is that of all halves, where known.
    pub(super) fn new(inputs: &'a [Input], destination: &Destination, format: Option<Target>) -> Self {
        let sources: HashSet<PathBuf> = inputs.iter().filter_map(|input| input.source.canonical()).collect();
        let mut taken: HashMap<PathBuf, &Source> = HashMap::new();
        let mut plan = Self { ready: Vec::new(), refused: Vec::new() };
        for input in inputs {
            let formats = formats(&input.source, format);
            let files: Vec<_> = formats.into_iter().filter_map(|format| destination.file(input, format)).collect();
            let is_source = |file: &&PathBuf| file.canonicalize().is_ok_and(|file| sources.contains(&file));
            if let Some(file) = files.iter().find(is_source) {
                plan.refused.push((input, Failure::Source(file.clone())));
                continue;
            }
            let places: Vec<_> = files.iter().map(|file| place(file)).collect();
            if let Some(earlier) = places.iter().find_map(|place| taken.get(place)) {
                plan.refused.push((input, Failure::Collision(earlier.to_string())));
                continue;
            }
            taken.extend(places.into_iter().map(|place| (place, &input.source)));
            plan.ready.push(input);
        }
        plan
    }
}

/// The formats that the half of `source` may have: none where there will be no half, all where only reading all of it
/// would tell, as of a pipe, whose bytes come but once.
fn formats(source: &Source, format: Option<Target>) -> Vec<Format> {
    let possible = match source {
        Source::File(file) if !file.exists() => Vec::new(),
        Source::File(file) if file.is_file() => sniff(file).ok().flatten().into_iter().collect(),
        Source::File(_) | Source::Standard => Format::ALL.to_vec(),
    };
    match format {
        _ if possible.is_empty() => possible,
        None => possible,
        Some(target) => target.format().map_or(Format::ALL.to_vec(), |format| vec![format]),
    }
}

/// `file` with its folder's one true path, where the folder is there already.
fn place(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), file.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => file.to_owned(),
    }
}
