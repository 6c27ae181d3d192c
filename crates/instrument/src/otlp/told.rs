//! Metrics that somebody else keeps and tells in Prometheus's protobuf format: the numbers of the Python package, on their way
//! to a collector.
//!
//! Histograms of what is there now, which nobody counts up, have no likeness in OTLP and are left out, and so is the family
//! `target`, which the resource says already.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::metrics::{Encoder, MetricsRequest};
use super::resource::Resource;
use crate::metrics::exemplar::ExemplarLabels;
use crate::metrics::metric::{Description, Encode, Kind, SeriesView};
use crate::metrics::{Exemplar, HistogramSnapshot, Native, Sketch, SpanReference, SummarySnapshot};
use crate::protobuf::{Content, Reader};

/// How far apart the first and the last exponential bucket of a sign may be; OTLP has all between them.
const EXPONENTIAL_BUCKETS_MAX: i64 = 16_384;

/// Everything that was told. `began_ms` is when counting began where a series does not say.
pub(super) fn requests(resource: &Resource, told: &[u8], began_ms: u64) -> Vec<MetricsRequest> {
    let mut encoder = Encoder::new(resource, began_ms);
    let mut families = Reader::new(told);
    while let Some(family) = families.delimited() {
        write_family(family, &mut encoder);
    }
    encoder.finish()
}

fn write_family(message: &[u8], out: &mut Encoder<'_>) {
    let (mut name, mut help, mut unit, mut kind) = (String::new(), String::new(), String::new(), 0);
    for (field, content) in Reader::new(message) {
        match (field, content) {
            (1, Content::Bytes(bytes)) => name = text(bytes),
            (2, Content::Bytes(bytes)) => help = text(bytes),
            (3, Content::Number(number)) => kind = number,
            (5, Content::Bytes(bytes)) => unit = text(bytes),
            _ => {}
        }
    }
    let kind = match kind {
        0 => Kind::Counter,
        1 => Kind::Gauge,
        2 => Kind::Summary,
        3 => Kind::Unknown,
        4 => Kind::Histogram,
        _ => return,
    };
    if name == "target_info" {
        return;
    }
    if kind == Kind::Counter
        && let Some(base) = name.strip_suffix(kind.suffix())
    {
        name.truncate(base.len());
    }
    out.family(&Description { name, help, unit, kind });
    let usual_ns = out.now_ns;
    for (field, content) in Reader::new(message) {
        if let (4, Content::Bytes(series)) = (field, content) {
            write_series(series, out);
            out.now_ns = usual_ns;
        }
    }
}

fn write_series(message: &[u8], out: &mut Encoder<'_>) {
    let (mut labels, mut value) = (Vec::new(), None);
    for (field, content) in Reader::new(message) {
        match (field, content) {
            (1, Content::Bytes(pair)) => labels.push(pair_of(pair)),
            (2..=5 | 7, Content::Bytes(bytes)) => value = Some((field, bytes)),
            (6, Content::Number(ms)) => out.now_ns = ms.saturating_mul(1_000_000),
            _ => {}
        }
    }
    let Some((field, value)) = value else { return };
    let created_ms = created_ms(field, value);
    let series = SeriesView { common: &labels, names: &[], key: &[], created_ms };
    match field {
        3 => {
            let exemplar = Reader::new(value).find(2).map(exemplar_of);
            out.counter(&series, double(value, 1), exemplar.as_ref());
        }
        4 => out.summary(&series, &summary_of(value)),
        7 => out.histogram(&series, &histogram_of(value)),
        _ => out.gauge(&series, double(value, 1)),
    }
}

/// When a series of that kind says that it began; 0 where it does not.
fn created_ms(field: u32, value: &[u8]) -> u64 {
    let place = match field {
        3 => 3,
        4 => 4,
        7 => 15,
        _ => return 0,
    };
    Reader::new(value).find(place).map_or(0, |time| time_of(time).as_millis() as u64)
}

fn summary_of(message: &[u8]) -> SummarySnapshot {
    let mut summary = SummarySnapshot { count: 0, sum: double(message, 2), quantiles: Vec::new() };
    for (field, content) in Reader::new(message) {
        match (field, content) {
            (1, Content::Number(count)) => summary.count = count,
            (3, Content::Bytes(pair)) => summary.quantiles.push((double(pair, 1), double(pair, 2))),
            _ => {}
        }
    }
    summary
}

