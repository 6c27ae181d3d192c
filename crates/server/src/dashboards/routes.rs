//! `/api/v1/dashboards`: listed, read, imported, saved, taken away.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::{Value, json};

use super::file::{FILE_BYTES_MAX, read};
use super::files::Found;
use super::import::identifier;
use super::model::Dashboard;
use super::report::Report;
use super::saving::Base;
use super::snapshots::SNAPSHOT_BYTES_MAX;
use crate::api::blocking::blocking;
use crate::api::envelope::{ApiError, ErrorType, success};
use crate::api::params::Params;
use crate::api::tags;
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
        .route("/api/v1/dashboards/{id}/versions", get(versions))
        .route("/api/v1/dashboards/{id}/versions/{number}", get(version))
        .route(
            "/api/v1/snapshots",
            get(snapshots).post(keep_snapshot).layer(DefaultBodyLimit::max(SNAPSHOT_BYTES_MAX)),
        )
        .route("/api/v1/snapshots/{name}", get(snapshot).delete(remove_snapshot))
}

/// A dashboard that is in no file, with what could not be carried over.
#[derive(Serialize)]
struct Shown {
    dashboard: Dashboard,
    report: Report,
    editable: bool,
    changed: i64,
    revision: &'static str,
}

impl Shown {
    fn new((dashboard, report): (Dashboard, Report), editable: bool) -> Shown {
        Shown { dashboard, report, editable, changed: 0, revision: "" }
    }
}

async fn list(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    blocking(move || success(app.dashboards.list())).await
}

async fn one(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = blocking(move || app.dashboards.get(&id).ok_or_else(|| no_dashboard(&app, &id))).await??;
    let known = tags::named(&headers, header::IF_NONE_MATCH).unwrap_or_default();
    Ok(answered(found, &known))
}

/// A dashboard with its revision as the tag, or the news that the caller has it.
fn answered(found: Found, known: &[String]) -> Response {
    let tag = HeaderValue::from_str(&format!("\"{}\"", found.revision));
    let mut response = match known.contains(&found.revision) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => success(found),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = tag {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The file as it is kept, to be taken elsewhere.
async fn file(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let text = blocking(move || app.dashboards.text(&id)).await?.ok_or_else(no_such_dashboard)?;
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, "attachment")], text)
        .into_response())
}

/// What a dashboard was before it was saved over; also of one that was taken away.
async fn versions(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    blocking(move || success(app.dashboards.versions(&id))).await
}

async fn version(
    State(app): State<Arc<App>>,
    Path((id, number)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let number = number.parse().map_err(|_| no_such_dashboard())?;
    let found = blocking(move || app.dashboards.version(&id, number)).await?;
    Ok(success(Shown::new(found.ok_or_else(no_such_dashboard)?, false)))
}

/// Imports Grafana's JSON and answers with the report. `dry=1` only reports.
async fn import(
    State(app): State<Arc<App>>,
    params: Dry,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let json = parsed(body)?;
    let base = Base::of(&headers);
    let outcome = blocking(move || {
        let read = read(&json).map_err(ApiError::bad)?;
        match params.0 {
            true => Ok(success(Shown::new(read, true))),
            false => keep(&app, read, &base),
        }
    });
    outcome.await?
}

/// Saves a dashboard under its name.
async fn save(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let json = parsed(body)?;
    let base = Base::of(&headers);
    let outcome = blocking(move || {
        let (mut dashboard, report) = read(&json).map_err(ApiError::bad)?;
        dashboard.id = identifier(&id);
        keep(&app, (dashboard, report), &base)
    });
    outcome.await?
}

/// Saves it, and answers with what is in the file now and what was lost on the way into it.
fn keep(app: &App, (dashboard, report): (Dashboard, Report), base: &Base) -> Result<Response, ApiError> {
    app.dashboards.save(&dashboard, base)?;
    let kept = app.dashboards.get(&dashboard.id).ok_or_else(no_such_dashboard)?;
    Ok(answered(Found { report, ..kept }, &[]))
}

async fn remove(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let base = Base::of(&headers);
    match blocking(move || app.dashboards.remove(&id, &base)).await?? {
        true => Ok(success(())),
        false => Err(no_such_dashboard()),
    }
}

async fn snapshots(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    blocking(move || success(app.snapshots.list())).await
}

/// Keeps what somebody sees.
async fn keep_snapshot(State(app): State<Arc<App>>, body: Body) -> Result<Response, ApiError> {
    let snapshot = parsed(body)?;
    if !snapshot.is_object() {
        return Err(ApiError::bad("a snapshot is a JSON object"));
    }
    let json = snapshot.to_string();
    let name = blocking(move || app.snapshots.keep(&json)).await??;
    Ok(success(json!({ "name": name })))
}

async fn snapshot(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Response, ApiError> {
    let text = blocking(move || app.snapshots.get(&name)).await?.ok_or_else(no_such_snapshot)?;
    let body = format!("{{\"status\":\"success\",\"data\":{text}}}");
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

async fn remove_snapshot(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    match blocking(move || app.snapshots.remove(&name)).await?? {
        true => Ok(success(())),
        false => Err(no_such_snapshot()),
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

/// A body that arrived whole, or why not.
type Body = Result<Bytes, BytesRejection>;

fn parsed(body: Body) -> Result<Value, ApiError> {
    let body = body.map_err(|error| {
        ApiError::bad(format!("the body could not be read; it may have {FILE_BYTES_MAX} bytes: {error}"))
    })?;
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
    serde_json::from_slice(body).map_err(|error| ApiError::bad(format!("this is not JSON: {error}")))
}

fn no_such_dashboard() -> ApiError {
    ApiError::new(ErrorType::NotFound, "there is no such dashboard")
}

/// Why there is none; a file that should be it, and cannot be read, is named.
fn no_dashboard(app: &App, id: &str) -> ApiError {
    app.dashboards
        .problem(id)
        .map_or_else(no_such_dashboard, |problem| ApiError::new(ErrorType::NotFound, problem))
}

fn no_such_snapshot() -> ApiError {
    ApiError::new(ErrorType::NotFound, "there is no such snapshot; it may have been taken away")
}
