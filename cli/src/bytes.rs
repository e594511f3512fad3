//! Byte counts and savings as people read them.

/// `bytes` in the largest decimal unit that leaves a number of at least 1, three digits at most: `1.96 MB`.
pub(crate) fn human(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in UNITS {
        // 999.5 would be printed as 1000.
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.decimals$} {unit}")
}

/// How much smaller `after` is than `before`, in whole percent with its sign: `−85 %`.
pub(crate) fn saving(before: u64, after: u64) -> String {
    if before == 0 {
        return "±0 %".to_owned();
    }
    let percent = (after as f64 / before as f64 - 1.0) * 100.0;
    match percent.round() as i64 {
        0 => "±0 %".to_owned(),
        less if less < 0 => format!("−{} %", -less),
        more => format!("+{more} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_three_digits_at_most() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (12_345, "12.3 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (1_964_591, "1.96 MB"),
            (u64::MAX, "18447 PB"),
        ] {
            assert_eq!(human(bytes), text);
        }
    }

    #[test]
    fn savings_have_a_sign() {
        assert_eq!(saving(100, 15), "−85 %");
        assert_eq!(saving(100, 100), "±0 %");
        assert_eq!(saving(100, 130), "+30 %");
        assert_eq!(saving(0, 5), "±0 %");
    }
}
