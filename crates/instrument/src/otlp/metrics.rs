//! Metrics as OTLP has them: cumulative since they began, split into requests that a collector takes.

use super::conventions;
use super::resource::{Resource, write_scope, write_text};
use crate::metrics::metric::{Description, Encode, Kind, SeriesView};
use crate::metrics::time::now_ms;
use crate::metrics::{Exemplar, HistogramSnapshot, Native, Registry, Sketch, SummarySnapshot};
use crate::protobuf::{Message, push_varint};

/// Metrics of one request; gRPC servers refuse more than 4 MiB unless told otherwise.
const REQUEST_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Temporality: everything counts since it began.
const CUMULATIVE: u64 = 2;

/// One `ExportMetricsServiceRequest`, and how many data points it has.
pub(super) struct MetricsRequest {
    pub(super) bytes: Vec<u8>,
    pub(super) points: u64,
}

/// Everything in a registry. `began_ms` is when counting began where a series does not say.
pub(super) fn requests(resource: &Resource, registry: &Registry, began_ms: u64) -> Vec<MetricsRequest> {
    let mut encoder = Encoder::new(resource, began_ms);
    // The resource says it already.
    registry.encode(&|description| description.name != "target", &mut encoder);
    encoder.finish()
}

/// Requests under construction.
pub(super) struct Encoder<'a> {
    resource: &'a Resource,
    requests: Vec<MetricsRequest>,
    /// The metrics of the request under construction.
    scope: Message,
    scope_points: u64,
    /// Name, help and unit of the metric under construction, the field of its data, and its points.
    head: Message,
    data: u32,
    points: Message,
    description: Option<Description>,
    /// The name that OpenTelemetry's conventions have for it.
    convention: Option<&'static str>,
    /// When the numbers are read.
    pub(super) now_ns: u64,
    began_ms: u64,
}

/// Fields of a metric's data.
mod data {
    pub(super) const GAUGE: u32 = 5;
    pub(super) const SUM: u32 = 7;
    /// A sum too, but one that goes up and down; no field has this number.
    pub(super) const UP_DOWN: u32 = 107;
    pub(super) const HISTOGRAM: u32 = 9;
    pub(super) const EXPONENTIAL: u32 = 10;
    pub(super) const SUMMARY: u32 = 11;
}

