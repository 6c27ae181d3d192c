//! What is measured of every service, as PromQL: one row per value, asked of all services at once.

use super::conventions::{CONVENTIONS, Convention, Shape, selector};
use super::resources::{HEALTH_CHECKS, HealthCheck, RESOURCES, Resource};

/// Something that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Requests per second.
    Traffic,
    /// The share of requests that fail.
    Errors,
    /// Failed requests in five minutes.
    Failures,
    /// The median duration in seconds.
    P50,
    /// The duration 95 of 100 requests stay below.
    P95,
    /// The duration 99 of 100 requests stay below.
    P99,
    /// The mean duration.
    Mean,
    /// The traffic of the hour before.
    TrafficBefore,
    /// Traffic over that of the hour before.
    TrafficRatio,
    /// p95 over that of the hour before, where it can be felt at all.
    P95Ratio,
    /// The share of targets that answer.
    Up,
    /// How often those targets that do not answer now did not in a quarter of an hour.
    ScrapesFailed,
    /// How much of the most used resource is used.
    Used,
    /// How often within a minute it was found nearly used up.
    UsedReadings,
    /// How much is used of the most used resource without which requests fail.
    Needed,
    /// How often within a minute that was found used up.
    NeededReadings,
    /// 0 while a health check fails.
    Healthy,
    /// How often those health checks that fail now failed in a quarter of an hour.
    ChecksFailed,
    /// For how many seconds nothing has come.
    Silence,
}

/// What a measure is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The requests of one convention.
    Requests,
    /// The targets that are scraped.
    Targets,
    /// Every resource that can be used up.
    Resources,
    /// The resources without which requests fail.
    NeededResources,
    /// Every gauge of health checks.
    Checks,
    /// Whatever tells that something is there: targets, or requests.
    Presence,
}

/// One row of the table.
pub struct Row {
    /// What it yields.
    pub measure: Measure,
    /// What it is asked of.
    pub of: Of,
    /// The query. `{by}` stands for the labels that tell services apart; `{requests}`, `{failed}`, `{buckets}`, `{sums}`, `{counts}`,
    /// `{up}`, `{check}` and `{present}` for selectors, `{used}` for the share of a resource, `{second}` for the units of a second.
    pub query: &'static str,
    /// The unit of the values, as dashboards name it.
    pub unit: &'static str,
    /// When it is asked.
    pub when: When,
}

/// When a measure is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Each time, and its history is kept.
    Kept,
    /// Each time.
    Always,
    /// When a condition is near that counts it.
    Needed,
}

/// The labels that tell services apart.
pub const BY: &str = "job, service_name";
/// The labels that tell machines and copies of a service apart.
pub const BY_INSTANCE: &str = "job, service_name, instance";

/// How far back silence is looked for: for longer than this nobody waits for what went away.
pub const SILENCE_WINDOW: &str = "[6h]";

