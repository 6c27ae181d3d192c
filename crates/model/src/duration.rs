//! Durations as configuration files and PromQL write them: `1h30m`, `15s`, `2w`.

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid duration string: {}; write a number and a unit of y, w, d, h, m, s, ms, largest first, such as 1h30m", crate::names::quote(.0))]
pub struct DurationError(String);

const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads a duration such as `1h30m` into milliseconds. `0` needs no unit; units come largest first, each once.
pub fn parse_millis(text: &str) -> Result<i64, DurationError> {
    let error = || DurationError(text.to_owned());
    if text == "0" {
        return Ok(0);
    }
    let (mut rest, mut total, mut next_unit) = (text, 0i64, 0usize);
    if rest.is_empty() {
        return Err(error());
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().map_err(|_| error())?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = UNITS.iter().position(|(name, _)| *name == &rest[..letters]).ok_or_else(error)?;
        if unit < next_unit {
            return Err(error());
        }
        let millis = number.checked_mul(UNITS[unit].1).ok_or_else(error)?;
        total = total.checked_add(millis).ok_or_else(error)?;
        (rest, next_unit) = (&rest[letters..], unit + 1);
    }
    Ok(total)
}

/// Writes milliseconds the way Prometheus does: `1h30m`, `15s`, `0s`; years and weeks only where they divide.
pub fn format_millis(millis: i64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = if millis < 0 { "-".to_owned() } else { String::new() };
    let mut rest = millis.unsigned_abs();
    for (name, size) in UNITS {
        let size = size.unsigned_abs();
        let exact_only = matches!(name, "y" | "w");
        if rest < size || (exact_only && !rest.is_multiple_of(size)) {
            continue;
        }
        text.push_str(&format!("{}{name}", rest / size));
        rest %= size;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_write() {
        let check = |text: &str, millis: i64| {
            assert_eq!(parse_millis(text), Ok(millis), "{text}");
            assert_eq!(format_millis(millis), text);
        };
        check("1h30m", 5_400_000);
        check("15s", 15_000);
        check("1d", 86_400_000);
        check("2w", 14 * 86_400_000);
        check("1y", 365 * 86_400_000);
        check("1m30s5ms", 90_005);
        assert_eq!(parse_millis("0"), Ok(0));
        assert_eq!(format_millis(0), "0s");
        for bad in ["", "1", "s", "1m1h", "1s1s", "1.5h", "-1s", " 1s", "9999999999999y"] {
            assert!(parse_millis(bad).is_err(), "{bad:?}");
        }
    }
}
