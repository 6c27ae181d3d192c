//! Reads a target's pages one after the other, and of each page only what changed since the last.
//!
//! A page nearly repeats the one before it: the same lines in the same order, two thirds of them with the very same
//! bytes. So the bytes between the values are kept as a template, which replicas share, and of the last page only what
//! it filled in, its lines' tails. The new body is compared piece by piece; a tail that differs costs the parsing of its
//! value. Any other difference, a line that came, went or moved, sends the page the long way (`Resolver`), which
//! finds the columns of known series by their bytes and parses only what it has never seen.

use std::cell::RefCell;
use std::sync::Arc;

use model::{Exemplar, Timestamp};

use super::resolve::{Resolved, Resolver};
use super::scan::{self, Dialect};
use super::starts::{StartColumns, Starts};
use super::template::{Meaning, Slot, Template, first_line};
use crate::error::ParseError;
use crate::float;
use crate::page::{Page, Shape};

/// What is remembered of a target's last text page.
pub(crate) struct TextRows {
    pub(super) dialect: Dialect,
    pub(super) created_as_start: bool,
    pub(crate) template: Arc<Template>,
    /// What stood in the template's slots, one after the other: each value with the rest of its line.
    tails: Vec<u8>,
    /// Whether the state below is that of the last page. A page that failed half-way leaves it mixed.
    is_settled: bool,
    values: Vec<f64>,
    /// Per column its own time or `NO_TIME`; empty where no column has one.
    times: Vec<Timestamp>,
    exemplars: Vec<(u32, Exemplar)>,
    starts: Starts,
}

const NO_TIME: Timestamp = Timestamp::MIN;

/// How much room a row is given for what a scrape adds about itself.
const VALUES_ADDED: usize = 8;

/// A body above this is refused: offsets are kept in 32 bits.
pub(crate) const BODY_BYTES_MAX: usize = 1 << 31;

impl TextRows {
    pub(crate) fn new(dialect: Dialect, created_as_start: bool) -> TextRows {
        TextRows {
            dialect,
            created_as_start,
            template: Template::empty((dialect, created_as_start)),
            tails: Vec::new(),
            is_settled: false,
            values: Vec::new(),
            times: Vec::new(),
            exemplars: Vec::new(),
            starts: Starts::default(),
        }
    }

    pub(crate) fn read(&mut self, body: &[u8]) -> Result<Page, ParseError> {
        if body.len() >= BODY_BYTES_MAX {
            return Err(ParseError::binary(BODY_BYTES_MAX, "the body is too large to be read"));
        }
        match body.last() {
            None | Some(b'\n') => self.read_lines(body),
            Some(_) => self.read_lines(&[body, b"\n"].concat()),
        }
    }

    /// Reads a body that ends with a line feed.
    fn read_lines(&mut self, body: &[u8]) -> Result<Page, ParseError> {
        let is_updated = std::mem::take(&mut self.is_settled) && self.update(body);
        if !is_updated {
            self.resolve(body)?;
        }
        self.is_settled = true;
        Ok(self.page())
    }

    fn page(&mut self) -> Page {
        let times = self.times.iter().enumerate().filter(|(_, time)| **time != NO_TIME);
        let mut values = Vec::with_capacity(self.values.len() + VALUES_ADDED);
        values.extend_from_slice(&self.values);
        Page {
            shape: self.template.shape.clone(),
            values,
            absent: self.template.absent.to_vec(),
            times: times.map(|(column, &time)| (column as u32, time)).collect(),
            histograms: Vec::new(),
            exemplars: std::mem::take(&mut self.exemplars),
            starts: self.starts.shared(&self.template.starts),
            duplicates: self.template.duplicates,
        }
    }

