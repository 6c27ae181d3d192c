//! The floats of a stripe: full pages, one open page, and the few samples that came late.
//!
//! A row that is newer than all others goes to the open page, a frame of the newest row's time joins that row.
//! Anything older waits beside the pages, by column and time, until the page of its time is closed or, when many
//! have gathered, made anew with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Timestamp;

use crate::bits::{self, Bits};
use crate::closed::{ClosedPage, Column, union_times};
use crate::full_page::{FullPage, Paging, rows_within};
use crate::page::{OpenPage, RowValues, WORDS_MAX};

/// A page is closed at this many rows, however few columns they have.
const PAGE_ROWS_MAX: usize = 4_096;
/// A page is closed at this size.
const PAGE_BYTES_MAX: usize = 1 << 20;
/// How many late samples wait before the pages of their times are made anew.
const LATE_MAX: usize = 2_048;
/// How many may wait for the open page before it is closed with them.
const LATE_OPEN_MAX: usize = 8 * LATE_MAX;

/// The floats of up to `COLUMNS_MAX` columns.
#[derive(Default)]
pub(crate) struct FloatRows {
    full: Vec<FullPage>,
    page: OpenPage,
    /// The newest value of each column that came in order.
    last: Vec<u64>,
    /// The columns of the newest row.
    last_present: Bits,
    late: BTreeMap<(u16, Timestamp), u64>,
    /// The oldest time in `late`, which every selection asks for.
    late_oldest: Option<Timestamp>,
    /// How many were left for the open page when pages were last made anew: they are not looked at again at once.
    late_kept: usize,
}

/// Where a row of some time belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind all others.
    New,
    /// Into the newest row.
    Newest,
    /// Before the newest row.
    Late,
}

impl FloatRows {
    /// Where a row of this time belongs.
    pub(crate) fn place(&self, time: Timestamp) -> Place {
        match self.page.times().last() {
            Some(&newest) if time == newest => Place::Newest,
            Some(&newest) if time < newest => Place::Late,
            Some(_) => Place::New,
            None if self.full_until().is_some_and(|until| time <= until) => Place::Late,
            None => Place::New,
        }
    }

    /// Which of the row's columns differ from their newest value.
    pub(crate) fn changed(&self, present: &[u64], values: &[u64]) -> [u64; WORDS_MAX] {
        let mut changed = [0; WORDS_MAX];
        for (word, &present) in present.iter().enumerate() {
            let first = word * 64;
            let known = self.last.len().saturating_sub(first).min(64);
            let mut differs = if known == 64 { 0 } else { u64::MAX << known };
            let pairs = self.last[first.min(self.last.len())..][..known].iter().zip(&values[first..]);
            for (bit, (last, value)) in pairs.enumerate() {
                differs |= u64::from(last != value) << bit;
            }
            changed[word] = differs & present;
        }
        changed
    }

    /// What the column says at a time, if it says anything.
    pub(crate) fn at(&self, column: u16, time: Timestamp) -> Option<u64> {
        if let Some(&value) = self.late.get(&(column, time)) {
            return Some(value);
        }
        if self.page.times().last() == Some(&time) {
            return self.last_present.contains(column as usize).then(|| self.last[column as usize]);
        }
        let (mut times, mut values) = (Vec::new(), Vec::new());
        if self.page.times().binary_search(&time).is_ok() {
            self.page.read(column as usize, &mut times, &mut values);
        } else {
            let page = self.full.iter().find(|page| page.times().binary_search(&time).is_ok())?;
            page.read(column as usize, &mut times, &mut values);
        }
        times.binary_search(&time).ok().map(|index| values[index])
    }

    /// Adds a row at a time for which `place` said `New`.
    pub(crate) fn push_new(&mut self, time: Timestamp, row: &RowValues<'_>, paging: Paging<'_>) {
        if self.page_is_full(paging.samples_per_column) {
            self.end_page(paging);
        }
        self.page.push(time, row);
        self.last_present.clear();
        self.remember(row);
    }

    /// Adds columns to the newest row, which has none of them.
    pub(crate) fn push_newest(&mut self, row: &RowValues<'_>) {
        self.page.merge_into_last(row, self.last_present.words(), &self.last);
        self.remember(row);
    }

    /// Adds samples before the newest row, at times at which their columns say nothing.
    pub(crate) fn push_late(&mut self, samples: impl IntoIterator<Item = (u16, Timestamp, u64)>) {
        for (column, time, value) in samples {
            self.late.insert((column, time), value);
            self.late_oldest = Some(self.late_oldest.map_or(time, |oldest| oldest.min(time)));
        }
        if self.late.len() > LATE_MAX.max(self.late_kept * 2) {
            self.fold_late();
            if self.late.len() > LATE_OPEN_MAX {
                self.close_page();
            }
            self.late_kept = self.late.len();
        }
    }

