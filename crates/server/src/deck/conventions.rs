//! How HTTP services name their metrics, so that a service is understood without being configured.
//!
//! A library can be told to measure in different ways, so a row of the table of libraries stands for several conventions, of which a
//! service follows the last whose series it has.

use std::sync::LazyLock;

use model::{METRIC_NAME, Matcher};

use super::libraries::ROWS;

/// The names one library gives to requests and their durations.
#[derive(Clone, Debug)]
pub struct Convention {
    /// What it is called.
    pub name: &'static str,
    /// The counter of requests.
    pub requests: &'static str,
    /// Matchers that tell this library's series from those of others with the same name.
    pub own: &'static str,
    /// The counter that has the status, where it is another one.
    pub statuses: &'static str,
    /// The matcher of failed requests.
    pub failed: &'static str,
    /// The histogram of durations, without `_bucket`.
    pub durations: &'static str,
    /// A finer histogram of the same durations, of all requests together.
    pub overall: &'static str,
    /// How it tells them.
    pub shape: Shape,
    /// How many of its units make a second.
    pub per_second: f64,
    /// The label of the endpoint.
    pub endpoint: &'static str,
    /// The label that stands for it where no request has that.
    pub other_endpoint: &'static str,
    /// The label of the status.
    pub status: &'static str,
    /// The label of the method.
    pub method: &'static str,
    /// Whether the durations carry the status too, so that failures can be told apart.
    pub durations_have_status: bool,
}

/// How durations are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// By a series for each bucket.
    Buckets,
    /// By a histogram that is one series.
    Native,
    /// Only by their sum and their number.
    Sums,
    /// Not at all.
    Untold,
}

/// Every convention that is known.
pub static CONVENTIONS: LazyLock<Vec<Convention>> = LazyLock::new(|| ROWS.iter().flat_map(ways).collect());

/// What one row stands for, the most telling way last.
fn ways(row: &Convention) -> Vec<Convention> {
    let shapes: &[Shape] = match row.durations {
        "" => &[Shape::Untold],
        _ => &[Shape::Untold, Shape::Sums, Shape::Native, Shape::Buckets],
    };
    let way = |shape: Shape, by_other: bool| {
        let counts = shape == Shape::Native && row.durations_are_requests();
        let requests = if counts { row.durations } else { row.requests };
        let endpoint = if by_other { row.other_endpoint } else { row.endpoint };
        Convention { shape, requests, endpoint, overall: "", ..row.clone() }
    };
    let by: &[bool] = if row.other_endpoint.is_empty() { &[false] } else { &[false, true] };
    let ways = shapes.iter().flat_map(|shape| by.iter().map(|other| way(*shape, *other)));
    let finer = (!row.overall.is_empty()).then(|| Convention { shape: Shape::Buckets, ..row.clone() });
    ways.chain(finer).collect()
}

/// Series by which it is known whether a service measures in one way.
pub struct Need {
    /// What selects them.
    pub series: Vec<Matcher>,
    /// Whether they must be there, rather than not.
    pub there: bool,
}

impl Convention {
    /// The selector of all its requests, with more matchers.
    pub fn requests(&self, more: &str) -> String {
        selector(self.requests, &[self.own, more])
    }

    /// The selector of its failed requests, if it tells them apart.
    pub fn failed(&self, more: &str) -> Option<String> {
        let (metric, own) =
            if self.statuses.is_empty() { (self.requests, self.own) } else { (self.statuses, "") };
        (!self.failed.is_empty()).then(|| selector(metric, &[own, self.failed, more]))
    }

    /// The same for a page, about one service.
    pub fn names(&self, matchers: &str) -> super::state::Names {
        super::state::Names {
            name: self.name,
            requests: self.requests(matchers),
            failed: self.failed(matchers),
            buckets: self.buckets(matchers),
            overall: (!self.overall.is_empty())
                .then(|| selector(&format!("{}_bucket", self.overall), &[matchers])),
            sums: (self.shape == Shape::Sums).then(|| self.sums(matchers)),
            counts: (self.shape == Shape::Sums).then(|| self.counts(matchers)),
            requests_are_histograms: self.requests_are_histograms(),
            per_second: self.per_second,
            endpoint: self.endpoint,
            status: self.status,
            method: self.method,
            failed_durations: self
                .durations_have_status
                .then_some(self.failed)
                .filter(|failed| !failed.is_empty()),
        }
    }

    /// Whether anything there is might be measured in this way.
    pub fn is_known(&self, known: &dyn Fn(&str) -> bool) -> bool {
        known(self.requests)
            && self.shape.suffix().is_none_or(|suffix| known(&format!("{}{suffix}", self.durations)))
            && (self.overall.is_empty() || known(&format!("{}_bucket", self.overall)))
    }

    /// What tells that a service measures in this way rather than in a plainer one.
    pub fn needs(&self) -> Vec<Need> {
        let metric = |name: String| Matcher::equal(METRIC_NAME, name);
        let labelled =
            |label: &str| vec![metric(self.requests.to_owned()), Matcher::equal(label, "").inverse()];
        let mut needs = Vec::new();
        if let Some(suffix) = self.shape.suffix() {
            // A summary has a series of that name, too, for each of its quantiles.
            let series = vec![metric(format!("{}{suffix}", self.durations)), Matcher::equal("quantile", "")];
            needs.push(Need { series, there: true });
        }
        if !self.overall.is_empty() {
            needs.push(Need { series: vec![metric(format!("{}_bucket", self.overall))], there: true });
        }
        if self.is_by_other_endpoint() {
            needs.push(Need { series: labelled(self.other_endpoint), there: true });
            let row = ROWS.iter().find(|row| row.name == self.name);
            needs.extend(row.map(|row| Need { series: labelled(row.endpoint), there: false }));
        }
        needs
    }

