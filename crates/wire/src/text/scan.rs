//! Reads one line of an exposition, the slow way: everything checked, every complaint with its column.
//!
//! ```text
//! sample   := name [ '{' pairs '}' ] value [ time ] [ '#' '{' pairs '}' value [ time ] ]
//!           | '{' '"' name '"' [ ',' pairs ] '}' ...
//! comment  := '#' 'TYPE' name kind | '#' 'HELP' name text | '#' 'UNIT' name unit | '#' 'EOF' | '#' anything
//! ```
//! Text format takes blanks and tabs freely, times in milliseconds and no exemplars. OpenMetrics takes single
//! blanks, times in seconds, and no comments of its own making.

use std::borrow::Cow;

use model::{Exemplar, Labels, METRIC_NAME, MetricType, Timestamp};

use crate::float;

/// Which of the two formats a line is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Text,
    OpenMetrics,
}

/// A complaint: the byte in the line, counted from 0, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) message: Cow<'static, str>,
}

fn fault<T>(at: usize, message: impl Into<Cow<'static, str>>) -> Result<T, Fault> {
    Err(Fault { at, message: message.into() })
}

/// A line that holds no sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Comment<'a> {
    /// Nothing a reader needs.
    Other,
    /// The last line of OpenMetrics.
    Eof,
    Type(Cow<'a, str>, MetricType),
    Help(Cow<'a, str>, Cow<'a, str>),
    Unit(Cow<'a, str>, Cow<'a, str>),
}

/// The series a sample line begins with. Escapes are resolved; empty values are still there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SeriesPart<'a> {
    pub(crate) name: Cow<'a, str>,
    /// In the order they were written, without the name.
    pub(crate) labels: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Where in the line the value begins.
    pub(crate) value_start: usize,
}

/// What follows the value: nothing, mostly.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tail {
    pub(crate) time: Option<Timestamp>,
    pub(crate) exemplar: Option<Exemplar>,
}

impl<'a> SeriesPart<'a> {
    /// The label set, with bounds and quantiles in their one spelling. Names must be unique.
    pub(crate) fn to_labels(&self, kind: MetricType) -> Result<Labels, Fault> {
        let mut pairs: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(self.labels.len() + 1);
        if !self.name.is_empty() {
            pairs.push((METRIC_NAME, Cow::Borrowed(&self.name)));
        }
        for (name, value) in &self.labels {
            pairs.push((name, normalise_bound(kind, name, value)));
        }
        pairs.sort_unstable_by(|left, right| left.0.cmp(right.0));
        if let Some(twice) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return fault(0, format!("label {:?} is given twice", twice[0].0));
        }
        pairs.retain(|(_, value)| !value.is_empty());
        Ok(Labels::from_sorted(pairs.iter().map(|(name, value)| (*name, value.as_ref()))))
    }
}

/// `le="1"` and `le="1.0"` are one bound; the second spelling is the one that is kept.
pub(crate) fn normalise_bound<'a>(kind: MetricType, name: &str, value: &'a str) -> Cow<'a, str> {
    let is_bound = match kind {
        MetricType::Histogram | MetricType::GaugeHistogram => name == "le",
        MetricType::Summary => name == "quantile",
        _ => false,
    };
    match is_bound.then(|| float::parse(value.as_bytes())).flatten() {
        Some(bound) => {
            let mut text = String::with_capacity(value.len() + 2);
            float::write_openmetrics(&mut text, bound);
            Cow::Owned(text)
        }
        None => Cow::Borrowed(value),
    }
}

/// Whether the line is a comment or blank, which `comment` reads; else `series` does.
pub(crate) fn is_comment(line: &[u8], dialect: Dialect) -> bool {
    match dialect {
        Dialect::OpenMetrics => matches!(line.first(), None | Some(b'#')),
        Dialect::Text => matches!(trim_start(line).first(), None | Some(b'#')),
    }
}

/// Reads a comment or a blank line.
pub(crate) fn comment(line: &[u8], dialect: Dialect) -> Result<Comment<'_>, Fault> {
    match dialect {
        Dialect::Text => text_comment(line),
        Dialect::OpenMetrics => openmetrics_comment(line),
    }
}

