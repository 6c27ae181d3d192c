//! Random data and random queries, answered by a real Prometheus and by us: the same answers, at one time and over a
//! range, with the same warnings.
//!
//! An installed Prometheus 2 is asked what it knows, on data whose samples never lie on the edge of a window, since its
//! windows include their left end. `FLIGHTDECK_TEST_PROMETHEUS` names a Prometheus 3, which is asked for everything.
//! `PROMQL_DIFFERENTIAL_SEED` begins at another seed, `PROMQL_DIFFERENTIAL_SECONDS` goes on for that long.

#[path = "../compliance/compare.rs"]
mod compare;
mod data;
#[path = "../harness/mod.rs"]
mod harness;
mod reference;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::{Beside, encode, get, post};
use model::{STALE_NAN, Sample, Series, Value};
use reference::data::{Data, LENGTH, Random, Times};
use reference::generate::{Dialect, Generator};
use serde_json::Value as Json;

/// Data sets in a run without limits of its own, and queries against each.
const SEEDS: u64 = 6;
const QUERIES: usize = 40;
/// How deep expressions nest.
const DEPTH: usize = 3;
/// After so many differences there is enough to look at.
const DIFFERENCES_MAX: usize = 40;
/// When the data of the first seed begins; that of each next one lies a whole look-back behind everything before it.
const FIRST: i64 = 1_700_000_000_000;
const APART: i64 = 4 * 3_600_000;
/// How much time one write covers.
const WRITE_MS: i64 = 300_000;
/// How far behind a round second samples and queries lie, so that no window ends on a sample.
const SAMPLE_SHIFT: i64 = 217;
const QUERY_SHIFT: i64 = 500;

const SWITCHED_ON: &str = "--enable-feature=native-histograms,promql-experimental-functions,promql-duration-expr,\
                           promql-extended-range-selectors,promql-binop-fill-modifiers";

/// What came of the queries, counted.
#[derive(Default)]
struct Tally {
    queries: usize,
    answered: usize,
    differences: Vec<String>,
}

#[test]
fn random_queries_agree_with_a_real_prometheus() {
    let config = "scrape_configs: []\n";
    // Ours scrapes itself, so its newest sample is of today; what the seeds bring is not to be old beside that.
    let our_flags = ["--out-of-order-window=100y"];
    let Some(beside) = Beside::start("differential", config, &[SWITCHED_ON], &our_flags) else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("PROMQL_DIFFERENTIAL_SEED").unwrap_or(1);
    let seconds = number("PROMQL_DIFFERENTIAL_SECONDS");
    let (began, mut tally) = (Instant::now(), Tally::default());
    for seed in first.. {
        let go_on = match seconds {
            Some(seconds) => began.elapsed() < Duration::from_secs(seconds),
            None => seed < first + SEEDS,
        };
        if !go_on || tally.differences.len() > DIFFERENCES_MAX {
            break;
        }
        one_seed(&beside, seed, FIRST + (seed - first) as i64 * APART, &mut tally);
    }
    let Tally { queries, answered, differences } = tally;
    println!("{queries} queries, {answered} with an answer, {} differ", differences.len());
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    assert!(answered * 3 > queries, "too few queries have an answer");
}

/// Writes the data of a seed to both and asks both its queries.
fn one_seed(beside: &Beside, seed: u64, first: i64, tally: &mut Tally) {
    let mut random = Random::new(seed);
    let times = Times { first, shift: (!beside.is_newer).then_some(SAMPLE_SHIFT) };
    write(beside, first, &series(&mut random, times, beside.is_newer));
    let dialect = if beside.is_newer { Dialect::Prometheus3 } else { Dialect::Prometheus2 };
    for number in 0..QUERIES {
        let query = Generator::new(&mut random, first, dialect).vector(1 + number % DEPTH);
        let start = first + random.below(LENGTH as usize / 1000) as i64 * 1000 + QUERY_SHIFT;
        let step = [15, 37, 60, 120][random.below(4)];
        let path = match random.one_in(2) {
            true => format!("query?time={}", seconds_of(start)),
            false => {
                let end = start + step * 1000 * random.below(25) as i64;
                format!("query_range?start={}&end={}&step={step}", seconds_of(start), seconds_of(end))
            }
        };
        tally.queries += 1;
        match compare(beside, &format!("/api/v1/{path}&query={}", encode(&query))) {
            Ok(has_answer) => tally.answered += usize::from(has_answer),
            Err(difference) => {
                tally.differences.push(format!("seed {seed}: {query}\n  {path}\n  {difference:.1500}"));
            }
        }
    }
}

