//! Prometheus's protobuf format: length-delimited `io.prometheus.client.MetricFamily` messages, the one that carries native
//! histograms to every Prometheus.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::exposition::{ExemplarText, Family, Point, Snapshot};
use crate::message::{Message, push_varint};
use crate::shape::{Native, ZERO_THRESHOLD};

const FAMILY_METRIC: u32 = 4;

/// A family as one message behind its length.
pub(crate) fn write(family: &Family<'_>, snapshot: &Snapshot<'_>) -> Vec<u8> {
    let mut message = Message::default();
    let suffix = if family.kind == "counter" { "_total" } else { "" };
    header(&mut message, family.kind, &format!("{}{suffix}", family.name), family.help, family.unit);
    let mut order: Vec<usize> = (0..family.label_names.len()).collect();
    order.sort_by(|left, right| family.label_names[*left].cmp(&family.label_names[*right]));
    for (at, series) in snapshot.each() {
        message.message(FAMILY_METRIC, |metric| {
            for label in &order {
                write_pair(metric, 1, &family.label_names[*label], series.values[*label]);
            }
            let created = if family.with_created { series.created } else { 0.0 };
            match family.kind {
                "counter" => metric.message(3, |counter| {
                    counter.double(1, series.numbers[0]);
                    if let Some(exemplar) = snapshot.exemplars.get(&(at, 0)) {
                        counter.message(2, |message| write_exemplar(message, exemplar));
                    }
                    write_time(counter, 3, created);
                }),
                "summary" => metric.message(4, |summary| {
                    summary.number(1, series.numbers[1] as u64);
                    summary.double(2, series.numbers[0]);
                    for (quantile, value) in snapshot.shape.quantiles.iter().zip(&series.numbers[2..]) {
                        summary.message(3, |pair| {
                            pair.double(1, *quantile);
                            pair.double(2, *value);
                        });
                    }
                    write_time(summary, 4, created);
                }),
                "histogram" => {
                    metric.message(7, |histogram| write_histogram(histogram, snapshot, at, &series, created));
                }
                "unknown" => metric.message(5, |untyped| untyped.double(1, series.numbers[0])),
                _ => metric.message(2, |gauge| gauge.double(1, series.numbers[0])),
            }
        });
    }
    delimited(message)
}

/// An exemplar as Python tells it.
type ToldExemplar = (Vec<(String, String)>, f64, Option<String>);
/// Schema, zero threshold, zeros, and spans and counts of positive and negative numbers.
type ToldNative = (i64, f64, f64, (Vec<(i64, u64)>, Vec<i64>), (Vec<(i64, u64)>, Vec<i64>));
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
    header(&mut message, kind, name, help, unit);
    for (labels, value, count, parts, created, exemplar, native, time_ms) in series {
        let exemplar = exemplar.map(ExemplarText::from);
        message.message(FAMILY_METRIC, |metric| {
            labels.iter().for_each(|(name, value)| write_pair(metric, 1, name, value));
            match kind {
                "counter" => metric.message(3, |counter| {
                    counter.double(1, value);
                    if let Some(exemplar) = &exemplar {
                        counter.message(2, |message| write_exemplar(message, exemplar));
                    }
                    write_time(counter, 3, created);
                }),
                "summary" => metric.message(4, |summary| {
                    summary.number(1, count as u64);
                    summary.double(2, value);
                    for (quantile, value, _) in parts {
                        summary.message(3, |pair| {
                            pair.double(1, quantile);
                            pair.double(2, value);
                        });
                    }
                    write_time(summary, 4, created);
                }),
                "histogram" | "gaugehistogram" => metric.message(7, |histogram| {
                    histogram.number(1, count as u64);
                    histogram.double(2, value);
                    for (bound, count, exemplar) in parts {
                        histogram.message(3, |bucket| {
                            bucket.number(1, count as u64);
                            bucket.double(2, bound);
                            if let Some(exemplar) = exemplar.map(ExemplarText::from) {
                                bucket.message(3, |message| write_exemplar(message, &exemplar));
                            }
                        });
                    }
                    if let Some(native) = &native {
                        write_told_native(histogram, native);
                    }
                    if let Some(exemplar) = exemplar.filter(|_| native.is_some()) {
                        histogram.message(16, |message| write_exemplar(message, &exemplar));
                    }
                    write_time(histogram, 15, created);
                }),
                "unknown" => metric.message(5, |untyped| untyped.double(1, value)),
                _ => metric.message(2, |gauge| gauge.double(1, value)),
            }
            if time_ms != 0 {
                metric.number(6, time_ms as u64);
            }
        });
    }
    PyBytes::new(py, &delimited(message))
}

