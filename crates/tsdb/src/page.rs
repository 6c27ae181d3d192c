//! The open page: the newest rows of a stripe, each telling only what changed since the row before.
//!
//! ```text
//! dense row  := changed bitmap, [absent bitmap], the values of the changed columns
//! sparse row := the numbers of the columns that are there, and all their values
//! ```
//!
//! A column's first value within the page counts as changed, so a page needs nothing from before it. Two thirds of
//! what a machine exposes stays the same for minutes and costs nothing here; a value is found again by counting bits.

use std::ops::Range;

use model::Timestamp;

use crate::bits::{self, Bits};

/// Rows in the order of their times.
#[derive(Default)]
pub(crate) struct OpenPage {
    times: Vec<Timestamp>,
    rows: Vec<Row>,
    bitmaps: Vec<u64>,
    columns: Vec<u16>,
    values: Vec<u64>,
    seen: Bits,
    samples: usize,
}

#[derive(Clone, Copy)]
struct Row {
    /// Where the row's bitmaps begin, or, for a sparse row, its columns.
    shape_at: u32,
    values_at: u32,
    shape: Shape,
}

#[derive(Clone, Copy)]
enum Shape {
    Dense { words: u8, has_absent: bool },
    Sparse { count: u16 },
}

/// A row on its way in: which columns are there and what they say, addressed by column.
pub(crate) struct RowValues<'a> {
    /// The columns that are there.
    pub(crate) present: &'a [u64],
    /// The columns whose value differs from the one before.
    pub(crate) changed: &'a [u64],
    /// The value of every column that is there, as bits; others are ignored.
    pub(crate) values: &'a [u64],
}

/// The columns that every row has.
pub(crate) struct Turned {
    whole: Bits,
    /// Where each column's entries end.
    ends: Vec<u32>,
    /// In which rows a column's value changed, and to what.
    entries: Vec<(u16, u64)>,
}

/// What a row tells, in either shape.
enum Told<'a> {
    /// What changed, and what is absent, if anything.
    Dense(&'a [u64], &'a [u64]),
    Sparse(&'a [u16]),
}

impl Turned {
    /// The rows at which a column that every row has changed, the first among them; `None` for any other column.
    pub(crate) fn changes(&self, column: usize) -> Option<&[(u16, u64)]> {
        let first = if column == 0 { 0 } else { *self.ends.get(column - 1)? };
        self.whole.contains(column).then(|| &self.entries[first as usize..self.ends[column] as usize])
    }
}

impl Told<'_> {
    fn columns(&self) -> impl Iterator<Item = usize> {
        let (dense, sparse): (&[u64], &[u16]) = match *self {
            Told::Dense(told, _) => (told, &[]),
            Told::Sparse(columns) => (&[], columns),
        };
        bits::ones(dense).chain(sparse.iter().map(|&column| column as usize))
    }

    /// The columns that the row tells, of one word of the bitmap.
    fn word(&self, word: usize) -> u64 {
        match *self {
            Told::Dense(told, _) => told.get(word).copied().unwrap_or(0),
            Told::Sparse(columns) => {
                let first = columns.partition_point(|&column| (column as usize) < word * 64);
                let here = columns[first..].iter().take_while(|&&column| (column as usize) < word * 64 + 64);
                here.fold(0, |bits, column| bits | 1 << (column % 64))
            }
        }
    }

    /// The columns that the row has if those before it had them.
    fn present(&self, word: usize) -> u64 {
        match *self {
            Told::Dense(told, _) if word >= told.len() => 0,
            Told::Dense(_, absent) => !absent.get(word).copied().unwrap_or(0),
            Told::Sparse(_) => self.word(word),
        }
    }
}

