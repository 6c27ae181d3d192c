//! `/api/v1/labels`, `/api/v1/label/{name}/values` and `/api/v1/series`: which series there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use model::Labels;

use super::envelope::ApiError;
use super::params::Params;
use super::selectors::{Scope, ask_here};
use crate::app::App;

/// The names of the labels.
pub async fn names(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let scope = Scope::read(&params)?;
    let names = ask_here(&app, |store| store.label_names(&scope.selectors, scope.range.clone()))?;
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
    let scope = Scope::read(&params)?;
    let values = ask_here(&app, |store| store.label_values(&name, &scope.selectors, scope.range.clone()))?;
    Ok(scope.answer(values))
}

/// The label sets of the series that match any selector.
pub async fn series(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let scope = Scope::read_selective(&params)?;
    let found = ask_here(&app, |store| {
        let mut found = BTreeSet::new();
        for matchers in &scope.selectors {
            let selection = store.select(matchers, scope.range.clone())?;
            found.extend((0..selection.len()).map(|index| selection.labels(index)));
        }
        Ok(found)
    })?;
    Ok(scope.answer(found.iter().map(as_map).collect::<Vec<_>>()))
}

/// A label set as the API writes it.
pub fn as_map(labels: &Labels) -> BTreeMap<&str, &str> {
    labels.iter().collect()
}
