//! The function's settings, for verbs that do its work or tell of it.

use halver_lambda::{Config, ConfigError};

/// What AWS sets in a function and nobody sets here. Memory is that of the largest function.
const STAND_INS: [(&str, &str); 7] = [
    ("AWS_LAMBDA_RUNTIME_API", "none"),
    ("AWS_LAMBDA_FUNCTION_NAME", "halver"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "10240"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "none"),
    ("AWS_SECRET_ACCESS_KEY", "none"),
];

/// The settings in the environment. For what only AWS sets there are stand-ins, but not for what is `required`.
///
/// # Errors
/// All that is wrong.
pub(crate) fn config(required: &[&str]) -> Result<Config, ConfigError> {
    let set: Vec<_> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let is_set = |name: &str| set.iter().any(|(n, _)| n == name);
    let stand_ins = STAND_INS.iter().filter(|(name, _)| !required.contains(name) && !is_set(name));
    let stand_ins: Vec<_> = stand_ins.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::read(set.iter().cloned().chain(stand_ins))
}
