//! Numbers and times as the API writes them: a value is a string in the shortest form that reads back the same, a
//! time is seconds with at most three decimals.

use model::Timestamp;

/// A sample's value: `1`, `0.1`, `1e+21`, `NaN`, `+Inf`.
pub fn value_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        return exponent_form(value);
    }
    value.to_string()
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
        let check = |time: Timestamp, want: &str| assert_eq!(seconds(time).to_string(), want);
        check(1_435_781_451_781, "1435781451.781");
        check(1_435_781_451_000, "1435781451");
        check(-500, "-0.5");
    }
}
