//! `/api/v1/deck` and its live form.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{conditions, live, look};
use crate::api::blocking::blocking;
use crate::api::envelope::{ApiError, success};
use crate::app::App;

/// The routes of the deck.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/deck", get(deck))
        .route("/api/v1/deck/live", get(live::live))
        .route("/api/v1/deck/conditions", get(table))
}

/// The deck as it was computed last.
async fn deck(State(app): State<Arc<App>>) -> Response {
    let body = format!("{{\"status\":\"success\",\"data\":{}}}", app.decks.latest().json);
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The table of what counts as wrong, as rules.
async fn table(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let rules = move || {
        let names = look::known_names(&app);
        conditions::rules(&|name| names.contains(name))
    };
    Ok(success(blocking(rules).await?))
}
