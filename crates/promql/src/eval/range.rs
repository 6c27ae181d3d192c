//! Range functions: for each series and each step, a function of the samples in the window that ends there.

use std::rc::Rc;
use std::sync::Arc;

use model::{FloatHistogram, Labels, METRIC_NAME, Timestamp};
use tsdb::Selection;

use crate::annotation::Note;
use crate::error::QueryError;
use crate::eval::bounds::{Table, bounds_of};
use crate::eval::hints::{infer_hints, strip_buckets};
use crate::eval::points::Points;
use crate::eval::row::TYPE_LABEL;
use crate::eval::steps::Steps;
use crate::eval::stream::Stream;
use crate::eval::tally::{Tally, Touched, histogram_samples};
use crate::eval::track::Track;
use crate::eval::{CHECK_SAMPLES, Scratch};
use crate::functions::RangeFunction;
use crate::functions::column::{Column, Shape};
use crate::functions::window::Window;
use crate::plan::Range;
use crate::syntax::{RangeKind, Span};

/// A function over the ranges of each series.
pub(crate) struct RangeStream<'p> {
    pub(crate) function: &'static RangeFunction,
    pub(crate) input: RangeInput<'p>,
    pub(crate) range: &'p Range,
    pub(crate) steps: Steps,
    /// The scalar arguments at every step.
    pub(crate) params: Vec<Vec<f64>>,
    pub(crate) node: usize,
    /// What annotations are about.
    pub(crate) span: Span,
    pub(crate) settings: RangeSettings,
}

/// Where the samples come from.
pub(crate) enum RangeInput<'p> {
    /// The store.
    Selection(Arc<Selection>),
    /// An expression, at steps of its own.
    Subquery { stream: Box<Stream<'p>>, steps: Steps, by_step: bool },
}

/// What the engine's settings mean to range functions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RangeSettings {
    pub(crate) lookback: i64,
    pub(crate) start_timestamps: bool,
    pub(crate) type_labels: bool,
}

/// What a sample takes while it is looked at: a time and a value.
const SAMPLE_BYTES: usize = 16;

/// How many samples a function of all steps looks at in the time that others need for one.
const COLUMN_SAMPLES: usize = 8;

/// How many samples the work for one histogram is worth.
const HISTOGRAM_COST: usize = 32;

