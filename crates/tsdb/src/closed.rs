//! A closed page: an open page transposed and compressed, still in memory, never changed again.
//!
//! Per column there is a 16-bit slot: absent, one of the page's constants, or a compressed block. Most columns of a
//! page are constant and share a few values (0, 1, a size in bytes), so most columns cost their slot. Columns that
//! miss rows name a pattern of rows, shared by all that miss the same ones.

use std::ops::Range;
use std::sync::Arc;

use model::Timestamp;

use crate::bits::Bits;
use crate::columnar;
use crate::page::OpenPage;

/// Columns over common rows, compressed.
pub(crate) struct ClosedPage {
    times: Arc<[Timestamp]>,
    /// By column: 0 for absent, then the constants, then the blocks.
    slots: Box<[u16]>,
    constants: Box<[u64]>,
    /// Where each block ends in `bytes`.
    block_ends: Box<[u32]>,
    bytes: Box<[u8]>,
    /// By column the pattern of its rows, `EVERY_ROW` for none; empty when no column misses a row.
    pattern_of: Box<[u16]>,
    patterns: Box<[Bits]>,
}

const EVERY_ROW: u16 = u16::MAX;

/// A column on its way into a page.
#[derive(Clone, Default)]
pub(crate) struct Column {
    pub(crate) times: Vec<Timestamp>,
    pub(crate) values: Vec<u64>,
}

impl ClosedPage {
    /// Compresses columns. `fill` appends the samples of a column, ascending in time; `times` holds every time that
    /// any of them has.
    pub(crate) fn build(
        times: Vec<Timestamp>,
        column_count: usize,
        mut fill: impl FnMut(usize, &mut Column),
    ) -> ClosedPage {
        let mut builder = Builder::default();
        let mut column = Column::default();
        for index in 0..column_count {
            column.times.clear();
            column.values.clear();
            fill(index, &mut column);
            builder.push(&times, &column);
        }
        builder.finish(times)
    }

    /// Compresses an open page.
    pub(crate) fn of_rows(page: &OpenPage, column_count: usize) -> ClosedPage {
        let turned = page.turned();
        let mut builder = Builder::default();
        let (mut column, mut values) = (Column::default(), Vec::new());
        for index in 0..column_count {
            match turned.changes(index) {
                Some(changes) => {
                    unfold(changes, page.times().len(), &mut values);
                    builder.push_whole(&values);
                }
                None => {
                    column.times.clear();
                    column.values.clear();
                    page.read(index, &mut column.times, &mut column.values);
                    builder.push(page.times(), &column);
                }
            }
        }
        builder.finish(page.times().to_vec())
    }

    /// The times of the rows.
    pub(crate) fn times(&self) -> &[Timestamp] {
        &self.times
    }

    /// How many columns the page knows.
    pub(crate) fn column_count(&self) -> usize {
        self.slots.len()
    }

    /// Whether a column has any sample.
    pub(crate) fn has_any(&self, column: usize) -> bool {
        self.slots.get(column).is_some_and(|&slot| slot != 0)
    }

    /// About how much memory the page takes.
    pub(crate) fn bytes(&self) -> usize {
        let patterns: usize = self.patterns.iter().map(|pattern| pattern.words().len() * 8 + 32).sum();
        size_of::<ClosedPage>()
            + self.times.len() * 8
            + self.slots.len() * 2
            + self.constants.len() * 8
            + self.block_ends.len() * 4
            + self.bytes.len()
            + self.pattern_of.len() * 2
            + patterns
    }

    /// Appends the samples of a column, ascending in time.
    pub(crate) fn read(&self, column: usize, times: &mut Vec<Timestamp>, values: &mut Vec<u64>) {
        self.read_rows(column, 0..self.times.len(), times, values);
    }

