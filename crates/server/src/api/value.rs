//! Numbers and times as the API writes them: a value is a string in the shortest form that reads back the same, a
//! time is seconds with at most three decimals.

use model::Timestamp;

/// A sample's value: `1`, `0.1`, `1e+21`, `NaN`, `+Inf`.
pub fn value_text(value: f64) -> String {
    let mut text = Vec::new();
    push_value(&mut text, value);
    String::from_utf8_lossy(&text).into_owned()
}

/// Appends a sample's value, as `value_text` writes it.
pub fn push_value(out: &mut Vec<u8>, value: f64) {
    let whole = value as i64;
    let magnitude = value.abs();
    if magnitude < WHOLE_MAX && whole as f64 == value && (whole != 0 || value.is_sign_positive()) {
        push_integer(out, whole);
    } else if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    } else if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        out.extend_from_slice(exponent_form(value).as_bytes());
    } else {
        let mut buffer = zmij::Buffer::new();
        let text = buffer.format_finite(value);
        if text.contains('e') {
            // Very large or small: rare enough to be written the slow way.
            out.extend_from_slice(value.to_string().as_bytes());
        } else {
            out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
        }
    }
}

/// Up to here every float that has no fraction is exactly its integer.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Appends a time in seconds, with at most three decimals.
pub fn push_seconds(out: &mut Vec<u8>, time: Timestamp) {
    if time < 0 {
        out.push(b'-');
    }
    let time = time.unsigned_abs();
    push_digits(out, time / 1000);
    let mut fraction = time % 1000;
    if fraction == 0 {
        return;
    }
    let mut places = 3;
    while fraction.is_multiple_of(10) {
        (fraction, places) = (fraction / 10, places - 1);
    }
    let digits = [fraction / 100, fraction / 10 % 10, fraction % 10].map(|digit| b'0' + digit as u8);
    out.push(b'.');
    out.extend_from_slice(&digits[3 - places..]);
}

fn push_integer(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    push_digits(out, value.unsigned_abs());
}

fn push_digits(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            return out.extend_from_slice(&digits[at..]);
        }
    }
}

/// A time as a JSON number.
pub fn seconds(time: Timestamp) -> serde_json::Number {
    if time % 1000 == 0 {
        return (time / 1000).into();
    }
    serde_json::Number::from_f64(time as f64 / 1000.0).unwrap_or_else(|| 0.into())
}

/// A number as JSON, without a fraction where it has none.
pub fn number(value: f64) -> serde_json::Number {
    let whole = value as i64;
    if whole as f64 == value {
        return whole.into();
    }
    serde_json::Number::from_f64(value).unwrap_or_else(|| 0.into())
}

/// The form with an exponent of at least two digits and its sign, as Go and JavaScript write it.
fn exponent_form(value: f64) -> String {
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => match exponent.strip_prefix('-') {
            Some(digits) => format!("{mantissa}e-{digits:0>2}"),
            None => format!("{mantissa}e+{exponent:0>2}"),
        },
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_prometheus_writes_them() {
        let check = |value: f64, want: &str| assert_eq!(value_text(value), want);
        check(0.0, "0");
        check(-0.0, "-0");
        check(1.0, "1");
        check(0.1, "0.1");
        check(-12.0, "-12");
        check(0.000_012_5, "0.0000125");
        check(123_456.789, "123456.789");
        check(9_007_199_254_740_993.0, "9007199254740992");
        check(1.5e17, "150000000000000000");
        check(123_456_789_012_345_680.0, "123456789012345680");
        check(1e20, "100000000000000000000");
        check(1e21, "1e+21");
        check(1.5e300, "1.5e+300");
        check(1e-6, "0.000001");
        check(1e-7, "1e-07");
        check(-2.5e-9, "-2.5e-09");
        check(f64::NAN, "NaN");
        check(f64::INFINITY, "+Inf");
        check(f64::NEG_INFINITY, "-Inf");
    }

    #[test]
    fn times_are_seconds() {
        let check = |time: Timestamp, want: &str| {
            assert_eq!(seconds(time).to_string(), want);
            let mut written = Vec::new();
            push_seconds(&mut written, time);
            assert_eq!(String::from_utf8_lossy(&written), want);
        };
        check(1_435_781_451_781, "1435781451.781");
        check(1_435_781_451_000, "1435781451");
        check(-500, "-0.5");
        check(1_007, "1.007");
        check(1_020, "1.02");
        check(0, "0");
    }

    #[test]
    fn values_read_back_the_same() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..100_000 {
            bits = (bits ^ (bits >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).wrapping_add(1);
            // Exponents that are written in full, and some that are not.
            let exponent = 1023 - 24 + ((bits >> 52) & 63);
            let value = f64::from_bits((bits & 0x800f_ffff_ffff_ffff) | (exponent << 52));
            for value in [value, value.round(), (value * 1e3).round() / 1e3] {
                let text = value_text(value);
                assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()), "{text}");
                // Of two shortest forms that are as near, another one may be chosen.
                assert!(text.len() == value.to_string().len() || text.contains('e'), "{text} {value}");
            }
        }
    }
}
