//! Floats as expositions write them: read fast, written the way Go's `strconv` does.

use model::sample::NORMAL_NAN;

/// Reads a float that is the whole of `text`, as Prometheus does: decimal forms, `Inf` and `NaN` in any case; no
/// hexadecimal, no underscores, and nothing that a float cannot hold.
pub fn parse(text: &[u8]) -> Option<f64> {
    match parse_common(text) {
        Some((value, length)) if length == text.len() => Some(value),
        _ => parse_any(text),
    }
}

/// Reads the float that `text` begins with, which ends before a blank or a line feed; how long it was comes along.
#[inline]
pub(crate) fn parse_prefix(text: &[u8]) -> Option<(f64, usize)> {
    if let Some((value, length)) = parse_common(text)
        && matches!(text.get(length), None | Some(b' ' | b'\n' | b'\t'))
    {
        return Some((value, length));
    }
    let length = text.iter().position(|byte| matches!(byte, b' ' | b'\n' | b'\t')).unwrap_or(text.len());
    parse_any(&text[..length]).map(|value| (value, length))
}

/// Powers of ten that a float holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The forms nearly every sample has. Where the digits fit a float's mantissa and the power of ten is exact, one
/// multiplication or division rounds correctly; everything else is left to `parse_any`.
#[inline]
fn parse_common(text: &[u8]) -> Option<(f64, usize)> {
    let mut at = 0;
    let negative = text.first() == Some(&b'-');
    at += usize::from(negative);
    let mut mantissa = 0u64;
    let whole_start = at;
    while let Some(digit) = digit(text, at) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
        at += 1;
    }
    let mut digits = at - whole_start;
    let mut exponent = 0i32;
    if text.get(at) == Some(&b'.') {
        at += 1;
        let fraction_start = at;
        while let Some(digit) = digit(text, at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
            at += 1;
        }
        digits += at - fraction_start;
        exponent = -((at - fraction_start).min(1000) as i32);
    }
    if digits == 0 || digits > 19 {
        return None;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let (power, length) = parse_exponent(&text[at + 1..])?;
        exponent += power;
        at += 1 + length;
    }
    if mantissa > 1 << 53 || exponent.unsigned_abs() as usize >= POWERS.len() {
        return None;
    }
    let power = POWERS[exponent.unsigned_abs() as usize];
    let magnitude = if exponent < 0 { mantissa as f64 / power } else { mantissa as f64 * power };
    Some((if negative { -magnitude } else { magnitude }, at))
}

fn parse_exponent(text: &[u8]) -> Option<(i32, usize)> {
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let mut at = sign;
    let mut power = 0i32;
    while let Some(digit) = digit(text, at) {
        power = power * 10 + digit as i32;
        at += 1;
        if at - sign > 3 {
            return None;
        }
    }
    (at > sign).then_some((if text.first() == Some(&b'-') { -power } else { power }, at))
}

#[inline]
fn digit(text: &[u8], at: usize) -> Option<u64> {
    let digit = text.get(at)?.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

#[cold]
fn parse_any(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let value: f64 = text.parse().ok()?;
    if value.is_nan() {
        // A sign before NaN is no float to Go.
        return (text.len() == 3).then_some(NORMAL_NAN);
    }
    let spelled_infinite = text.bytes().any(|byte| byte.eq_ignore_ascii_case(&b'i'));
    (value.is_finite() || spelled_infinite).then_some(value)
}

/// Appends `value` in its shortest form, as Go's `FormatFloat(value, 'g', -1, 64)` writes it: what text format and
/// its friends use for values.
pub fn write_go(into: &mut String, value: f64) {
    use std::fmt::Write;
    if value.is_nan() {
        return into.push_str("NaN");
    }
    if value.is_infinite() {
        return into.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-4..1e6).contains(&magnitude) {
        // Writing to a string cannot fail.
        let _ = write!(into, "{value}");
        return;
    }
    let start = into.len();
    let _ = write!(into, "{value:e}");
    let exponent_at = start + into[start..].find('e').map_or(0, |at| at + 1);
    let exponent: i32 = into[exponent_at..].parse().unwrap_or(0);
    into.truncate(exponent_at);
    // Go gives the exponent a sign and at least two digits.
    let _ = write!(into, "{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
}

/// Appends `value` the way OpenMetrics asks for bucket bounds and quantiles: as `write_go`, and never like an integer.
pub fn write_openmetrics(into: &mut String, value: f64) {
    let start = into.len();
    write_go(into, value);
    if value.is_finite() && !into[start..].contains(['.', 'e']) {
        into.push_str(".0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn floats_read_as_go_reads_them() {
        let check = |text: &str, want: Option<f64>| {
            assert_eq!(parse(text.as_bytes()).map(f64::to_bits), want.map(f64::to_bits), "{text}");
        };
        check("0", Some(0.0));
        check("-0", Some(-0.0));
        check("1.", Some(1.0));
        check(".5", Some(0.5));
        check("+3", Some(3.0));
        check("1e5", Some(1e5));
        check("1.5E-07", Some(1.5e-7));
        check("123456789012345678901234567890", Some(1.2345678901234568e29));
        check("9007199254740993", Some(9007199254740992.0));
        check("1e-400", Some(0.0));
        check("+Inf", Some(f64::INFINITY));
        check("-infinity", Some(f64::NEG_INFINITY));
        check("nan", Some(NORMAL_NAN));
        for bad in [
            "", "-", ".", "e5", "1e", "1e+", "0x1", "0x1p3", "1_0", "-NaN", "1e400", "1 ", "i", "--1",
            "1.1.1",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn floats_are_written_as_go_writes_them() {
        let check = |value: f64, go: &str, openmetrics: &str| {
            let (mut first, mut second) = (String::new(), String::new());
            write_go(&mut first, value);
            write_openmetrics(&mut second, value);
            assert_eq!((first.as_str(), second.as_str()), (go, openmetrics));
        };
        check(0.0, "0", "0.0");
        check(-0.0, "-0", "-0.0");
        check(1.0, "1", "1.0");
        check(-12.5, "-12.5", "-12.5");
        check(100000.0, "100000", "100000.0");
        check(1e6, "1e+06", "1e+06");
        check(123456789.0, "1.23456789e+08", "1.23456789e+08");
        check(1e-4, "0.0001", "0.0001");
        check(0.00001, "1e-05", "1e-05");
        check(2.5e-10, "2.5e-10", "2.5e-10");
        check(1e100, "1e+100", "1e+100");
        check(f64::INFINITY, "+Inf", "+Inf");
        check(f64::NAN, "NaN", "NaN");
    }

    proptest! {
        #[test]
        fn every_float_survives_its_text(bits: u64) {
            let value = f64::from_bits(bits);
            let mut text = String::new();
            write_go(&mut text, value);
            let back = parse(text.as_bytes());
            prop_assert_eq!(back.map(f64::to_bits), Some(if value.is_nan() { NORMAL_NAN } else { value }.to_bits()));
        }

        #[test]
        fn decimals_read_as_the_standard_library_reads_them(text in "-?[0-9]{1,19}(\\.[0-9]{0,19})?(e[+-]?[0-9]{1,2})?") {
            prop_assert_eq!(parse(text.as_bytes()), text.parse::<f64>().ok());
        }
    }
}
