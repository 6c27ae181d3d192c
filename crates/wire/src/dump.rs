//! Reads text in which a series may be told many times, each time with a time of its own: dumps and pushes.
//!
//! A `Page` has one value per series; here every line is a sample, in the order of the lines, and nothing is kept
//! from one to the next but what is said of families. A dump larger than memory is read from a mapped file.

use std::collections::BTreeMap;

use model::{Exemplar, Labels, Metadata, MetricType, Timestamp};

use crate::error::ParseError;
use crate::float;
use crate::format::Format;
use crate::text::scan::{self, Comment, Dialect, Fault};

/// One line of a dump.
#[derive(Clone, Debug, PartialEq)]
pub struct Dumped {
    /// The full label set.
    pub labels: Labels,
    /// What it says.
    pub value: f64,
    /// When; `None` where the line does not say.
    pub time: Option<Timestamp>,
    /// What stands for it, if anything.
    pub exemplar: Option<Exemplar>,
    /// The type that the dump gave its family; unknown where it gave none.
    pub kind: MetricType,
}

/// The samples of a dump. After a line that is none come those of the lines after it; `# EOF` ends them all.
pub struct Dump<'a> {
    body: &'a [u8],
    dialect: Dialect,
    at: usize,
    line: usize,
    /// The family that the last type was given to, and the type.
    family: String,
    kind: MetricType,
    families: BTreeMap<String, Metadata>,
    is_ended: bool,
}

/// Reads a dump in either of the text formats; protobuf has no dumps, and is read as none.
pub fn dump(body: &[u8], format: Format) -> Dump<'_> {
    let dialect = if format == Format::OpenMetrics { Dialect::OpenMetrics } else { Dialect::Text };
    let is_ended = format == Format::Protobuf;
    Dump {
        body,
        dialect,
        at: 0,
        line: 0,
        family: String::new(),
        kind: MetricType::Unknown,
        families: BTreeMap::new(),
        is_ended,
    }
}

impl Dump<'_> {
    /// How many bytes of the body were read: for progress, and to resume there.
    pub fn position(&self) -> usize {
        self.at
    }

    /// What the lines that were read say of metric families: type, unit and help, each as far as it was told.
    pub fn into_families(self) -> BTreeMap<String, Metadata> {
        self.families
    }

    fn family(&mut self, family: &str) -> &mut Metadata {
        self.families.entry(family.to_owned()).or_default()
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<Dumped>, Fault> {
        if scan::is_comment(line, self.dialect) {
            match scan::comment(line, self.dialect)? {
                Comment::Eof => self.is_ended = true,
                Comment::Type(family, kind) => {
                    self.family(&family).kind = kind;
                    (self.family, self.kind) = (family.into_owned(), kind);
                }
                Comment::Help(family, help) => self.family(&family).help = help.into_owned(),
                Comment::Unit(family, unit) => self.family(&family).unit = unit.into_owned(),
                Comment::Other => {}
            }
            return Ok(None);
        }
        let part = scan::series(line, self.dialect)?;
        let kind =
            if is_of_family(&part.name, &self.family, self.kind) { self.kind } else { MetricType::Unknown };
        let labels = part.to_labels(kind)?;
        let (value, length) = float::parse_prefix(&line[part.value_start..])
            .ok_or(Fault { at: part.value_start, message: "expected a value".into() })?;
        let tail = scan::tail(line, part.value_start + length, self.dialect)?;
        Ok(Some(Dumped { labels, value, time: tail.time, exemplar: tail.exemplar, kind }))
    }
}

impl Iterator for Dump<'_> {
    type Item = Result<Dumped, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_ended && self.at < self.body.len() {
            let (body, start) = (self.body, self.at);
            let rest = &body[start..];
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.at = (start + length + 1).min(body.len());
            self.line += 1;
            match self.line(&rest[..length]) {
                Ok(None) => {}
                Ok(Some(dumped)) => return Some(Ok(dumped)),
                // The number of the line is known, so nothing before it has to be counted.
                Err(fault) => {
                    let error = ParseError::at(rest, 0, fault.at, fault.message);
                    return Some(Err(ParseError { line: self.line, ..error }));
                }
            }
        }
        None
    }
}

/// Whether a sample of this name is one of the family, given the family's type.
fn is_of_family(name: &str, family: &str, kind: MetricType) -> bool {
    let suffixes: &[&str] = match kind {
        MetricType::Counter => &["", "_total", "_created"],
        MetricType::Histogram => &["", "_bucket", "_count", "_sum", "_created"],
        MetricType::GaugeHistogram => &["", "_bucket", "_gcount", "_gsum"],
        MetricType::Summary => &["", "_count", "_sum", "_created"],
        MetricType::Info => &["", "_info"],
        MetricType::Unknown | MetricType::Gauge | MetricType::StateSet => &[""],
    };
    name.strip_prefix(family).is_some_and(|suffix| suffixes.contains(&suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_sample_and_a_bad_one_costs_itself_alone() {
        let body = "# TYPE h histogram\nh_bucket{le=\"1\"} 1 1.5\nh_bucket{le=\"1\"} 2 2.5\nbad\nup{le=\"1\"} 1\n# EOF\nafter 1\n";
        let shown: Vec<String> = dump(body.as_bytes(), Format::OpenMetrics)
            .map(|line| match line {
                Ok(line) => format!("{} {} {:?} {}", line.labels, line.value, line.time, line.kind),
                Err(error) => error.to_string(),
            })
            .collect();
        let want = [
            "h_bucket{le=\"1.0\"} 1 Some(1500) histogram",
            "h_bucket{le=\"1.0\"} 2 Some(2500) histogram",
            "line 4, column 4: expected a value: \"bad\"",
            "up{le=\"1\"} 1 None unknown",
        ];
        assert_eq!(shown, want);
    }
}
