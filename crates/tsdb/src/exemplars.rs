//! The exemplars of the head: by series, ascending in time, until the samples beside them go to a part.

use std::collections::BTreeMap;

use model::{Exemplar, Timestamp};

use crate::registry::{PointId, TargetId};

/// Exemplars that are not in parts yet.
#[derive(Default)]
pub(crate) struct HeadExemplars {
    series: BTreeMap<(PointId, TargetId), Vec<Exemplar>>,
    count: usize,
}

impl HeadExemplars {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Whether the series has this exemplar already.
    pub(crate) fn contains(&self, point: PointId, target: TargetId, exemplar: &Exemplar) -> bool {
        let known = self.series.get(&(point, target)).map_or(&[][..], Vec::as_slice);
        let from = known.partition_point(|other| other.time < exemplar.time);
        known[from..]
            .iter()
            .take_while(|other| other.time == exemplar.time)
            .any(|other| same(other, exemplar))
    }

    /// Adds an exemplar, which has a time.
    pub(crate) fn push(&mut self, point: PointId, target: TargetId, exemplar: Exemplar) {
        let known = self.series.entry((point, target)).or_default();
        known.insert(known.partition_point(|other| other.time <= exemplar.time), exemplar);
        self.count += 1;
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (PointId, TargetId, &Exemplar)> {
        self.series
            .iter()
            .flat_map(|(&(point, target), list)| list.iter().map(move |one| (point, target, one)))
    }

    /// Forgets those before `time`.
    pub(crate) fn drop_before(&mut self, time: Timestamp) {
        self.series.retain(|_, list| {
            let first = list.partition_point(|exemplar| exemplar.time < Some(time));
            list.drain(..first);
            self.count -= first;
            !list.is_empty()
        });
    }

    /// About how much memory they take.
    pub(crate) fn bytes(&self) -> usize {
        self.count * 160 + self.series.len() * 48
    }
}

/// Whether two exemplars are the same, bit for bit.
pub(crate) fn same(left: &Exemplar, right: &Exemplar) -> bool {
    (left.time, left.value.to_bits(), &left.labels) == (right.time, right.value.to_bits(), &right.labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Labels;

    #[test]
    fn exemplars_are_kept_once_and_in_order() {
        let exemplar = |time: i64| Exemplar { labels: Labels::empty(), value: f64::NAN, time: Some(time) };
        let mut head = HeadExemplars::default();
        for time in [3, 1, 3, 2] {
            if !head.contains(0, 0, &exemplar(time)) {
                head.push(0, 0, exemplar(time));
            }
        }
        head.drop_before(2);
        assert_eq!(head.iter().map(|(_, _, one)| one.time.unwrap()).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(head.len(), 2);
    }
}
