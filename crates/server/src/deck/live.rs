//! The deck as it changes: one event each time it is computed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;

use crate::api::pieces::{self, Piece};
use crate::app::App;

/// How many events wait for a slow listener; it gets the newest deck when it is ready for one.
const EVENTS_WAITING_MAX: usize = 1;
/// How many pages may listen.
const LISTENERS_MAX: usize = 256;
/// How often it is checked whether the process stops.
const STOP_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Events for as long as the page is open.
pub async fn live(State(app): State<Arc<App>>) -> Response {
    let listener = app.decks.listeners.clone();
    if Arc::strong_count(&listener) > LISTENERS_MAX {
        let headers = [(header::RETRY_AFTER, "30")];
        return (StatusCode::SERVICE_UNAVAILABLE, headers, "too many listeners\n").into_response();
    }
    let (events, sent) = mpsc::channel(EVENTS_WAITING_MAX);
    tokio::spawn(async move {
        let _listener = listener;
        tell(&app, &events).await;
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, pieces::body(sent, ())).into_response()
}

async fn tell(app: &App, events: &mpsc::Sender<Piece>) {
    let mut latest = app.decks.latest.subscribe();
    while !app.health.is_stopping() {
        let event = Bytes::from(format!("data: {}\n\n", latest.borrow_and_update().json));
        if events.send(Ok(event)).await.is_err() {
            return;
        }
        while tokio::time::timeout(STOP_LOOK_INTERVAL, latest.changed()).await.is_err() {
            if app.health.is_stopping() || events.is_closed() {
                return;
            }
        }
    }
}
