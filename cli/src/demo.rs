//! `halver demo`: one image through the whole machine, and a table of what came of it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::primitives::ByteStream;
use clap::Args;
use halver_lambda::marker::META_SHA256;
use tokio::sync::broadcast;

use crate::bytes::saving;
use crate::interrupt::Interrupt;
use crate::place::Place;
use crate::serve::{complain, runtime, until_asked};
use crate::stack::{Line, Notice, Stack};
use crate::verb_error::VerbError;

/// How long the half may take: three attempts of the function, and some.
const PATIENCE: Duration = Duration::from_secs(240);

/// Halve one image through S3, an event and the function on this computer, and print what came of it
#[derive(Args)]
pub struct Arguments {
    /// The image
    #[arg(long, value_name = "FILE", default_value = "samples/mountain.jpg")]
    image: PathBuf,
    /// End after the table
    #[arg(long)]
    exit: bool,
    /// An empty or new folder for objects and logs [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// Runs the verb.
///
/// # Errors
/// [`VerbError`], whose text is one line.
pub fn run(arguments: Arguments) -> Result<(), VerbError> {
    let Arguments { image, exit, data, place } = arguments;
    let source = Source::read(&image)?;
    let data = Data::new(data)?;
    let settings = place.settings(data.folder().to_owned(), "sample".to_owned());
    runtime()?.block_on(async {
        let mut interrupt = Interrupt::listen()?;
        let stack = Stack::start(settings).await?;
        let mut notices = stack.notices();
        let shown = tokio::select! {
            shown = show(&stack, &source, &mut notices) => shown,
            () = interrupt.asked() => Err(VerbError::Demo("interrupted".to_owned())),
        };
        if shown.is_ok() && !exit {
            writeln!(io::stdout(), "\nThe page is at {}. Ctrl-C ends it.", stack.page_url())?;
            until_asked(&mut interrupt, notices).await?;
        }
        stack.stop().await;
        shown
    })
}

/// The image that is shown.
struct Source {
    bytes: Vec<u8>,
    /// Its file name, which becomes its key.
    name: String,
    info: halver::Info,
}

impl Source {
    fn read(file: &Path) -> Result<Self, VerbError> {
        let failed = |reason: String| VerbError::Demo(format!("{}: {reason}", file.display()));
        let bytes = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
        let info = halver::probe(&bytes).map_err(|error| failed(format!("{error} ({})", error.code())))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { bytes, name, info })
    }
}

/// The folder that the demonstration keeps its data in.
enum Data {
    Given(PathBuf),
    /// Removed at the end.
    Temporary(PathBuf),
}

impl Data {
    fn new(given: Option<PathBuf>) -> Result<Self, VerbError> {
        let Some(folder) = given else {
            let id = uuid::Uuid::new_v4().simple();
            return Ok(Self::Temporary(std::env::temp_dir().join(format!("halver-demo-{id}"))));
        };
        match std::fs::read_dir(&folder).map(|mut entries| entries.next().is_none()) {
            Ok(false) => {
                Err(VerbError::Demo(format!("{} is not empty: a demonstration starts on fresh data", folder.display())))
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(VerbError::Demo(format!("{}: {error}", folder.display())))
            }
            _ => Ok(Self::Given(folder)),
        }
    }