fn text_comment(line: &[u8]) -> Result<Comment<'_>, Fault> {
    let mut cursor = Cursor { line, at: 0, dialect: Dialect::Text };
    cursor.blanks();
    if cursor.peek().is_none() {
        return Ok(Comment::Other);
    }
    cursor.at += 1;
    cursor.blanks();
    let keyword = match line[cursor.at..].iter().position(|byte| matches!(byte, b' ' | b'\t')) {
        Some(length) => &line[cursor.at..cursor.at + length],
        None => return Ok(Comment::Other),
    };
    if keyword != b"TYPE" && keyword != b"HELP" {
        return Ok(Comment::Other);
    }
    cursor.at += keyword.len();
    cursor.blanks();
    if cursor.peek().is_none() {
        return Ok(Comment::Other);
    }
    let family = cursor.family()?;
    cursor.blanks();
    let rest = cursor.rest_text()?;
    if keyword == b"HELP" {
        return Ok(Comment::Help(family, unescape(rest)));
    }
    match rest.trim_end_matches([' ', '\t']).parse() {
        Ok(kind) => Ok(Comment::Type(family, kind)),
        Err(()) => fault(cursor.at, format!("{rest:?} is no metric type")),
    }
}

fn openmetrics_comment(line: &[u8]) -> Result<Comment<'_>, Fault> {
    if line.is_empty() {
        return fault(0, "a blank line, which OpenMetrics does not allow");
    }
    if line == b"# EOF" {
        return Ok(Comment::Eof);
    }
    let (keyword, start) = match line.get(..7) {
        Some(b"# TYPE ") => ("TYPE", 7),
        Some(b"# HELP ") => ("HELP", 7),
        Some(b"# UNIT ") => ("UNIT", 7),
        _ => return fault(0, "expected # TYPE, # HELP, # UNIT or # EOF, each with single blanks"),
    };
    let mut cursor = Cursor { line, at: start, dialect: Dialect::OpenMetrics };
    let family = cursor.family()?;
    if cursor.peek() != Some(b' ') {
        return fault(cursor.at, "expected one blank and a text after the family's name");
    }
    cursor.at += 1;
    let rest_at = cursor.at;
    let rest = cursor.rest_text()?;
    match keyword {
        "HELP" => Ok(Comment::Help(family, unescape(rest))),
        "TYPE" if rest != "untyped" => match rest.parse() {
            Ok(kind) => Ok(Comment::Type(family, kind)),
            Err(()) => fault(rest_at, format!("{rest:?} is no metric type")),
        },
        "TYPE" => fault(rest_at, "\"untyped\" is called \"unknown\" in OpenMetrics"),
        _ => {
            let fits = family.strip_suffix(rest).is_some_and(|stem| rest.is_empty() || stem.ends_with('_'));
            if fits {
                Ok(Comment::Unit(family, Cow::Borrowed(rest)))
            } else {
                fault(rest_at, format!("unit {rest:?} is not the end of the family's name {family:?}"))
            }
        }
    }
}

/// Reads the series at the beginning of a sample line.
pub(crate) fn series(line: &[u8], dialect: Dialect) -> Result<SeriesPart<'_>, Fault> {
    let mut cursor = Cursor { line, at: 0, dialect };
    let mut part = SeriesPart::default();
    cursor.optional_blanks();
    if cursor.peek() != Some(b'{') {
        part.name = Cow::Borrowed(cursor.bare(is_metric_name_byte, "a metric name")?);
        cursor.optional_blanks();
    }
    if cursor.peek() == Some(b'{') {
        cursor.at += 1;
        let start = cursor.at;
        cursor.pairs(&mut part, true)?;
        if part.name.is_empty() && !part.labels.iter().any(|(name, _)| name == METRIC_NAME) {
            return fault(start, "expected a quoted metric name");
        }
        cursor.between_series_and_value();
    } else if dialect == Dialect::OpenMetrics {
        cursor.between_series_and_value();
    }
    let is_separate =
        matches!((line[..cursor.at].last(), dialect), (Some(b' '), _) | (Some(b'\t' | b'}'), Dialect::Text));
    if cursor.peek().is_none() || !is_separate {
        return fault(cursor.at, "expected a value");
    }
    part.value_start = cursor.at;
    Ok(part)
}

