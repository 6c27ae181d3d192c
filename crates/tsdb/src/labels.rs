//! Which label names and values there are, for completion and exploration.

use std::cell::Cell;
use std::cmp::Ordering;
use std::ops::RangeInclusive;

use model::{Matcher, Timestamp};
use roaring::RoaringBitmap;

use crate::error::{Result, StoreError};
use crate::registry::Registry;
use crate::select::find_halves;
use crate::store::Store;
use crate::table::LabelTable;
use crate::view::View;

/// Rows of which more than this have a value are compared as sets.
const ROWS_TRIED_MAX: u64 = 8;
/// After how many steps it is asked again whether to go on.
const STEPS_UNASKED: u32 = 256;

/// Asks the caller now and then whether to go on.
pub(crate) struct Pace<'a> {
    go_on: &'a dyn Fn() -> bool,
    steps: Cell<u32>,
    is_over: Cell<bool>,
}

impl Store {
    /// The names of the labels that series matching any of `selectors` have in the range; no selector means every
    /// series. Sorted. An error once the caller does not want to `go_on`.
    pub fn label_names_while(
        &self,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Vec<String>> {
        let pace = Pace::new(go_on);
        let (registry, view) = (self.head.registry.read(), self.view.read().clone());
        let (targets, points) = self.halves(&registry, &view, selectors, &range, &pace);
        let (of_targets, of_points) =
            (registry.targets.names_of(&targets), registry.points.names_of(&points));
        pace.unless_over(merged(of_targets, of_points))
    }

    /// The values that label `name` has on series matching any of `selectors` in the range. Sorted. An error once the
    /// caller does not want to `go_on`.
    pub fn label_values_while(
        &self,
        name: &str,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Vec<String>> {
        let pace = Pace::new(go_on);
        let (registry, view) = (self.head.registry.read(), self.view.read().clone());
        let (targets, points) = self.halves(&registry, &view, selectors, &range, &pace);
        let of_targets = values_of(&registry.targets, name, &targets, &pace);
        let of_points = values_of(&registry.points, name, &points, &pace);
        pace.unless_over(merged(of_targets, of_points))
    }

    /// As `label_names_while`, to its end.
    pub fn label_names(
        &self,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Vec<String>> {
        self.label_names_while(selectors, range, &|| true)
    }

    /// As `label_values_while`, to its end.
    pub fn label_values(
        &self,
        name: &str,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Vec<String>> {
        self.label_values_while(name, selectors, range, &|| true)
    }

    /// How many label sets of targets and of points there are: what calls about labels go through.
    pub fn label_sets(&self) -> usize {
        let registry = self.head.registry.read();
        registry.targets.len() + registry.points.len()
    }

    /// Every target and every point that is in a matching series.
    fn halves(
        &self,
        registry: &Registry,
        view: &View,
        selectors: &[Vec<Matcher>],
        range: &RangeInclusive<Timestamp>,
        pace: &Pace<'_>,
    ) -> (RoaringBitmap, RoaringBitmap) {
        let everything = [Vec::new()];
        let selectors = if selectors.is_empty() { &everything } else { selectors };
        let (mut targets, mut points) = (RoaringBitmap::new(), RoaringBitmap::new());
        for matchers in selectors.iter().take_while(|_| pace.goes_on()) {
            let (of_targets, of_points) = find_halves(&self.head, registry, view, matchers, range, pace);
            targets |= of_targets;
            points |= of_points;
        }
        (targets, points)
    }
}

/// The values of a label that any of the wanted rows has, sorted.
fn values_of<'t>(
    table: &'t LabelTable,
    name: &str,
    wanted: &RoaringBitmap,
    pace: &Pace<'_>,
) -> impl Iterator<Item = &'t str> {
    let is_whole = table.is_whole(wanted);
    let has_any = move |rows: &RoaringBitmap| match rows.len() {
        _ if is_whole => true,
        ..=ROWS_TRIED_MAX => rows.iter().any(|row| wanted.contains(row)),
        _ => !rows.is_disjoint(wanted),
    };
    let values = table.values(name).take_while(|_| pace.goes_on());
    values.filter(move |(_, rows)| has_any(rows)).map(|(value, _)| value)
}

/// What is in either, each once; both are sorted, and so is what comes of them.
fn merged<'t>(left: impl Iterator<Item = &'t str>, right: impl Iterator<Item = &'t str>) -> Vec<String> {
    let (mut left, mut right) = (left.peekable(), right.peekable());
    let mut all = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some(left), Some(right)) => left.cmp(right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return all,
        };
        let of_left = if order.is_le() { left.next() } else { None };
        let of_right = if order.is_ge() { right.next() } else { None };
        all.extend(of_left.or(of_right).map(str::to_owned));
    }
}

impl<'a> Pace<'a> {
    pub(crate) fn new(go_on: &'a dyn Fn() -> bool) -> Pace<'a> {
        Pace { go_on, steps: Cell::new(0), is_over: Cell::new(false) }
    }

    /// Counts a step; whether to take it.
    #[inline]
    pub(crate) fn goes_on(&self) -> bool {
        if self.steps.get().is_multiple_of(STEPS_UNASKED) && !(self.go_on)() {
            self.is_over.set(true);
        }
        self.steps.set(self.steps.get().wrapping_add(1));
        !self.is_over.get()
    }

    /// Whether to go on, after work that was many steps.
    pub(crate) fn goes_on_now(&self) -> bool {
        if !(self.go_on)() {
            self.is_over.set(true);
        }
        !self.is_over.get()
    }

    /// The answer, or an error where the caller wanted to go no further.
    pub(crate) fn unless_over<T>(&self, answer: T) -> Result<T> {
        if self.is_over.get() { Err(StoreError::Stopped) } else { Ok(answer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sorted_lists_make_one() {
        let check = |left: &[&'static str], right: &[&'static str], want: &[&str]| {
            assert_eq!(merged(left.iter().copied(), right.iter().copied()), want);
        };
        check(&[], &[], &[]);
        check(&["a", "c"], &[], &["a", "c"]);
        check(&["b"], &["a", "b", "c"], &["a", "b", "c"]);
        check(&["a", "d"], &["b", "c"], &["a", "b", "c", "d"]);
    }

    #[test]
    fn a_call_ends_when_nobody_wants_its_answer() {
        let store = Store::in_memory();
        let check = |go_on: bool| {
            let names = store.label_names_while(&[], 0..=1, &|| go_on);
            let values = store.label_values_while("job", &[], 0..=1, &|| go_on);
            assert_eq!((names.is_ok(), values.is_ok()), (go_on, go_on));
        };
        check(true);
        check(false);
    }
}
