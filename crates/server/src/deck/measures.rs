//! What is measured of every service, as PromQL: one row per value, asked of all services of a convention at once.

use super::conventions::Convention;

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
    /// Traffic over that of the hour before.
    TrafficRatio,
    /// p95 over that of the hour before, where it can be felt at all.
    P95Ratio,
    /// The share of targets that answer; it needs no convention and has no row, as those after it.
    Up,
    /// How much of the most used resource is used.
    Used,
    /// 0 while a health check fails.
    Healthy,
}

/// One row of the table.
pub struct Row {
    /// What it yields.
    pub measure: Measure,
    /// The query: `{requests}`, `{failed}` and `{buckets}` stand for selectors, `{by}` for the labels that tell
    /// services apart, `{second}` for the units of a second.
    query: &'static str,
    /// The unit of the values, as dashboards name it.
    pub unit: &'static str,
    /// Whether its history is kept.
    pub kept: bool,
}

/// The labels that tell services apart.
const BY: &str = "job, service_name";

/// A baseline is the hour up to ten minutes ago, of services that were there when it began.
pub static MEASURES: &[Row] = &[
    Row {
        measure: Measure::Traffic,
        query: "sum by ({by}) (rate({requests}[5m]))",
        unit: "reqps",
        kept: true,
    },
    Row {
        measure: Measure::Errors,
        query: "(sum by ({by}) (rate({failed}[5m])) or 0 * sum by ({by}) (rate({requests}[5m]))) \
                / (sum by ({by}) (rate({requests}[5m])) > 0)",
        unit: "percentunit",
        kept: true,
    },
    Row {
        measure: Measure::Failures,
        query: "sum by ({by}) (increase({failed}[5m]))",
        unit: "short",
        kept: true,
    },
    Row {
        measure: Measure::P50,
        query: "histogram_quantile(0.5, sum by ({by}, le) (rate({buckets}[5m]))) / {second}",
        unit: "s",
        kept: false,
    },
    Row {
        measure: Measure::P95,
        query: "histogram_quantile(0.95, sum by ({by}, le) (rate({buckets}[5m]))) / {second}",
        unit: "s",
        kept: true,
    },
    Row {
        measure: Measure::P99,
        query: "histogram_quantile(0.99, sum by ({by}, le) (rate({buckets}[5m]))) / {second}",
        unit: "s",
        kept: true,
    },
    Row {
        measure: Measure::TrafficRatio,
        query: "sum by ({by}) (rate({requests}[5m])) / (sum by ({by}) (rate({requests}[1h] offset 10m)) \
                and sum by ({by}) (count_over_time({requests}[5m] offset 65m)) > 0)",
        unit: "short",
        kept: false,
    },
    Row {
        measure: Measure::P95Ratio,
        query: "(histogram_quantile(0.95, sum by ({by}, le) (rate({buckets}[5m]))) / {second} > 0.05) \
                / (histogram_quantile(0.95, sum by ({by}, le) (rate({buckets}[1h] offset 10m))) / {second} \
                and sum by ({by}) (count_over_time({requests}[5m] offset 65m)) > 0)",
        unit: "short",
        kept: false,
    },
];

/// The row of a measure.
pub fn row(measure: Measure) -> &'static Row {
    MEASURES.iter().find(|row| row.measure == measure).expect("every measure has a row")
}

impl Row {
    /// The query for a convention, restricted by more matchers; none where the library does not tell.
    pub fn query(&self, convention: &Convention, more: &str) -> Option<String> {
        self.grouped(convention, more, BY)
    }

    /// The same by other labels.
    pub fn grouped(&self, convention: &Convention, more: &str, by: &str) -> Option<String> {
        let mut query = self.query.to_owned();
        if query.contains("{failed}") {
            query = query.replace("{failed}", &convention.failed(more)?);
        }
        if query.contains("{buckets}") {
            query = query.replace("{buckets}", &convention.buckets(more)?);
        }
        let per_second = convention.per_second;
        query = if per_second == 1.0 {
            query.replace(" / {second}", "")
        } else {
            query.replace("{second}", &per_second.to_string())
        };
        Some(query.replace("{requests}", &convention.requests(more)).replace("{by}", by))
    }
}

#[cfg(test)]
mod tests {
    use super::super::conventions::CONVENTIONS;
    use super::*;

    #[test]
    fn every_measure_of_every_convention_is_a_query() {
        for convention in CONVENTIONS {
            for row in MEASURES {
                let Some(query) = row.query(convention, "job=\"a\"") else { continue };
                assert!(promql::parse::parse(&query).is_ok() && !query.contains("{by}"), "{query}");
            }
        }
    }
}
