//! A stripe: up to 1,024 columns of one target in the head, behind one lock.
//!
//! Every target has one stripe, a wide one several, so that a bitmap of columns stays short, a lock is never held for
//! long, and columns that always come together lie together.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Labels, Timestamp, Value};
use parking_lot::{Mutex, RwLock};

use crate::bits::{self, Bits};
use crate::closed::{ClosedPage, Column};
use crate::columns::Columns;
use crate::error::Result;
use crate::full_page::Paging;
use crate::histogram;
use crate::histogram_column::HistogramColumn;
use crate::journal::Entry;
use crate::logged::Logged;
use crate::page::{RowValues, WORDS_MAX};
use crate::record::{kind, put_histogram, put_late};
use crate::refusal::{Appended, RefusalReason};
use crate::registry::{Registry, TargetId};
use crate::rows::{FloatRows, Place};
use crate::starts::{Starts, Step};
use crate::tombstone::covers;
use crate::view::View;

/// How many columns a stripe has at most.
pub(crate) const COLUMNS_MAX: usize = 1_024;
/// So many columns of a stripe must be without samples before it is made narrower.
const EMPTY_COLUMNS_MIN: usize = 16;

/// Columns of one target.
pub(crate) struct Stripe {
    /// The stripe's number, unique in this process.
    pub(crate) number: u32,
    /// Whose columns these are.
    pub(crate) target: TargetId,
    state: Mutex<State>,
}

struct State {
    columns: Arc<Columns>,
    rows: FloatRows,
    histograms: BTreeMap<u16, HistogramColumn>,
    starts: Starts,
    /// The starts that came last, whole, and in which chapter: when they come again nothing has to be looked at.
    starts_seen: Option<(Arc<[Timestamp]>, u64)>,
    newest: Timestamp,
    logged: Logged,
}

/// A row on its way into a stripe, addressed by the stripe's columns. Made once and filled again and again.
pub(crate) struct RowBuffer {
    pub(crate) present: [u64; WORDS_MAX],
    pub(crate) values: Box<[u64; COLUMNS_MAX]>,
    pub(crate) histograms: Vec<(u16, Value)>,
    /// The start of every column that is there; empty when nobody said.
    pub(crate) starts: Vec<(u16, Timestamp)>,
    /// What `starts` was made from, if nothing of it was left out.
    pub(crate) starts_whole: Option<Arc<[Timestamp]>>,
}

/// What a stripe needs to know of the store to take a row.
pub(crate) struct Context<'a> {
    pub(crate) registry: &'a RwLock<Registry>,
    pub(crate) journal: Option<Entry<'a>>,
    /// Samples before this time are in parts already.
    pub(crate) floor: Timestamp,
    /// Samples after this time are too far ahead of the clock.
    pub(crate) ceiling: Timestamp,
    /// How much older than the stripe's newest sample another may be.
    pub(crate) window_ms: i64,
    /// What was deleted and may still be asked for, if anything was.
    pub(crate) deleted: Option<Arc<View>>,
    /// When pages are full, and what becomes of them.
    pub(crate) paging: Paging<'a>,
}

/// What a stripe takes, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StripeSize {
    pub(crate) bytes: usize,
    pub(crate) oldest: Option<Timestamp>,
}

impl RowBuffer {
    pub(crate) fn new() -> RowBuffer {
        RowBuffer {
            present: [0; WORDS_MAX],
            values: Box::new([0; COLUMNS_MAX]),
            histograms: Vec::new(),
            starts: Vec::new(),
            starts_whole: None,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.present = [0; WORDS_MAX];
        self.histograms.clear();
        self.starts.clear();
        self.starts_whole = None;
    }

    /// Whether no column is there.
    pub(crate) fn is_empty(&self) -> bool {
        self.histograms.is_empty() && self.present.iter().all(|&word| word == 0)
    }

    pub(crate) fn set(&mut self, column: u16, value: u64) {
        self.present[column as usize / 64] |= 1 << (column % 64);
        self.values[column as usize] = value;
    }

    pub(crate) fn unset(&mut self, column: u16) {
        self.present[column as usize / 64] &= !(1 << (column % 64));
    }
}

impl Stripe {
    pub(crate) fn new(number: u32, target: TargetId, columns: Arc<Columns>) -> Stripe {
        let state = State {
            columns,
            rows: FloatRows::default(),
            histograms: BTreeMap::new(),
            starts: Starts::default(),
            starts_seen: None,
            newest: Timestamp::MIN,
            logged: Logged::default(),
        };
        Stripe { number, target, state: Mutex::new(state) }
    }

    /// The stripe's points by column.
    pub(crate) fn columns(&self) -> Arc<Columns> {
        self.state.lock().columns.clone()
    }

