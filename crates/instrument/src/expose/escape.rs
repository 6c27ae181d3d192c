//! Names and values as a format wants them: what classic Prometheus cannot read is escaped in the way a scraper asked for.

use std::borrow::Cow;
use std::fmt::Write;

use crate::metrics::naming::{
    is_legacy_label, is_legacy_label_character, is_legacy_metric, is_legacy_metric_character,
};

/// How names are written that classic Prometheus cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Scheme {
    /// Quoted, as they are.
    AllowUtf8,
    /// Every character that cannot be read becomes an underscore.
    #[default]
    Underscores,
    /// Dots become `_dot_`, underscores are doubled, so that dots can be restored.
    Dots,
    /// Every character that cannot be read becomes its number, so that all can be restored.
    Values,
}

impl Scheme {
    /// Its name in `Accept` and `Content-Type`.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::AllowUtf8 => "allow-utf-8",
            Scheme::Underscores => "underscores",
            Scheme::Dots => "dots",
            Scheme::Values => "values",
        }
    }

    /// The scheme of that name.
    pub fn from_name(name: &str) -> Option<Scheme> {
        [Scheme::AllowUtf8, Scheme::Underscores, Scheme::Dots, Scheme::Values]
            .into_iter()
            .find(|scheme| scheme.name() == name)
    }
}

/// The name of a metric, without quotes.
pub(crate) fn metric_name(name: &str, scheme: Scheme) -> Cow<'_, str> {
    escaped(name, scheme, is_legacy_metric(name), is_legacy_metric_character)
}

/// The name of a label, without quotes.
pub(crate) fn label_name(name: &str, scheme: Scheme) -> Cow<'_, str> {
    escaped(name, scheme, is_legacy_label(name), is_legacy_label_character)
}

fn escaped(name: &str, scheme: Scheme, legacy: bool, is_legacy: fn(char, usize) -> bool) -> Cow<'_, str> {
    // Dots must be told from underscores in every name, whatever it holds.
    if scheme == Scheme::AllowUtf8 || (legacy && scheme != Scheme::Dots) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 16);
    if scheme == Scheme::Values {
        out.push_str("U__");
    }
    for (at, character) in name.chars().enumerate() {
        match (scheme, character) {
            (Scheme::Dots | Scheme::Values, '_') => out.push_str("__"),
            (Scheme::Dots, '.') => out.push_str("_dot_"),
            _ if is_legacy(character, at) => out.push(character),
            (Scheme::Dots, _) => out.push_str("__"),
            (Scheme::Values, _) => {
                let _ = write!(out, "_{:x}_", u32::from(character));
            }
            _ => out.push('_'),
        }
    }
    Cow::Owned(out)
}

/// Appends a label value, or a quoted name, between its quotes.
#[inline]
pub fn push_value(out: &mut Vec<u8>, value: &[u8]) {
    let special = |byte: &u8| matches!(byte, b'\\' | b'"' | b'\n');
    if !value.iter().any(special) {
        return out.extend_from_slice(value);
    }
    for byte in value {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'"' => out.extend_from_slice(b"\\\""),
            b'\n' => out.extend_from_slice(b"\\n"),
            byte => out.push(*byte),
        }
    }
}

/// Appends a help text. OpenMetrics also escapes quotes in it.
pub fn push_help(out: &mut Vec<u8>, help: &str, quotes: bool) {
    for byte in help.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'"' if quotes => out.extend_from_slice(b"\\\""),
            byte => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_asked() {
        let check = |name: &str, want: [&str; 4]| {
            let schemes = [Scheme::AllowUtf8, Scheme::Underscores, Scheme::Dots, Scheme::Values];
            assert_eq!(schemes.map(|scheme| metric_name(name, scheme).into_owned()), want);
        };
        check("http_requests", ["http_requests", "http_requests", "http__requests", "http_requests"]);
        check(
            "http.requests",
            ["http.requests", "http_requests", "http_dot_requests", "U__http_2e_requests"],
        );
        check("http.re_q", ["http.re_q", "http_re_q", "http_dot_re__q", "U__http_2e_re__q"]);
        check("größe", ["größe", "gr__e", "gr____e", "U__gr_f6__df_e"]);
        check("1st", ["1st", "_st", "__st", "U___31_st"]);
        assert_eq!(label_name("a:b", Scheme::Underscores), "a_b");
    }

    #[test]
    fn values_are_escaped_where_they_must_be() {
        let check = |value: &str, want: &str| {
            let mut out = Vec::new();
            push_value(&mut out, value.as_bytes());
            assert_eq!(String::from_utf8(out).unwrap(), want);
        };
        check("plain", "plain");
        check("a\\b\"c\nd\re", "a\\\\b\\\"c\\nd\re");
    }
}