    /// The samples of a column within the range, both ends included, ascending in time, behind what `column` has.
    pub(crate) fn read(&self, column: usize, from: Timestamp, to: Timestamp, out: &mut Column) {
        let before = out.times.len();
        let newest = rows_within(self.page.times(), from, to);
        // Pages follow each other in time, so most are passed over without a look at their rows.
        let is_before = |page: &FullPage| page.times().last().is_none_or(|&last| last < from);
        let first = self.full.partition_point(is_before);
        let reaches = |page: &&FullPage| page.times().first().is_some_and(|&first| first <= to);
        let full = self.full[first..].iter().take_while(reaches);
        let full = full.map(|page| (page, rows_within(page.times(), from, to)));
        let rows = full.clone().map(|(_, rows)| rows.len()).sum::<usize>() + newest.len();
        out.times.reserve(rows);
        out.values.reserve(rows);
        full.for_each(|(page, rows)| page.read_rows(column, rows, out));
        self.page.read_rows(column, newest, &mut out.times, &mut out.values);
        let column = column as u16;
        let late = self.late.range((column, from)..=(column, to)).map(|(&(_, time), &value)| (time, value));
        merge(out, before, late);
    }

    /// The next page that waits to be compressed.
    pub(crate) fn waiting(&self) -> Option<Arc<OpenPage>> {
        self.full.iter().find_map(|page| match page {
            FullPage::Rows(page) => Some(page.clone()),
            FullPage::Closed(_) => None,
        })
    }

    /// Puts what a waiting page became in its place, if it is still there.
    pub(crate) fn replace_waiting(&mut self, waiting: &Arc<OpenPage>, closed: ClosedPage) {
        let is_it = |page: &&mut FullPage| matches!(page, FullPage::Rows(rows) if Arc::ptr_eq(rows, waiting));
        if let Some(page) = self.full.iter_mut().find(is_it) {
            *page = FullPage::Closed(Arc::new(closed));
        }
    }

    /// Ends the open page: it is compressed now, or waits for it.
    fn end_page(&mut self, paging: Paging<'_>) {
        let after = self.full_until();
        let has_late = self.late.keys().any(|&(_, late)| after.is_none_or(|after| late > after));
        if has_late || !paging.let_wait(self.page.bytes()) {
            return self.close_page();
        }
        let next = self.page.next();
        self.full.push(FullPage::Rows(Arc::new(std::mem::replace(&mut self.page, next))));
        self.late_kept = 0;
    }

    /// Compresses the open page, with the late samples of its time.
    fn close_page(&mut self) {
        let after = self.full_until();
        if self.page.times().is_empty() {
            return;
        }
        let late = self.take_late(|time| after.is_none_or(|after| time > after));
        self.late_kept = 0;
        if late.is_empty() {
            let page = ClosedPage::of_rows(&self.page, self.last.len());
            self.full.push(FullPage::Closed(Arc::new(page)));
            return self.page.clear();
        }
        let times = union_times(self.page.times(), &late_times(&late));
        let page = &self.page;
        let closed = ClosedPage::build(times, self.last.len().max(columns_of(&late)), |index, column| {
            page.read(index, &mut column.times, &mut column.values);
            merge(column, 0, late_of(&late, index));
        });
        self.full.push(FullPage::Closed(Arc::new(closed)));
        self.page.clear();
    }

    /// Makes the full pages to whose times late samples belong anew.
    fn fold_late(&mut self) {
        for index in 0..self.full.len() {
            let until = self.full.get(index + 1).and_then(|next| next.times().first().copied());
            let until = until.or(self.full_until().map(|until| until.saturating_add(1)));
            let late = self.take_late(|time| until.is_none_or(|until| time < until));
            if late.is_empty() {
                continue;
            }
            let old = &self.full[index];
            let times = union_times(old.times(), &late_times(&late));
            let columns = old.column_count().max(columns_of(&late));
            let page = ClosedPage::build(times, columns, |index, column| {
                old.read(index, &mut column.times, &mut column.values);
                merge(column, 0, late_of(&late, index));
            });
            self.full[index] = FullPage::Closed(Arc::new(page));
        }
    }

    /// Forgets pages and late samples whose every time is before `time`.
    pub(crate) fn drop_before(&mut self, time: Timestamp) {
        self.full.retain(|page| page.times().last().is_some_and(|&last| last >= time));
        self.late.retain(|&(_, late), _| late >= time);
        self.late_oldest = oldest_late(&self.late);
        if self.page.times().last().is_some_and(|&newest| newest < time) {
            self.page = OpenPage::default();
            self.last_present.clear();
        }
    }

