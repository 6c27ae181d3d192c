//! `rate`, `increase` and `delta`: the change over a range, extrapolated to its ends.
//!
//! Samples rarely sit at the ends of a range. Where the first or last one is about as close to its end as samples
//! are to each other, the series is taken to fill the range, else to begin or end half a sample distance
//! beyond. A counter is never extrapolated below zero. A start time within the range is a sample of zero.

use std::sync::Arc;

use model::{CounterReset, FloatHistogram, Timestamp};

use crate::annotation::{Annotations, HistogramOperation, Note};
use crate::error::QueryError;
use crate::eval::points::Point;
use crate::functions::extended;
use crate::functions::window::{Window, is_start_reset, starts_overlap};
use crate::syntax::RangeKind;

/// What distinguishes the three functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Whether a fall is a reset.
    pub(crate) counter: bool,
    /// Whether the result is per second.
    pub(crate) per_second: bool,
}

const RATE: Change = Change { counter: true, per_second: true };
const INCREASE: Change = Change { counter: true, per_second: false };
const DELTA: Change = Change { counter: false, per_second: false };

pub(super) fn rate(window: &Window<'_>, notes: &mut Annotations) -> Result<Option<Point>, QueryError> {
    Ok(change(window, RATE, notes))
}

pub(super) fn increase(window: &Window<'_>, notes: &mut Annotations) -> Result<Option<Point>, QueryError> {
    Ok(change(window, INCREASE, notes))
}

pub(super) fn delta(window: &Window<'_>, notes: &mut Annotations) -> Result<Option<Point>, QueryError> {
    Ok(change(window, DELTA, notes))
}

fn change(window: &Window<'_>, change: Change, notes: &mut Annotations) -> Option<Point> {
    if window.is_mixed() {
        return window.note_mixed(notes);
    }
    let extended = window.kind != RangeKind::Plain;
    match (window.histograms.is_empty(), extended) {
        (true, false) => float_change(window, change, notes).map(Point::Float),
        (true, true) => extended::float_change(window, change).map(Point::Float),
        (false, false) => histogram_change(window, change, notes).map(Point::from),
        (false, true) => extended::histogram_change(window, change, notes).map(Point::from),
    }
}

fn float_change(window: &Window<'_>, change: Change, notes: &mut Annotations) -> Option<f64> {
    let (&first, &last) = (window.floats.first()?, window.floats.last()?);
    let mut difference = last - first;
    if change.counter {
        difference = corrected(window, difference, notes);
    }
    let zero_start = zero_start(window.times, window.starts, window.start, change);
    if zero_start.is_some() {
        difference += first;
    } else if window.floats.len() == 1 {
        return None;
    }
    let from_zero = (change.counter && difference > 0.0 && first >= 0.0).then(|| first / difference);
    Some(difference * extrapolation(window, window.times, zero_start, from_zero, change))
}

/// The difference with what every reset in between took away.
fn corrected(window: &Window<'_>, mut difference: f64, notes: &mut Annotations) -> f64 {
    if window.starts.is_empty() {
        let mut previous = window.floats[0];
        for &value in &window.floats[1..] {
            if value < previous {
                difference += previous;
            }
            previous = value;
        }
        return difference;
    }
    note_overlap(window, window.times, window.starts, notes);
    for index in 1..window.floats.len() {
        let (value, previous) = (window.floats[index], window.floats[index - 1]);
        if value < previous || reset_by_start(window.times, window.starts, index) {
            difference += previous;
        }
    }
    difference
}

fn histogram_change(window: &Window<'_>, change: Change, notes: &mut Annotations) -> Option<FloatHistogram> {
    let first = window.histograms.first()?;
    let mut difference = match window.histograms.len() {
        1 => None,
        _ => Some(histogram_difference(window, change, notes)?),
    };
    let (times, starts) = (window.histogram_times, window.histogram_starts);
    let zero_start = zero_start(times, starts, window.start, change);
    if zero_start.is_some() {
        match &mut difference {
            Some(difference) => add(difference, first, window, HistogramOperation::Addition, notes)?,
            None => difference = Some(FloatHistogram::clone(first)),
        }
    }
    let mut difference = difference?;
    let from_zero = (change.counter && difference.count > 0.0 && first.count >= 0.0)
        .then(|| first.count / difference.count);
    difference.multiply(extrapolation(window, times, zero_start, from_zero, change));
    Some(difference)
}

