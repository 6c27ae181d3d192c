//! `rate`, `increase` and `delta` over `anchored` and `smoothed` ranges: no extrapolation, but values at both ends.
//!
//! An anchored range takes the last sample at or before its start as the value there. A smoothed range draws a
//! straight line between the samples on both sides of each end.

use std::sync::Arc;

use model::{CounterReset, FloatHistogram, Timestamp};

use crate::annotation::{Annotations, HistogramOperation, Note};
use crate::functions::rate::{Change, add, subtract};
use crate::functions::window::Window;
use crate::syntax::{RangeKind, Span};

/// Which samples a range with values at its ends consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    /// The sample that makes the value at the start.
    pub(crate) first: usize,
    /// The sample that makes the value at the end.
    pub(crate) last: usize,
}

/// Finds the samples at the ends; `None` when no sample is after the start, or none before the end of a smoothed range.
pub(crate) fn ends(times: &[Timestamp], start: Timestamp, end: Timestamp, smoothed: bool) -> Option<Ends> {
    let before_last = times.len().checked_sub(1)?;
    let first = times[..before_last].partition_point(|&time| time <= start).saturating_sub(1);
    let last = if smoothed { times[..before_last].partition_point(|&time| time < end) } else { before_last };
    let outside = times[last] <= start || (smoothed && times[first] > end);
    (!outside).then_some(Ends { first, last })
}

/// A straight line through two samples, seen at `time`. A counter that fell had begun at zero.
pub(crate) fn interpolate(
    (left_time, left): (Timestamp, f64),
    (right_time, right): (Timestamp, f64),
    time: Timestamp,
    counter: bool,
) -> f64 {
    let left = if counter && right < left { 0.0 } else { left };
    left + (right - left) * (time - left_time) as f64 / (right_time - left_time) as f64
}

/// The value of floats at both ends of a range.
pub(crate) fn float_ends(
    times: &[Timestamp],
    floats: &[f64],
    ends: Ends,
    (start, end): (Timestamp, Timestamp),
    smoothed: bool,
    counter: bool,
) -> (f64, f64) {
    let Ends { first, last } = ends;
    let sample = |index: usize| (times[index], floats[index]);
    let left = if smoothed && times[first] < start {
        interpolate(sample(first), sample(first + 1), start, counter)
    } else {
        floats[first]
    };
    let right = if smoothed && last > 0 && times[last] > end {
        interpolate(sample(last - 1), sample(last), end, counter)
    } else {
        floats[last]
    };
    (left, right)
}

pub(super) fn float_change(window: &Window<'_>, change: Change) -> Option<f64> {
    let smoothed = window.kind == RangeKind::Smoothed;
    let found = ends(window.times, window.start, window.end, smoothed)?;
    let bounds = (window.start, window.end);
    let (left, right) = float_ends(window.times, window.floats, found, bounds, smoothed, change.counter);
    let mut difference = right - left;
    if change.counter {
        let inner = inner(window.times, found, window.start, window.end);
        difference += correction(left, right, &window.floats[inner]);
    }
    Some(if change.per_second { difference / window.seconds() } else { difference })
}

/// The samples strictly between the ends.
pub(crate) fn inner(
    times: &[Timestamp],
    ends: Ends,
    start: Timestamp,
    end: Timestamp,
) -> std::ops::Range<usize> {
    let first = if times[ends.first] <= start { ends.first + 1 } else { ends.first };
    let past = if times[ends.last] >= end { ends.last } else { ends.last + 1 };
    first..past.max(first)
}

fn correction(left: f64, right: f64, between: &[f64]) -> f64 {
    let (mut correction, mut previous) = (0.0, left);
    for &value in between.iter().chain([&right]) {
        if value < previous {
            correction += previous;
        }
        previous = value;
    }
    correction
}

/// Why two histograms cannot be interpolated: their bounds are of different kinds.
#[derive(Debug)]
pub(crate) struct Incompatible;

/// A straight line through two histograms, seen at `time`.
pub(crate) fn interpolate_histograms(
    (left_time, left): (Timestamp, &FloatHistogram),
    (right_time, right): (Timestamp, &FloatHistogram),
    time: Timestamp,
    counter: bool,
    notes: &mut Annotations,
    span: Span,
) -> Result<FloatHistogram, Incompatible> {
    if time == left_time {
        return Ok(left.clone());
    }
    if time == right_time {
        return Ok(right.clone());
    }
    let fraction = (time - left_time) as f64 / (right_time - left_time) as f64;
    let mut result = right.clone();
    if counter && right.is_reset_after(left) {
        result.multiply(fraction);
        return Ok(result);
    }
    if result.subtract(left).map_err(|_| Incompatible)?.custom_bounds {
        notes.add(Note::MismatchedCustomBuckets(HistogramOperation::Subtraction), span);
    }
    result.multiply(fraction);
    if result.add(left).map_err(|_| Incompatible)?.custom_bounds {
        notes.add(Note::MismatchedCustomBuckets(HistogramOperation::Addition), span);
    }
    Ok(result)
}