impl<'a> Encoder<'a> {
    pub(super) fn new(resource: &'a Resource, began_ms: u64) -> Encoder<'a> {
        Encoder {
            resource,
            requests: Vec::new(),
            scope: Message::default(),
            scope_points: 0,
            head: Message::default(),
            data: 0,
            points: Message::default(),
            description: None,
            convention: None,
            now_ns: now_ms() * 1_000_000,
            began_ms,
        }
    }

    pub(super) fn finish(mut self) -> Vec<MetricsRequest> {
        self.flush_metric();
        self.flush_request();
        self.requests
    }

    fn flush_metric(&mut self) {
        if !self.points.bytes.is_empty() {
            let (head, points, data) = (&self.head, &mut self.points, self.data);
            self.scope.message(2, |metric| {
                metric.bytes.extend_from_slice(&head.bytes);
                let field = if data == data::UP_DOWN { data::SUM } else { data };
                metric.message(field, |message| {
                    message.bytes.append(&mut points.bytes);
                    match data {
                        data::SUM => {
                            message.number(2, CUMULATIVE);
                            message.number(3, 1);
                        }
                        data::HISTOGRAM | data::EXPONENTIAL | data::UP_DOWN => message.number(2, CUMULATIVE),
                        _ => {}
                    }
                });
            });
        }
        if self.scope.bytes.len() > REQUEST_BYTES_MAX {
            self.flush_request();
        }
    }

    fn flush_request(&mut self) {
        if self.scope.bytes.is_empty() {
            return;
        }
        let mut request = Message::default();
        let (resource, scope) = (self.resource, &mut self.scope);
        request.message(1, |of_resource| {
            resource.write(of_resource);
            of_resource.message(2, |of_scope| {
                write_scope(of_scope);
                of_scope.bytes.append(&mut scope.bytes);
            });
        });
        self.requests
            .push(MetricsRequest { bytes: request.bytes, points: std::mem::take(&mut self.scope_points) });
    }

    /// Adds a point. `suffix` is behind the metric's name.
    fn point(&mut self, data: u32, write: impl FnOnce(&mut Message)) {
        if (self.data != data || self.points.bytes.len() > REQUEST_BYTES_MAX) && !self.points.bytes.is_empty()
        {
            self.flush_metric();
        }
        self.data = data;
        self.scope_points += 1;
        self.points.message(1, write);
    }

    fn times(&self, series: &SeriesView<'_>) -> Times {
        let began_ms = if series.created_ms > 0 { series.created_ms } else { self.began_ms };
        Times { start_ns: began_ms * 1_000_000, now_ns: self.now_ns }
    }

    fn number(
        &mut self,
        data: u32,
        series: &SeriesView<'_>,
        more: &[(&str, &str)],
        value: f64,
        exemplar: Option<&Exemplar>,
    ) {
        let (times, is_conventional) = (self.times(series), self.convention.is_some());
        self.point(data, |point| {
            times.write(point);
            point.double(4, value);
            if let Some(exemplar) = exemplar {
                point.message(5, |message| write_exemplar(message, exemplar));
            }
            write_labels(point, 7, series, is_conventional);
            more.iter().for_each(|(name, value)| write_text(point, 7, name, value));
        });
    }
}

struct Times {
    start_ns: u64,
    now_ns: u64,
}

impl Times {
    fn write(&self, point: &mut Message) {
        point.fixed64(2, self.start_ns.min(self.now_ns));
        point.fixed64(3, self.now_ns);
    }
}

impl Encode for Encoder<'_> {
    fn family(&mut self, description: &Description) {
        self.flush_metric();
        self.head.bytes.clear();
        // A counter is `http_requests`; whoever makes Prometheus's name of it adds `_total`.
        let suffix = if description.kind == Kind::Info { "_info" } else { "" };
        self.convention = conventions::metric(&description.name);
        let name = self.convention.unwrap_or(&description.name);
        self.head.bytes(1, format!("{name}{suffix}").as_bytes());
        self.head.bytes(2, description.help.as_bytes());
        let unit = unit(description);
        if !unit.is_empty() {
            self.head.bytes(3, unit.as_bytes());
        }
        self.description = Some(description.clone());
    }

    fn counter(&mut self, series: &SeriesView<'_>, value: f64, exemplar: Option<&Exemplar>) {
        self.number(data::SUM, series, &[], value, exemplar);
    }

    fn gauge(&mut self, series: &SeriesView<'_>, value: f64) {
        let is_up_down = self.convention.is_some_and(conventions::is_up_down);
        self.number(if is_up_down { data::UP_DOWN } else { data::GAUGE }, series, &[], value, None);
    }

    fn histogram(&mut self, series: &SeriesView<'_>, histogram: &HistogramSnapshot) {
        let (times, is_conventional) = (self.times(series), self.convention.is_some());
        match &histogram.native {
            // Both would be two metrics of one name: the finer one goes.
            Some((native, sketch)) => self.point(data::EXPONENTIAL, |point| {
                write_labels(point, 1, series, is_conventional);
                times.write(point);
                write_exponential(point, histogram, native, sketch);
            }),
            None => self.point(data::HISTOGRAM, |point| {
                times.write(point);
                write_histogram(point, histogram);
                write_labels(point, 9, series, is_conventional);
            }),
        }
    }

    fn summary(&mut self, series: &SeriesView<'_>, summary: &SummarySnapshot) {
        let times = self.times(series);
        self.point(data::SUMMARY, |point| {
            times.write(point);
            point.fixed64(4, summary.count);
            point.double(5, summary.sum);
            for (quantile, value) in &summary.quantiles {
                point.message(6, |pair| {
                    pair.double(1, *quantile);
                    pair.double(2, *value);
                });
            }
            write_labels(point, 7, series, false);
        });
    }

