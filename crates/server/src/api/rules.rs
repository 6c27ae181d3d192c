//! `/api/v1/rules`, `/api/v1/alerts` and `/api/v1/alertmanagers`: what clients ask for, while nothing evaluates rules.
//!
//! Rule files of the configuration are accepted and reported as inactive when they are loaded, so empty lists are the truth.

use axum::response::Response;
use serde_json::json;

use super::envelope::success;

/// No rule group runs.
pub async fn rules() -> Response {
    success(json!({ "groups": [] }))
}

/// No alert is pending or firing.
pub async fn alerts() -> Response {
    success(json!({ "alerts": [] }))
}

/// No Alertmanager is notified.
pub async fn alertmanagers() -> Response {
    success(json!({ "activeAlertmanagers": [], "droppedAlertmanagers": [] }))
}
