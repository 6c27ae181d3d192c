//! Why something is wrong, as far as the service's own metrics tell: what it calls became slow or fails, or a resource of its own
//! is used up.

use std::collections::BTreeMap;

use collect::TargetStatus;
use model::Timestamp;

use super::ask::instant;
use super::conditions::{About, USED_WARNING};
use super::conventions::selector;
use super::measures::Measure;
use super::seen::Seen;
use super::state::{Problem, Reason};
use super::words;
use crate::app::App;

/// How much of the error of a scrape is said.
const ERROR_CHARS_MAX: usize = 160;
/// How many reasons one problem has at most.
const REASONS_MAX: usize = 3;
/// How many times slower than before a call must be.
const SLOWER: f64 = 2.0;
/// What is faster than this is nobody's reason, in seconds.
const FELT_SECONDS: f64 = 0.1;
/// Which share of calls must fail.
const FAILING: f64 = 0.01;
/// How long before a problem is noticed it may have begun: measures are over five minutes.
const BEFORE_MS: i64 = 5 * 60_000;
/// How many calls in five minutes are more than chance.
const CALLS_MIN: f64 = 10.0;

/// Calls to something else, as one library names the histogram of their durations.
struct Dependency {
    /// What is called.
    what: &'static str,
    /// The histogram, without `_bucket`.
    durations: &'static str,
    /// The label that tells calls apart.
    which: &'static str,
    /// The matcher of failed calls, where the histogram tells.
    failed: &'static str,
    /// How many of its units make a second.
    per_second: f64,
}

const fn calls(what: &'static str, durations: &'static str, which: &'static str) -> Dependency {
    Dependency { what, durations, which, failed: "", per_second: 1.0 }
}

/// Every kind of call that is known.
static DEPENDENCIES: &[Dependency] = &[
    Dependency { failed: "outcome=\"error\"", ..calls("database", "db_query_duration_seconds", "operation") },
    Dependency { failed: "outcome=\"error\"", ..calls("call", "external_api_duration_seconds", "operation") },
    Dependency {
        failed: "outcome=\"error\"",
        ..calls("redis", "redis_command_duration_seconds", "operation")
    },
    calls("cache", "cache_operation_duration_seconds", "operation"),
    Dependency {
        failed: "error_type!=\"\"",
        ..calls("database", "db_client_operation_duration_seconds", "db_operation_name")
    },
    Dependency {
        failed: "error_type!=\"\"",
        ..calls("call", "http_client_request_duration_seconds", "server_address")
    },
    Dependency { per_second: 1000.0, ..calls("call", "http_client_duration_milliseconds", "net_peer_name") },
    calls("call", "http_client_requests_seconds", "client_name"),
    Dependency { per_second: 1000.0, ..calls("RPC", "rpc_client_duration_milliseconds", "rpc_service") },
    calls("gRPC", "grpc_client_handling_seconds", "grpc_service"),
];

impl Dependency {
    fn selector(&self, suffix: &str, matchers: &[&str]) -> String {
        super::conventions::selector(&format!("{}_{suffix}", self.durations), matchers)
    }

    fn p95(&self, seen: &Seen, window: &str) -> String {
        let (which, buckets) = (self.which, self.selector("bucket", &[&seen.matchers]));
        let quantile = format!("histogram_quantile(0.95, sum by ({which}, le) (rate({buckets}[{window}])))");
        if self.per_second == 1.0 { quantile } else { format!("{quantile} / {}", self.per_second) }
    }

    fn failing(&self, seen: &Seen) -> String {
        let which = self.which;
        let failed = self.selector("count", &[&seen.matchers, self.failed]);
        let all = self.selector("count", &[&seen.matchers]);
        format!(
            "sum by ({which}) (rate({failed}[5m])) / (sum by ({which}) (increase({all}[5m])) > {CALLS_MIN}) * 300"
        )
    }

    fn values(&self, app: &App, query: &str, time: Timestamp) -> BTreeMap<String, f64> {
        let finite = instant(app, query, time).into_iter().filter(|(_, value)| value.is_finite());
        finite.map(|(labels, value)| (labels.value(self.which).to_owned(), value)).collect()
    }
}

/// The reasons that are known, the likeliest first.
pub fn find(
    app: &App,
    known: &dyn Fn(&str) -> bool,
    seen: &Seen,
    problem: &Problem,
    now: Timestamp,
) -> Vec<Reason> {
    if seen.matchers.is_empty() {
        return Vec::new();
    }
    match problem.about {
        About::Errors | About::Latency | About::Saturation => within(app, known, seen, problem, now),
        About::Answering => not_scraped(app, seen),
        About::Traffic => answered_as_before(seen).into_iter().collect(),
        About::Health | About::Presence => Vec::new(),
    }
}

/// Why targets could not be scraped, as the scrapes say it.
fn not_scraped(app: &App, seen: &Seen) -> Vec<Reason> {
    let is_own = seen.owns();
    let pools = app.collecting.status();
    let targets = pools.iter().flat_map(|pool| &pool.targets).filter(|status| is_own(&status.target.labels));
    let told = |status: &TargetStatus| {
        let error = status.state.last_error.as_deref()?.lines().next()?;
        let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
        Some(Reason {
            text: format!("{}: {error}", status.target.labels.value("instance")),
            query: selector("up", &[&seen.matchers]),
            about: "instances",
        })
    };
    targets.filter_map(told).take(REASONS_MAX).collect()
}

