//! `/-/healthy`, `/-/ready`, `/-/reload`, `/-/quit` and `/metrics`: what operators and orchestrators ask.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;

use crate::app::App;

/// The process answers.
pub async fn healthy() -> &'static str {
    "Flightdeck is healthy.\n"
}

/// What it answers can be trusted, or why not, one line per check.
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.health.not_ready_because() {
        None => "Flightdeck is ready.\n".into_response(),
        Some(reasons) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reasons}\n")).into_response(),
    }
}

/// Reads the configuration again.
pub async fn reload(State(app): State<Arc<App>>) -> Response {
    let (answer, answered) = oneshot::channel();
    if app.reload.send(answer).await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match answered.await {
        Ok(Ok(())) => "reloaded\n".into_response(),
        Ok(Err(reason)) => {
            let message = format!("the old configuration stays in force: {reason}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, message).into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response(),
    }
}

/// Stops the process in order, where the command line allows it.
pub async fn quit(State(app): State<Arc<App>>) -> Response {
    if !app.options.quit_allowed {
        return (StatusCode::FORBIDDEN, "--enable-quit allows stopping over HTTP\n").into_response();
    }
    app.quit.notify_one();
    "stopping\n".into_response()
}

/// The exposition of this process.
pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        app.metrics.text(&app.store.stats()),
    )
        .into_response()
}