    /// Gives the stripe a longer list of columns that begins with those it has.
    pub(crate) fn widen(&self, columns: Arc<Columns>) {
        let mut state = self.state.lock();
        debug_assert!(columns.points().starts_with(state.columns.points()), "columns are only added");
        state.columns = columns;
    }

    /// Takes a row: writes it to the log, then remembers it. Samples that cannot be taken are refused one by one.
    pub(crate) fn append(
        &self,
        time: Timestamp,
        row: &mut RowBuffer,
        context: &Context<'_>,
        appended: &mut Appended,
    ) -> Result<()> {
        let mut state = self.state.lock();
        let oldest = context.floor.max(state.newest.saturating_sub(context.window_ms));
        if time < oldest || time > context.ceiling {
            let reason = if time < oldest { RefusalReason::TooOld } else { RefusalReason::TooFarAhead };
            let all =
                bits::ones(&row.present).chain(row.histograms.iter().map(|(column, _)| *column as usize));
            all.for_each(|column| {
                appended.refuse(time, reason, || state.labels(self.target, column, context));
            });
            return Ok(());
        }
        let before = appended.refused;
        if let Some(view) = &context.deleted {
            state.refuse_deleted(self.target, time, row, view, context, appended);
        }
        state.settle_floats(self.target, time, row, context, appended);
        state.settle_histograms(self.target, time, row, context, appended);
        if row.is_empty() {
            return Ok(());
        }
        self.define_locked(&mut state, context)?;
        state.logged.count_row();
        self.append_starts(&mut state, time, row, context, appended.refused == before)?;
        self.append_floats(&mut state, time, row, context)?;
        self.append_histograms(&mut state, time, row, context)?;
        state.newest = state.newest.max(time);
        Ok(())
    }

    /// As `append`, for a row of the log: what was taken once is taken again, however old it is by now.
    pub(crate) fn append_replayed(
        &self,
        time: Timestamp,
        row: &mut RowBuffer,
        in_order: bool,
        context: &Context<'_>,
        appended: &mut Appended,
    ) -> Result<()> {
        let mut state = self.state.lock();
        state.settle_floats(self.target, time, row, context, appended);
        state.settle_histograms(self.target, time, row, context, appended);
        if !row.starts.is_empty() || state.has_starts() {
            let told: BTreeMap<u16, Timestamp> = row.starts.iter().copied().collect();
            let floats = bits::ones(&row.present).map(|column| column as u16);
            for column in floats.chain(row.histograms.iter().map(|(column, _)| *column)) {
                state.starts.set(column, time, told.get(&column).copied().unwrap_or(0), in_order);
            }
        }
        self.append_floats(&mut state, time, row, context)?;
        self.append_histograms(&mut state, time, row, context)?;
        state.newest = state.newest.max(time);
        Ok(())
    }

    /// The samples of a column within the range, both ends included, and the steps of its starts that matter there.
    pub(crate) fn read(
        &self,
        column: u16,
        from: Timestamp,
        to: Timestamp,
        floats: &mut Column,
        histograms: &mut Vec<(Timestamp, Value)>,
        steps: &mut Vec<Step>,
    ) {
        let state = self.state.lock();
        state.rows.read(column as usize, from, to, floats);
        if let Some(of_column) = state.histograms.get(&column) {
            of_column.read(from, to, histograms);
        }
        steps.extend_from_slice(state.starts.steps(column, from));
    }

    /// Whether any sample may lie within the range.
    pub(crate) fn overlaps(&self, from: Timestamp, to: Timestamp) -> bool {
        self.span().is_some_and(|(oldest, newest)| newest >= from && oldest <= to)
    }

    /// The oldest sample here and the newest that ever came; none while there is no sample.
    pub(crate) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let state = self.state.lock();
        Some((state.oldest()?, state.newest))
    }

    /// The oldest sample that is not before `time`: what a seal up to there left. Time in which nothing came is no
    /// reason for another seal.
    pub(crate) fn oldest_from(&self, time: Timestamp) -> Option<Timestamp> {
        let state = self.state.lock();
        if state.newest < time {
            return None;
        }
        let histograms = state.histograms.values().filter_map(|column| column.oldest_from(time));
        histograms.chain(state.rows.oldest_from(time)).min()
    }

    /// Compresses the pages that replay left as they came. Appends and reads go on meanwhile.
    pub(crate) fn close_waiting(&self) {
        loop {
            let waiting = self.state.lock().rows.waiting();
            let Some(page) = waiting else { return };
            let closed = ClosedPage::of_rows(&page, page.column_count());
            self.state.lock().rows.replace_waiting(&page, closed);
        }
    }

    /// Forgets what is wholly before `time`.
    pub(crate) fn drop_before(&self, time: Timestamp) {
        let mut state = self.state.lock();
        state.rows.drop_before(time);
        state.histograms.retain(|_, column| column.drop_before(time));
        state.starts.drop_before(time);
    }

