//! Requests in, series out: both encodings, every kind of metric.

use expect_test::{Expect, expect};

use super::*;
use crate::otlp::{Request, decode, decode_json};
use crate::protobuf::Message;

fn render(translated: &Translated) -> String {
    let mut text = String::new();
    let mut series = |prefix: &str, all: &[Series]| {
        for series in all {
            for sample in &series.samples {
                let value = match &sample.value {
                    Value::Float(value) if model::is_stale_nan(*value) => "stale".to_owned(),
                    Value::Float(value) => value.to_string(),
                    Value::Histogram(histogram) => format!(
                        "{{schema {} count {} sum {} zero {}@{} +{:?}{:?} -{:?}{:?} {:?}}}",
                        histogram.schema,
                        histogram.count,
                        histogram.sum,
                        histogram.zero_count,
                        histogram.zero_threshold,
                        histogram.positive_spans.iter().map(|s| (s.offset, s.length)).collect::<Vec<_>>(),
                        histogram.positive,
                        histogram.negative_spans.iter().map(|s| (s.offset, s.length)).collect::<Vec<_>>(),
                        histogram.negative,
                        histogram.custom_values
                    ),
                    Value::FloatHistogram(histogram) => format!("{{float, sum {}}}", histogram.sum),
                };
                text +=
                    &format!("{prefix}{} {value} @{} since {:?}", series.labels, sample.time, sample.start);
                for exemplar in &series.exemplars {
                    text += &format!(" # {} {} {:?}", exemplar.labels, exemplar.value, exemplar.time);
                }
                text.push('\n');
            }
        }
    };
    series("", &translated.batch.series);
    series("delta ", &translated.deltas);
    for (family, metadata) in &translated.batch.metadata {
        text += &format!("# {family} {} {:?} {:?}\n", metadata.kind, metadata.unit, metadata.help);
    }
    for refused in &translated.batch.refusals {
        text += &format!("refused {}: {}\n", refused.series, refused.reason);
    }
    text
}

fn check(json: &str, options: &Options, want: Expect) {
    let request: Request<'_> = decode_json(json.as_bytes()).unwrap();
    want.assert_eq(&render(&translate(&request, options)));
}

const NUMBERS: &str = r#"{"resourceMetrics":[{
  "resource":{"attributes":[
    {"key":"service.name","value":{"stringValue":"shop"}},
    {"key":"service.namespace","value":{"stringValue":"eu"}},
    {"key":"service.instance.id","value":{"stringValue":"i-1"}},
    {"key":"host.name","value":{"stringValue":"h1"}},
    {"key":"cores","value":{"intValue":"4"}}]},
  "scopeMetrics":[{"scope":{"name":"lib","version":"1.2","attributes":[{"key":"x.y","value":{"boolValue":true}}]},"metrics":[
    {"name":"http.requests","unit":"1","description":"Requests.","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
      {"attributes":[{"key":"a.b","value":{"stringValue":"1"}},{"key":"a_b","value":{"stringValue":"2"}}],
       "startTimeUnixNano":"1000000000","timeUnixNano":"2000000000","asInt":"7",
       "exemplars":[{"timeUnixNano":1500000000,"asDouble":3,"traceId":"0AF7651916CD43DD8448EB211C80319C","spanId":"b7ad6b7169203331"}]}]}},
    {"name":"queue","gauge":{"dataPoints":[
      {"timeUnixNano":"3000000000","asDouble":1.5},
      {"timeUnixNano":"3000000000","flags":1,"attributes":[{"key":"l","value":{"arrayValue":{"values":[{"intValue":1},{"stringValue":"x"}]}}}]},
      {"timeUnixNano":"3000000000"},
      {"asDouble":1}]}},
    {"name":"sent","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[{"timeUnixNano":"3000000000","asInt":2}]}},
    {"name":"odd","sum":{"dataPoints":[{"timeUnixNano":"3000000000","asInt":2}]}}
  ]}]}]}"#;