    /// Appends the samples that a column has in some of the rows, ascending in time.
    pub(crate) fn read_rows(
        &self,
        column: usize,
        rows: Range<usize>,
        times: &mut Vec<Timestamp>,
        values: &mut Vec<u64>,
    ) {
        let Some(slot) = self.slots.get(column).map(|&slot| slot as usize).filter(|&slot| slot != 0) else {
            return;
        };
        // Which of the column's samples are wanted, and how many it has.
        let (wanted, count) = match self.pattern_of.get(column) {
            Some(&pattern) if pattern != EVERY_ROW => {
                let pattern = &self.patterns[pattern as usize];
                let inside = pattern.iter().skip_while(|&row| row < rows.start);
                let before = times.len();
                times.extend(inside.take_while(|&row| row < rows.end).map(|row| self.times[row]));
                let first = pattern.iter().take_while(|&row| row < rows.start).count();
                (first..first + times.len() - before, pattern.count())
            }
            _ => {
                times.extend_from_slice(&self.times[rows.clone()]);
                (rows, self.times.len())
            }
        };
        match slot - 1 {
            constant if constant < self.constants.len() => {
                values.resize(values.len() + wanted.len(), self.constants[constant]);
            }
            slot => {
                let block = slot - self.constants.len();
                let from = if block == 0 { 0 } else { self.block_ends[block - 1] as usize };
                let bytes = &self.bytes[from..self.block_ends[block] as usize];
                let before = values.len();
                columnar::decode_values(bytes, count, values).expect("a page in memory is as it was made");
                if wanted.len() < count {
                    values.copy_within(before + wanted.start..before + wanted.end, before);
                    values.truncate(before + wanted.len());
                }
            }
        }
    }
}

#[derive(Default)]
struct Builder {
    slots: Vec<Slot>,
    constants: Vec<u64>,
    block_ends: Vec<u32>,
    bytes: Vec<u8>,
    pattern_of: Vec<u16>,
    patterns: Vec<Bits>,
}

#[derive(Clone, Copy)]
enum Slot {
    Absent,
    Constant(u64),
    Block(u16),
}

impl Builder {
    fn push(&mut self, times: &[Timestamp], column: &Column) {
        debug_assert_eq!(column.times.len(), column.values.len());
        if column.values.is_empty() {
            self.pattern_of.push(EVERY_ROW);
            return self.slots.push(Slot::Absent);
        }
        let pattern = self.pattern(times, &column.times);
        self.pattern_of.push(pattern);
        let values = column.values.iter().map(|&bits| f64::from_bits(bits)).collect::<Vec<f64>>();
        self.push_values(&values);
    }

    /// Adds a column that every row has.
    fn push_whole(&mut self, values: &[f64]) {
        self.pattern_of.push(EVERY_ROW);
        self.push_values(values);
    }

    fn push_values(&mut self, values: &[f64]) {
        let first = values[0].to_bits();
        if values.iter().all(|value| value.to_bits() == first) {
            self.constants.push(first);
            return self.slots.push(Slot::Constant(first));
        }
        columnar::encode_values_fast(values, &mut self.bytes);
        self.slots.push(Slot::Block(self.block_ends.len() as u16));
        self.block_ends.push(self.bytes.len() as u32);
    }

    fn pattern(&mut self, times: &[Timestamp], present: &[Timestamp]) -> u16 {
        if present.len() == times.len() {
            return EVERY_ROW;
        }
        let mut rows = Bits::default();
        rows.words_mut(times.len().div_ceil(64));
        let mut present = present.iter().peekable();
        for (row, time) in times.iter().enumerate() {
            if present.next_if_eq(&time).is_some() {
                rows.insert(row);
            }
        }
        debug_assert!(present.peek().is_none(), "every time of a column is a time of the page");
        // Neighbours miss the same rows: they come from the same exposition.
        let known = self.patterns.iter().rposition(|pattern| *pattern == rows);
        known.unwrap_or_else(|| {
            self.patterns.push(rows);
            self.patterns.len() - 1
        }) as u16
    }

