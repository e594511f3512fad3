//! `cargo xtask deploy`: the package into an AWS account, by the AWS CLI; or what that would do and cost.

use std::path::Path;
use std::process::Command;

use crate::package;
use crate::run::{run, target_folder};
use crate::ship::{ARM64, X86_64};

pub(crate) const USAGE: &str = "\
usage: cargo xtask deploy [--plan] --programs BUCKET [--stack NAME] [--images N] [--seconds T] SourceBucket=NAME [PARAMETER=VALUE…]";

/// What is asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Request {
    /// Only say what would be done.
    plan: bool,
    /// The bucket that programs are copied to.
    programs: String,
    stack: String,
    /// Images a month.
    images: f64,
    /// What an image takes.
    seconds: f64,
    /// Parameters of the template, by name.
    parameters: Vec<(String, String)>,
}

impl Request {
    /// Reads the arguments behind `deploy`.
    ///
    /// # Errors
    /// Which of them is wrong or missing.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut request = Self {
            plan: false,
            programs: String::new(),
            stack: "halver".to_owned(),
            images: 1_000_000.0,
            seconds: 0.5,
            parameters: Vec::new(),
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().cloned().ok_or_else(|| format!("{argument} needs a value"));
            let number = |text: String| {
                let read = text.parse().ok().filter(|number: &f64| *number >= 0.0 && number.is_finite());
                read.ok_or_else(|| format!("{argument}: {text} is no number"))
            };
            match argument.as_str() {
                "--plan" => request.plan = true,
                "--programs" => request.programs = value()?,
                "--stack" => request.stack = value()?,
                "--images" => request.images = number(value()?)?,
                "--seconds" => request.seconds = number(value()?)?,
                _ => match argument.split_once('=') {
                    Some((name, value)) if !name.starts_with('-') => {
                        request.parameters.push((name.to_owned(), value.to_owned()));
                    }
                    _ => return Err(format!("{argument} is unknown\n{USAGE}")),
                },
            }
        }
        match (request.programs.is_empty(), request.parameter("SourceBucket")) {
            (true, _) => Err(format!("--programs is missing: the bucket for the function's zip\n{USAGE}")),
            (_, None) => Err(format!("SourceBucket=… is missing: the bucket whose new images are halved\n{USAGE}")),
            _ => Ok(request),
        }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Of the function's zip: what is not said stays as it was in a stack, so this is always said.
    fn architecture(&self) -> &str {
        self.parameter("Architecture").unwrap_or(ARM64.name)
    }

    fn number(&self, name: &str, default: f64) -> f64 {
        self.parameter(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }

    /// Copies the function's `zip` to where the stack finds it, under `key`.
    fn copy(&self, zip: &Path, key: &str) -> Vec<String> {
        command(&["aws", "s3", "cp", &zip.display().to_string(), &format!("s3://{}/{key}", self.programs)])
    }

    /// Makes the stack, or changes it to what is asked for.
    fn make(&self, key: &str) -> Vec<String> {
        let mut make = command(&["aws", "cloudformation", "deploy", "--stack-name", &self.stack, "--template-file"]);
        make.extend(command(&[
            "deploy/cloudformation.json",
            "--capabilities",
            "CAPABILITY_IAM",
            "--parameter-overrides",
        ]));
        make.extend([format!("CodeBucket={}", self.programs), format!("CodeKey={key}")]);
        make.push(format!("Architecture={}", self.architecture()));
        let others = self.parameters.iter().filter(|(name, _)| name != "Architecture");
        make.extend(others.map(|(name, value)| format!("{name}={value}")));
        // Where nothing changed but the page.
        make.push("--no-fail-on-empty-changeset".to_owned());
        make
    }

    /// Puts the `page` into its `bucket`.
    fn publish(page: &Path, bucket: &str) -> Vec<String> {
        let (page, bucket) = (page.display().to_string(), format!("s3://{bucket}"));
        command(&["aws", "s3", "sync", &page, &bucket, "--delete", "--cache-control", "no-cache"])
    }

    /// Tells the outputs of the stack that `query` asks for.
    fn outputs(&self, query: &str, form: &str) -> Vec<String> {
        let query = format!("Stacks[0].Outputs[{query}");
        let describe = ["aws", "cloudformation", "describe-stacks", "--stack-name", &self.stack];
        command(&[&describe[..], &["--output", form, "--query", &query]].concat())
    }
}