/// A baseline is the hour up to ten minutes ago, of services that were there when it began.
pub static MEASURES: &[Row] = &[
    Row {
        measure: Measure::Traffic,
        of: Of::Requests,
        query: "sum by ({by}) (rate({requests}[5m]))",
        unit: "reqps",
        when: When::Kept,
    },
    Row {
        measure: Measure::Errors,
        of: Of::Requests,
        query: "(sum by ({by}) (rate({failed}[5m])) or 0 * sum by ({by}) (rate({requests}[5m]))) \
                / (sum by ({by}) (rate({requests}[5m])) > 0)",
        unit: "percentunit",
        when: When::Kept,
    },
    Row {
        measure: Measure::Failures,
        of: Of::Requests,
        query: "sum by ({by}) (increase({failed}[5m]))",
        unit: "short",
        when: When::Kept,
    },
    Row {
        measure: Measure::P50,
        of: Of::Requests,
        query: "histogram_quantile(0.5, sum by ({by}, le) (rate({buckets}[5m]))) / {second}",
        unit: "s",
        when: When::Always,
    },
    Row {
        measure: Measure::P95,
        of: Of::Requests,
        query: "histogram_quantile(0.95, sum by ({by}, le) (rate({buckets}[5m]))) / {second}",
        unit: "s",
        when: When::Kept,
    },
    Row {
        measure: Measure::P99,
        of: Of::Requests,
        query: "histogram_quantile(0.99, sum by ({by}, le) (rate({buckets}[5m]))) / {second}",
        unit: "s",
        when: When::Kept,
    },
    Row {
        measure: Measure::Mean,
        of: Of::Requests,
        query: "sum by ({by}) (rate({sums}[5m])) / (sum by ({by}) (rate({counts}[5m])) > 0) / {second}",
        unit: "s",
        when: When::Kept,
    },
    Row {
        measure: Measure::TrafficBefore,
        of: Of::Requests,
        query: "sum by ({by}) (rate({requests}[1h] offset 10m))",
        unit: "reqps",
        when: When::Needed,
    },
    Row {
        measure: Measure::TrafficRatio,
        of: Of::Requests,
        query: "sum by ({by}) (rate({requests}[5m])) / (sum by ({by}) (rate({requests}[1h] offset 10m)) \
                and sum by ({by}) (count_over_time({requests}[5m] offset 65m)) > 0)",
        unit: "short",
        when: When::Always,
    },
    Row {
        measure: Measure::P95Ratio,
        of: Of::Requests,
        query: "(histogram_quantile(0.95, sum by ({by}, le) (rate({buckets}[5m]))) / {second} > 0.05) \
                / (histogram_quantile(0.95, sum by ({by}, le) (rate({buckets}[1h] offset 10m))) / {second} \
                and sum by ({by}) (count_over_time({requests}[5m] offset 65m)) > 0)",
        unit: "short",
        when: When::Always,
    },
    Row {
        measure: Measure::Up,
        of: Of::Targets,
        query: "avg by ({by}) ({up})",
        unit: "percentunit",
        when: When::Kept,
    },
    Row {
        measure: Measure::ScrapesFailed,
        of: Of::Targets,
        query: "sum by ({by}) (count_over_time({up}[15m]) - sum_over_time({up}[15m]) and {up} == 0)",
        unit: "short",
        when: When::Needed,
    },
    Row {
        measure: Measure::Used,
        of: Of::Resources,
        query: "max by ({by}) ({used})",
        unit: "percentunit",
        when: When::Kept,
    },
    Row {
        measure: Measure::UsedReadings,
        of: Of::Resources,
        query: "max by ({by}) (count_over_time((({used}) > 0.8)[1m:15s]))",
        unit: "short",
        when: When::Needed,
    },
    Row {
        measure: Measure::Needed,
        of: Of::NeededResources,
        query: "max by ({by}) ({used})",
        unit: "percentunit",
        when: When::Kept,
    },
    Row {
        measure: Measure::NeededReadings,
        of: Of::NeededResources,
        query: "max by ({by}) (count_over_time((({used}) > 0.95)[1m:15s]))",
        unit: "short",
        when: When::Needed,
    },
    Row {
        measure: Measure::Healthy,
        of: Of::Checks,
        query: "min by ({by}) ({check})",
        unit: "percentunit",
        when: When::Kept,
    },
    Row {
        measure: Measure::ChecksFailed,
        of: Of::Checks,
        query: "sum by ({by}) (count_over_time({check}[15m]) - sum_over_time({check}[15m]) and {check} == 0)",
        unit: "short",
        when: When::Needed,
    },
    Row {
        measure: Measure::Silence,
        of: Of::Presence,
        query: "time() - max by ({by}) (ts_of_last_over_time({present}[6h]))",
        unit: "s",
        when: When::Always,
    },
];

/// The row of a measure.
pub fn row(measure: Measure) -> &'static Row {
    MEASURES.iter().find(|row| row.measure == measure).expect("every measure has a row")
}

