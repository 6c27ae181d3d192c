//! `/api/v1/features`: what this build can do, in the shape and by the names Prometheus gives its features.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use promql::syntax::{AggregateOp, BinaryOp, FUNCTIONS};

use super::envelope::success;
use crate::app::App;

type Group = BTreeMap<String, bool>;

const API: [(&str, bool); 14] = [
    ("exclude_alerts", true),
    ("label_values_match", true),
    ("lifecycle", true),
    ("openapi_3.1", true),
    ("openapi_3.2", false),
    ("otlp_write_receiver", true),
    ("query_stats", true),
    ("query_warnings", true),
    ("remote_write_receiver", true),
    ("search", true),
    ("search_fuzz_alg_jarowinkler", true),
    ("search_fuzz_alg_subsequence", true),
    ("time_range_labels", true),
    ("time_range_series", true),
];
const LANGUAGE: [&str; 20] = [
    "anchored",
    "at_modifier",
    "bool",
    "by",
    "duration_expr",
    "fill",
    "fill_left",
    "fill_right",
    "group_left",
    "group_right",
    "ignoring",
    "negative_offset",
    "offset",
    "on",
    "per_query_lookback_delta",
    "per_step_stats",
    "smoothed",
    "subqueries",
    "without",
    "explain",
];
const MATCHERS_AND_MODIFIERS: [&str; 3] = ["=~", "!~", "@"];
const DISCOVERY: [&str; 5] = ["static", "file", "http", "dns", "local"];
const STORE: [&str; 3] = ["exemplar_storage", "native_histograms", "start_timestamps"];

const PROCESS: [(&str, bool); 2] = [("agent_mode", false), ("server_mode", true)];
/// There are no rules yet, and so nothing for their templates to call.
const RULES: [(&str, bool); 3] =
    [("concurrent_rule_eval", false), ("keep_firing_for", false), ("query_offset", false)];
const SCRAPE: [(&str, bool); 2] = [("extra_scrape_metrics", true), ("type_and_unit_labels", false)];

/// The features by group.
pub async fn features(State(app): State<Arc<App>>) -> Response {
    let mut api = as_said(&API);
    api.insert("admin".to_owned(), app.options.admin_api);
    let mut language = all_on(LANGUAGE);
    let settings = &app.engine.settings;
    language.insert("delayed_name_removal".to_owned(), settings.delayed_name_removal);
    language.insert("type_and_unit_labels".to_owned(), settings.type_and_unit_labels);
    let operators = BinaryOp::ALL
        .iter()
        .map(|op| op.symbol())
        .chain(AggregateOp::ALL.iter().map(|op| op.name()))
        .chain(MATCHERS_AND_MODIFIERS);
    let groups: BTreeMap<&str, Group> = BTreeMap::from([
        ("api", api),
        ("otlp_receiver", all_on(["delta_conversion"])),
        ("prometheus", as_said(&PROCESS)),
        ("promql", language),
        ("promql_functions", all_on(FUNCTIONS.iter().map(|function| function.name))),
        ("promql_operators", all_on(operators)),
        ("rules", as_said(&RULES)),
        ("scrape", as_said(&SCRAPE)),
        ("service_discovery_providers", all_on(DISCOVERY)),
        ("tsdb", all_on(STORE)),
    ]);
    success(groups)
}

fn as_said(features: &[(&str, bool)]) -> Group {
    features.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect()
}

fn all_on<'a>(names: impl IntoIterator<Item = &'a str>) -> Group {
    names.into_iter().map(|name| (name.to_owned(), true)).collect()
}