impl From<ToldExemplar> for ExemplarText {
    fn from((labels, value, time): ToldExemplar) -> ExemplarText {
        ExemplarText { labels, value, time }
    }
}

fn write_told_native(message: &mut Message, native: &ToldNative) {
    let (schema, zero_threshold, zeros, positive, negative) = native;
    message.signed(5, *schema);
    message.double(6, *zero_threshold);
    message.number(7, *zeros as u64);
    for ((spans, deltas), span, delta) in [(negative, 9, 10), (positive, 12, 13)] {
        write_spans(message, span, spans);
        deltas.iter().for_each(|count| message.signed(delta, *count));
    }
    if positive.0.is_empty() && negative.0.is_empty() {
        write_spans(message, 12, &[(0, 0)]);
    }
}

/// A message behind its length.
fn delimited(message: Message) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.bytes.len() + 5);
    push_varint(&mut out, message.bytes.len() as u64);
    out.extend_from_slice(&message.bytes);
    out
}

fn header(message: &mut Message, kind: &str, name: &str, help: &str, unit: &str) {
    message.text(1, name);
    message.text(2, help);
    message.number(
        3,
        match kind {
            "counter" => 0,
            "summary" => 2,
            "unknown" => 3,
            "histogram" => 4,
            "gaugehistogram" => 5,
            _ => 1,
        },
    );
    if !unit.is_empty() {
        message.text(5, unit);
    }
}

fn write_histogram(
    message: &mut Message,
    snapshot: &Snapshot<'_>,
    at: usize,
    series: &Point<'_>,
    created: f64,
) {
    let bounds = &snapshot.shape.bounds;
    let observations = &series.numbers[1..][..bounds.len()];
    message.number(1, observations.iter().sum::<f64>() as u64);
    message.double(2, series.numbers[0]);
    let native = snapshot.shape.native(series.numbers);
    let exemplar = |bucket: usize| snapshot.exemplars.get(&(at, 1 + bucket));
    // One bucket up to infinity says nothing that the count does not.
    if native.is_none() || bounds.len() > 1 {
        let mut count = 0.0;
        for (bucket, (bound, observations)) in bounds.iter().zip(observations).enumerate() {
            count += observations;
            message.message(3, |message| {
                message.number(1, count as u64);
                message.double(2, *bound);
                if let Some(exemplar) = exemplar(bucket) {
                    message.message(3, |message| write_exemplar(message, exemplar));
                }
            });
        }
    }
    if let Some(native) = native {
        write_native(message, &native);
        for exemplar in (0..bounds.len()).filter_map(exemplar) {
            message.message(16, |message| write_exemplar(message, exemplar));
        }
    }
    write_time(message, 15, created);
}

fn write_native(message: &mut Message, native: &Native) {
    message.signed(5, i64::from(native.schema));
    message.double(6, ZERO_THRESHOLD);
    message.number(7, native.zeros as u64);
    for (side, span, delta) in [(&native.negative, 9, 10), (&native.positive, 12, 13)] {
        let (mut spans, deltas) = side.spans();
        // Without any span a reader takes it for a classic histogram.
        if span == 12 && native.positive.counts.is_empty() && native.negative.counts.is_empty() {
            spans.push((0, 0));
        }
        write_spans(message, span, &spans);
        deltas.iter().for_each(|count| message.signed(delta, *count));
    }
}

fn write_spans(message: &mut Message, field: u32, spans: &[(i64, u64)]) {
    for (offset, length) in spans {
        message.message(field, |message| {
            message.signed(1, *offset);
            message.number(2, *length);
        });
    }
}

fn write_pair(message: &mut Message, field: u32, name: &str, value: &str) {
    message.message(field, |pair| {
        pair.text(1, name);
        pair.text(2, value);
    });
}

fn write_exemplar(message: &mut Message, exemplar: &ExemplarText) {
    for (name, value) in &exemplar.labels {
        write_pair(message, 1, name, value);
    }
    message.double(2, exemplar.value);
    let time = exemplar.time.as_deref().and_then(|time| time.parse().ok());
    write_time(message, 3, time.unwrap_or(0.0));
}

/// A `google.protobuf.Timestamp`, when there is one.
fn write_time(message: &mut Message, field: u32, seconds: f64) {
    if seconds > 0.0 && seconds < 1e11 {
        message.message(field, |time| {
            time.number(1, seconds as u64);
            time.number(2, (seconds.fract() * 1e6) as u64 * 1_000);
        });
    }
}
