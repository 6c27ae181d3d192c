//! `/api/v1/query_exemplars`: the exemplars of every series a query selects.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use model::{Exemplar, Labels, Matcher};
use serde::Serialize;

use super::envelope::{ApiError, success};
use super::labels::as_map;
use super::params::Params;
use super::selectors::work_through;
use super::value::{seconds, value_text};
use crate::app::App;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SeriesExemplars<'a> {
    series_labels: BTreeMap<&'a str, &'a str>,
    exemplars: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    labels: BTreeMap<&'a str, &'a str>,
    value: String,
    timestamp: serde_json::Number,
}

/// Exemplars by series, in the order of time.
pub async fn query(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let start = params.time("start")?.unwrap_or(i64::MIN);
    let end = params.time("end")?.unwrap_or(i64::MAX);
    if end < start {
        return Err(ApiError::bad("end timestamp must not be before start timestamp"));
    }
    let text = params.get("query").unwrap_or("");
    let expr = promql::parse::parse(text).map_err(|error| ApiError::bad(error.to_string()))?;
    let selectors: Vec<Vec<Matcher>> =
        expr.selectors().into_iter().map(|selector| selector.matchers.clone()).collect();
    if selectors.is_empty() {
        return Ok(success(Vec::<SeriesExemplars<'_>>::new()));
    }
    let found =
        work_through(&app, "exemplars", move |store, _| store.exemplars(&selectors, start..=end)).await?;
    Ok(success(found.iter().map(|(labels, exemplars)| entries(labels, exemplars)).collect::<Vec<_>>()))
}

fn entries<'a>(series: &'a Labels, exemplars: &'a [Exemplar]) -> SeriesExemplars<'a> {
    let entry = |exemplar: &'a Exemplar| Entry {
        labels: as_map(&exemplar.labels),
        value: value_text(exemplar.value),
        timestamp: seconds(exemplar.time.unwrap_or(0)),
    };
    SeriesExemplars { series_labels: as_map(series), exemplars: exemplars.iter().map(entry).collect() }
}
