//! Prometheus's protobuf format, the one that carries native histograms to every Prometheus: which of our numbers go where in
//! the messages of the Rust library (`flightdeck::binding::parts`).

use flightdeck::binding::Message;
use flightdeck::binding::parts::{self, Bucket, Example, Micros, NativeBuckets, Runs, Type};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::exposition::{ExemplarText, Family, Point, Snapshot};

/// A family as one message behind its length.
pub(crate) fn write(family: &Family<'_>, snapshot: &Snapshot<'_>) -> Vec<u8> {
    let mut message = Message::default();
    let suffix = if family.kind == "counter" { "_total" } else { "" };
    let name = format!("{}{suffix}", family.name);
    parts::family(&mut message, &name, family.help, type_of(family.kind), family.unit);
    let mut order: Vec<usize> = (0..family.label_names.len()).collect();
    order.sort_by(|left, right| family.label_names[*left].cmp(&family.label_names[*right]));
    for (at, series) in snapshot.each() {
        parts::metric(&mut message, |metric| {
            for label in &order {
                parts::label(metric, &family.label_names[*label], series.values[*label].as_bytes());
            }
            let (numbers, created) = (series.numbers, if family.with_created { series.created } else { 0.0 });
            match family.kind {
                "counter" => {
                    let example = snapshot.exemplars.get(&(at, 0)).map(example_of);
                    parts::counter(metric, numbers[0], example.as_ref(), micros(created));
                }
                "summary" => {
                    let quantiles =
                        snapshot.shape.quantiles.iter().copied().zip(numbers[2..].iter().copied());
                    parts::summary(metric, numbers[1] as u64, numbers[0], quantiles, micros(created));
                }
                "histogram" => write_histogram(metric, snapshot, at, &series, created),
                "unknown" => parts::untyped(metric, numbers[0]),
                _ => parts::gauge(metric, numbers[0]),
            }
        });
    }
    delimited(&message)
}

/// An exemplar as Python tells it.
type ToldExemplar = (Vec<(String, String)>, f64, Option<String>);
/// Spans and deltas of one sign.
type ToldRuns = (Vec<(i64, u64)>, Vec<i64>);
/// Schema, zero threshold, zeros, and positive and negative numbers.
type ToldNative = (i64, f64, f64, ToldRuns, ToldRuns);
/// Labels, value or sum, count, buckets or quantiles, when it was created, exemplar, native buckets, time in milliseconds.
type ToldSeries = (
    Vec<(String, String)>,
    f64,
    f64,
    Vec<(f64, f64, Option<ToldExemplar>)>,
    f64,
    Option<ToldExemplar>,
    Option<ToldNative>,
    i64,
);

/// A family that a collector of Python's returned.
#[pyfunction]
pub(crate) fn encode_family<'py>(
    py: Python<'py>,
    kind: &str,
    name: &str,
    help: &str,
    unit: &str,
    series: Vec<ToldSeries>,
) -> Bound<'py, PyBytes> {
    let mut message = Message::default();
    parts::family(&mut message, name, help, type_of(kind), unit);
    for (labels, value, count, values, created, exemplar, native, time_ms) in series {
        let (exemplar, created) = (exemplar.map(ExemplarText::from), micros(created));
        let example = exemplar.as_ref().map(example_of);
        parts::metric(&mut message, |metric| {
            labels.iter().for_each(|(name, value)| parts::label(metric, name, value.as_bytes()));
            match kind {
                "counter" => parts::counter(metric, value, example.as_ref(), created),
                "summary" => {
                    let quantiles = values.iter().map(|(quantile, value, _)| (*quantile, *value));
                    parts::summary(metric, count as u64, value, quantiles, created);
                }
                "histogram" | "gaugehistogram" => {
                    let values: Vec<_> = values
                        .into_iter()
                        .map(|(bound, count, exemplar)| (bound, count, exemplar.map(ExemplarText::from)))
                        .collect();
                    let buckets = values.iter().map(|(bound, count, exemplar)| Bucket {
                        count: *count as u64,
                        bound: *bound,
                        example: exemplar.as_ref().map(example_of),
                    });
                    let native = native.map(native_of);
                    let native = native.as_ref().map(|native| (native, example.as_slice()));
                    parts::histogram(metric, count as u64, value, buckets, native, created);
                }
                "unknown" => parts::untyped(metric, value),
                _ => parts::gauge(metric, value),
            }
            if time_ms != 0 {
                parts::timestamp(metric, time_ms);
            }
        });
    }
    PyBytes::new(py, &delimited(&message))
}

impl From<ToldExemplar> for ExemplarText {
    fn from((labels, value, time): ToldExemplar) -> ExemplarText {
        ExemplarText { labels, value, time }
    }
}

fn write_histogram(
    metric: &mut Message,
    snapshot: &Snapshot<'_>,
    at: usize,
    series: &Point<'_>,
    created: f64,
) {
    let bounds = &snapshot.shape.bounds;
    let observations = &series.numbers[1..][..bounds.len()];
    let native = snapshot.shape.native(series.numbers);
    let example = |bucket: usize| snapshot.exemplars.get(&(at, 1 + bucket)).map(example_of);
    let count = observations.iter().sum::<f64>() as u64;
    // One bucket up to infinity says nothing that the count does not.
    let classic = if native.is_none() || bounds.len() > 1 { bounds.len() } else { 0 };
    let mut below = 0.0;
    let buckets = (0..classic).map(|bucket| {
        below += observations[bucket];
        Bucket { count: below as u64, bound: bounds[bucket], example: example(bucket) }
    });
    let examples: Vec<Example<'_>> = (0..bounds.len()).filter_map(example).collect();
    let native = native.as_ref().map(|native| (native, &examples[..]));
    parts::histogram(metric, count, series.numbers[0], buckets, native, micros(created));
}

fn native_of((schema, zero_threshold, zeros, positive, negative): ToldNative) -> NativeBuckets {
    let runs = |(spans, deltas): ToldRuns| Runs { spans, deltas };
    let (positive, negative) = (runs(positive), runs(negative));
    NativeBuckets { schema, zero_threshold, zeros: zeros as u64, positive, negative }
}

fn example_of(exemplar: &ExemplarText) -> Example<'_> {
    let time = exemplar.time.as_deref().and_then(|time| time.parse().ok());
    Example { labels: &exemplar.labels, value: exemplar.value, time: micros(time.unwrap_or(0.0)) }
}

fn type_of(kind: &str) -> Type {
    match kind {
        "counter" => Type::Counter,
        "summary" => Type::Summary,
        "unknown" => Type::Untyped,
        "histogram" => Type::Histogram,
        "gaugehistogram" => Type::GaugeHistogram,
        _ => Type::Gauge,
    }
}

/// Seconds since 1970, where they make sense.
fn micros(seconds: f64) -> Micros {
    if seconds > 0.0 && seconds < 1e11 { (seconds * 1e6) as Micros } else { 0 }
}

/// A message behind its length.
fn delimited(message: &Message) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.bytes.len() + 5);
    message.delimited(&mut out);
    out
}
