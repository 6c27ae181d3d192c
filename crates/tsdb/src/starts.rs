//! Since when counters count: per column, a step function over time.
//!
//! A start stays the same until a process restarts, so a column tells it once and not once per sample. Between two
//! steps every sample has the start of the step before it.

use std::collections::BTreeMap;

use model::Timestamp;

/// The starts of a stripe's columns; columns of which nobody said anything are not there.
#[derive(Default)]
pub(crate) struct Starts {
    columns: BTreeMap<u16, Vec<Step>>,
}

/// From `time` on, the start is `start`; 0 where it is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) time: Timestamp,
    pub(crate) start: Timestamp,
}

impl Starts {
    /// Whether no column has any start.
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The start of a column's sample at `time`, 0 for unknown.
    pub(crate) fn at(&self, column: u16, time: Timestamp) -> Timestamp {
        self.columns.get(&column).map_or(0, |steps| start_at(steps, time))
    }

    /// Sets the start of the sample at `time`; of later samples too when `newest` says that there are none yet.
    pub(crate) fn set(&mut self, column: u16, time: Timestamp, start: Timestamp, newest: bool) {
        let current = self.at(column, time);
        if current == start {
            return;
        }
        let steps = self.columns.entry(column).or_default();
        let mut index = steps.partition_point(|step| step.time < time);
        if steps.get(index).is_some_and(|step| step.time == time) {
            steps.remove(index);
        }
        steps.insert(index, Step { time, start });
        index += 1;
        let next = time.saturating_add(1);
        if !newest && steps.get(index).is_none_or(|step| step.time != next) {
            steps.insert(index, Step { time: next, start: current });
        }
    }

    /// The steps of a column that matter from `from` on, the one in force there first.
    pub(crate) fn steps(&self, column: u16, from: Timestamp) -> &[Step] {
        let steps = self.columns.get(&column).map_or(&[][..], Vec::as_slice);
        let first = steps.partition_point(|step| step.time <= from).saturating_sub(1);
        &steps[first..]
    }

    /// Forgets steps that are over before `time`.
    pub(crate) fn drop_before(&mut self, time: Timestamp) {
        self.columns.retain(|_, steps| {
            let first = steps.partition_point(|step| step.time <= time).saturating_sub(1);
            steps.drain(..first);
            !(steps.len() == 1 && steps[0].start == 0)
        });
    }

    /// Those of some of the columns, which ascend, by their place among them.
    pub(crate) fn narrowed(&self, kept: &[u16]) -> Starts {
        let of_kept =
            (0..).zip(kept).filter_map(|(place, column)| Some((place, self.columns.get(column)?.clone())));
        Starts { columns: of_kept.collect() }
    }

    /// About how much memory the steps take.
    pub(crate) fn bytes(&self) -> usize {
        self.columns.values().map(|steps| 48 + steps.capacity() * size_of::<Step>()).sum()
    }
}

/// The start in force at `time`, 0 for unknown.
pub(crate) fn start_at(steps: &[Step], time: Timestamp) -> Timestamp {
    let after = steps.partition_point(|step| step.time <= time);
    if after == 0 { 0 } else { steps[after - 1].start }
}

/// The start of each sample; empty when all are unknown.
pub(crate) fn expand(steps: &[Step], times: &[Timestamp]) -> Vec<Timestamp> {
    if steps.iter().all(|step| step.start == 0) {
        return Vec::new();
    }
    let mut steps = steps.iter().peekable();
    let mut current = 0;
    let starts: Vec<Timestamp> = times
        .iter()
        .map(|&time| {
            while let Some(step) = steps.next_if(|step| step.time <= time) {
                current = step.start;
            }
            current
        })
        .collect();
    if starts.iter().all(|&start| start == 0) { Vec::new() } else { starts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_sample_keeps_its_start(samples in proptest::collection::btree_map(0i64..40, 0i64..3, 0..30), shuffle: u64) {
            let mut order: Vec<(i64, i64)> = samples.clone().into_iter().collect();
            let mut rng = storage::Rng::from_seed(shuffle);
            for index in (1..order.len()).rev() {
                if rng.one_in(3) {
                    order.swap(index, rng.below(index as u64 + 1) as usize);
                }
            }
            let mut starts = Starts::default();
            let mut newest = i64::MIN;
            for (time, start) in order {
                starts.set(4, time, start, time > newest);
                newest = newest.max(time);
            }
            let times: Vec<i64> = samples.keys().copied().collect();
            let want: Vec<i64> = samples.values().copied().collect();
            let got = expand(starts.steps(4, i64::MIN), &times);
            let got = if got.is_empty() { vec![0; times.len()] } else { got };
            prop_assert_eq!(got, want);
        }
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let mut starts = Starts::default();
        starts.set(0, 10, 5, true);
        starts.set(0, 20, 15, true);
        starts.drop_before(20);
        assert_eq!((starts.at(0, 19), starts.at(0, 20)), (0, 15));
    }
}
