//! What the log's open chapter knows of a stripe, so that no record tells it again.
//!
//! After some rows everything is told anew: a damaged record then costs no more than these.

use std::collections::BTreeMap;

use model::Timestamp;
use parking_lot::RwLock;

use crate::bits::Bits;
use crate::columns::Columns;
use crate::error::Result;
use crate::journal::Entry;
use crate::page::{RowValues, WORDS_MAX};
use crate::record::{Stamp, kind, put_row, put_starts, put_stripe};
use crate::registry::{Registry, TargetId};

/// After this many rows everything is told again.
const ROWS_PER_FULL_ROW: u32 = 128;

/// What was told of a stripe in one chapter.
#[derive(Default)]
pub(crate) struct Logged {
    chapter: u64,
    columns: usize,
    told: Bits,
    /// The starts that hold for rows in order; columns without one are not there.
    starts: BTreeMap<u16, Timestamp>,
    has_starts: bool,
    /// Whether the starts of the newest row were told since everything was told anew.
    starts_are_told: bool,
    rows: u32,
    sequence: u64,
}

impl Logged {
    /// Tells which columns the stripe has, as far as the chapter does not know.
    pub(crate) fn define(
        &mut self,
        (stripe, target): (u32, TargetId),
        columns: &Columns,
        has_starts: bool,
        journal: &Entry<'_>,
        registry: &RwLock<Registry>,
    ) -> Result<()> {
        if self.chapter != journal.chapter() {
            *self = Logged { chapter: journal.chapter(), ..Logged::default() };
        }
        if self.rows >= ROWS_PER_FULL_ROW {
            *self = Logged { chapter: self.chapter, sequence: self.sequence, ..Logged::default() };
        }
        self.has_starts = has_starts || !self.starts.is_empty();
        let first = self.columns;
        if first == columns.len() {
            return Ok(());
        }
        let points = &columns.points()[first..];
        journal.define_points(points, registry)?;
        let target = registry.read_recursive().targets.labels(target).clone();
        let sequence = self.sequence;
        journal.write(kind::STRIPE, Timestamp::MIN, |out| {
            put_stripe(out, (stripe, sequence), &target, first, points);
        })?;
        self.columns = columns.len();
        Ok(())
    }

    /// Writes a record with the next stamp.
    pub(crate) fn stamped(
        &mut self,
        stripe: u32,
        journal: &Entry<'_>,
        kind: u8,
        time: Timestamp,
        fill: impl FnOnce(&mut Vec<u8>, Stamp),
    ) -> Result<()> {
        let stamp = Stamp { stripe, sequence: self.sequence, has_starts: self.has_starts };
        journal.write(kind, time, |out| fill(out, stamp))?;
        self.sequence += 1;
        Ok(())
    }

    /// Counts a row that follows, whatever it holds.
    pub(crate) fn count_row(&mut self) {
        self.rows += 1;
    }

    /// Whether starts that stayed the same need not be told again.
    pub(crate) fn starts_are_told(&self) -> bool {
        self.starts_are_told
    }

    /// Tells the starts of a row that follows: in order only those that changed, else all there are.
    pub(crate) fn starts(
        &mut self,
        stripe: u32,
        time: Timestamp,
        in_order: bool,
        starts: &[(u16, Timestamp)],
        journal: &Entry<'_>,
    ) -> Result<()> {
        self.has_starts = true;
        self.starts_are_told |= in_order;
        let is_told = |&(column, start): &(u16, Timestamp)| match in_order {
            true => self.starts.get(&column).copied().unwrap_or(0) != start,
            false => start != 0,
        };
        let told: Vec<(u16, Timestamp)> = starts.iter().copied().filter(is_told).collect();
        if in_order && told.is_empty() {
            return Ok(());
        }
        self.stamped(stripe, journal, kind::STARTS, time, |out, stamp| {
            put_starts(out, stamp, time, in_order, &told);
        })?;
        if in_order {
            for (column, start) in told {
                if start == 0 {
                    self.starts.remove(&column);
                } else {
                    self.starts.insert(column, start);
                }
            }
        }
        Ok(())
    }

    /// Writes a row: the columns that changed, and those of which the chapter knows no value.
    pub(crate) fn row(
        &mut self,
        stripe: u32,
        time: Timestamp,
        row: &RowValues<'_>,
        columns: usize,
        journal: &Entry<'_>,
    ) -> Result<()> {
        let mut told = [0; WORDS_MAX];
        for (word, told) in told.iter_mut().enumerate().take(row.present.len()) {
            *told = (row.changed[word] | !self.told.word(word)) & row.present[word];
        }
        let shape = (row.present, &told[..row.present.len()], columns);
        self.stamped(stripe, journal, kind::ROW, time, |out, stamp| {
            put_row(out, stamp, time, shape, row.values)
        })?;
        let words = self.told.words_mut(row.present.len());
        words.iter_mut().zip(row.present).for_each(|(told, present)| *told |= present);
        Ok(())
    }
}
