//! How OpenTelemetry's names become those of metrics and labels.

use std::borrow::Cow;

use super::request::Kind;

/// What happens to names. Called as the configuration calls it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Characters outside the classic alphabet become underscores; unit and type are appended.
    #[default]
    UnderscoreEscapingWithSuffixes,
    /// Characters outside the classic alphabet become underscores; nothing is appended.
    UnderscoreEscapingWithoutSuffixes,
    /// Names stay as they are; unit and type are appended.
    NoUTF8EscapingWithSuffixes,
    /// Names stay as they are.
    NoTranslation,
}

impl Strategy {
    /// The strategy of that name.
    pub fn from_name(name: &str) -> Option<Strategy> {
        Some(match name {
            "UnderscoreEscapingWithSuffixes" => Strategy::UnderscoreEscapingWithSuffixes,
            "UnderscoreEscapingWithoutSuffixes" => Strategy::UnderscoreEscapingWithoutSuffixes,
            "NoUTF8EscapingWithSuffixes" => Strategy::NoUTF8EscapingWithSuffixes,
            "NoTranslation" => Strategy::NoTranslation,
            _ => return None,
        })
    }

    fn escapes(self) -> bool {
        matches!(self, Strategy::UnderscoreEscapingWithSuffixes | Strategy::UnderscoreEscapingWithoutSuffixes)
    }

    /// The name of a metric family.
    pub(crate) fn metric(self, name: &str, unit: &str, kind: Kind, is_monotonic: bool) -> String {
        let is_counter = kind == Kind::Sum && is_monotonic;
        let is_ratio = kind == Kind::Gauge && unit.trim() == "1";
        match self {
            Strategy::UnderscoreEscapingWithSuffixes => {
                escaped_with_suffixes(name, unit, is_counter, is_ratio)
            }
            Strategy::UnderscoreEscapingWithoutSuffixes => {
                let is_valid = |byte: char| byte.is_ascii_alphanumeric() || byte == ':' || byte == '_';
                let parts: Vec<&str> = name.split(|c| !is_valid(c)).filter(|part| !part.is_empty()).collect();
                not_a_digit_first(parts.join("_"), "_")
            }
            Strategy::NoUTF8EscapingWithSuffixes => with_suffixes(name, unit, is_counter, is_ratio),
            Strategy::NoTranslation => name.to_owned(),
        }
    }

    /// The name of a label.
    pub(crate) fn label<'a>(self, name: &'a str) -> Cow<'a, str> {
        if !self.escapes() || model::names::is_legacy_label_name(name) && !name.starts_with('_') {
            return Cow::Borrowed(name);
        }
        let escape = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
        let escaped: String = name.chars().map(escape).collect();
        if escaped.starts_with('_') && !escaped.starts_with("__") {
            return format!("key{escaped}").into();
        }
        not_a_digit_first(escaped, "key_").into()
    }
}

fn not_a_digit_first(name: String, prefix: &str) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("{prefix}{name}") } else { name }
}

fn escaped_with_suffixes(name: &str, unit: &str, is_counter: bool, is_ratio: bool) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == ':';
    let mut words: Vec<String> =
        name.split(|c| !is_word(c)).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let (main, per) = unit_words(unit);
    let (main, per) = (cleaned(&main), cleaned(&per));
    if !main.is_empty() && !words.contains(&main) {
        words.push(main);
    }
    if !per.is_empty() && !words.contains(&per) {
        words.extend(["per".to_owned(), per]);
    }
    let last = if is_counter { "total" } else { "ratio" };
    if is_counter || is_ratio {
        words.retain(|word| word != last);
        words.push(last.to_owned());
    }
    not_a_digit_first(words.join("_"), "_")
}