impl OpenPage {
    /// Adds a row that is newer than all others.
    pub(crate) fn push(&mut self, time: Timestamp, row: &RowValues<'_>) {
        debug_assert!(self.times.last().is_none_or(|&last| last < time), "rows ascend in time");
        self.times.push(time);
        let words = row.present.len();
        self.seen.words_mut(words);
        // The first value of a column within the page has to be told.
        let told: [u64; WORDS_MAX] = std::array::from_fn(|word| match word < words {
            true => (row.changed[word] | !self.seen.word(word)) & row.present[word],
            false => 0,
        });
        let told = &told[..words];
        let count = bits::count(row.present);
        self.samples += count;
        for (seen, present) in self.seen.words_mut(words).iter_mut().zip(row.present) {
            *seen |= present;
        }
        let values_at = self.values.len() as u32;
        let has_absent = self.seen.words()[..words] != *row.present;
        let dense_bytes = words * 8 * (1 + usize::from(has_absent)) + bits::count(told) * 8;
        if count * 10 < dense_bytes {
            let shape_at = self.columns.len() as u32;
            self.columns.extend(bits::ones(row.present).map(|column| column as u16));
            self.values.extend(bits::ones(row.present).map(|column| row.values[column]));
            let shape = Shape::Sparse { count: count as u16 };
            self.rows.push(Row { shape_at, values_at, shape });
        } else {
            let shape_at = self.bitmaps.len() as u32;
            self.bitmaps.extend_from_slice(told);
            if has_absent {
                self.bitmaps.extend(row.present.iter().map(|present| !present));
            }
            self.values.reserve(bits::count(told));
            bits::ones(told).for_each(|column| self.values.push(row.values[column]));
            let shape = Shape::Dense { words: words as u8, has_absent };
            self.rows.push(Row { shape_at, values_at, shape });
        }
    }

    /// Adds columns to the newest row that were not in it. `row.present` holds only those; `before` holds the value
    /// of every column of the row as it stood, `present_before` which those are.
    pub(crate) fn merge_into_last(&mut self, row: &RowValues<'_>, present_before: &[u64], before: &[u64]) {
        let time = self.times.pop().expect("there is a newest row");
        let last = self.rows.pop().expect("there is a newest row");
        let words = row.present.len();
        // What the row told before stays told; a sparse row told everything it had.
        let told_before: [u64; WORDS_MAX] = std::array::from_fn(|word| match last.shape {
            Shape::Dense { words, .. } if word < words as usize => {
                self.bitmaps[last.shape_at as usize + word]
            }
            Shape::Dense { .. } => 0,
            Shape::Sparse { .. } => present_before.get(word).copied().unwrap_or(0),
        });
        match last.shape {
            Shape::Dense { .. } => self.bitmaps.truncate(last.shape_at as usize),
            Shape::Sparse { .. } => self.columns.truncate(last.shape_at as usize),
        }
        self.values.truncate(last.values_at as usize);
        self.samples -= bits::count(present_before);
        let (mut present, mut changed) = ([0; WORDS_MAX], [0; WORDS_MAX]);
        let mut values = before.to_vec();
        values.resize(words * 64, 0);
        for word in 0..words {
            present[word] = row.present[word] | present_before.get(word).copied().unwrap_or(0);
            changed[word] = row.changed[word] & row.present[word] | told_before[word];
        }
        for column in bits::ones(row.present) {
            values[column] = row.values[column];
        }
        let merged = RowValues { present: &present[..words], changed: &changed[..words], values: &values };
        self.push(time, &merged);
    }

    /// An empty page with room for as much as this one holds.
    pub(crate) fn next(&self) -> OpenPage {
        OpenPage {
            times: Vec::with_capacity(self.times.len()),
            rows: Vec::with_capacity(self.rows.len()),
            bitmaps: Vec::with_capacity(self.bitmaps.len()),
            columns: Vec::with_capacity(self.columns.len()),
            values: Vec::with_capacity(self.values.len()),
            seen: Bits::default(),
            samples: 0,
        }
    }

    /// How many columns the page knows.
    pub(crate) fn column_count(&self) -> usize {
        self.seen.end()
    }

    /// The times of the rows.
    pub(crate) fn times(&self) -> &[Timestamp] {
        &self.times
    }

    /// The columns that any row has.
    pub(crate) fn seen(&self) -> &Bits {
        &self.seen
    }

    /// How many samples the rows hold.
    pub(crate) fn samples(&self) -> usize {
        self.samples
    }

