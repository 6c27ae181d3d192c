//! Numbers as text, digit for digit as the official Python client writes them.

/// Appends a number: shortest digits that are read back as the same one, always with a fraction or an exponent.
#[inline]
pub fn push(out: &mut Vec<u8>, value: f64) {
    // Counts up to a million are what most samples are.
    if (0.0..1_000_000.0).contains(&value) && value.fract() == 0.0 && value.is_sign_positive() {
        push_integer(out, value as u64);
        return out.extend_from_slice(b".0");
    }
    push_any(out, value);
}

/// Appends an integer.
#[inline]
pub(crate) fn push_integer(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

fn push_any(out: &mut Vec<u8>, value: f64) {
    if value.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    }
    let mut buffer = zmij::Buffer::new();
    let (digits, point) = digits(buffer.format_finite(value.abs()));
    if value.is_sign_negative() {
        out.push(b'-');
    }
    // Positive numbers get an exponent from 10^6 on, negative ones from 10^16 on: so does the Python client.
    let large = if value > 0.0 { 7 } else { 17 };
    if digits.iter().all(|digit| *digit == b'0') {
        out.extend_from_slice(b"0.0");
    } else if point >= large || point < -3 {
        push_scientific(out, &digits, point);
    } else if point <= 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', point.unsigned_abs() as usize));
        out.extend_from_slice(&digits);
    } else {
        let whole = (point as usize).min(digits.len());
        out.extend_from_slice(&digits[..whole]);
        out.extend(std::iter::repeat_n(b'0', point as usize - whole));
        out.push(b'.');
        out.extend_from_slice(if whole < digits.len() { &digits[whole..] } else { b"0" });
    }
}

fn push_scientific(out: &mut Vec<u8>, digits: &[u8], point: i32) {
    out.push(digits[0]);
    if digits.len() > 1 {
        out.push(b'.');
        out.extend_from_slice(&digits[1..]);
    }
    let exponent = point - 1;
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    if exponent.abs() < 10 {
        out.push(b'0');
    }
    push_integer(out, u64::from(exponent.unsigned_abs()));
}

/// The significant digits of a formatted number, and where the decimal point is counted from the first of them.
fn digits(text: &str) -> (Vec<u8>, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let leading = all.iter().take_while(|digit| **digit == b'0').count().min(all.len() - 1);
    let trailing = all[leading..].iter().rev().take_while(|digit| **digit == b'0').count();
    let end = (all.len() - trailing).max(leading + 1);
    (all[leading..end].to_vec(), whole.len() as i32 + exponent - leading as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_python_client() {
        let check = |value: f64, want: &str| {
            let mut out = Vec::new();
            push(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), want);
        };
        check(0.0, "0.0");
        check(-0.0, "-0.0");
        check(1.0, "1.0");
        check(-1.5, "-1.5");
        check(0.005, "0.005");
        check(0.0001, "0.0001");
        check(0.00001, "1e-05");
        check(1.5e-7, "1.5e-07");
        check(999_999.0, "999999.0");
        check(1_000_000.0, "1e+06");
        check(1_234_567.0, "1.234567e+06");
        check(1_234_567.25, "1.23456725e+06");
        check(123_456.5, "123456.5");
        check(-1_234_567.0, "-1234567.0");
        check(1e16, "1e+16");
        check(-1e16, "-1e+16");
        check(-1e15, "-1000000000000000.0");
        check(1.7e300, "1.7e+300");
        check(f64::MAX, "1.7976931348623157e+308");
        check(5e-324, "5e-324");
        check(f64::INFINITY, "+Inf");
        check(f64::NEG_INFINITY, "-Inf");
        check(f64::NAN, "NaN");
        check(1_700_000_000.123, "1.700000000123e+09");
    }

    #[test]
    fn integers_of_any_size() {
        let mut out = Vec::new();
        push_integer(&mut out, u64::MAX);
        assert_eq!(out, b"18446744073709551615");
    }
}