fn series(random: &mut Random, times: Times, is_newer: bool) -> Vec<Series> {
    let mut series = Data::random(random, times).to_series();
    series.extend(data::buckets(random, times));
    if is_newer {
        series.extend(data::natives(random, times));
        series.extend(data::infos(random, times));
    }
    series.retain(|series| !series.samples.is_empty());
    series
}

/// Writes everything to both, in the order of time, as senders do. What ends a series goes with the sample before it:
/// Prometheus 3 loses it where it is the first that a write says of a series of histograms.
fn write(beside: &Beside, first: i64, series: &[Series]) {
    let headers = [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")];
    for from in (first..first + LENGTH + WRITE_MS).step_by(WRITE_MS as usize) {
        let is_now = |sample: &&Sample| (from..from + WRITE_MS).contains(&written_with(sample));
        let within = |series: &Series| {
            let samples = series.samples.iter().filter(is_now);
            Series { labels: series.labels.clone(), samples: samples.cloned().collect(), ..Series::default() }
        };
        let slice: Vec<Series> =
            series.iter().map(within).filter(|series| !series.samples.is_empty()).collect();
        if slice.is_empty() {
            continue;
        }
        let body = wire::remote::write1::encode(&slice, &[]).expect("the write is packed");
        for address in [beside.theirs, beside.ours] {
            let response = post(address, "/api/v1/write", &headers, &body).expect("answered");
            assert_eq!(response.status / 100, 2, "{address}: {}", response.text());
        }
    }
}

/// The time of the sample that one is written with.
fn written_with(sample: &Sample) -> i64 {
    match sample.value {
        Value::Float(value) if value.to_bits() == STALE_NAN.to_bits() => {
            sample.time - reference::data::ENDS_AFTER
        }
        _ => sample.time,
    }
}

fn seconds_of(millis: i64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// Whether the answer, which is the same from both, has any series.
fn compare(beside: &Beside, path: &str) -> Result<bool, String> {
    let ask = |address: SocketAddr| get(address, path).map_err(|error| format!("no answer: {error}"));
    let (theirs, ours) = (ask(beside.theirs)?, ask(beside.ours)?);
    let (theirs_json, ours_json) = (theirs.json(), ours.json());
    let shown = || format!("theirs: {:.600}\n  ours:   {:.600}", theirs.text(), ours.text());
    // Where a float and a histogram have the same labels at the same time, Prometheus goes on with both.
    let refused = |json: &Json| json["error"].as_str().is_some_and(|error| error.contains("same labelset"));
    if refused(&ours_json) && path.contains("mixed") {
        return Ok(false);
    }
    if theirs.status != ours.status || theirs_json["errorType"] != ours_json["errorType"] {
        return Err(shown());
    }
    if theirs.status != 200 {
        return Ok(false);
    }
    let difference = compare::differences(&theirs_json, &ours_json);
    if !difference.is_empty() {
        return Err(difference);
    }
    if beside.is_newer && remarks(&theirs_json, &ours_json) != remarks(&ours_json, &theirs_json) {
        return Err(format!("remarks\n  {}", shown()));
    }
    Ok(theirs_json["data"]["result"].as_array().is_some_and(|result| !result.is_empty()))
}

/// The warnings and infos of an answer. Of operands that do not go together, both tell only of the series that they
/// happen to look at, so these count only where the other tells them too.
fn remarks(answer: &Json, other: &Json) -> BTreeMap<String, usize> {
    let texts = |answer: &Json| -> Vec<String> {
        let lists = ["warnings", "infos"].map(|kind| answer[kind].as_array().cloned().unwrap_or_default());
        lists.concat().iter().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let known = texts(other);
    let mut counted = BTreeMap::new();
    for text in texts(answer) {
        // How many samples were mended, Prometheus counts again with every step of another one.
        let text = text.split_once(", over ").map_or(text.as_str(), |(text, _)| text).to_owned();
        if known.iter().any(|other| other.starts_with(&text)) || !text.contains("incompatible sample types") {
            *counted.entry(text).or_default() += 1;
        }
    }
    counted
}
