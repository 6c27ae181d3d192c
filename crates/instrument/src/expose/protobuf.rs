//! Prometheus's protobuf format: length-delimited `io.prometheus.client.MetricFamily` messages, the only one that carries
//! native histograms.

use super::escape::{Scheme, label_name, metric_name};
use super::parts::{self, Bucket, Example, Micros, NativeBuckets, Runs, Type};
use crate::metrics::metric::{Description, Encode, Kind, SeriesView};
use crate::metrics::time::unix_ms;
use crate::metrics::{Exemplar, HistogramSnapshot, Native, Sketch, SummarySnapshot};
use crate::protobuf::Message;

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
            self.family.delimited(&mut self.out);
            self.family.bytes.clear();
        }
    }

    fn metric(&mut self, labels: Vec<(String, Vec<u8>)>, write: impl FnOnce(&mut Message)) {
        let mut labels = labels;
        labels.sort();
        let scheme = self.scheme;
        parts::metric(&mut self.family, |metric| {
            labels.iter().for_each(|(name, value)| parts::label(metric, &label_name(name, scheme), value));
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
        let kind = match description.kind {
            Kind::Counter => Type::Counter,
            Kind::Gauge | Kind::Info | Kind::StateSet => Type::Gauge,
            Kind::Summary => Type::Summary,
            Kind::Unknown => Type::Untyped,
            Kind::Histogram => Type::Histogram,
        };
        parts::family(&mut self.family, &self.name, &description.help, kind, &description.unit);
    }

    fn counter(&mut self, series: &SeriesView<'_>, value: f64, exemplar: Option<&Exemplar>) {
        let told = exemplar.map(Told::of);
        self.metric(labels(series), |metric| {
            parts::counter(metric, value, told.as_ref().map(Told::example).as_ref(), created(series));
        });
    }

    fn gauge(&mut self, series: &SeriesView<'_>, value: f64) {
        let write = if self.kind == Kind::Unknown { parts::untyped } else { parts::gauge };
        self.metric(labels(series), |metric| write(metric, value));
    }

    fn histogram(&mut self, series: &SeriesView<'_>, histogram: &HistogramSnapshot) {
        self.metric(labels(series), |metric| write_histogram(metric, series, histogram));
    }

    fn summary(&mut self, series: &SeriesView<'_>, summary: &SummarySnapshot) {
        self.metric(labels(series), |metric| {
            let quantiles = summary.quantiles.iter().copied();
            parts::summary(metric, summary.count, summary.sum, quantiles, created(series));
        });
    }

    fn info(&mut self, series: &SeriesView<'_>, pairs: &[(String, String)]) {
        let mut all = labels(series);
        all.extend(pairs.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())));
        self.metric(all, |metric| parts::gauge(metric, 1.0));
    }

    fn states(&mut self, series: &SeriesView<'_>, states: &[(&str, bool)]) {
        for (state, holds) in states {
            let mut all = labels(series);
            all.push((self.name.clone(), state.as_bytes().to_vec()));
            self.metric(all, |metric| parts::gauge(metric, f64::from(u8::from(*holds))));
        }
    }
}

fn write_histogram(metric: &mut Message, series: &SeriesView<'_>, histogram: &HistogramSnapshot) {
    let told: Vec<Option<Told>> =
        histogram.exemplars.iter().map(|exemplar| exemplar.as_ref().map(Told::of)).collect();
    let example = |at: usize| told.get(at).and_then(Option::as_ref).map(Told::example);
    // Buckets are there when bounds are; one bucket up to infinity says nothing that the count does not.
    let classic = if histogram.bounds.is_empty() { &[] } else { &histogram.buckets[..] };
    let mut cumulative = 0;
    let buckets = classic.iter().enumerate().map(|(at, count)| {
        cumulative += count;
        let bound = histogram.bounds.get(at).copied().unwrap_or(f64::INFINITY);
        Bucket { count: cumulative, bound, example: example(at) }
    });
    let native = histogram.native.as_ref().map(|(native, sketch)| native_buckets(native, sketch));
    let examples: Vec<Example<'_>> = told.iter().flatten().map(Told::example).collect();
    let native = native.as_ref().map(|native| (native, &examples[..]));
    parts::histogram(metric, histogram.count, histogram.sum, buckets, native, created(series));
}

fn native_buckets(native: &Native, sketch: &Sketch) -> NativeBuckets {
    NativeBuckets {
        schema: i64::from(sketch.schema.unwrap_or(native.schema)),
        zero_threshold: native.zero_threshold,
        zeros: sketch.zero,
        positive: Runs::of(&sketch.positive),
        negative: Runs::of(&sketch.negative),
    }
}

/// An exemplar with its labels as text.
struct Told {
    labels: Vec<(String, String)>,
    value: f64,
    time: Micros,
}

impl Told {
    fn of(exemplar: &Exemplar) -> Told {
        Told { labels: exemplar.labels(), value: exemplar.value(), time: unix_ms(exemplar.time()) * 1_000 }
    }

    fn example(&self) -> Example<'_> {
        Example { labels: &self.labels, value: self.value, time: self.time }
    }
}

fn created(series: &SeriesView<'_>) -> Micros {
    series.created_ms * 1_000
}
