//! Which label names and values there are, for completion and exploration.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use model::{Matcher, Timestamp};
use roaring::RoaringBitmap;

use crate::error::Result;
use crate::registry::Registry;
use crate::select::find_halves;
use crate::store::Store;
use crate::view::View;

impl Store {
    /// The names of the labels that series matching any of `selectors` have in the range; no selector means every
    /// series. Sorted.
    pub fn label_names(
        &self,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Vec<String>> {
        let (registry, view) = (self.head.registry.read(), self.view.read().clone());
        let (targets, points) = self.halves(&registry, &view, selectors, &range);
        let of_targets = registry.targets.names_of(&targets);
        let names: BTreeSet<&str> = of_targets.chain(registry.points.names_of(&points)).collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    /// The values that label `name` has on series matching any of `selectors` in the range. Sorted.
    pub fn label_values(
        &self,
        name: &str,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Vec<String>> {
        let (registry, view) = (self.head.registry.read(), self.view.read().clone());
        let (targets, points) = self.halves(&registry, &view, selectors, &range);
        let of_targets = registry.targets.values(name).filter(|(_, rows)| !rows.is_disjoint(&targets));
        let of_points = registry.points.values(name).filter(|(_, rows)| !rows.is_disjoint(&points));
        let values: BTreeSet<&str> = of_targets.chain(of_points).map(|(value, _)| value).collect();
        Ok(values.into_iter().map(str::to_owned).collect())
    }

    /// Every target and every point that is in a matching series.
    fn halves(
        &self,
        registry: &Registry,
        view: &View,
        selectors: &[Vec<Matcher>],
        range: &RangeInclusive<Timestamp>,
    ) -> (RoaringBitmap, RoaringBitmap) {
        let everything = [Vec::new()];
        let selectors = if selectors.is_empty() { &everything } else { selectors };
        let (mut targets, mut points) = (RoaringBitmap::new(), RoaringBitmap::new());
        for matchers in selectors {
            let (of_targets, of_points) = find_halves(&self.head, registry, view, matchers, range);
            targets |= of_targets;
            points |= of_points;
        }
        (targets, points)
    }
}
