//! Reads a target's pages one after the other, and of each page only what changed since the last.
//!
//! A page nearly repeats the one before it: the same lines in the same order, two thirds of them with the very same
//! bytes. So the last body is kept with a table of its lines, and the new body is compared with it, many
//! bytes at a time, from one difference to the next. A difference inside a value costs the parsing of that value.
//! Any other difference, a line that came, went or moved, sends the page the long way (`resolve`), which finds the
//! columns of known series by their bytes and parses only what it has never seen.

use std::sync::Arc;

use hashbrown::HashMap;
use model::{Exemplar, Labels, Metadata, MetricType, Timestamp};

use super::lines::{Line, Meaning, common_prefix};
use super::scan::{self, Comment, Dialect, Fault};
use super::starts::Starts;
use crate::error::ParseError;
use crate::float;
use crate::page::{Page, Shape};

/// What is remembered of a target's last text page.
pub(crate) struct TextRows {
    dialect: Dialect,
    created_as_start: bool,
    /// The last body; always ends with a line feed.
    body: Vec<u8>,
    /// The next body while it is read; kept for its capacity.
    next: Vec<u8>,
    lines: Vec<Line>,
    /// Per line, where in the body the next one begins.
    ends: Vec<u32>,
    /// Those of the next body while it is read.
    next_ends: Vec<u32>,
    /// Whether `values`, `times` and `starts` are those of `body`. A page that failed half-way leaves them mixed.
    is_settled: bool,
    shape: Arc<Shape>,
    values: Vec<f64>,
    absent: Vec<u32>,
    /// Per column its own time or `NO_TIME`; empty where no column has one.
    times: Vec<Timestamp>,
    exemplars: Vec<(u32, Exemplar)>,
    starts: Starts,
    duplicates: u64,
}

const NO_TIME: Timestamp = Timestamp::MIN;

/// A body above this is refused: offsets are kept in 32 bits.
pub(crate) const BODY_BYTES_MAX: usize = 1 << 31;

impl TextRows {
    pub(crate) fn new(dialect: Dialect, created_as_start: bool) -> TextRows {
        TextRows {
            dialect,
            created_as_start,
            body: Vec::new(),
            next: Vec::new(),
            lines: Vec::new(),
            ends: Vec::new(),
            next_ends: Vec::new(),
            is_settled: false,
            shape: Shape::new(Vec::new(), Vec::new()),
            values: Vec::new(),
            absent: Vec::new(),
            times: Vec::new(),
            exemplars: Vec::new(),
            starts: Starts::default(),
            duplicates: 0,
        }
    }

    pub(crate) fn read(&mut self, body: &[u8]) -> Result<Page, ParseError> {
        if body.len() >= BODY_BYTES_MAX {
            return Err(ParseError::binary(BODY_BYTES_MAX, "the body is too large to be read"));
        }
        let mut next = std::mem::take(&mut self.next);
        next.clear();
        next.extend_from_slice(body);
        if next.last().is_some_and(|&byte| byte != b'\n') {
            next.push(b'\n');
        }
        let outcome = if self.is_settled && self.update(&next) { Ok(()) } else { self.resolve(&next) };
        self.is_settled = outcome.is_ok();
        match outcome {
            Ok(()) => {
                self.next = std::mem::replace(&mut self.body, next);
                std::mem::swap(&mut self.ends, &mut self.next_ends);
                Ok(self.page())
            }
            Err(error) => {
                self.next = next;
                Err(error)
            }
        }
    }

    fn page(&mut self) -> Page {
        let times = self.times.iter().enumerate().filter(|(_, time)| **time != NO_TIME);
        Page {
            shape: self.shape.clone(),
            values: self.values.clone(),
            absent: self.absent.clone(),
            times: times.map(|(column, &time)| (column as u32, time)).collect(),
            histograms: Vec::new(),
            exemplars: self.exemplars.drain(..).collect(),
            starts: self.starts.shared(),
            duplicates: self.duplicates,
        }
    }

    /// The short way: `body` has the lines of the last one and differs in values only. `false` where it does not, or
    /// where a value is none; `resolve` then says why.
    fn update(&mut self, body: &[u8]) -> bool {
        self.next_ends.clear();
        let (mut old, mut new) = (0, 0);
        loop {
            let reach = old + common_prefix(&self.body[old..], &body[new..]);
            let first = self.next_ends.len();
            let same = self.ends[first..].iter().take_while(|end| **end as usize <= reach).count();
            // Wrapping, since lines may have moved either way.
            let moved = (new as u32).wrapping_sub(old as u32);
            self.next_ends.extend(self.ends[first..first + same].iter().map(|end| end.wrapping_add(moved)));
            let index = first + same;
            let line_start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
            new += line_start - old;
            old = line_start;
            let Some(&line) = self.lines.get(index) else {
                return new == body.len();
            };
            if reach - old < line.value_start as usize {
                return false;
            }
            let Some(length) = self.update_value(&body[new..], line) else {
                return false;
            };
            old = self.ends[index] as usize;
            new += length;
            self.next_ends.push(new as u32);
        }
    }

