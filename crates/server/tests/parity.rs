//! The HTTP API beside a real Prometheus: both hold the same remote-written samples, both are asked the same, and every
//! answer must agree in status, media type, fields, types and, where it is about the samples, in every value.
//!
//! The peer that is usually installed is an old release (2.42): where a newer one answers otherwise, ours is that of the
//! newer, and the case says so. `FLIGHTDECK_TEST_PROMETHEUS` names the binary of another release to compare with.

mod harness;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use harness::{Beside, Response, get, post, request, wait_until};
use model::{Labels, Sample, Series, Timestamp, Value as SampleValue};
use serde_json::Value;

/// The newest sample, in milliseconds: half past a second, so that no window ends on one.
const NEWEST: Timestamp = 1_750_000_000_500;
const CONFIG: &str = "
global: {external_labels: {cluster: here}}
scrape_configs:
- job_name: node
  scrape_interval: 1h
  static_configs: [{targets: ['127.0.0.1:1', '127.0.0.1:2'], labels: {env: test}}]
  relabel_configs: [{source_labels: [__address__], regex: '.*:2', action: drop}, {regex: 'tmp.*', action: labeldrop}]
";

/// What must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agree {
    /// Everything.
    Whole,
    /// Status, media type, and the names and types of all fields; ours may have more fields.
    Shape,
    /// The status, and of a failure its type.
    Kind,
    /// The lines of an exposition, in any order.
    Lines,
}