    fn info(&mut self, series: &SeriesView<'_>, labels: &[(String, String)]) {
        let labels: Vec<(&str, &str)> =
            labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.number(data::GAUGE, series, &labels, 1.0, None);
    }

    fn states(&mut self, series: &SeriesView<'_>, states: &[(&str, bool)]) {
        let name = self.description.as_ref().map(|description| description.name.clone()).unwrap_or_default();
        for (state, holds) in states {
            self.number(data::GAUGE, series, &[(&name, state)], f64::from(u8::from(*holds)), None);
        }
    }
}

/// The unit as UCUM has it, which is how OTLP wants it.
fn unit(description: &Description) -> &str {
    if conventions::metric(&description.name).is_some_and(conventions::is_up_down) {
        return "{request}";
    }
    let named = |unit: &str| {
        description.unit == unit
            || (description.unit.is_empty() && description.name.ends_with(&format!("_{unit}")))
    };
    match () {
        () if named("seconds") => "s",
        () if named("bytes") => "By",
        () if named("ratio") => "1",
        () if named("celsius") => "Cel",
        () => &description.unit,
    }
}

fn write_labels(point: &mut Message, field: u32, series: &SeriesView<'_>, is_conventional: bool) {
    if is_conventional {
        return conventions::write_attributes(point, field, series);
    }
    for (name, value) in series.labels() {
        write_text(point, field, name, &String::from_utf8_lossy(value));
    }
}

fn write_histogram(point: &mut Message, histogram: &HistogramSnapshot) {
    point.fixed64(4, histogram.count);
    point.double(5, histogram.sum);
    packed(point, 6, histogram.buckets.iter().map(|count| count.to_le_bytes()));
    packed(point, 7, histogram.bounds.iter().map(|bound| bound.to_le_bytes()));
    for exemplar in histogram.exemplars.iter().flatten() {
        point.message(8, |message| write_exemplar(message, exemplar));
    }
}

fn write_exponential(point: &mut Message, histogram: &HistogramSnapshot, native: &Native, sketch: &Sketch) {
    point.fixed64(4, histogram.count);
    point.double(5, histogram.sum);
    point.signed(6, i64::from(sketch.schema.unwrap_or(native.schema)));
    point.fixed64(7, sketch.zero);
    for (field, buckets) in [(8, &sketch.positive), (9, &sketch.negative)] {
        let (Some(first), Some(last)) = (buckets.keys().next(), buckets.keys().next_back()) else { continue };
        point.message(field, |message| {
            // Prometheus numbers a bucket by its upper bound, OTLP by its lower.
            message.signed(1, i64::from(*first) - 1);
            let mut counts = Vec::new();
            for index in *first..=*last {
                push_varint(&mut counts, buckets.get(&index).copied().unwrap_or(0));
            }
            message.bytes(2, &counts);
        });
    }
    for exemplar in histogram.exemplars.iter().flatten() {
        point.message(11, |message| write_exemplar(message, exemplar));
    }
    point.double(14, native.zero_threshold);
}

fn packed(message: &mut Message, field: u32, numbers: impl Iterator<Item = [u8; 8]>) {
    let numbers: Vec<u8> = numbers.flatten().collect();
    if !numbers.is_empty() {
        message.bytes(field, &numbers);
    }
}

/// Trace and span as what they are, other labels as attributes.
fn write_exemplar(message: &mut Message, exemplar: &Exemplar) {
    message.fixed64(2, super::unix_ns(exemplar.time()));
    message.double(3, exemplar.value());
    match exemplar.span() {
        Some(span) => {
            message.bytes(4, &span.span_id.to_be_bytes());
            message.bytes(5, &span.trace_id.to_be_bytes());
        }
        None => exemplar.labels().iter().for_each(|(name, value)| write_text(message, 7, name, value)),
    }
}
