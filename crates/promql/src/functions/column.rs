//! Range functions over all steps of a series at once, for the common case: floats, and nothing beyond the range's ends.
//!
//! These yield what the functions of a single window do (`rate`, `over_time`, `moments`, `changes`). What they gain
//! comes from doing once per target what depends on times alone, and once per series what windows share.

use model::Timestamp;

use crate::eval::points::ABSENT;
use crate::functions::moments::float_sum;
use crate::functions::rate::Change;
use crate::kahan::KahanMean;

/// A series of floats and the windows to look at it through.
pub(crate) struct Column<'c> {
    pub(crate) floats: &'c [f64],
    /// The first sample of each step's window and the first behind it.
    pub(crate) windows: &'c [(u32, u32)],
    /// How the samples lie in each window.
    pub(crate) shapes: &'c dyn Fn() -> &'c [Shape],
    /// How long the range is.
    pub(crate) seconds: f64,
}

/// How samples lie in a window, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Shape {
    /// From the first to the last.
    sampled: f64,
    /// How far to extrapolate before the first.
    to_start: f64,
    /// How far to extrapolate behind the last.
    to_end: f64,
    /// How much longer all that is than what was sampled.
    factor: f64,
}

impl Shape {
    /// The shape of samples at `times` within a range.
    pub(crate) fn of(times: &[Timestamp], start: Timestamp, end: Timestamp) -> Shape {
        let &[first, .., last] = times else { return Shape::default() };
        let sampled = (last - first) as f64 / 1000.0;
        let distance = sampled / (times.len() - 1) as f64;
        let reach = |gap: Timestamp| {
            let gap = gap as f64 / 1000.0;
            if gap >= distance * 1.1 { distance / 2.0 } else { gap }
        };
        let (to_start, to_end) = (reach(first.saturating_sub(start)), reach(end.saturating_sub(last)));
        Shape { sampled, to_start, to_end, factor: (sampled + to_start + to_end) / sampled }
    }
}

