//! Numbers as text, in the forms that messages and labels of Prometheus have them.

use model::histogram::format_general;

/// At most `digits` significant digits, with an exponent where it is below 1e-4 or more than the digits can tell.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if let Some(name) = special(value) {
        return name.to_owned();
    }
    let text = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && (exponent < -4 || exponent >= digits as i32) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), exponent.abs());
    }
    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    trim(&format!("{value:.decimals$}")).to_owned()
}

/// All digits and no exponent: `+Inf`, `-Inf` and `NaN` by name.
pub(crate) fn plain(value: f64) -> String {
    match special(value) {
        Some(name) => name.to_owned(),
        None => format!("{value}"),
    }
}

/// As OpenMetrics writes numbers: in their shortest form, and whole numbers end in `.0`.
pub(crate) fn open_metrics(value: f64) -> String {
    let text = format_general(value);
    let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if whole { text + ".0" } else { text }
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        return Some("NaN");
    }
    value.is_infinite().then_some(if value > 0.0 { "+Inf" } else { "-Inf" })
}

fn trim(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_limited() {
        assert_eq!(significant(1.25, 2), "1.2");
        assert_eq!(significant(1234.0, 2), "1.2e+03");
        assert_eq!(significant(10.0, 2), "10");
        assert_eq!(significant(0.0, 2), "0");
    }

    #[test]
    fn labels_have_their_own_forms() {
        assert_eq!(plain(1e21), "1000000000000000000000");
        assert_eq!(plain(f64::NEG_INFINITY), "-Inf");
        assert_eq!(open_metrics(1.0), "1.0");
        assert_eq!(open_metrics(0.99), "0.99");
        assert_eq!(open_metrics(1e21), "1e+21");
    }
}
