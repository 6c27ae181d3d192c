//! The deck against its own table: what it says of services is what the table's expressions answer, and nothing else.

mod harness;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::SystemTime;

use harness::{Directory, Process, encode, flightdeck, free_address, get, post, wait_for_ready, wait_until};
use serde_json::Value;

/// How far back the samples go: baselines are the hour before the last ten minutes.
const PAST_SECONDS: i64 = 75 * 60;
/// How far apart they are.
const STEP_SECONDS: i64 = 15;

/// How many seconds ago some of the services started.
const STARTED: i64 = 690;
/// The time for which all of it is told.
static NOW: LazyLock<i64> = LazyLock::new(|| {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs() as i64
});

/// What one service was like, by how long ago in seconds: its request rate, and everything else as text with its value.
struct Told {
    name: &'static str,
    rate: fn(i64) -> f64,
    /// The share of requests that fail, and that take three seconds.
    failing: f64,
    slow: f64,
    more: fn(i64) -> Vec<(&'static str, f64)>,
    /// When the last sample came.
    until: i64,
}

const FINE: Told =
    Told { name: "", rate: |_| 20.0, failing: 0.0, slow: 0.0, more: |_| vec![("up", 1.0)], until: 0 };

const SERVICES: &[Told] = &[
    Told { name: "fine", ..FINE },
    Told { name: "errors", failing: 0.02, ..FINE },
    Told { name: "many-errors", failing: 0.2, ..FINE },
    Told { name: "few-errors", rate: |_| 0.02, failing: 0.2, ..FINE },
    Told { name: "slow", slow: 0.05, ..FINE },
    Told {
        name: "dropped",
        rate: |ago| if ago < 600 { 2.0 } else { 20.0 },
        // It is scraped since its first start.
        more: |ago| match ago {
            ..=STARTED => vec![("up", 1.0), ("process_start_time_seconds", (*NOW - STARTED) as f64)],
            _ => vec![("up", 1.0)],
        },
        ..FINE
    },
    Told {
        name: "gone",
        rate: |ago| if ago < 600 { 0.0 } else { 20.0 },
        more: |ago| {
            let started = if ago <= STARTED { STARTED } else { PAST_SECONDS };
            vec![("up", 1.0), ("process_start_time_seconds", (*NOW - started) as f64)]
        },
        ..FINE
    },
    Told { name: "risen", rate: |ago| if ago < 600 { 90.0 } else { 20.0 }, ..FINE },
    Told { name: "down", more: |_| vec![("up", 0.0)], ..FINE },
    Told { name: "missed-once", more: |ago| vec![("up", f64::from(ago > 0))], ..FINE },
    Told {
        name: "full",
        more: |_| vec![("up", 1.0), ("process_open_fds", 99.0), ("process_max_fds", 100.0)],
        ..FINE
    },
    Told {
        name: "filling",
        more: |_| vec![("up", 1.0), ("process_open_fds", 85.0), ("process_max_fds", 100.0)],
        ..FINE
    },
    Told {
        name: "full-once",
        more: |ago| {
            let used = if ago > 0 { 10.0 } else { 99.0 };
            vec![("up", 1.0), ("process_open_fds", used), ("process_max_fds", 100.0)]
        },
        ..FINE
    },
    Told {
        name: "sick",
        more: |_| vec![("up", 1.0), ("health_check_status{check=\"database\"}", 0.0)],
        ..FINE
    },
    Told {
        name: "sick-once",
        more: |ago| vec![("up", 1.0), ("health_check_status{check=\"database\"}", f64::from(ago > 0))],
        ..FINE
    },
    Told { name: "silent", until: 20 * 60, ..FINE },
    Told { name: "quiet", until: 2 * 60, ..FINE },
];

/// What changed around that.
const CHANGED: &[(&str, &str)] = &[("dropped", "dropped:80 started"), ("gone", "gone:80 restarted")];

/// What is wrong with which, as the deck is to say it.
const WANTED: &[(&str, &str, &str)] = &[
    ("errors", "errors", "warning"),
    ("many-errors", "errors", "critical"),
    ("slow", "slow", "critical"),
    ("dropped", "traffic drop", "warning"),
    ("gone", "traffic drop", "critical"),
    ("risen", "traffic surge", "warning"),
    ("down", "down", "critical"),
    ("full", "resource exhausted", "critical"),
    ("filling", "resource", "warning"),
    ("sick", "health check", "critical"),
    ("silent", "no data", "silent"),
];

type Found = BTreeMap<(String, String), (String, String)>;

#[test]
fn the_deck_says_what_the_expressions_of_its_table_answer() {
    let (directory, address) = (Directory::new("deck"), free_address());
    let _server = Process::start(flightdeck(&directory, address).args(["--otlp-grpc-listen", "off"]));
    wait_for_ready(address, "/-/ready");
    let answer = post(address, "/api/v1/import/prometheus", &[], samples(*NOW).as_bytes()).expect("answered");
    assert_eq!(answer.status / 100, 2, "{}", answer.text());
    let sent = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_millis() as i64;

    let data = |path: &str| get(address, path).expect("answered").json()["data"].take();
    let mut deck = Value::Null;
    wait_until("every service is in the deck", 60, || {
        deck = data("/api/v1/deck");
        // A look that began while the samples came saw a part of them.
        if deck["at"].as_i64().is_none_or(|at| at < sent) {
            return false;
        }
        // What went away is told by the history, which is filled once services are there.
        let rows = deck["services"].as_array().map(Vec::as_slice).unwrap_or_default();
        SERVICES.iter().all(|service| rows.iter().any(|row| row["name"] == service.name))
    });
    // The server and its machine are in the deck, too, and may well be busy.
    let ours = |name: &str| SERVICES.iter().any(|service| service.name == name);
    let mut problems = deck["problems"].as_array().expect("a list").clone();
    problems.retain(|problem| ours(&text(&problem["service"])));
    let said: Found = problems
        .iter()
        .map(|problem| {
            let (of, about) = (text(&problem["service"]), about(&text(&problem["condition"])));
            ((of, about), (text(&problem["state"]), text(&problem["condition"])))
        })
        .collect();
    let wanted: Found = WANTED
        .iter()
        .map(|(service, condition, state)| {
            (((*service).to_owned(), about(condition)), ((*state).to_owned(), (*condition).to_owned()))
        })
        .collect();
    assert_eq!(said, wanted);

    for (service, changed) in CHANGED {
        let problem = problems.iter().find(|problem| problem["service"] == *service).expect("it is there");
        let told: Vec<&Value> = problem["changes"].as_array().expect("a list").iter().collect();
        assert!(matches!(told[..], [change] if change["text"] == *changed), "{problem}");
    }

    let at = deck["at"].as_i64().expect("a time") as f64 / 1000.0;
    let ask = |rule: &str| {
        let found = data(&format!("/api/v1/query?query={}&time={at}", encode(rule)));
        let found = found["result"].as_array().unwrap_or_else(|| panic!("{rule}: {found}")).clone();
        let jobs = found.iter().map(|series| text(&series["metric"]["job"]));
        jobs.filter(|job| ours(job)).collect::<Vec<_>>()
    };
    let mut answered = Found::new();
    for rule in data("/api/v1/deck/conditions").as_array().expect("a list") {
        for job in ask(&text(&rule["expression"])) {
            let found = (text(&rule["state"]), text(&rule["condition"]));
            let known = answered.entry((job, text(&rule["about"]))).or_insert_with(|| found.clone());
            if order(&found.0) > order(&known.0) {
                *known = found;
            }
        }
    }
    assert_eq!(answered, wanted);
    for problem in &problems {
        let (service, rule) = (text(&problem["service"]), text(&problem["rule"]));
        assert!(ask(&rule).contains(&service), "{service}: {rule}");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

fn order(state: &str) -> usize {
    ["ok", "silent", "warning", "critical"].iter().position(|known| *known == state).expect("a state")
}

fn about(condition: &str) -> String {
    let about = match condition {
        "errors" => "errors",
        "slow" | "slow on average" | "slower" => "latency",
        "traffic drop" | "traffic surge" => "traffic",
        "down" => "answering",
        "health check" => "health",
        "resource" | "resource exhausted" => "saturation",
        _ => "presence",
    };
    about.to_owned()
}

/// All samples of all services in the text format.
fn samples(now: i64) -> String {
    let mut page = String::new();
    for service in SERVICES {
        let (own, mut count) = (format!("job=\"{0}\",instance=\"{0}:80\"", service.name), 0.0);
        let mut ago = PAST_SECONDS;
        while ago >= service.until {
            let time = (now - ago) * 1000;
            count += (service.rate)(ago) * STEP_SECONDS as f64;
            for (status, share) in [("200", 1.0 - service.failing), ("500", service.failing)] {
                let labels = format!("{own},method=\"GET\",route=\"/\",status=\"{status}\"");
                let requests = count * share;
                writeln!(page, "http_requests_total{{{labels}}} {requests} {time}").expect("a string");
                for (bound, share) in [("0.1", 1.0 - service.slow), ("5", 1.0), ("+Inf", 1.0)] {
                    writeln!(
                        page,
                        "http_request_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {} {time}",
                        requests * share
                    )
                    .expect("a string");
                }
            }
            for (metric, value) in (service.more)(ago) {
                let (name, labels) = metric.split_once('{').unwrap_or((metric, "}"));
                let labels = labels.trim_end_matches('}');
                let comma = if labels.is_empty() { "" } else { "," };
                writeln!(page, "{name}{{{own}{comma}{labels}}} {value} {time}").expect("a string");
            }
            ago -= STEP_SECONDS;
        }
    }
    page
}