fn histogram_of(message: &[u8]) -> HistogramSnapshot {
    let (mut count, mut zero, mut schema) = (0, 0, None);
    let (mut bounds, mut buckets, mut below) = (Vec::new(), Vec::new(), 0);
    let mut exemplars = Vec::new();
    let (mut positive, mut negative) = (Runs::default(), Runs::default());
    for (field, content) in Reader::new(message) {
        match (field, content) {
            (1, Content::Number(number)) => count = number,
            (3, Content::Bytes(bucket)) => {
                let (bound, until) = (double(bucket, 2), number(bucket, 1));
                if bound.is_finite() {
                    bounds.push(bound);
                    buckets.push(until.saturating_sub(below));
                    below = until;
                }
                exemplars.push(Reader::new(bucket).find(3).map(exemplar_of));
            }
            (5, Content::Number(number)) => schema = Some(signed(number)),
            (7, Content::Number(number)) => zero = number,
            (9, Content::Bytes(span)) => negative.spans.push(span_of(span)),
            (10, Content::Number(delta)) => negative.deltas.push(signed(delta)),
            (12, Content::Bytes(span)) => positive.spans.push(span_of(span)),
            (13, Content::Number(delta)) => positive.deltas.push(signed(delta)),
            // The examples of native buckets are those of the classic ones, where it has both.
            (16, Content::Bytes(exemplar)) if bounds.is_empty() => {
                exemplars.push(Some(exemplar_of(exemplar)))
            }
            _ => {}
        }
    }
    buckets.push(count.saturating_sub(below));
    let native = schema.and_then(|schema| i8::try_from(schema).ok()).and_then(|schema| {
        let native = Native { schema, buckets_max: 0, zero_threshold: double(message, 6) };
        let (positive, negative) = (positive.counts()?, negative.counts()?);
        Some((native, Sketch { schema: Some(schema), zero, positive, negative }))
    });
    HistogramSnapshot { bounds: bounds.into(), buckets, sum: double(message, 2), count, native, exemplars }
}

/// Exponential buckets of one sign.
#[derive(Default)]
struct Runs {
    /// How far each run begins after the end of the last, and how long it is.
    spans: Vec<(i64, u64)>,
    /// Each count as its difference to the one before.
    deltas: Vec<i64>,
}

impl Runs {
    /// Counts by index; `None` where they make no sense, or are too far apart.
    fn counts(&self) -> Option<BTreeMap<i32, u64>> {
        let (mut counts, mut deltas) = (BTreeMap::new(), self.deltas.iter());
        let (mut index, mut count) = (0_i64, 0_i64);
        for (gap, length) in &self.spans {
            index = index.checked_add(*gap)?;
            for _ in 0..*length {
                count = count.checked_add(*deltas.next()?)?;
                counts.insert(i32::try_from(index).ok()?, u64::try_from(count).ok()?);
                index += 1;
            }
        }
        let (first, last) = (counts.keys().next(), counts.keys().next_back());
        let apart = first.zip(last).map_or(0, |(first, last)| i64::from(*last) - i64::from(*first));
        (apart < EXPONENTIAL_BUCKETS_MAX).then_some(counts)
    }
}

fn span_of(message: &[u8]) -> (i64, u64) {
    (signed(number(message, 1)), number(message, 2))
}

fn exemplar_of(message: &[u8]) -> Exemplar {
    let (mut labels, mut time) = (Vec::new(), SystemTime::now());
    for (field, content) in Reader::new(message) {
        match (field, content) {
            (1, Content::Bytes(pair)) => labels.push(pair_of(pair)),
            (3, Content::Bytes(told)) => time = UNIX_EPOCH + time_of(told),
            _ => {}
        }
    }
    let labels = span(&labels).map_or(ExemplarLabels::Custom(labels), ExemplarLabels::Span);
    Exemplar { labels, value: double(message, 2), time }
}

/// What labels name, if that is a span and nothing else.
fn span(labels: &[(String, String)]) -> Option<SpanReference> {
    let id = |wanted: &str, digits: usize| {
        let (_, value) = labels.iter().find(|(name, _)| name == wanted)?;
        let is_id = value.len() == digits && value.bytes().all(|digit| digit.is_ascii_hexdigit());
        if is_id { u128::from_str_radix(value, 16).ok() } else { None }
    };
    let (trace_id, span_id) = (id("trace_id", 32)?, id("span_id", 16)? as u64);
    (labels.len() == 2).then_some(SpanReference { trace_id, span_id })
}

fn pair_of(message: &[u8]) -> (String, String) {
    let part = |field| Reader::new(message).find(field).map_or_else(String::new, text);
    (part(1), part(2))
}

/// A `google.protobuf.Timestamp`.
fn time_of(message: &[u8]) -> Duration {
    // Later than that is no time of ours.
    let seconds = number(message, 1).min(1 << 36);
    Duration::new(seconds, u32::try_from(number(message, 2)).unwrap_or(0).min(999_999_999))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The number in a field; 0 where it is not there.
fn number(message: &[u8], wanted: u32) -> u64 {
    let number = |(field, content)| match content {
        Content::Number(number) if field == wanted => Some(number),
        _ => None,
    };
    Reader::new(message).find_map(number).unwrap_or(0)
}

fn double(message: &[u8], wanted: u32) -> f64 {
    let bytes = Reader::new(message).find(wanted).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0.0, f64::from_le_bytes)
}

