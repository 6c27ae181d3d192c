//! Prometheus's protobuf format: length-delimited `io.prometheus.client.MetricFamily` messages, the only one that carries
//! native histograms. Written by hand: the schema is small, and a code generator would be the crate's largest dependency.

use super::escape::{Scheme, label_name, metric_name};
use crate::metrics::metric::{Description, Encode, Kind, SeriesView};
use crate::metrics::time::unix_ms;
use crate::metrics::{Exemplar, HistogramSnapshot, Native, Sketch, SummarySnapshot};
use crate::protobuf::{Message, push_varint};

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

/// An exposition under construction.
pub(super) struct Encoder {
    out: Vec<u8>,
    scheme: Scheme,
    /// The family under construction; written out when the next one begins.
    family: Message,
    kind: Kind,
    name: String,
}

impl Encoder {
    pub(super) fn new(out: Vec<u8>, scheme: Scheme) -> Encoder {
        Encoder { out, scheme, family: Message::default(), kind: Kind::Unknown, name: String::new() }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.out
    }

    fn flush(&mut self) {
        if !self.family.bytes.is_empty() {
            push_varint(&mut self.out, self.family.bytes.len() as u64);
            self.out.append(&mut self.family.bytes);
        }
    }

    fn metric(&mut self, labels: Vec<(String, Vec<u8>)>, write: impl FnOnce(&mut Message)) {
        let mut labels = labels;
        labels.sort();
        let scheme = self.scheme;
        self.family.message(field::family::METRIC, |metric| {
            for (name, value) in &labels {
                metric.message(field::metric::LABEL, |pair| {
                    pair.bytes(1, label_name(name, scheme).as_bytes());
                    pair.bytes(2, value);
                });
            }
            write(metric);
        });
    }
}

fn labels(series: &SeriesView<'_>) -> Vec<(String, Vec<u8>)> {
    series.labels().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
}

impl Encode for Encoder {
    fn family(&mut self, description: &Description) {
        self.flush();
        self.kind = description.kind;
        let base = metric_name(&description.name, self.scheme);
        self.name = format!("{base}{}", description.kind.suffix());
        self.family.bytes(field::family::NAME, self.name.as_bytes());
        self.family.bytes(field::family::HELP, description.help.as_bytes());
        let kind = match description.kind {
            Kind::Counter => 0,
            Kind::Gauge | Kind::Info | Kind::StateSet => 1,
            Kind::Summary => 2,
            Kind::Unknown => 3,
            Kind::Histogram => 4,
        };
        self.family.number(field::family::TYPE, kind);
        if !description.unit.is_empty() {
            self.family.bytes(field::family::UNIT, description.unit.as_bytes());
        }
    }

    fn counter(&mut self, series: &SeriesView<'_>, value: f64, exemplar: Option<&Exemplar>) {
        self.metric(labels(series), |metric| {
            metric.message(field::metric::COUNTER, |counter| {
                counter.double(1, value);
                if let Some(exemplar) = exemplar {
                    counter.message(2, |message| write_exemplar(message, exemplar));
                }
                write_time(counter, 3, series.created_ms);
            });
        });
    }

    fn gauge(&mut self, series: &SeriesView<'_>, value: f64) {
        let field = if self.kind == Kind::Unknown { field::metric::UNTYPED } else { field::metric::GAUGE };
        self.metric(labels(series), |metric| metric.message(field, |gauge| gauge.double(1, value)));
    }

    fn histogram(&mut self, series: &SeriesView<'_>, histogram: &HistogramSnapshot) {
        self.metric(labels(series), |metric| {
            metric.message(field::metric::HISTOGRAM, |message| write_histogram(message, series, histogram));
        });
    }

    fn summary(&mut self, series: &SeriesView<'_>, summary: &SummarySnapshot) {
        self.metric(labels(series), |metric| {
            metric.message(field::metric::SUMMARY, |message| {
                message.number(1, summary.count);
                message.double(2, summary.sum);
                for (quantile, value) in &summary.quantiles {
                    message.message(3, |pair| {
                        pair.double(1, *quantile);
                        pair.double(2, *value);
                    });
                }
                write_time(message, 4, series.created_ms);
            });
        });
    }

