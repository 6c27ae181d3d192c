//! `/api/v1/rules`, `/api/v1/alerts` and `/api/v1/alertmanagers`: what clients ask for, while nothing evaluates rules.
//!
//! Rule files of the configuration are accepted and reported as inactive when they are loaded, so empty lists are the truth.

use axum::response::Response;
use serde_json::json;

use super::envelope::{ApiError, success};
use super::params::Params;
use super::selectors::selectors;

/// No rule group runs. What restricts them is checked all the same, so that a client's mistake shows today.
pub async fn rules(params: Params) -> Result<Response, ApiError> {
    selectors(&params).map_err(ApiError::bad)?;
    let kind = params.get("type").map(str::to_ascii_lowercase);
    if let Some(other) = kind.filter(|kind| kind != "alert" && kind != "record") {
        let message = format!("not supported value {}", model::names::quote(&other));
        return Err(ApiError::bad_parameter("type", message));
    }
    params.flag("exclude_alerts")?;
    match params.get("group_limit").map(str::parse::<i32>) {
        Some(Ok(1..)) => {
            if let Some(token) = params.get("group_next_token") {
                let message = format!("invalid group_next_token '{token}'. were rule groups changed?");
                return Err(ApiError::bad_parameter("group_next_token", message));
            }
        }
        Some(Ok(_)) => {
            return Err(ApiError::bad_parameter("group_limit", "group_limit needs to be greater than 0"));
        }
        Some(Err(error)) => {
            let message = format!("group_limit needs to be a valid number: {error}");
            return Err(ApiError::bad_parameter("group_limit", message));
        }
        None if params.get("group_next_token").is_some() => {
            let message = "group_limit needs to be present in order to paginate over the groups";
            return Err(ApiError::bad_parameter("group_next_token", message));
        }
        None => {}
    }
    Ok(success(json!({ "groups": [] })))
}

/// No alert is pending or firing.
pub async fn alerts() -> Response {
    success(json!({ "alerts": [] }))
}

/// No Alertmanager is notified.
pub async fn alertmanagers() -> Response {
    success(json!({ "activeAlertmanagers": [], "droppedAlertmanagers": [] }))
}
