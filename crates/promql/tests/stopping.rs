//! Queries that would take long end soon after nobody wants them any more, whatever they are busy with.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use model::{Labels, Sample, Series, Value as SampledValue};
use promql::{Engine, Limits, QueryError, QueryOptions, Stop};
use tsdb::Store;

/// How long a query may go on without asking. Tests run without optimisation and beside others.
const SILENCE_MAX: Duration = Duration::from_millis(1_500);
/// How long queries run before they are stopped.
const RUN: Duration = Duration::from_millis(200);

/// Ten thousand series, with a bucket label and two labels to group by, of a sample each minute for ten minutes.
fn store() -> Store {
    let store = Store::in_memory();
    let series: Vec<Series> = (0..10_000)
        .map(|number: i64| Series {
            labels: Labels::from_pairs([
                ("__name__", "many".to_owned()),
                ("id", number.to_string()),
                ("le", (number % 10).to_string()),
                ("group", (number % 100).to_string()),
            ]),
            samples: (0..10)
                .map(|minute| Sample {
                    time: minute * 60_000,
                    start: None,
                    value: SampledValue::Float((number * 7919 % 10_007 + minute) as f64),
                })
                .collect(),
            ..Series::default()
        })
        .collect();
    store.append_series(&series).expect("series");
    store
}

/// Runs a query, stops it, and says how long it was silent at most: between two questions, and until it ended.
fn silence(store: &Store, query: &str, (start, end, step): (i64, i64, i64)) -> (Duration, bool) {
    let began = Instant::now();
    let asked = Mutex::new((Instant::now(), Duration::ZERO));
    let should_stop = || {
        let mut asked = asked.lock().expect("nobody panics");
        asked.1 = asked.1.max(asked.0.elapsed());
        asked.0 = Instant::now();
        (began.elapsed() > RUN).then_some(Stop::Cancelled)
    };
    let options = QueryOptions { should_stop: &should_stop, ..QueryOptions::default() };
    let engine = Engine::default();
    let outcome = match step {
        0 => engine.instant(store, query, start, &options),
        _ => engine.range(store, query, start, end, step, &options),
    };
    let cancelled = matches!(outcome, Err(QueryError::Cancelled));
    let (last, longest) = *asked.lock().expect("nobody panics");
    (longest.max(last.elapsed()), cancelled)
}

#[test]
fn queries_ask_often_whether_to_stop() {
    let store = store();
    let check = |query: &str, times, takes_long: bool| {
        let (silence, cancelled) = silence(&store, query, times);
        let shown: String = query.chars().take(100).collect();
        assert!(silence < SILENCE_MAX, "{shown} was silent for {silence:?}");
        assert!(cancelled || !takes_long, "{shown} was done before it could be stopped");
    };
    let (instant, range) = ((600_000, 600_000, 0), (0, 600_000, 100));
    for function in [
        "sum", "avg", "min", "max", "count", "last", "quantile", "stddev", "mad", "changes", "resets",
        "rate", "deriv",
    ] {
        let over = |inner: &str| match function {
            "changes" | "resets" | "rate" | "deriv" => format!("{function}({inner}[1d:1s])"),
            "quantile" => format!("quantile_over_time(0.9, {inner}[1d:1s])"),
            _ => format!("{function}_over_time({inner}[1d:1s])"),
        };
        let long = !matches!(function, "count" | "last" | "changes" | "resets" | "rate");
        check(&over(&over("vector(time())")), instant, long);
    }
    check("max_over_time(many[100y:1m])", instant, false);
    check("sum_over_time(sum_over_time(many[10m:10s])[10m:10s])", range, true);
    for query in [
        "many and on(id, group) many",
        "many or ignoring(le) many",
        "many unless on(le) many",
        "many * on(id) many",
        "many * on(group) group_left sum by (group) (many)",
        "many + on(id) fill(0) many",
        "histogram_quantile(0.9, many)",
        "topk by (group) (50, many)",
        "quantile by (group) (0.5, many)",
        "count_values(\"v\", many)",
        "limitk(5000, many)",
        "limit_ratio(0.5, many)",
        "sort_by_label(many, \"id\")",
        "label_replace(many, \"x\", \"$1-$2\", \"id\", \"(.)(.*)\")",
        "label_join(many, \"x\", \"-\", \"id\", \"le\", \"group\")",
        "info(many)",
        "sum by (id) (many)",
        "absent(many)",
        "many @ 300",
    ] {
        check(query, range, false);
    }
}

/// How often a query asks whether to stop until its series are selected, and what becomes of it where it is told to
/// then, halfway.
#[test]
fn selecting_many_series_asks_whether_to_stop() {
    let check = |query: &str, asked_min: u64| {
        let ask = |stop_at: u64| {
            // A store remembers what a pattern found, and need not try it again.
            let store = store();
            let asked = AtomicU64::new(0);
            let should_stop = || (asked.fetch_add(1, Relaxed) >= stop_at).then_some(Stop::Cancelled);
            // None may be selected, so nothing comes after the selection.
            let limits = Limits { series_max: 0, ..Limits::default() };
            let options = QueryOptions { should_stop: &should_stop, limits, ..QueryOptions::default() };
            let outcome = Engine::default().instant(&store, query, 600_000, &options);
            (outcome.map(|answer| answer.stats), asked.into_inner())
        };
        let (outcome, asked) = ask(u64::MAX);
        assert!(matches!(outcome, Err(QueryError::Limit { .. })), "{query}: {outcome:?}");
        assert!(asked > asked_min, "{query} asked {asked} times");
        let (outcome, asked) = ask(asked / 2);
        assert!(matches!(outcome, Err(QueryError::Cancelled)), "{query}: {outcome:?}, asked {asked} times");
    };
    check("many", 10_000 / 256);
    check("many{id=~\".*9.*\"}", 10_000 / 256);
}

#[test]
fn sorting_many_series_asks_whether_to_stop() {
    let store = store();
    let asked = |query: &str| {
        let asked = AtomicU64::new(0);
        let should_stop = || {
            asked.fetch_add(1, Relaxed);
            None
        };
        let options = QueryOptions { should_stop: &should_stop, ..QueryOptions::default() };
        Engine::default().instant(&store, query, 600_000, &options).expect("is answered");
        asked.into_inner()
    };
    // Two runs and their merge.
    let plain = asked("many");
    assert!(asked("sort(many)") >= plain + 4, "beside {plain} times");
    assert!(asked("sort_by_label_desc(many, \"id\")") >= plain + 4, "beside {plain} times");
}

#[test]
fn long_texts_are_soon_understood() {
    let store = store();
    let check = |query: String| {
        let (silence, _) = silence(&store, &query, (600_000, 600_000, 0));
        assert!(silence < SILENCE_MAX, "{:.60}... was silent for {silence:?}", query);
    };
    let long = "x".repeat(1_000_000);
    check(format!("{}{{a=\"{long}\"}}{}", "sum(".repeat(390), ")".repeat(390)));
    check(format!("sum({})", vec!["many"; 390].join(" or ")));
    check(format!("many{{{}}}", "a!=\"b\",".repeat(120_000)));
    check(format!("many{{id=~\"{}\"}}", "1|".repeat(50_000)));
    check(format!("many{{id=~\"{}\"}}", ".*1".repeat(1_000)));
    check(format!("sum by ({}) (many)", "a,".repeat(400_000)));
    check(format!("label_join(many, \"a\", \"b\"{})", ", \"id\"".repeat(1_000)));
    check(format!("label_replace(many, \"a\", \"{}\", \"id\", \"(.*)\")", "$1".repeat(1_000)));
}