    /// Takes the value of the line that `rest` begins with, whose series is known; how long the line is comes back.
    #[inline]
    fn update_value(&mut self, rest: &[u8], line: Line) -> Option<usize> {
        let value_at = line.value_start as usize;
        let (value, length) = float::parse_prefix(&rest[value_at..])?;
        let value_end = value_at + length;
        if rest.get(value_end) == Some(&b'\n') {
            if let (Meaning::Series(column), true) = (line.meaning, self.times.is_empty()) {
                self.values[column as usize] = value;
                return Some(value_end + 1);
            }
            self.settle(line.meaning, value, scan::Tail::default());
            return Some(value_end + 1);
        }
        let line_length = value_end + memchr::memchr(b'\n', &rest[value_end..])?;
        let tail = scan::tail(&rest[..line_length], value_end, self.dialect).ok()?;
        self.settle(line.meaning, value, tail);
        Some(line_length + 1)
    }

    /// Puts what a line says where it belongs.
    fn settle(&mut self, meaning: Meaning, value: f64, tail: scan::Tail) {
        match meaning {
            Meaning::Nothing | Meaning::Duplicate => {}
            Meaning::Start(slot) => self.starts.set(slot, value),
            Meaning::Series(column) => {
                self.values[column as usize] = value;
                if tail.time.is_some() && self.times.is_empty() {
                    self.times = vec![NO_TIME; self.values.len()];
                }
                if let Some(time) = self.times.get_mut(column as usize) {
                    *time = tail.time.unwrap_or(NO_TIME);
                }
                if let Some(exemplar) = tail.exemplar {
                    self.exemplars.push((column, exemplar));
                }
            }
        }
    }

    /// The long way: reads every line, and keeps the shape if every series is one it has.
    fn resolve(&mut self, body: &[u8]) -> Result<(), ParseError> {
        self.exemplars.clear();
        let resolved = Resolver::new(self, body).run()?;
        let Resolved { lines, ends, new_series, metadata, said, duplicates, starts } = resolved;
        let absent = said.iter().filter(|said| !**said).count();
        // A series that went away keeps its column for a while, since many come back; not when they pile up.
        let keeps_shape = new_series.is_empty()
            && metadata == self.shape.metadata
            && absent <= 16 + said.len() / 4
            && !self.lines.is_empty();
        self.lines = lines;
        self.next_ends = ends;
        self.duplicates = duplicates;
        if keeps_shape {
            self.absent = (0u32..).zip(&said).filter(|(_, said)| !**said).map(|(column, _)| column).collect();
        } else {
            self.reshape(new_series, metadata);
        }
        self.times.clear();
        if self.created_as_start && self.dialect == Dialect::OpenMetrics {
            self.starts.link(starts, &self.shape, !keeps_shape, &self.lines);
        }
        self.take_values(body);
        Ok(())
    }

    /// Makes a new shape of the columns that lines speak of, in the order of the lines.
    fn reshape(&mut self, new_series: Vec<Labels>, metadata: Vec<(String, Metadata)>) {
        let known = self.shape.series.len();
        let mut series = Vec::with_capacity(self.lines.len());
        for line in &mut self.lines {
            if let Meaning::Series(column) = &mut line.meaning {
                let from = *column as usize;
                *column = series.len() as u32;
                let labels = if from < known { &self.shape.series[from] } else { &new_series[from - known] };
                series.push(labels.clone());
            }
        }
        self.shape = Shape::new(series, metadata);
        self.absent = Vec::new();
    }

    /// Reads the values of a body whose lines are known and were checked.
    fn take_values(&mut self, body: &[u8]) {
        self.values.clear();
        self.values.resize(self.shape.series.len(), f64::NAN);
        let mut start = 0;
        for index in 0..self.lines.len() {
            let line = self.lines[index];
            if line.meaning != Meaning::Nothing {
                self.update_value(&body[start..], line);
            }
            start = self.next_ends[index] as usize;
        }
    }
}

