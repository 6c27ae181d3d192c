//! Instant selectors: the newest sample of each series at each step, unless it is stale or too old.

use std::rc::Rc;
use std::sync::Arc;

use model::{Labels, METRIC_NAME, Timestamp, is_stale_nan};
use tsdb::{Samples, Selection};

use crate::annotation::Note;
use crate::error::QueryError;
use crate::eval::Scratch;
use crate::eval::bounds::{Table, bounds_of};
use crate::eval::hints::{infer_hints, strip_buckets};
use crate::eval::points::{ABSENT, Point, Points, is_absent};
use crate::eval::steps::Steps;
use crate::eval::tally::{Touched, histogram_samples};
use crate::functions::extended::{interpolate, interpolate_histograms};
use crate::plan::Selector;
use crate::syntax::{RangeKind, Span};

/// The newest sample of each selected series.
pub(crate) struct InstantSource {
    pub(crate) selection: Arc<Selection>,
    pub(crate) selector: Selector,
    pub(crate) steps: Steps,
    pub(crate) lookback: i64,
    pub(crate) node: usize,
    pub(crate) span: Span,
    pub(crate) yields: Yields,
}

/// What is made of the newest sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Yields {
    /// Its value.
    Value,
    /// Its time, in seconds.
    Time,
    /// Its time, in milliseconds, which `info` compares; histograms stay what they are.
    Millis,
    /// When it started counting, in seconds.
    Start,
}

impl InstantSource {
    pub(crate) fn len(&self) -> usize {
        self.selection.len()
    }

    pub(crate) fn labels(&self, index: usize) -> Labels {
        self.selection.labels(index)
    }

    pub(crate) fn points(&self, index: usize, scratch: &mut Scratch<'_>) -> Result<Points, QueryError> {
        let mut samples = self.selection.read(index)?;
        scratch.meter.read(self.node, samples.len());
        scratch.spend(samples.len())?;
        infer_hints(&mut samples.histograms, self.selector.counts_only);
        if self.selector.counts_only {
            strip_buckets(&mut samples.histograms);
        }
        if self.selector.kind == RangeKind::Smoothed && self.yields == Yields::Value {
            let points = self.smoothed(index, &samples, scratch);
            self.tally(&points, scratch);
            return Ok(points);
        }
        let mut points = Points::absent(self.steps.count);
        let floats = self.table(&samples.times, scratch);
        if samples.histograms.is_empty() && self.yields == Yields::Value {
            for (slot, &(first, past)) in points.floats.iter_mut().zip(&floats.windows) {
                if past > first {
                    *slot = samples.values[past as usize - 1];
                }
            }
            self.tally(&points, scratch);
            return Ok(points);
        }
        let histograms = self.table(&samples.histogram_times, scratch);
        for step in 0..self.steps.count {
            if let Some(point) = self.newest(&samples, floats.windows[step], histograms.windows[step]) {
                points.set(step, point);
            }
        }
        self.tally(&points, scratch);
        Ok(points)
    }

    /// Counts the samples that the steps look at.
    fn tally(&self, points: &Points, scratch: &mut Scratch<'_>) {
        if points.histograms.is_none() && scratch.tally.by_step.is_none() {
            let present = points.floats.iter().filter(|value| !is_absent(**value)).count();
            return scratch.tally.add(0, Touched::once(present as u64));
        }
        for step in 0..points.len() {
            if let Some(histogram) = points.histogram(step) {
                scratch.tally.add(step, Touched::once(histogram_samples(histogram)));
            } else if points.float(step).is_some() {
                scratch.tally.add(step, Touched::once(1));
            }
        }
    }

    fn table(&self, times: &Arc<[Timestamp]>, scratch: &mut Scratch<'_>) -> Rc<Table> {
        scratch.bounds.get(times, |times| bounds_of(times, self.steps.times().map(|time| self.window(time))))
    }

    /// The times whose samples a step looks at, the first of them not included.
    fn window(&self, time: Timestamp) -> (Timestamp, Timestamp) {
        let reference = self.selector.reference(time);
        match (self.yields, self.selector.at) {
            // The time of a sample at a fixed time is asked without the offset, of samples selected with it.
            (Yields::Time | Yields::Start, Some(at)) => {
                (at.max(reference).saturating_sub(self.lookback), at.min(reference))
            }
            _ => (reference.saturating_sub(self.lookback), reference),
        }
    }

    /// The newest sample of either kind within the bounds, unless it is stale.
    fn newest(&self, samples: &Samples, floats: (u32, u32), histograms: (u32, u32)) -> Option<Point> {
        let last = |(first, past): (u32, u32)| (past > first).then(|| past as usize - 1);
        let (float, histogram) = (last(floats), last(histograms));
        let is_float = match (float, histogram) {
            (None, None) => return None,
            (Some(float), Some(histogram)) => samples.times[float] > samples.histogram_times[histogram],
            (float, _) => float.is_some(),
        };
        let (time, start, point) = if is_float {
            let index = float?;
            let value = samples.values[index];
            if is_stale_nan(value) {
                return None;
            }
            (samples.times[index], samples.starts.get(index), Point::Float(value))
        } else {
            let index = histogram?;
            let value = &samples.histograms[index];
            if value.is_stale() {
                return None;
            }
            let start = samples.histogram_starts.get(index);
            (samples.histogram_times[index], start, Point::Histogram(value.clone()))
        };
        Some(match self.yields {
            Yields::Value => point,
            Yields::Time => Point::Float(time as f64 / 1000.0),
            // An info metric must not have histograms, so these are shown as they are.
            Yields::Millis if !is_float => point,
            Yields::Millis => Point::Float(time as f64),
            Yields::Start => Point::Float(start.copied().unwrap_or(0) as f64 / 1000.0),
        })
    }