/// `method agree path [body]`, one case per line. T stands for a time soon after the newest sample. What begins with
/// `3-` is held against a Prometheus 3 only, and what begins with `3+` against an older one as if it were `kind`.
const CASES: &str = r#"
GET whole query?query=up&time=T
GET whole query?query=test_total&time=T
GET whole query?query=test_gauge&time=T
GET whole query?query=test_total[1m]&time=T
GET whole query?query=1&time=T
GET whole query?query="text"&time=T
GET whole query?query=test_values&time=T
GET whole query?query=sort(test_total)&time=T&stats=
GET shape query?query=test_total&time=T&stats=true
GET shape query?query=test_total&time=T&stats=all
GET shape query_range?query=test_total&start=1749999900&end=T&step=30&stats=all
GET whole query?query=1&time=1435781451.781
GET whole query?query=1&time=1435781451
GET whole query?query=1&time=-1.5
GET whole query?query=1&time=1e9
GET whole query?query=1&time=.5
GET whole query?query=1&time=2015-07-01T20:10:51.781Z
GET whole query?query=1&time=2015-07-01T20:10:51Z
GET whole query?query=1&time=2015-07-01T22:10:51.781%2B02:00
GET whole query?query=1&time=2015-07-01T20:10:51.781999Z
GET whole query?query=1&time=2015-07-01T20:10:51,781Z
GET whole query?query=1&time=2015-07-01T2:10:51Z
GET kind query?query=1&time=9999-12-31T23:59:59Z
GET kind query?query=1&time=2015-07-01T20:10:60Z
GET kind query?query=1&time=2015-07-01T24:00:00Z
GET whole query?query=1&time=1_435_781_451.5
GET whole query?query=1&time=0x1p-2
GET kind query?query=1&time=0x10
GET whole query?query=1&time=1795280400.0005
GET kind query?query=1&time=-292273086-05-16T16:47:06Z
GET kind query?query=1&time=292277025-08-18T07:12:54.999999999Z
GET kind query?query=1&time=
GET 3+whole query?query=1&time=yesterday
GET 3+whole query?query=1&time=2015-07-01
GET 3+whole query?query=1&time=2015-07-01T20:10:51
GET 3+whole query?query=1&time=2015-07-01%2020:10:51Z
GET 3+whole query?query=1&time=2015-07-01t20:10:51z
GET 3+whole query?query=1&time=2015-07-01T20:10:51%2B02
GET 3+whole query?query=1&time=2015-07-01T20:10:51Z[UTC]
GET 3+whole query?query=1&time=30s
GET whole query?query=1&timeout=x
GET whole query?query=1&timeout=1x
GET whole query?query=1&time=T&timeout=1.5
GET whole query?query=1&time=T&timeout=1h30m
GET kind query?time=T
GET kind query?query=&time=T
GET kind query?query=up{&time=T
GET kind query?query=test_total%2Bon(x)test_total&time=T
GET kind query?query=test_total%2Btest_gauge[5m]&time=T
GET kind query?query=nosuchfunction(up)&time=T
GET kind query?query=test_total{side=~"["}&time=T
GET whole query_range?query=test_total&start=1749999900&end=T&step=30
GET whole query_range?query=test_total&start=1749999900&end=T&step=1m
GET whole query_range?query=test_total&start=1749999900&end=T&step=0.5
GET whole query_range?query=1&start=0&end=11000&step=1
GET whole query_range?query=1&start=0&end=11001&step=1
GET whole query_range?query=1&start=1&end=1&step=1
GET kind query_range?query="a"&start=0&end=1&step=1
GET kind query_range?query=test_total[1m]&start=0&end=1&step=1
GET whole query_range?query=1&end=1&step=1
GET whole query_range?query=1&start=1&step=1
GET whole query_range?query=1&start=0&end=1
GET whole query_range?query=1&start=x&end=1&step=1
GET whole query_range?query=1&start=0&end=1&step=x
GET whole query_range?query=1&start=0&end=1&step=1.5h
GET whole query_range?query=1&start=0&end=1&step=0
GET whole query_range?query=1&start=0&end=1&step=-1
GET whole query_range?query=1&start=0&end=1&step=1e300
GET whole query_range?query=1&start=2&end=1&step=1
POST whole query query=test_total&time=T
POST whole query?time=1&query=2 query=1
POST whole query?query=1&time=T
POST whole query_range query=test_total&start=1749999900&end=T&step=30
POST whole labels start=0&end=T
POST whole series match[]=test_total&start=0&end=T
GET whole labels?start=0&end=T
GET whole labels?match[]=test_total&start=0&end=T
GET whole labels?match[]=test_total&match[]=test_gauge&start=0&end=T
GET whole labels?match[]=nosuch&start=0&end=T
GET kind labels?match[]={&start=0&end=T
GET kind labels?match[]={}&start=0&end=T
GET whole labels?start=2&end=1
GET 3+whole labels?start=x
GET whole label/__name__/values?start=0&end=T
GET whole label/side/values?start=0&end=T
GET whole label/side/values?match[]=test_total{side="left"}&start=0&end=T
GET whole label/nosuch/values?start=0&end=T
GET kind label/side/values?match[]=x{
GET whole series?match[]=test_total&start=0&end=T
GET whole series?match[]=test_total&match[]={side="left"}&start=0&end=T
GET whole series?match[]=nosuch&start=0&end=T
GET whole series?start=0&end=T
GET kind series?match[]={}
GET kind series?match[]=up{
GET whole series?match[]=test_total&start=10&end=1749999000
GET whole query_exemplars?query=test_total&start=0&end=T
GET kind query_exemplars?query=test_total[&start=0&end=T
GET kind query_exemplars?query=test_total&start=2&end=1
GET whole format_query?query=sum(rate(test_total[5m]))by(side)
GET whole format_query?query=foo/bar
POST whole format_query query=foo/bar
GET kind format_query?query=foo/
GET whole metadata?metric=nosuch
GET kind metadata?limit=x
GET shape targets
GET shape targets?state=active
GET shape targets?state=dropped
GET shape targets?state=any
GET shape targets?scrapePool=node
GET shape targets?scrapePool=none
GET 3+whole targets/metadata?metric=nosuch
GET kind targets/metadata?match_target={
GET kind targets/metadata?limit=x
GET whole rules
GET whole rules?type=alert
GET whole rules?type=record
GET kind rules?type=other
GET whole alerts
GET whole alertmanagers
GET shape status/config
GET shape status/buildinfo
GET shape status/runtimeinfo
GET kind status/flags
GET shape status/tsdb
GET shape status/walreplay
POST whole admin/tsdb/delete_series?match[]=test_gone&start=0&end=T
GET whole series?match[]=test_gone&start=0&end=T
PUT whole admin/tsdb/delete_series?match[]=test_gone
POST kind admin/tsdb/delete_series
POST kind admin/tsdb/delete_series?match[]=x{
POST whole admin/tsdb/clean_tombstones
POST shape admin/tsdb/snapshot
PUT shape admin/tsdb/snapshot?skip_head=false
PUT shape admin/tsdb/snapshot?skip_head=true
POST kind read
GET kind read
GET kind write
PUT kind query?query=1
DELETE kind query?query=1
GET kind admin/tsdb/snapshot
POST kind label/side/values
POST kind targets
OPTIONS kind query
OPTIONS kind admin/tsdb/snapshot
GET lines /federate?match[]=test_total
GET lines /federate?match[]=test_total&match[]=test_gauge
GET lines /federate?match[]={job="none"}
GET lines /federate?match[]={__name__!="test_total",__name__!~"(up|scrape_.*|prometheus_.*|flightdeck_.*|go_.*|process_.*)"}
GET kind /federate?match[]={}
GET kind /federate?match[]={__name__=~".*"}
GET kind /federate?match[]={
GET kind /federate
GET kind /version
GET kind /-/healthy
GET kind /-/ready
HEAD kind /-/healthy
HEAD kind /-/ready
GET kind /-/reload
GET kind /metrics
GET 3-whole query?query=test_total&time=T&limit=1
GET 3-whole query?query=test_total&time=T&limit=0
GET 3-kind query?query=test_total&time=T&limit=-1
GET 3-whole query?query=test_total&time=T&limit=-1
GET 3-kind query?query=test_total&time=T&limit=x
GET 3-whole query_range?query=test_total&start=1749999900&end=T&step=30&limit=1
GET 3-whole query?query=test_total&time=T&lookback_delta=1s
GET 3-whole query?query=test_total&time=T&lookback_delta=x
GET 3-whole query?query=test_total&time=T&lookback_delta=10m
GET 3-shape query?query=test_total&time=T&stats=yes
GET 3-whole query?query=rate(test_gauge[1m])&time=T
GET 3-whole query?query=histogram_quantile(2,test_total)&time=T
GET 3-whole query?query={"test_total"}&time=T
GET 3-whole query?query=up{
GET 3-whole query?query=foo(
GET 3-whole query?query=
GET 3-whole query?query=nosuchfunction(up)&time=T
GET 3-whole query?query=test_total%2Btest_gauge[5m]&time=T
GET 3-kind query?query=test_total{side=~"["}&time=T
GET 3-kind query?query=test_total%2Bon(job)test_total&time=T
GET 3-whole query_range?query=test_total[1m]&start=0&end=1&step=1
GET 3-whole labels?start=0&end=T&limit=2
GET 3-kind labels?limit=x
GET 3-whole labels?start=2&end=1
GET 3-whole labels?match[]={}
GET 3-whole labels?match[]=x{
GET 3-whole label/side/values?start=0&end=T&limit=1
GET 3-whole label/side/values?start=2&end=1
GET 3-whole label/U__sp_20_ace/values?start=0&end=T
GET 3-whole label/U__side/values?start=0&end=T
GET 3-whole label/U__si_64_e/values?start=0&end=T
GET 3-whole label/U__bad_zz_/values?start=0&end=T
GET 3-whole label/nosuch/values?start=0&end=T
GET 3-whole label/0abc/values?start=0&end=T
GET 3-whole series?match[]=test_total&start=0&end=T&limit=1
GET 3-whole series?match[]=test_total&start=2&end=1
GET 3-whole series?match[]={}
GET 3-whole series?match[]=up{
GET 3-whole series?match[]=sum(up)
GET 3-whole query_exemplars?query=test_total&start=2&end=1
GET 3-whole query_exemplars?query=
GET 3-whole parse_query?query=sum(rate(test_total{side="left"}[5m]))by(side)
GET 3-whole parse_query?query=-1%2B2*3
GET 3-whole parse_query?query=up%20offset%205m%20@%20end()
GET 3-whole parse_query?query=max_over_time(up[1h:5m])
GET 3-whole parse_query?query=foo(
POST 3-whole parse_query query=up
GET 3-whole format_query?query=foo(
GET 3-whole metadata?metric=nosuch
GET 3-whole metadata?metric=flightdeck_build_info&limit=0
GET 3-whole metadata?limit=x
GET 3-whole metadata?metric=nosuch&limit=-1
GET 3-whole metadata?limit_per_metric=x
GET 3-whole scrape_pools
GET 3-whole targets/metadata?match_target={
GET 3-whole targets/metadata?limit=x
GET 3-whole targets/metadata?metric=nosuch
GET 3-whole targets/relabel_steps?scrapePool=node&labels={"__address__":"x:2"}
GET 3-whole targets/relabel_steps?scrapePool=node&labels={"__address__":"x:1"}
GET 3-whole targets/relabel_steps?scrapePool=node
GET 3-whole targets/relabel_steps
GET 3-kind targets/relabel_steps?scrapePool=node&labels=x
GET 3-whole targets/relabel_steps?scrapePool=none&labels={}
GET 3-whole rules?type=other
GET 3-kind rules?exclude_alerts=x
GET 3-kind rules?group_limit=x
GET 3-whole rules?group_limit=0
GET 3-whole rules?group_next_token=x
GET 3-whole rules?group_next_token=x&group_limit=1
GET kind targets?state=other
GET 3-whole rules?match[]=x{
GET 3-whole rules?exclude_alerts=true
GET 3-whole notifications
GET 3-kind features
GET 3-shape status/tsdb
GET 3-shape status/tsdb?limit=1
GET 3-whole status/tsdb?limit=0
GET 3-whole status/tsdb?limit=x
GET 3-whole status/tsdb?limit=10001
GET 3-shape status/tsdb/blocks
GET 3-shape status/self_metrics?metric_name_pattern=.*_build_info
GET 3-kind status/self_metrics?metric_name_pattern=[
GET 3-shape status/runtimeinfo
GET 3-shape status/buildinfo
GET 3-lines search/metric_names?search[]=test_t&start=0&end=T
GET 3-lines search/metric_names?search[]=tstt&fuzz_threshold=5&include_score=true&start=0&end=T
GET 3-kind search/metric_names?limit=x
GET 3-kind search/label_values
GET 3-kind search/metric_names?sort_by=x
GET 3-whole search/metric_names?sort_dir=asc&sort_by=score
GET 3-whole search/metric_names?sort_dir=asc
GET 3-whole search/metric_names?fuzz_threshold=101
GET 3-kind search/metric_names?case_sensitive=x
GET 3-whole search/metric_names?batch_size=x
GET 3-whole search/metric_names?limit=0
GET 3-lines search/metric_names?search[]=t_total&fuzz_alg=jarowinkler&include_score=true&start=0&end=T
GET 3-lines search/metric_names?search[]=test_totla&fuzz_threshold=90&fuzz_alg=jarowinkler&include_score=true&start=0&end=T
GET 3-lines search/metric_names?start=2&end=1
GET 3-lines search/metric_names?sort_by=score
GET 3-lines search/metric_names?search[]=nothing&start=0&end=T
GET 3-whole search/metric_names?include_score=x
GET 3-whole search/metric_names?fuzz_alg=x
GET 3-whole search/label_values
GET 3-lines search/label_values?label=side&start=0&end=T
GET 3-lines search/label_names?search[]=si&start=0&end=T
GET 3-lines search/metric_names?search[]=test_total&include_score=true&start=0&end=T
POST 3-whole admin/tsdb/delete_series
POST 3-whole admin/tsdb/delete_series?match[]=x{
POST 3-kind admin/tsdb/snapshot?skip_head=x
GET 3-lines /federate?match[]={
"#;

#[test]
fn every_answer_agrees_with_that_of_a_real_prometheus() {
    let their_flags = ["--web.enable-admin-api", "--web.enable-lifecycle", "--enable-feature=search-api"];
    let Some(beside) = Beside::start("parity", CONFIG, &their_flags, &["--admin-api"]) else { return };
    let Beside { theirs, ours, is_newer, .. } = beside;
    let body = wire::remote::write1::encode(&series(), &[]).expect("the write is packed");
    for address in [theirs, ours] {
        let headers = [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")];
        let response = post(address, "/api/v1/write", &headers, &body).expect("answered");
        assert_eq!(response.status, 204, "{address}: {}", response.text());
    }
    wait_until("both know their targets", 20, || {
        let has_targets = |address| {
            let targets = get(address, "/api/v1/targets").expect("answered").json();
            targets["data"]["activeTargets"].as_array().is_some_and(|targets| !targets.is_empty())
        };
        has_targets(theirs) && has_targets(ours)
    });
    let differences: Vec<String> = CASES
        .lines()
        .filter(|line| !line.is_empty())
        .filter_map(|case| {
            judge(case, is_newer, theirs, ours).err().map(|difference| format!("{case}\n  {difference}"))
        })
        .collect();
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
}

/// Asks both for the same; an error says how the answers differ.
fn judge(case: &str, is_newer: bool, theirs: SocketAddr, ours: SocketAddr) -> Result<(), String> {
    let mut words = case.splitn(4, ' ');
    let mut word = || words.next().unwrap_or("");
    let (method, agree, path, body) = (word(), word(), word(), word());
    if agree.starts_with("3-") && !is_newer {
        return Ok(());
    }
    let time = (NEWEST / 1000 + 3).to_string();
    let time_set =
        |text: &str| text.replace("time=T", &format!("time={time}")).replace("end=T", &format!("end={time}"));
    let quoted =
        time_set(path).replace('"', "%22").replace('{', "%7B").replace('}', "%7D").replace('[', "%5B");
    let quoted = quoted.replace(']', "%5D");
    let path = if path.starts_with('/') { quoted } else { format!("/api/v1/{quoted}") };
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let headers = if body.is_empty() { &[][..] } else { &form };
    let ask = |address| request(address, method, &path, headers, time_set(body).as_bytes());
    let (theirs, ours) = match (ask(theirs), ask(ours)) {
        (Ok(theirs), Ok(ours)) => (theirs, ours),
        (theirs, ours) => return Err(format!("no answer: {theirs:?} {ours:?}")),
    };
    let shown = || {
        format!(
            "\n    theirs: {} {:.400}\n    ours:   {} {:.400}",
            theirs.status,
            theirs.text(),
            ours.status,
            ours.text()
        )
    };
    if theirs.status != ours.status {
        return Err(format!("status{}", shown()));
    }
    let agree = match agree.split_once(['-', '+']) {
        Some((_, agree)) if is_newer => agree,
        Some(_) => "kind",
        None => agree,
    };
    let agree = match agree {
        "whole" => Agree::Whole,
        "shape" => Agree::Shape,
        "lines" => Agree::Lines,
        _ => Agree::Kind,
    };
    if agree != Agree::Kind && media_type(&theirs) != media_type(&ours) {
        return Err(format!("media type {:?} and {:?}", media_type(&theirs), media_type(&ours)));
    }
    let agrees = match agree {
        Agree::Lines if media_type(&theirs) == "application/x-ndjson" => objects(&theirs) == objects(&ours),
        Agree::Lines => lines(&theirs) == lines(&ours),
        _ if media_type(&theirs) != "application/json" => agree == Agree::Kind || theirs.body == ours.body,
        Agree::Whole => sorted(theirs.json()) == sorted(ours.json()),
        Agree::Shape => has_shape(&ours.json(), &theirs.json()),
        Agree::Kind => {
            let kind = |response: &Response| {
                serde_json::from_slice::<Value>(&response.body).map(|json| json["errorType"].clone()).ok()
            };
            kind(&theirs) == kind(&ours)
        }
    };
    if agrees { Ok(()) } else { Err(format!("{agree:?}{}", shown())) }
}

fn media_type(response: &Response) -> String {
    response.header("content-type").unwrap_or("").split(';').next().unwrap_or("").to_owned()
}

/// The order of series is defined only by `sort`, that of warnings not at all.
fn sorted(mut answer: Value) -> Value {
    let result = answer.pointer_mut("/data/result").and_then(Value::as_array_mut);
    if let Some(series) = result.filter(|list| list.first().is_some_and(Value::is_object)) {
        series.sort_by_key(|series| series["metric"].to_string());
    }
    for remarks in ["/warnings", "/infos"] {
        if let Some(remarks) = answer.pointer_mut(remarks).and_then(Value::as_array_mut) {
            remarks.sort_by_key(Value::to_string);
        }
    }
    answer
}

/// Whether `value` has the fields of `like`, each of the same type. Of lists and maps the first entries stand for all.
fn has_shape(value: &Value, like: &Value) -> bool {
    match (value, like) {
        (Value::Object(value), Value::Object(like)) => {
            like.iter().all(|(name, like)| value.get(name).is_some_and(|value| has_shape(value, like)))
        }
        (Value::Array(value), Value::Array(like)) => {
            like.is_empty() || value.is_empty() || has_shape(&value[0], &like[0])
        }
        // An answer that Go leaves empty.
        (_, Value::Null) => true,
        _ => std::mem::discriminant(value) == std::mem::discriminant(like),
    }
}

/// The lines of JSON.
fn objects(response: &Response) -> Vec<Value> {
    response.text().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The lines with their labels in order.
fn lines(response: &Response) -> BTreeSet<String> {
    let text = response.text();
    let in_order = |line: &str| match line
        .split_once('{')
        .and_then(|(name, rest)| Some((name, rest.split_once('}')?)))
    {
        Some((name, (labels, rest))) => {
            let mut labels: Vec<&str> = labels.split(',').collect();
            labels.sort_unstable();
            format!("{name}{{{}}}{rest}", labels.join(","))
        }
        None => line.to_owned(),
    };
    text.lines().map(in_order).collect()
}

/// Counters, gauges that come and go, every kind of number, and something to delete.
fn series() -> Vec<Series> {
    let one = |pairs: &[(&str, &str)], values: &[f64]| {
        let first = NEWEST - (values.len() as i64 - 1) * 10_000;
        let sample = |(index, value): (usize, &f64)| Sample {
            time: first + index as i64 * 10_000,
            start: None,
            value: SampleValue::Float(*value),
        };
        Series {
            labels: Labels::from_pairs(pairs.iter().copied()),
            samples: values.iter().enumerate().map(sample).collect(),
            ..Series::default()
        }
    };
    let counter: Vec<f64> = (0..20).map(|step| f64::from(step) * 1.1).collect();
    let mut all = vec![
        one(&[("__name__", "test_total"), ("job", "a"), ("instance", "one"), ("side", "left")], &counter),
        one(&[("__name__", "test_total"), ("job", "a"), ("instance", "two"), ("side", "right")], &counter),
        one(&[("__name__", "test_gauge"), ("quoted", "a\"b\\c\nd ü €")], &[1.0, f64::NAN, -0.0, 2.5]),
        one(&[("__name__", "test_gone"), ("job", "a")], &counter),
    ];
    let values = [
        0.0,
        -0.0,
        1e21,
        1e20,
        1e-6,
        1e-7,
        123_456_789.123,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        0.1,
        1e6,
        1e100,
    ];
    for (number, value) in values.iter().enumerate() {
        all.push(one(&[("__name__", "test_values"), ("number", &number.to_string())], &[*value]));
    }
    all
}
