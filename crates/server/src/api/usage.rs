//! `GET /api/v1/usage`: who asked for which metric since the process began. Ours: Prometheus has no such endpoint.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::envelope::success;
use crate::app::App;

/// Counts by metric.
pub async fn usage(State(app): State<Arc<App>>) -> Response {
    success(app.usage.all())
}
