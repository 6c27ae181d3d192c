//! `/api/v1/deck` and its live form.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::live;
use crate::app::App;

/// The routes of the deck.
pub fn router() -> Router<Arc<App>> {
    Router::new().route("/api/v1/deck", get(deck)).route("/api/v1/deck/live", get(live::live))
}

/// The deck as it was computed last.
async fn deck(State(app): State<Arc<App>>) -> Response {
    let body = format!("{{\"status\":\"success\",\"data\":{}}}", app.decks.latest().json);
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