/// The last histogram minus the first, with what every reset in between took away; a gauge.
fn histogram_difference(
    window: &Window<'_>,
    change: Change,
    notes: &mut Annotations,
) -> Option<FloatHistogram> {
    let histograms = window.histograms;
    let (first, last) = (&histograms[0], &histograms[histograms.len() - 1]);
    let is_gauge = |histogram: &FloatHistogram| histogram.counter_reset == CounterReset::Gauge;
    if change.counter && (is_gauge(first) || is_gauge(last)) {
        notes.add(Note::NotCounter { metric: window.metric }, window.span);
    }
    let is_reset = |index: usize| {
        reset_by_start(window.histogram_times, window.histogram_starts, index)
            || histograms[index].is_reset_after(&histograms[index - 1])
    };
    // What a reset right after it ended is of no interest, its shape least of all.
    let mut previous = first.clone();
    if change.counter && is_reset(1) {
        let second = &histograms[1];
        previous = Arc::new(FloatHistogram {
            schema: second.schema,
            custom_values: second.custom_values.clone(),
            ..FloatHistogram::default()
        });
    }
    let custom = previous.has_custom_buckets();
    if last.has_custom_buckets() != custom {
        window.note_mixed_schemas(notes);
        return None;
    }
    let mut schema = last.schema.min(previous.schema);
    if change.counter {
        for histogram in &histograms[1..histograms.len() - 1] {
            if is_gauge(histogram) {
                notes.add(Note::NotCounter { metric: window.metric }, window.span);
            }
            if histogram.has_custom_buckets() != custom {
                window.note_mixed_schemas(notes);
                return None;
            }
            schema = schema.min(histogram.schema);
        }
    }
    let mut difference = FloatHistogram::clone(last);
    if schema != difference.schema && difference.reduce_resolution(schema).is_err() {
        window.note_mixed_schemas(notes);
        return None;
    }
    subtract(&mut difference, &previous, window, notes)?;
    if change.counter {
        note_overlap(window, window.histogram_times, window.histogram_starts, notes);
        for (index, current) in histograms.iter().enumerate().skip(1) {
            let reset = reset_by_start(window.histogram_times, window.histogram_starts, index)
                || current.is_reset_after(&previous);
            if reset {
                add(&mut difference, &previous, window, HistogramOperation::Addition, notes)?;
            }
            previous = current.clone();
        }
    } else if !is_gauge(first) || !is_gauge(last) {
        notes.add(Note::NotGauge { metric: window.metric }, window.span);
    }
    difference.counter_reset = CounterReset::Gauge;
    difference.compact(0);
    Some(difference)
}

/// Adds a histogram, and says what had to be given up for it; `None` when it cannot be added.
pub(super) fn add(
    total: &mut FloatHistogram,
    other: &FloatHistogram,
    window: &Window<'_>,
    operation: HistogramOperation,
    notes: &mut Annotations,
) -> Option<()> {
    match total.add(other) {
        Ok(reconciled) => {
            if reconciled.custom_bounds {
                notes.add(Note::MismatchedCustomBuckets(operation), window.span);
            }
            Some(())
        }
        Err(_) => {
            window.note_mixed_schemas(notes);
            None
        }
    }
}

/// Subtracts a histogram, and says what had to be given up for it; `None` when it cannot be subtracted.
pub(super) fn subtract(
    total: &mut FloatHistogram,
    other: &FloatHistogram,
    window: &Window<'_>,
    notes: &mut Annotations,
) -> Option<()> {
    match total.subtract(other) {
        Ok(reconciled) => {
            if reconciled.custom_bounds {
                notes.add(Note::MismatchedCustomBuckets(HistogramOperation::Subtraction), window.span);
            }
            Some(())
        }
        Err(_) => {
            window.note_mixed_schemas(notes);
            None
        }
    }
}

