//! The messages of Prometheus's protobuf format, `io.prometheus.client`, from plain values. Written by hand: the schema is
//! small, and a code generator would be the crate's largest dependency.

use std::collections::BTreeMap;

use crate::protobuf::Message;

/// Field numbers of the schema, by message.
mod field {
    pub(super) mod family {
        pub(in super::super) const NAME: u32 = 1;
        pub(in super::super) const HELP: u32 = 2;
        pub(in super::super) const TYPE: u32 = 3;
        pub(in super::super) const METRIC: u32 = 4;
        pub(in super::super) const UNIT: u32 = 5;
    }
    pub(super) mod metric {
        pub(in super::super) const LABEL: u32 = 1;
        pub(in super::super) const GAUGE: u32 = 2;
        pub(in super::super) const COUNTER: u32 = 3;
        pub(in super::super) const SUMMARY: u32 = 4;
        pub(in super::super) const UNTYPED: u32 = 5;
        pub(in super::super) const TIMESTAMP_MS: u32 = 6;
        pub(in super::super) const HISTOGRAM: u32 = 7;
    }
    pub(super) mod histogram {
        pub(in super::super) const SAMPLE_COUNT: u32 = 1;
        pub(in super::super) const SAMPLE_SUM: u32 = 2;
        pub(in super::super) const BUCKET: u32 = 3;
        pub(in super::super) const SCHEMA: u32 = 5;
        pub(in super::super) const ZERO_THRESHOLD: u32 = 6;
        pub(in super::super) const ZERO_COUNT: u32 = 7;
        pub(in super::super) const NEGATIVE_SPAN: u32 = 9;
        pub(in super::super) const NEGATIVE_DELTA: u32 = 10;
        pub(in super::super) const POSITIVE_SPAN: u32 = 12;
        pub(in super::super) const POSITIVE_DELTA: u32 = 13;
        pub(in super::super) const CREATED: u32 = 15;
        pub(in super::super) const EXEMPLARS: u32 = 16;
    }
}

/// What the metrics of a family are, by the schema's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Only grows.
    Counter = 0,
    /// Goes up and down; also what describes, and states.
    Gauge = 1,
    /// Sum, count, quantiles.
    Summary = 2,
    /// Whatever.
    Untyped = 3,
    /// Sum, count, buckets.
    Histogram = 4,
    /// A histogram of what is there now.
    GaugeHistogram = 5,
}

/// A time in microseconds since 1970; 0 where there is none.
pub type Micros = u64;

/// An observation and what it belongs to.
pub struct Example<'a> {
    /// Its labels, in the order in which they are written.
    pub labels: &'a [(String, String)],
    /// What was observed.
    pub value: f64,
    /// When.
    pub time: Micros,
}

/// A bucket of a histogram.
pub struct Bucket<'a> {
    /// How many observations are in it and all below.
    pub count: u64,
    /// Its upper bound.
    pub bound: f64,
    /// One of its observations.
    pub example: Option<Example<'a>>,
}

/// Runs of exponential buckets of one sign.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    /// How far each run begins after the end of the last, and how long it is.
    pub spans: Vec<(i64, u64)>,
    /// The counts, each as its difference to the one before.
    pub deltas: Vec<i64>,
}

impl Runs {
    /// Of counts by index.
    pub fn of(buckets: &BTreeMap<i32, u64>) -> Runs {
        let (mut runs, mut next, mut last) = (Runs::default(), 0, 0);
        for (index, count) in buckets {
            let (index, count) = (i64::from(*index), *count as i64);
            match runs.spans.last_mut() {
                Some((_, length)) if index == next => *length += 1,
                _ => runs.spans.push((index - next, 1)),
            }
            runs.deltas.push(count - last);
            (next, last) = (index + 1, count);
        }
        runs
    }
}

/// Exponential buckets of a histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeBuckets {
    /// 2^schema buckets lie between a number and its double.
    pub schema: i64,
    /// What is at most this far from zero is zero.
    pub zero_threshold: f64,
    /// How many observations are.
    pub zeros: u64,
    /// Those above.
    pub positive: Runs,
    /// Those below, by their amount.
    pub negative: Runs,
}

/// Begins a family.
pub fn family(message: &mut Message, name: &str, help: &str, kind: Type, unit: &str) {
    message.bytes(field::family::NAME, name.as_bytes());
    message.bytes(field::family::HELP, help.as_bytes());
    message.number(field::family::TYPE, kind as u64);
    if !unit.is_empty() {
        message.bytes(field::family::UNIT, unit.as_bytes());
    }
}

/// Adds a series to a family. `write` writes its labels and its value.
pub fn metric(family: &mut Message, write: impl FnOnce(&mut Message)) {
    family.message(field::family::METRIC, write);
}

