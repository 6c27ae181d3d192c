//! `/api/v1/status/self_metrics`: the metrics of this process as JSON, in the shape protobuf's JSON mapping gives them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use model::{METRIC_NAME, MetricType, Regex};
use serde_json::{Value, json};

use super::envelope::{ApiError, success};
use super::params::Params;
use super::selectors::ask;
use super::value::value_text;
use crate::app::App;
use crate::metrics::{Exposed, Point};

/// Families by name, those that match the pattern.
pub async fn self_metrics(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let pattern = params.get("metric_name_pattern").map(Regex::new).transpose();
    let pattern = pattern.map_err(|error| ApiError::bad(format!("invalid metric_name_pattern: {error}")))?;
    let stats = ask(&app, |store| Ok(store.stats())).await?;
    let mut families = app.metrics.gather(&stats);
    families.retain(|family| pattern.as_ref().is_none_or(|pattern| pattern.is_match(family.name)));
    families.sort_by_key(|family| family.name);
    Ok(success(families.iter().map(family).collect::<Vec<_>>()))
}

fn family(family: &Exposed) -> Value {
    let metric = match family.kind {
        MetricType::Histogram => histograms(&family.points),
        _ => family.points.iter().map(|point| simple(family.kind, point)).collect(),
    };
    let kind = family.kind.name().to_ascii_uppercase();
    json!({ "name": family.name, "help": family.help, "type": kind, "metric": metric })
}

fn simple(kind: MetricType, point: &Point) -> Value {
    let field = if kind == MetricType::Counter { "counter" } else { "gauge" };
    let mut metric = labelled(point.labels.iter());
    metric[field] = json!({ "value": number(point.value) });
    metric
}

/// Buckets, count and sum of one label set are one metric.
fn histograms(points: &[Point]) -> Vec<Value> {
    let mut found: BTreeMap<Vec<(&str, &str)>, Value> = BTreeMap::new();
    for point in points {
        let labels: Vec<(&str, &str)> = point.labels.iter().filter(|(name, _)| *name != "le").collect();
        let own: Vec<(&str, &str)> =
            labels.iter().copied().filter(|(name, _)| *name != METRIC_NAME).collect();
        let metric = found.entry(own).or_insert_with(|| {
            let mut metric = labelled(labels.iter().copied());
            metric["histogram"] = json!({ "bucket": [] });
            metric
        });
        let histogram = &mut metric["histogram"];
        let name = point.labels.metric_name();
        // The mapping writes whole numbers of 64 bits as texts.
        if name.ends_with("_count") {
            histogram["sampleCount"] = json!(value_text(point.value));
        } else if name.ends_with("_sum") {
            histogram["sampleSum"] = number(point.value);
        } else if let Some(buckets) = histogram["bucket"].as_array_mut() {
            let bound = point.labels.value("le").parse().unwrap_or(f64::NAN);
            buckets.push(json!({ "cumulativeCount": value_text(point.value), "upperBound": number(bound) }));
        }
    }
    found.into_values().collect()
}

fn labelled<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let label = |(name, value)| json!({ "name": name, "value": value });
    let labels: Vec<Value> = labels.filter(|(name, _)| *name != METRIC_NAME).map(label).collect();
    if labels.is_empty() { json!({}) } else { json!({ "label": labels }) }
}

/// JSON has no infinities; the mapping writes them as texts.
fn number(value: f64) -> Value {
    if value.is_nan() {
        json!("NaN")
    } else if value.is_infinite() {
        json!(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        json!(value)
    }
}
