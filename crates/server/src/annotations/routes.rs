//! `/api/v1/annotations`: what happened, asked for and told.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use axum::routing::{delete, get};
use model::Timestamp;

use super::Annotation;
use crate::api::blocking::blocking;
use crate::api::envelope::{ApiError, ErrorType, success};
use crate::api::params::Params;
use crate::app::{App, now_millis};

/// How large a posted annotation may be.
const BODY_BYTES_MAX: usize = 64 << 10;

/// The routes of annotations.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/annotations", get(list).post(add).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
        .route("/api/v1/annotations/{id}", delete(remove))
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Result<Response, ApiError> {
    let millis = |name: &str, default: Timestamp| match params.get(name) {
        None => Ok(default),
        Some(text) => text
            .parse::<Timestamp>()
            .map_err(|_| ApiError::bad_parameter(name, "milliseconds since the epoch are expected")),
    };
    let tags: Vec<&str> = params.all("tags").collect();
    Ok(success(app.annotations.between(
        millis("from", Timestamp::MIN)?,
        millis("to", Timestamp::MAX)?,
        &tags,
    )))
}

/// A body without a time is about now, so that a deploy script needs one line.
async fn add(
    State(app): State<Arc<App>>,
    body: Result<Json<Annotation>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(mut annotation) = body.map_err(|error| ApiError::bad(error.body_text()))?;
    if annotation.time == 0 {
        annotation.time = now_millis();
    }
    if let Some(problem) = annotation.problem() {
        return Err(ApiError::bad(problem));
    }
    Ok(success(blocking(move || app.annotations.add(annotation)).await??))
}

async fn remove(State(app): State<Arc<App>>, Path(id): Path<u64>) -> Result<Response, ApiError> {
    match blocking(move || app.annotations.remove(id)).await?? {
        true => Ok(success(())),
        false => Err(ApiError::new(ErrorType::NotFound, "there is no such annotation")),
    }
}
