//! The native histograms of one column in the head: the newest as they came, older ones in compressed blocks.

use model::{Timestamp, Value};

use crate::histogram;

/// How many histograms are kept as they came before they are compressed.
const OPEN_MAX: usize = 64;

/// Histograms of one series, ascending in time.
#[derive(Clone, Default)]
pub(crate) struct HistogramColumn {
    closed: Vec<Closed>,
    open: Vec<(Timestamp, Value)>,
}

#[derive(Clone)]
struct Closed {
    first: Timestamp,
    last: Timestamp,
    bytes: Box<[u8]>,
}

impl HistogramColumn {
    /// The newest time.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.open.last().map(|(time, _)| *time).or(self.closed.last().map(|block| block.last))
    }

    /// The oldest time.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.closed.first().map(|block| block.first).or(self.open.first().map(|(time, _)| *time))
    }

    /// The oldest time that is not before `time`, or, within a block that spans it, `time`.
    pub(crate) fn oldest_from(&self, time: Timestamp) -> Option<Timestamp> {
        let block = self.closed.iter().find(|block| block.last >= time).map(|block| block.first.max(time));
        block.or_else(|| self.open.iter().map(|(other, _)| *other).find(|&other| other >= time))
    }

    /// The histogram at a time.
    pub(crate) fn at(&self, time: Timestamp) -> Option<Value> {
        let mut found = Vec::new();
        self.read(time, time, &mut found);
        found.pop().map(|(_, value)| value)
    }

    /// Adds a histogram at a time that has none.
    pub(crate) fn push(&mut self, time: Timestamp, value: Value) {
        let late = self.closed.iter().position(|block| time <= block.last);
        if let Some(index) = late {
            let mut samples = self.closed[index].samples();
            samples.insert(samples.partition_point(|(other, _)| *other < time), (time, value));
            self.closed[index] = Closed::new(&samples);
            return;
        }
        self.open.insert(self.open.partition_point(|(other, _)| *other < time), (time, value));
        if self.open.len() > OPEN_MAX {
            // The newest stays open, so that the next one is compared without unpacking.
            let newest = self.open.pop().expect("more than one is open");
            self.closed.push(Closed::new(&self.open));
            self.open = vec![newest];
        }
    }

    /// Appends the histograms within the range, both ends included.
    pub(crate) fn read(&self, from: Timestamp, to: Timestamp, out: &mut Vec<(Timestamp, Value)>) {
        let inside = |(time, _): &(Timestamp, Value)| (from..=to).contains(time);
        for block in self.closed.iter().filter(|block| block.first <= to && block.last >= from) {
            out.extend(block.samples().into_iter().filter(inside));
        }
        out.extend(self.open.iter().filter(|sample| inside(sample)).cloned());
    }

    /// Forgets what is wholly before `time`; returns whether anything is left.
    pub(crate) fn drop_before(&mut self, time: Timestamp) -> bool {
        self.closed.retain(|block| block.last >= time);
        self.open.retain(|(other, _)| *other >= time);
        !(self.closed.is_empty() && self.open.is_empty())
    }

    /// About how much memory the histograms take.
    pub(crate) fn bytes(&self) -> usize {
        let open: usize = self.open.iter().map(|(_, value)| 200 + buckets(value) * 8).sum();
        open + self.closed.iter().map(|block| block.bytes.len() + size_of::<Closed>()).sum::<usize>()
    }
}

impl Closed {
    fn new(samples: &[(Timestamp, Value)]) -> Closed {
        let mut bytes = Vec::new();
        histogram::put_block(&mut bytes, samples);
        let first = samples.first().expect("a block is not empty").0;
        Closed { first, last: samples[samples.len() - 1].0, bytes: bytes.into() }
    }

    fn samples(&self) -> Vec<(Timestamp, Value)> {
        histogram::read_block(&self.bytes).expect("a block in memory is as it was made")
    }
}

fn buckets(value: &Value) -> usize {
    match value {
        Value::Float(_) => 0,
        Value::Histogram(h) => h.positive.len() + h.negative.len(),
        Value::FloatHistogram(h) => h.positive.len() + h.negative.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::tests::any_histogram;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_order_is_read_in_order(
            value in any_histogram(),
            times in proptest::collection::hash_set(0i64..500, 0..200),
        ) {
            let mut column = HistogramColumn::default();
            for &time in &times {
                column.push(time, value.clone());
                prop_assert!(column.at(time).is_some());
            }
            let mut got = Vec::new();
            column.read(100, 400, &mut got);
            let mut want: Vec<i64> = times.into_iter().filter(|time| (100..=400).contains(time)).collect();
            want.sort_unstable();
            prop_assert_eq!(got.iter().map(|(time, _)| *time).collect::<Vec<_>>(), want);
            prop_assert!(got.iter().all(|(_, other)| histogram::same_bits(other, &value)));
        }
    }
}
