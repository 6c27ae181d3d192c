//! `/api/v1/admin/tsdb/*`: deleting series. Off unless the command line says otherwise.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tsdb::Maintained;

use super::envelope::{ApiError, ErrorType};
use super::params::Params;
use super::selectors::{Scope, ask};
use crate::app::App;

/// How many rounds of maintenance cleaning takes at most: each merges some parts.
const CLEANING_ROUNDS_MAX: usize = 10_000;

/// Deletes the samples of matching series within a range.
pub async fn delete_series(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    allowed(&app)?;
    let scope = Scope::read_selective(&params)?;
    ask(&app, move |store| {
        scope
            .selectors
            .iter()
            .try_for_each(|matchers| store.delete(matchers, *scope.range.start(), *scope.range.end()))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Rewrites what holds deleted samples, as far as that can be done at once.
pub async fn clean_tombstones(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    allowed(&app)?;
    ask(&app, |store| {
        for _ in 0..CLEANING_ROUNDS_MAX {
            if store.stats().tombstones == 0 || store.maintain()? == Maintained::default() {
                break;
            }
        }
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn allowed(app: &App) -> Result<(), ApiError> {
    if app.options.admin_api {
        return Ok(());
    }
    Err(ApiError::new(ErrorType::Unavailable, "admin APIs disabled"))
}