#[test]
fn numbers_with_the_default_options() {
    check(
        NUMBERS,
        &Options::default(),
        expect![[r#"
        http_requests_total{a_b="1;2", instance="i-1", job="eu/shop"} 7 @2000 since Some(1000) # {span_id="b7ad6b7169203331", trace_id="0af7651916cd43dd8448eb211c80319c"} 3 Some(1500)
        queue{instance="i-1", job="eu/shop"} 1.5 @3000 since None
        queue{instance="i-1", job="eu/shop", l="[1,\"x\"]"} stale @3000 since None
        target_info{cores="4", host_name="h1", instance="i-1", job="eu/shop"} 1 @3000 since None
        delta sent_total{instance="i-1", job="eu/shop"} 2 @3000 since None
        # http_requests_total counter "1" "Requests."
        # queue gauge "" ""
        # sent_total counter "" ""
        # target_info gauge "" "Target metadata"
        refused queue: the point has no value
        refused queue: the point has no time
        refused odd: the aggregation temporality is neither delta nor cumulative
    "#]],
    );
}

#[test]
fn numbers_with_everything_promoted_and_nothing_translated() {
    let options = Options {
        strategy: Strategy::NoTranslation,
        promote_all_resource_attributes: true,
        ignore_resource_attributes: vec!["cores".to_owned()],
        keep_identifying_resource_attributes: true,
        promote_scope_metadata: true,
        ..Options::default()
    };
    check(
        NUMBERS,
        &options,
        expect![[r#"
        {"http.requests", "a.b"="1", a_b="2", "host.name"="h1", instance="i-1", job="eu/shop", otel_scope_name="lib", otel_scope_version="1.2", "otel_scope_x.y"="true", "service.instance.id"="i-1", "service.name"="shop", "service.namespace"="eu"} 7 @2000 since Some(1000) # {span_id="b7ad6b7169203331", trace_id="0af7651916cd43dd8448eb211c80319c"} 3 Some(1500)
        queue{"host.name"="h1", instance="i-1", job="eu/shop", otel_scope_name="lib", otel_scope_version="1.2", "otel_scope_x.y"="true", "service.instance.id"="i-1", "service.name"="shop", "service.namespace"="eu"} 1.5 @3000 since None
        queue{"host.name"="h1", instance="i-1", job="eu/shop", l="[1,\"x\"]", otel_scope_name="lib", otel_scope_version="1.2", "otel_scope_x.y"="true", "service.instance.id"="i-1", "service.name"="shop", "service.namespace"="eu"} stale @3000 since None
        target_info{cores="4", "host.name"="h1", instance="i-1", job="eu/shop", "service.instance.id"="i-1", "service.name"="shop", "service.namespace"="eu"} 1 @3000 since None
        delta sent{"host.name"="h1", instance="i-1", job="eu/shop", otel_scope_name="lib", otel_scope_version="1.2", "otel_scope_x.y"="true", "service.instance.id"="i-1", "service.name"="shop", "service.namespace"="eu"} 2 @3000 since None
        # http.requests counter "1" "Requests."
        # queue gauge "" ""
        # sent counter "" ""
        # target_info gauge "" "Target metadata"
        refused queue: the point has no value
        refused queue: the point has no time
        refused odd: the aggregation temporality is neither delta nor cumulative
    "#]],
    );
}

const HISTOGRAMS: &str = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
    {"name":"latency","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[
      {"timeUnixNano":"2000000000","count":"6","sum":7.5,"bucketCounts":["1","2","3"],"explicitBounds":[0.5,1],
       "exemplars":[{"asDouble":0.7,"timeUnixNano":"1000000000","traceId":"aa"},{"asDouble":5,"traceId":"bb"}]},
      {"timeUnixNano":"2000000000","count":"6","bucketCounts":["1"],"explicitBounds":[0.5,1]}]}},
    {"name":"exponential","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[
      {"timeUnixNano":"2000000000","count":"10","sum":7.5,"scale":10,"zeroCount":1,
       "positive":{"offset":-2,"bucketCounts":[1,1,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,3]},
       "negative":{"offset":3,"bucketCounts":[2]}},
      {"timeUnixNano":"2000000000","scale":-5},
      {"timeUnixNano":"2000000000","flags":1}]}},
    {"name":"summary","summary":{"dataPoints":[
      {"timeUnixNano":"2000000000","count":2,"sum":3,"quantileValues":[{"quantile":0.5,"value":1},{"quantile":1,"value":2}]}]}}
  ]}]}]}"#;

