//! `halver::Options` from JSON (RFC 8259), as `JSON.stringify` writes it.
//!
//! It takes what serde takes, but for escapes in texts and lists of values without names, neither of which any option needs;
//! reading without serde's machinery leaves 20 kB out of the module. A test holds both to the same.

use halver::{Animation, Coding, Effort, Light, Limits, Options, Quality, Rgb, Subsampling, Target};

/// The options in `json`; those that it does not name have their default.
///
/// # Errors
/// In words: no JSON, an option that there is not or that is there twice, or a value that it cannot have.
pub(crate) fn read(json: &[u8]) -> Result<Options, String> {
    let mut reader = Reader { rest: json };
    let mut options = Options::default();
    reader.object(|reader, name| set(&mut options, reader, name))?;
    if reader.next() == 0 && reader.rest.is_empty() { Ok(options) } else { Err("something follows them".to_owned()) }
}

/// Sets the option `name` to the value that comes next; whether there is such an option.
fn set(options: &mut Options, reader: &mut Reader<'_>, name: &str) -> Result<bool, String> {
    const FORMATS: [(&str, Target); 5] = [
        ("auto", Target::Auto),
        ("jpeg", Target::Jpeg),
        ("png", Target::Png),
        ("webp", Target::WebP),
        ("gif", Target::Gif),
    ];
    const EFFORTS: [(&str, Effort); 3] =
        [("fast", Effort::Fast), ("balanced", Effort::Balanced), ("small", Effort::Small)];
    const SUBSAMPLINGS: [(&str, Subsampling); 2] = [("source", Subsampling::Source), ("4:2:0", Subsampling::Quarter)];
    const CODINGS: [(&str, Coding); 3] =
        [("source", Coding::Source), ("lossy", Coding::Lossy), ("lossless", Coding::Lossless)];
    const LIGHTS: [(&str, Light); 2] = [("encoded", Light::Encoded), ("linear", Light::Linear)];
    const ANIMATIONS: [(&str, Animation); 2] = [("keep", Animation::Keep), ("first", Animation::First)];
    match name {
        "format" => options.format = if reader.takes("null") { None } else { Some(reader.choice(name, &FORMATS)?) },
        "quality" => options.quality = quality(reader.number(name, u8::MAX.into())? as u8)?,
        "effort" => options.effort = reader.choice(name, &EFFORTS)?,
        "progressive" => options.progressive = reader.flag(name)?,
        "subsampling" => options.subsampling = reader.choice(name, &SUBSAMPLINGS)?,
        "salvage" => options.salvage = reader.flag(name)?,
        "background" => options.background = reader.color(name)?,
        "webp" => options.webp = reader.choice(name, &CODINGS)?,
        "light" => options.light = reader.choice(name, &LIGHTS)?,
        "animation" => options.animation = reader.choice(name, &ANIMATIONS)?,
        "limits" => {
            options.limits = Limits::default();
            reader.object(|reader, name| set_limit(&mut options.limits, reader, name))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn set_limit(limits: &mut Limits, reader: &mut Reader<'_>, name: &str) -> Result<bool, String> {
    let limit = match name {
        "source_bytes" => &mut limits.source_bytes,
        "pixels" => &mut limits.pixels,
        "memory_bytes" => &mut limits.memory_bytes,
        "scan_blocks" => &mut limits.scan_blocks,
        "frames" => &mut limits.frames,
        "animation_pixels" => &mut limits.animation_pixels,
        _ => return Ok(false),
    };
    *limit = reader.number(name, u64::MAX)?;
    Ok(true)
}

fn quality(value: u8) -> Result<Quality, String> {
    Quality::try_from(value).map_err(|error| error.to_string())
}

/// A reader of JSON.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The next character that is no white space; 0 at the end.
    fn next(&mut self) -> u8 {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied().unwrap_or(0)
    }

    /// Takes `token`, if it comes next.
    fn takes(&mut self, token: &str) -> bool {
        self.next();
        let behind = self.rest.strip_prefix(token.as_bytes());
        self.rest = behind.unwrap_or(self.rest);
        behind.is_some()
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.takes(token) { Ok(()) } else { Err(["expected ", token].concat()) }
    }

    /// Reads an object; `set` takes the value of each name, and tells whether it knows the name.
    fn object(&mut self, mut set: impl FnMut(&mut Self, &str) -> Result<bool, String>) -> Result<(), String> {
        let mut seen = Vec::new();
        self.expect("{")?;
        if self.takes("}") {
            return Ok(());
        }
        loop {
            let name = self.text().ok_or("expected a name")?;
            self.expect(":")?;
            if seen.contains(&name) {
                return Err([name, " is there twice"].concat());
            }
            if !set(self, name)? {
                return Err([name, " is no option"].concat());
            }
            seen.push(name);
            if self.takes("}") {
                return Ok(());
            }
            self.expect(",")?;
        }
    }

    /// A text without escapes.
    fn text(&mut self) -> Option<&'a str> {
        self.next();
        let behind = self.rest.strip_prefix(b"\"")?;
        let end = behind.iter().position(|&byte| byte == b'"')?;
        let text = std::str::from_utf8(&behind[..end]).ok()?;
        self.rest = &behind[end + 1..];
        (!text.contains(|c: char| c == '\\' || c < ' ')).then_some(text)
    }

    /// The value of one of the `choices`.
    fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Result<T, String> {
        let text = self.text().unwrap_or_default();
        let choice = choices.iter().find(|(choice, _)| *choice == text);
        choice.map(|&(_, value)| value).ok_or_else(|| {
            let known: Vec<&str> = choices.iter().map(|&(choice, _)| choice).collect();
            [name, ": expected one of ", &known.join(", ")].concat()
        })
    }

    fn flag(&mut self, name: &str) -> Result<bool, String> {
        let is_true = self.takes("true");
        if is_true || self.takes("false") { Ok(is_true) } else { Err([name, ": expected true or false"].concat()) }
    }

    /// A whole number, 0 to `most`.
    fn number(&mut self, name: &str, most: u64) -> Result<u64, String> {
        self.next();
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.rest.split_at(digits);
        let is_plain = !matches!(rest, [b'.' | b'e' | b'E', ..]) && (digits == 1 || !number.starts_with(b"0"));
        self.rest = rest;
        let value = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
        value.filter(|&value| is_plain && value <= most).ok_or_else(|| [name, ": expected a whole number"].concat())
    }

    /// Red, green, blue.
    fn color(&mut self, name: &str) -> Result<Rgb, String> {
        let mut rgb = [0; 3];
        for (level, before) in rgb.iter_mut().zip(["[", ",", ","]) {
            self.expect(before)?;
            *level = self.number(name, 255)? as u8;
        }
        self.expect("]")?;
        Ok(Rgb(rgb))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_takes_is_taken_and_means_the_same() {
        let all = serde_json::to_string_pretty(&Options::default()).unwrap();
        for json in [
            "{}",
            " {\n} ",
            &all,
            r#"{"format":"auto","quality":1}"#,
            r#"{"format":null,"effort":"small","webp":"lossless"}"#,
            r#"{ "subsampling" : "4:2:0" , "salvage" : true , "background" : [ 0 , 1 , 255 ] }"#,
            r#"{"light":"linear","animation":"first","progressive":false}"#,
            r#"{"limits":{}}"#,
            r#"{"limits":{"pixels":18446744073709551615,"frames":0,"source_bytes":1}}"#,
            r#"{"effort":"fast","limits":{"memory_bytes":7,"scan_blocks":8,"animation_pixels":9},"webp":"lossy"}"#,
        ] {
            assert_eq!(read(json.as_bytes()).unwrap(), serde_json::from_str(json).unwrap(), "{json}");
        }
    }

    #[test]
    fn every_name_is_known() {
        for target in Target::ALL {
            let json = format!(r#"{{"format":{}}}"#, serde_json::to_string(&target).unwrap());
            assert_eq!(read(json.as_bytes()).unwrap().format, Some(target), "{json}");
        }
        let all = serde_json::to_value(Options::default()).unwrap();
        for (name, value) in all.as_object().unwrap() {
            assert_eq!(read(format!("{{{name:?}:{value}}}").as_bytes()), Ok(Options::default()), "{name}");
        }
    }

    #[test]
    fn what_serde_refuses_is_refused() {
        for (json, reason) in [
            ("", "expected {"),
            ("null", "expected {"),
            ("{", "expected a name"),
            ("{}x", "something follows"),
            (r#"{"qualty":80}"#, "qualty is no option"),
            (r#"{"limits":{"pixel":80}}"#, "pixel is no option"),
            (r#"{"quality":101}"#, "101 is not in 1 to 100"),
            (r#"{"quality":0}"#, "0 is not in 1 to 100"),
            (r#"{"quality":256}"#, "quality: expected a whole number"),
            (r#"{"quality":080}"#, "quality: expected"),
            (r#"{"quality":80.5}"#, "quality: expected"),
            (r#"{"quality":8e1}"#, "quality: expected"),
            (r#"{"quality":-1}"#, "quality: expected"),
            (r#"{"quality":"80"}"#, "quality: expected"),
            (r#"{"quality":80,"quality":80}"#, "quality is there twice"),
            (r#"{"quality":80,}"#, "expected a name"),
            (r#"{"format":"bmp"}"#, "format: expected one of auto, jpeg, png, webp, gif"),
            (r#"{"effort":null}"#, "effort: expected one of"),
            (r#"{"salvage":1}"#, "salvage: expected true or false"),
            (r#"{"background":[0,0]}"#, "expected ,"),
            (r#"{"background":[0,0,256]}"#, "background: expected"),
            (r#"{"limits":{"pixels":18446744073709551616}}"#, "pixels: expected"),
            (r#"{"format":"#, "format: expected"),
        ] {
            let error = read(json.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{json}: {error}");
            assert!(serde_json::from_str::<Options>(json).is_err(), "{json}");
        }
    }
}