    /// The columns that have samples, if that is half of them or less: points come and go while their target stays.
    pub(crate) fn kept_if_narrower(&self) -> Option<Vec<u16>> {
        let state = self.state.lock();
        let count = state.columns.len();
        let has_any =
            |&column: &u16| state.rows.has_any(column as usize) || state.histograms.contains_key(&column);
        let kept: Vec<u16> = (0..count as u16).filter(has_any).collect();
        let empty = count - kept.len();
        (empty >= EMPTY_COLUMNS_MIN && empty * 2 >= count).then_some(kept)
    }

    /// A stripe of another number with what some of the columns have, which ascend; no other has anything.
    pub(crate) fn narrowed(&self, number: u32, columns: Arc<Columns>, kept: &[u16]) -> Stripe {
        let state = self.state.lock();
        let place = |column: &u16| kept.binary_search(column).ok().map(|place| place as u16);
        let histograms = state.histograms.iter();
        let histograms = histograms.filter_map(|(column, values)| Some((place(column)?, values.clone())));
        let narrow = State {
            columns,
            rows: state.rows.narrowed(kept),
            histograms: histograms.collect(),
            starts: state.starts.narrowed(kept),
            starts_seen: None,
            newest: state.newest,
            logged: Logged::default(),
        };
        Stripe { number, target: self.target, state: Mutex::new(narrow) }
    }

    /// How much memory the stripe takes and which time is its oldest.
    pub(crate) fn size(&self) -> StripeSize {
        let state = self.state.lock();
        let histograms = state.histograms.values();
        let bytes = size_of::<Stripe>()
            + state.rows.bytes()
            + state.starts.bytes()
            + histograms.map(|column| column.bytes() + 64).sum::<usize>()
            + COLUMNS_MAX / 4;
        StripeSize { bytes, oldest: state.oldest() }
    }

    fn append_starts(
        &self,
        state: &mut State,
        time: Timestamp,
        row: &RowBuffer,
        context: &Context<'_>,
        is_whole: bool,
    ) -> Result<()> {
        if row.starts.is_empty() && !state.has_starts() {
            return Ok(());
        }
        let chapter = context.journal.as_ref().map_or(0, Entry::chapter);
        let seen_before = match (&row.starts_whole, &state.starts_seen) {
            (Some(whole), Some((seen, of_chapter))) => Arc::ptr_eq(whole, seen) && *of_chapter == chapter,
            _ => false,
        };
        let in_order = time >= state.newest;
        let is_logged = context.journal.is_none() || state.logged.starts_are_told();
        if seen_before && in_order && is_logged {
            return Ok(());
        }
        // Columns whose start nobody tells any more are unknown again.
        let told: BTreeMap<u16, Timestamp> = row.starts.iter().copied().collect();
        let floats = bits::ones(&row.present).map(|column| column as u16);
        let columns = floats.chain(row.histograms.iter().map(|(column, _)| *column));
        let starts: Vec<(u16, Timestamp)> =
            columns.map(|column| (column, told.get(&column).copied().unwrap_or(0))).collect();
        if let Some(journal) = &context.journal {
            state.logged.starts(self.number, time, in_order, &starts, journal)?;
        }
        starts.iter().for_each(|&(column, start)| state.starts.set(column, time, start, in_order));
        let whole = row.starts_whole.clone().filter(|_| is_whole && in_order);
        state.starts_seen = whole.map(|whole| (whole, chapter));
        Ok(())
    }

    fn append_floats(
        &self,
        state: &mut State,
        time: Timestamp,
        row: &RowBuffer,
        context: &Context<'_>,
    ) -> Result<()> {
        let columns = state.columns.len();
        let words = columns.div_ceil(64);
        let present = &row.present[..words];
        if present.iter().all(|&word| word == 0) {
            return Ok(());
        }
        let place = state.rows.place(time);
        if place == Place::Late {
            let late = bits::ones(present).map(|column| (column as u16, row.values[column]));
            let late: Vec<(u16, u64)> = late.collect();
            if let Some(journal) = &context.journal {
                state.logged.stamped(self.number, journal, kind::LATE, time, |out, stamp| {
                    put_late(out, stamp, time, &late);
                })?;
            }
            state.rows.push_late(late.into_iter().map(|(column, value)| (column, time, value)));
            return Ok(());
        }
        let changed = state.rows.changed(present, &row.values[..]);
        let values = RowValues { present, changed: &changed[..words], values: &row.values[..] };
        if let Some(journal) = &context.journal {
            state.logged.row(self.number, time, &values, columns, journal)?;
        }
        match place {
            Place::New => state.rows.push_new(time, &values, context.paging),
            _ => state.rows.push_newest(&values),
        }
        Ok(())
    }

