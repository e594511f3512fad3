//! Which files a command line names, and where the half of each goes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use halver::{Format, Target};

/// One image to be halved.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Input {
    /// Where it is read from.
    pub(crate) source: Source,
    /// Its path below the folder that was named; its file name where it was named itself.
    pub(crate) relative: PathBuf,
}

/// Where bytes come from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// `-`: standard input.
    Standard,
    File(PathBuf),
}

impl Source {
    /// The one true path of a file that is there.
    pub(crate) fn canonical(&self) -> Option<PathBuf> {
        match self {
            Self::Standard => None,
            Self::File(path) => path.canonicalize().ok(),
        }
    }

    /// All bytes.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::File(path) => fs::read(path),
            Self::Standard => {
                let mut bytes = Vec::new();
                io::Read::read_to_end(&mut io::stdin().lock(), &mut bytes)?;
                Ok(bytes)
            }
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Standard => f.write_str("-"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// What becomes of files in a folder that are named as halves beside their sources: `name.half.ext`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Halves {
    /// They are images like others.
    Taken,
    /// They are passed over, or halving a folder again would halve its halves.
    PassedOver,
}

/// The images that `names` mean, sorted within each folder: a file for itself, a folder for all
/// images at any depth below it, `-` for standard input.
///
/// In a folder, files that do not begin as an image are passed over, as are hidden entries, links to folders, and
/// `halves` where so told.
///
/// # Errors
/// The path that could not be read, and why.
pub(crate) fn collect(names: &[PathBuf], halves: Halves) -> Result<Vec<Input>, (PathBuf, io::Error)> {
    let mut inputs = Vec::new();
    for name in names {
        if name.as_os_str() == "-" {
            inputs.push(Input { source: Source::Standard, relative: PathBuf::from("stdin") });
        } else if name.is_dir() {
            let mut files = Vec::new();
            walk(name, &mut files)?;
            files.retain(|file| halves == Halves::Taken || !is_half(file));
            files.sort();
            inputs.extend(files.into_iter().map(|file| {
                let relative = file.strip_prefix(name).unwrap_or(&file).to_owned();
                Input { source: Source::File(file), relative }
            }));
        } else {
            let relative = name.file_name().map_or_else(|| name.clone(), PathBuf::from);
            inputs.push(Input { source: Source::File(name.clone()), relative });
        }
    }
    Ok(inputs)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    let failed = |error| (folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let kind = entry.file_type().map_err(failed)?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind.is_dir() {
            walk(&path, files)?;
        } else if kind.is_file() && sniff(&path).map_err(|error| (path.clone(), error))?.is_some() {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether `path` is named as [`Destination::Beside`] names halves.
fn is_half(path: &Path) -> bool {
    format_of_name(path).is_some() && path.with_extension("").extension().is_some_and(|extension| extension == "half")
}

/// The format that the extension of `path` names.
fn format_of_name(path: &Path) -> Option<Format> {
    path.extension()?.to_str()?.parse().ok()
}

/// Whether `path` is named as an image of another format than ours.
fn is_foreign(path: &Path) -> bool {
    const FOREIGN: [&str; 12] =
        ["bmp", "tif", "tiff", "avif", "heic", "heif", "jxl", "jp2", "ico", "svg", "pdf", "psd"];
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    FOREIGN.iter().any(|foreign| extension.eq_ignore_ascii_case(foreign))
}

/// The format that the file at `path` begins as, if it is one of ours.
///
/// # Errors
/// Of reading it.
pub(crate) fn sniff(path: &Path) -> io::Result<Option<Format>> {
    let mut head = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(fs::File::open(path)?, 16), &mut head)?;
    Ok(Format::sniff(&head).ok())
}

/// Where halves go.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Beside each source, as `name.half.ext`.
    Beside,
    /// One file.
    File(PathBuf),
    /// Below a folder, each under its path relative to what was named.
    Folder(PathBuf),
    /// `-`: standard output.
    Standard,
}

impl Destination {
    /// What `-o` means, given whether more than one image may be written.
    ///
    /// # Errors
    /// In words, where several images would go to one place.
    pub(crate) fn new(out: Option<PathBuf>, several: bool) -> Result<Self, &'static str> {
        let Some(out) = out else { return Ok(Self::Beside) };
        if out.as_os_str() == "-" {
            return if several { Err("several images cannot go to standard output") } else { Ok(Self::Standard) };
        }
        let named_as_folder = out.as_os_str().as_encoded_bytes().ends_with(b"/");
        if several || named_as_folder || out.is_dir() {
            if out.is_file() {
                return Err("several images cannot go to one file: name a folder");
            }
            return Ok(Self::Folder(out));
        }
        Ok(Self::File(out))
    }

    /// The format of all halves, given the one asked for; `None` where each has its source's. One file has the format
    /// that it is named as, if it is one of ours.
    ///
    /// # Errors
    /// In words, where the file is named as another format than is asked for, or as one that is only read.
    pub(crate) fn format(&self, asked: Option<Target>) -> Result<Option<Target>, String> {
        let named = match self {
            Self::File(file) if is_foreign(file) => {
                return Err(format!(
                    "{} is named as what is not written: .jpg, .png, .webp and .gif are",
                    file.display()
                ));
            }
            Self::File(file) => format_of_name(file).map(|named| (file, named)),
            _ => None,
        };
        match (named, asked) {
            (Some((file, named)), Some(asked)) if asked != named.into() => {
                let asked = asked.format().map_or("auto", Format::name);
                Err(format!("{} is named as {named}, but --format asks for {asked}", file.display()))
            }
            (Some((_, named)), _) => Ok(Some(named.into())),
            (None, asked) => Ok(asked),
        }
    }

    /// The file for the half of `input` in `format`; `None` for standard output.
    pub(crate) fn file(&self, input: &Input, format: Format) -> Option<PathBuf> {
        match (self, &input.source) {
            (Self::Standard, _) | (Self::Beside, Source::Standard) => None,
            (Self::File(file), _) => Some(file.clone()),
            (Self::Folder(folder), _) => Some(with_format(&folder.join(&input.relative), format)),
            (Self::Beside, Source::File(path)) => Some(path.with_extension(format!("half.{}", format.extension()))),
        }
    }
}

/// `path`, its extension replaced where it is not one of `format`'s.
fn with_format(path: &Path, format: Format) -> PathBuf {
    if format_of_name(path) == Some(format) { path.to_owned() } else { path.with_extension(format.extension()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(path: &str, relative: &str) -> Input {
        Input { source: Source::File(path.into()), relative: relative.into() }
    }

    #[test]
    fn halves_go_where_they_are_told() {
        let photo = input("in/a/photo.JPG", "a/photo.JPG");
        let file = |destination: &Destination, format| destination.file(&photo, format);
        assert_eq!(file(&Destination::Beside, Format::Jpeg), Some("in/a/photo.half.jpg".into()));
        assert_eq!(file(&Destination::Folder("out".into()), Format::Jpeg), Some("out/a/photo.JPG".into()));
        assert_eq!(file(&Destination::Folder("out".into()), Format::WebP), Some("out/a/photo.webp".into()));
        assert_eq!(file(&Destination::File("x.bin".into()), Format::Png), Some("x.bin".into()));
        assert_eq!(file(&Destination::Standard, Format::Jpeg), None);
    }

    #[test]
    fn one_file_has_the_format_it_is_named_as() {
        let (file, folder) = (Destination::File("o.PNG".into()), Destination::Folder("o.png".into()));
        assert_eq!(file.format(None), Ok(Some(Target::Png)));
        assert_eq!(file.format(Some(Target::Png)), Ok(Some(Target::Png)));
        assert!(file.format(Some(Target::Jpeg)).is_err());
        assert!(file.format(Some(Target::Auto)).is_err());
        assert_eq!(Destination::File("o.bin".into()).format(None), Ok(None));
        assert_eq!(Destination::File("o.bin".into()).format(Some(Target::Gif)), Ok(Some(Target::Gif)));
        assert_eq!(folder.format(None), Ok(None));
    }

    #[test]
    fn several_images_need_a_folder() {
        assert_eq!(Destination::new(Some("-".into()), false), Ok(Destination::Standard));
        assert!(Destination::new(Some("-".into()), true).is_err());
        assert_eq!(Destination::new(Some("out".into()), false), Ok(Destination::File("out".into())));
        assert_eq!(Destination::new(Some("out/".into()), false), Ok(Destination::Folder("out/".into())));
        assert_eq!(Destination::new(Some("out".into()), true), Ok(Destination::Folder("out".into())));
        let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        assert!(Destination::new(Some(there), true).is_err());
        assert_eq!(Destination::new(None, true), Ok(Destination::Beside));
    }

    #[test]
    fn a_folder_means_the_images_below_it() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests");
        let inputs = collect(&[corpus], Halves::Taken).unwrap();
        let relative: Vec<&str> = inputs.iter().filter_map(|input| input.relative.to_str()).collect();
        assert!(relative.contains(&"corpus/badge.png"));
        assert!(!relative.iter().any(|name| name.ends_with(".py") || name.ends_with("text.jpg")));
        assert!(relative.is_sorted());
    }
}
