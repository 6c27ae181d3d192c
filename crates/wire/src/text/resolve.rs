//! The long way through a page: every line is looked at, with the last page's template at hand.

use hashbrown::HashMap;
use model::{Labels, Metadata, MetricType};

use super::rows::TextRows;
use super::scan::{self, Comment, Dialect, Fault};
use super::template::{Meaning, Slot};
use crate::error::ParseError;
use crate::float;

/// What the long way found out.
pub(super) struct Resolved {
    /// Where in the body the values are.
    pub(super) slots: Vec<Slot>,
    /// Series the shape lacks; their columns follow those of the shape.
    pub(super) new_series: Vec<Labels>,
    pub(super) metadata: Vec<(String, Metadata)>,
    /// Per column of the shape, whether a line speaks of it.
    pub(super) said: Vec<bool>,
    /// The series whose `_created` lines there are.
    pub(super) start_keys: Vec<Labels>,
}

/// One pass over a body.
pub(super) struct Resolver<'a> {
    rows: &'a TextRows,
    body: &'a [u8],
    found: Resolved,
    /// The last page's slots by the bytes of their series, once they were needed.
    by_bytes: Option<HashMap<&'a [u8], usize, foldhash::fast::FixedState>>,
    /// Columns by labels, once they were needed.
    by_labels: Option<HashMap<Labels, u32, foldhash::fast::FixedState>>,
    /// Families by name: their place in `found.metadata`.
    families: HashMap<String, usize, foldhash::fast::FixedState>,
    /// The family and its type that the last `# TYPE` named.
    family: String,
    kind: MetricType,
    /// Where in the last page's slots the next match is expected.
    cursor: usize,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(rows: &'a TextRows, body: &'a [u8]) -> Resolver<'a> {
        let found = Resolved {
            slots: Vec::with_capacity(rows.template.slots().len()),
            new_series: Vec::new(),
            metadata: Vec::with_capacity(rows.template.shape.metadata.len()),
            said: vec![false; rows.template.shape.series.len()],
            start_keys: Vec::new(),
        };
        Resolver {
            rows,
            body,
            found,
            by_bytes: None,
            by_labels: None,
            families: HashMap::default(),
            family: String::new(),
            kind: MetricType::Unknown,
            cursor: 0,
        }
    }

    pub(super) fn run(mut self) -> Result<Resolved, ParseError> {
        let mut start = 0;
        let mut is_ended = false;
        while start < self.body.len() {
            let fail = |fault: Fault| ParseError::at(self.body, start, fault.at, fault.message);
            if is_ended {
                return Err(fail(Fault { at: 0, message: "nothing may follow # EOF".into() }));
            }
            let rest = &self.body[start..];
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = &rest[..length];
            if scan::is_comment(line, self.rows.dialect) {
                let comment = scan::comment(line, self.rows.dialect).map_err(fail)?;
                is_ended = comment == Comment::Eof;
                self.take_comment(comment);
            } else {
                let (meaning, value_start) = self.sample(line).map_err(fail)?;
                let (line_start, value_start) = (start as u32, (start + value_start) as u32);
                self.found.slots.push(Slot { line_start, value_start, meaning, kind: self.kind });
            }
            start += length + 1;
        }
        if self.rows.dialect == Dialect::OpenMetrics && !is_ended {
            return Err(ParseError::at(self.body, self.body.len(), 0, "expected # EOF as the last line"));
        }
        Ok(self.found)
    }

    fn take_comment(&mut self, comment: Comment<'_>) {
        match comment {
            Comment::Other | Comment::Eof => {}
            Comment::Type(family, kind) => {
                self.metadata(&family).kind = kind;
                self.kind = kind;
                self.family = family.into_owned();
            }
            Comment::Help(family, help) => self.metadata(&family).help = help.into_owned(),
            Comment::Unit(family, unit) => self.metadata(&family).unit = unit.into_owned(),
        }
    }

    fn metadata(&mut self, family: &str) -> &mut Metadata {
        let index = match self.families.get(family) {
            Some(&index) => index,
            None => {
                self.found.metadata.push((family.to_owned(), Metadata::default()));
                self.families.insert(family.to_owned(), self.found.metadata.len() - 1);
                self.found.metadata.len() - 1
            }
        };
        &mut self.found.metadata[index].1
    }

    /// What a sample line is about, and where its value begins. The value is read later, and checked here.
    fn sample(&mut self, line: &'a [u8]) -> Result<(Meaning, usize), Fault> {
        let known =
            self.known(line).filter(|(_, value_start)| float::parse_prefix(&line[*value_start..]).is_some());
        let (meaning, value_start) = match known {
            Some((column, value_start)) => (self.say(column), value_start),
            None => self.unknown(line)?,
        };
        let (_, length) = float::parse_prefix(&line[value_start..])
            .ok_or(Fault { at: value_start, message: "expected a value".into() })?;
        scan::tail(line, value_start + length, self.rows.dialect)?;
        Ok((meaning, value_start))
    }

    /// Marks a column as spoken of; the second time it is a duplicate.
    fn say(&mut self, column: u32) -> Meaning {
        if std::mem::replace(&mut self.found.said[column as usize], true) {
            return Meaning::Duplicate;
        }
        Meaning::Series(column)
    }

    /// The column of a line whose series the last page had in the same bytes: mostly the line that followed the
    /// last match, else whichever has those bytes.
    fn known(&mut self, line: &'a [u8]) -> Option<(u32, usize)> {
        let template = &*self.rows.template;
        let slots = template.slots();
        if let Some(old) = slots.get(self.cursor)
            && line.starts_with(template.series_bytes(self.cursor))
            && old.meaning != Meaning::Duplicate
        {
            return self.reuse(self.cursor);
        }
        if slots.is_empty() {
            return None;
        }
        let by_bytes = self.by_bytes.get_or_insert_with(|| {
            let series = |index: &usize| matches!(slots[*index].meaning, Meaning::Series(_));
            (0..slots.len()).filter(series).map(|index| (template.series_bytes(index), index)).collect()
        });
        let found = *by_bytes.get(scan::series_bytes(line)?)?;
        self.reuse(found)
    }

    fn reuse(&mut self, index: usize) -> Option<(u32, usize)> {
        let old = self.rows.template.slots()[index];
        let Meaning::Series(column) = old.meaning else {
            return None;
        };
        // The type decides how bounds are spelled and what `_created` means.
        if old.kind != self.kind
            || self.rows.template.shape.series[column as usize].metric_name().ends_with("_created")
        {
            return None;
        }
        self.cursor = index + 1;
        Some((column, (old.value_start - old.line_start) as usize))
    }

    /// Parses the series of a line and finds its column, a new one if need be.
    fn unknown(&mut self, line: &[u8]) -> Result<(Meaning, usize), Fault> {
        let part = scan::series(line, self.rows.dialect)?;
        let labels = part.to_labels(self.kind)?;
        if self.is_start(&part.name) {
            let mut key = labels.to_builder();
            key.set(model::METRIC_NAME, &self.family);
            self.found.start_keys.push(key.build());
            return Ok((Meaning::Start(self.found.start_keys.len() as u32 - 1), part.value_start));
        }
        let shape = &self.rows.template.shape;
        let by_labels =
            self.by_labels.get_or_insert_with(|| shape.series.iter().cloned().zip(0u32..).collect());
        let next = by_labels.len() as u32;
        let column = *by_labels.entry(labels.clone()).or_insert(next);
        if column == next {
            self.found.new_series.push(labels);
            self.found.said.push(false);
        }
        Ok((self.say(column), part.value_start))
    }

    fn is_start(&self, name: &str) -> bool {
        self.rows.created_as_start
            && self.rows.dialect == Dialect::OpenMetrics
            && matches!(
                self.kind,
                MetricType::Counter
                    | MetricType::Histogram
                    | MetricType::Summary
                    | MetricType::GaugeHistogram
            )
            && name.strip_suffix("_created") == Some(&self.family)
    }
}
