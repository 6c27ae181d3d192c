//! The names of features that Prometheus keeps behind a flag, and what asking for them means here.

/// What is always on here.
const ON: [&str; 22] = [
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
    "promql-duration-expr",
    "promql-experimental-functions",
    "promql-extended-range-selectors",
    "promql-negative-offset",
    "promql-per-step-stats",
    "remote-write-receiver",
    "search-api",
];

/// What changes the meaning of things, and is not available here.
const OFF: [&str; 8] = [
    "agent",
    "expand-external-labels",
    "metadata-metrics",
    "otlp-native-delta-ingestion",
    "promql-delayed-name-removal",
    "st-storage",
    "type-and-unit-labels",
    "use-uncached-io",
];

/// What there is to say about the features that were asked for, one line each.
pub fn remarks(asked: &[String]) -> Vec<String> {
    let names = asked.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty());
    names
        .filter(|name| !ON.contains(name))
        .map(|name| {
            if OFF.contains(&name) {
                return format!("the feature {name} is accepted, not active yet");
            }
            format!("the feature {name} is not known")
        })
        .collect()
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
        check("", &[]);
    }
}