pub(super) fn histogram_change(
    window: &Window<'_>,
    change: Change,
    notes: &mut Annotations,
) -> Option<FloatHistogram> {
    let smoothed = window.kind == RangeKind::Smoothed;
    let found = ends(window.histogram_times, window.start, window.end, smoothed)?;
    if !check_kinds(window, found, change, notes) {
        return None;
    }
    let interpolated = histogram_ends(window, found, smoothed, change.counter, notes);
    let Ok((left, right)) = interpolated else {
        window.note_mixed_schemas(notes);
        return None;
    };
    let is_gauge = |histogram: &FloatHistogram| histogram.counter_reset == CounterReset::Gauge;
    if !change.counter && (!is_gauge(&left) || !is_gauge(&right)) {
        notes.add(Note::NotGauge { metric: window.metric }, window.span);
    }
    let mut difference = right.clone();
    subtract(&mut difference, &left, window, notes)?;
    if change.counter {
        let correction = histogram_correction(window, found, left, &right, smoothed, notes)?;
        if let Some(correction) = correction {
            add(&mut difference, &correction, window, HistogramOperation::Addition, notes)?;
        }
    }
    if change.per_second {
        difference.divide(window.seconds());
    }
    difference.counter_reset = CounterReset::Gauge;
    difference.compact(0);
    Some(difference)
}

fn check_kinds(window: &Window<'_>, ends: Ends, change: Change, notes: &mut Annotations) -> bool {
    let histograms = &window.histograms[ends.first..=ends.last];
    let custom = histograms[0].has_custom_buckets();
    for histogram in histograms {
        if histogram.has_custom_buckets() != custom {
            window.note_mixed_schemas(notes);
            return false;
        }
        if change.counter && histogram.counter_reset == CounterReset::Gauge {
            notes.add(Note::NotCounter { metric: window.metric }, window.span);
        }
    }
    true
}

fn histogram_ends(
    window: &Window<'_>,
    ends: Ends,
    smoothed: bool,
    counter: bool,
    notes: &mut Annotations,
) -> Result<(FloatHistogram, FloatHistogram), Incompatible> {
    let Ends { first, last } = ends;
    let times = window.histogram_times;
    let sample = |index: usize| (times[index], &*window.histograms[index]);
    let left = if smoothed && times[first] < window.start {
        interpolate_histograms(sample(first), sample(first + 1), window.start, counter, notes, window.span)?
    } else {
        FloatHistogram::clone(&window.histograms[first])
    };
    let right = if smoothed && last > 0 && times[last] > window.end {
        interpolate_histograms(sample(last - 1), sample(last), window.end, counter, notes, window.span)?
    } else {
        FloatHistogram::clone(&window.histograms[last])
    };
    Ok((left, right))
}

/// What the resets between the ends took away; `None` inside when there were none, outside when it cannot be said.
fn histogram_correction(
    window: &Window<'_>,
    ends: Ends,
    left: FloatHistogram,
    right: &FloatHistogram,
    smoothed: bool,
    notes: &mut Annotations,
) -> Option<Option<FloatHistogram>> {
    let histograms = window.histograms;
    // The sample at `first` is what the left end was made of, that at `last` what the right end was.
    let mut next = ends.first + 1;
    let mut previous = Arc::new(left);
    let crossed = smoothed
        && window.histogram_times[ends.first] < window.start
        && histograms[ends.first + 1].is_reset_after(&histograms[ends.first]);
    if crossed {
        // The line to the left end crossed this reset and began at zero: it is accounted for.
        previous = histograms[next].clone();
        next += 1;
    }
    if next > ends.last {
        return Some(None);
    }
    let mut correction: Option<FloatHistogram> = None;
    for current in histograms[next..ends.last].iter().map(|histogram| &**histogram).chain([right]) {
        if current.is_reset_after(&previous) {
            match &mut correction {
                None => correction = Some(FloatHistogram::clone(&previous)),
                Some(total) => add(total, &previous, window, HistogramOperation::Addition, notes)?,
            }
        }
        previous = Arc::new(current.clone());
    }
    Some(correction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_the_samples_around_the_range() {
        let check = |times: &[i64], start, end, smoothed, want: Option<(usize, usize)>| {
            let found = ends(times, start, end, smoothed).map(|ends| (ends.first, ends.last));
            assert_eq!(found, want, "{times:?} {start}..{end}");
        };
        check(&[0, 10, 20, 30], 10, 30, false, Some((1, 3)));
        check(&[0, 10, 20, 30], 5, 25, true, Some((0, 3)));
        check(&[0, 10, 20, 30], 5, 20, true, Some((0, 2)));
        check(&[0, 10], 10, 30, false, None);
        check(&[40, 50], 10, 30, true, None);
        check(&[], 10, 30, true, None);
    }

    #[test]
    fn a_counter_that_fell_had_begun_at_zero() {
        assert_eq!(interpolate((0, 4.0), (10, 8.0), 5, true), 6.0);
        assert_eq!(interpolate((0, 8.0), (10, 4.0), 5, true), 2.0);
        assert_eq!(interpolate((0, 8.0), (10, 4.0), 5, false), 6.0);
    }
}
