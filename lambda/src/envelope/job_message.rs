//! Jobs that programs send: `{"filename","url","options"?}` and `{"bucket","key","options"?}`.

use serde_json::Value;

use super::{Entry, text};
use crate::job::{Job, ObjectJob, UrlJob};

/// Whether `message` is a job, or was meant to be.
pub(super) fn is_job(message: &Value) -> bool {
    ["url", "filename", "bucket", "key"].iter().any(|name| message.get(name).is_some())
}

/// What `message` asks for. Its key stands as it is: programs have no reason to encode it.
pub(super) fn entry(message: &Value) -> Entry {
    let options = match options(message.get("options")) {
        Ok(options) => options,
        Err(reason) => return Entry::bad(message, reason),
    };
    if message.get("url").is_some() || message.get("filename").is_some() {
        return match (text(message, "/url"), text(message, "/filename")) {
            (Some(url), Some(filename)) => Entry::Job(Job::Url(UrlJob { url, filename, options })),
            _ => Entry::bad(message, "a job by url needs a url and a filename"),
        };
    }
    match (text(message, "/bucket"), text(message, "/key")) {
        (Some(bucket), Some(key)) => {
            // The function's own jobs tell the version that they saw.
            let etag = text(message, "/etag");
            Entry::Job(Job::Object(ObjectJob { bucket, key, etag, options, ..ObjectJob::default() }))
        }
        _ => Entry::bad(message, "a job needs a bucket and a key, or a url and a filename"),
    }
}

/// The options of a job: an object, or JSON text of one, since some senders can send nothing but text.
pub(super) fn options(options: Option<&Value>) -> Result<Option<Value>, &'static str> {
    match options {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(_)) => Ok(options.cloned()),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(options @ Value::Object(_)) => Ok(Some(options)),
            _ => Err("the options of a job are text, but not JSON of an object"),
        },
        Some(_) => Err("the options of a job are no JSON object"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_are_an_object_or_text_of_one() {
        let object = json!({ "quality": 70 });
        for (given, read) in [
            (json!(null), Ok(None)),
            (json!({}), Ok(Some(json!({})))),
            (object.clone(), Ok(Some(object.clone()))),
            (json!(object.to_string()), Ok(Some(object))),
            (json!("70"), Err(())),
            (json!("quality=70"), Err(())),
            (json!([]), Err(())),
            (json!(70), Err(())),
        ] {
            assert_eq!(options(Some(&given)).map_err(|_| ()), read, "{given}");
        }
        assert_eq!(options(None), Ok(None));
    }

    #[test]
    fn a_job_that_lacks_something_is_none() {
        for message in [
            json!({ "url": "https://example.com/a.png" }),
            json!({ "filename": "a.png" }),
            json!({ "url": "https://example.com/a.png", "bucket": "photos", "key": "a.png" }),
            json!({ "url": "", "filename": "a.png" }),
            json!({ "bucket": "photos" }),
            json!({ "bucket": "photos", "key": "" }),
            json!({ "bucket": "photos", "key": 7 }),
            json!({ "bucket": "photos", "key": "a.png", "options": 7 }),
        ] {
            assert!(is_job(&message), "{message}");
            assert!(matches!(entry(&message), Entry::Bad { raw, .. } if raw == message), "{message}");
        }
    }
}
