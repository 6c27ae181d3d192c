//! Running totals of what is sent as differences. All state is here, and it is bounded.

use std::sync::Arc;

use hashbrown::HashMap;
use model::{Labels, Sample, Series, Timestamp, Value};

use crate::remote::Batch;

/// The totals of every series that sends differences.
#[derive(Debug)]
pub struct Accumulator {
    series_max: usize,
    totals: HashMap<Labels, Total, foldhash::fast::FixedState>,
}

#[derive(Debug)]
struct Total {
    value: Value,
    start: Timestamp,
    /// When the last difference ended.
    time: Timestamp,
}

impl Accumulator {
    /// An accumulator of at most `series_max` series.
    pub fn new(series_max: usize) -> Accumulator {
        Accumulator { series_max, totals: HashMap::default() }
    }

    /// How many series it keeps totals of.
    pub fn len(&self) -> usize {
        self.totals.len()
    }

    /// Whether it keeps none.
    pub fn is_empty(&self) -> bool {
        self.totals.is_empty()
    }

    /// Forgets the series that have sent nothing since `time`.
    pub fn forget_before(&mut self, time: Timestamp) {
        self.totals.retain(|_, total| total.time >= time);
    }

    /// Adds differences to their totals; the totals become series of `batch`. A difference that is older than what its
    /// total already holds is refused, and so is a new series when there are too many.
    pub fn add(&mut self, deltas: Vec<Series>, batch: &mut Batch) {
        for mut series in deltas {
            let mut samples = Vec::with_capacity(series.samples.len());
            for sample in series.samples.drain(..) {
                match self.add_sample(&series.labels, sample) {
                    Ok(total) => samples.push(total),
                    Err(reason) => batch.refuse(series.labels.to_string(), reason),
                }
            }
            if !samples.is_empty() {
                batch.series.push(Series { samples, ..series });
            }
        }
    }

    fn add_sample(&mut self, labels: &Labels, delta: Sample) -> Result<Sample, String> {
        if delta.value.is_stale() {
            // The series has ended; whatever comes next begins from zero.
            self.totals.remove(labels);
            return Ok(delta);
        }
        if let Some(total) = self.totals.get_mut(labels) {
            if delta.time <= total.time {
                return Err("a difference is older than the total it would add to".to_owned());
            }
            total.value = sum_of(&total.value, &delta.value)?;
            total.time = delta.time;
            return Ok(Sample { time: delta.time, start: Some(total.start), value: total.value.clone() });
        }
        if self.totals.len() >= self.series_max {
            return Err(format!("{} series send differences already, which is the limit", self.series_max));
        }
        let start = delta.start.unwrap_or(delta.time);
        let total = Total { value: delta.value.clone(), start, time: delta.time };
        self.totals.insert(labels.clone(), total);
        Ok(Sample { start: Some(start), ..delta })
    }
}

fn sum_of(total: &Value, delta: &Value) -> Result<Value, String> {
    let float = |value: &Value| match value {
        Value::Float(_) => None,
        Value::Histogram(histogram) => Some(histogram.to_float()),
        Value::FloatHistogram(histogram) => Some(histogram.as_ref().clone()),
    };
    match (total, delta) {
        (Value::Float(total), Value::Float(delta)) => Ok(Value::Float(total + delta)),
        _ => {
            let (Some(mut sum), Some(addend)) = (float(total), float(delta)) else {
                return Err("a series changed between numbers and histograms".to_owned());
            };
            sum.add(&addend).map_err(|error| error.to_string())?;
            Ok(match sum.to_integer() {
                Some(whole) => Value::Histogram(Arc::new(whole)),
                None => Value::FloatHistogram(Arc::new(sum)),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(time: Timestamp, value: f64) -> Vec<Series> {
        let sample = Sample { time, start: Some(time - 10), value: Value::Float(value) };
        vec![Series {
            labels: Labels::from_pairs([("__name__", "a")]),
            samples: vec![sample],
            ..Series::default()
        }]
    }

    #[test]
    fn differences_add_up_and_old_ones_are_refused() {
        let mut accumulator = Accumulator::new(1);
        let mut batch = Batch::default();
        accumulator.add(delta(100, 5.0), &mut batch);
        accumulator.add(delta(110, 2.0), &mut batch);
        accumulator.add(delta(105, 9.0), &mut batch);
        let told: Vec<_> = batch.series.iter().flat_map(|series| &series.samples).collect();
        assert_eq!(told[1], &Sample { time: 110, start: Some(90), value: Value::Float(7.0) });
        assert_eq!((told.len(), batch.refused), (2, 1));
        let mut other = delta(100, 1.0);
        other[0].labels = Labels::from_pairs([("__name__", "b")]);
        accumulator.add(other, &mut batch);
        assert_eq!(batch.refusals[1].reason, "1 series send differences already, which is the limit");
        accumulator.forget_before(200);
        assert!(accumulator.is_empty());
    }

    #[test]
    fn differences_of_histograms_add_up() {
        let histogram = |count: u64| {
            let mut value = model::Histogram {
                schema: 0,
                counter_reset: model::CounterReset::Unknown,
                zero_threshold: 0.0,
                zero_count: 0,
                count,
                sum: 1.5,
                positive_spans: vec![model::Span { offset: 1, length: 1 }],
                negative_spans: vec![],
                positive: vec![count],
                negative: vec![],
                custom_values: Arc::from([]),
            };
            value.sum *= count as f64;
            Value::Histogram(Arc::new(value))
        };
        assert_eq!(sum_of(&histogram(2), &histogram(3)), Ok(histogram(5)));
        assert!(sum_of(&histogram(2), &Value::Float(1.0)).is_err());
    }
}
