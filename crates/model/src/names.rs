//! Names of metrics and labels: what is valid, how text is quoted, and how names of any characters are escaped for
//! those who know only the classic ones.

use std::borrow::Cow;

/// Whether `name` is a metric name of the classic form `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub fn is_legacy_metric_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_' || first == b':')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':')
}

/// Whether `name` is a label name of the classic form `[a-zA-Z_][a-zA-Z0-9_]*`.
pub fn is_legacy_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `text` in double quotes, escaped as Go's `strconv.Quote` does, which is how Prometheus prints strings.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\x0b' => quoted.push_str("\\v"),
            control if (control as u32) < 0x20 || control == '\x7f' => {
                quoted.push_str(&format!("\\x{:02x}", control as u32));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// `name` with `_` for every character that classic names do not have: the scheme `underscores`, which cannot be undone.
pub fn escape_underscores(name: &str) -> Cow<'_, str> {
    if is_legacy_metric_name(name) {
        return name.into();
    }
    name.char_indices()
        .map(|(place, character)| if is_legacy(place, character) { character } else { '_' })
        .collect()
}

/// `name` with `_dot_` for a dot and `__` for an underscore, which can be undone, and `__` for every other character that
/// classic names do not have, which cannot: the scheme `dots`.
pub fn escape_dots(name: &str) -> Cow<'_, str> {
    if is_legacy_metric_name(name) && !name.contains('_') {
        return name.into();
    }
    let mut escaped = String::with_capacity(name.len() + 16);
    for (place, character) in name.char_indices() {
        match character {
            '.' => escaped.push_str("_dot_"),
            '_' => escaped.push_str("__"),
            legacy if is_legacy(place, legacy) => escaped.push(legacy),
            _ => escaped.push_str("__"),
        }
    }
    escaped.into()
}

/// `name`, unless it is a classic one, with `U__` before it, `__` for an underscore, and `_` hexadecimal code point `_` for
/// every character that classic names do not have: the scheme `values`, which can always be undone.
pub fn escape_values(name: &str) -> Cow<'_, str> {
    if name.is_empty() || is_legacy_metric_name(name) {
        return name.into();
    }
    let mut escaped = String::with_capacity(name.len() + 16);
    escaped.push_str(VALUES_PREFIX);
    for (place, character) in name.char_indices() {
        match character {
            '_' => escaped.push_str("__"),
            legacy if is_legacy(place, legacy) => escaped.push(legacy),
            other => escaped.push_str(&format!("_{:x}_", other as u32)),
        }
    }
    escaped.into()
}

/// Undoes `escape_dots`.
pub fn unescape_dots(name: &str) -> Cow<'_, str> {
    if !name.contains('_') {
        return name.into();
    }
    name.replace("_dot_", ".").replace("__", "_").into()
}

/// Undoes `escape_values`; a name that was not escaped so, or wrongly, stays as it is.
pub fn unescape_values(name: &str) -> Cow<'_, str> {
    match name.strip_prefix(VALUES_PREFIX).and_then(unescaped_values) {
        Some(unescaped) => unescaped.into(),
        None => name.into(),
    }
}

/// What names escaped by `values` begin with.
const VALUES_PREFIX: &str = "U__";

fn unescaped_values(escaped: &str) -> Option<String> {
    let mut name = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((plain, code)) = rest.split_once('_') {
        name.push_str(plain);
        let (digits, after) = code.split_once('_')?;
        name.push(match digits {
            "" => '_',
            _ if digits.len() <= 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
            }
            _ => return None,
        });
        rest = after;
    }
    name.push_str(rest);
    Some(name)
}

/// Whether classic metric names may have `character` at `place`.
fn is_legacy(place: usize, character: char) -> bool {
    character.is_ascii_alphabetic()
        || matches!(character, '_' | ':')
        || (place > 0 && character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, underscores: &str, dots: &str, values: &str) {
        assert_eq!(escape_underscores(name), underscores);
        assert_eq!(escape_dots(name), dots);
        assert_eq!(escape_values(name), values);
        assert_eq!(unescape_values(values), name);
    }

    #[test]
    fn names_are_escaped_by_each_scheme() {
        check("", "", "", "");
        check("up", "up", "up", "up");
        check(
            "http_requests:rate5m",
            "http_requests:rate5m",
            "http__requests:rate5m",
            "http_requests:rate5m",
        );
        check("http.status_code", "http_status_code", "http_dot_status__code", "U__http_2e_status__code");
        check("5xx", "_xx", "__xx", "U___35_xx");
        check("a b/c", "a_b_c", "a__b__c", "U__a_20_b_2f_c");
        check("花火", "__", "____", "U___82b1__706b_");
        check("\u{10ffff}", "_", "__", "U___10ffff_");
        assert_eq!(unescape_dots("http_dot_status__code"), "http.status_code");
    }

    #[test]
    fn what_was_not_escaped_by_values_stays() {
        for name in [
            "up",
            "U_",
            "U__a_",
            "U__a_2",
            "U__a_zz_",
            "U__a_d800_",
            "U__a_110000_",
            "U__a_0000020_b",
            "U__a_+20_b",
            "_2e_",
        ] {
            assert_eq!(unescape_values(name), name);
        }
        assert_eq!(unescape_values("U__a_2E_b"), "a.b");
        assert_eq!(unescape_values("U__a__b"), "a_b");
    }

    #[test]
    fn quoting_escapes_what_go_escapes() {
        assert_eq!(quote("a\"b\\c\n\u{1}ä"), "\"a\\\"b\\\\c\\n\\x01ä\"");
    }
}
