//! Functions of whole histograms: `histogram_quantile`, `histogram_quantiles`, `histogram_fraction`.
//!
//! A histogram is either native, one sample, or classic: series that differ in their label `le` alone. Where both
//! are there under the same labels at the same step, neither counts.

use model::histogram::NanEffect;
use model::histogram::classic::{ClassicBucket, classic_fraction, classic_quantile, parse_le};
use model::{FloatHistogram, Labels, METRIC_NAME, Timestamp};

use crate::annotation::{Annotations, Monotonicity, Note};
use crate::error::QueryError;
use crate::eval::label_index::LabelIndex;
use crate::eval::parallel::in_parts;
use crate::eval::points::{Points, is_absent};
use crate::eval::row::{Row, without_metadata};
use crate::eval::stream::Stream;
use crate::eval::{Context, Evaluator, Steps};
use crate::functions::quantile::is_quantile;
use crate::number::open_metrics;
use crate::plan::Node;
use crate::syntax::Span;

/// What is asked of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HistogramFunction {
    /// One quantile.
    Quantile,
    /// Several quantiles, each a series with the quantile in a label.
    Quantiles,
    /// The share of observations between two values.
    Fraction,
}

/// The label of a classic bucket that says its upper bound.
const BUCKET_LABEL: &str = "le";

/// The series that make one histogram.
struct Family {
    labels: Labels,
    /// The upper bounds and numbers of the series that are buckets.
    buckets: Vec<(f64, usize)>,
    /// The number of the series that holds native histograms.
    native: Option<usize>,
}

/// One question about a histogram.
enum Question<'q> {
    Quantile(&'q [f64]),
    Fraction(&'q [f64], &'q [f64]),
}

impl<'a> Evaluator<'a> {
    pub(crate) fn histograms(
        &self,
        node: &'a Node,
        function: HistogramFunction,
        input: &'a Node,
        params: &'a [Node],
        label: Option<&str>,
        context: Context<'_>,
    ) -> Result<Stream<'a>, QueryError> {
        // Arguments are evaluated in the order they stand in.
        let vector_first = function == HistogramFunction::Quantiles;
        let (rows, values) = if vector_first {
            let rows = self.rows(input, context)?;
            (rows, self.scalars(params, context)?)
        } else {
            let values = self.scalars(params, context)?;
            (self.rows(input, context)?, values)
        };
        let rows = &rows.rows;
        let mut notes = Annotations::default();
        if function != HistogramFunction::Fraction {
            for (param, values) in params.iter().zip(&values) {
                for &value in values.iter().filter(|value| !is_quantile(**value)) {
                    notes.add(Note::InvalidQuantile(value), param.span);
                }
            }
        }
        let families = self.families(rows, input.span, &mut notes)?;
        let asker = Asker { rows, span: input.span, steps: context.steps, delayed: self.delayed() };
        let samples = rows.len() / families.len().max(1) * context.steps.count;
        let parts = in_parts(families.len(), samples, |range| {
            let (mut result, mut notes) = (Vec::with_capacity(range.len()), Annotations::default());
            for family in &families[range] {
                self.meter.check()?;
                asker.ask_all(family, function, &values, label.unwrap_or(""), &mut result, &mut notes);
            }
            Ok((result, notes))
        })?;
        let mut result = Vec::with_capacity(families.len());
        for (rows, found) in parts {
            result.extend(rows);
            notes.merge(found, 0);
        }
        context.notes.lock().merge(notes, 0);
        self.merged(node, result, self.meter.nothing())
    }

    /// Which series belong to the same histogram.
    fn families(&self, rows: &[Row], span: Span, notes: &mut Annotations) -> Result<Vec<Family>, QueryError> {
        let mut index = LabelIndex::default();
        // Most rows are buckets; what a row is a bucket of is found for all of them at once.
        let of_buckets = index.numbers_of(
            rows.len(),
            |row| &rows[row].labels,
            |name| name != BUCKET_LABEL,
            &self.meter,
        )?;
        let (mut buckets, mut natives) = (Vec::new(), Vec::new());
        for (number, (row, &of_bucket)) in rows.iter().zip(&of_buckets).enumerate() {
            self.meter.check_at(number)?;
            if row.points.has_histograms() {
                natives.push((index.number_of(&row.labels, |_| true), number));
            }
            if !row.points.floats.iter().any(|&value| !is_absent(value)) {
                continue;
            }
            let bound = row.labels.value(BUCKET_LABEL);
            match parse_le(bound) {
                Some(upper) => buckets.push((of_bucket, upper, number)),
                None => {
                    let metric = if self.delayed() { row.labels.value(METRIC_NAME) } else { "" };
                    notes.add(Note::BadBucketLabel { metric, label: bound }, span);
                }
            }
        }
        let family = |labels| Family { labels, buckets: Vec::new(), native: None };
        let mut families: Vec<Family> = index.sets.into_iter().map(family).collect();
        for (family, upper, number) in buckets {
            families[family as usize].buckets.push((upper, number));
        }
        for (family, number) in natives {
            families[family as usize].native = Some(number);
        }
        // In order, the buckets of a step need no sorting.
        let in_order = |left: &(f64, usize), right: &(f64, usize)| left.0.total_cmp(&right.0);
        families.iter_mut().for_each(|family| family.buckets.sort_by(in_order));
        families.retain(|family| !family.buckets.is_empty() || family.native.is_some());
        Ok(families)
    }
}