    /// About how much memory the rows take.
    pub(crate) fn bytes(&self) -> usize {
        self.times.capacity() * 8
            + self.rows.capacity() * size_of::<Row>()
            + self.bitmaps.capacity() * 8
            + self.columns.capacity() * 2
            + self.values.capacity() * 8
    }

    /// Appends the samples of a column, ascending in time.
    pub(crate) fn read(&self, column: usize, times: &mut Vec<Timestamp>, values: &mut Vec<u64>) {
        self.read_rows(column, 0..self.rows.len(), times, values);
    }

    /// Appends the samples that a column has in some of the rows, ascending in time.
    pub(crate) fn read_rows(
        &self,
        column: usize,
        rows: Range<usize>,
        times: &mut Vec<Timestamp>,
        values: &mut Vec<u64>,
    ) {
        if !self.seen.contains(column) {
            return;
        }
        // What did not change was told by the last row that told it.
        let mut before = self.rows[..rows.start].iter().rev();
        let mut current = before.find_map(|row| self.value(row, column, None));
        times.reserve(rows.len());
        values.reserve(rows.len());
        for (row, &time) in self.rows[rows.clone()].iter().zip(&self.times[rows]) {
            if let Some(value) = self.value(row, column, current) {
                current = Some(value);
                times.push(time);
                values.push(value);
            }
        }
    }

    /// Turns rows into columns, as far as every row has them: most do, and are found without asking each row for each.
    pub(crate) fn turned(&self) -> Turned {
        let mut whole = self.seen.clone();
        let mut ends = vec![0; whole.words().len() * 64];
        for (number, row) in self.rows.iter().enumerate() {
            let told = self.told(row);
            told.columns().for_each(|column| ends[column] += 1);
            for (word, whole) in whole.words_mut(0).iter_mut().enumerate() {
                *whole &= if number == 0 { told.word(word) } else { told.present(word) };
            }
        }
        let mut told_before = 0;
        for end in &mut ends {
            (told_before, *end) = (told_before + *end, told_before);
        }
        // Every entry moves its column's end on, from where the column begins to where the next one does.
        let mut entries = vec![(0, 0); told_before as usize];
        for (number, row) in self.rows.iter().enumerate() {
            let values = &self.values[row.values_at as usize..];
            for (column, &value) in self.told(row).columns().zip(values) {
                entries[ends[column] as usize] = (number as u16, value);
                ends[column] += 1;
            }
        }
        Turned { whole, ends, entries }
    }

    fn told(&self, row: &Row) -> Told<'_> {
        let shape_at = row.shape_at as usize;
        match row.shape {
            Shape::Sparse { count } => Told::Sparse(&self.columns[shape_at..][..count as usize]),
            Shape::Dense { words, has_absent } => {
                let words = words as usize;
                let (told, rest) = self.bitmaps[shape_at..].split_at(words);
                Told::Dense(told, if has_absent { &rest[..words] } else { &[] })
            }
        }
    }

    /// What a row says of a column that said `current` before.
    fn value(&self, row: &Row, column: usize, current: Option<u64>) -> Option<u64> {
        let shape_at = row.shape_at as usize;
        match row.shape {
            Shape::Sparse { count } => {
                let columns = &self.columns[shape_at..shape_at + count as usize];
                let index = columns.binary_search(&(column as u16)).ok()?;
                Some(self.values[row.values_at as usize + index])
            }
            Shape::Dense { words, has_absent } => {
                let words = words as usize;
                let told = &self.bitmaps[shape_at..shape_at + words];
                if bits::contains(told, column) {
                    return Some(self.values[row.values_at as usize + bits::rank(told, column)]);
                }
                let absent = column >= words * 64
                    || has_absent
                        && bits::contains(&self.bitmaps[shape_at + words..shape_at + 2 * words], column);
                if absent { None } else { current }
            }
        }
    }

    /// Forgets every row and keeps the room.
    pub(crate) fn clear(&mut self) {
        self.times.clear();
        self.rows.clear();
        self.bitmaps.clear();
        self.columns.clear();
        self.values.clear();
        self.seen.clear();
        self.samples = 0;
    }
}

