//! `cargo xtask deploy`: the package into an AWS account, by the AWS CLI; or what that would do and cost.

use std::path::Path;
use std::process::Command;

use crate::account::{self, Bucket, ask, is_bucket_name};
use crate::package;
use crate::run::{run, target_folder};
use crate::ship::{ARM64, X86_64};

pub(crate) const USAGE: &str = "\
usage: cargo xtask deploy [--plan] [--packaged] --programs BUCKET [--stack NAME] [--images N] [--seconds T] SourceBucket=NAME [PARAMETER=VALUE…]
--packaged takes what cargo xtask package made before; parameters are told of in deploy/README.md";

/// Whose parameters can be given.
const TEMPLATE: &str = include_str!("../../deploy/template.yaml");

/// What is asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Request {
    /// Only say what would be done.
    plan: bool,
    /// Deploy what was packaged before.
    packaged: bool,
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
            packaged: false,
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
                "--packaged" => request.packaged = true,
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
            _ => request.checked(),
        }
    }

    /// `self`, if CloudFormation has a use for it. The AWS CLI passes over parameters that it does not know.
    fn checked(self) -> Result<Self, String> {
        for (name, value) in &self.parameters {
            if SET.contains(&name.as_str()) || !parameters().any(|known| known == name) {
                return Err(format!("{name} is no parameter that can be chosen; deploy/README.md tells of all"));
            }
            match allowed(name) {
                Some(allowed) if !allowed.contains(&value.as_str()) => {
                    return Err(format!("{name}={value}: it is one of {}", allowed.join(", ")));
                }
                _ => {}
            }
        }
        // The function and its queues are called after it.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let stack = self.stack.as_str();
        if !(1..=64).contains(&stack.len())
            || !stack.bytes().all(is_plain)
            || !stack.as_bytes()[0].is_ascii_alphabetic()
        {
            return Err(format!(
                "--stack: {stack} is no name of a stack: a letter, then up to 63 letters, digits and -"
            ));
        }
        let buckets = self.buckets();
        let given = buckets.iter().map(|bucket| (bucket.parameter, bucket.name.as_str()));
        for (what, name) in given.chain([("--programs", self.programs.as_str())]) {
            if !is_bucket_name(name) {
                return Err(format!("{what}: {name} is no name of a bucket: 3 to 63 of a-z, 0-9, - and ."));
            }
        }
        Ok(self)
    }

    /// Where images come, and where halves go if not there too.
    fn buckets(&self) -> Vec<Bucket> {
        let exists = |mode| self.parameter(mode) == Some("existing");
        let source = self.parameter("SourceBucket").unwrap_or_default();
        let result = self.parameter("ResultBucket").filter(|name| !name.is_empty()).map(str::to_owned);
        let result = result.unwrap_or_else(|| format!("{source}-resized"));
        let mut buckets = vec![Bucket {
            parameter: "SourceBucket",
            name: source.to_owned(),
            exists: exists("SourceBucketMode"),
            tells: true,
        }];
        if result != source {
            buckets.push(Bucket {
                parameter: "ResultBucket",
                name: result,
                exists: exists("ResultBucketMode"),
                tells: false,
            });
        }
        buckets
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
        let (zip, program) = (zip.display().to_string(), format!("s3://{}/{key}", self.programs));
        command(&["aws", "s3", "cp", &zip, &program, "--only-show-errors"])
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
        command(&["aws", "s3", "sync", &page, &bucket, "--delete", "--cache-control", "no-cache", "--only-show-errors"])
    }

    /// Why the stack could not be made; `reason` is what is known without asking.
    fn why_not(&self, reason: &str) -> String {
        let stack = &self.stack;
        println!("(--packaged spares the next attempt the building)");
        match account::failures(stack) {
            Ok(failures) if !failures.is_empty() => {
                format!(
                    "{reason}; the stack {stack}, latest first:\n{failures}\ndeploy/README.md, \"Where it fails\", says what to do"
                )
            }
            _ => format!("{reason}; what was wrong is said above"),
        }
    }

    /// What to try when all is there.
    fn first_half(&self) -> String {
        let buckets = self.buckets();
        let result = buckets.last().map_or("", |bucket| &bucket.name);
        let [source, prefix, result_prefix] =
            ["SourceBucket", "SourcePrefix", "ResultPrefix"].map(|name| self.parameter(name).unwrap_or_default());
        let half = format!("{result_prefix}{prefix}photo.jpg");
        format!(
            "try it:\naws s3 cp photo.jpg s3://{source}/{prefix}photo.jpg\naws s3api wait object-exists --bucket {result} --key {half}\n\
             aws s3 cp s3://{result}/{half} half.jpg"
        )
    }
}

