//! `GET /api/v1/queries` and `DELETE /api/v1/queries/{id}`: which queries run, and stopping one. Ours: Prometheus has no
//! such endpoint.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::envelope::{ApiError, ErrorType, success};
use crate::app::App;

/// How much of a query's text is shown.
const SHOWN_BYTES_MAX: usize = 4096;

#[derive(Serialize)]
struct Shown {
    id: u64,
    query: String,
    seconds: f64,
    cancelled: bool,
}

/// The queries that run, oldest first.
pub async fn list(State(app): State<Arc<App>>) -> Response {
    let shown = |running: &Arc<crate::queries::Running>| Shown {
        id: running.id,
        query: running.query[..running.query.floor_char_boundary(SHOWN_BYTES_MAX)].to_owned(),
        seconds: running.took().as_secs_f64(),
        cancelled: running.is_cancelled(),
    };
    success(app.queries.list().iter().map(shown).collect::<Vec<_>>())
}

/// Stops a query: its caller is told that it was cancelled.
pub async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let number = id.parse().map_err(|_| ApiError::bad_parameter("id", "must be a query's number"))?;
    if !app.queries.cancel(number) {
        return Err(ApiError::new(ErrorType::NotFound, format!("no query {number} is running")));
    }
    Ok(success(serde_json::Value::Null))
}
