//! Metrics in CloudWatch's embedded metric format: lines of the log that CloudWatch reads numbers from.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::outcome::Outcome;

/// The most values of one metric in a line (CloudWatch user guide, "Embedded metric format specification").
const VALUES: usize = 100;

/// Numbers of one invocation.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Counts and values by name, each with its unit.
    all: BTreeMap<&'static str, (&'static str, Vec<f64>)>,
    /// How many failures there were by code.
    failures: BTreeMap<&'static str, u32>,
}

impl Metrics {
    /// The numbers of an invocation that led to `results`; `cold` for the first of a process.
    pub(crate) fn of(results: &[Vec<Outcome>], cold: bool) -> Self {
        let mut metrics = Self::default();
        if cold {
            metrics.add("ColdStart", "Count", 1.0);
        }
        results.iter().flatten().for_each(|outcome| metrics.count(outcome));
        metrics
    }

    fn add(&mut self, name: &'static str, unit: &'static str, value: f64) {
        self.all.entry(name).or_insert((unit, Vec::new())).1.push(value);
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes of images are far below 2⁵³ bytes")]
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Halved(halved) => {
                self.add("Halved", "Count", 1.0);
                if halved.is_of_other_key {
                    self.add("OtherSpelling", "Count", 1.0);
                }
                self.add("SourceBytes", "Bytes", halved.source_bytes as f64);
                self.add("HalfBytes", "Bytes", halved.bytes as f64);
                self.add("SavedBytes", "Bytes", halved.source_bytes as f64 - halved.bytes as f64);
                let times = halved.times;
                for (name, time) in [("GetTime", times.get), ("HalveTime", times.halve), ("PutTime", times.put)] {
                    self.add(name, "Milliseconds", (time.as_secs_f64() * 10_000.0).round() / 10.0);
                }
            }
            Outcome::Copied { .. } => self.add("Copied", "Count", 1.0),
            Outcome::Removed { .. } => self.add("Removed", "Count", 1.0),
            Outcome::Reconciled(found) => self.add("Reconciled", "Count", found.sources as f64),
            Outcome::Skipped(_) => self.add("Skipped", "Count", 1.0),
            Outcome::Refused(error) => {
                self.add("Refused", "Count", 1.0);
                *self.failures.entry(error.code()).or_default() += 1;
            }
            Outcome::HandedBack(error) => {
                self.add("HandedBack", "Count", 1.0);
                *self.failures.entry(error.code()).or_default() += 1;
            }
        }
    }

    /// Writes what was counted as lines of `log`: one, where no metric has more values than a line may hold, and one for
    /// each code of failures.
    pub(crate) fn write(&self, namespace: &str, log: &mut impl Write) -> std::io::Result<()> {
        let longest = self.all.values().map(|(_, values)| values.len().div_ceil(VALUES)).max().unwrap_or(0);
        for i in 0..longest {
            let part = |values: &Vec<f64>| values.chunks(VALUES).nth(i).map(|part| json!(part));
            let metrics = self.all.iter().filter_map(|(name, (unit, values))| Some((*name, *unit, part(values)?)));
            line(namespace, None, metrics.collect(), log)?;
        }
        for (code, count) in &self.failures {
            line(namespace, Some(code), vec![("Failures", "Count", json!(count))], log)?;
        }
        Ok(())
    }
}

/// One line with `metrics` (name, unit, value or values), by `code` where there is one.
fn line(
    namespace: &str,
    code: Option<&str>,
    metrics: Vec<(&str, &str, Value)>,
    log: &mut impl Write,
) -> std::io::Result<()> {
    let definitions: Vec<_> = metrics.iter().map(|(name, unit, _)| json!({ "Name": name, "Unit": unit })).collect();
    let dimensions = if code.is_some() { json!([["Code"]]) } else { json!([[]]) };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut line = Map::new();
    line.insert("event".to_owned(), json!("metrics"));
    line.extend(code.map(|code| ("Code".to_owned(), json!(code))));
    line.extend(metrics.into_iter().map(|(name, _, value)| (name.to_owned(), value)));
    let directive = json!({ "Namespace": namespace, "Dimensions": dimensions, "Metrics": definitions });
    line.insert("_aws".to_owned(), json!({ "Timestamp": now, "CloudWatchMetrics": [directive] }));
    writeln!(log, "{}", Value::Object(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::job::Skip;

    fn lines(results: &[Vec<Outcome>], cold: bool) -> Vec<Value> {
        let mut log = Vec::new();
        Metrics::of(results, cold).write("Halver", &mut log).unwrap();
        String::from_utf8(log).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn failures_have_their_code_as_a_dimension() {
        let refused = || Outcome::Refused(Error::Image(halver::Error::NotAnImage));
        let results = [
            vec![refused(), Outcome::Skipped(Skip::Fresh)],
            vec![refused()],
            vec![Outcome::HandedBack(Error::Deadline)],
        ];
        let lines = lines(&results, true);
        let [all, deadline, not_an_image] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(all["Refused"], json!([1.0, 1.0]));
        assert_eq!(all["ColdStart"], json!([1.0]));
        assert_eq!(all["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([[]]));
        assert_eq!((&deadline["Code"], &deadline["Failures"]), (&json!("deadline"), &json!(1)));
        assert_eq!((&not_an_image["Code"], &not_an_image["Failures"]), (&json!("not-an-image"), &json!(2)));
        assert_eq!(not_an_image["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Code"]]));
    }

    #[test]
    fn no_line_has_more_values_than_cloudwatch_reads() {
        let results = vec![vec![Outcome::Skipped(Skip::Fresh)]; 230];
        let counts: Vec<_> =
            lines(&results, false).iter().map(|line| line["Skipped"].as_array().unwrap().len()).collect();
        assert_eq!(counts, [100, 100, 30]);
        assert!(lines(&[], false).is_empty(), "nothing happened");
    }
}