impl<'c> Column<'c> {
    /// Fills in what `of` makes of each window that has samples.
    #[inline]
    fn each(&self, results: &mut [f64], of: impl Fn(&'c [f64]) -> f64) {
        for (result, &(first, past)) in results.iter_mut().zip(self.windows) {
            if past > first {
                *result = of(&self.floats[first as usize..past as usize]);
            }
        }
    }

    /// For each sample how many of the samples up to it `counts` after the one before.
    fn running(&self, counts: impl Fn(f64, f64) -> bool) -> Vec<u32> {
        let mut total = 0;
        let mut running = Vec::with_capacity(self.floats.len());
        let mut previous = self.floats.first().copied().unwrap_or(0.0);
        for &value in self.floats {
            total += u32::from(counts(previous, value));
            running.push(total);
            previous = value;
        }
        running
    }

    /// How many samples of each window but its first `counts` after the one before.
    fn count_pairs(&self, results: &mut [f64], counts: impl Fn(f64, f64) -> bool) {
        let running = self.running(counts);
        for (result, &(first, past)) in results.iter_mut().zip(self.windows) {
            if past > first {
                *result = f64::from(running[past as usize - 1] - running[first as usize]);
            }
        }
    }
}

pub(super) fn rate(column: &Column<'_>, results: &mut [f64]) {
    change(column, Change { counter: true, per_second: true }, results);
}

pub(super) fn increase(column: &Column<'_>, results: &mut [f64]) {
    change(column, Change { counter: true, per_second: false }, results);
}

pub(super) fn delta(column: &Column<'_>, results: &mut [f64]) {
    change(column, Change { counter: false, per_second: false }, results);
}

fn change(column: &Column<'_>, change: Change, results: &mut [f64]) {
    let floats = column.floats;
    let falls = |previous: f64, value: f64| value < previous;
    let any_reset = change.counter && floats.windows(2).any(|pair| falls(pair[0], pair[1]));
    let resets = if any_reset { column.running(falls) } else { Vec::new() };
    let divisor = if change.per_second { column.seconds } else { 1.0 };
    for ((result, &(first, past)), shape) in results.iter_mut().zip(column.windows).zip((column.shapes)()) {
        let (first, past) = (first as usize, past as usize);
        if past < first + 2 {
            continue;
        }
        let value = floats[first];
        let mut difference = floats[past - 1] - value;
        if any_reset && resets[past - 1] != resets[first] {
            for pair in floats[first..past].windows(2).filter(|pair| falls(pair[0], pair[1])) {
                difference += pair[0];
            }
        }
        let mut factor = shape.factor;
        // A counter was zero at some time, and nothing is extrapolated to before that.
        let from_zero = change.counter && difference > 0.0 && value >= 0.0;
        if from_zero && shape.sampled * value < shape.to_start * difference {
            let to_start = shape.sampled * (value / difference);
            factor = (shape.sampled + to_start + shape.to_end) / shape.sampled;
        }
        *result = difference * (factor / divisor);
    }
}

pub(super) fn changes(column: &Column<'_>, results: &mut [f64]) {
    column
        .count_pairs(results, |previous, value| previous != value && !(previous.is_nan() && value.is_nan()));
}

pub(super) fn resets(column: &Column<'_>, results: &mut [f64]) {
    column.count_pairs(results, |previous, value| value < previous);
}

pub(super) fn count(column: &Column<'_>, results: &mut [f64]) {
    column.each(results, |floats| floats.len() as f64);
}

pub(super) fn present(column: &Column<'_>, results: &mut [f64]) {
    column.each(results, |_| 1.0);
}

pub(super) fn first(column: &Column<'_>, results: &mut [f64]) {
    column.each(results, |floats| floats.first().copied().unwrap_or(ABSENT));
}

pub(super) fn last(column: &Column<'_>, results: &mut [f64]) {
    column.each(results, |floats| floats.last().copied().unwrap_or(ABSENT));
}

pub(super) fn max(column: &Column<'_>, results: &mut [f64]) {
    extreme(column, results, |value, best| value > best);
}

pub(super) fn min(column: &Column<'_>, results: &mut [f64]) {
    extreme(column, results, |value, best| value < best);
}

/// The value that no other beats; NaN is beaten by everything.
fn extreme(column: &Column<'_>, results: &mut [f64], beats: impl Fn(f64, f64) -> bool) {
    if column.floats.iter().any(|value| value.is_nan()) {
        let better = |best: f64, &value: &f64| if beats(value, best) || best.is_nan() { value } else { best };
        return column.each(results, |floats| floats.iter().fold(floats[0], better));
    }
    let better = |best: f64, value: f64| if beats(value, best) { value } else { best };
    column.each(results, |floats| {
        let (lanes, rest) = floats.as_chunks::<4>();
        let best = lanes.iter().fold([floats[0]; 4], |best, lane| {
            std::array::from_fn(|number| better(best[number], lane[number]))
        });
        best.iter().chain(rest).fold(floats[0], |best, &value| better(best, value))
    });
}

pub(super) fn sum(column: &Column<'_>, results: &mut [f64]) {
    column.each(results, |floats| match lane_sum(floats) {
        Some(sum) => sum,
        None => float_sum(floats),
    });
}

pub(super) fn average(column: &Column<'_>, results: &mut [f64]) {
    column.each(results, |floats| match lane_sum(floats) {
        Some(sum) => sum / floats.len() as f64,
        None => {
            let mut mean = KahanMean::new(floats[0]);
            floats[1..].iter().for_each(|&value| mean.add(value));
            mean.value()
        }
    });
}

/// A compensated sum in four lanes, each with what rounding took from it; `None` when it is not a finite number.
fn lane_sum(floats: &[f64]) -> Option<f64> {
    let (chunks, rest) = floats.as_chunks::<4>();
    let (mut sums, mut lost) = ([0.0; 4], [0.0; 4]);
    for chunk in chunks {
        for lane in 0..4 {
            (sums[lane], lost[lane]) = add(sums[lane], lost[lane], chunk[lane]);
        }
    }
    let (mut sum, mut total_lost) = (0.0, lost.iter().sum::<f64>());
    for &value in sums.iter().chain(rest) {
        (sum, total_lost) = add(sum, total_lost, value);
    }
    let total = sum + total_lost;
    total.is_finite().then_some(total)
}

/// Adds `value`, and what rounding takes to `lost`, without a branch.
#[inline]
fn add(sum: f64, lost: f64, value: f64) -> (f64, f64) {
    let total = sum + value;
    let added = total - sum;
    (total, lost + ((sum - (total - added)) + (value - added)))
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;
    use crate::annotation::Annotations;
    use crate::eval::points::Point;
    use crate::functions::window::Window;
    use crate::functions::{Implementation, implementation};
    use crate::syntax::{FunctionId, RangeKind, Span};

    /// What the function of a single window yields.
    fn one_by_one(
        id: FunctionId,
        times: &[Timestamp],
        floats: &[f64],
        ends: &[Timestamp],
        length: i64,
    ) -> Vec<f64> {
        let Implementation::Range(function) = implementation(id) else { panic!("not a range function") };
        let at = |&end: &Timestamp| {
            let first = times.partition_point(|&time| time <= end - length);
            let past = times.partition_point(|&time| time <= end);
            if first == past {
                return ABSENT;
            }
            let window = Window {
                times: &times[first..past],
                floats: &floats[first..past],
                starts: &[],
                histogram_times: &[],
                histograms: &[],
                histogram_starts: &[],
                start: end - length,
                end,
                step_time: end,
                params: &[],
                kind: RangeKind::Plain,
                metric: "m",
                span: Span::default(),
            };
            match (function.apply)(&window, &mut Annotations::default()) {
                Ok(Some(Point::Float(value))) => value,
                _ => ABSENT,
            }
        };
        ends.iter().map(at).collect()
    }

    fn at_once(
        id: FunctionId,
        times: &[Timestamp],
        floats: &[f64],
        ends: &[Timestamp],
        length: i64,
    ) -> Vec<f64> {
        let Implementation::Range(function) = implementation(id) else { panic!("not a range function") };
        let window = |end: Timestamp| {
            let first = times.partition_point(|&time| time <= end - length);
            (first as u32, times.partition_point(|&time| time <= end) as u32)
        };
        let windows: Vec<(u32, u32)> = ends.iter().map(|&end| window(end)).collect();
        let shape = |&end: &Timestamp| {
            let (first, past) = window(end);
            Shape::of(&times[first as usize..past as usize], end - length, end)
        };
        let shapes: Vec<Shape> = ends.iter().map(shape).collect();
        let (windows, seconds) = (&*windows, length as f64 / 1000.0);
        let mut results = vec![ABSENT; ends.len()];
        let column = Column { floats, windows, shapes: &|| &shapes, seconds };
        function.column.expect("a column")(&column, &mut results);
        results
    }

    #[test]
    fn columns_yield_what_single_windows_do() {
        use FunctionId as F;
        let series: [&[f64]; 6] = [
            &[1.0, 2.0, 4.0, 8.0, 16.0, 17.0, 18.0, 19.5, 30.0],
            &[5.0, 6.0, 1.0, 2.0, 0.0, 0.0, 3.0, 2.0, 9.0],
            &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            &[f64::NAN, 1.0, f64::NAN, f64::NAN, -3.0, f64::INFINITY, 2.0, f64::NEG_INFINITY, 0.0],
            &[f64::MAX, f64::MAX, f64::MAX, -f64::MAX, 1.0, 1e100, 1.0, -1e100, 1.0],
            &[-5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0],
        ];
        let times = [0, 10_000, 21_000, 30_000, 39_000, 50_000, 90_000, 100_000, 110_000];
        let ends: Vec<Timestamp> = (0..30).map(|step| step * 5_000).collect();
        let functions = [
            F::Rate,
            F::Increase,
            F::Delta,
            F::CountOverTime,
            F::PresentOverTime,
            F::FirstOverTime,
            F::LastOverTime,
            F::MinOverTime,
            F::MaxOverTime,
            F::SumOverTime,
            F::AvgOverTime,
            F::Changes,
            F::Resets,
        ];
        for id in functions {
            for floats in series {
                for length in [5_000, 30_000, 200_000] {
                    let want = one_by_one(id, &times, floats, &ends, length);
                    let got = at_once(id, &times, floats, &ends, length);
                    for (step, (&want, &got)) in want.iter().zip(&got).enumerate() {
                        // What is compared or counted by value must not depend on how it was computed.
                        let exact = matches!(id, F::Rate | F::Increase | F::Delta);
                        let tolerance = if exact { 0.0 } else { 1e-12 };
                        let close = model::histogram::almost_equal(want, got, tolerance);
                        assert!(
                            close,
                            "{id:?} of {floats:?} over {length} at {}: {got} is not {want}",
                            ends[step]
                        );
                    }
                }
            }
        }
    }
}