    fn append_histograms(
        &self,
        state: &mut State,
        time: Timestamp,
        row: &mut RowBuffer,
        context: &Context<'_>,
    ) -> Result<()> {
        for (column, value) in row.histograms.drain(..) {
            if let Some(journal) = &context.journal {
                state.logged.stamped(self.number, journal, kind::HISTOGRAM, time, |out, stamp| {
                    put_histogram(out, stamp, column, time, &value);
                })?;
            }
            state.histograms.entry(column).or_default().push(time, value);
        }
        Ok(())
    }

    /// Tells the log of the stripe, for records about it.
    pub(crate) fn define(&self, context: &Context<'_>) -> Result<()> {
        self.define_locked(&mut self.state.lock(), context)
    }

    fn define_locked(&self, state: &mut State, context: &Context<'_>) -> Result<()> {
        let Some(journal) = &context.journal else { return Ok(()) };
        let has_starts = state.has_starts();
        state.logged.define((self.number, self.target), &state.columns, has_starts, journal, context.registry)
    }
}

impl State {
    /// Takes floats out of the row that are here already, and refuses those that contradict what is here.
    fn settle_floats(
        &self,
        target: TargetId,
        time: Timestamp,
        row: &mut RowBuffer,
        context: &Context<'_>,
        appended: &mut Appended,
    ) {
        let is_new = self.rows.place(time) == Place::New;
        let mut taken = 0;
        let mut settled = Bits::default();
        if !is_new || !self.histograms.is_empty() {
            for column in bits::ones(&row.present) {
                let float = if is_new { None } else { self.rows.at(column as u16, time) };
                let histogram = || self.histograms.get(&(column as u16)).and_then(|values| values.at(time));
                match float {
                    Some(value) if value == row.values[column] => {
                        taken += 1;
                        settled.insert(column);
                    }
                    None if histogram().is_none() => {}
                    _ => {
                        settled.insert(column);
                        appended.refuse(time, RefusalReason::DuplicateTimestamp, || {
                            self.labels(target, column, context)
                        });
                    }
                }
            }
        }
        for (present, settled) in row.present.iter_mut().zip(settled.words()) {
            *present &= !settled;
        }
        appended.samples += taken + bits::count(&row.present) as u64;
    }

    /// Takes what was deleted at this time out of the row: it would be taken and never be seen.
    fn refuse_deleted(
        &self,
        target: TargetId,
        time: Timestamp,
        row: &mut RowBuffer,
        view: &View,
        context: &Context<'_>,
        appended: &mut Appended,
    ) {
        if !view.note.tombstones.iter().any(|tombstone| (tombstone.from..=tombstone.to).contains(&time)) {
            return;
        }
        let floats = bits::ones(&row.present).map(|column| column as u16);
        let columns: Vec<u16> = floats.chain(row.histograms.iter().map(|(column, _)| *column)).collect();
        for column in columns {
            let labels = self.labels(target, column as usize, context);
            if covers(&view.note.deleted(&labels, None), time) {
                row.unset(column);
                row.histograms.retain(|(other, _)| *other != column);
                appended.refuse(time, RefusalReason::Deleted, || labels);
            }
        }
    }

    /// As `settle_floats`, for histograms.
    fn settle_histograms(
        &self,
        target: TargetId,
        time: Timestamp,
        row: &mut RowBuffer,
        context: &Context<'_>,
        appended: &mut Appended,
    ) {
        row.histograms.retain(|(column, value)| {
            let mut refuse = |reason| {
                appended.refuse(time, reason, || self.labels(target, *column as usize, context));
                false
            };
            if !histogram::is_well_formed(value) {
                return refuse(RefusalReason::BadHistogram);
            }
            let of_column = self.histograms.get(column);
            let is_new = of_column.and_then(HistogramColumn::newest).is_none_or(|newest| time > newest);
            let existing = of_column.filter(|_| !is_new).and_then(|column| column.at(time));
            match existing {
                Some(existing) if histogram::same_bits(&existing, value) => {
                    appended.samples += 1;
                    false
                }
                Some(_) => refuse(RefusalReason::DuplicateTimestamp),
                None if self.rows.at(*column, time).is_some() => refuse(RefusalReason::DuplicateTimestamp),
                None => {
                    appended.samples += 1;
                    true
                }
            }
        });
    }

    fn has_starts(&self) -> bool {
        !self.starts.is_empty()
    }

    fn oldest(&self) -> Option<Timestamp> {
        let histograms = self.histograms.values().filter_map(HistogramColumn::oldest);
        histograms.chain(self.rows.oldest()).min()
    }

    fn labels(&self, target: TargetId, column: usize, context: &Context<'_>) -> Labels {
        context.registry.read_recursive().series(target, self.columns.points()[column])
    }
}