fn reset_by_start(times: &[Timestamp], starts: &[Timestamp], index: usize) -> bool {
    index < starts.len() && is_start_reset(starts[index - 1], times[index - 1], starts[index], times[index])
}

fn note_overlap(window: &Window<'_>, times: &[Timestamp], starts: &[Timestamp], notes: &mut Annotations) {
    let overlaps =
        (1..starts.len()).any(|index| starts_overlap(starts[index - 1], times[index - 1], starts[index]));
    if overlaps {
        notes.add(Note::StartTimeOverlap { metric: window.metric }, window.span);
    }
}

/// When the first sample began counting, if that is within the range: a sample of zero.
fn zero_start(
    times: &[Timestamp],
    starts: &[Timestamp],
    range_start: Timestamp,
    change: Change,
) -> Option<Timestamp> {
    let &start = starts.first()?;
    (change.counter && start != 0 && start > range_start && start < times[0]).then_some(start)
}

/// What to multiply the difference between first and last sample with. `from_zero` is how many sampled intervals
/// before the first sample a counter was zero.
fn extrapolation(
    window: &Window<'_>,
    times: &[Timestamp],
    zero_start: Option<Timestamp>,
    from_zero: Option<f64>,
    change: Change,
) -> f64 {
    let (first, last) = (times[0], times[times.len() - 1]);
    let mut to_start = first.saturating_sub(window.start) as f64 / 1000.0;
    let mut to_end = window.end.saturating_sub(last) as f64 / 1000.0;
    let mut sampled = (last - first) as f64 / 1000.0;
    let distance = if times.len() > 1 { sampled / (times.len() - 1) as f64 } else { 0.0 };
    let threshold = distance * 1.1;
    if let Some(zero_start) = zero_start {
        to_start = 0.0;
        sampled = (last - zero_start) as f64 / 1000.0;
    } else {
        if to_start >= threshold {
            to_start = distance / 2.0;
        }
        if let Some(from_zero) = from_zero {
            let to_zero = sampled * from_zero;
            if to_zero < to_start {
                to_start = to_zero;
            }
        }
    }
    if to_end >= threshold {
        to_end = distance / 2.0;
    }
    let factor = if sampled == 0.0 { 1.0 } else { (sampled + to_start + to_end) / sampled };
    if change.per_second { factor / window.seconds() } else { factor }
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn changes_are_extrapolated_to_the_ends() {
        passes(
            r#"
load 1m
  steady_total 0+60x10
  late_total _ _ _ _ _ _ 100+60x4
  reset_total 0 60 120 0 60 120
  negative 10 8 6 4 2 0

# Samples reach both ends of the range.
eval instant at 10m rate(steady_total[5m])
  {} 1

eval instant at 10m increase(steady_total[5m])
  {} 300

# The first sample is too far from the start, so half a distance is all that is added.
eval instant at 10m increase(late_total[10m])
  {} 270

# A counter that starts low is not taken below zero.
eval instant at 2m increase(steady_total[10m])
  {} 120

# What a reset took away is added.
eval instant at 5m increase(reset_total[5m])
  {} 225

eval instant at 5m delta(negative[5m])
  {} -10

# One sample is no change.
eval instant at 0m rate(steady_total[5m])
"#,
        );
    }

    #[test]
    fn histograms_change_bucket_by_bucket() {
        passes(
            r#"
load 1m
  h {{schema:0 sum:1 count:1 buckets:[1]}}+{{schema:0 sum:2 count:3 buckets:[1 2]}}x5
  mixed 1 2 {{schema:0 sum:1 count:1 buckets:[1]}}
  kinds {{schema:0 sum:1 count:1 buckets:[1]}} {{schema:-53 sum:1 count:1 custom_values:[5] buckets:[1]}}

eval instant at 5m increase(h[5m])
  {} {{schema:0 sum:10 count:15 counter_reset_hint:gauge buckets:[5 10]}}

eval instant at 2m rate(mixed[5m])
  expect warn msg: PromQL warning: encountered a mix of histograms and floats for metric name "mixed" (1:6)

eval instant at 1m delta(kinds[5m])
  expect warn
"#,
        );
    }
}
