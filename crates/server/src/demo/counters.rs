//! What the library of a service counts its answers by, so that what the history told is where the living service goes on: a counter
//! that began anew would be a fall, and an error that is rare would not be counted at all until it came twice.

use std::collections::BTreeMap;

use flightdeck_instrument::{Counter, Error, Family, Histogram, LATENCY_BUCKETS, Registry};

use super::plan::{CALL_SHARE, Endpoint, Service};

/// The counters of one service.
pub struct Counters {
    requests: Family<[&'static str; 3], Counter>,
    durations: Family<[&'static str; 3], Histogram>,
    /// By the prefix of what is called.
    calls: BTreeMap<&'static str, Family<[&'static str; 2], Histogram>>,
}

impl Counters {
    /// Those that a registry has, defined as the library does it: the same definition is the same metric.
    pub fn of(registry: &Registry, service: &Service) -> Result<Counters, Error> {
        let by_status = ["method", "route", "status"];
        let requests =
            registry.counter("http_requests", "Requests answered; 499 where the client went away first.");
        let durations = registry.histogram(
            "http_request_duration_seconds",
            "Time until the last byte of the answer; of event streams, until the first.",
        );
        let calls = |prefix: &'static str| {
            let name = format!("{prefix}_duration_seconds");
            let calls = registry.histogram(&name, "How long calls took, by operation and outcome.");
            Ok((prefix, calls.buckets(&LATENCY_BUCKETS).labels(["operation", "outcome"])?))
        };
        Ok(Counters {
            requests: requests.labels(by_status)?,
            durations: durations.buckets(&LATENCY_BUCKETS).labels(by_status)?,
            calls: service
                .endpoints
                .iter()
                .map(|endpoint| calls(endpoint.call.prefix))
                .collect::<Result<_, Error>>()?,
        })
    }

    /// Counts an answer of the past, and the call it made.
    pub fn count(&self, endpoint: &Endpoint, status: &str, outcome: &str, seconds: f64) {
        let by_status = [endpoint.method, endpoint.route, status];
        self.requests.with(&by_status, Counter::inc);
        self.durations.with(&by_status, |histogram| histogram.observe(seconds));
        if let Some(calls) = self.calls.get(endpoint.call.prefix) {
            let labels = [endpoint.call.operation, outcome];
            calls.with(&labels, |histogram| histogram.observe(seconds * CALL_SHARE));
        }
    }
}