fn command(parts: &[&str]) -> Vec<String> {
    parts.iter().map(|part| (*part).to_owned()).collect()
}

/// List prices of us-east-1 in dollars; where they are from is told in deploy/README.md, which has the same formula.
mod price {
    /// Lambda on arm64 and on x86-64, for a GB and second.
    pub(super) const ARM64: f64 = 0.000_013_333_4;
    pub(super) const X86_64: f64 = 0.000_016_666_7;
    pub(super) const INVOCATION: f64 = 0.000_000_2;
    /// Of S3.
    pub(super) const PUT: f64 = 0.000_005;
    pub(super) const GET: f64 = 0.000_000_4;
    /// Of SQS.
    pub(super) const REQUEST: f64 = 0.000_000_4;
    /// Of a log.
    pub(super) const BYTE: f64 = 0.000_000_000_5;
    /// A month.
    pub(super) const POLLING: f64 = 0.26;
    pub(super) const ALARMS: f64 = 0.40;
    pub(super) const METRIC: f64 = 0.30;
}

/// Dollars a month, by what they are for.
fn costs(request: &Request) -> [(&'static str, f64); 6] {
    /// GETs and HEADs for an image, bytes of its log, metrics that are written.
    const LOOKS: f64 = 5.0;
    const LOG: f64 = 700.0;
    const METRICS: f64 = 10.0;
    let Request { images, seconds, .. } = *request;
    let gigabytes = request.number("Memory", 256.0) / 1024.0;
    let second = if request.architecture() == X86_64.name { price::X86_64 } else { price::ARM64 };
    let metrics = if request.parameter("Metrics") == Some("off") { 0.0 } else { METRICS };
    [
        ("Lambda", images * (gigabytes * seconds * second + price::INVOCATION)),
        ("S3's requests", images * (price::PUT + LOOKS * price::GET)),
        ("SQS", images * 3.0 * price::REQUEST + price::POLLING),
        ("logs", images * LOG * price::BYTE),
        ("metrics", metrics * price::METRIC),
        ("alarms", price::ALARMS),
    ]
}

/// Deploys, or tells what that would be.
///
/// # Errors
/// Of the step that failed.
pub(crate) fn deploy(root: &Path, request: &Request) -> Result<(), String> {
    let folder = target_folder(root)?.join("package");
    let zip = folder.join(format!("halver-{}.zip", request.architecture()));
    let page = folder.join("page");
    if request.plan {
        print!("{}", plan(request, &zip, &page));
        return Ok(());
    }
    package::package(root)?;
    // By what is in it: AWS looks at the key alone.
    let key = format!("halver-{}.zip", &package::sum(&zip)?[..16]);
    run_in(root, &request.copy(&zip, &key))?;
    run_in(root, &request.make(&key))?;
    // Whether there is a page is the stack's to say: one that was there before has to be of the same version.
    let bucket = answer(&request.outputs("?OutputKey=='PageFiles'].OutputValue", "text"))?;
    if !bucket.is_empty() {
        run_in(root, &Request::publish(&page, &bucket))?;
    }
    run_in(root, &request.outputs("].[OutputKey,OutputValue]", "table"))
}

/// What `command` prints.
fn answer(command: &[String]) -> Result<String, String> {
    let answer = Command::new(&command[0]).args(&command[1..]).output();
    let answer = answer.map_err(|error| format!("cannot run {}: {error}", command[0]))?;
    if !answer.status.success() {
        return Err(format!("{}: {}", shown(command), String::from_utf8_lossy(&answer.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

/// `command` as a shell reads it.
fn shown(command: &[String]) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    let quoted = |word: &String| if word.bytes().all(is_plain) { word.clone() } else { format!("'{word}'") };
    command.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

fn run_in(root: &Path, command: &[String]) -> Result<(), String> {
    println!("{}", shown(command));
    run(Command::new(&command[0]).args(&command[1..]).current_dir(root))
}

/// What would be done, and what it costs.
fn plan(request: &Request, zip: &Path, page: &Path) -> String {
    let key = "halver-SHA256.zip";
    let package = command(&["cargo", "xtask", "package"]);
    let publish = (request.parameter("Page") == Some("on")).then(|| Request::publish(page, "PAGE_FILES"));
    let commands = [package, request.copy(zip, key), request.make(key)].into_iter().chain(publish);
    let mut text: String = commands.map(|command| format!("would run  {}\n", shown(&command))).collect();
    let costs = costs(request);
    text += &format!("\n{:.0} images a month, {} s each, cost\n", request.images, request.seconds);
    for (what, dollars) in costs {
        text += &format!("{dollars:12.2}  {what}\n");
    }
    let total: f64 = costs.iter().map(|(_, dollars)| dollars).sum();
    text + &format!("{total:12.2}  dollars; list prices of us-east-1, see deploy/README.md for what is not counted\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = include_str!("../../deploy/README.md");

    fn parse(arguments: &[&str]) -> Result<Request, String> {
        Request::parse(&command(arguments))
    }

    #[test]
    fn costs_are_those_of_the_readme() {
        for (images, row) in [("10000", "| 10,000 |"), ("1000000", "| 1,000,000 |"), ("100000000", "| 100,000,000 |")] {
            let request = parse(&["--programs", "p", "--images", images, "SourceBucket=s"]).unwrap();
            let costs = costs(&request);
            let line = README.lines().find(|line| line.starts_with(row)).unwrap();
            let cells: Vec<&str> = line.split('|').skip(2).map(str::trim).filter(|cell| !cell.is_empty()).collect();
            let total: f64 = costs.iter().map(|(_, dollars)| dollars).sum();
            for (told, computed) in cells.iter().zip([total, costs[1].1, costs[0].1]) {
                let computed = if told.contains('.') { format!("{computed:.2}") } else { format!("{computed:.0}") };
                assert_eq!(told.trim_end_matches(" dollars").replace(',', ""), computed, "{line}");
            }
            assert_eq!(cells.len(), 3, "{line}");
        }
    }

    #[test]
    fn a_plan_names_each_command() {
        let request = parse(&[
            "--plan",
            "--programs",
            "p",
            "--stack",
            "small",
            "SourceBucket=photos",
            r#"Options={"quality":70}"#,
            "Page=on",
        ])
        .unwrap();
        let plan = plan(&request, Path::new("a.zip"), Path::new("page"));
        for part in [
            "would run  aws s3 cp a.zip s3://p/halver-SHA256.zip\n",
            "--stack-name small",
            "CodeBucket=p CodeKey=halver-SHA256.zip Architecture=arm64 SourceBucket=photos 'Options={\"quality\":70}' Page=on --no",
            "would run  aws s3 sync page s3://PAGE_FILES",
            "1000000 images a month",
        ] {
            assert!(plan.contains(part), "{part}: {plan}");
        }
    }

    #[test]
    fn what_is_missing_or_unknown_is_said() {
        for (arguments, reason) in [
            (&["SourceBucket=s"][..], "--programs is missing"),
            (&["--programs", "p"], "SourceBucket=… is missing"),
            (&["--programs"], "--programs needs a value"),
            (&["--images", "many"], "many is no number"),
            (&["--frobnicate"], "--frobnicate is unknown"),
        ] {
            let said = parse(arguments).unwrap_err();
            assert!(said.starts_with(reason) || said.contains(reason), "{arguments:?}: {said}");
        }
    }
}