    /// Whether this is the way of its row that is asked for what a query asks, so that each is asked once.
    pub fn answers(&self, query: &str) -> bool {
        let durations = query.contains("{buckets}");
        let sums = query.contains("{sums}");
        !self.is_by_other_endpoint()
            && match self.shape {
                Shape::Untold => !durations && !sums,
                Shape::Buckets => durations,
                Shape::Native => durations || sums || self.requests_are_histograms(),
                Shape::Sums => sums,
            }
    }

    /// Whether its requests are what a native histogram counts.
    pub fn requests_are_histograms(&self) -> bool {
        self.shape == Shape::Native && self.requests == self.durations
    }

    fn is_by_other_endpoint(&self) -> bool {
        !self.other_endpoint.is_empty() && self.endpoint == self.other_endpoint
    }

    /// Whether the requests are counted by the histogram of their durations.
    fn durations_are_requests(&self) -> bool {
        self.requests.strip_suffix("_count").unwrap_or(self.requests) == self.durations
    }

    /// The selector of its histogram, if it has one.
    pub fn buckets(&self, more: &str) -> Option<String> {
        match self.shape {
            Shape::Buckets => Some(self.of_durations("_bucket", more)),
            Shape::Native => Some(self.of_durations("", more)),
            Shape::Sums | Shape::Untold => None,
        }
    }

    /// The selector of the finest histogram of all its requests together, if it has one.
    pub fn overall(&self, more: &str) -> Option<String> {
        match self.overall {
            "" => self.buckets(more),
            overall => Some(selector(&format!("{overall}_bucket"), &[more])),
        }
    }

    /// The selector of the sum of its durations.
    pub fn sums(&self, more: &str) -> String {
        self.of_durations(if self.shape == Shape::Native { "" } else { "_sum" }, more)
    }

    /// The selector of their number.
    pub fn counts(&self, more: &str) -> String {
        self.of_durations(if self.shape == Shape::Native { "" } else { "_count" }, more)
    }

    fn of_durations(&self, suffix: &str, more: &str) -> String {
        // Whoever counts requests by their status need not time them by it: Go's handlers mostly do not.
        let own = if self.durations_are_requests() { self.own } else { "" };
        selector(&format!("{}{suffix}", self.durations), &[own, more])
    }
}

impl Shape {
    /// What follows the name of the durations where they are told so.
    fn suffix(self) -> Option<&'static str> {
        match self {
            Shape::Buckets => Some("_bucket"),
            Shape::Native => Some(""),
            Shape::Sums => Some("_sum"),
            Shape::Untold => None,
        }
    }
}

/// A selector of a metric with lists of matchers, of which any may be empty.
pub fn selector(metric: &str, matchers: &[&str]) -> String {
    let matchers: Vec<&str> = matchers.iter().copied().filter(|matcher| !matcher.is_empty()).collect();
    if matchers.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", matchers.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_selector_is_a_query() {
        let check = |query: &str| {
            let parsed = promql::parse::parse(query);
            assert!(parsed.is_ok(), "{query}: {:?}", parsed.err());
        };
        for convention in CONVENTIONS.iter() {
            check(&convention.requests("job=\"a\""));
            convention.failed("").iter().for_each(|query| check(query));
            convention.buckets("job=\"a\"").iter().for_each(|query| check(query));
        }
    }

    #[test]
    fn durations_are_found_whatever_labels_requests_are_counted_by() {
        let check = |name: &str, want: &str| {
            let convention = CONVENTIONS.iter().rfind(|convention| convention.name == name).expect(name);
            assert_eq!(convention.buckets("job=\"a\"").as_deref(), Some(want), "{name}");
        };
        check("Go promhttp", "http_request_duration_seconds_bucket{job=\"a\"}");
        let by_code = "http_request_duration_seconds_bucket{code!=\"\",route!=\"\",job=\"a\"}";
        check("Durations by route and code", by_code);
    }

    #[test]
    fn all_requests_together_are_timed_by_the_finest_histogram() {
        let ways: Vec<&Convention> =
            CONVENTIONS.iter().filter(|way| way.name == "prometheus-fastapi-instrumentator").collect();
        let finest = ways.last().expect("it is known");
        let overall = "http_request_duration_highr_seconds_bucket{job=\"a\"}";
        assert_eq!(finest.overall("job=\"a\"").as_deref(), Some(overall));
        assert_eq!(finest.buckets("").as_deref(), Some("http_request_duration_seconds_bucket"));
        let without = |name: &str| name != "http_request_duration_highr_seconds_bucket";
        assert!(finest.is_known(&|_| true) && !finest.is_known(&without));
        assert!(ways[ways.len() - 2].is_known(&without));
    }

    #[test]
    fn a_selector_has_braces_only_around_matchers() {
        assert_eq!(selector("up", &["", ""]), "up");
        assert_eq!(selector("up", &["", "a=\"b\"", "c=\"d\""]), "up{a=\"b\",c=\"d\"}");
    }
}
