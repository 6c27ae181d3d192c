//! The rules for names: what no exposition could carry is refused, what the field advises against is a warning or, in
//! a strict registry, refused too.

use super::metric::Kind;
use crate::Error;

/// What a registry does about names that work but break the conventions of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Naming {
    /// Registers the metric and keeps a warning: [`crate::Registry::warnings`].
    #[default]
    Warn,
    /// Refuses the metric.
    Refuse,
    /// Says nothing, for names that come from elsewhere.
    Allow,
}

/// Suffixes that expositions add themselves.
const RESERVED_SUFFIXES: [&str; 5] = ["_bucket", "_count", "_sum", "_info", "_total"];

/// Units that are not the base unit of what they measure.
const SCALED_UNITS: [(&str, &str); 16] = [
    ("_ms", "seconds"),
    ("_milliseconds", "seconds"),
    ("_us", "seconds"),
    ("_microseconds", "seconds"),
    ("_ns", "seconds"),
    ("_nanoseconds", "seconds"),
    ("_minutes", "seconds"),
    ("_hours", "seconds"),
    ("_days", "seconds"),
    ("_kb", "bytes"),
    ("_mb", "bytes"),
    ("_gb", "bytes"),
    ("_kilobytes", "bytes"),
    ("_megabytes", "bytes"),
    ("_gigabytes", "bytes"),
    ("_percent", "ratio"),
];

/// Whether classic Prometheus takes it as the name of a metric.
pub(crate) fn is_legacy_metric(name: &str) -> bool {
    !name.is_empty()
        && name.chars().enumerate().all(|(at, character)| is_legacy_metric_character(character, at))
}

/// Whether classic Prometheus takes it as the name of a label.
pub(crate) fn is_legacy_label(name: &str) -> bool {
    !name.is_empty()
        && name.chars().enumerate().all(|(at, character)| is_legacy_label_character(character, at))
}

pub(crate) fn is_legacy_metric_character(character: char, at: usize) -> bool {
    character == ':' || is_legacy_label_character(character, at)
}

pub(crate) fn is_legacy_label_character(character: char, at: usize) -> bool {
    character == '_' || character.is_ascii_alphabetic() || (character.is_ascii_digit() && at > 0)
}

/// Whether it can be a label at all: any text but the empty one and names that Prometheus keeps to itself.
pub(crate) fn is_label(name: &str) -> bool {
    !name.is_empty() && !name.starts_with("__")
}

/// The name without the suffix that its kind adds but with its unit; what cannot be is refused.
pub(crate) fn base_name(name: &str, help: &str, unit: &str, kind: Kind) -> Result<String, Error> {
    let refuse = |advice: String| Err(Error::Naming { name: name.to_owned(), advice });
    if name.is_empty() {
        return refuse("it needs a name".to_owned());
    }
    if help.trim().is_empty() {
        return refuse("it needs a help text that says what it counts".to_owned());
    }
    let suffix = kind.suffix();
    let base = if suffix.is_empty() { name } else { name.strip_suffix(suffix).unwrap_or(name) };
    let named = unit.is_empty() || base.ends_with(&format!("_{unit}"));
    Ok(if named { base.to_owned() } else { format!("{base}_{unit}") })
}

/// Refuses label names that no sample could have.
pub(crate) fn check_labels(metric: &str, names: &[&str], kind: Kind) -> Result<(), Error> {
    let refuse = |advice: String| Err(Error::Naming { name: metric.to_owned(), advice });
    for (at, name) in names.iter().enumerate() {
        let own = matches!((kind, *name), (Kind::Histogram, "le") | (Kind::Summary, "quantile"));
        if own || !is_label(name) || (kind == Kind::StateSet && *name == metric) {
            return refuse(format!("`{name}` cannot be a label"));
        }
        if names[..at].contains(name) {
            return refuse(format!("the label `{name}` is there twice"));
        }
    }
    Ok(())
}

/// What the conventions say against a metric: lines of advice.
pub(crate) fn advice(base: &str, kind: Kind, labels: &[&str]) -> Vec<String> {
    let mut advice = Vec::new();
    if let Some(suffix) = RESERVED_SUFFIXES.iter().find(|suffix| base.ends_with(**suffix)) {
        advice.push(format!("`{suffix}` at its end is for what expositions add"));
    }
    for name in std::iter::once(base).chain(labels.iter().copied()) {
        if !is_snake_case(name) {
            advice.push(format!(
                "`{name}` is not snake_case: lower-case letters, digits and single underscores"
            ));
        }
    }
    if let Some((suffix, better)) = SCALED_UNITS.iter().find(|(suffix, _)| base.ends_with(suffix)) {
        advice.push(format!("measure in {better}, the base unit, instead of `{}`", &suffix[1..]));
    }
    if kind == Kind::Histogram && base.ends_with("_histogram")
        || kind == Kind::Counter && base.ends_with("_counter")
    {
        advice.push("the type has no place in the name".to_owned());
    }
    if labels.iter().any(|label| base.contains(&format!("_by_{label}"))) {
        advice.push("the name of a label has no place in the name".to_owned());
    }
    advice
}

fn is_snake_case(name: &str) -> bool {
    // Colons are for rules that record.
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_')
        && !name.contains("__")
        && !name.ends_with('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_expositions_add_is_taken_off_or_refused() {
        let check = |name: &str, kind, want: Option<&str>| {
            assert_eq!(base_name(name, "Help.", "", kind).ok().as_deref(), want, "{name}");
        };
        check("orders_total", Kind::Counter, Some("orders"));
        check("orders", Kind::Counter, Some("orders"));
        check("build_info", Kind::Info, Some("build"));
        check("orders_created_total", Kind::Counter, Some("orders_created"));
        check("http.server.duration", Kind::Histogram, Some("http.server.duration"));
        check("", Kind::Gauge, None);
        assert_eq!(base_name("latency", "Help.", "seconds", Kind::Gauge).as_deref(), Ok("latency_seconds"));
        assert_eq!(
            base_name("wait_seconds_total", "Help.", "seconds", Kind::Counter).as_deref(),
            Ok("wait_seconds")
        );
        assert!(base_name("orders", " ", "", Kind::Counter).is_err());
    }

    #[test]
    fn labels_that_cannot_be() {
        let check = |names: &[&str], kind, want| {
            assert_eq!(check_labels("m", names, kind).is_ok(), want, "{names:?}")
        };
        check(&["method", "route"], Kind::Counter, true);
        check(&["method", "method"], Kind::Counter, false);
        check(&["__name__"], Kind::Counter, false);
        check(&["le"], Kind::Histogram, false);
        check(&["le"], Kind::Counter, true);
        check(&["quantile"], Kind::Summary, false);
        check(&["m"], Kind::StateSet, false);
        check(&[""], Kind::Counter, false);
    }

    #[test]
    fn the_conventions_of_the_field() {
        let check = |base: &str, kind, labels: &[&str], want: usize| {
            assert_eq!(advice(base, kind, labels).len(), want, "{base}: {:?}", advice(base, kind, labels));
        };
        check("http_request_duration_seconds", Kind::Histogram, &["method"], 0);
        check("requestDuration", Kind::Gauge, &[], 1);
        check("latency_ms", Kind::Gauge, &[], 1);
        check("orders_by_method", Kind::Counter, &["method"], 1);
        check("orders", Kind::Counter, &["paymentMethod"], 1);
        check("orders_total", Kind::Gauge, &[], 1);
        check("orders_count", Kind::Histogram, &[], 1);
        check("orders_created", Kind::Counter, &[], 0);
        check("orders_counter", Kind::Counter, &[], 1);
    }
}
