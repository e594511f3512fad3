//! `halver serve`: the stack, until Ctrl-C.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::interrupt::Interrupt;
use crate::place::Place;
use crate::stack::{ACCESS_KEY, Notice, REGION, SECRET_KEY, Stack};
use crate::verb_error::VerbError;

/// Run S3, the function and the page on this computer until Ctrl-C; images put into the bucket are halved
#[derive(Args)]
pub struct Arguments {
    /// Where objects, events that are not done and logs are kept
    #[arg(long, value_name = "DIR", default_value = "halver-data")]
    data: PathBuf,
    /// The bucket whose new objects are halved
    #[arg(long, default_value = "sample")]
    bucket: String,
    #[command(flatten)]
    place: Place,
}

/// Runs the verb.
///
/// # Errors
/// [`VerbError`], whose text is one line.
pub fn run(arguments: Arguments) -> Result<(), VerbError> {
    let settings = arguments.place.settings(arguments.data, arguments.bucket);
    runtime()?.block_on(async {
        let mut interrupt = Interrupt::listen()?;
        let stack = Stack::start(settings).await?;
        let notices = stack.notices();
        introduce(&stack)?;
        until_asked(&mut interrupt, notices).await?;
        stack.stop().await;
        Ok(())
    })
}

/// The runtime for the stack.
///
/// # Errors
/// Of the system.
pub(crate) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Says where everything is and what to try.
fn introduce(stack: &Stack) -> io::Result<()> {
    let (bucket, result_bucket, s3) = (stack.bucket(), stack.result_bucket(), stack.s3_url());
    writeln!(
        io::stdout(),
        "page  {page}\n\
         S3    {s3}  access key {ACCESS_KEY}, secret {SECRET_KEY}, region {REGION}\n\
         \n\
         Images put into `{bucket}` appear at half size in `{result_bucket}`, for example:\n\
         \n  \
           export AWS_ACCESS_KEY_ID={ACCESS_KEY} AWS_SECRET_ACCESS_KEY={SECRET_KEY} AWS_REGION={REGION}\n  \
           export AWS_ENDPOINT_URL={s3}\n  \
           aws s3 cp photo.jpg s3://{bucket}/ && sleep 1 && aws s3 cp s3://{result_bucket}/photo.jpg half.jpg\n\
         \n\
         Ctrl-C ends it.",
        page = stack.page_url(),
    )
}

/// Prints what happens, until somebody asks this program to end.
///
/// # Errors
/// Where the terminal is gone.
pub(crate) async fn until_asked(interrupt: &mut Interrupt, mut notices: broadcast::Receiver<Notice>) -> io::Result<()> {
    loop {
        tokio::select! {
            () = interrupt.asked() => return Ok(()),
            notice = notices.recv() => match notice {
                Ok(Notice::Line(line)) => writeln!(io::stdout(), "{line}")?,
                Ok(notice) => complain(&notice),
                Err(RecvError::Lagged(missed)) => complain(&format_args!("{missed} lines were left out")),
                Err(RecvError::Closed) => return Ok(()),
            },
        }
    }
}

/// Says `what` on standard error; where that is closed, nobody listens any more, and the stack goes on.
pub(crate) fn complain(what: &dyn Display) {
    let _ = writeln!(io::stderr(), "halver: {what}");
}
