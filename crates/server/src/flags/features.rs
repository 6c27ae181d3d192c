//! The names of features that Prometheus keeps behind a flag, and what asking for them means here.

use promql::Settings;

/// What is always on here.
const ON: [&str; 25] = [
    "auto-gomaxprocs",
    "auto-gomemlimit",
    "concurrent-rule-eval",
    "created-timestamp-zero-ingestion",
    "delayed-compaction",
    "exemplar-storage",
    "extra-scrape-metrics",
    "histograms-st-encoding",
    "memory-snapshot-on-shutdown",
    "metadata-wal-records",
    "native-histograms",
    "new-service-discovery-manager",
    "otlp-deltatocumulative",
    "otlp-write-receiver",
    "promql-at-modifier",
    "promql-binop-fill-modifiers",
    "promql-duration-expr",
    "promql-experimental-functions",
    "promql-extended-range-selectors",
    "promql-negative-offset",
    "promql-per-step-stats",
    "remote-write-receiver",
    "search-api",
    "st-storage",
    "xor2-encoding",
];

/// What changes the meaning of queries, and so is on only where it is asked for.
const OPTIONS: [&str; 3] = [DELAYED_NAME_REMOVAL, START_TIMESTAMPS, TYPE_AND_UNIT_LABELS];

/// Names are taken off once a query is done, rather than by each function.
const DELAYED_NAME_REMOVAL: &str = "promql-delayed-name-removal";
/// Counters begin at zero at their start time, where samples have one.
const START_TIMESTAMPS: &str = "use-start-timestamps";
/// Queries tell a counter by its label `__type__`, where what sends samples sets it.
const TYPE_AND_UNIT_LABELS: &str = "type-and-unit-labels";

/// What changes the meaning of things, and is not available here.
const OFF: [&str; 5] =
    ["agent", "expand-external-labels", "metadata-metrics", "otlp-native-delta-ingestion", "use-uncached-io"];

/// What there is to say about the features that were asked for, one line each.
pub fn remarks(asked: &[String]) -> Vec<String> {
    names(asked)
        .filter(|name| !ON.contains(name) && !OPTIONS.contains(name))
        .map(|name| {
            if OFF.contains(&name) {
                return format!("the feature {name} is accepted, not active yet");
            }
            format!("the feature {name} is not known")
        })
        .collect()
}

/// How queries are evaluated under the features that were asked for.
pub fn query_settings(asked: &[String]) -> Settings {
    let on = |wanted: &str| names(asked).any(|name| name == wanted);
    Settings {
        delayed_name_removal: on(DELAYED_NAME_REMOVAL),
        start_timestamps: on(START_TIMESTAMPS),
        type_and_unit_labels: on(TYPE_AND_UNIT_LABELS),
        ..Settings::default()
    }
}

fn names(asked: &[String]) -> impl Iterator<Item = &str> {
    asked.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_on_is_remarked() {
        let check = |asked: &str, want: &[&str]| assert_eq!(remarks(&[asked.to_owned()]), want, "{asked}");
        check("exemplar-storage,native-histograms", &[]);
        check("native-histograms, agent", &["the feature agent is accepted, not active yet"]);
        check("warp", &["the feature warp is not known"]);
        check("promql-delayed-name-removal,use-start-timestamps,type-and-unit-labels", &[]);
        check("", &[]);
    }

    #[test]
    fn what_changes_queries_is_on_where_it_is_asked_for() {
        let check = |asked: &str, want: [bool; 3]| {
            let settings = query_settings(&[asked.to_owned()]);
            let got =
                [settings.delayed_name_removal, settings.start_timestamps, settings.type_and_unit_labels];
            assert_eq!(got, want, "{asked}");
        };
        check("", [false; 3]);
        check("promql-delayed-name-removal", [true, false, false]);
        check("agent, use-start-timestamps,type-and-unit-labels", [false, true, true]);
    }
}
