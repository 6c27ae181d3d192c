//! What a query touches, counted as Prometheus does: each step on its own, as if it were a query of one step.
//!
//! A sample that is in the window of ten steps is touched ten times and read once. A histogram counts as many
//! samples as fit into the memory it takes.

use model::FloatHistogram;

use crate::eval::steps::Steps;

/// Samples touched and read by an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) total: Touched,
    /// The same for each step, where someone wants to know.
    pub(crate) by_step: Option<Box<[Touched]>>,
}

/// How many samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// As often as steps look at them.
    pub(crate) seen: u64,
    /// Once for all steps.
    pub(crate) read: u64,
}

impl Touched {
    /// Samples that one step alone looks at.
    pub(crate) fn once(samples: u64) -> Touched {
        Touched { seen: samples, read: samples }
    }

    fn add(&mut self, other: Touched) {
        self.seen += other.seen;
        self.read += other.read;
    }
}

impl Tally {
    /// Nothing yet.
    pub(crate) fn new(steps: Steps, by_step: bool) -> Tally {
        let by_step = by_step.then(|| vec![Touched::default(); steps.count].into_boxed_slice());
        Tally { total: Touched::default(), by_step }
    }

    /// Nothing yet, counted in the same way.
    pub(crate) fn empty(&self) -> Tally {
        let by_step = self.by_step.as_ref().map(|steps| vec![Touched::default(); steps.len()].into());
        Tally { total: Touched::default(), by_step }
    }

    /// Counts samples at a step.
    pub(crate) fn add(&mut self, step: usize, touched: Touched) {
        self.total.add(touched);
        if let Some(slot) = self.by_step.as_mut().and_then(|steps| steps.get_mut(step)) {
            slot.add(touched);
        }
    }

    /// Counts what was counted elsewhere for the same steps.
    pub(crate) fn merge(&mut self, other: &Tally) {
        self.total.add(other.total);
        if let (Some(steps), Some(others)) = (&mut self.by_step, &other.by_step) {
            steps.iter_mut().zip(others).for_each(|(step, &other)| step.add(other));
        }
    }

    /// Counts at each of `count` steps what was evaluated once for all of them.
    pub(crate) fn repeat(&mut self, once: &Tally, count: usize) {
        for step in 0..count {
            let read = if step == 0 { once.total.read } else { 0 };
            self.add(step, Touched { seen: once.total.seen, read });
        }
    }

    /// Counts what a subquery read. What it touched is not counted: the windows over its values are.
    pub(crate) fn absorb(&mut self, inner: &Tally, inner_steps: Steps, windows: &Windows) {
        let outer = windows.outer;
        let Some(by_step) = inner.by_step.as_ref().filter(|_| outer.count > 1) else {
            return self.add(0, Touched { seen: 0, read: inner.total.read });
        };
        for (touched, time) in by_step.iter().zip(inner_steps.times()).filter(|(touched, _)| touched.read > 0)
        {
            let time = time.saturating_add(windows.offset);
            let late = time.saturating_sub(outer.start).max(0) as u64;
            let step = late.div_ceil(outer.interval as u64).min(outer.count as u64 - 1) as usize;
            let in_a_gap = time <= outer.time(step).saturating_sub(windows.length);
            if !in_a_gap {
                self.add(step, Touched { seen: 0, read: touched.read });
            }
        }
    }
}

/// The windows through which the steps outside look at the values of a subquery.
pub(crate) struct Windows {
    pub(crate) outer: Steps,
    pub(crate) offset: i64,
    pub(crate) length: i64,
}

impl Windows {
    /// Whether some values of the subquery lie in no window at all.
    pub(crate) fn have_gaps(&self) -> bool {
        self.outer.count > 1 && self.outer.interval > self.length
    }
}

/// How many samples a histogram counts as: those that would take the memory which Prometheus needs for it.
pub(crate) fn histogram_samples(histogram: &FloatHistogram) -> u64 {
    const STRUCT_BYTES: usize = 168;
    const SAMPLE_BYTES: usize = 16;
    let words = histogram.positive_spans.len()
        + histogram.negative_spans.len()
        + histogram.positive.len()
        + histogram.negative.len()
        + histogram.custom_values.len();
    ((STRUCT_BYTES + words * 8 + 8) / SAMPLE_BYTES) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(start: i64, interval: i64, count: usize) -> Steps {
        Steps { start, interval, count, is_range: count > 1 }
    }

    #[test]
    fn what_is_the_same_at_every_step_is_seen_at_each_and_read_once() {
        let mut tally = Tally::new(steps(0, 10, 3), true);
        tally.repeat(&Tally { total: Touched { seen: 5, read: 2 }, by_step: None }, 3);
        assert_eq!(tally.total, Touched { seen: 15, read: 2 });
        let read = |tally: &Tally| tally.by_step.iter().flatten().map(|step| step.read).collect::<Vec<_>>();
        assert_eq!(read(&tally), [2, 0, 0]);
    }

    #[test]
    fn a_subquery_reads_for_the_first_step_that_sees_it() {
        let check = |offset, length, want: &[u64]| {
            let inner_steps = steps(5, 5, 6);
            let mut inner = Tally::new(inner_steps, true);
            (0..6).for_each(|step| inner.add(step, Touched::once(1)));
            let outer = steps(10, 20, 2);
            let mut tally = Tally::new(outer, true);
            tally.absorb(&inner, inner_steps, &Windows { outer, offset, length });
            let read: Vec<u64> = tally.by_step.iter().flatten().map(|step| step.read).collect();
            assert_eq!(read, want, "offset {offset}, length {length}");
            assert_eq!(tally.total, Touched { seen: 0, read: want.iter().sum() });
        };
        check(0, 100, &[2, 4]);
        check(0, 10, &[2, 2]);
        check(5, 10, &[1, 3]);
    }
}
