//! The `_over_time` family that adds up: sum, average, variance and deviation, with compensated sums.

use model::histogram::CompensatedHistogram;
use model::{CounterReset, FloatHistogram};

use crate::annotation::{Annotations, HistogramOperation, Note};
use crate::error::QueryError;
use crate::eval::points::Point;
use crate::functions::window::Window;
use crate::kahan::{KahanMean, KahanSum};

type Outcome = Result<Option<Point>, QueryError>;

pub(super) fn sum(window: &Window<'_>, notes: &mut Annotations) -> Outcome {
    if window.is_mixed() {
        return Ok(window.note_mixed(notes));
    }
    if window.floats.is_empty() {
        return Ok(over_histograms(window, HistogramTotal::sum, notes).map(Point::from));
    }
    Ok(Some(Point::Float(float_sum(window.floats))))
}

pub(super) fn average(window: &Window<'_>, notes: &mut Annotations) -> Outcome {
    if window.is_mixed() {
        return Ok(window.note_mixed(notes));
    }
    if window.floats.is_empty() {
        return Ok(over_histograms(window, HistogramTotal::mean, notes).map(Point::from));
    }
    let mut mean = KahanMean::new(window.floats[0]);
    window.floats[1..].iter().for_each(|&value| mean.add(value));
    Ok(Some(Point::Float(mean.value())))
}

pub(super) fn variance(window: &Window<'_>, notes: &mut Annotations) -> Outcome {
    Ok(float_variance(window, notes).map(Point::Float))
}

pub(super) fn deviation(window: &Window<'_>, notes: &mut Annotations) -> Outcome {
    Ok(float_variance(window, notes).map(|variance| Point::Float(variance.sqrt())))
}

pub(super) fn float_sum(floats: &[f64]) -> f64 {
    let mut sum = KahanSum::default();
    floats.iter().for_each(|&value| sum.add(value));
    if sum.sum.is_infinite() { sum.sum } else { sum.value() }
}

fn float_variance(window: &Window<'_>, notes: &mut Annotations) -> Option<f64> {
    if window.floats.is_empty() {
        return None;
    }
    window.note_ignored_histograms(notes);
    let (mut mean, mut squares, mut count) = (KahanSum::default(), KahanSum::default(), 0.0);
    for &value in window.floats {
        count += 1.0;
        let delta = value - mean.value();
        mean.add(delta / count);
        squares.add(delta * (value - mean.value()));
    }
    Some(squares.value() / count)
}

fn over_histograms(
    window: &Window<'_>,
    result: fn(HistogramTotal) -> FloatHistogram,
    notes: &mut Annotations,
) -> Option<FloatHistogram> {
    let (first, rest) = window.histograms.split_first()?;
    let mut total = HistogramTotal::new(first);
    let is_mean = std::ptr::fn_addr_eq(result, HistogramTotal::mean as fn(HistogramTotal) -> FloatHistogram);
    for histogram in rest {
        if total.add(histogram, is_mean).is_err() {
            window.note_mixed_schemas(notes);
            return None;
        }
    }
    let aggregation = HistogramOperation::Aggregation;
    if total.has_conflict() {
        notes.add(Note::CounterResetCollision(aggregation), window.span);
    }
    if total.bounds_reconciled {
        notes.add(Note::MismatchedCustomBuckets(aggregation), window.span);
    }
    Some(result(total))
}

/// A sum or mean of histograms, with what has to be told about it.
#[derive(Clone, Debug)]
pub(crate) struct HistogramTotal {
    /// The sum, or once `incremental` the mean.
    total: CompensatedHistogram,
    /// How many histograms went in.
    pub(crate) count: f64,
    incremental: bool,
    reset_seen: bool,
    no_reset_seen: bool,
    /// Whether custom bounds differed.
    pub(crate) bounds_reconciled: bool,
}

/// Why a histogram could not be added: its bounds are of the other kind.
#[derive(Debug)]
pub(crate) struct Incompatible;

impl HistogramTotal {
    /// The total of one histogram.
    pub(crate) fn new(first: &FloatHistogram) -> HistogramTotal {
        let mut total = HistogramTotal {
            total: CompensatedHistogram::new(first.clone()),
            count: 1.0,
            incremental: false,
            reset_seen: false,
            no_reset_seen: false,
            bounds_reconciled: false,
        };
        total.see_hint(first);
        total
    }

