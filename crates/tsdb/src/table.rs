//! A table of label sets: each set once, found by its content, and by every label it has.
//!
//! The store keeps two of these, one of targets and one of points. A series is a row of the first with a row of the
//! second, so both stay small while their product grows, and a matcher is decided on each of them alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashTable;
use model::{Labels, Matcher};
use roaring::RoaringBitmap;

use crate::labels::Pace;
use crate::postings::Postings;

/// The number of a label set in its table.
pub(crate) type RowId = u32;

/// Label sets with an index over their labels. A row keeps its number until it is forgotten.
#[derive(Default)]
pub(crate) struct LabelTable {
    rows: Vec<Labels>,
    /// The number of every row.
    every: RoaringBitmap,
    by_content: HashTable<RowId>,
    /// name → value → rows.
    postings: BTreeMap<Arc<str>, Postings>,
    bytes: u64,
    /// Rows that are not found any more and still stand under their labels.
    hidden: Vec<RowId>,
    /// Numbers of forgotten rows that somebody may still speak of.
    forgotten: Vec<RowId>,
    /// Numbers for new rows.
    free: Vec<RowId>,
}

impl LabelTable {
    /// The row of `labels`, if the table has it.
    pub(crate) fn find(&self, labels: &Labels) -> Option<RowId> {
        self.by_content.find(labels.hash64(), |&row| self.rows[row as usize] == *labels).copied()
    }

    /// The row of `labels`, added when the table does not have it.
    pub(crate) fn intern(&mut self, labels: &Labels) -> RowId {
        if let Some(row) = self.find(labels) {
            return row;
        }
        let row = self.free.pop().unwrap_or_else(|| {
            self.rows.push(Labels::empty());
            RowId::try_from(self.rows.len() - 1).expect("fewer than 2^32 label sets")
        });
        for (name, value) in labels {
            if !self.postings.contains_key(name) {
                self.postings.insert(name.into(), Postings::default());
            }
            let postings = self.postings.get_mut(name).expect("the name was just put there");
            if postings.insert(row, value) {
                self.bytes += VALUE_BYTES + value.len() as u64;
            }
        }
        self.bytes += row_bytes(labels);
        self.rows[row as usize] = labels.clone();
        self.every.insert(row);
        let rows = &self.rows;
        self.by_content.insert_unique(labels.hash64(), row, |&row| rows[row as usize].hash64());
        row
    }

    /// Lets rows not be found any more, for `forget_hidden` to forget.
    pub(crate) fn hide(&mut self, rows: &RoaringBitmap) {
        for row in rows {
            let hash = self.rows[row as usize].hash64();
            let entry = self.by_content.find_entry(hash, |&other| other == row);
            entry.expect("a row is found by its content").remove();
            self.hidden.push(row);
        }
        self.every -= rows;
    }

    /// Forgets up to `rows_max` of the rows that are hidden; returns whether any are left.
    pub(crate) fn forget_hidden(&mut self, rows_max: usize) -> bool {
        for row in self.hidden.split_off(self.hidden.len().saturating_sub(rows_max)) {
            let labels = std::mem::replace(&mut self.rows[row as usize], Labels::empty());
            for (name, value) in &labels {
                self.take_from_postings(row, name, value);
            }
            self.bytes -= row_bytes(&labels);
            self.forgotten.push(row);
        }
        !self.hidden.is_empty()
    }

    /// Gives the numbers of forgotten rows to new ones. The caller knows that nobody speaks of the old ones any more.
    pub(crate) fn recycle(&mut self) {
        self.free.append(&mut self.forgotten);
    }

    /// The label set of a row.
    pub(crate) fn labels(&self, row: RowId) -> &Labels {
        &self.rows[row as usize]
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.every.len() as usize
    }

    /// About how much memory the table takes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Every row.
    pub(crate) fn all(&self) -> &RoaringBitmap {
        &self.every
    }

    /// Whether these are all rows that stand under any label.
    pub(crate) fn is_whole(&self, rows: &RoaringBitmap) -> bool {
        self.hidden.is_empty() && rows.len() == self.every.len()
    }

    /// The names of all labels, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.postings.keys().map(|name| &**name)
    }

    /// The names of the labels that any of these rows has, sorted.
    pub(crate) fn names_of(&self, rows: &RoaringBitmap) -> impl Iterator<Item = &str> {
        let is_whole = self.is_whole(rows);
        let has_any = move |postings: &Postings| is_whole || !postings.any().is_disjoint(rows);
        let found = self.postings.iter().filter(move |(_, postings)| has_any(postings));
        found.map(|(name, _)| &**name)
    }

    /// The values of a label with the rows that have them, sorted by value.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = (&str, &RoaringBitmap)> {
        self.postings.get(name).into_iter().flat_map(Postings::values)
    }

    /// The rows that have the matcher's label with a value that satisfies it.
    pub(crate) fn satisfied(&self, matcher: &Matcher, pace: &Pace<'_>) -> RoaringBitmap {
        let found = self.postings.get(matcher.name.as_str());
        found.map_or_else(RoaringBitmap::new, |found| found.matching(matcher, pace))
    }

    /// The rows that have the matcher's label with a value that does not satisfy it.
    pub(crate) fn violated(&self, matcher: &Matcher, pace: &Pace<'_>) -> RoaringBitmap {
        let found = self.postings.get(matcher.name.as_str());
        found.map_or_else(RoaringBitmap::new, |found| found.matching(&matcher.inverse(), pace))
    }
}