fn signed(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data, number_data_point::Value};
    use prost::Message as _;

    use super::*;
    use crate::expose::parts::{self, Bucket, Example, NativeBuckets, Type};
    use crate::protobuf::Message;

    /// What a collector reads of one family.
    fn read(kind: Type, name: &str, write: impl FnOnce(&mut Message)) -> Vec<Metric> {
        let (mut family, mut told) = (Message::default(), Vec::new());
        parts::family(&mut family, name, "Help.", kind, "");
        parts::metric(&mut family, |metric| {
            parts::label(metric, "route", b"/orders/{id}");
            write(metric);
        });
        family.delimited(&mut told);
        let requests = requests(&Resource::new("shop"), &told, 1_000);
        let read = |request: &MetricsRequest| {
            let request = ExportMetricsServiceRequest::decode(&request.bytes[..]).unwrap();
            request.resource_metrics[0].scope_metrics[0].metrics.clone()
        };
        requests.iter().flat_map(read).collect()
    }

    #[test]
    fn a_counter_is_a_sum_with_its_example() {
        let labels = [
            ("span_id".to_owned(), "00f067aa0ba902b7".to_owned()),
            ("trace_id".to_owned(), "4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        ];
        let example = Example { labels: &labels, value: 1.0, time: 5_000_000 };
        let metrics = read(Type::Counter, "http_requests_total", |metric| {
            parts::counter(metric, 17.0, Some(&example), 2_500_000);
        });
        let Some(Data::Sum(sum)) = &metrics[0].data else { panic!("{metrics:?}") };
        let point = &sum.data_points[0];
        assert_eq!((metrics[0].name.as_str(), sum.is_monotonic), ("http_requests", true));
        assert_eq!((point.value, point.start_time_unix_nano), (Some(Value::AsDouble(17.0)), 2_500_000_000));
        assert_eq!(
            (&*point.attributes[0].key, point.exemplars[0].span_id[..2].to_vec()),
            ("route", vec![0, 0xf0])
        );
    }

    #[test]
    fn a_histogram_has_its_buckets_apart() {
        let bucket = |count, bound| Bucket { count, bound, example: None };
        let buckets = [bucket(1, 0.5), bucket(3, 1.0), bucket(7, f64::INFINITY)];
        let metrics =
            read(Type::Histogram, "seconds", |metric| parts::histogram(metric, 7, 9.5, buckets, None, 0));
        let Some(Data::Histogram(histogram)) = &metrics[0].data else { panic!("{metrics:?}") };
        let point = &histogram.data_points[0];
        assert_eq!((&point.explicit_bounds[..], &point.bucket_counts[..]), (&[0.5, 1.0][..], &[1, 2, 4][..]));
        assert_eq!((point.count, point.sum, point.start_time_unix_nano), (7, Some(9.5), 1_000_000_000));
    }

    #[test]
    fn a_native_histogram_is_an_exponential_one() {
        let positive = parts::Runs { spans: vec![(-2, 2), (4, 1)], deltas: vec![1, 2, -1] };
        let negative = parts::Runs::default();
        let native = NativeBuckets { schema: 3, zero_threshold: 0.25, zeros: 5, positive, negative };
        let metrics = read(Type::Histogram, "seconds", |metric| {
            parts::histogram(metric, 11, 9.5, [], Some((&native, &[])), 0);
        });
        let Some(Data::ExponentialHistogram(histogram)) = &metrics[0].data else { panic!("{metrics:?}") };
        let point = &histogram.data_points[0];
        let positive = point.positive.as_ref().unwrap();
        assert_eq!((point.scale, point.zero_count, point.count), (3, 5, 11));
        assert_eq!((positive.offset, &positive.bucket_counts[..]), (-3, &[1, 3, 0, 0, 0, 0, 2][..]));
    }

    #[test]
    fn what_has_no_likeness_or_is_said_already_is_left_out() {
        let gauge = |metric: &mut Message| parts::gauge(metric, 1.0);
        assert!(read(Type::Gauge, "target_info", gauge).is_empty());
        assert!(read(Type::GaugeHistogram, "queue", gauge).is_empty());
        assert_eq!(read(Type::Gauge, "build_info", gauge).len(), 1);
        assert_eq!(read(Type::Untyped, "whatever", |metric| parts::untyped(metric, 1.0)).len(), 1);
    }

    #[test]
    fn damaged_bytes_and_buckets_far_apart_do_no_harm() {
        let far = Runs { spans: vec![(0, 1), (1 << 30, 1)], deltas: vec![1, 1] };
        assert_eq!(far.counts(), None);
        let endless = Runs { spans: vec![(0, u64::MAX)], deltas: vec![1] };
        assert_eq!(endless.counts(), None);
        for damaged in [&b"\xff"[..], b"\x05abc", b"\x02\x22\xff", b"\x04\x22\x02\x3a\x7f"] {
            assert!(requests(&Resource::new("shop"), damaged, 0).is_empty());
        }
    }
}
