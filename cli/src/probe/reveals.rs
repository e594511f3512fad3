//! What a file tells about a person, in plain words.

use halver::{Position, Reveals};

/// A line for each thing that is told.
pub(super) fn lines(reveals: &Reveals) -> Vec<String> {
    let text = |what: &str, text: &Option<String>| text.as_ref().map(|text| format!("{what} {text}"));
    let bytes = |what: &str, bytes: u64| (bytes > 0).then(|| format!("{what}, {bytes} bytes"));
    let all = |texts: [&Option<String>; 2]| {
        let there: Vec<&str> = texts.into_iter().flatten().map(String::as_str).collect();
        (!there.is_empty()).then(|| there.join(" "))
    };
    let known = [
        reveals.position.map(|position| format!("position {}", place(position))),
        text("taken", &all([&reveals.taken, &reveals.zone])),
        text("camera", &all([&reveals.make, &reveals.model])),
        text("lens", &reveals.lens),
        text("serial number", &reveals.serial),
        text("owner", &reveals.owner),
        text("artist", &reveals.artist),
        text("copyright", &reveals.copyright),
        text("software", &reveals.software),
        text("description", &reveals.description),
        text("computer", &reveals.host),
        bytes("a small copy of the picture", reveals.thumbnail),
        bytes("XMP", reveals.xmp),
        bytes("IPTC", reveals.iptc),
        bytes("maker notes", reveals.maker),
        bytes("application data", reveals.application),
        bytes("data behind the end of the image", reveals.trailing),
    ];
    let comments = reveals.comments.iter().map(|comment| format!("comment {comment}"));
    known.into_iter().flatten().chain(comments).collect()
}

/// Decimal degrees, as maps take them, and metres.
fn place(position: Position) -> String {
    let degrees = |millionths: i32| decimal(millionths, 1_000_000);
    let place = format!("{}, {}", degrees(position.latitude), degrees(position.longitude));
    match position.altitude {
        Some(altitude) if altitude < 0 => format!("{place}, {} m below the sea", decimal(-altitude, 1000)),
        Some(altitude) => format!("{place}, {} m above the sea", decimal(altitude, 1000)),
        None => place,
    }
}

/// `value` of `unit`s, a power of ten, with all decimals.
fn decimal(value: i32, unit: u32) -> String {
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    format!("{sign}{}.{:0digits$}", value / unit, value % unit, digits = unit.ilog10() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_sign_and_zeros() {
        for (value, unit, expected) in [
            (0, 1000, "0.000"),
            (-1, 1_000_000, "-0.000001"),
            (47_500_000, 1_000_000, "47.500000"),
            (-180_000_000, 1_000_000, "-180.000000"),
            (512_250, 1000, "512.250"),
            (i32::MIN, 1000, "-2147483.648"),
        ] {
            assert_eq!(decimal(value, unit), expected, "{value} of {unit}");
        }
    }
}