/// What is needed to ask histograms something.
struct Asker<'q> {
    rows: &'q [Row],
    span: Span,
    steps: Steps,
    delayed: bool,
}

impl Asker<'_> {
    /// Everything that a function asks of one histogram.
    fn ask_all(
        &self,
        family: &Family,
        function: HistogramFunction,
        values: &[Vec<f64>],
        label: &str,
        result: &mut Vec<Row>,
        notes: &mut Annotations,
    ) {
        match function {
            HistogramFunction::Quantile => {
                result.extend(self.ask(family, &Question::Quantile(&values[0]), notes));
            }
            HistogramFunction::Fraction => {
                result.extend(self.ask(family, &Question::Fraction(&values[0], &values[1]), notes));
            }
            HistogramFunction::Quantiles => {
                for values in values {
                    let row = self.ask(family, &Question::Quantile(values), notes);
                    result.extend(row.into_iter().flat_map(|row| with_quantile(row, label, values)));
                }
            }
        }
    }

    /// The answer of one histogram at every step.
    fn ask(&self, family: &Family, question: &Question<'_>, notes: &mut Annotations) -> Option<Row> {
        let steps = self.steps;
        let mut points = Points::absent(steps.count);
        let mut buckets = Vec::with_capacity(family.buckets.len());
        let name = family.labels.value(METRIC_NAME);
        for step in 0..steps.count {
            buckets.clear();
            for &(upper_bound, number) in &family.buckets {
                if let Some(count) = self.rows[number].points.float(step) {
                    buckets.push(ClassicBucket { upper_bound, count });
                }
            }
            let native = family.native.and_then(|number| self.rows[number].points.histogram(step));
            let value = match native {
                Some(_) if !buckets.is_empty() => {
                    let metric = if self.delayed { name } else { "" };
                    notes.add(Note::MixedClassicNative { metric }, self.span);
                    continue;
                }
                Some(native) => {
                    let metric = if self.delayed { name } else { "" };
                    question.native(step, native, metric, self.span, notes)
                }
                None if buckets.is_empty() => continue,
                None => {
                    let metric = if self.delayed { name } else { "" };
                    question.classic(step, &mut buckets, metric, steps.time(step), self.span, notes)
                }
            };
            points.floats[step] = value;
        }
        if points.is_empty() {
            return None;
        }
        let labels = if self.delayed { family.labels.clone() } else { without_metadata(&family.labels) };
        Some(Row { labels, drop_name: true, points })
    }
}

