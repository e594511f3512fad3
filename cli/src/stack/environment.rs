//! The environment variables of the function: those that AWS Lambda sets, the stack's S3, and `HALVER_…`.

use std::path::Path;

use super::{ACCESS_KEY, REGION, SECRET_KEY};

/// What a process needs of its surroundings to run at all; everything else stays outside, as on AWS.
const INHERITED: [&str; 4] = ["PATH", "LANG", "TMPDIR", "SystemRoot"];

/// Names and values for a function in `function` that is told to have so many `megabytes` of memory, with its Runtime API
/// and S3 at these addresses (`host:port`). Uploads go to `bucket`.
pub(crate) fn variables(
    function: &Path,
    megabytes: u32,
    runtime_api: &str,
    s3: &str,
    bucket: &str,
) -> Vec<(String, String)> {
    let root = function.parent().unwrap_or(Path::new(".")).display().to_string();
    let megabytes = megabytes.to_string();
    let own = [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_LAMBDA_FUNCTION_NAME", "halver"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", megabytes.as_str()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/halver"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        // The local S3 takes any that is part of the signature.
        ("AWS_SESSION_TOKEN", "halver-session"),
        ("LAMBDA_TASK_ROOT", root.as_str()),
        ("LAMBDA_RUNTIME_DIR", root.as_str()),
        ("_HANDLER", "bootstrap"),
        ("TZ", ":UTC"),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let s3 = ("AWS_ENDPOINT_URL_S3".to_owned(), format!("http://{s3}"));
    // What is passed on comes behind these, and so replaces them.
    let uploads = ("HALVER_UPLOADS".to_owned(), format!("{bucket}/uploads"));
    let metrics = ("HALVER_METRICS".to_owned(), "off".to_owned());
    // What is no text cannot be meant for the function, whose settings are all text.
    let passed =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let passed = passed.filter(|(name, _)| name.starts_with("HALVER_") || INHERITED.contains(&name.as_str()));
    own.chain([s3, uploads, metrics]).chain(passed).collect()
}