/// Parameters of the template that are not the user's to choose.
const SET: [&str; 2] = ["CodeBucket", "CodeKey"];

/// What the template says of its parameters.
fn section() -> impl Iterator<Item = &'static str> {
    let section = TEMPLATE.lines().skip_while(|line| *line != "Parameters:").skip(1);
    section.take_while(|line| line.is_empty() || line.starts_with(' '))
}

/// Names of all parameters of the template.
fn parameters() -> impl Iterator<Item = &'static str> {
    section().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':')).filter(|name| !name.starts_with(' '))
}

/// The values that the template has for a parameter, where it tells all of them.
fn allowed(parameter: &str) -> Option<Vec<&'static str>> {
    let own = section().skip_while(|line| line.trim_end_matches(':') != format!("  {parameter}")).skip(1);
    let mut own = own.take_while(|line| line.starts_with("    "));
    let values = own.find_map(|line| line.trim().strip_prefix("AllowedValues: [")?.strip_suffix(']'))?;
    Some(values.split(", ").map(|value| value.trim_matches('\'')).collect())
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
/// What is in the way; of the step that failed.
pub(crate) fn deploy(root: &Path, request: &Request) -> Result<(), String> {
    let folder = target_folder(root)?.join("package");
    let zip = folder.join(format!("halver-{}.zip", request.architecture()));
    let page = folder.join("page");
    if request.plan {
        print!("{}", plan(request, &zip, &page));
        return Ok(());
    }
    if request.packaged && !zip.is_file() {
        return Err(format!("--packaged: there is no {}; `cargo xtask package` makes it", zip.display()));
    }
    // Before the minutes that packaging takes.
    account::check(&request.stack, &request.programs, &request.buckets())?;
    if !request.packaged {
        package::package(root)?;
    }
    // By what is in it: AWS looks at the key alone.
    let key = format!("halver-{}.zip", &package::sum(&zip)?[..16]);
    run_in(root, &request.copy(&zip, &key))?;
    run_in(root, &request.make(&key)).map_err(|reason| request.why_not(&reason))?;
    let query = ["--output", "text", "--query", "Stacks[0].Outputs[].[OutputKey, OutputValue]"];
    let outputs = ask(&[&["cloudformation", "describe-stacks", "--stack-name", &request.stack][..], &query].concat())?;
    // Whether there is a page is the stack's to say: one that was there before has to be of the same version.
    if let Some(bucket) = outputs.lines().find_map(|line| line.strip_prefix("PageFiles\t")) {
        run_in(root, &Request::publish(&page, bucket))?;
    }
    println!("{outputs}\n\n{}", request.first_half());
    Ok(())
}