impl LabelTable {
    fn take_from_postings(&mut self, row: RowId, name: &str, value: &str) {
        let Some(postings) = self.postings.get_mut(name) else { return };
        if postings.remove(row, value) {
            self.bytes -= VALUE_BYTES + value.len() as u64;
        }
        if postings.is_empty() {
            self.postings.remove(name);
        }
    }
}

/// What a row takes, about.
fn row_bytes(labels: &Labels) -> u64 {
    ROW_BYTES + labels.packed().len() as u64 + labels.len() as u64 * POSTING_BYTES
}

/// What a row, a value and a row's entry under a value take beyond their own bytes, about.
const ROW_BYTES: u64 = 40;
const VALUE_BYTES: u64 = 96;
const POSTING_BYTES: u64 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use model::MatchOp;

    fn table() -> LabelTable {
        let mut table = LabelTable::default();
        for pairs in [
            &[("__name__", "up")][..],
            &[("__name__", "http_requests_total"), ("code", "200")],
            &[("__name__", "http_requests_total"), ("code", "503")],
            &[("__name__", "http_errors"), ("code", "503"), ("path", "/a")],
        ] {
            table.intern(&Labels::from_pairs(pairs.iter().copied()));
        }
        table
    }

    #[test]
    fn a_set_has_one_row() {
        let mut table = table();
        assert_eq!(table.intern(&Labels::from_pairs([("__name__", "up")])), 0);
        assert_eq!(table.len(), 4);
    }

    #[test]
    fn forgotten_rows_leave_nothing_and_their_numbers_come_back_later() {
        let mut table = table();
        let bytes = table.bytes();
        let (path, up) = ([("path", "/b")], [("__name__", "up")]);
        let more = table.intern(&Labels::from_pairs(path));
        table.hide(&RoaringBitmap::from_iter([more, 1]));
        assert!(table.find(&Labels::from_pairs(path)).is_none() && table.len() == 3);
        assert!(table.forget_hidden(1) && !table.forget_hidden(9));
        assert_eq!(table.values("path").count(), 1);
        assert!(table.values("code").all(|(value, _)| value == "503"));
        assert_eq!(table.intern(&Labels::from_pairs([("new", "1")])), 5, "numbers may still be spoken of");
        table.recycle();
        let again = table.intern(&Labels::from_pairs([("new", "2")]));
        assert!([1, more].contains(&again) && table.find(&Labels::from_pairs(up)) == Some(0));
        table.hide(&(table.all().clone() - RoaringBitmap::from_iter([0])));
        table.forget_hidden(9);
        assert_eq!((table.len(), table.names().collect::<Vec<_>>()), (1, vec!["__name__"]));
        assert!(table.bytes() < bytes / 2);
    }

    #[test]
    fn matchers_are_decided_by_look_up() {
        let table = table();
        let check = |name: &str, op: MatchOp, value: &str, satisfied: &[u32], violated: &[u32]| {
            let matcher = Matcher::new(name, op, value).unwrap();
            let rows = |bitmap: RoaringBitmap| bitmap.iter().collect::<Vec<_>>();
            let pace = Pace::new(&|| true);
            assert_eq!(rows(table.satisfied(&matcher, &pace)), satisfied, "{name} {op:?} {value} satisfied");
            assert_eq!(rows(table.violated(&matcher, &pace)), violated, "{name} {op:?} {value} violated");
        };
        check("code", MatchOp::Equal, "503", &[2, 3], &[1]);
        check("code", MatchOp::Equal, "404", &[], &[1, 2, 3]);
        check("code", MatchOp::NotEqual, "503", &[1], &[2, 3]);
        check("code", MatchOp::Regex, "5..", &[2, 3], &[1]);
        check("code", MatchOp::Regex, "200|404", &[1], &[2, 3]);
        check("code", MatchOp::NotRegex, "2.*", &[2, 3], &[1]);
        check("code", MatchOp::Regex, ".*", &[1, 2, 3], &[]);
        check("__name__", MatchOp::Regex, "http_.+", &[1, 2, 3], &[0]);
        check("absent", MatchOp::Equal, "", &[], &[]);
    }
}