    /// The short way: `body` is the template with other tails. `false` where it is not, or where a value is none;
    /// the long way then says why.
    fn update(&mut self, body: &[u8]) -> bool {
        // The tails that are being read are as many as those of all targets that are read one after the other.
        thread_local!(static TAILS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });
        TAILS.with_borrow_mut(|tails| {
            tails.clear();
            let is_updated = self.update_values(body, tails);
            if is_updated && *tails != self.tails {
                self.tails.clear();
                self.tails.reserve_exact(tails.len());
                self.tails.extend_from_slice(tails);
            }
            is_updated
        })
    }

    fn update_values(&mut self, body: &[u8], tails: &mut Vec<u8>) -> bool {
        let template = self.template.clone();
        let (mut rest, mut old_start) = (body, 0);
        for (piece, slot) in template.pieces() {
            let Some(after) = rest.strip_prefix(piece) else { return false };
            let old = first_line(&self.tails[old_start..]);
            old_start += old.len();
            let length = match !old.is_empty() && after.starts_with(old) {
                true => old.len(),
                false => match self.update_value(after, slot.meaning) {
                    Some(length) => length,
                    None => return false,
                },
            };
            tails.extend_from_slice(&after[..length]);
            rest = &after[length..];
        }
        rest == template.rest()
    }

    /// Takes the value that `rest` begins with; how long the rest of its line is comes back.
    #[inline]
    fn update_value(&mut self, rest: &[u8], meaning: Meaning) -> Option<usize> {
        let (value, value_end) = float::parse_prefix(rest)?;
        if rest.get(value_end) == Some(&b'\n') {
            if let (Meaning::Series(column), true) = (meaning, self.times.is_empty()) {
                self.values[column as usize] = value;
                return Some(value_end + 1);
            }
            self.settle(meaning, value, scan::Tail::default());
            return Some(value_end + 1);
        }
        let line = first_line(rest);
        let tail = scan::tail(line.strip_suffix(b"\n")?, value_end, self.dialect).ok()?;
        self.settle(meaning, value, tail);
        Some(line.len())
    }

    /// Puts what a line says where it belongs.
    fn settle(&mut self, meaning: Meaning, value: f64, tail: scan::Tail) {
        match meaning {
            Meaning::Duplicate => {}
            Meaning::Start(start) => self.starts.set(start, value),
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
        if self.template.slots().is_empty() && self.adopt(body) {
            return Ok(());
        }
        let resolved = Resolver::new(self, body).run()?;
        self.begin(self.template_of(body, resolved));
        let is_read = self.update(body);
        debug_assert!(is_read, "the long way has read every value already");
        Ok(())
    }

    /// Whether `body` is that of a target whose replicas were read before: then theirs is its template too.
    fn adopt(&mut self, body: &[u8]) -> bool {
        let read_as = (self.dialect, self.created_as_start);
        let is_adopted = Template::recent(read_as).into_iter().any(|template| {
            self.begin(template);
            self.update(body)
        });
        if !is_adopted {
            self.begin(Template::empty(read_as));
        }
        is_adopted
    }

    /// Starts anew with a template of which nothing is known yet.
    fn begin(&mut self, template: Arc<Template>) {
        self.tails = Vec::new();
        self.values.clear();
        self.values.resize(template.shape.series.len(), f64::NAN);
        self.times.clear();
        self.exemplars.clear();
        self.starts.begin(&template.starts);
        self.template = template;
    }

    fn template_of(&self, body: &[u8], resolved: Resolved) -> Arc<Template> {
        let Resolved { mut slots, new_series, metadata, said, start_keys } = resolved;
        let old = &self.template.shape;
        let absent = said.iter().filter(|said| !**said).count();
        // A series that went away keeps its column for a while, since many come back; not when they pile up.
        let keeps_shape = new_series.is_empty()
            && *metadata == *old.metadata
            && absent <= 16 + said.len() / 4
            && !self.template.slots().is_empty();
        let (shape, absent) = if keeps_shape {
            let absent = (0u32..).zip(&said).filter(|(_, said)| !**said).map(|(column, _)| column);
            (old.clone(), absent.collect())
        } else {
            let mut series = Vec::with_capacity(slots.len());
            renumber(&mut slots, |column| {
                let known = old.series.get(column as usize);
                series.push(known.unwrap_or_else(|| &new_series[column as usize - old.series.len()]).clone());
                series.len() as u32 - 1
            });
            (Shape::new(series, metadata), Box::default())
        };
        let starts = StartColumns::new(&start_keys, &shape, &slots);
        Template::of_page((self.dialect, self.created_as_start), body, &slots, shape, absent, starts)
    }
}

/// Gives the columns that slots speak of other numbers.
fn renumber(slots: &mut [Slot], mut number: impl FnMut(u32) -> u32) {
    for slot in slots {
        if let Meaning::Series(column) = &mut slot.meaning {
            *column = number(*column);
        }
    }
}
