//! Range functions: for each series and each step, a function of the samples in the window that ends there.

use std::rc::Rc;
use std::sync::Arc;

use model::{Labels, METRIC_NAME, Timestamp};
use tsdb::Selection;

use crate::annotation::Note;
use crate::error::QueryError;
use crate::eval::Scratch;
use crate::eval::bounds::{Table, bounds_of};
use crate::eval::hints::infer_hints;
use crate::eval::points::Points;
use crate::eval::row::TYPE_LABEL;
use crate::eval::steps::Steps;
use crate::eval::stream::Stream;
use crate::eval::track::Track;
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
    Subquery { stream: Box<Stream<'p>>, steps: Steps },
}

/// What the engine's settings mean to range functions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RangeSettings {
    pub(crate) lookback: i64,
    pub(crate) start_timestamps: bool,
    pub(crate) type_labels: bool,
}

/// How many samples are seen between two looks at whether to stop.
const CHECK_SAMPLES: usize = 1 << 22;

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
                infer_hints(&mut samples.histograms, self.range.counts_only);
                self.apply(index, &Track::of(&samples), scratch)
            }
            RangeInput::Subquery { stream, steps } => {
                // The windows of the inner ranges are others than those of this one.
                let mut inner = scratch.inner();
                let points = stream.points(index, &mut inner)?;
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
            let shapes =
                || &**float_table.shapes.get_or_init(|| self.shapes(&track.times, &float_table.windows));
            let seconds = self.range.length as f64 / 1000.0;
            let (floats, windows) = (&*track.floats, &*float_table.windows);
            column(&Column { floats, windows, shapes: &shapes, seconds }, &mut points.floats);
            self.note_non_counter(&labels, metric, &points, scratch);
            return Ok(points);
        }
        let histogram_table = self.table(&track.histogram_times, track.shared_histogram_times, scratch);
        let mut params = vec![0.0; self.params.len()];
        let mut seen = 0;
        for (step, step_time) in self.steps.times().enumerate() {
            let within = |(first, past): (u32, u32)| first as usize..past as usize;
            let floats = within(float_table.windows[step]);
            let histograms = within(histogram_table.windows[step]);
            if floats.is_empty() && histograms.is_empty() {
                continue;
            }
            seen += floats.len() + histograms.len();
            if seen > CHECK_SAMPLES {
                scratch.meter.check()?;
                seen = 0;
            }
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

    fn table(
        &self,
        times: &[Timestamp],
        shared: Option<&Arc<[Timestamp]>>,
        scratch: &mut Scratch<'_>,
    ) -> Rc<Table> {
        let windows = |times: &[Timestamp]| bounds_of(times, self.steps.times().map(|time| self.reach(time)));
        match shared {
            Some(shared) if !times.is_empty() => scratch.bounds.get(shared, windows),
            _ => Rc::new(Table { windows: windows(times), ..Table::default() }),
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
