//! The engine against the reference: random data, random queries, the same answers, at one time and over a range.
//!
//! `PROMQL_DIFFERENTIAL_SEED` begins at another seed, `PROMQL_DIFFERENTIAL_SECONDS` goes on for that long.

mod reference;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use model::Labels;
use model::histogram::almost_equal;
use promql::{Engine, QueryOptions, SampleValue, Value};
use reference::data::{Data, LENGTH, Random, Times};
use reference::generate::{Dialect, Generator};
use reference::{Outcome, Reference};

/// Data sets in a run without limits of its own, and queries against each.
const SEEDS: u64 = 12;
const QUERIES: usize = 40;
/// When the data begins.
const FIRST: i64 = 1_000_000_000;
/// How deep expressions nest.
const DEPTH: usize = 4;

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcomes {
    /// Both have the same answer, which has series.
    Answered,
    /// Both have the same answer, which has none.
    Empty,
    /// Both fail.
    Failed,
    /// Series that lose their names are the same: an error over a range, as in Prometheus, even where they are never
    /// there at once. The reference, which sees one step at a time, cannot know.
    SameLabels,
    /// A match fails at a step of a subquery that falls between the ranges of the steps outside, which the reference
    /// does not evaluate.
    BetweenRanges,
}

/// The share of comparisons that may say nothing because of what the reference cannot know.
const UNKNOWN_SHARE_MAX: f64 = 0.03;

/// Points by series: what either side yields, in one form.
type Points = BTreeMap<Labels, Vec<(i64, f64)>>;

#[test]
fn the_engine_agrees_with_the_reference() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("PROMQL_DIFFERENTIAL_SEED").unwrap_or(1);
    let seconds = number("PROMQL_DIFFERENTIAL_SECONDS");
    let began = Instant::now();
    let (mut queries, mut differences) = (0, Vec::new());
    let mut outcomes: BTreeMap<Outcomes, usize> = BTreeMap::new();
    for seed in first.. {
        let go_on = match seconds {
            Some(seconds) => began.elapsed() < Duration::from_secs(seconds),
            None => seed < first + SEEDS,
        };
        if !go_on || differences.len() > 20 {
            break;
        }
        let mut random = Random::new(seed);
        let data = Data::random(&mut random, Times { first: FIRST, shift: None });
        for _ in 0..QUERIES {
            let query = Generator::new(&mut random, FIRST, Dialect::Reference).vector(DEPTH);
            let start = FIRST + random.below(LENGTH as usize) as i64;
            queries += 1;
            match compare(&data, &query, start) {
                Ok(both) => both.iter().for_each(|outcome| *outcomes.entry(*outcome).or_default() += 1),
                Err(difference) => differences.push(format!("seed {seed}: {query}\n{difference}")),
            }
        }
    }
    println!("{queries} queries at one time and over a range: {outcomes:?}, {} differ", differences.len());
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    let count = |outcome: Outcomes| outcomes.get(&outcome).copied().unwrap_or(0);
    let unknown = count(Outcomes::SameLabels) + count(Outcomes::BetweenRanges);
    assert!(unknown as f64 <= UNKNOWN_SHARE_MAX * 2.0 * queries as f64, "{unknown} comparisons say nothing");
    assert!(count(Outcomes::Answered) * 3 > queries, "too few queries have an answer");
}

/// Compares one query at `start` and over twenty steps from there.
fn compare(data: &Data, query: &str, start: i64) -> Result<[Outcomes; 2], String> {
    let store = tsdb::Store::in_memory();
    store.append_series(&data.to_series()).map_err(|error| error.to_string())?;
    let (engine, options) = (Engine::default(), QueryOptions::default());
    let subquery = query.contains(':');
    let expected = steps(data, query, start, start, 0);
    let got = engine.instant(&store, query, start, &options).map(|answer| points(answer.value));
    let instant = same(&expected, &got.map_err(|error| error.to_string()), subquery)
        .map_err(|difference| format!("at {start}: {difference}"))?;
    let (end, step) = (start + 19 * 37_000, 37_000);
    let expected = steps(data, query, start, end, step);
    let got = engine.range(&store, query, start, end, step, &options).map(|answer| points(answer.value));
    let range = same(&expected, &got.map_err(|error| error.to_string()), subquery)
        .map_err(|difference| format!("from {start} to {end} step {step}: {difference}"))?;
    Ok([instant, range])
}

/// The reference's answer at every step.
fn steps(data: &Data, query: &str, start: i64, end: i64, step: i64) -> Result<Points, String> {
    let expr = promql::parse::parse(query).map_err(|error| format!("{query}: {error}"))?;
    let reference = Reference { data, start, end, step };
    let mut points = Points::new();
    let mut time = start;
    loop {
        match reference.at(&expr, time)? {
            Outcome::Scalar(value) => points.entry(Labels::empty()).or_default().push((time, value)),
            Outcome::Vector(vector) => {
                for (labels, value) in reference::unique(vector)? {
                    points.entry(labels).or_default().push((time, value));
                }
            }
        }
        time += step;
        if step == 0 || time > end {
            return Ok(points);
        }
    }
}

fn points(value: Value) -> Points {
    match value {
        Value::Vector(samples) => {
            let float = |value: SampleValue| match value {
                SampleValue::Float(value) => value,
                SampleValue::Histogram(_) => panic!("there are no histograms"),
            };
            samples.into_iter().map(|s| (s.labels, vec![(s.time, float(s.value))])).collect()
        }
        Value::Matrix(series) => series.into_iter().map(|s| (s.labels, s.floats.iter().collect())).collect(),
        other => panic!("no scalars nor texts are asked for: {other:?}"),
    }
}

/// Whether both are the same, where a failure is the same as any other.
fn same(
    expected: &Result<Points, String>,
    got: &Result<Points, String>,
    subquery: bool,
) -> Result<Outcomes, String> {
    let (expected, got) = match (expected, got) {
        (Err(_), Err(_)) => return Ok(Outcomes::Failed),
        (Ok(expected), Ok(got)) => (expected, got),
        (Ok(_), Err(error)) if error.contains("same labelset") => return Ok(Outcomes::SameLabels),
        (Ok(_), Err(error)) if subquery && error.contains("match") => return Ok(Outcomes::BetweenRanges),
        _ => return Err(format!("expected {expected:?}\ngot {got:?}")),
    };
    for labels in expected.keys().chain(got.keys()) {
        let (Some(want), Some(found)) = (expected.get(labels), got.get(labels)) else {
            return Err(format!("{labels}: expected {:?}, got {:?}", expected.get(labels), got.get(labels)));
        };
        let close = |a: f64, b: f64| almost_equal(a, b, 1e-6) || (a - b).abs() < 1e-6;
        let equal =
            want.len() == found.len() && want.iter().zip(found).all(|(a, b)| a.0 == b.0 && close(a.1, b.1));
        if !equal {
            return Err(format!("{labels}: expected {want:?}\ngot {found:?}"));
        }
    }
    Ok(if expected.is_empty() { Outcomes::Empty } else { Outcomes::Answered })
}