    /// Whether a column has any sample.
    pub(crate) fn has_any(&self, column: usize) -> bool {
        let (first, last) = ((column as u16, Timestamp::MIN), (column as u16, Timestamp::MAX));
        self.page.seen().contains(column)
            || self.full.iter().any(|page| page.has_any(column))
            || self.late.range(first..=last).next().is_some()
    }

    /// What some of the columns have, which ascend, by their place among them. The open page is compressed on the way.
    pub(crate) fn narrowed(&self, kept: &[u16]) -> FloatRows {
        let mut narrow = FloatRows::default();
        let closed = |times: &[Timestamp], read: &dyn Fn(usize, &mut Column)| {
            let page = ClosedPage::build(times.to_vec(), kept.len(), |place, column| {
                read(kept[place] as usize, column);
            });
            FullPage::Closed(Arc::new(page))
        };
        for page in &self.full {
            let read =
                |index: usize, column: &mut Column| page.read(index, &mut column.times, &mut column.values);
            narrow.full.push(closed(page.times(), &read));
        }
        if !self.page.times().is_empty() {
            let page = &self.page;
            let read =
                |index: usize, column: &mut Column| page.read(index, &mut column.times, &mut column.values);
            narrow.full.push(closed(page.times(), &read));
        }
        for (place, &column) in (0..).zip(kept) {
            narrow
                .late
                .extend(late_of(&self.late, column as usize).map(|(time, value)| ((place, time), value)));
        }
        narrow.late_oldest = oldest_late(&narrow.late);
        let known = kept.iter().take_while(|&&column| (column as usize) < self.last.len());
        narrow.last = known.map(|&column| self.last[column as usize]).collect();
        narrow
    }

    /// The oldest time of any sample.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        // Pages follow each other in time.
        let first = self.full.first().map_or(self.page.times(), |page| page.times()).first();
        first.into_iter().chain(&self.late_oldest).copied().min()
    }

    /// The oldest time of any sample that is not before `time`.
    pub(crate) fn oldest_from(&self, time: Timestamp) -> Option<Timestamp> {
        let first = |times: &[Timestamp]| times.get(times.partition_point(|&other| other < time)).copied();
        let pages = self.full.iter().filter_map(|page| first(page.times()));
        let late = self.late.keys().map(|&(_, late)| late).filter(|&late| late >= time);
        pages.chain(first(self.page.times())).chain(late).min()
    }

    /// About how much memory the floats take.
    pub(crate) fn bytes(&self) -> usize {
        let full: usize = self.full.iter().map(|page| page.bytes() + 24).sum();
        full + self.page.bytes() + self.last.capacity() * 8 + self.late.len() * 32
    }

    fn full_until(&self) -> Option<Timestamp> {
        self.full.last().and_then(|page| page.times().last().copied())
    }

    fn page_is_full(&self, samples_per_column: usize) -> bool {
        let rows = self.page.times().len();
        let columns = self.page.seen().count();
        rows >= PAGE_ROWS_MAX
            || rows >= samples_per_column && self.page.samples() >= samples_per_column * columns
            || rows > 0 && self.page.bytes() >= PAGE_BYTES_MAX
    }

    fn remember(&mut self, row: &RowValues<'_>) {
        for column in bits::ones(row.changed) {
            if column >= self.last.len() {
                self.last.resize(column + 1, 0);
            }
            self.last[column] = row.values[column];
        }
        let words = self.last_present.words_mut(row.present.len());
        words.iter_mut().zip(row.present).for_each(|(present, more)| *present |= more);
    }

    fn take_late(&mut self, mut takes: impl FnMut(Timestamp) -> bool) -> BTreeMap<(u16, Timestamp), u64> {
        let (taken, kept) =
            std::mem::take(&mut self.late).into_iter().partition(|&((_, time), _)| takes(time));
        self.late = kept;
        self.late_oldest = oldest_late(&self.late);
        taken
    }
}

fn oldest_late(late: &BTreeMap<(u16, Timestamp), u64>) -> Option<Timestamp> {
    late.keys().map(|&(_, time)| time).min()
}

fn late_times(late: &BTreeMap<(u16, Timestamp), u64>) -> Vec<Timestamp> {
    let mut times: Vec<Timestamp> = late.keys().map(|&(_, time)| time).collect();
    times.sort_unstable();
    times.dedup();
    times
}

/// One more than the last column that has late samples.
fn columns_of(late: &BTreeMap<(u16, Timestamp), u64>) -> usize {
    late.keys().next_back().map_or(0, |&(column, _)| column as usize + 1)
}

