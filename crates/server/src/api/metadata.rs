//! `/api/v1/metadata` and `/api/v1/targets/metadata`: what metrics say about themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::envelope::{ApiError, success};
use super::params::Params;
use crate::app::App;

#[derive(Serialize)]
struct Described {
    #[serde(rename = "type")]
    kind: &'static str,
    help: String,
    unit: String,
}

/// Type, help and unit by metric family.
pub async fn metadata(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let limit = params.exact_limit("limit")?;
    let per_metric = params.exact_limit("limit_per_metric")?.filter(|limit| *limit > 0);
    let wanted = params.get("metric");
    let mut families: BTreeMap<String, Vec<Described>> = BTreeMap::new();
    for (family, metadata) in app.store.metadata() {
        if wanted.is_some_and(|wanted| wanted != family) {
            continue;
        }
        if limit.is_some_and(|limit| families.len() >= limit && !families.contains_key(&family)) {
            break;
        }
        let described = families.entry(family).or_default();
        if per_metric.is_none_or(|limit| described.len() < limit) {
            described.push(Described {
                kind: metadata.kind.name(),
                help: metadata.help,
                unit: metadata.unit,
            });
        }
    }
    Ok(success(families))
}
