//! Numbers: decimal, hexadecimal, octal with a leading zero, with underscores, `Inf`, `NaN`; and durations.

use model::duration::parse_millis;
use model::names::quote;

/// Reads a number as PromQL writes it, with an optional sign; the error says what is wrong with it.
pub fn parse_number(text: &str) -> Result<f64, String> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let error = |reason: &str| {
        Err(format!("error parsing number: strconv.ParseFloat: parsing {}: {reason}", quote(text)))
    };
    if !underscores_separate(digits) {
        return error("invalid syntax");
    }
    let value = match integer(digits) {
        Some(value) => value,
        None => {
            let plain = digits.replace('_', "");
            let begins_well =
                plain.starts_with(|first: char| first.is_ascii_digit() || ".iInN".contains(first));
            match plain.parse::<f64>() {
                Ok(value) if begins_well => {
                    if value.is_infinite() && !plain.starts_with(['i', 'I']) {
                        return error("value out of range");
                    }
                    value
                }
                _ => return error("invalid syntax"),
            }
        }
    };
    Ok(if negative { -value } else { value })
}

/// Whether every underscore stands between two digits, or behind the prefix of a hexadecimal number.
fn underscores_separate(digits: &str) -> bool {
    let hex = digits.starts_with("0x") || digits.starts_with("0X");
    let is_digit = |byte: u8| if hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
    let bytes = digits.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(place, _)| {
        let before = place > 0 && (is_digit(bytes[place - 1]) || hex && place == 2);
        before && bytes.get(place + 1).is_some_and(|&byte| is_digit(byte))
    })
}

/// Reads a duration such as `1h30m` into seconds.
pub(crate) fn parse_duration_seconds(text: &str) -> Result<f64, String> {
    match parse_millis(text) {
        Ok(millis) => Ok(millis as f64 / 1000.0),
        Err(_) if has_duration_form(text) => Err("duration out of range".to_owned()),
        Err(_) => Err(match unknown_unit(text) {
            Some(unit) => format!("unknown unit {} in duration {}", quote(unit), quote(text)),
            None => format!("not a valid duration string: {}", quote(text)),
        }),
    }
}

/// The first unit that is none, where all before it are in order.
fn unknown_unit(text: &str) -> Option<&str> {
    let mut start = 0;
    loop {
        let digits = text[start..].bytes().take_while(u8::is_ascii_digit).count();
        let unit = start + digits;
        let letters = text[unit..].bytes().take_while(|byte| !byte.is_ascii_digit()).count();
        if digits == 0 || letters == 0 {
            return None;
        }
        let end = unit + letters;
        if parse_millis(&format!("0{}", &text[unit..end])).is_err() {
            return Some(&text[unit..end]);
        }
        if !has_duration_form(&text[..end]) {
            return None;
        }
        start = end;
    }
}

/// Whether the text is numbers and units in order, so that only its size can be wrong.
fn has_duration_form(text: &str) -> bool {
    let ones: String = text.split(|c: char| c.is_ascii_digit()).collect::<Vec<_>>().join("1");
    let mut collapsed = String::new();
    for character in ones.chars() {
        if !(character == '1' && collapsed.ends_with('1')) {
            collapsed.push(character);
        }
    }
    parse_millis(&collapsed).is_ok()
}

fn integer(digits: &str) -> Option<f64> {
    let plain = digits.replace('_', "");
    let value = if let Some(hex) = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
        u64::from_str_radix(hex, 16).ok().and_then(|value| i64::try_from(value).ok())
    } else if plain.len() > 1 && plain.starts_with('0') {
        i64::from_str_radix(&plain, 8).ok()
    } else if plain.starts_with(|first: char| first.is_ascii_digit()) {
        plain.parse().ok()
    } else {
        None
    };
    value.map(|value: i64| value as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_every_form() {
        let check = |text: &str, want: f64| {
            let got = parse_number(text).expect(text);
            assert_eq!(got.to_bits(), want.to_bits(), "{text}: {got}");
        };
        check("1", 1.0);
        check("0x1F", 31.0);
        check("0x_1f", 31.0);
        check("1_000.5", 1000.5);
        check("010", 8.0);
        check("08", 8.0);
        check("5e-3", 0.005);
        check(".5", 0.5);
        check("+Inf", f64::INFINITY);
        check("-inf", f64::NEG_INFINITY);
        check("NaN", f64::NAN);
        check("-0", -0.0);
        check("9223372036854775808", 9223372036854775808.0);
        for bad in ["", "x", "1e999", "0x", "--1", "1.2.3", "infinityx", "1_", "1__0", "_1", "1_.5"] {
            assert!(parse_number(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_say_what_is_wrong() {
        assert_eq!(parse_duration_seconds("1h30m"), Ok(5400.0));
        assert_eq!(parse_duration_seconds("1.5h"), Err("unknown unit \".\" in duration \"1.5h\"".to_owned()));
        assert_eq!(
            parse_duration_seconds("1h1e5m"),
            Err("unknown unit \"e\" in duration \"1h1e5m\"".to_owned())
        );
        assert_eq!(parse_duration_seconds("1m1h"), Err("not a valid duration string: \"1m1h\"".to_owned()));
        assert_eq!(parse_duration_seconds("99999999999999999y"), Err("duration out of range".to_owned()));
    }
}
