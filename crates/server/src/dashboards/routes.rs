//! `/api/v1/dashboards`: listed, read, imported, saved, taken away.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::Value;

use super::files::{FILE_BYTES_MAX, read};
use super::model::Dashboard;
use super::report::Report;
use crate::api::envelope::{ApiError, ErrorType, success};
use crate::api::params::Params;
use crate::app::App;

/// The routes of dashboards.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/dashboards", get(list))
        .route("/api/v1/dashboards/import", post(import).layer(DefaultBodyLimit::max(FILE_BYTES_MAX)))
        .route(
            "/api/v1/dashboards/{id}",
            get(one).put(save).delete(remove).layer(DefaultBodyLimit::max(FILE_BYTES_MAX)),
        )
        .route("/api/v1/dashboards/{id}/file", get(file))
}

/// A dashboard with what could not be carried over.
#[derive(Serialize)]
struct Shown {
    dashboard: Dashboard,
    report: Report,
}

async fn list(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    blocking(move || success(app.dashboards.list())).await
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    blocking(move || app.dashboards.get(&id)).await?.map_or_else(
        || Err(no_such_dashboard()),
        |(dashboard, report)| Ok(success(Shown { dashboard, report })),
    )
}

/// The file as it is kept, to be taken elsewhere.
async fn file(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let text = blocking(move || app.dashboards.text(&id)).await?.ok_or_else(no_such_dashboard)?;
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, "attachment")], text)
        .into_response())
}

/// Imports Grafana's JSON and answers with the report. `dry=1` only reports.
async fn import(State(app): State<Arc<App>>, params: Dry, body: Bytes) -> Result<Response, ApiError> {
    let json = parsed(&body)?;
    let outcome = blocking(move || {
        let (dashboard, report) = read(&json).map_err(ApiError::bad)?;
        if !params.0 {
            app.dashboards.save(&dashboard).map_err(failed)?;
        }
        Ok(success(Shown { dashboard, report }))
    });
    outcome.await?
}

/// Saves a dashboard under its name.
async fn save(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let json = parsed(&body)?;
    let outcome = blocking(move || {
        let (mut dashboard, report) = read(&json).map_err(ApiError::bad)?;
        dashboard.id = id;
        app.dashboards.save(&dashboard).map_err(failed)?;
        Ok(success(Shown { dashboard, report }))
    });
    outcome.await?
}

async fn remove(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    match blocking(move || app.dashboards.remove(&id)).await?.map_err(failed)? {
        true => Ok(success(())),
        false => Err(no_such_dashboard()),
    }
}

/// Whether only the report is wanted.
struct Dry(bool);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Dry {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Dry, ApiError> {
        Ok(Dry(Params::of_query(parts.uri.query().unwrap_or_default())?.get("dry").is_some()))
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| failed(error.into()))
}

fn parsed(body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::bad(format!("this is not JSON: {error}")))
}

fn no_such_dashboard() -> ApiError {
    ApiError::new(ErrorType::NotFound, "there is no such dashboard")
}

fn failed(error: anyhow::Error) -> ApiError {
    ApiError::new(ErrorType::Internal, format!("{error:#}"))
}
