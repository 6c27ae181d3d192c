//! Expressions of real dashboards, each evaluated over series it selects: none may panic, and few may fail.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use model::{Labels, MatchOp, Sample, Series, Value};
use promql::syntax::Expr;
use promql::{Engine, QueryOptions, Stop};
use tsdb::Store;

const EXPRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/testdata/promql/dashboard-exprs.txt");
const MINUTE: i64 = 60_000;

/// Labels that the selectors of an expression match: what equality asks for, and of a pattern one of its texts.
fn series_of(expr: &Expr, found: &mut BTreeSet<Labels>) {
    for selector in expr.selectors() {
        for instance in ["a", "b"] {
            let wanted = selector.matchers.iter().filter_map(|matcher| match matcher.op {
                MatchOp::Equal => Some((matcher.name.clone(), matcher.value.clone())),
                MatchOp::Regex => {
                    let literals = matcher.regex().and_then(|regex| regex.literals());
                    let literal = literals.and_then(<[String]>::first).cloned();
                    Some((matcher.name.clone(), literal.unwrap_or_else(|| instance.to_owned())))
                }
                MatchOp::NotEqual | MatchOp::NotRegex => None,
            });
            let extra = [("instance".to_owned(), instance.to_owned()), ("le".to_owned(), "+Inf".to_owned())];
            let labels = Labels::from_pairs(extra.into_iter().chain(wanted));
            if selector.matchers.iter().all(|matcher| matcher.matches(labels.value(&matcher.name))) {
                found.insert(labels);
            }
        }
    }
}

#[test]
fn expressions_of_dashboards_evaluate() {
    let Ok(text) = std::fs::read_to_string(EXPRESSIONS) else {
        assert!(std::env::var_os("CI").is_none(), "{EXPRESSIONS} is absent");
        println!("skipped: {EXPRESSIONS} is absent");
        return;
    };
    let expressions: Vec<(&str, Expr)> =
        text.lines().filter_map(|line| promql::parse::parse(line).ok().map(|expr| (line, expr))).collect();
    let mut labels = BTreeSet::new();
    expressions.iter().for_each(|(_, expr)| series_of(expr, &mut labels));
    let series: Vec<Series> = labels
        .into_iter()
        .enumerate()
        .map(|(number, labels)| Series {
            labels,
            samples: (0..30)
                .map(|minute| Sample {
                    time: minute * MINUTE + 1,
                    start: None,
                    value: Value::Float((number % 7) as f64 * minute as f64),
                })
                .collect(),
            ..Series::default()
        })
        .collect();
    let store = Store::in_memory();
    store.append_series(&series).expect("series");
    let (engine, answered) = (Engine::default(), AtomicU64::new(0));
    let mut failures = Vec::new();
    for (number, (query, expr)) in expressions.iter().enumerate() {
        let asked = AtomicU64::new(0);
        // Some join thousands of the series that others select; a test need not wait for those.
        let should_stop = || (asked.fetch_add(1, Relaxed) > 10_000).then_some(Stop::TimedOut);
        let options = QueryOptions { should_stop: &should_stop, ..QueryOptions::default() };
        let times = (20 * MINUTE, 28 * MINUTE, 2 * MINUTE);
        let answer = match number % 2 {
            0 => engine.instant_expr(&store, query, expr, 25 * MINUTE, &options),
            _ => engine.range_expr(&store, query, expr, times, &options),
        };
        match answer {
            Ok(answer) => {
                answered.fetch_add(u64::from(answer.value.sample_count() > 0), Relaxed);
            }
            Err(error) => failures.push((error.to_string(), query)),
        }
    }
    let (total, failed, answered) = (expressions.len(), failures.len(), answered.into_inner());
    println!("{total} expressions over {} series: {answered} with an answer, {failed} failed", series.len());
    failures.sort();
    failures.iter().take(20).for_each(|(error, query)| println!("{error}\n    {query}"));
    assert!(answered as usize > total / 2, "most expressions find what they select");
    assert!(failed < total / 10, "{failed} of {total} failed");
}
