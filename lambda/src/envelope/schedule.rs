//! Schedules: the events that they send by themselves, and the command to put into one.

use serde_json::Value;

use super::{Entry, text};
use crate::job::{Job, Reconcile};

/// Whether `value` is a command, `{"halver":"reconcile","bucket"?,"prefix"?,"startAfter"?}`.
pub(super) fn is_command(value: &Value) -> bool {
    value.get("halver").is_some()
}

/// What the command `value` asks for.
pub(super) fn entry(value: &Value) -> Entry {
    match value.get("halver").and_then(Value::as_str) {
        Some("reconcile") => reconcile(value, value),
        _ => Entry::bad(value, "the one command is reconcile"),
    }
}

/// What `event`, which EventBridge sends at its time, asks for: its detail may narrow what is looked through. That is
/// an object of a rule, but text of one of EventBridge Scheduler.
pub(super) fn scheduled(event: &Value) -> Entry {
    match event.get("detail") {
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(detail) => reconcile(&detail, event),
            Err(error) => Entry::bad(event, format!("the detail of a schedule is no JSON: {error}")),
        },
        detail => reconcile(detail.unwrap_or(&Value::Null), event),
    }
}

/// The looking through that `fields` tell of. A field of another type than text is not passed over, for without it
/// more would be looked through than was meant.
fn reconcile(fields: &Value, raw: &Value) -> Entry {
    for name in ["bucket", "prefix", "startAfter"] {
        if fields.get(name).is_some_and(|field| !field.is_string() && !field.is_null()) {
            return Entry::bad(raw, format!("{name} is no text"));
        }
    }
    let [bucket, prefix, start_after] = ["/bucket", "/prefix", "/startAfter"].map(|pointer| text(fields, pointer));
    Entry::Job(Job::Reconcile(Reconcile { bucket, prefix, start_after }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_command_says_what_to_look_through() {
        let all = Reconcile::default();
        let some = Reconcile { bucket: Some("photos".into()), prefix: Some("in/".into()), start_after: None };
        for (command, expected) in [
            (json!({ "halver": "reconcile" }), all.clone()),
            (json!({ "halver": "reconcile", "prefix": "" , "startAfter": null }), all),
            (json!({ "halver": "reconcile", "bucket": "photos", "prefix": "in/" }), some),
        ] {
            assert_eq!(entry(&command), Entry::Job(Job::Reconcile(expected)), "{command}");
        }
        for command in
            [json!({ "halver": "delete" }), json!({ "halver": 7 }), json!({ "halver": "reconcile", "prefix": ["in/"] })]
        {
            assert!(matches!(entry(&command), Entry::Bad { .. }), "{command}");
        }
    }
}
