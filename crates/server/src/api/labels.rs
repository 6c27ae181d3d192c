//! `/api/v1/labels`, `/api/v1/label/{name}/values` and `/api/v1/series`: which series there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use model::Labels;
use serde::{Serialize, Serializer};

use super::envelope::{ApiError, JSON, write_success};
use super::params::Params;
use super::pieces;
use super::query::{may_go_on, turn};
use super::result::LabelMap;
use super::selectors::{Scope, TRUNCATED, look_up, store_error};
use crate::app::App;

/// After how many series it is looked whether anybody still wants them.
const CHECK_EVERY: usize = 1024;

/// The names of the labels.
pub async fn names(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let scope = Scope::read(&params)?;
    let names =
        look_up(&app, "label names", |store| store.label_names(&scope.selectors, scope.range.clone()))
            .await?;
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
    let values = look_up(&app, "label values", |store| {
        store.label_values(&name, &scope.selectors, scope.range.clone())
    })
    .await?;
    Ok(scope.answer(values))
}

/// The label sets of the series that match any selector, written out as they are found again in their order.
pub async fn series(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let scope = Scope::read_selective(&params)?;
    let (ticket, running) = turn(&app, "series", app.options.query.timeout).await?;
    pieces::answer(JSON, ticket, move |pieces| {
        let mut found = BTreeSet::new();
        for matchers in &scope.selectors {
            let selection = app.store.select(matchers, scope.range.clone()).map_err(store_error)?;
            for index in 0..selection.len() {
                if index % CHECK_EVERY == 0 {
                    may_go_on(&running)?;
                }
                found.insert(selection.labels(index));
            }
        }
        let is_cut = scope.limit.is_some_and(|limit| found.len() > limit);
        let warnings = if is_cut { vec![TRUNCATED.to_owned()] } else { Vec::new() };
        let limit = scope.limit.unwrap_or(usize::MAX);
        write_success(pieces, Sets(&found, limit), warnings, Vec::new())
    })
    .await
}

/// At most so many label sets.
struct Sets<'a>(&'a BTreeSet<Labels>, usize);

impl Serialize for Sets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().take(self.1).map(LabelMap))
    }
}

/// A label set as the API writes it.
pub fn as_map(labels: &Labels) -> BTreeMap<&str, &str> {
    labels.iter().collect()
}