    fn info(&mut self, series: &SeriesView<'_>, pairs: &[(String, String)]) {
        let mut all = labels(series);
        all.extend(pairs.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())));
        self.metric(all, |metric| metric.message(field::metric::GAUGE, |gauge| gauge.double(1, 1.0)));
    }

    fn states(&mut self, series: &SeriesView<'_>, states: &[(&str, bool)]) {
        for (state, holds) in states {
            let mut all = labels(series);
            all.push((self.name.clone(), state.as_bytes().to_vec()));
            let value = f64::from(u8::from(*holds));
            self.metric(all, |metric| metric.message(field::metric::GAUGE, |gauge| gauge.double(1, value)));
        }
    }
}

fn write_histogram(message: &mut Message, series: &SeriesView<'_>, histogram: &HistogramSnapshot) {
    message.number(field::histogram::SAMPLE_COUNT, histogram.count);
    message.double(field::histogram::SAMPLE_SUM, histogram.sum);
    let exemplar = |at: usize| histogram.exemplars.get(at).and_then(Option::as_ref);
    // Buckets are there when bounds are; one bucket up to infinity says nothing that the count does not.
    if !histogram.bounds.is_empty() {
        let mut cumulative = 0;
        for (at, count) in histogram.buckets.iter().enumerate() {
            cumulative += count;
            message.message(field::histogram::BUCKET, |bucket| {
                bucket.number(1, cumulative);
                bucket.double(2, histogram.bounds.get(at).copied().unwrap_or(f64::INFINITY));
                if let Some(exemplar) = exemplar(at) {
                    bucket.message(3, |message| write_exemplar(message, exemplar));
                }
            });
        }
    }
    if let Some((native, sketch)) = &histogram.native {
        write_native(message, native, sketch);
        for exemplar in (0..histogram.buckets.len()).filter_map(exemplar) {
            message.message(field::histogram::EXEMPLARS, |message| write_exemplar(message, exemplar));
        }
    }
    write_time(message, field::histogram::CREATED, series.created_ms);
}

fn write_native(message: &mut Message, native: &Native, sketch: &Sketch) {
    message.signed(field::histogram::SCHEMA, i64::from(sketch.schema.unwrap_or(native.schema)));
    message.double(field::histogram::ZERO_THRESHOLD, native.zero_threshold);
    message.number(field::histogram::ZERO_COUNT, sketch.zero);
    let mut side = |buckets: &std::collections::BTreeMap<i32, u64>, span: u32, delta: u32| {
        for (offset, length) in spans(buckets) {
            message.message(span, |message| {
                message.signed(1, offset);
                message.number(2, length);
            });
        }
        let mut last = 0;
        for count in buckets.values() {
            let count = *count as i64;
            message.signed(delta, count - last);
            last = count;
        }
    };
    side(&sketch.negative, field::histogram::NEGATIVE_SPAN, field::histogram::NEGATIVE_DELTA);
    side(&sketch.positive, field::histogram::POSITIVE_SPAN, field::histogram::POSITIVE_DELTA);
    if sketch.positive.is_empty() && sketch.negative.is_empty() {
        // Without any span a reader takes it for a classic histogram.
        message.message(field::histogram::POSITIVE_SPAN, |message| {
            message.signed(1, 0);
            message.number(2, 0);
        });
    }
}

/// Runs of consecutive buckets: how far each begins after the end of the last, and how long it is.
fn spans(buckets: &std::collections::BTreeMap<i32, u64>) -> Vec<(i64, u64)> {
    let mut spans: Vec<(i64, u64)> = Vec::new();
    let mut next = 0;
    for index in buckets.keys().map(|index| i64::from(*index)) {
        match spans.last_mut() {
            Some((_, length)) if index == next => *length += 1,
            _ => spans.push((index - next, 1)),
        }
        next = index + 1;
    }
    spans
}

fn write_exemplar(message: &mut Message, exemplar: &Exemplar) {
    for (name, value) in exemplar.labels() {
        message.message(1, |pair| {
            pair.bytes(1, name.as_bytes());
            pair.bytes(2, value.as_bytes());
        });
    }
    message.double(2, exemplar.value());
    write_time(message, 3, unix_ms(exemplar.time()));
}

/// A `google.protobuf.Timestamp`, when there is one.
fn write_time(message: &mut Message, field: u32, ms: u64) {
    if ms > 0 {
        message.message(field, |time| {
            time.number(1, ms / 1_000);
            time.number(2, ms % 1_000 * 1_000_000);
        });
    }
}