    fn folder(&self) -> &Path {
        match self {
            Self::Given(folder) | Self::Temporary(folder) => folder,
        }
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if let Self::Temporary(folder) = self {
            // Left behind, it is in the system's temporary folder, which others sweep.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Sends the image through the machine, checks the half and prints the table.
async fn show(stack: &Stack, source: &Source, notices: &mut broadcast::Receiver<Notice>) -> Result<(), VerbError> {
    let (client, key) = (stack.client(), &source.name);
    put(&client, stack.bucket(), source).await?;
    let line = tokio::time::timeout(PATIENCE, outcome(notices, stack.bucket(), key)).await;
    let line = line.map_err(|_| VerbError::Demo(format!("no half of {key} came within {PATIENCE:?}")))??;
    let half = Half::get(&client, &stack.result_bucket(), key).await?;
    half.check(source, stack.options())?;
    writeln!(io::stdout(), "{}", table(stack, source, &half, &line))?;
    Ok(())
}

async fn put(client: &Client, bucket: &str, source: &Source) -> Result<(), VerbError> {
    let put = client.put_object().bucket(bucket).key(&source.name).content_type(source.info.format.media_type());
    let sent = put.body(ByteStream::from(source.bytes.clone())).send().await;
    sent.map(|_| ()).map_err(|error| VerbError::Demo(format!("upload failed: {}", DisplayErrorContext(error))))
}

/// The function's line about `key`, once it is halved.
async fn outcome(notices: &mut broadcast::Receiver<Notice>, bucket: &str, key: &str) -> Result<Line, VerbError> {
    loop {
        match notices.recv().await {
            Ok(Notice::Line(line)) if line.is_of(bucket, key) => match line.event.as_str() {
                "halved" => return Ok(*line),
                "refused" | "skipped" => return Err(VerbError::Demo(line.to_string())),
                _ => complain(&line),
            },
            // The notices' own texts tell where events are kept, but a demonstration's data may be temporary.
            Ok(Notice::GivenUp) => {
                return Err(VerbError::Demo(format!("the function fails to start: no half of {key}")));
            }
            Ok(Notice::DeadLetter { error, .. }) => {
                return Err(VerbError::Demo(format!("{key} failed for the last time: {error}")));
            }
            Ok(notice) => complain(&notice),
            Err(error) => return Err(VerbError::Demo(format!("the stack's notices ended: {error}"))),
        }
    }
}

/// The half as S3 holds it.
struct Half {
    bytes: Vec<u8>,
    sha256: Option<String>,
    info: halver::Info,
}

impl Half {
    async fn get(client: &Client, bucket: &str, key: &str) -> Result<Self, VerbError> {
        let failed = |reason: String| VerbError::Demo(format!("{bucket}/{key}: {reason}"));
        let got = client.get_object().bucket(bucket).key(key).send().await;
        let got = got.map_err(|error| failed(DisplayErrorContext(error).to_string()))?;
        let sha256 = got.metadata().and_then(|metadata| metadata.get(META_SHA256)).cloned();
        let bytes = got.body.collect().await.map_err(|error| failed(error.to_string()))?.to_vec();
        let info = halver::probe(&bytes).map_err(|error| failed(error.to_string()))?;
        Ok(Self { bytes, sha256, info })
    }

    /// Compares the half with its own metadata, and with what the core makes of `source` in this process.
    fn check(&self, source: &Source, options: &halver::Options) -> Result<(), VerbError> {
        let stored = halver::sha256(&self.bytes);
        if self.sha256.as_ref() != Some(&stored) {
            return Err(VerbError::Demo(format!(
                "the half's SHA-256 is {stored}, its metadata says {:?}",
                self.sha256
            )));
        }
        let here = halver::halve(&source.bytes, options).map_err(|error| VerbError::Demo(error.to_string()))?;
        if here.sha256() != stored {
            return Err(VerbError::Demo(format!("S3 holds {stored}, this process makes {}", here.sha256())));
        }
        Ok(())
    }
}

/// The table: one row for the source, one for the half with how long each step took.
fn table(stack: &Stack, source: &Source, half: &Half, line: &Line) -> String {
    let (before, after) = (source.bytes.len() as u64, half.bytes.len() as u64);
    let size = |info: &halver::Info| format!("{}x{}", info.width, info.height);
    let none = || "-".to_owned();
    let ms = line.ms.map(|ms| [ms.get, ms.halve, ms.put].map(|ms| ms.to_string()));
    let [get, halve, put] = ms.unwrap_or_else(|| [none(), none(), none()]);
    let (from, to) =
        (format!("{}/{}", stack.bucket(), source.name), format!("{}/{}", stack.result_bucket(), source.name));
    let rows = [
        ["object", "dimensions", "bytes", "saving", "get ms", "halve ms", "put ms"].map(str::to_owned),
        [from, size(&source.info), before.to_string(), none(), none(), none(), none()],
        [to, size(&half.info), after.to_string(), saving(before, after), get, halve, put],
    ];
    let width = rows.iter().map(|[name, ..]| name.chars().count()).max().unwrap_or_default();
    let rows = rows.map(|[name, size, bytes, saving, get, halve, put]| {
        format!("{name:width$}  {size:>11}  {bytes:>10}  {saving:>6}  {get:>8}  {halve:>8}  {put:>8}\n")
    });
    format!("{}\nSHA-256 {}, equal in S3 and in this process", rows.concat(), halver::sha256(&half.bytes))
}
