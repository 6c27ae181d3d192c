//! The whole query: from the root of the plan to the value of the answer.

use std::sync::Arc;

use model::{FloatHistogram, Timestamp};
use parking_lot::Mutex;

use crate::annotation::Annotations;
use crate::error::QueryError;
use crate::eval::bounds::bounds_of;
use crate::eval::hints::infer_hints;
use crate::eval::meter::Rows;
use crate::eval::points::{Point, Points};
use crate::eval::row::{Row, has_equal_labels, merge_equal, without_metadata};
use crate::eval::select::subquery_steps;
use crate::eval::steps::Steps;
use crate::eval::tally::{Tally, Touched, histogram_samples};
use crate::eval::track::Track;
use crate::eval::{Context, Evaluator};
use crate::functions::extended::{ends, float_ends, inner};
use crate::plan::{Kind, Node, Range, RangeSource};
use crate::syntax::{RangeKind, ValueType};
use crate::value::{Floats, MatrixSeries, SampleValue, Value, VectorSample};

impl<'a> Evaluator<'a> {
    /// Evaluates the plan.
    pub(crate) fn run(
        &self,
        steps: Steps,
        instant: bool,
        by_step: bool,
    ) -> Result<(Value, Annotations, Tally), QueryError> {
        let (notes, tally) = (Mutex::default(), Mutex::new(Tally::new(steps, by_step)));
        let context = Context { steps, notes: &notes, tally: &tally };
        let root = &self.plan.root;
        let time = steps.start;
        let value = match (&root.kind, self.plan.value_type) {
            (Kind::Text(text), _) => Value::String { time, value: text.clone() },
            (Kind::Matrix(range), _) => Value::Matrix(self.matrix(root, range, context)?),
            (_, ValueType::Scalar) => scalar_value(self.scalar(root, context)?, steps, instant),
            _ => {
                let mut rows = self.finish(self.own_rows(root, context)?, steps)?.rows;
                if instant {
                    vector_value(rows, time)
                } else {
                    self.meter.sort(&mut rows, |left, right| left.labels.cmp(&right.labels))?;
                    matrix_value(rows, steps)
                }
            }
        };
        Ok((value, notes.into_inner(), tally.into_inner()))
    }

    /// Takes off the names that were only marked to go.
    fn finish(&self, finished: Rows, steps: Steps) -> Result<Rows, QueryError> {
        let Rows { mut rows, hold, are_distinct } = finished;
        if self.delayed() {
            for row in rows.iter_mut().filter(|row| row.drop_name) {
                row.labels = without_metadata(&row.labels);
            }
            rows = merge_equal(rows, &self.meter)?;
        } else if steps.is_instant() && !are_distinct && has_equal_labels(rows.iter().map(|row| &row.labels))
        {
            return Err(QueryError::same_labels());
        }
        Ok(Rows { rows, hold, are_distinct: true })
    }

    /// A range by itself, at one time.
    fn matrix(
        &self,
        node: &Node,
        range: &'a Range,
        context: Context<'_>,
    ) -> Result<Vec<MatrixSeries>, QueryError> {
        let mut series = match &range.source {
            RangeSource::Select(matchers) => {
                let (first, last) = self.range_reach(range, context.steps);
                let selection = self.selection(node.id, matchers, first, last)?;
                let mut series = Vec::with_capacity(selection.len());
                let mut held = self.meter.nothing();
                for index in 0..selection.len() {
                    self.meter.check()?;
                    let mut samples = selection.read(index)?;
                    self.meter.read(node.id, samples.len());
                    self.meter.grow(&mut held, samples.len(), samples.len() * 16)?;
                    self.meter.tell(&mut held)?;
                    infer_hints(&mut samples.histograms, false);
                    let end = range.reference(context.steps.start);
                    let found = range_samples(&Track::of(&samples), range, end)?;
                    let histograms = found.histograms.iter().map(|(_, found)| histogram_samples(found));
                    let touched = found.floats.len() as u64 + histograms.sum::<u64>();
                    context.tally.lock().add(0, Touched::once(touched));
                    series.push(MatrixSeries { labels: selection.labels(index), ..found });
                }
                series
            }
            RangeSource::Subquery { input, interval } => {
                let steps = subquery_steps(range, *interval, context.steps);
                let tally = Mutex::default();
                let rows = self.own_rows(input, Context { steps, tally: &tally, ..context })?;
                context.tally.lock().add(0, tally.into_inner().total);
                let Value::Matrix(series) = matrix_value(self.finish(rows, steps)?.rows, steps) else {
                    unreachable!("a matrix was asked for")
                };
                series
            }
        };
        series.retain(|series| !series.floats.is_empty() || !series.histograms.is_empty());
        self.meter.sort(&mut series, |left, right| left.labels.cmp(&right.labels))?;
        Ok(series)
    }
}