    fn finish(mut self, times: Vec<Timestamp>) -> ClosedPage {
        self.constants.sort_unstable();
        self.constants.dedup();
        let constants = &self.constants;
        let slots = self.slots.iter().map(|slot| match slot {
            Slot::Absent => 0,
            Slot::Constant(value) => 1 + constants.binary_search(value).expect("it was put there") as u16,
            Slot::Block(block) => 1 + constants.len() as u16 + block,
        });
        ClosedPage {
            slots: slots.collect(),
            times: times.into(),
            constants: self.constants.into(),
            block_ends: self.block_ends.into(),
            bytes: self.bytes.into(),
            pattern_of: if self.patterns.is_empty() { Box::default() } else { self.pattern_of.into() },
            patterns: self.patterns.into(),
        }
    }
}

/// Puts `count` values in place of the changes between them; one, if there is but one.
fn unfold(changes: &[(u16, u64)], count: usize, values: &mut Vec<f64>) {
    values.clear();
    for (index, &(_, value)) in changes.iter().enumerate() {
        let until = changes.get(index + 1).map_or(count, |(row, _)| *row as usize);
        // A constant is told by its first value.
        let until = if changes.len() == 1 { 1 } else { until };
        values.resize(until, f64::from_bits(value));
    }
}

/// The sorted union of two ascending lists of times.
pub(crate) fn union_times(left: &[Timestamp], right: &[Timestamp]) -> Vec<Timestamp> {
    if left == right || right.is_empty() {
        return left.to_vec();
    }
    let mut union = Vec::with_capacity(left.len().max(right.len()));
    let (mut left, mut right) = (left.iter().copied().peekable(), right.iter().copied().peekable());
    while let Some(next) = match (left.peek(), right.peek()) {
        (Some(a), Some(b)) => Some(*a.min(b)),
        (a, b) => a.or(b).copied(),
    } {
        left.next_if_eq(&next);
        right.next_if_eq(&next);
        union.push(next);
    }
    union
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(times: &[Timestamp], columns: &[&[(Timestamp, u64)]]) -> ClosedPage {
        let page = ClosedPage::build(times.to_vec(), columns.len(), |index, column| {
            for &(time, value) in columns[index] {
                column.times.push(time);
                column.values.push(value);
            }
        });
        for (index, want) in columns.iter().enumerate() {
            let (mut got_times, mut got_values) = (Vec::new(), Vec::new());
            page.read(index, &mut got_times, &mut got_values);
            let got: Vec<_> = got_times.into_iter().zip(got_values).collect();
            assert_eq!(got, *want, "column {index}");
            for start in 0..=times.len() {
                for end in start..=times.len() {
                    let (mut got_times, mut got_values) = (Vec::new(), Vec::new());
                    page.read_rows(index, start..end, &mut got_times, &mut got_values);
                    let got: Vec<_> = got_times.into_iter().zip(got_values).collect();
                    let within = |(time, _): &&(Timestamp, u64)| times[start..end].contains(time);
                    let want: Vec<_> = want.iter().filter(within).copied().collect();
                    assert_eq!(got, want, "column {index}, rows {start}..{end}");
                }
            }
        }
        page
    }

    #[test]
    fn columns_come_back_bit_for_bit() {
        let float = |value: f64| value.to_bits();
        let nan = 0x7ff0_dead_beef_0001;
        check(
            &[10, 20, 30],
            &[
                &[(10, float(1.0)), (20, float(1.0)), (30, float(1.0))],
                &[(10, float(1.0)), (20, float(1.5)), (30, nan)],
                &[],
                &[(20, float(-0.0))],
                &[(10, float(0.0)), (30, float(-0.0))],
            ],
        );
    }

    #[test]
    fn columns_that_miss_the_same_rows_share_a_pattern() {
        let page = check(&[1, 2, 3], &[&[(1, 5), (3, 6)], &[(1, 7), (3, 9)], &[(2, 9)]]);
        assert_eq!(page.patterns.len(), 2);
    }

    #[test]
    fn times_unite() {
        assert_eq!(union_times(&[1, 3, 5], &[2, 3, 9]), [1, 2, 3, 5, 9]);
        assert_eq!(union_times(&[], &[2]), [2]);
    }
}