fn with_suffixes(name: &str, unit: &str, is_counter: bool, is_ratio: bool) -> String {
    let (main, per) = unit_words(unit);
    let last = if is_counter { "total" } else { "ratio" };
    let mut name = name.to_owned();
    if is_counter || is_ratio {
        trim_word(&mut name, last);
    }
    if !per.is_empty() {
        trim_word(&mut name, &format!("per_{per}"));
    }
    if !main.is_empty() {
        trim_word(&mut name, &main);
        name = format!("{name}_{main}");
    }
    if !per.is_empty() {
        name = format!("{name}_per_{per}");
    }
    if is_counter || is_ratio {
        name = format!("{name}_{last}");
    }
    name
}

/// Takes a word and the separator before it off the end of a name.
fn trim_word(name: &mut String, word: &str) {
    let stem = name.strip_suffix(word).filter(|stem| !stem.is_empty());
    let stem = stem.and_then(|stem| stem.strip_suffix(|c: char| !c.is_alphanumeric()));
    if let Some(length) = stem.map(str::len).filter(|&length| length > 0) {
        name.truncate(length);
    }
}

/// The words a unit adds to a name: what is counted, and per what. Units in braces are remarks and add nothing.
fn unit_words(unit: &str) -> (String, String) {
    let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
    let (main, per) = (main.trim(), per.trim());
    let is_remark = |unit: &str| unit.contains(['{', '}']);
    let main = if is_remark(main) { "" } else { look_up(&UNITS, main) };
    let per = if is_remark(per) { "" } else { look_up(&UNITS_PER, per) };
    (main.to_owned(), per.to_owned())
}

fn look_up<'a>(table: &'a [(&'a str, &'a str)], unit: &'a str) -> &'a str {
    table.iter().find(|(short, _)| *short == unit).map_or(unit, |(_, long)| long)
}

fn cleaned(unit: &str) -> String {
    let words: Vec<&str> =
        unit.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_")
}

/// UCUM's abbreviations, and the words that metric names have for them.
const UNITS: [(&str, &str); 26] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("%", "percent"),
    ("1", ""),
];

const UNITS_PER: [(&str, &str); 7] = [
    ("s", "second"),
    ("m", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_names() {
        let check = |name, unit, kind, monotonic, want: [&str; 4]| {
            let strategies = [
                Strategy::UnderscoreEscapingWithSuffixes,
                Strategy::UnderscoreEscapingWithoutSuffixes,
                Strategy::NoUTF8EscapingWithSuffixes,
                Strategy::NoTranslation,
            ];
            assert_eq!(strategies.map(|strategy| strategy.metric(name, unit, kind, monotonic)), want);
        };
        check(
            "http.server.duration",
            "s",
            Kind::Histogram,
            false,
            [
                "http_server_duration_seconds",
                "http_server_duration",
                "http.server.duration_seconds",
                "http.server.duration",
            ],
        );
        check(
            "requests",
            "{request}",
            Kind::Sum,
            true,
            ["requests_total", "requests", "requests_total", "requests"],
        );
        check("a.total.b", "1", Kind::Sum, true, ["a_b_total", "a_total_b", "a.total.b_total", "a.total.b"]);
        check("cpu.use", "1", Kind::Gauge, false, ["cpu_use_ratio", "cpu_use", "cpu.use_ratio", "cpu.use"]);
        check(
            "speed",
            "m/s",
            Kind::Gauge,
            false,
            ["speed_meters_per_second", "speed", "speed_meters_per_second", "speed"],
        );
        check(
            "disk_bytes",
            "By",
            Kind::Gauge,
            false,
            ["disk_bytes", "disk_bytes", "disk_bytes", "disk_bytes"],
        );
        check("2xx", "", Kind::Gauge, false, ["_2xx", "_2xx", "2xx", "2xx"]);
        check("load", "%", Kind::Gauge, false, ["load_percent", "load", "load_percent", "load"]);
    }

    #[test]
    fn label_names() {
        let check = |name, want: &str| {
            assert_eq!(Strategy::default().label(name), want);
            assert_eq!(Strategy::NoTranslation.label(name), name);
        };
        check("http.status_code", "http_status_code");
        check("1st", "key_1st");
        check("_private", "key_private");
        check("__reserved", "__reserved");
        check("plain", "plain");
    }
}
