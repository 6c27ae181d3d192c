//! The text formats: Prometheus 0.0.4 and 1.0.0, and OpenMetrics 1.0.
//!
//! They differ in what goes around samples, not in samples: OpenMetrics names a family without the suffix of its
//! samples, has units and exemplars, and ends with a mark.

use std::borrow::Cow;

use super::escape::{Scheme, label_name, metric_name, push_help, push_value};
use super::negotiate::{Accepted, Format};
use super::number;
use crate::metrics::metric::{Description, Encode, Kind, SeriesView};
use crate::metrics::naming::{is_legacy_label, is_legacy_metric};
use crate::metrics::time::unix_ms;
use crate::metrics::{Exemplar, HistogramSnapshot, SummarySnapshot};

/// A text exposition under construction.
pub(super) struct Encoder {
    out: Vec<u8>,
    format: Format,
    scheme: Scheme,
    /// What every sample of the family begins with, escaped. With `quoted`, that goes inside the braces.
    name: String,
    quoted: bool,
    suffix: &'static str,
    /// Where the labels of the last series went, without an extra one and with it: most families have one order for
    /// all series.
    layouts: [Layout; 2],
}

/// Labels in the order in which they are written: by name, as the official Python client does.
#[derive(Default)]
struct Layout {
    common: Vec<String>,
    /// Where the names of the family lie. They stay there while the exposition is made.
    names: (usize, usize),
    extra: Option<String>,
    count: usize,
    /// For each place the index among the names, and what is written before the value.
    order: Vec<(usize, Vec<u8>)>,
}

impl Layout {
    fn describes(&self, series: &SeriesView<'_>, extra: Option<&str>) -> bool {
        self.names == place(series.names)
            && self.extra.as_deref() == extra
            && self.common.iter().eq(series.common.iter().map(|(name, _)| name))
    }

    fn of(series: &SeriesView<'_>, extra: Option<&str>, scheme: Scheme) -> Layout {
        let common: Vec<String> = series.common.iter().map(|(name, _)| name.clone()).collect();
        let names: Vec<&str> = common.iter().chain(series.names).map(String::as_str).chain(extra).collect();
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|left, right| names[*left].cmp(names[*right]));
        let before = |at: usize| {
            let mut before = Vec::new();
            push_name(&mut before, &label_name(names[at], scheme), is_legacy_label);
            before.extend_from_slice(b"=\"");
            before
        };
        let order = order.into_iter().map(|at| (at, before(at))).collect();
        let count = names.len();
        Layout { names: place(series.names), extra: extra.map(str::to_owned), count, order, common }
    }
}

fn place(names: &[String]) -> (usize, usize) {
    (names.as_ptr() as usize, names.len())
}

impl Encoder {
    pub(super) fn new(out: Vec<u8>, accepted: Accepted) -> Encoder {
        Encoder {
            out,
            format: accepted.format,
            scheme: accepted.scheme,
            name: String::new(),
            quoted: false,
            suffix: "",
            layouts: Default::default(),
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.is_open_metrics() {
            self.out.extend_from_slice(b"# EOF\n");
        }
        self.out
    }

    fn is_open_metrics(&self) -> bool {
        self.format == Format::OpenMetrics
    }

    fn header(&mut self, keyword: &str, suffix: &str) {
        self.out.extend_from_slice(b"# ");
        self.out.extend_from_slice(keyword.as_bytes());
        self.out.push(b' ');
        let name = format!("{}{suffix}", self.name);
        push_name(&mut self.out, &name, is_legacy_metric);
        self.out.push(b' ');
    }

    /// Everything of a sample before its value.
    fn start(&mut self, suffix: &str, series: &SeriesView<'_>, extra: Option<(&str, &[u8])>) {
        let extra_name = extra.map(|(name, _)| name);
        let layout = &mut self.layouts[usize::from(extra.is_some())];
        if !layout.describes(series, extra_name) {
            *layout = Layout::of(series, extra_name, self.scheme);
        }
        let out = &mut self.out;
        let mut separator = b'{';
        if self.quoted {
            out.extend_from_slice(b"{\"");
            push_value(out, self.name.as_bytes());
            out.extend_from_slice(suffix.as_bytes());
            out.push(b'"');
            separator = b',';
        } else {
            out.extend_from_slice(self.name.as_bytes());
            out.extend_from_slice(suffix.as_bytes());
        }
        // The extra label has the last index.
        let extra_at = layout.count.wrapping_sub(1);
        for (at, before) in &layout.order {
            out.push(separator);
            out.extend_from_slice(before);
            match extra {
                Some((_, value)) if *at == extra_at => push_value(out, value),
                _ => push_value(out, value_at(series, *at)),
            }
            out.push(b'"');
            separator = b',';
        }
        out.extend_from_slice(if separator == b',' { b"} " } else { b" " });
    }

    fn sample(&mut self, suffix: &str, series: &SeriesView<'_>, extra: Option<(&str, &[u8])>, value: f64) {
        self.start(suffix, series, extra);
        number::push(&mut self.out, value);
        self.out.push(b'\n');
    }

    fn sample_with_exemplar(
        &mut self,
        suffix: &str,
        series: &SeriesView<'_>,
        extra: Option<(&str, &[u8])>,
        value: f64,
        exemplar: Option<&Exemplar>,
    ) {
        self.start(suffix, series, extra);
        number::push(&mut self.out, value);
        if let Some(exemplar) = exemplar.filter(|_| self.is_open_metrics()) {
            push_exemplar(&mut self.out, exemplar);
        }
        self.out.push(b'\n');
    }
}

/// The value of the label with that index, those all series have first.
#[inline]
fn value_at<'a>(series: &SeriesView<'a>, at: usize) -> &'a [u8] {
    match series.common.get(at) {
        Some((_, value)) => value.as_bytes(),
        None => crate::metrics::labels::value_at(series.key, at - series.common.len()),
    }
}

