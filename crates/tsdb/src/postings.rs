//! The rows that have one label, by its value, and how a matcher of that label finds them.
//!
//! Equality, sets, prefixes are looked up. What is left are patterns that have to be tried on every value; dashboards ask
//! with the same few again and again, so what they found is remembered until a row comes or goes.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use model::{Matcher, Regex};
use parking_lot::Mutex;
use roaring::RoaringBitmap;

use crate::labels::Pace;
use crate::table::RowId;

/// How many values a pattern must have been tried on to be remembered: fewer are soon tried again.
const TRIED_MIN: usize = 200;
/// How many patterns are remembered of one label.
const PATTERNS_MAX: usize = 8;

/// The rows that have one label, by its value.
#[derive(Default)]
pub(crate) struct Postings {
    values: BTreeMap<Arc<str>, RoaringBitmap>,
    any: RoaringBitmap,
    /// What patterns found that were tried since rows last changed; the one asked for last is at the end.
    found: Mutex<Vec<(Box<str>, RoaringBitmap)>>,
}

impl Postings {
    /// Adds a row; returns whether it is the first with its value.
    pub(crate) fn insert(&mut self, row: RowId, value: &str) -> bool {
        self.found.get_mut().clear();
        self.any.insert(row);
        if let Some(rows) = self.values.get_mut(value) {
            rows.insert(row);
            return false;
        }
        self.values.insert(value.into(), RoaringBitmap::from_iter([row]));
        true
    }

    /// Takes a row out; returns whether it was the last with its value.
    pub(crate) fn remove(&mut self, row: RowId, value: &str) -> bool {
        self.found.get_mut().clear();
        self.any.remove(row);
        let Some(rows) = self.values.get_mut(value) else { return false };
        rows.remove(row);
        let was_last = rows.is_empty();
        if was_last {
            self.values.remove(value);
        }
        was_last
    }

    /// Whether no row is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The rows that have the label at all.
    pub(crate) fn any(&self) -> &RoaringBitmap {
        &self.any
    }

    /// Every value with the rows that have it, sorted by value.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, &RoaringBitmap)> {
        self.values.iter().map(|(value, rows)| (&**value, rows))
    }

    /// The rows whose value satisfies the matcher. Once `pace` is over the outcome means nothing.
    pub(crate) fn matching(&self, matcher: &Matcher, pace: &Pace<'_>) -> RoaringBitmap {
        use model::MatchOp::{Equal, NotEqual, NotRegex, Regex};
        match (matcher.op, matcher.regex()) {
            (Equal, _) => self.values.get(matcher.value.as_str()).cloned().unwrap_or_default(),
            (NotEqual, _) => match self.values.get(matcher.value.as_str()) {
                Some(rows) => &self.any - rows,
                None => self.any.clone(),
            },
            (Regex, Some(regex)) => self.matching_regex(regex, pace),
            (NotRegex, Some(regex)) => &self.any - self.matching_regex(regex, pace),
            (Regex | NotRegex, None) => unreachable!("a regex matcher is made with its regex"),
        }
    }

    fn matching_regex(&self, regex: &Regex, pace: &Pace<'_>) -> RoaringBitmap {
        if regex.matches_everything() || regex.matches_every_non_empty() {
            return self.any.clone();
        }
        if let Some(literals) = regex.literals() {
            let mut all = RoaringBitmap::new();
            let found = literals.iter().filter_map(|literal| self.values.get(literal.as_str()));
            found.for_each(|rows| all |= rows);
            return all;
        }
        self.remembered(regex).unwrap_or_else(|| self.tried(regex, pace))
    }

    fn remembered(&self, regex: &Regex) -> Option<RoaringBitmap> {
        let mut found = self.found.lock();
        let at = found.iter().position(|(pattern, _)| **pattern == *regex.pattern())?;
        found[at..].rotate_left(1);
        found.last().map(|(_, rows)| rows.clone())
    }

    /// Tries the values that begin as every match does.
    fn tried(&self, regex: &Regex, pace: &Pace<'_>) -> RoaringBitmap {
        let prefix = regex.prefix();
        let (mut all, mut tried) = (RoaringBitmap::new(), 0);
        let from_prefix = self.values.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        for (value, rows) in from_prefix.take_while(|(value, _)| value.starts_with(prefix)) {
            if !pace.goes_on() {
                return all;
            }
            tried += 1;
            if regex.is_match(value) {
                all |= rows;
            }
        }
        if tried >= TRIED_MIN {
            let mut found = self.found.lock();
            if found.len() == PATTERNS_MAX {
                found.remove(0);
            }
            found.push((regex.pattern().into(), all.clone()));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::MatchOp;

    #[test]
    fn what_a_pattern_found_is_remembered_until_rows_change() {
        let mut postings = Postings::default();
        let value = |row: u32| format!("host-{row}:9100");
        (0..500).for_each(|row| assert!(postings.insert(row, &value(row))));
        let check = |postings: &Postings, pattern: &str, want: u64| {
            let matcher = Matcher::new("instance", MatchOp::Regex, pattern).unwrap();
            for _ in 0..2 {
                assert_eq!(postings.matching(&matcher, &Pace::new(&|| true)).len(), want, "{pattern}");
            }
        };
        check(&postings, ".*7:9100", 50);
        assert!(postings.insert(1_007, &value(1_007)) && !postings.insert(1_008, &value(7)));
        check(&postings, ".*7:9100", 52);
        assert!(!postings.remove(1_008, &value(7)) && postings.remove(7, &value(7)));
        check(&postings, ".*7:9100", 50);
        (20..36).for_each(|number| check(&postings, &format!("host-.*{number}:[0-9]+"), 5));
        assert_eq!(postings.found.lock().len(), PATTERNS_MAX);
    }

    #[test]
    fn what_broke_off_is_not_remembered() {
        let mut postings = Postings::default();
        for row in 0..5_000 {
            postings.insert(row, &format!("{row}"));
        }
        let matcher = Matcher::new("x", MatchOp::Regex, "[0-9]+").unwrap();
        postings.matching(&matcher, &Pace::new(&|| false));
        assert_eq!(postings.matching(&matcher, &Pace::new(&|| true)).len(), 5_000);
    }
}