impl Question<'_> {
    fn native(
        &self,
        step: usize,
        histogram: &FloatHistogram,
        metric: &str,
        span: Span,
        notes: &mut Annotations,
    ) -> f64 {
        match self {
            Question::Quantile(quantiles) => {
                let quantile = histogram.quantile(quantiles[step]);
                match quantile.nan {
                    NanEffect::None => {}
                    NanEffect::Skewed => notes.add(Note::QuantileIsSkewed { metric }, span),
                    NanEffect::Result => notes.add(Note::QuantileIsNan { metric }, span),
                }
                quantile.value
            }
            Question::Fraction(lower, upper) => {
                let fraction = histogram.fraction(lower[step], upper[step]);
                if fraction.nan_excluded {
                    notes.add(Note::FractionExcludesNan { metric }, span);
                }
                fraction.value
            }
        }
    }

    fn classic(
        &self,
        step: usize,
        buckets: &mut Vec<ClassicBucket>,
        metric: &str,
        time: Timestamp,
        span: Span,
        notes: &mut Annotations,
    ) -> f64 {
        match self {
            Question::Quantile(quantiles) => {
                let quantile = classic_quantile(quantiles[step], buckets);
                if let Some(forced) = quantile.forced_monotonic {
                    let fix = Monotonicity {
                        time_min: time,
                        time_max: time,
                        bucket_min: forced.lowest,
                        bucket_max: forced.highest,
                        difference_max: forced.difference_max,
                        samples: 1,
                    };
                    notes.add(Note::ForcedMonotonicity { metric, fix }, span);
                }
                quantile.value
            }
            Question::Fraction(lower, upper) => classic_fraction(lower[step], upper[step], buckets),
        }
    }
}

/// The row once for each quantile it was asked for, with the quantile in a label.
fn with_quantile(row: Row, label: &str, quantiles: &[f64]) -> Vec<Row> {
    let mut rows: Vec<(u64, Row)> = Vec::new();
    for (step, &quantile) in quantiles.iter().enumerate() {
        let Some(value) = row.points.float(step) else { continue };
        let bits = quantile.to_bits();
        let slot = rows.iter().position(|(known, _)| *known == bits).unwrap_or_else(|| {
            let mut builder = row.labels.to_builder();
            builder.set(label, &open_metrics(quantile));
            let points = Points::absent(quantiles.len());
            rows.push((bits, Row { labels: builder.build(), drop_name: row.drop_name, points }));
            rows.len() - 1
        });
        rows[slot].1.points.floats[step] = value;
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn classic_histograms_are_series_that_differ_in_le() {
        passes(
            r#"
load 1m
  h_bucket{le="1", path="/"} 50
  h_bucket{le="2", path="/"} 75
  h_bucket{le="+Inf", path="/"} 100
  h_bucket{le="1", path="/x"} 10
  h_bucket{path="/y"} 10

eval instant at 0m histogram_quantile(0.5, h_bucket{path="/"})
  {path="/"} 1

eval instant at 0m histogram_quantile(0.25, h_bucket{path="/"})
  {path="/"} 0.5

eval instant at 0m histogram_quantile(0.9, h_bucket{path="/"})
  {path="/"} 2

# Without a bucket for everything there is no telling.
eval instant at 0m histogram_quantile(0.9, h_bucket{path="/x"})
  {path="/x"} NaN

eval instant at 0m histogram_quantile(0.9, h_bucket{path="/y"})
  expect warn msg: PromQL warning: bucket label "le" is missing or has a malformed value of "" for metric name "h_bucket" (1:25)

eval instant at 0m histogram_fraction(0, 1.5, h_bucket{path="/"})
  {path="/"} 0.625

eval instant at 0m histogram_quantiles(h_bucket{path="/"}, "q", 0.25, 0.5)
  {path="/", q="0.25"} 0.5
  {path="/", q="0.5"} 1

eval instant at 0m histogram_quantile(2, h_bucket{path="/"})
  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:20)
  {path="/"} Inf
"#,
        );
    }

    #[test]
    fn native_and_classic_do_not_mix() {
        passes(
            r#"
load 1m
  h{le="1"} 1
  h{le="+Inf"} 2
  h {{schema:0 sum:1 count:4 buckets:[4]}}
  n {{schema:0 sum:6 count:4 buckets:[2 2]}}

eval instant at 0m histogram_quantile(0.5, h)
  expect warn msg: PromQL warning: vector contains a mix of classic and native histograms for metric name "h" (1:25)

eval instant at 0m histogram_quantile(0.5, n)
  {} 1

eval instant at 0m histogram_fraction(-Inf, 1, n)
  {} 0.5

eval instant at 0m histogram_count(n)
  {} 4

eval instant at 0m histogram_sum(n)
  {} 6

eval instant at 0m histogram_avg(n)
  {} 1.5
"#,
        );
    }
}
