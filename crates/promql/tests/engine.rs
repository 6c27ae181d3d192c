//! The engine at its door: with the settings a server has, bounds, interruption, annotations and explanations.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use model::{Labels, Sample, Series, Value as SampledValue};
use promql::{Engine, Limits, PlanNode, QueryError, QueryOptions, SampleValue, Stop, Value};
use tsdb::Store;

const MINUTE: i64 = 60_000;

/// Labels, first value, and what is added each minute.
type Line<'l> = (&'l [(&'l str, &'l str)], f64, f64);

/// A store with series written as `name{label="value"} first step`, a sample a minute for an hour.
fn store(series: &[Line<'_>]) -> Store {
    let store = Store::in_memory();
    let series: Vec<Series> = series
        .iter()
        .map(|(labels, first, step)| Series {
            labels: Labels::from_pairs(labels.iter().copied()),
            samples: (0..=60)
                .map(|minute| Sample {
                    time: minute * MINUTE,
                    start: None,
                    value: SampledValue::Float(first + step * minute as f64),
                })
                .collect(),
            ..Series::default()
        })
        .collect();
    store.append_series(&series).expect("series");
    store
}

fn requests() -> Store {
    store(&[
        (&[("__name__", "requests_total"), ("job", "api"), ("instance", "0")], 0.0, 60.0),
        (&[("__name__", "requests_total"), ("job", "api"), ("instance", "1")], 0.0, 120.0),
        (&[("__name__", "errors_total"), ("job", "api"), ("instance", "0")], 0.0, 6.0),
        (&[("__name__", "limit"), ("job", "api")], 5.0, 0.0),
    ])
}

fn text(value: &Value) -> String {
    match value {
        Value::Scalar { value, .. } => value.to_string(),
        Value::String { value, .. } => value.clone(),
        Value::Vector(samples) => {
            let samples: Vec<String> = samples
                .iter()
                .map(|sample| match &sample.value {
                    SampleValue::Float(value) => format!("{} {value}", sample.labels),
                    SampleValue::Histogram(histogram) => format!("{} {histogram}", sample.labels),
                })
                .collect();
            samples.join("; ")
        }
        Value::Matrix(series) => {
            let series: Vec<String> = series
                .iter()
                .map(|series| {
                    let floats: Vec<String> = series
                        .floats
                        .iter()
                        .map(|(time, value)| format!("{value}@{}", time / MINUTE))
                        .collect();
                    format!("{} {}", series.labels, floats.join(" "))
                })
                .collect();
            series.join("; ")
        }
    }
}

fn instant(store: &Store, query: &str) -> Result<String, QueryError> {
    let answer = Engine::default().instant(store, query, 30 * MINUTE, &QueryOptions::default())?;
    Ok(text(&answer.value))
}

#[test]
fn instant_queries_answer() {
    let store = requests();
    let check = |query: &str, want: &str| match instant(&store, query) {
        Ok(got) => assert_eq!(got, want, "{query}"),
        Err(error) => assert_eq!(format!("error: {error}"), want, "{query}"),
    };
    check("1 + 2 * 3", "7");
    check("\"text\"", "text");
    check("time()", "1800");
    check("sum(rate(requests_total[5m]))", "{} 3");
    check("sum by (instance) (rate(requests_total[5m]))", r#"{instance="0"} 1; {instance="1"} 2"#);
    check("errors_total / on (instance) requests_total", r#"{instance="0"} 0.1"#);
    check("limit", r#"limit{job="api"} 5"#);
    check("-limit", r#"{job="api"} -5"#);
    check("limit > 4", r#"limit{job="api"} 5"#);
    check("4 < bool limit", r#"{job="api"} 1"#);
    check("absent(nothing{job=\"x\"})", r#"{job="x"} 1"#);
    check("limit[2m]", r#"limit{job="api"} 5@29 5@30"#);
    check("topk(1, requests_total)", r#"requests_total{instance="1", job="api"} 3600"#);
    check("scalar(limit) + 1", "6");
    check("label_replace(limit, \"job\", \"${1}x\", \"job\", \"(.*)\")", r#"limit{job="apix"} 5"#);
    check("count({__name__=~\".+\"})", "{} 4");
    check(
        "max_over_time(rate(requests_total{instance=\"0\"}[5m])[10m:1m])",
        r#"{instance="0", job="api"} 1"#,
    );
}

#[test]
fn names_that_go_must_leave_distinct_series() {
    let store = requests();
    let check = |query: &str| {
        let error = instant(&store, query).expect_err(query).to_string();
        assert_eq!(error, "vector cannot contain metrics with the same labelset", "{query}");
    };
    check(r#"abs({instance="0"})"#);
    check(r#"rate({instance="0"}[5m])"#);
    check(r#"-{instance="0"}"#);
    check(r#"{instance="0"} + 1"#);
    check(r#"label_replace(requests_total, "instance", "", "", "")"#);
}

#[test]
fn series_that_do_not_match_one_to_one_are_errors() {
    let store = requests();
    let check = |query: &str, want: &str| {
        assert_eq!(instant(&store, query).expect_err(query).to_string(), want, "{query}");
    };
    check(
        "requests_total * on (job) limit",
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
    );
    check(
        "limit * on (job) requests_total",
        r#"found duplicate series for the match group {job="api"} on the right hand-side of the operation: [{__name__="requests_total", instance="0", job="api"}, {__name__="requests_total", instance="1", job="api"}];many-to-many matching not allowed: matching labels must be unique on one side"#,
    );
    check(
        "requests_total * on (job) group_left (instance) limit",
        "multiple matches for labels: grouping labels must ensure unique matches",
    );
}

#[test]
fn range_queries_answer_at_every_step() {
    let store = requests();
    let check = |query: &str, want: &str| {
        let options = QueryOptions::default();
        let answer = Engine::default().range(&store, query, 10 * MINUTE, 13 * MINUTE, MINUTE, &options);
        assert_eq!(text(&answer.expect(query).value), want, "{query}");
    };
    check("limit * 2", r#"{job="api"} 10@10 10@11 10@12 10@13"#);
    check("sum(requests_total)", "{} 1800@10 1980@11 2160@12 2340@13");
    check("time() / 60", "{} 10@10 11@11 12@12 13@13");
    check("sum(requests_total @ 600)", "{} 1800@10 1800@11 1800@12 1800@13");
    check("sum(requests_total offset 10m)", "{} 0@10 180@11 360@12 540@13");
    check("limit and on () (sum(requests_total) > 2000)", r#"limit{job="api"} 5@12 5@13"#);
    check(
        "requests_total{instance=\"0\"} > 650 or limit",
        r#"limit{job="api"} 5@10 5@11 5@12 5@13; requests_total{instance="0", job="api"} 660@11 720@12 780@13"#,
    );
}

#[test]
fn a_range_query_needs_a_vector_or_a_scalar() {
    let (store, options) = (requests(), QueryOptions::default());
    let error =
        Engine::default().range(&store, "limit[5m]", 0, MINUTE, MINUTE, &options).expect_err("a matrix");
    assert_eq!(
        error.to_string(),
        "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector"
    );
}

#[test]
fn annotations_stand_where_they_belong() {
    let store = requests();
    let check = |query: &str, warnings: &[&str], infos: &[&str]| {
        let answer =
            Engine::default().instant(&store, query, 30 * MINUTE, &QueryOptions::default()).expect(query);
        assert_eq!(answer.annotations.warnings(query), warnings, "{query}");
        assert_eq!(answer.annotations.infos(query), infos, "{query}");
    };
    let counter = "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"limit\"";
    check("rate(requests_total[5m])", &[], &[]);
    check("rate(limit[5m])", &[], &[&format!("{counter} (1:6)")]);
    check("sum(rate(limit[5m])) +\n sum(rate(limit[5m]))", &[], &[&format!("{counter} (2:11)")]);
    let two = "rate(limit[5m:1m]) + rate(limit[5m:1m])";
    check(two, &[], &[&format!("{counter} (1:1)")]);
    check(
        "quantile(2, limit)",
        &["PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)"],
        &[],
    );
    // Both have one step; the second asks for ten seconds more.
    let sort =
        "PromQL warning: sort is ineffective for range queries since results are always ordered by labels";
    check("max_over_time(sort(limit)[30s:1m])", &[], &[]);
    check("max_over_time(sort(limit)[30s:1m] offset -10s)", &[&format!("{sort} (1:15)")], &[]);
}

#[test]
fn bounds_are_named_when_they_are_reached() {
    let store = requests();
    let check = |query: &str, limits: Limits, want: &str| {
        let options = QueryOptions { limits, ..QueryOptions::default() };
        let answer = Engine::default().range(&store, query, 0, 60 * MINUTE, MINUTE, &options);
        assert_eq!(answer.map(|answer| text(&answer.value)).expect_err(query).to_string(), want, "{query}");
    };
    let defaults = Limits::default();
    check(
        "requests_total",
        Limits { series_max: 1, ..defaults },
        "query would select too many series (series_max is 1)",
    );
    let memory = "query processing would load too many samples into memory in query execution";
    check(
        "requests_total",
        Limits { samples_max: 100, ..defaults },
        &format!("{memory} (samples_max is 100)"),
    );
    check("requests_total", Limits { bytes_max: 100, ..defaults }, &format!("{memory} (bytes_max is 100)"));
    check("limit", Limits { steps_max: 60, ..defaults }, "query would have too many steps (steps_max is 60)");
    check("sum_over_time(limit[1y:1ms])", defaults, "query would have too many steps (steps_max is 5000000)");
    // Two series of 61 steps each: what an operator has on both sides is held while its result is made.
    let side = 2 * (61 * 8 + 64);
    let held = Limits { bytes_max: 2 * side + side / 2, ..defaults };
    for operator in ["+", "> bool", "and", "or", "unless", "* on (instance)"] {
        let query = format!("requests_total {operator} (requests_total * 2)");
        check(
            &query,
            Limits { bytes_max: side + side / 2, ..defaults },
            &format!("{memory} (bytes_max is {})", side + side / 2),
        );
    }
    check(
        "requests_total + (requests_total * 2)",
        held,
        &format!("{memory} (bytes_max is {})", held.bytes_max),
    );
    let small = QueryOptions { limits: Limits { samples_max: 200, ..defaults }, ..QueryOptions::default() };
    let sum = Engine::default().range(&store, "sum(requests_total)", 0, 60 * MINUTE, MINUTE, &small);
    assert!(sum.is_ok(), "an aggregation holds its groups only");
}

#[test]
fn queries_stop_when_asked_to() {
    let store = requests();
    let check = |stop: Stop, want: &str| {
        let asked = AtomicU64::new(0);
        let should_stop = || (asked.fetch_add(1, Relaxed) >= 2).then_some(stop);
        let options = QueryOptions { should_stop: &should_stop, ..QueryOptions::default() };
        let answer = Engine::default().instant(&store, "sum(requests_total) + sum(limit)", MINUTE, &options);
        assert_eq!(answer.map(|answer| text(&answer.value)).expect_err("stopped").to_string(), want);
    };
    check(Stop::TimedOut, "query timed out in expression evaluation");
    check(Stop::Cancelled, "query was canceled in expression evaluation");
}

#[test]
fn plans_explain_themselves() {
    let store = requests();
    let ticks = AtomicU64::new(0);
    let clock = || ticks.fetch_add(1, Relaxed);
    let options = QueryOptions { clock: Some(&clock), ..QueryOptions::default() };
    let query = "sum(rate(requests_total[5m])) / sum(rate(requests_total[5m]))";
    let answer = Engine::default().instant(&store, query, 30 * MINUTE, &options).expect(query);
    let plan = answer.plan.expect("there is a clock");
    fn outline(node: &PlanNode, depth: usize, lines: &mut Vec<String>) {
        lines.push(format!(
            "{}{} x{} {} series {} samples",
            "  ".repeat(depth),
            node.operation,
            node.evaluations,
            node.series,
            node.samples
        ));
        node.children.iter().for_each(|child| outline(child, depth + 1, lines));
    }
    let mut lines = Vec::new();
    outline(&plan, 0, &mut lines);
    assert_eq!(
        lines,
        [
            "/ x1 1 series 0 samples",
            "  sum x1 1 series 0 samples",
            "    rate x1 2 series 0 samples",
            "      range selector x0 2 series 10 samples",
            "  sum x0 0 series 0 samples",
            "    rate x0 0 series 0 samples",
            "      range selector x0 0 series 0 samples",
        ]
    );
    assert!(plan.nanos > 0);
    assert_eq!(answer.stats.samples_read, 20, "each side counts, though one is evaluated");
}

/// Two series of 61 samples each, looked at in 13 steps of five minutes: what is told is what that makes.
#[test]
fn what_is_explained_is_what_the_data_makes() {
    let store = requests();
    let ticks = AtomicU64::new(0);
    let clock = || ticks.fetch_add(1, Relaxed);
    let options = QueryOptions { clock: Some(&clock), ..QueryOptions::default() };
    let query = "requests_total / (requests_total + 1)";
    let answer = Engine::default().range(&store, query, 0, 60 * MINUTE, 5 * MINUTE, &options).expect(query);
    let plan = answer.plan.expect("there is a clock");
    let [left, right] = &plan.children[..] else { panic!("{plan:?}") };
    let selector = |node: &PlanNode| (node.operation, node.series, node.samples, node.bytes);
    let rows_bytes = 2 * (13 * 8 + 64);
    assert_eq!(selector(left), ("selector", 2, 122, rows_bytes), "kept, because it is asked for twice");
    assert_eq!((right.series, right.samples, right.bytes), (2, 0, rows_bytes));
    assert_eq!((plan.series, plan.samples), (2, 0));
    assert_eq!((answer.stats.series, answer.stats.samples_touched), (2, 2 * 2 * 13));
    assert!(answer.stats.bytes_peak >= rows_bytes, "{:?}", answer.stats);
    // Each tick is one look at the clock, and every node looks when it begins and when it ends.
    assert!(plan.nanos > left.nanos + right.nanos, "{plan:?}");
    assert!(left.nanos > 0 && plan.nanos <= ticks.into_inner(), "{plan:?}");
}

#[test]
fn the_deepest_queries_evaluate_on_a_small_stack() {
    let store = requests();
    let deep = |open: &str, inner: &str, close: &str| {
        let fits = |depth: usize| {
            let query = open.repeat(depth) + inner + &close.repeat(depth);
            promql::parse::parse(&query).ok().map(|_| query)
        };
        let mut depth = 1;
        while fits(depth * 2).is_some() && depth < 10_000 {
            depth *= 2;
        }
        fits(depth).expect(inner)
    };
    let queries = [
        deep("abs(", "limit", ")"),
        deep("-", "limit", ""),
        deep("", "limit", " + limit"),
        deep("sum(", "limit", ")"),
        deep("1 + (", "limit", ")"),
        deep("max_over_time(", "limit", "[1m:30s])"),
        deep("scalar(vector(", "1", "))"),
    ];
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for query in &queries {
            if let Err(error) = instant(&store, query) {
                assert!(matches!(error, QueryError::Limit { .. }), "{error}: {}", &query[..60]);
            }
        }
    });
    thread.expect("a thread").join().expect("no overflow");
}

#[test]
fn times_at_the_end_of_time_are_times() {
    let store = requests();
    let queries = [
        "limit",
        "rate(requests_total[5m])",
        "rate(requests_total[5m] smoothed)",
        "increase(requests_total[292y] anchored)",
        "limit offset 292y",
        "limit offset -292y",
        "limit smoothed",
        "limit @ 9223372036854775",
        "limit @ -9223372036854775",
        "max_over_time(limit[10m:1m])",
        "max_over_time(limit[10m:1m] offset -292y)",
        "max_over_time(limit[10m:1m] @ 9223372036854775)",
        "predict_linear(limit[5m], 1e300)",
        "deriv(requests_total[5m] @ 600)",
        "timestamp(limit)",
        "hour() + year() + day_of_year() + days_in_month()",
        "year(vector(1e300)) + month(vector(-1e300)) + day_of_week(vector(NaN))",
        "info(limit)",
        "limit[5m]",
        "time() + start() + end() + range() + step()",
    ];
    let (engine, options) = (Engine::default(), QueryOptions::default());
    for query in queries {
        for time in [i64::MIN, -(1 << 62), -1, 0, 1 << 62, i64::MAX] {
            let _ = engine.instant(&store, query, time, &options).map(|answer| text(&answer.value));
            let end = time.saturating_add(10 * MINUTE);
            let _ =
                engine.range(&store, query, time, end, MINUTE, &options).map(|answer| text(&answer.value));
        }
    }
}