#[test]
fn histograms_and_summaries() {
    check(
        HISTOGRAMS,
        &Options::default(),
        expect![[r#"
        latency_seconds_sum 7.5 @2000 since None
        latency_seconds_count 6 @2000 since None
        latency_seconds_bucket{le="0.5"} 1 @2000 since None
        latency_seconds_bucket{le="1"} 3 @2000 since None # {trace_id="aa"} 0.7 Some(1000)
        latency_seconds_bucket{le="+Inf"} 6 @2000 since None # {trace_id="bb"} 5 None
        exponential {schema 8 count 10 sum 7.5 zero 1@0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001 +[(0, 2), (3, 1)][2, 2, 3] -[(1, 1)][2] []} @2000 since None
        exponential {float, sum NaN} @2000 since None
        summary_sum 3 @2000 since None
        summary_count 2 @2000 since None
        summary{quantile="0.5"} 1 @2000 since None
        summary{quantile="1"} 2 @2000 since None
        # latency_seconds histogram "s" ""
        # exponential histogram "" ""
        # summary summary "" ""
        refused latency_seconds: 1 bucket counts do not fit 2 bounds
        refused exponential: scale -5 is below -4
    "#]],
    );
}

#[test]
fn histograms_as_custom_buckets() {
    check(
        HISTOGRAMS,
        &Options { histograms_to_custom: true, ..Options::default() },
        expect![[r#"
        latency_seconds {schema -53 count 6 sum 7.5 zero 0@0 +[(0, 3)][1, 2, 3] -[][] [0.5, 1.0]} @2000 since None # {trace_id="aa"} 0.7 Some(1000) # {trace_id="bb"} 5 None
        exponential {schema 8 count 10 sum 7.5 zero 1@0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001 +[(0, 2), (3, 1)][2, 2, 3] -[(1, 1)][2] []} @2000 since None
        exponential {float, sum NaN} @2000 since None
        summary_sum 3 @2000 since None
        summary_count 2 @2000 since None
        summary{quantile="0.5"} 1 @2000 since None
        summary{quantile="1"} 2 @2000 since None
        # latency_seconds histogram "s" ""
        # exponential histogram "" ""
        # summary summary "" ""
        refused latency_seconds: 1 bucket counts do not fit 2 bounds
        refused exponential: scale -5 is below -4
    "#]],
    );
}

/// A protobuf request with one of everything that `NUMBERS` has in its first metric.
fn protobuf() -> Vec<u8> {
    let attribute = |message: &mut Message, number: u32, key: &str, value: &str| {
        message.message(number, |pair| {
            pair.text(1, key);
            pair.message(2, |any| any.text(1, value));
        });
    };
    let mut request = Message::default();
    request.message(1, |resource_metrics| {
        resource_metrics.message(1, |resource| attribute(resource, 1, "service.name", "shop"));
        resource_metrics.message(2, |scope_metrics| {
            scope_metrics.message(2, |metric| {
                metric.text(1, "http.requests");
                metric.message(7, |sum| {
                    sum.message(1, |point| {
                        attribute(point, 7, "a.b", "1");
                        point.double_always(4, 7.0);
                        point.double_always(3, f64::from_bits(2_000_000_000));
                        point.message(7, |pair| {
                            pair.text(1, "list");
                            pair.message(2, |any| {
                                any.message(5, |array| {
                                    array.message(1, |any| any.uint_always(3, 1));
                                    array.message(1, |any| any.text(1, "x\"y"));
                                });
                            });
                        });
                        point.message(5, |exemplar| {
                            exemplar.delimited(5, &[0x0a, 0xf7]);
                            exemplar.double(3, 2.5);
                        });
                    });
                    sum.uint(2, CUMULATIVE);
                    sum.uint(3, 1);
                });
            });
        });
    });
    request.into_bytes()
}

#[test]
fn protobuf_requests() {
    let body = protobuf();
    expect![[r#"
        http_requests_total{a_b="1", job="shop", list="[1,\"x\\\"y\"]"} 7 @2000 since None # {trace_id="0af7"} 2.5 None
        # http_requests_total counter "" ""
    "#]].assert_eq(&render(&translate(&decode(&body).unwrap(), &Options::default())));
}

#[test]
fn nesting_without_end_is_refused() {
    let mut value = Message::default();
    value.text(1, "x");
    for _ in 0..200 {
        let inner = value.into_bytes();
        value = Message::default();
        value.message(5, |array| array.delimited(1, &inner));
    }
    let value = value.into_bytes();
    let mut request = Message::default();
    request.message(1, |resource_metrics| {
        resource_metrics.message(1, |resource| resource.message(1, |pair| pair.delimited(2, &value)));
    });
    let error = decode(&request.into_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "malformed protobuf: an attribute is nested too deep");
}

#[test]
fn json_errors_name_the_field() {
    let check = |json: &str, want: &str| {
        assert_eq!(
            decode_json(json.as_bytes()).unwrap_err().to_string(),
            format!("malformed OTLP JSON: {want}")
        );
    };
    check("[]", "the request: expected an object");
    check(r#"{"resourceMetrics":{}}"#, "resourceMetrics: expected an array");
    check(
        r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"timeUnixNano":"x"}]}}]}]}]}"#,
        "timeUnixNano: expected a whole number",
    );
}
