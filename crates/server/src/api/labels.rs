//! `/api/v1/labels`, `/api/v1/label/{name}/values` and `/api/v1/series`: which series there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use model::Labels;

use super::envelope::ApiError;
use super::params::Params;
use super::selectors::{Scope, ask};
use crate::app::App;

/// The names of the labels.
pub async fn names(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let scope = Arc::new(Scope::read(&params)?);
    let asked = scope.clone();
    let names = ask(&app, move |store| store.label_names(&asked.selectors, asked.range.clone())).await?;
    Ok(scope.answer(names))
}

/// The values of one label.
pub async fn values(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    let name = model::names::unescape_values(&name).into_owned();
    if name.is_empty() {
        return Err(ApiError::bad(format!("invalid label name: {}", model::names::quote(&name))));
    }
    let scope = Arc::new(Scope::read(&params)?);
    let asked = scope.clone();
    let values =
        ask(&app, move |store| store.label_values(&name, &asked.selectors, asked.range.clone())).await?;
    Ok(scope.answer(values))
}

/// The label sets of the series that match any selector.
pub async fn series(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let scope = Arc::new(Scope::read_selective(&params)?);
    let asked = scope.clone();
    let found = ask(&app, move |store| {
        let mut found = BTreeSet::new();
        for matchers in &asked.selectors {
            let selection = store.select(matchers, asked.range.clone())?;
            found.extend((0..selection.len()).map(|index| selection.labels(index)));
        }
        Ok(found)
    })
    .await?;
    Ok(scope.answer(found.iter().map(as_map).collect::<Vec<_>>()))
}

/// A label set as the API writes it.
pub fn as_map(labels: &Labels) -> BTreeMap<&str, &str> {
    labels.iter().collect()
}