/// A label of a series. They are written in the order of their names.
pub fn label(metric: &mut Message, name: &str, value: &[u8]) {
    pair(metric, field::metric::LABEL, name, value);
}

/// When the value was so, where that is not now.
pub fn timestamp(metric: &mut Message, ms: i64) {
    metric.number(field::metric::TIMESTAMP_MS, ms as u64);
}

/// The value of a counter.
pub fn counter(metric: &mut Message, value: f64, example: Option<&Example<'_>>, created: Micros) {
    metric.message(field::metric::COUNTER, |counter| {
        counter.double(1, value);
        if let Some(example) = example {
            write_example(counter, 2, example);
        }
        write_time(counter, 3, created);
    });
}

/// The value of a gauge.
pub fn gauge(metric: &mut Message, value: f64) {
    metric.message(field::metric::GAUGE, |gauge| gauge.double(1, value));
}

/// The value of something of which nobody said what it is.
pub fn untyped(metric: &mut Message, value: f64) {
    metric.message(field::metric::UNTYPED, |untyped| untyped.double(1, value));
}

/// The values of a summary.
pub fn summary(
    metric: &mut Message,
    count: u64,
    sum: f64,
    quantiles: impl IntoIterator<Item = (f64, f64)>,
    created: Micros,
) {
    metric.message(field::metric::SUMMARY, |summary| {
        summary.number(1, count);
        summary.double(2, sum);
        for (quantile, value) in quantiles {
            summary.message(3, |pair| {
                pair.double(1, quantile);
                pair.double(2, value);
            });
        }
        write_time(summary, 4, created);
    });
}

/// The values of a histogram. Native ones have the `examples` of all their buckets in one list.
pub fn histogram<'a>(
    metric: &mut Message,
    count: u64,
    sum: f64,
    buckets: impl IntoIterator<Item = Bucket<'a>>,
    native: Option<(&NativeBuckets, &[Example<'_>])>,
    created: Micros,
) {
    metric.message(field::metric::HISTOGRAM, |histogram| {
        histogram.number(field::histogram::SAMPLE_COUNT, count);
        histogram.double(field::histogram::SAMPLE_SUM, sum);
        for bucket in buckets {
            histogram.message(field::histogram::BUCKET, |message| {
                message.number(1, bucket.count);
                message.double(2, bucket.bound);
                if let Some(example) = &bucket.example {
                    write_example(message, 3, example);
                }
            });
        }
        if let Some((native, examples)) = native {
            write_native(histogram, native);
            for example in examples {
                write_example(histogram, field::histogram::EXEMPLARS, example);
            }
        }
        write_time(histogram, field::histogram::CREATED, created);
    });
}

fn write_native(message: &mut Message, native: &NativeBuckets) {
    message.signed(field::histogram::SCHEMA, native.schema);
    message.double(field::histogram::ZERO_THRESHOLD, native.zero_threshold);
    message.number(field::histogram::ZERO_COUNT, native.zeros);
    let mut side = |runs: &Runs, span: u32, delta: u32| {
        runs.spans.iter().for_each(|(offset, length)| write_span(message, span, *offset, *length));
        runs.deltas.iter().for_each(|count| message.signed(delta, *count));
    };
    side(&native.negative, field::histogram::NEGATIVE_SPAN, field::histogram::NEGATIVE_DELTA);
    side(&native.positive, field::histogram::POSITIVE_SPAN, field::histogram::POSITIVE_DELTA);
    if native.positive.spans.is_empty() && native.negative.spans.is_empty() {
        // Without any span a reader takes it for a classic histogram.
        write_span(message, field::histogram::POSITIVE_SPAN, 0, 0);
    }
}

fn write_span(message: &mut Message, field: u32, offset: i64, length: u64) {
    message.message(field, |message| {
        message.signed(1, offset);
        message.number(2, length);
    });
}

fn pair(message: &mut Message, field: u32, name: &str, value: &[u8]) {
    message.message(field, |pair| {
        pair.bytes(1, name.as_bytes());
        pair.bytes(2, value);
    });
}

fn write_example(message: &mut Message, field: u32, example: &Example<'_>) {
    message.message(field, |message| {
        example.labels.iter().for_each(|(name, value)| pair(message, 1, name, value.as_bytes()));
        message.double(2, example.value);
        write_time(message, 3, example.time);
    });
}

/// A `google.protobuf.Timestamp`, when there is one.
fn write_time(message: &mut Message, field: u32, micros: Micros) {
    if micros > 0 {
        message.message(field, |time| {
            time.number(1, micros / 1_000_000);
            time.number(2, micros % 1_000_000 * 1_000);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_tell_gaps() {
        let runs = Runs::of(&BTreeMap::from([(-2, 1), (-1, 3), (4, 2)]));
        assert_eq!(runs, Runs { spans: vec![(-2, 2), (4, 1)], deltas: vec![1, 2, -1] });
    }
}