impl RangeStream<'_> {
    pub(crate) fn len(&self) -> usize {
        match &self.input {
            RangeInput::Selection(selection) => selection.len(),
            RangeInput::Subquery { stream, .. } => stream.len(),
        }
    }

    pub(crate) fn labels(&self, index: usize) -> Labels {
        match &self.input {
            RangeInput::Selection(selection) => selection.labels(index),
            RangeInput::Subquery { stream, .. } => stream.labels(index),
        }
    }

    pub(crate) fn drop_name(&self, index: usize) -> bool {
        match &self.input {
            RangeInput::Selection(_) => false,
            RangeInput::Subquery { stream, .. } => stream.drop_name(index),
        }
    }

    pub(crate) fn points(&self, index: usize, scratch: &mut Scratch<'_>) -> Result<Points, QueryError> {
        match &self.input {
            RangeInput::Selection(selection) => {
                let mut samples = selection.read(index)?;
                scratch.meter.read(self.range.id, samples.len());
                scratch.spend(samples.len())?;
                let _held = scratch.meter.hold(samples.len(), samples.len() * SAMPLE_BYTES)?;
                infer_hints(&mut samples.histograms, self.range.counts_only);
                if self.range.counts_only {
                    strip_buckets(&mut samples.histograms);
                }
                self.apply(index, &Track::of(&samples), scratch)
            }
            RangeInput::Subquery { stream, steps, by_step } => {
                // The windows of the inner ranges are others than those of this one.
                let mut inner = scratch.inner(Tally::new(*steps, *by_step));
                let _held = scratch.meter.hold(steps.count, steps.count * SAMPLE_BYTES)?;
                inner.spend(steps.count)?;
                let points = stream.points(index, &mut inner)?;
                scratch.tally.absorb(&inner.tally, *steps, &self.range.windows(self.steps));
                scratch.absorb(inner);
                match points {
                    Some(points) => self.apply(index, &Track::of_points(&points, *steps), scratch),
                    None => Ok(Points::absent(self.steps.count)),
                }
            }
        }
    }

    fn apply(
        &self,
        index: usize,
        track: &Track<'_>,
        scratch: &mut Scratch<'_>,
    ) -> Result<Points, QueryError> {
        let mut points = Points::absent(self.steps.count);
        if track.is_empty() {
            return Ok(points);
        }
        let labels = self.labels(index);
        let metric = labels.value(METRIC_NAME);
        let float_table = self.table(&track.times, track.shared_times, scratch);
        let starts = self.settings.start_timestamps && self.function.uses_starts;
        let plain = self.range.kind == RangeKind::Plain && (!starts || track.starts.is_empty());
        if let Some(column) = self.function.column
            && track.histograms.is_empty()
            && plain
        {
            self.tally(&[], &float_table, None, scratch);
            self.column(column, track, &float_table, &mut points.floats, scratch)?;
            self.note_non_counter(&labels, metric, &points, scratch);
            return Ok(points);
        }
        let histogram_table = self.table(&track.histogram_times, track.shared_histogram_times, scratch);
        self.tally(&track.histograms, &float_table, Some(&histogram_table), scratch);
        let mut params = vec![0.0; self.params.len()];
        for (step, step_time) in self.steps.times().enumerate() {
            let within = |(first, past): (u32, u32)| first as usize..past as usize;
            let floats = within(float_table.windows[step]);
            let histograms = within(histogram_table.windows[step]);
            if floats.is_empty() && histograms.is_empty() {
                continue;
            }
            scratch.spend(floats.len() + histograms.len() * HISTOGRAM_COST)?;
            for (param, values) in params.iter_mut().zip(&self.params) {
                *param = values[step];
            }
            let end = self.range.reference(step_time);
            let window = Window {
                times: &track.times[floats.clone()],
                floats: &track.floats[floats.clone()],
                starts: if starts { track.starts.get(floats).unwrap_or(&[]) } else { &[] },
                histogram_times: &track.histogram_times[histograms.clone()],
                histograms: &track.histograms[histograms.clone()],
                histogram_starts: match starts {
                    true => track.histogram_starts.get(histograms).unwrap_or(&[]),
                    false => &[],
                },
                start: end.saturating_sub(self.range.length),
                end,
                step_time,
                params: &params,
                kind: self.range.kind,
                metric,
                span: self.span,
            };
            if let Some(point) = (self.function.apply)(&window, &mut scratch.notes)? {
                points.set(step, point);
            }
        }
        self.note_non_counter(&labels, metric, &points, scratch);
        Ok(points)
    }

    /// Has a function of all steps applied, to some of the windows after the other so that it can be stopped between.
    fn column(
        &self,
        column: fn(&Column<'_>, &mut [f64]),
        track: &Track<'_>,
        table: &Table,
        results: &mut [f64],
        scratch: &mut Scratch<'_>,
    ) -> Result<(), QueryError> {
        let seconds = self.range.length as f64 / 1000.0;
        let shapes = || &**table.shapes.get_or_init(|| self.shapes(&track.times, &table.windows));
        if table.samples <= CHECK_SAMPLES {
            scratch.spend(table.samples / COLUMN_SAMPLES)?;
            let (floats, windows) = (&*track.floats, &*table.windows);
            column(&Column { floats, windows, shapes: &shapes, seconds }, results);
            return Ok(());
        }
        // Some functions look at all samples once, whatever the windows: not more often than at each window's.
        let enough = CHECK_SAMPLES.max(track.floats.len());
        let mut start = 0;
        while start < table.windows.len() {
            let (mut end, mut samples) = (start, 0);
            while end < table.windows.len() && samples < enough {
                let (first, past) = table.windows[end];
                samples += (past - first) as usize;
                end += 1;
            }
            scratch.spend(samples / COLUMN_SAMPLES)?;
            let windows = &table.windows[start..end];
            let shapes = || &shapes()[start..end];
            let part = Column { floats: &track.floats, windows, shapes: &shapes, seconds };
            column(&part, &mut results[start..end]);
            start = end;
        }
        Ok(())
    }

    /// Counts the samples in the windows.
    fn tally(
        &self,
        histograms: &[Arc<FloatHistogram>],
        floats: &Table,
        histogram_table: Option<&Table>,
        scratch: &mut Scratch<'_>,
    ) {
        let from_store = matches!(self.input, RangeInput::Selection(_));
        if histograms.is_empty() && scratch.tally.by_step.is_none() {
            let read = match (from_store, self.range.at) {
                (true, None) => floats.samples_once,
                (true, Some(_)) => floats.windows.first().map_or(0, |&(first, past)| (past - first) as usize),
                (false, _) => 0,
            };
            return scratch.tally.add(0, Touched { seen: floats.samples as u64, read: read as u64 });
        }
        let mut sizes = vec![0; histograms.len() + 1];
        for (index, histogram) in histograms.iter().enumerate() {
            sizes[index + 1] = sizes[index] + histogram_samples(histogram);
        }
        let windows_of_histograms = histogram_table.map_or(&[][..], |table| &*table.windows);
        let (mut float_end, mut histogram_end) = (0, 0);
        for (step, &(first, past)) in floats.windows.iter().enumerate() {
            let mut touched = Touched { seen: u64::from(past - first), read: 0 };
            let fresh = past - first.max(float_end).min(past);
            let mut fresh_histograms = 0;
            float_end = past;
            if let Some(&(first, past)) = windows_of_histograms.get(step) {
                let between = |first: u32, past: u32| sizes[past as usize] - sizes[first as usize];
                touched.seen += between(first, past);
                fresh_histograms = between(first.max(histogram_end).min(past), past);
                histogram_end = past;
            }
            // With `@` all steps look at the same window, which is read once.
            if from_store && (step == 0 || self.range.at.is_none()) {
                touched.read = u64::from(fresh) + fresh_histograms;
            }
            scratch.tally.add(step, touched);
        }
    }

    fn table(
        &self,
        times: &[Timestamp],
        shared: Option<&Arc<[Timestamp]>>,
        scratch: &mut Scratch<'_>,
    ) -> Rc<Table> {
        let windows = |times: &[Timestamp]| bounds_of(times, self.steps.times().map(|time| self.reach(time)));
        match shared {
            Some(shared) if !times.is_empty() => scratch.bounds.get(shared, windows),
            _ => Rc::new(Table::new(windows(times))),
        }
    }

    /// How the samples lie in each window.
    fn shapes(&self, times: &[Timestamp], windows: &[(u32, u32)]) -> Box<[Shape]> {
        let shape = |(step_time, &(first, past)): (Timestamp, &(u32, u32))| {
            let end = self.range.reference(step_time);
            Shape::of(&times[first as usize..past as usize], end.saturating_sub(self.range.length), end)
        };
        self.steps.times().zip(windows).map(shape).collect()
    }

    /// What samples a step sees: its range, and beyond it where the ends get values.
    fn reach(&self, time: Timestamp) -> (Timestamp, Timestamp) {
        let end = self.range.reference(time);
        let start = end.saturating_sub(self.range.length);
        let lookback = self.settings.lookback;
        match self.range.kind {
            RangeKind::Plain => (start, end),
            RangeKind::Anchored => (start.saturating_sub(lookback), end),
            RangeKind::Smoothed => (start.saturating_sub(lookback), end.saturating_add(lookback)),
        }
    }

    /// Says so where a rate was taken of what does not look like a counter.
    fn note_non_counter(&self, labels: &Labels, metric: &str, points: &Points, scratch: &mut Scratch<'_>) {
        if !self.function.counters_only || metric.is_empty() {
            return;
        }
        let looks_like_counter = if self.settings.type_labels {
            matches!(labels.value(TYPE_LABEL), "counter" | "histogram")
        } else {
            ["_total", "_sum", "_count", "_bucket"].iter().any(|suffix| metric.ends_with(suffix))
        };
        let has_floats = || (0..points.len()).any(|step| points.float(step).is_some());
        if looks_like_counter || !has_floats() {
            return;
        }
        let note = match self.settings.type_labels {
            true => Note::PossibleNonCounterLabel { metric, kind: labels.value(TYPE_LABEL) },
            false => Note::PossibleNonCounter { metric },
        };
        scratch.notes.add(note, self.span);
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn ranges_exclude_their_start_and_include_their_end() {
        passes(
            r#"
load 1m
  x 1 2 3 4 5

eval instant at 4m count_over_time(x[2m])
  {} 2

eval instant at 4m count_over_time(x[2m1ms])
  {} 3

eval instant at 4m sum_over_time(x[2m] offset 2m)
  {} 5

eval instant at 0m sum_over_time(x[2m] @ 240)
  {} 9

eval range from 0m to 4m step 2m sum_over_time(x[2m])
  {} 1 5 9

eval instant at 4m sum_over_time(x[2m:1m])
  {} 9

eval instant at 4m sum_over_time((x * 2)[4m:2m])
  {} 16

eval instant at 4m sum_over_time(x[2m:1m] offset 1m)
  {} 7

eval range from 0m to 4m step 2m max_over_time(x[1m:1m] @ 180)
  {} 4 4 4

eval instant at 4m quantile_over_time(scalar(x) / 10, x[10m])
  {} 3
"#,
        );
    }
}
