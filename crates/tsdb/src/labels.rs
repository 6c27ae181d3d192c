//! Which label names and values there are, for completion and exploration.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use model::{Labels, Matcher, Timestamp};

use crate::error::Result;
use crate::store::Store;

impl Store {
    /// The names of the labels that series matching any of `selectors` have in the range; no selector means every
    /// series. Sorted.
    pub fn label_names(
        &self,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Vec<String>> {
        let mut names = BTreeSet::new();
        self.for_each_half(selectors, range, &mut |labels| {
            for (name, _) in labels {
                if !names.contains(name) {
                    names.insert(name.to_owned());
                }
            }
        })?;
        Ok(names.into_iter().collect())
    }

    /// The values that label `name` has on series matching any of `selectors` in the range. Sorted.
    pub fn label_values(
        &self,
        name: &str,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
    ) -> Result<Vec<String>> {
        let mut values = BTreeSet::new();
        self.for_each_half(selectors, range, &mut |labels| {
            if let Some(value) = labels.get(name).filter(|value| !values.contains(*value)) {
                values.insert(value.to_owned());
            }
        })?;
        Ok(values.into_iter().collect())
    }

    /// Calls `visit` with the labels of every target and every point that is in a matching series.
    fn for_each_half(
        &self,
        selectors: &[Vec<Matcher>],
        range: RangeInclusive<Timestamp>,
        visit: &mut dyn FnMut(&Labels),
    ) -> Result<()> {
        let everything = [Vec::new()];
        let selectors = if selectors.is_empty() { &everything } else { selectors };
        let registry = self.head.registry.read();
        let (mut targets, mut points) = (roaring::RoaringBitmap::new(), roaring::RoaringBitmap::new());
        for matchers in selectors {
            crate::select::for_each_pair(
                &self.head,
                &registry,
                &self.view.read().clone(),
                matchers,
                &range,
                &mut |t, p| {
                    targets.insert(t);
                    points.insert(p);
                },
            );
        }
        targets.iter().for_each(|target| visit(registry.targets.labels(target)));
        points.iter().for_each(|point| visit(registry.points.labels(point)));
        Ok(())
    }
}