/// `command` as a shell reads it.
fn shown(command: &[String]) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    let quoted = |word: &String| match word.bytes().all(is_plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    command.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

fn run_in(root: &Path, command: &[String]) -> Result<(), String> {
    println!("{}", shown(command));
    run(Command::new(&command[0]).args(&command[1..]).current_dir(root))
}

/// What would be done, and what it costs.
fn plan(request: &Request, zip: &Path, page: &Path) -> String {
    let key = "halver-SHA256.zip";
    let package = (!request.packaged).then(|| command(&["cargo", "xtask", "package"]));
    let publish = (request.parameter("Page") == Some("on")).then(|| Request::publish(page, "PAGE_FILES"));
    let commands = package.into_iter().chain([request.copy(zip, key), request.make(key)]).chain(publish);
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
            let request = parse(&["--programs", "programs", "--images", images, "SourceBucket=photos"]).unwrap();
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
            "programs",
            "--stack",
            "small",
            "SourceBucket=photos",
            r#"Options={"quality":70}"#,
            "Page=on",
        ])
        .unwrap();
        let plan = plan(&request, Path::new("a.zip"), Path::new("page"));
        for part in [
            "would run  aws s3 cp a.zip s3://programs/halver-SHA256.zip --only-show-errors\n",
            "--stack-name small",
            "CodeBucket=programs CodeKey=halver-SHA256.zip Architecture=arm64 SourceBucket=photos 'Options={\"quality\":70}' Page=on --no",
            "would run  aws s3 sync page s3://PAGE_FILES",
            "1000000 images a month",
        ] {
            assert!(plan.contains(part), "{part}: {plan}");
        }
    }

    #[test]
    fn parameters_are_those_of_the_template() {
        let known: Vec<&str> = parameters().collect();
        assert_eq!((known[0], known[known.len() - 1]), ("CodeBucket", "AgeAlarm"), "{known:?}");
        let told = README.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 4);
        assert_eq!(known.len(), told.count(), "{known:?}");
    }

    #[test]
    fn buckets_are_two_or_one() {
        let request = parse(&["--programs", "programs", "SourceBucket=photos", "SourceBucketMode=existing"]).unwrap();
        let told: Vec<_> = request.buckets().into_iter().map(|bucket| (bucket.name, bucket.exists)).collect();
        assert_eq!(told, [("photos".to_owned(), true), ("photos-resized".to_owned(), false)]);
        let one = [
            "--programs",
            "programs",
            "SourceBucket=photos",
            "ResultBucket=photos",
            "SourcePrefix=in/",
            "ResultPrefix=halves/",
        ];
        let request = parse(&one).unwrap();
        assert_eq!(request.buckets().len(), 1);
        assert!(request.first_half().ends_with("s3://photos/halves/in/photo.jpg half.jpg"), "{}", request.first_half());
    }

    #[test]
    fn what_is_missing_or_unknown_is_said() {
        for (arguments, reason) in [
            (&["SourceBucket=s"][..], "--programs is missing"),
            (&["--programs", "p"], "SourceBucket=… is missing"),
            (&["--programs"], "--programs needs a value"),
            (&["--images", "many"], "many is no number"),
            (&["--frobnicate"], "--frobnicate is unknown"),
            (&["--programs", "p-1", "SourceBucket=My_Photos"], "SourceBucket: My_Photos is no name of a bucket"),
            (&["--programs", "s3://p", "SourceBucket=photos"], "--programs: s3://p is no name of a bucket"),
            (&["--programs", "p-1", "SourceBucket=photos", "ResultBucket=a"], "ResultBucket: a is no name of a bucket"),
            (&["--programs", "p-1", "--stack", "my_stack", "SourceBucket=photos"], "--stack: my_stack is no name"),
            (&["--programs", "p-1", "SourceBucket=photos", "Memori=512"], "Memori is no parameter"),
            (&["--programs", "p-1", "SourceBucket=photos", "CodeKey=a.zip"], "CodeKey is no parameter"),
            (
                &["--programs", "p-1", "SourceBucket=photos", "Timeout=61"],
                "Timeout=61: it is one of 15, 30, 60, 120, 300, 900",
            ),
            (&["--programs", "p-1", "SourceBucket=photos", "Page=yes"], "Page=yes: it is one of off, on"),
        ] {
            let said = parse(arguments).unwrap_err();
            assert!(said.starts_with(reason) || said.contains(reason), "{arguments:?}: {said}");
        }
    }
}