    /// Adds a histogram; a mean is computed incrementally once the sum left the range of floats.
    pub(crate) fn add(&mut self, histogram: &FloatHistogram, mean: bool) -> Result<(), Incompatible> {
        self.see_hint(histogram);
        self.count += 1.0;
        if !mean {
            return self.add_to_total(histogram);
        }
        if !self.incremental {
            let before = self.total.clone();
            self.add_to_total(histogram)?;
            if !self.total.value().has_overflow() {
                return Ok(());
            }
            self.total = before;
            self.incremental = true;
            self.total.divide(self.count - 1.0);
        }
        self.total.divide(self.count / (self.count - 1.0));
        let mut share = histogram.clone();
        share.divide(self.count);
        self.add_to_total(&share)
    }

    /// Adds all histograms of another total.
    pub(crate) fn merge(&mut self, other: HistogramTotal, mean: bool) -> Result<(), Incompatible> {
        let count = self.count + other.count;
        self.reset_seen |= other.reset_seen;
        self.no_reset_seen |= other.no_reset_seen;
        self.bounds_reconciled |= other.bounds_reconciled;
        if mean && !self.incremental && !other.incremental {
            let before = self.total.clone();
            self.add_to_total(&other.clone().sum())?;
            if !self.total.value().has_overflow() {
                self.count = count;
                return Ok(());
            }
            self.total = before;
        }
        if mean {
            let (share, other_share) = (self.count / count, other.count / count);
            let (mut left, mut right) = (self.clone().mean(), other.mean());
            left.multiply(share);
            right.multiply(other_share);
            self.total = CompensatedHistogram::new(left);
            (self.count, self.incremental) = (count, true);
            return self.add_to_total(&right);
        }
        self.count = count;
        self.add_to_total(&other.sum())
    }

    /// Whether one histogram said there was a reset before it and another that there was none.
    pub(crate) fn has_conflict(&self) -> bool {
        self.reset_seen && self.no_reset_seen
    }

    /// The sum.
    pub(crate) fn sum(self) -> FloatHistogram {
        self.total.total()
    }

    /// The mean.
    pub(crate) fn mean(mut self) -> FloatHistogram {
        if !self.incremental {
            self.total.divide(self.count);
        }
        self.total.total()
    }

    fn see_hint(&mut self, histogram: &FloatHistogram) {
        self.reset_seen |= histogram.counter_reset == CounterReset::Yes;
        self.no_reset_seen |= histogram.counter_reset == CounterReset::No;
    }

    fn add_to_total(&mut self, histogram: &FloatHistogram) -> Result<(), Incompatible> {
        let reconciled = self.total.add(histogram).map_err(|_| Incompatible)?;
        self.bounds_reconciled |= reconciled.custom_bounds;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::passes;

    #[test]
    fn sums_averages_and_spreads() {
        passes(
            r#"
load 1m
  x 1 1e100 1 -1e100
  y 2 4 4 4 5 5 7 9
  big 1.7e308 1.7e308
  h {{schema:0 sum:1 count:1 buckets:[1]}} {{schema:0 sum:5 count:3 buckets:[1 2]}}
  bounds {{schema:-53 sum:1 count:1 custom_values:[1 2] buckets:[1]}} {{schema:-53 sum:1 count:1 custom_values:[2 3] buckets:[1]}}

eval instant at 3m sum_over_time(x[10m])
  {} 2

eval instant at 3m avg_over_time(x[10m])
  {} 0.5

eval instant at 7m stdvar_over_time(y[10m])
  {} 4

eval instant at 7m stddev_over_time(y[10m])
  {} 2

eval instant at 1m avg_over_time(big[10m])
  {} 1.7e308

eval instant at 1m sum_over_time(h[10m])
  {} {{schema:0 sum:6 count:4 buckets:[2 2]}}

eval instant at 1m avg_over_time(h[10m])
  {} {{schema:0 sum:3 count:2 buckets:[1 1]}}

eval instant at 1m histogram_quantile(1, sum_over_time(bounds[10m]))
  expect info msg: PromQL info: mismatched custom buckets were reconciled during aggregation (1:37)
  {} 2

# Without their buckets they do not differ.
eval instant at 1m histogram_count(sum_over_time(bounds[10m]))
  {} 2
"#,
        );
    }
}