/// Where traffic fell and what comes is served well, it is not this service that turns it away.
fn answered_as_before(seen: &Seen) -> Option<Reason> {
    let of = |measure: Measure| seen.now.get(&measure).copied();
    let fell = of(Measure::TrafficRatio)? < 1.0 && of(Measure::Traffic)? > 0.0;
    let (failing, p95, ratio) =
        (of(Measure::Errors)?, of(Measure::P95)?, of(Measure::P95Ratio).unwrap_or(1.0));
    (fell && failing <= FAILING && ratio <= SLOWER).then(|| Reason {
        text: format!(
            "Fewer requests come; those that do are answered as before: p95 {}, {} fail",
            words::seconds(p95),
            words::percent(failing)
        ),
        query: String::new(),
        about: "latency",
    })
}

/// What the service's own metrics tell of what it calls and uses.
fn within(
    app: &App,
    known: &dyn Fn(&str) -> bool,
    seen: &Seen,
    problem: &Problem,
    now: Timestamp,
) -> Vec<Reason> {
    let condition = problem.condition;
    let mut weighed: Vec<(f64, Reason)> = Vec::new();
    for dependency in DEPENDENCIES.iter().filter(|one| known(&format!("{}_bucket", one.durations))) {
        if condition == "errors" && !dependency.failed.is_empty() {
            let query = dependency.failing(seen);
            for (name, share) in dependency.values(app, &query, now) {
                weighed.extend(fails(dependency, &name, share, &query));
            }
        }
        // What was before the problem stays so however long that holds.
        let (now_query, before) = (dependency.p95(seen, "5m"), dependency.p95(seen, "1h"));
        let before = dependency.values(app, &before, problem.since - BEFORE_MS);
        for (name, seconds) in dependency.values(app, &now_query, now) {
            weighed.extend(slower(dependency, &name, seconds, before.get(&name).copied(), &now_query));
        }
    }
    // What is used up is no reason of itself.
    let used =
        seen.used.iter().filter(|used| used.share > USED_WARNING && problem.about != About::Saturation);
    for used in used {
        let text = format!("{} {} used", used.what, words::percent(used.share));
        weighed.push((
            used.share,
            Reason {
                text: words::sentence(&text),
                query: used.resource.used.to_owned(),
                about: "saturation",
            },
        ));
    }
    weighed.sort_by(|left, right| right.0.total_cmp(&left.0));
    weighed.into_iter().map(|(_, reason)| reason).take(REASONS_MAX).collect()
}

/// A call that fails: heavier than any slow one.
fn fails(dependency: &Dependency, name: &str, share: f64, query: &str) -> Option<(f64, Reason)> {
    let text = format!("{} fails: {} of calls", told(dependency, name), words::percent(share));
    (share > FAILING)
        .then(|| (1000.0 + share, Reason { text, query: query.to_owned(), about: "dependencies" }))
}

/// A call that takes longer than it did; how many times longer is its weight.
fn slower(
    dependency: &Dependency,
    name: &str,
    seconds: f64,
    before: Option<f64>,
    query: &str,
) -> Option<(f64, Reason)> {
    let before = before.filter(|before| *before > 0.0)?;
    let text = format!(
        "{} p95 {}, before {}",
        told(dependency, name),
        words::seconds(seconds),
        words::seconds(before)
    );
    (seconds > FELT_SECONDS && seconds / before > SLOWER)
        .then(|| (seconds / before, Reason { text, query: query.to_owned(), about: "dependencies" }))
}

/// `Database select_order`.
fn told(dependency: &Dependency, name: &str) -> String {
    words::sentence(format!("{} {name}", dependency.what).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_is_a_query() {
        let seen = Seen { matchers: "job=\"a\"".to_owned(), ..Seen::default() };
        for dependency in DEPENDENCIES {
            let mut queries = vec![dependency.p95(&seen, "5m"), dependency.p95(&seen, "1h")];
            queries.extend((!dependency.failed.is_empty()).then(|| dependency.failing(&seen)));
            for query in queries {
                assert!(promql::parse::parse(&query).is_ok(), "{query}");
            }
        }
    }

    #[test]
    fn only_what_is_felt_and_was_otherwise_before_is_a_reason() {
        let check = |seconds: f64, before: Option<f64>, want: Option<&str>| {
            let told = slower(&DEPENDENCIES[0], "select", seconds, before, "");
            assert_eq!(told.map(|(_, reason)| reason.text).as_deref(), want, "{seconds} {before:?}");
        };
        check(3.1, Some(0.012), Some("Database select p95 3.1 s, before 12 ms"));
        check(3.1, Some(2.0), None);
        check(0.05, Some(0.001), None);
        check(3.1, None, None);
        let failing = fails(&DEPENDENCIES[1], "charge", 0.18, "").map(|(_, reason)| reason.text);
        assert_eq!(failing.as_deref(), Some("Call charge fails: 18 % of calls"));
    }
}
