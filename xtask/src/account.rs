//! What an AWS account says before anything is built or made in it, by the AWS CLI.

use std::io::ErrorKind;
use std::process::Command;

const NO_CLI: &str = "the AWS CLI, `aws`, is not here: install it first, e.g. by `pipx install awscli`";

/// A bucket of the stack.
#[derive(Debug, PartialEq)]
pub(crate) struct Bucket {
    /// The template's parameter that names it.
    pub(crate) parameter: &'static str,
    pub(crate) name: String,
    /// Whether it has to be there before the stack is.
    pub(crate) exists: bool,
    /// Whether its events have to come by EventBridge where it is there.
    pub(crate) tells: bool,
}

/// Whether a bucket is there.
#[derive(Debug, PartialEq)]
enum Place {
    Taken,
    Free,
    Forbidden,
}

/// Asks whether `stack` can be made, or changed, with its program in the bucket `programs`.
///
/// # Errors
/// What is in the way, and what to do about it.
pub(crate) fn check(stack: &str, programs: &str, buckets: &[Bucket]) -> Result<(), String> {
    let account = ask(&["sts", "get-caller-identity", "--query", "Account", "--output", "text"]).map_err(|reason| {
        if reason == NO_CLI {
            return reason;
        }
        format!("AWS does not take these credentials, or there are none: {reason}\n`aws configure` asks for them")
    })?;
    match place(programs)? {
        Place::Taken => {}
        Place::Free => {
            return Err(format!("--programs: there is no bucket {programs}; `aws s3 mb s3://{programs}` makes it"));
        }
        Place::Forbidden => return Err(format!("--programs: the bucket {programs} is not for this account's use")),
    }
    let status = status(stack)?;
    println!("account {account}, stack {stack}: {}", status.as_deref().unwrap_or("new"));
    match status {
        None => buckets.iter().try_for_each(Bucket::check),
        Some(status) => can_change(stack, &status),
    }
}

impl Bucket {
    /// Whether a stack that is new can have it.
    fn check(&self) -> Result<(), String> {
        let Self { parameter, name, exists, tells } = self;
        match (place(name)?, exists) {
            (Place::Free, false) => Ok(()),
            (Place::Free, true) => Err(format!("{parameter}Mode=existing: there is no bucket {name}")),
            (Place::Forbidden, _) => Err(format!("{parameter}={name}: the bucket is somebody else's, or out of reach")),
            (Place::Taken, false) => Err(format!(
                "{parameter}={name}: the bucket is there already; {parameter}Mode=existing has the stack use it"
            )),
            (Place::Taken, true) if *tells => self.check_events(),
            (Place::Taken, true) => Ok(()),
        }
    }

    /// Without EventBridge the stack would be made, and never hear of an image.
    fn check_events(&self) -> Result<(), String> {
        let asked = ["s3api", "get-bucket-notification-configuration", "--bucket", &self.name, "--output", "json"];
        let events = ask(&[&asked[..], &["--query", "EventBridgeConfiguration"]].concat())?;
        if events.is_empty() || events == "null" {
            let (parameter, name) = (self.parameter, &self.name);
            return Err(format!(
                "{parameter}={name}: the bucket sends no events to EventBridge; deploy/README.md, \"A bucket that is there \
                 already\", says how to switch that on"
            ));
        }
        Ok(())
    }
}

/// Whether a stack of this status can be changed.
fn can_change(stack: &str, status: &str) -> Result<(), String> {
    if matches!(status, "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED") {
        return Err(format!(
            "the stack {stack} is {status}, so it was never whole: `aws cloudformation delete-stack --stack-name {stack}`, \
             then again"
        ));
    }
    if status.ends_with("IN_PROGRESS") && status != "REVIEW_IN_PROGRESS" {
        return Err(format!("the stack {stack} is {status}: wait for the end of that"));
    }
    Ok(())
}

/// The status of `stack`; nothing where there is none.
fn status(stack: &str) -> Result<Option<String>, String> {
    let query = ["--query", "Stacks[0].StackStatus", "--output", "text"];
    match ask(&[&["cloudformation", "describe-stacks", "--stack-name", stack][..], &query].concat()) {
        Ok(status) => Ok(Some(status)),
        Err(reason) if reason.contains("does not exist") => Ok(None),
        Err(reason) => Err(reason),
    }
}

fn place(bucket: &str) -> Result<Place, String> {
    match ask(&["s3api", "head-bucket", "--bucket", bucket]) {
        Ok(_) => Ok(Place::Taken),
        Err(reason) if reason.contains("404") => Ok(Place::Free),
        Err(reason) if reason.contains("403") => Ok(Place::Forbidden),
        Err(reason) => Err(reason),
    }
}

/// Why resources of `stack` could not be made or changed, one on each line.
pub(crate) fn failures(stack: &str) -> Result<String, String> {
    let query = "StackEvents[?ends_with(ResourceStatus, '_FAILED')].[LogicalResourceId, ResourceStatusReason]";
    ask(&["cloudformation", "describe-stack-events", "--stack-name", stack, "--output", "text", "--query", query])
}

/// What `aws` answers.
///
/// # Errors
/// What it says instead, in one line.
pub(crate) fn ask(arguments: &[&str]) -> Result<String, String> {
    let answer = Command::new("aws").args(arguments).output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => NO_CLI.to_owned(),
        _ => format!("cannot run aws: {error}"),
    })?;
    if answer.status.success() {
        return Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&answer.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    Err(said.trim_start_matches("aws: [ERROR]: ").to_owned())
}

/// Whether S3 takes `name` for a bucket, and the template as well.
pub(crate) fn is_bucket_name(name: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|&byte| is_end(Some(&byte)) || byte == b'-' || byte == b'.')
        && is_end(bytes.first())
        && is_end(bytes.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_buckets() {
        for name in ["abc", "my.photos-2026", &"a".repeat(63)] {
            assert!(is_bucket_name(name), "{name}");
        }
        for name in ["", "ab", "Photos", "my_photos", "-photos", "photos-", "s3://photos", "photos/in", &"a".repeat(64)]
        {
            assert!(!is_bucket_name(name), "{name}");
        }
    }

    #[test]
    fn stacks_that_were_never_whole_are_not_changed() {
        for (status, possible) in [
            ("CREATE_COMPLETE", true),
            ("UPDATE_ROLLBACK_COMPLETE", true),
            ("REVIEW_IN_PROGRESS", true),
            ("UPDATE_IN_PROGRESS", false),
            ("ROLLBACK_COMPLETE", false),
        ] {
            assert_eq!(can_change("halver", status).is_ok(), possible, "{status}");
        }
    }
}