/// What fills the places of a query.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// Requests, as one library names them.
    Requests(&'static Convention),
    /// Targets.
    Targets,
    /// One resource.
    Resource(&'static Resource),
    /// One gauge of health checks.
    Check(&'static HealthCheck),
}

impl Row {
    /// What there is to ask it of, where the names of metrics are known.
    pub fn subjects(&self, known: &dyn Fn(&str) -> bool) -> Vec<Subject> {
        let requests = || {
            let answering = CONVENTIONS.iter().filter(|convention| convention.answers(self.query));
            answering.filter(|convention| convention.is_known(known)).map(Subject::Requests)
        };
        let resources = || RESOURCES.iter().filter(|resource| known(resource.needs));
        match self.of {
            Of::Requests => requests().collect(),
            Of::Targets => vec![Subject::Targets],
            Of::Resources => resources().map(Subject::Resource).collect(),
            Of::NeededResources => {
                resources().filter(|resource| resource.fails).map(Subject::Resource).collect()
            }
            Of::Checks => {
                HEALTH_CHECKS.iter().filter(|check| known(check.metric)).map(Subject::Check).collect()
            }
            Of::Presence => std::iter::once(Subject::Targets).chain(requests()).collect(),
        }
    }
}

impl Subject {
    /// What it is called: a library, a resource, a metric.
    pub fn name(&self) -> &'static str {
        match self {
            Subject::Requests(convention) => convention.name,
            Subject::Targets => "targets",
            Subject::Resource(resource) => resource.name,
            Subject::Check(check) => check.metric,
        }
    }

    /// A query about it, restricted by more matchers where it is one selector, by these labels; none where the library does not tell.
    pub fn fill(&self, query: &str, more: &str, by: &str) -> Option<String> {
        let query = query.replace("{by}", by);
        Some(match self {
            Subject::Requests(convention) => {
                requests(convention, query, more, [BY, BY_INSTANCE].contains(&by))?
            }
            Subject::Targets => {
                let up = selector("up", &[more]);
                query.replace("{up}", &up).replace("{present}", &up)
            }
            Subject::Resource(resource) => query.replace("{used}", resource.used),
            Subject::Check(check) => query.replace("{check}", &selector(check.metric, &[more])),
        })
    }
}

fn requests(convention: &Convention, mut query: String, more: &str, of_all: bool) -> Option<String> {
    if convention.requests_are_histograms() {
        query = counting(&query);
    }
    if query.contains("{failed}") {
        query = query.replace("{failed}", &convention.failed(more)?);
    }
    if query.contains("{buckets}") {
        let buckets = if of_all { convention.overall(more) } else { convention.buckets(more) };
        query = query.replace("{buckets}", &buckets?);
    }
    if convention.shape == Shape::Native {
        query = wrapped(&query, &["rate({sums}"], "histogram_sum");
        query = wrapped(&query, &["rate({counts}"], "histogram_count");
    }
    query = query.replace("{sums}", &convention.sums(more)).replace("{counts}", &convention.counts(more));
    let per_second = convention.per_second;
    query = if per_second == 1.0 {
        query.replace(" / {second}", "")
    } else {
        query.replace("{second}", &per_second.to_string())
    };
    let requests = convention.requests(more);
    Some(query.replace("{requests}", &requests).replace("{present}", &requests))
}

/// A query where every rate of requests is the count of a rate of histograms.
fn counting(query: &str) -> String {
    const RATES: [&str; 3] = ["rate({requests}", "rate({failed}", "increase({failed}"];
    wrapped(query, &RATES, "histogram_count")
}

/// A query where each of these rates is what a function makes of it.
fn wrapped(query: &str, rates: &[&str], function: &str) -> String {
    let (mut told, mut rest) = (String::new(), query);
    while let Some(start) = rates.iter().filter_map(|rate| rest.find(rate)).min() {
        let end = rest[start..].find(')').map_or(rest.len(), |end| start + end + 1);
        told += &format!("{}{function}({})", &rest[..start], &rest[start..end]);
        rest = &rest[end..];
    }
    told + rest
}

impl Row {
    /// The query for a convention, restricted by more matchers; none where the library does not tell.
    pub fn query(&self, convention: &'static Convention, more: &str) -> Option<String> {
        self.grouped(convention, more, BY)
    }

    /// The same by other labels.
    pub fn grouped(&self, convention: &'static Convention, more: &str, by: &str) -> Option<String> {
        Subject::Requests(convention).fill(self.query, more, by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_native_histograms_are_counted() {
        let native = CONVENTIONS.iter().find(|convention| convention.requests_are_histograms()).expect("one");
        let check = |measure: Measure, want: &str| {
            assert_eq!(row(measure).query(native, "").as_deref(), Some(want));
        };
        let requests = "http_server_request_duration_seconds{http_request_method!=\"\"}";
        let rate = format!("sum by ({BY}) (histogram_count(rate({requests}[5m])))");
        check(Measure::Traffic, &rate);
        check(Measure::P95, &format!("histogram_quantile(0.95, sum by ({BY}, le) (rate({requests}[5m])))"));
        let before = rate.replace("[5m]", "[1h] offset 10m");
        let there = format!("sum by ({BY}) (count_over_time({requests}[5m] offset 65m)) > 0");
        check(Measure::TrafficRatio, &format!("{rate} / ({before} and {there})"));
    }

    #[test]
    fn means_are_of_whatever_tells_sums() {
        let of = |shape: Shape| CONVENTIONS.iter().find(|way| way.shape == shape).expect("one");
        let told = |shape: Shape| row(Measure::Mean).query(of(shape), "job=\"a\"").expect("a query");
        let labels = "{http_request_method!=\"\",job=\"a\"}";
        let rate = |what: &str| format!("rate(http_server_request_duration_seconds{what}{labels}[5m])");
        assert_eq!(
            told(Shape::Sums),
            format!("sum by ({BY}) ({}) / (sum by ({BY}) ({}) > 0)", rate("_sum"), rate("_count"))
        );
        assert_eq!(
            told(Shape::Native),
            format!(
                "sum by ({BY}) (histogram_sum({0})) / (sum by ({BY}) (histogram_count({0})) > 0)",
                rate("")
            )
        );
    }

    #[test]
    fn silence_is_looked_for_as_far_back_as_is_said() {
        assert!(row(Measure::Silence).query.contains(SILENCE_WINDOW));
    }

    #[test]
    fn every_measure_of_every_subject_is_a_query() {
        for row in MEASURES {
            let subjects = row.subjects(&|_| true);
            assert!(!subjects.is_empty(), "{:?}", row.measure);
            for subject in subjects {
                let Some(query) = subject.fill(row.query, "job=\"a\"", BY) else { continue };
                assert!(promql::parse::parse(&query).is_ok() && !query.contains("{by}"), "{query}");
            }
        }
    }
}