/// The bytes of a sample line up to its value, found without checking them: up to the last brace outside quotes
/// that closes, else up to the first blank, and the blanks after it. `None` where there are none such.
pub(crate) fn series_bytes(line: &[u8]) -> Option<&[u8]> {
    let mut end = line.iter().position(|byte| matches!(byte, b'{' | b' ' | b'\t'))?;
    if line[end] == b'{' {
        let mut is_quoted = false;
        loop {
            end += 1;
            match line.get(end)? {
                b'"' => is_quoted = !is_quoted,
                b'\\' if is_quoted => end += 1,
                b'}' if !is_quoted => break,
                _ => {}
            }
        }
        end += 1;
    }
    let blanks = line[end..].iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
    Some(&line[..end + blanks])
}

/// Reads what follows the value of a sample line, from `at` on.
pub(crate) fn tail(line: &[u8], at: usize, dialect: Dialect) -> Result<Tail, Fault> {
    let mut cursor = Cursor { line, at, dialect };
    let mut tail = Tail::default();
    match dialect {
        Dialect::Text => {
            cursor.blanks();
            if cursor.peek().is_some() {
                tail.time = Some(cursor.milliseconds()?);
                cursor.blanks();
            }
        }
        Dialect::OpenMetrics => {
            if cursor.peek() == Some(b' ') && cursor.line.get(cursor.at + 1) != Some(&b'#') {
                cursor.at += 1;
                tail.time = Some(cursor.seconds()?);
            }
            if line[cursor.at..].starts_with(b" # {") {
                cursor.at += 4;
                tail.exemplar = Some(cursor.exemplar()?);
            }
        }
    }
    match cursor.peek() {
        None => Ok(tail),
        Some(_) => fault(cursor.at, "expected the end of the line"),
    }
}

struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
    dialect: Dialect,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Blanks where only text format takes them.
    fn optional_blanks(&mut self) {
        if self.dialect == Dialect::Text {
            self.blanks();
        }
    }

    fn between_series_and_value(&mut self) {
        match self.dialect {
            Dialect::Text => self.blanks(),
            Dialect::OpenMetrics => self.at += usize::from(self.peek() == Some(b' ')),
        }
    }

    fn rest_text(&mut self) -> Result<&'a str, Fault> {
        match std::str::from_utf8(&self.line[self.at..]) {
            Ok(text) => Ok(text),
            Err(error) => fault(self.at + error.valid_up_to(), "not UTF-8"),
        }
    }

    /// The family's name in a comment, bare or quoted.
    fn family(&mut self) -> Result<Cow<'a, str>, Fault> {
        if self.peek() == Some(b'"') {
            let name = self.quoted()?;
            return if name.is_empty() { fault(self.at, "an empty metric name") } else { Ok(name) };
        }
        self.bare(is_metric_name_byte, "a metric name").map(Cow::Borrowed)
    }

    fn bare(&mut self, admits: fn(u8) -> bool, what: &'static str) -> Result<&'a str, Fault> {
        let rest = &self.line[self.at..];
        let length = rest.iter().position(|&byte| !admits(byte)).unwrap_or(rest.len());
        if length == 0 || rest[0].is_ascii_digit() {
            return fault(self.at, format!("expected {what}"));
        }
        self.at += length;
        // Names are admitted byte by byte, and all those are ASCII.
        std::str::from_utf8(&rest[..length]).map_err(|_| Fault { at: self.at, message: "not UTF-8".into() })
    }

    /// A string in double quotes, its escapes resolved.
    fn quoted(&mut self) -> Result<Cow<'a, str>, Fault> {
        let open = self.at;
        if self.peek() != Some(b'"') {
            return fault(open, "expected a double quote");
        }
        let mut end = open + 1;
        loop {
            match self.line[end.min(self.line.len())..].iter().position(|byte| matches!(byte, b'"' | b'\\')) {
                None => return fault(open, "this quote is never closed"),
                Some(skip) if self.line[end + skip] == b'"' => {
                    end += skip;
                    break;
                }
                Some(skip) => end += skip + 2,
            }
        }
        self.at = end + 1;
        match std::str::from_utf8(&self.line[open + 1..end]) {
            Ok(text) => Ok(unescape(text)),
            Err(error) => fault(open + 1 + error.valid_up_to(), "not UTF-8"),
        }
    }

    /// The pairs between braces, behind the opening one, and the closing one. A quoted string that no value
    /// follows is the metric's name, if `name_allowed`.
    fn pairs(&mut self, part: &mut SeriesPart<'a>, name_allowed: bool) -> Result<(), Fault> {
        loop {
            self.optional_blanks();
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(());
            }
            let start = self.at;
            let is_quoted = self.peek() == Some(b'"');
            let name = if is_quoted {
                self.quoted()?
            } else {
                Cow::Borrowed(self.bare(is_label_name_byte, "a label name or }")?)
            };
            self.optional_blanks();
            if name.is_empty() {
                return fault(start, "an empty name");
            }
            if self.peek() == Some(b'=') {
                self.at += 1;
                self.optional_blanks();
                let value = self.quoted()?;
                part.labels.push((name, value));
            } else if is_quoted && name_allowed && part.name.is_empty() {
                part.name = name;
            } else {
                return fault(self.at, "expected = and a quoted value");
            }
            self.optional_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {}
                _ => return fault(self.at, "expected , or }"),
            }
        }
    }

    fn milliseconds(&mut self) -> Result<Timestamp, Fault> {
        let start = self.at;
        self.at += usize::from(matches!(self.peek(), Some(b'-' | b'+')));
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.line[start..self.at]).unwrap_or("");
        text.parse().map_err(|_| Fault { at: start, message: "expected a time in whole milliseconds".into() })
    }

    fn seconds(&mut self) -> Result<Timestamp, Fault> {
        let start = self.at;
        match self.number("a time in seconds")? {
            // Rounded, as 268493630.080 seconds are not exactly that many milliseconds.
            seconds if seconds.is_finite() => Ok((seconds * 1000.0).round() as Timestamp),
            _ => fault(start, "a time must be finite"),
        }
    }

    fn number(&mut self, what: &'static str) -> Result<f64, Fault> {
        match float::parse_prefix(&self.line[self.at..]) {
            Some((value, length)) => {
                self.at += length;
                Ok(value)
            }
            None => fault(self.at, format!("expected {what}")),
        }
    }

    /// An exemplar, behind its opening brace.
    fn exemplar(&mut self) -> Result<Exemplar, Fault> {
        let start = self.at;
        let mut part = SeriesPart::default();
        self.pairs(&mut part, false)?;
        let labels = part.to_labels(MetricType::Unknown).map_err(|error| Fault { at: start, ..error })?;
        if self.peek() != Some(b' ') {
            return fault(self.at, "expected one blank and the exemplar's value");
        }
        self.at += 1;
        let value = self.number("the exemplar's value")?;
        let mut time = None;
        if self.peek() == Some(b' ') {
            self.at += 1;
            time = Some(self.seconds()?);
        }
        Ok(Exemplar { labels, value, time })
    }
}

fn is_metric_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':'
}

fn is_label_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn trim_start(line: &[u8]) -> &[u8] {
    let blanks = line.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
    &line[blanks..]
}