    /// The values on the straight lines between samples.
    fn smoothed(&self, index: usize, samples: &Samples, scratch: &mut Scratch<'_>) -> Points {
        let mut points = Points::absent(self.steps.count);
        let fresh = crate::eval::track::Track::of(samples);
        let reach = |times: &[Timestamp]| {
            let windows = self.steps.times().map(|time| {
                let reference = self.selector.reference(time);
                (reference.saturating_sub(self.lookback), reference.saturating_add(self.lookback))
            });
            bounds_of(times, windows)
        };
        let (float_bounds, histogram_bounds) = (reach(&fresh.times), reach(&fresh.histogram_times));
        for (step, time) in self.steps.times().enumerate() {
            let at = self.selector.reference(time);
            let within = |(first, past): (u32, u32)| first as usize..past as usize;
            let (floats, histograms) = (within(float_bounds[step]), within(histogram_bounds[step]));
            if !floats.is_empty() && !histograms.is_empty() {
                let labels = self.labels(index);
                let metric = labels.value(METRIC_NAME);
                scratch.notes.add(Note::MixedFloatsHistograms { metric }, self.span);
            } else if !floats.is_empty() {
                let (times, values) = (&fresh.times[floats.clone()], &fresh.floats[floats]);
                points.floats[step] = smooth_float(times, values, at).unwrap_or(ABSENT);
            } else if !histograms.is_empty() {
                let times = &fresh.histogram_times[histograms.clone()];
                let found = self.smooth_histogram(index, times, &fresh.histograms[histograms], at, scratch);
                if let Some(found) = found {
                    points.set(step, found);
                }
            }
        }
        points
    }

    fn smooth_histogram(
        &self,
        index: usize,
        times: &[Timestamp],
        histograms: &[Arc<model::FloatHistogram>],
        at: Timestamp,
        scratch: &mut Scratch<'_>,
    ) -> Option<Point> {
        use model::CounterReset::{Gauge, Unknown};
        let next = times.partition_point(|&time| time < at);
        if times.get(next) == Some(&at) {
            return Some(Point::Histogram(histograms[next].clone()));
        }
        let previous = next.checked_sub(1)?;
        let Some(right) = histograms.get(next) else {
            let mut carried = model::FloatHistogram::clone(&histograms[previous]);
            carried.counter_reset = Unknown;
            return Some(Point::from(carried));
        };
        let left = &histograms[previous];
        let counter = left.counter_reset != Gauge || right.counter_reset != Gauge;
        let mixed = left.has_custom_buckets() != right.has_custom_buckets();
        let (from, to) = ((times[previous], &**left), (times[next], &**right));
        let notes = &mut scratch.notes;
        let line =
            if mixed { None } else { interpolate_histograms(from, to, at, counter, notes, self.span).ok() };
        if line.is_none() {
            let labels = self.labels(index);
            notes.add(Note::MixedExponentialCustom { metric: labels.value(METRIC_NAME) }, self.span);
        }
        line.map(Point::from)
    }
}

fn smooth_float(times: &[Timestamp], values: &[f64], at: Timestamp) -> Option<f64> {
    let next = times.partition_point(|&time| time < at);
    if times.get(next) == Some(&at) {
        return Some(values[next]);
    }
    let previous = next.checked_sub(1)?;
    Some(match (times.get(next), values.get(next)) {
        (Some(&time), Some(&value)) => {
            interpolate((times[previous], values[previous]), (time, value), at, false)
        }
        _ => values[previous],
    })
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn the_newest_sample_counts_unless_it_is_stale_or_old() {
        passes(
            r#"
load 1m
  x 1 2 stale 4
  old 1

eval range from 0m to 4m step 1m x
  x 1 2 _ 4 4

eval instant at 4m59s old
  old 1

# A sample as old as the lookback is too old.
eval instant at 5m old

eval instant at 1m timestamp(x offset 30s)
  {} 0

eval instant at 1m30s timestamp(x)
  {} 60

eval instant at 10m x @ 60
  x 2

# A time is asked for without the offset, of the samples that are selected with it.
eval instant at 10m timestamp(x @ 180 offset 2m)
  {} 60

eval instant at 10m timestamp(x @ 60 offset -2m)
  {} 60

eval instant at 0m x offset -1m
  x 2
"#,
        );
    }

    #[test]
    fn smoothed_values_lie_on_the_line_between_samples() {
        passes(
            r#"
load 1m
  x 0 60 _ 180
  h {{schema:0 sum:0 count:0 buckets:[0]}} {{schema:0 sum:6 count:60 buckets:[60]}}

eval instant at 30s x smoothed
  x 30

eval instant at 2m x smoothed
  x 120

eval instant at 3m30s x smoothed
  x 180

eval instant at 30s histogram_count(h smoothed)
  {} 30
"#,
        );
    }
}
