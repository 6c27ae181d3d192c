//! `max_points`: series thinned to what a picture can show, so that a million points never travel. Of each stretch of time the
//! lowest and the highest sample stay, in their order, so that no spike is lost. All series have the same stretches, so that
//! what came at the same time is still side by side; a sample at the very end always stays, as it is what is now.

use model::Timestamp;
use promql::Value;

/// Thins every series of a range to at most so many points. `window` is the range that was asked for, where one was.
pub fn thin(value: &mut Value, points_max: usize, window: Option<(Timestamp, Timestamp)>) {
    let Value::Matrix(series) = value else { return };
    if series.iter().all(|one| one.floats.len() <= points_max) {
        return;
    }
    let ends =
        series.iter().filter_map(|one| Some((one.floats.iter().next()?.0, one.floats.iter().last()?.0)));
    let (start, end) =
        window.or_else(|| ends.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))).unwrap_or_default();
    let stretches = Stretches::new(start, end, points_max);
    for one in series {
        one.floats = stretches.thinned(one.floats.iter()).into_iter().collect();
    }
}

/// A range of time in equal parts, behind the last of them its very end.
struct Stretches {
    start: Timestamp,
    span: i128,
    count: i128,
}

impl Stretches {
    fn new(start: Timestamp, end: Timestamp, points_max: usize) -> Stretches {
        // Two of each stretch stay, and one at the end.
        let count = (points_max.saturating_sub(1) / 2).max(1) as i128;
        Stretches { start, span: (i128::from(end) - i128::from(start)).max(1), count }
    }

    fn of(&self, time: Timestamp) -> i128 {
        (i128::from(time) - i128::from(self.start)) * self.count / self.span
    }

    fn thinned(&self, samples: impl Iterator<Item = (Timestamp, f64)>) -> Vec<(Timestamp, f64)> {
        let mut kept = Vec::new();
        let mut held: Option<(i128, Extremes)> = None;
        for sample in samples {
            let stretch = self.of(sample.0);
            match &mut held {
                Some((known, extremes)) if *known == stretch => extremes.take(sample),
                _ => {
                    let before = held.replace((stretch, Extremes { low: sample, high: sample }));
                    before.iter().for_each(|(_, extremes)| extremes.put(&mut kept));
                }
            }
        }
        held.iter().for_each(|(_, extremes)| extremes.put(&mut kept));
        kept
    }
}

/// The lowest and the highest sample of a stretch, the first of each where several are.
struct Extremes {
    low: (Timestamp, f64),
    high: (Timestamp, f64),
}

impl Extremes {
    fn take(&mut self, sample: (Timestamp, f64)) {
        if sample.1.total_cmp(&self.low.1).is_lt() {
            self.low = sample;
        }
        if sample.1.total_cmp(&self.high.1).is_gt() {
            self.high = sample;
        }
    }

    fn put(&self, kept: &mut Vec<(Timestamp, f64)>) {
        let (first, second) =
            if self.low.0 <= self.high.0 { (self.low, self.high) } else { (self.high, self.low) };
        kept.push(first);
        if first.0 != second.0 {
            kept.push(second);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values one time unit apart from 0 on, thinned over the range from 0 to `end`.
    fn check(values: &[f64], points_max: usize, end: Timestamp, want: &[(Timestamp, f64)]) {
        let samples = values.iter().enumerate().map(|(at, value)| (at as Timestamp, *value));
        assert_eq!(Stretches::new(0, end, points_max).thinned(samples), want);
    }

    #[test]
    fn lowest_and_highest_of_each_stretch_stay_in_their_order_and_the_end() {
        check(
            &[5.0, 1.0, 9.0, 4.0, 8.0, 2.0, 7.0, 3.0, 6.0],
            5,
            8,
            &[(1, 1.0), (2, 9.0), (4, 8.0), (5, 2.0), (8, 6.0)],
        );
        check(&[5.0, 5.0, 5.0, 5.0], 3, 4, &[(0, 5.0)]);
        check(&[1.0, 2.0, 3.0, 4.0], 0, 4, &[(0, 1.0), (3, 4.0)]);
        // A range that begins before the series does has its stretches where all have them.
        check(&[1.0, 2.0], 5, 400, &[(0, 1.0), (1, 2.0)]);
        check(&[], 5, 8, &[]);
    }

    #[test]
    fn times_at_the_ends_of_what_can_be_written_are_thinned() {
        let stretches = Stretches::new(Timestamp::MIN, Timestamp::MAX, 5);
        let samples = [(Timestamp::MIN, 1.0), (0, f64::NAN), (Timestamp::MAX, 2.0)];
        assert_eq!(stretches.thinned(samples.into_iter()).len(), 3);
    }
}
