//! Services that measure in unusual ways, told from the way their series come: each is found, and what is known of it is shown.

mod harness;

use std::fmt::Write as _;
use std::time::SystemTime;

use harness::{Directory, Process, flightdeck, free_address, get, post, wait_for_ready, wait_until};
use serde_json::{Value, json};

/// How far back the samples go.
const PAST_SECONDS: u64 = 10 * 60;
/// How far apart they are.
const STEP_SECONDS: u64 = 15;

#[test]
fn a_service_is_found_in_whichever_way_it_measures() {
    let (directory, address) = (Directory::new("conventions"), free_address());
    let _server = Process::start(flightdeck(&directory, address).args(["--otlp-grpc-listen", "off"]));
    wait_for_ready(address, "/-/ready");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    let steps: Vec<u64> = (0..=PAST_SECONDS / STEP_SECONDS).collect();
    let time = |step: u64| now - PAST_SECONDS + step * STEP_SECONDS;

    let answer =
        post(address, "/api/v1/import/prometheus", &[], scraped(&steps, &time).as_bytes()).expect("answered");
    assert_eq!(answer.status / 100, 2, "{}", answer.text());
    let kind = [("Content-Type", "application/json")];
    let body = native(&steps, &time).to_string();
    let answer = post(address, "/api/v1/otlp/v1/metrics", &kind, body.as_bytes()).expect("answered");
    assert_eq!(answer.status / 100, 2, "{}", answer.text());

    let names = ["exponential", "coarse", "sums-only", "targets-of-old", "routes-of-old"];
    let row = |name: &str| {
        let deck = get(address, "/api/v1/deck").expect("answered").json()["data"].take();
        let rows = deck["services"].as_array().map(Vec::as_slice).unwrap_or_default();
        rows.iter().find(|row| row["name"] == name).cloned().unwrap_or_default()
    };
    wait_until("every service has its traffic", 60, || {
        names.iter().all(|name| row(name)["traffic"]["value"].is_number())
    });

    let exponential = row("exponential");
    let said = &exponential["convention"];
    assert_eq!(said["name"], "OpenTelemetry");
    assert_eq!(said["requestsAreHistograms"], true);
    assert_eq!(said["buckets"], said["requests"], "the histogram is both");
    near(&exponential["traffic"], 8.0);
    near(&exponential["errors"], 0.25);
    // Scale 0: what takes longer than half a second and at most one is in one bucket.
    let p95 = exponential["latency"]["value"].as_f64().expect("a duration");
    assert!(p95 > 0.5 && p95 <= 1.0, "{p95}");

    let sums = row("sums-only");
    assert_eq!(sums["convention"]["name"], "Micrometer (Spring)");
    assert!(sums["convention"]["buckets"].is_null() && sums["convention"]["sums"].is_string(), "{sums}");
    assert!(sums["latency"]["value"].is_null(), "{sums}");
    // Its coarse buckets end at a second.
    let coarse = row("coarse");
    let overall = coarse["convention"]["overall"].as_str().expect("a finer histogram");
    assert!(overall.starts_with("http_request_duration_highr_seconds_bucket{"), "{overall}");
    let p95 = coarse["latency"]["value"].as_f64().expect("a duration");
    assert!(p95 > 2.5 && p95 <= 5.0 && coarse["state"] == "critical", "{coarse}");

    assert_eq!(row("targets-of-old")["convention"]["endpoint"], "http_target");
    assert_eq!(row("routes-of-old")["convention"]["endpoint"], "http_route");
}

fn near(cell: &Value, want: f64) {
    let value = cell["value"].as_f64().expect("a number");
    assert!((value / want - 1.0).abs() < 0.1, "{value}, not {want}");
}

/// Six good and two failing requests a second as one exponential histogram each, all of them in one bucket.
fn native(steps: &[u64], time: &dyn Fn(u64) -> u64) -> Value {
    let point = |step: u64, status: u64, rate: u64| {
        let count = (step + 1) * STEP_SECONDS * rate;
        json!({
            "startTimeUnixNano": (time(0) * 1_000_000_000).to_string(),
            "timeUnixNano": (time(step) * 1_000_000_000).to_string(),
            "count": count.to_string(),
            "sum": count as f64 * 0.75,
            "scale": 0,
            "zeroCount": "0",
            "positive": { "offset": -1, "bucketCounts": [count.to_string()] },
            "attributes": [
                attribute("http.request.method", &json!({ "stringValue": "GET" })),
                attribute("http.route", &json!({ "stringValue": "/orders" })),
                attribute("http.response.status_code", &json!({ "intValue": status.to_string() })),
            ],
        })
    };
    let points: Vec<Value> =
        steps.iter().flat_map(|step| [point(*step, 200, 6), point(*step, 500, 2)]).collect();
    json!({ "resourceMetrics": [{
        "resource": { "attributes": [attribute("service.name", &json!({ "stringValue": "exponential" }))] },
        "scopeMetrics": [{ "scope": {}, "metrics": [{
            "name": "http.server.request.duration",
            "unit": "s",
            "exponentialHistogram": { "aggregationTemporality": 2, "dataPoints": points },
        }] }],
    }] })
}

fn attribute(key: &str, value: &Value) -> Value {
    json!({ "key": key, "value": value })
}

/// The others in the text format.
fn scraped(steps: &[u64], time: &dyn Fn(u64) -> u64) -> String {
    let old = "http_server_duration_milliseconds";
    let services = [
        ("sums-only", "http_server_requests_seconds", "uri=\"/\",status=\"200\"", false),
        ("targets-of-old", old, "http_target=\"/\",http_status_code=\"200\"", true),
        ("routes-of-old", old, "http_route=\"/{id}\",http_target=\"/7\",http_status_code=\"200\"", true),
    ];
    let mut page = String::new();
    for (job, metric, labels, has_buckets) in services {
        for step in steps {
            let (labels, at) = (format!("job=\"{job}\",{labels}"), time(*step) * 1000);
            let count = step * STEP_SECONDS * 5;
            let mut line = |suffix: &str, more: &str| {
                writeln!(page, "{metric}{suffix}{{{labels}{more}}} {count} {at}").expect("a string");
            };
            line("_count", "");
            line("_sum", "");
            if has_buckets {
                line("_bucket", ",le=\"100\"");
                line("_bucket", ",le=\"+Inf\"");
            }
        }
    }
    for step in steps {
        let (count, at) = (step * STEP_SECONDS * 5, time(*step) * 1000);
        let own = "job=\"coarse\",handler=\"/\",method=\"GET\"";
        let mut line = |metric: &str, labels: &str, value: u64| {
            writeln!(page, "{metric}{{{labels}}} {value} {at}").expect("a string");
        };
        line("http_requests_total", &format!("{own},status=\"2xx\""), count);
        for (bound, value) in [("0.1", 0), ("1.0", 0), ("+Inf", count)] {
            line("http_request_duration_seconds_bucket", &format!("{own},le=\"{bound}\""), value);
        }
        for (bound, value) in [("1.0", 0), ("2.5", 0), ("5.0", count), ("+Inf", count)] {
            let metric = "http_request_duration_highr_seconds_bucket";
            line(metric, &format!("job=\"coarse\",le=\"{bound}\""), value);
        }
    }
    page
}
