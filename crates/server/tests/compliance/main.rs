//! The compliance suite: 539 queries answered by a real Prometheus and by us from the same remote-written data, as
//! range and as instant queries, must agree. `FLIGHTDECK_TEST_PROMETHEUS` names the binary of another release to ask.

#[path = "../harness/mod.rs"]
mod harness;

mod compare;
mod data;
mod queries;

use std::net::SocketAddr;

use harness::{Beside, encode, get, post, test_data};
use queries::Query;

/// How many samples one write carries.
const SAMPLES_PER_WRITE: usize = 20_000;

#[test]
fn every_query_of_the_compliance_suite_agrees_with_prometheus() {
    let Some(file) = test_data("compliance/promql-test-queries.yml") else { return };
    let Some(beside) = Beside::start("compliance", "scrape_configs: []\n", &[], &[]) else { return };
    let Beside { theirs, ours, .. } = beside;
    let queries = queries::expand_all(&std::fs::read_to_string(file).expect("the suite is text"));
    assert_eq!(queries.len(), 539);
    for body in writes() {
        for address in [theirs, ours] {
            let headers = [
                ("Content-Type", "application/x-protobuf"),
                ("Content-Encoding", "snappy"),
                ("X-Prometheus-Remote-Write-Version", "0.1.0"),
            ];
            let response = post(address, "/api/v1/write", &headers, &body).expect("the write is answered");
            assert_eq!(response.status / 100, 2, "{address}: {}", response.text());
        }
    }

    let mut failures = Vec::new();
    for query in &queries {
        for path in paths(&query.text) {
            let difference = judge(query, theirs, ours, &path);
            if !difference.is_empty() {
                failures.push(format!("{}\n  {path}\n  {difference:.800}", query.text));
            }
        }
    }
    println!("{} queries, {} differences", queries.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Label names the peer refuses and newer releases take: since Prometheus 3 any text is a name.
const NAMES_VALID_SINCE_3: &str = "\"~invalid\"";

/// The query as a range over ten minutes, and at its end; three seconds past a round time, so that no step of a
/// subquery lies on the edge of its window.
fn paths(query: &str) -> [String; 2] {
    let end = (data::START + data::SAMPLES * data::INTERVAL) / 1000 - 1197;
    let query = encode(query);
    [
        format!("/api/v1/query_range?query={query}&start={}&end={end}&step=10", end - 600),
        format!("/api/v1/query?query={query}&time={end}"),
    ]
}

fn judge(query: &Query, theirs: SocketAddr, ours: SocketAddr, path: &str) -> String {
    let (theirs, ours) = match (get(theirs, path), get(ours, path)) {
        (Ok(theirs), Ok(ours)) => (theirs, ours),
        (theirs, ours) => return format!("no answer: {theirs:?} {ours:?}"),
    };
    if theirs.status != 200 || ours.status != 200 {
        let we_refuse = ours.status / 100 == 4 || query.text.contains(NAMES_VALID_SINCE_3);
        let both_refuse = theirs.status / 100 == 4 && we_refuse && query.should_fail;
        let difference =
            format!("status {} and {}: {} and {}", theirs.status, ours.status, theirs.text(), ours.text());
        return if both_refuse { String::new() } else { difference };
    }
    compare::differences(&theirs.json(), &ours.json())
}

/// The data as remote writes, in the order of time.
fn writes() -> Vec<Vec<u8>> {
    let series = data::generate();
    let per_write = (SAMPLES_PER_WRITE / series.len()).max(1) as i64 * data::INTERVAL;
    let end = data::START + data::SAMPLES * data::INTERVAL + data::INTERVAL;
    (data::START..end)
        .step_by(per_write as usize)
        .map(|from| {
            let slice: Vec<model::Series> = series
                .iter()
                .map(|series| model::Series {
                    labels: series.labels.clone(),
                    samples: series
                        .samples
                        .iter()
                        .filter(|s| (from..from + per_write).contains(&s.time))
                        .cloned()
                        .collect(),
                    ..model::Series::default()
                })
                .filter(|series| !series.samples.is_empty())
                .collect();
            wire::remote::write1::encode(&slice, &[]).expect("the write is packed")
        })
        .collect()
}
