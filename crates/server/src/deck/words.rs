//! Numbers and names in the sentences of the deck.

/// A duration as people say it: `3.1 s`, `420 ms`.
pub fn seconds(value: f64) -> String {
    match value.abs() {
        size if size >= 7200.0 => format!("{} h", digits(value / 3600.0)),
        size if size >= 120.0 => format!("{} min", digits(value / 60.0)),
        size if size >= 1.0 => format!("{} s", digits(value)),
        size if size >= 1e-3 => format!("{} ms", digits(value * 1e3)),
        _ => format!("{} µs", digits(value * 1e6)),
    }
}

/// A share of one as percent: `7.2 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", digits(share * 100.0))
}

/// A rate per second, or per minute where that is easier to read.
pub fn rate(value: f64) -> String {
    if value > 0.0 && value < 0.1 {
        format!("{}/min", digits(value * 60.0))
    } else {
        format!("{}/s", digits(value))
    }
}

/// Two digits where they matter: `0.12`, `3.1`, `42`, `1200`.
pub fn digits(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 9.95 || size == 0.0 => format!("{value:.0}"),
        size if size >= 0.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        None => text,
    }
}

/// A sentence begins with a capital letter.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `1 service`, `2 services`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let check = |got: String, want: &str| assert_eq!(got, want);
        check(seconds(3.12), "3.1 s");
        check(seconds(0.42), "420 ms");
        check(seconds(300.0), "5 min");
        check(seconds(9000.0), "2.5 h");
        check(seconds(0.0000042), "4.2 µs");
        check(percent(0.072), "7.2 %");
        check(percent(0.4211), "42 %");
        check(rate(1234.5), "1234/s");
        check(rate(0.05), "3/min");
        check(digits(0.0), "0");
        check(digits(0.999), "1");
        check(count(1, "service"), "1 service");
        check(count(0, "host"), "0 hosts");
    }
}