fn late_of(late: &BTreeMap<(u16, Timestamp), u64>, column: usize) -> impl Iterator<Item = (Timestamp, u64)> {
    let column = column as u16;
    let range = late.range((column, Timestamp::MIN)..=(column, Timestamp::MAX));
    range.map(|(&(_, time), &value)| (time, value))
}

/// Merges samples into those of `column` from `before` on; both ascend in time.
fn merge(column: &mut Column, before: usize, more: impl Iterator<Item = (Timestamp, u64)>) {
    let mut more = more.peekable();
    if more.peek().is_none() {
        return;
    }
    let (times, values) = (column.times.split_off(before), column.values.split_off(before));
    let mut first = times.into_iter().zip(values).peekable();
    while let Some((time, value)) = match (first.peek(), more.peek()) {
        (Some((a, _)), Some((b, _))) if a <= b => first.next(),
        (_, Some(_)) => more.next(),
        _ => first.next(),
    } {
        column.times.push(time);
        column.values.push(value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use proptest::prelude::*;

    /// Feeds single samples through the door a stripe uses, and compares with a map.
    fn check(samples: &[(u16, Timestamp, u64)], close_at: &[usize], waiting_bytes: usize) {
        let waiting_bytes_left = AtomicUsize::new(waiting_bytes);
        let paging = Paging { samples_per_column: 4, waiting_bytes_left: Some(&waiting_bytes_left) };
        let mut rows = FloatRows::default();
        let mut want = BTreeMap::new();
        for (index, &(column, time, value)) in samples.iter().enumerate() {
            if close_at.contains(&index) {
                rows.close_page();
                close_waiting(&mut rows);
            }
            assert_eq!(rows.at(column, time), want.get(&(column, time)).copied(), "{column} at {time}");
            if want.contains_key(&(column, time)) {
                continue;
            }
            want.insert((column, time), value);
            let mut present = [0u64; WORDS_MAX];
            present[column as usize / 64] |= 1 << (column % 64);
            let mut values = vec![0; 1_024];
            values[column as usize] = value;
            let changed = rows.changed(&present, &values);
            let row = RowValues { present: &present, changed: &changed, values: &values };
            match rows.place(time) {
                Place::New => rows.push_new(time, &row, paging),
                Place::Newest => rows.push_newest(&row),
                Place::Late => rows.push_late([(column, time, value)]),
            }
        }
        let kept = [1u16, 3, 6];
        let mut narrow = rows.narrowed(&kept);
        for (place, &column) in kept.iter().enumerate() {
            let all = read(&narrow, place, Timestamp::MIN, Timestamp::MAX);
            assert_eq!(
                all,
                read(&rows, column as usize, Timestamp::MIN, Timestamp::MAX),
                "narrowed {column}"
            );
            assert_eq!(narrow.has_any(place), !all.is_empty());
            assert_eq!(rows.has_any(column as usize), !all.is_empty());
        }
        let newest = rows.oldest().map(|_| 1_000);
        if let Some(time) = newest {
            narrow.push_new(time, &RowValues { present: &[7], changed: &[7], values: &[5; 64] }, paging);
            assert_eq!((narrow.at(2, time), narrow.at(3, time)), (Some(5), None));
        }
        rows.fold_late();
        for column in 0..8u16 {
            let got = read(&rows, column as usize, -50, 50);
            let want: Vec<_> =
                want.range((column, -50)..=(column, 50)).map(|(&(_, time), &value)| (time, value)).collect();
            assert_eq!(got, want, "column {column}");
        }
    }

    fn read(rows: &FloatRows, column: usize, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, u64)> {
        let mut got = Column::default();
        rows.read(column, from, to, &mut got);
        got.times.into_iter().zip(got.values).collect()
    }

    fn close_waiting(rows: &mut FloatRows) {
        while let Some(page) = rows.waiting() {
            rows.replace_waiting(&page, ClosedPage::of_rows(&page, page.column_count()));
        }
    }

    proptest! {
        #[test]
        fn any_order_of_samples_is_read_in_order(
            samples in proptest::collection::vec((0u16..8, -60i64..60, 0u64..4), 0..200),
            close_at in proptest::collection::vec(0usize..200, 0..6),
            waiting_bytes in 0usize..4_000,
        ) {
            check(&samples, &close_at, waiting_bytes);
        }
    }

    #[test]
    fn many_rows_close_pages() {
        let samples: Vec<_> = (0..1_000).map(|n| ((n % 3) as u16, n / 3 - 100, (n % 7) as u64)).collect();
        check(&samples, &[], 0);
        check(&samples, &[], usize::MAX);
    }
}
