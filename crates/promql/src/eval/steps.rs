//! The steps of an evaluation: the times at which every node has a value.

use model::Timestamp;

/// Evenly spaced times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Steps {
    /// The first time.
    pub(crate) start: Timestamp,
    /// From one time to the next, in milliseconds; at least 1.
    pub(crate) interval: i64,
    /// How many times there are.
    pub(crate) count: usize,
    /// Whether what was asked for ends after it begins, be it before a second step.
    pub(crate) is_range: bool,
}

impl Steps {
    /// One time only.
    pub(crate) fn at(time: Timestamp) -> Steps {
        Steps { start: time, interval: 1, count: 1, is_range: false }
    }

    /// Every `interval` from `start` up to `end`; none when `end` lies before `start`.
    pub(crate) fn between(start: Timestamp, end: Timestamp, interval: i64) -> Steps {
        let interval = interval.max(1);
        let span = i128::from(end) - i128::from(start);
        let count = if span < 0 { 0 } else { span / i128::from(interval) + 1 };
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Steps { start, interval, count, is_range: end > start }
    }

    /// The time of a step.
    pub(crate) fn time(&self, step: usize) -> Timestamp {
        self.start.saturating_add(self.interval.saturating_mul(step as i64))
    }

    /// The time of the last step.
    pub(crate) fn last(&self) -> Timestamp {
        self.time(self.count.saturating_sub(1))
    }

    /// The times in order.
    pub(crate) fn times(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let steps = *self;
        (0..steps.count).map(move |step| steps.time(step))
    }

    /// Whether there is one step, so that order is the caller's to see.
    pub(crate) fn is_instant(&self) -> bool {
        self.count == 1
    }

    /// The first step alone.
    pub(crate) fn first(&self) -> Steps {
        Steps { count: self.count.min(1), is_range: false, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_reach_up_to_the_end() {
        let check = |start, end, interval, want: &[i64]| {
            assert_eq!(Steps::between(start, end, interval).times().collect::<Vec<_>>(), want);
        };
        check(0, 10, 5, &[0, 5, 10]);
        check(0, 9, 5, &[0, 5]);
        check(3, 3, 5, &[3]);
        check(4, 3, 5, &[]);
        assert_eq!(Steps::between(i64::MIN, i64::MAX, 1).count, usize::MAX);
        assert_eq!(Steps::between(0, 9, 5).last(), 5);
    }
}
