//! Which label names and values there are, for completion and exploration.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use model::{Matcher, Timestamp};
use roaring::RoaringBitmap;

use crate::error::{Result, StoreError};
use crate::registry::Registry;
use crate::select::find_halves;
use crate::store::Store;
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
        let of_targets = registry.targets.names_of(&targets);
        let names: BTreeSet<&str> = of_targets.chain(registry.points.names_of(&points)).collect();
        pace.unless_over(names.into_iter().map(str::to_owned).collect())
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
        let has_any = |rows: &RoaringBitmap, wanted: &RoaringBitmap| match rows.len() {
            ..=ROWS_TRIED_MAX => rows.iter().any(|row| wanted.contains(row)),
            _ => !rows.is_disjoint(wanted),
        };
        let of_targets = registry.targets.values(name).filter(|(_, rows)| has_any(rows, &targets));
        let of_points = registry.points.values(name).filter(|(_, rows)| has_any(rows, &points));
        let values = of_targets.chain(of_points).take_while(|_| pace.goes_on());
        let values: BTreeSet<&str> = values.map(|(value, _)| value).collect();
        pace.unless_over(values.into_iter().map(str::to_owned).collect())
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

impl<'a> Pace<'a> {
    pub(crate) fn new(go_on: &'a dyn Fn() -> bool) -> Pace<'a> {
        Pace { go_on, steps: Cell::new(0), is_over: Cell::new(false) }
    }

    /// Counts a step; whether to take it.
    pub(crate) fn goes_on(&self) -> bool {
        if self.steps.get().is_multiple_of(STEPS_UNASKED) && !(self.go_on)() {
            self.is_over.set(true);
        }
        self.steps.set(self.steps.get().wrapping_add(1));
        !self.is_over.get()
    }

    fn unless_over<T>(&self, answer: T) -> Result<T> {
        if self.is_over.get() { Err(StoreError::Stopped) } else { Ok(answer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
