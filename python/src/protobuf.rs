//! Prometheus's protobuf format: length-delimited `io.prometheus.client.MetricFamily` messages, the one that carries native
//! histograms to every Prometheus.

use crate::exposition::{ExemplarText, Family, Point, Snapshot};
use crate::message::{Message, push_varint};

const FAMILY_METRIC: u32 = 4;

/// A family as one message behind its length.
pub(crate) fn write(family: &Family<'_>, snapshot: &Snapshot<'_>) -> Vec<u8> {
    let mut message = Message::default();
    header(&mut message, family);
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
                    for (quantile, value) in snapshot.quantiles.iter().zip(&series.numbers[2..]) {
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

/// A message behind its length.
pub(crate) fn delimited(message: Message) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.bytes.len() + 5);
    push_varint(&mut out, message.bytes.len() as u64);
    out.extend_from_slice(&message.bytes);
    out
}

fn header(message: &mut Message, family: &Family<'_>) {
    let (suffix, kind) = match family.kind {
        "counter" => ("_total", 0),
        "info" => ("_info", 1),
        "summary" => ("", 2),
        "unknown" => ("", 3),
        "histogram" => ("", 4),
        "gaugehistogram" => ("", 5),
        _ => ("", 1),
    };
    message.text(1, &format!("{}{suffix}", family.name));
    message.text(2, family.help);
    message.number(3, kind);
    if !family.unit.is_empty() {
        message.text(5, family.unit);
    }
}

fn write_histogram(
    message: &mut Message,
    snapshot: &Snapshot<'_>,
    at: usize,
    series: &Point<'_>,
    created: f64,
) {
    let observations = &series.numbers[1..][..snapshot.bounds.len()];
    message.number(1, observations.iter().sum::<f64>() as u64);
    message.double(2, series.numbers[0]);
    let mut count = 0.0;
    for (bucket, (bound, observations)) in snapshot.bounds.iter().zip(observations).enumerate() {
        count += observations;
        message.message(3, |message| {
            message.number(1, count as u64);
            message.double(2, *bound);
            if let Some(exemplar) = snapshot.exemplars.get(&(at, 1 + bucket)) {
                message.message(3, |message| write_exemplar(message, exemplar));
            }
        });
    }
    write_time(message, 15, created);
}

fn write_pair(message: &mut Message, field: u32, name: &str, value: &str) {
    message.message(field, |pair| {
        pair.text(1, name);
        pair.text(2, value);
    });
}

pub(crate) fn write_exemplar(message: &mut Message, exemplar: &ExemplarText) {
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