fn push_name(out: &mut Vec<u8>, name: &str, is_legacy: fn(&str) -> bool) {
    if is_legacy(name) {
        return out.extend_from_slice(name.as_bytes());
    }
    out.push(b'"');
    push_value(out, name.as_bytes());
    out.push(b'"');
}

fn push_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    out.extend_from_slice(b" # {");
    for (at, (name, value)) in exemplar.labels().iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        push_value(out, value.as_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(b"} ");
    number::push(out, exemplar.value());
    out.push(b' ');
    // Not `number::push`: an exponent would be read, but not by people.
    let ms = unix_ms(exemplar.time());
    number::push_integer(out, ms / 1_000);
    out.extend_from_slice(format!(".{:03}", ms % 1_000).as_bytes());
}

impl Encode for Encoder {
    fn family(&mut self, description: &Description) {
        let open_metrics = self.is_open_metrics();
        let name = metric_name(&description.name, self.scheme);
        self.quoted = matches!(name, Cow::Borrowed(_)) && !is_legacy_metric(&name);
        self.name = name.into_owned();
        self.suffix = description.kind.suffix();
        self.layouts = Default::default();
        // Prometheus text names a family like its samples.
        let suffix = if open_metrics { "" } else { self.suffix };
        self.header("HELP", suffix);
        push_help(&mut self.out, &description.help, open_metrics);
        self.out.push(b'\n');
        self.header("TYPE", suffix);
        self.out.extend_from_slice(type_name(description.kind, open_metrics).as_bytes());
        self.out.push(b'\n');
        // A reader refuses a unit that the name does not end in.
        let unit = &description.unit;
        if open_metrics && !unit.is_empty() && self.name.ends_with(&format!("_{unit}")) {
            self.header("UNIT", "");
            push_help(&mut self.out, unit, true);
            self.out.push(b'\n');
        }
    }

    fn counter(&mut self, series: &SeriesView<'_>, value: f64, exemplar: Option<&Exemplar>) {
        self.sample_with_exemplar("_total", series, None, value, exemplar);
    }

    fn gauge(&mut self, series: &SeriesView<'_>, value: f64) {
        self.sample("", series, None, value);
    }

    fn histogram(&mut self, series: &SeriesView<'_>, histogram: &HistogramSnapshot) {
        let mut bound = Vec::with_capacity(24);
        let mut cumulative = 0;
        for (at, count) in histogram.buckets.iter().enumerate() {
            cumulative += count;
            bound.clear();
            number::push(&mut bound, histogram.bounds.get(at).copied().unwrap_or(f64::INFINITY));
            let exemplar = histogram.exemplars.get(at).and_then(Option::as_ref);
            self.sample_with_exemplar("_bucket", series, Some(("le", &bound)), cumulative as f64, exemplar);
        }
        self.sample("_count", series, None, histogram.count as f64);
        // With negative observations a sum can fall, which OpenMetrics forbids.
        if histogram.bounds.first().is_none_or(|bound| *bound >= 0.0) {
            self.sample("_sum", series, None, histogram.sum);
        }
    }

    fn summary(&mut self, series: &SeriesView<'_>, summary: &SummarySnapshot) {
        let mut text = Vec::with_capacity(24);
        for (quantile, value) in &summary.quantiles {
            text.clear();
            number::push(&mut text, *quantile);
            self.sample("", series, Some(("quantile", &text)), *value);
        }
        self.sample("_count", series, None, summary.count as f64);
        self.sample("_sum", series, None, summary.sum);
    }

    fn info(&mut self, series: &SeriesView<'_>, labels: &[(String, String)]) {
        let all = own_labels(series).chain(labels.iter().cloned()).collect::<Vec<_>>();
        let view = SeriesView { common: &all, names: &[], key: &[], created_ms: 0 };
        self.sample("_info", &view, None, 1.0);
    }

    fn states(&mut self, series: &SeriesView<'_>, states: &[(&str, bool)]) {
        // The label of a state set is the name of its family.
        let label = self.name.clone();
        for (state, holds) in states {
            self.sample("", series, Some((&label, state.as_bytes())), f64::from(u8::from(*holds)));
        }
    }
}

fn own_labels(series: &SeriesView<'_>) -> impl Iterator<Item = (String, String)> {
    series.labels().map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into_owned()))
}

fn type_name(kind: Kind, open_metrics: bool) -> &'static str {
    match (kind, open_metrics) {
        (Kind::Counter, _) => "counter",
        (Kind::Gauge, _) | (Kind::Info | Kind::StateSet, false) => "gauge",
        (Kind::Histogram, _) => "histogram",
        (Kind::Summary, _) => "summary",
        (Kind::Info, true) => "info",
        (Kind::StateSet, true) => "stateset",
        (Kind::Unknown, true) => "unknown",
        (Kind::Unknown, false) => "untyped",
    }
}