/// How many words the bitmap of a row has at most.
pub(crate) const WORDS_MAX: usize = crate::stripe::COLUMNS_MAX / 64;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Pushes rows of `(column, value)` and reads every column back.
    fn check(rows: &[(Timestamp, &[(usize, u64)])]) {
        let mut page = OpenPage::default();
        let mut last = vec![0u64; 1024];
        let mut ever = Bits::default();
        let mut last_present = Bits::default();
        let mut want: BTreeMap<usize, Vec<(Timestamp, u64)>> = BTreeMap::new();
        let words = rows.iter().flat_map(|(_, row)| *row).map(|(column, _)| column / 64 + 1).max().unwrap();
        for (time, row) in rows {
            let (mut present, mut changed) = (vec![0u64; words], vec![0u64; words]);
            let mut values = vec![0u64; words * 64];
            for &(column, value) in *row {
                present[column / 64] |= 1 << (column % 64);
                if !ever.contains(column) || last[column] != value {
                    changed[column / 64] |= 1 << (column % 64);
                }
                values[column] = value;
                want.entry(column).or_default().push((*time, value));
            }
            let row_values = RowValues { present: &present, changed: &changed, values: &values };
            if page.times.last() == Some(time) {
                page.merge_into_last(&row_values, last_present.words(), &last);
            } else {
                page.push(*time, &row_values);
                last_present = Bits::default();
            }
            for &(column, value) in *row {
                last[column] = value;
                ever.insert(column);
                last_present.insert(column);
            }
        }
        for column in 0..words * 64 {
            let (mut times, mut values) = (Vec::new(), Vec::new());
            page.read(column, &mut times, &mut values);
            let got: Vec<_> = times.into_iter().zip(values).collect();
            let want = want.get(&column).cloned().unwrap_or_default();
            assert_eq!(got, want, "column {column}");
            for start in 0..=page.times.len() {
                for end in start..=page.times.len() {
                    let (mut times, mut values) = (Vec::new(), Vec::new());
                    page.read_rows(column, start..end, &mut times, &mut values);
                    let within = |time: &Timestamp| page.times[start..end].contains(time);
                    let want: Vec<_> = want.iter().filter(|(time, _)| within(time)).copied().collect();
                    let got: Vec<_> = times.into_iter().zip(values).collect();
                    assert_eq!(got, want, "column {column}, rows {start}..{end}");
                }
            }
            let turned = page.turned();
            let is_whole = want.len() == page.times.len();
            assert_eq!(
                turned.changes(column).is_some(),
                is_whole,
                "column {column} is turned if it is whole"
            );
            for (row, (_, value)) in want.iter().enumerate().filter(|_| is_whole) {
                let told = turned.changes(column).unwrap().iter().rfind(|(told, _)| *told as usize <= row);
                assert_eq!(told.unwrap().1, *value, "column {column} turned, row {row}");
            }
        }
        assert_eq!(page.samples(), want.values().map(Vec::len).sum::<usize>());
    }

    #[test]
    fn what_did_not_change_is_still_there() {
        check(&[(1, &[(0, 5), (1, 6)]), (2, &[(0, 5), (1, 7)]), (3, &[(0, 5)]), (4, &[(0, 5), (1, 7)])]);
    }

    #[test]
    fn wide_rows_with_few_columns_are_sparse() {
        check(&[(1, &[(900, 1)]), (2, &[(3, 1), (900, 1)]), (3, &[(900, 2)]), (4, &[(3, 1)])]);
    }

    #[test]
    fn frames_of_one_time_become_one_row() {
        check(&[(1, &[(0, 1)]), (1, &[(1, 2)]), (2, &[(1, 2)]), (2, &[(0, 1), (70, 9)]), (3, &[(70, 9)])]);
        check(&[(1, &[(900, 1)]), (1, &[(3, 1)]), (2, &[(900, 1)]), (2, &[(3, 2)]), (2, &[(4, 2)])]);
    }
}