/// Resolves `\\`, `\n` and `\"`. A backslash before anything else stands for itself.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        resolved.push_str(&rest[..at]);
        let (replacement, length) = match rest.as_bytes().get(at + 1) {
            Some(b'n') => ("\n", 2),
            Some(b'"') => ("\"", 2),
            Some(b'\\') => ("\\", 2),
            _ => ("\\", 1),
        };
        resolved.push_str(replacement);
        rest = &rest[at + length..];
    }
    resolved.push_str(rest);
    Cow::Owned(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, dialect: Dialect, want: &str) {
        let read = || -> Result<String, Fault> {
            let part = series(line.as_bytes(), dialect)?;
            let (value, length) = float::parse_prefix(&line.as_bytes()[part.value_start..])
                .ok_or(Fault { at: part.value_start, message: "expected a value".into() })?;
            let tail = tail(line.as_bytes(), part.value_start + length, dialect)?;
            let mut text = format!("{} {value}", part.to_labels(MetricType::Histogram)?);
            if let Some(time) = tail.time {
                text += &format!(" @{time}");
            }
            if let Some(exemplar) = tail.exemplar {
                text += &format!(" # {} {} {:?}", exemplar.labels, exemplar.value, exemplar.time);
            }
            Ok(text)
        };
        assert_eq!(read().unwrap_or_else(|fault| format!("{}: {}", fault.at, fault.message)), want, "{line}");
    }

    #[test]
    fn text_lines() {
        let check = |line, want| check(line, Dialect::Text, want);
        check("up 1", "up 1");
        check("  up\t{ a = \"1\" , b=\"2\", }  1.5  123 ", r#"up{a="1", b="2"} 1.5 @123"#);
        check(r#"up{a="x\\y\"z\n\q"}1"#, r#"up{a="x\\y\"z\n\\q"} 1"#);
        check(r#"{"http.requests", "a.b"="c"} 1 -5"#, r#"{"http.requests", "a.b"="c"} 1 @-5"#);
        check(r#"x_bucket{le="10"} 1"#, r#"x_bucket{le="10.0"} 1"#);
        check(r#"x{a=""} 1"#, "x 1");
        check("0up 1", "0: expected a metric name");
        check("up", "2: expected a value");
        check("up x", "3: expected a value");
        check("up 1 x", "5: expected a time in whole milliseconds");
        check("up 1 1 1", "7: expected the end of the line");
        check(r#"up{a="1} 1"#, "5: this quote is never closed");
        check(r#"up{a="1\"#, "5: this quote is never closed");
        check(r#"up{a=1} 1"#, "5: expected a double quote");
        check(r#"up{a="1" b="2"} 1"#, "9: expected , or }");
        check(r#"up{a="1",a="2"} 1"#, r#"0: label "a" is given twice"#);
        check(r#"up{"other"} 1"#, "10: expected = and a quoted value");
        check(r#"{a="1"} 1"#, "1: expected a quoted metric name");
        check("up 1 # {a=\"b\"} 1", "5: expected a time in whole milliseconds");
    }

    #[test]
    fn openmetrics_lines() {
        let check = |line, want| check(line, Dialect::OpenMetrics, want);
        check("up 1", "up 1");
        check("up 1 1.5", "up 1 @1500");
        check(r#"a_total 1 # {a="b"} 0.5 2"#, r#"a_total 1 # {a="b"} 0.5 Some(2000)"#);
        check(r#"a_total 1 1 # {} 0.5"#, "a_total 1 @1000 # {} 0.5 None");
        check("up  1", "3: expected a value");
        check("up 1 ", "5: expected a time in seconds");
        check("up 1 Inf", "5: a time must be finite");
        check("up 1 #", "4: expected the end of the line");
        check("up 1 # {}1", "9: expected one blank and the exemplar's value");
    }

    #[test]
    fn comments() {
        let check = |line: &str, dialect, want: &str| {
            let read = match comment(line.as_bytes(), dialect) {
                Ok(comment) => format!("{comment:?}"),
                Err(fault) => format!("{}: {}", fault.at, fault.message),
            };
            assert_eq!(read, want, "{line}");
        };
        check("# TYPE a  counter", Dialect::Text, r#"Type("a", Counter)"#);
        check("#\tHELP a b\\nc", Dialect::Text, r#"Help("a", "b\nc")"#);
        check("# HELP a", Dialect::Text, r#"Help("a", "")"#);
        check("# TYPE \"a.b\" gauge", Dialect::Text, r#"Type("a.b", Gauge)"#);
        check("# anything", Dialect::Text, "Other");
        check("# TYPE a meh", Dialect::Text, r#"9: "meh" is no metric type"#);
        check("# UNIT a_seconds seconds", Dialect::OpenMetrics, r#"Unit("a_seconds", "seconds")"#);
        check(
            "# UNIT a seconds",
            Dialect::OpenMetrics,
            r#"9: unit "seconds" is not the end of the family's name "a""#,
        );
        check("# EOF", Dialect::OpenMetrics, "Eof");
        check(
            "# FOO a",
            Dialect::OpenMetrics,
            "0: expected # TYPE, # HELP, # UNIT or # EOF, each with single blanks",
        );
    }
}