/// What was computed as a matrix.
fn matrix_value(rows: Vec<Row>, steps: Steps) -> Value {
    let times: Arc<[Timestamp]> = steps.times().collect();
    let series = rows.into_iter().map(|Row { labels, points, .. }| {
        let histograms = histograms_of(&points, steps);
        MatrixSeries { labels, floats: Floats::of_column(&times, points.floats), histograms }
    });
    Value::Matrix(series.collect())
}

/// The samples of a series within a range, with values at its ends where those were asked for.
fn range_samples(track: &Track<'_>, range: &Range, end: Timestamp) -> Result<MatrixSeries, QueryError> {
    let start = end.saturating_sub(range.length);
    let modifier = match range.kind {
        RangeKind::Plain => {
            let within = |times: &[Timestamp]| {
                let (first, past) = bounds_of(times, std::iter::once((start, end)))[0];
                first as usize..past as usize
            };
            let (floats, histograms) = (within(&track.times), within(&track.histogram_times));
            let floats = floats.map(|index| (track.times[index], track.floats[index]));
            let histograms =
                histograms.map(|index| (track.histogram_times[index], track.histograms[index].clone()));
            return Ok(MatrixSeries {
                floats: floats.collect(),
                histograms: histograms.collect(),
                ..MatrixSeries::default()
            });
        }
        RangeKind::Anchored => "anchored",
        RangeKind::Smoothed => "smoothed",
    };
    if !track.histograms.is_empty() {
        return Err(QueryError::execution(format!("{modifier} modifier is not supported with histograms")));
    }
    let (times, floats) = (&*track.times, &*track.floats);
    let smoothed = range.kind == RangeKind::Smoothed;
    let Some(found) = ends(times, start, end, smoothed) else { return Ok(MatrixSeries::default()) };
    let (left, right) = float_ends(times, floats, found, (start, end), smoothed, false);
    let within = inner(times, found, start, end).map(|index| (times[index], floats[index]));
    let samples = std::iter::once((start, left)).chain(within).chain([(end, right)]);
    Ok(MatrixSeries { floats: samples.collect(), ..MatrixSeries::default() })
}

fn scalar_value(values: Vec<f64>, steps: Steps, instant: bool) -> Value {
    if instant {
        return Value::Scalar { time: steps.start, value: values.first().copied().unwrap_or(f64::NAN) };
    }
    let floats = steps.times().zip(values).collect();
    Value::Matrix(vec![MatrixSeries { floats, ..MatrixSeries::default() }])
}

fn vector_value(rows: Vec<Row>, time: Timestamp) -> Value {
    let sample = |row: Row| {
        let value = match row.points.get(0)? {
            Point::Float(value) => SampleValue::Float(value),
            Point::Histogram(histogram) => SampleValue::Histogram(histogram),
        };
        Some(VectorSample { labels: row.labels, time, value })
    };
    Value::Vector(rows.into_iter().filter_map(sample).collect())
}

fn histograms_of(points: &Points, steps: Steps) -> Vec<(Timestamp, Arc<FloatHistogram>)> {
    if points.histograms.is_none() {
        return Vec::new();
    }
    let present =
        steps.times().enumerate().filter_map(|(step, time)| Some((time, points.histogram(step)?.clone())));
    present.collect()
}