/// What the long way found out.
struct Resolved {
    lines: Vec<Line>,
    ends: Vec<u32>,
    /// Series the shape lacks; their columns follow those of the shape.
    new_series: Vec<Labels>,
    metadata: Vec<(String, Metadata)>,
    /// Per column of the shape, whether a line speaks of it.
    said: Vec<bool>,
    duplicates: u64,
    /// The series whose `_created` lines there are, by slot.
    starts: Vec<Labels>,
}

/// One pass over a body, with the last page's lines at hand.
struct Resolver<'a> {
    rows: &'a TextRows,
    body: &'a [u8],
    found: Resolved,
    /// The last page's lines by the bytes of their series, once they were needed.
    by_bytes: Option<HashMap<&'a [u8], usize, foldhash::fast::FixedState>>,
    /// Columns by labels, once they were needed.
    by_labels: Option<HashMap<Labels, u32, foldhash::fast::FixedState>>,
    /// Families by name: their place in `found.metadata`.
    families: HashMap<String, usize, foldhash::fast::FixedState>,
    /// The family and its type that the last `# TYPE` named.
    family: String,
    kind: MetricType,
    /// Where in the last page's lines the next match is expected.
    cursor: usize,
}

impl<'a> Resolver<'a> {
    fn new(rows: &'a TextRows, body: &'a [u8]) -> Resolver<'a> {
        let found = Resolved {
            lines: Vec::with_capacity(rows.lines.len()),
            ends: Vec::with_capacity(rows.lines.len()),
            new_series: Vec::new(),
            metadata: Vec::with_capacity(rows.shape.metadata.len()),
            said: vec![false; rows.shape.series.len()],
            duplicates: 0,
            starts: Vec::new(),
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

    fn run(mut self) -> Result<Resolved, ParseError> {
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
            self.found.ends.push((start + length + 1) as u32);
            if scan::is_comment(line, self.rows.dialect) {
                let comment = scan::comment(line, self.rows.dialect).map_err(fail)?;
                is_ended = comment == Comment::Eof;
                self.take_comment(comment);
                let kind = self.kind;
                self.found.lines.push(Line {
                    value_start: length as u32 + 1,
                    kind,
                    meaning: Meaning::Nothing,
                });
            } else {
                let (meaning, value_start) = self.sample(line).map_err(fail)?;
                let kind = self.kind;
                self.found.lines.push(Line { value_start: value_start as u32, kind, meaning });
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
            self.found.duplicates += 1;
            return Meaning::Duplicate;
        }
        Meaning::Series(column)
    }

    /// The column of a line whose series the last page had in the same bytes: mostly the line that followed the
    /// last match, else whichever has those bytes.
    fn known(&mut self, line: &'a [u8]) -> Option<(u32, usize)> {
        let rows = self.rows;
        while rows.lines.get(self.cursor).is_some_and(|old| old.meaning == Meaning::Nothing) {
            self.cursor += 1;
        }
        if let Some(old) = rows.lines.get(self.cursor)
            && line.starts_with(rows.series_bytes(self.cursor))
            && !matches!(old.meaning, Meaning::Duplicate)
        {
            return self.reuse(self.cursor);
        }
        if rows.lines.is_empty() {
            return None;
        }
        let by_bytes = self.by_bytes.get_or_insert_with(|| {
            let series = |index: &usize| matches!(rows.lines[*index].meaning, Meaning::Series(_));
            (0..rows.lines.len()).filter(series).map(|index| (rows.series_bytes(index), index)).collect()
        });
        let found = *by_bytes.get(scan::series_bytes(line)?)?;
        self.reuse(found)
    }

    fn reuse(&mut self, index: usize) -> Option<(u32, usize)> {
        let old = self.rows.lines[index];
        let Meaning::Series(column) = old.meaning else {
            return None;
        };
        // The type decides how bounds are spelled and what `_created` means.
        if old.kind != self.kind
            || self.rows.shape.series[column as usize].metric_name().ends_with("_created")
        {
            return None;
        }
        self.cursor = index + 1;
        Some((column, old.value_start as usize))
    }

    /// Parses the series of a line and finds its column, a new one if need be.
    fn unknown(&mut self, line: &[u8]) -> Result<(Meaning, usize), Fault> {
        let part = scan::series(line, self.rows.dialect)?;
        let labels = part.to_labels(self.kind)?;
        if self.is_start(&part.name) {
            let mut key = labels.to_builder();
            key.set(model::METRIC_NAME, &self.family);
            self.found.starts.push(key.build());
            return Ok((Meaning::Start(self.found.starts.len() as u32 - 1), part.value_start));
        }
        let shape = &self.rows.shape;
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

impl TextRows {
    /// The bytes of a line of the last page up to its value.
    fn series_bytes(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.body[start..start + self.lines[index].value_start as usize]
    }
}
